"""What the product says of a text, in the shape in which it is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.evaluation.readings import no_complaint, of_local

TAXONOMY = load_taxonomy(Path(__file__).parents[2] / "prompts" / "taxonomy.yaml")


def _answer(category: str, confidence: float, complaint: float | None = None) -> LocalAnswer:
    return LocalAnswer(category, confidence, None, None, None, None, None, complaint=complaint)


def test_no_issue_and_a_wish_are_no_complaints_and_the_catch_all_is_one() -> None:
    assert no_complaint(TAXONOMY) == {"no_issue", "feature_request"}
    answers = [_answer(name, 0.9) for name in ("no_issue", "feature_request", "other", "delivery")]
    assert of_local(answers, TAXONOMY).complains == [False, False, True, True]


def test_the_probability_of_a_complaint_is_the_models_own() -> None:
    assert of_local([_answer("no_issue", 0.9, 0.3)], TAXONOMY).complaint.tolist() == [0.3]


@pytest.mark.parametrize(
    ("category", "confidence", "complaint"),
    [("delivery", 0.9, 0.9), ("delivery", 0.3, 0.5), ("no_issue", 0.9, 0.1), ("no_issue", 0.3, 0.5)],
)
def test_a_model_that_was_not_taught_it_has_it_from_category_and_confidence(
    category: str, confidence: float, complaint: float
) -> None:
    assert of_local([_answer(category, confidence)], TAXONOMY).complaint.tolist() == [pytest.approx(complaint)]
