"""Texts of two sentences: of one fold and language, a complaint stays that complaint, and the seed decides."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_assets.classification.model.composites import compose
from feedback_assets.classification.model.examples import Example
from feedback_assets.tables import Sentiment

FOLDS = 3


def _examples() -> tuple[list[Example], np.ndarray]:
    """Examples whose words name their language, fold, kind and number."""
    kinds = {
        "late": ((("delivery", "late"),), Sentiment.NEGATIVE),
        "torn": ((("packaging", "damaged_in_transit"),), Sentiment.NEGATIVE),
        "vague": ((("other", "vague_negative"),), Sentiment.NEGATIVE),
        "praise": ((("no_issue", "praise"),), Sentiment.POSITIVE),
        "remark": ((("no_issue", "neutral"),), Sentiment.NEUTRAL),
        "wish": ((("feature_request", None),), Sentiment.NEUTRAL),
        "both": ((("delivery", "late"), ("packaging", None)), Sentiment.NEGATIVE),
    }
    made = [
        Example(f"{language}{fold}{kind}{number}", issues, language, mood, group=f"g{fold}", calibrates=number % 2 == 0)
        for language in ("en", "de")
        for fold in range(FOLDS)
        for kind, (issues, mood) in kinds.items()
        for number in range(20)
    ]
    made.append(Example("en0late " + "word " * 40, (("delivery", "late"),), "en", Sentiment.NEGATIVE))
    return made, np.array([int(example.text[2]) for example in made], dtype=np.int64)


EXAMPLES, FOLD = _examples()
BY_TEXT = {example.text: example for example in EXAMPLES}


def _composed(seed: int = 1) -> list[tuple[Example, int, Example, Example]]:
    made, fold = compose(EXAMPLES, FOLD, "no_issue", "other", "feature_request", seed)
    assert len(made) == len(fold) > 100
    parts = [[part.strip(".") for part in example.text.split()] for example in made]
    assert all(len(pair) == 2 for pair in parts)
    return [
        (example, int(number), BY_TEXT[first], BY_TEXT[second])
        for example, number, (first, second) in zip(made, fold, parts, strict=True)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_both_parts_are_of_one_fold_and_one_language(seed: int) -> None:
    for made, number, first, second in _composed(seed):
        assert first.text[:3] == second.text[:3] == f"{made.language}{number}"


def test_a_complaint_with_praise_or_a_remark_stays_that_complaint() -> None:
    seen: set[tuple[bool, bool]] = set()
    for made, _, first, second in _composed():
        complaints = [part for part in (first, second) if part.category != "no_issue"]
        if len(complaints) == 1:
            seen.add((complaints[0] is first, Sentiment.POSITIVE in (first.sentiment, second.sentiment)))
            assert made.issues == complaints[0].issues
            praised = Sentiment.POSITIVE in (first.sentiment, second.sentiment)
            assert made.sentiment == (Sentiment.MIXED if praised else Sentiment.NEGATIVE)
    assert seen == {(True, False), (False, False), (False, True)}


def test_of_two_complaints_the_first_is_the_primary_one_and_both_are_named() -> None:
    pairs = [row for row in _composed() if "no_issue" not in (row[2].category, row[3].category)]
    pairs = [row for row in pairs if "other" not in (row[2].category, row[3].category)]
    assert pairs and {row[2].category for row in pairs} == {"delivery", "packaging"}
    for made, _, first, second in pairs:
        assert made.issues == first.issues + second.issues and made.category == first.category
        assert made.sentiment == Sentiment.NEGATIVE


def test_a_complaint_that_names_no_trouble_yields_to_one_that_does_in_either_order() -> None:
    rows = [row for row in _composed() if [row[2].category, row[3].category].count("other") == 1]
    assert {row[2].category == "other" for row in rows} == {True, False}
    for made, _, first, second in rows:
        named = second if first.category == "other" else first
        assert made.issues == named.issues and made.sentiment == Sentiment.NEGATIVE


def test_praise_and_remarks_together_are_no_issue() -> None:
    pairs = [row for row in _composed() if {row[2].category, row[3].category} == {"no_issue"}]
    moods: set[object] = set()
    for made, _, first, second in pairs:
        assert made.issues == first.issues and made.category == "no_issue"
        good = Sentiment.POSITIVE in (first.sentiment, second.sentiment)
        assert made.sentiment == (Sentiment.POSITIVE if good else Sentiment.NEUTRAL)
        moods.add(made.sentiment)
    assert len(moods) == 2


def test_it_is_written_as_customers_write_only_where_both_parts_are() -> None:
    rows = _composed()
    assert all(made.calibrates == (first.calibrates and second.calibrates) for made, _, first, second in rows)
    assert {made.calibrates for made, *_ in rows} == {True, False}


def test_wishes_texts_of_several_issues_and_long_ones_meet_nothing() -> None:
    texts = [example.text for example, *_ in _composed()]
    assert not any("wish" in text or "both" in text or "word" in text for text in texts)


def test_the_seed_decides_and_nothing_else() -> None:
    first, again, other = ([made.text for made, *_ in _composed(seed)] for seed in (1, 1, 2))
    assert first == again != other


def test_examples_of_one_kind_alone_make_none_where_nothing_may_meet_it() -> None:
    rows = [row for row, example in enumerate(EXAMPLES) if "wish" in example.text]
    made, fold = compose([EXAMPLES[row] for row in rows], FOLD[rows], "no_issue", "other", "feature_request", 0)
    assert made == [] and len(fold) == 0
