"""Rules answer alone only where their precision was measured, and for texts that say nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from feedback_assets.classification.cascade.cues import cues_of
from feedback_assets.classification.cascade.rules import LabelledText, Rules
from feedback_assets.config.prompts_folder import load_config
from feedback_assets_tests.classification.standins import PROMPTS, classifier

NAMED = "charged twice"


def rules(examples: list[LabelledText]) -> Rules:
    config = load_config(PROMPTS)
    return Rules(config.taxonomy, cues_of(config.cues), examples, config.thresholds.classification)


def told(text: str, category: str, times: int) -> list[LabelledText]:
    return [LabelledText(f"{text} {number}", (category,)) for number in range(times)]


def test_a_keyword_right_in_eight_of_eight_examples_answers_alone() -> None:
    found = rules(told(NAMED, "checkout_payment", 8)).answer("I was charged twice", None, one_issue=True)
    assert found is not None
    assert (found.category, found.signal_only) == ("checkout_payment", False)
    assert found.confidence == pytest.approx(0.9)
    assert "8 of 8" in found.reason


def test_a_keyword_seen_seven_times_does_not_answer() -> None:
    assert rules(told(NAMED, "checkout_payment", 7)).answer("I was charged twice", None, one_issue=True) is None


def test_a_keyword_that_was_wrong_once_in_twelve_does_not_answer() -> None:
    examples = told(NAMED, "checkout_payment", 11) + told(NAMED, "trust_fraud", 1)
    assert rules(examples).answer("I was charged twice", None, one_issue=True) is None


@pytest.mark.parametrize(
    "text", ["I was charged twice but the shoes are late too", "I was charged twice. " + "and then more " * 12]
)
def test_a_second_thought_or_a_long_text_is_left_to_the_models(text: str) -> None:
    assert rules(told(NAMED, "checkout_payment", 8)).answer(text, None, one_issue=True) is None


def test_a_text_where_the_local_model_sees_several_issues_is_not_the_rules() -> None:
    assert rules(told(NAMED, "checkout_payment", 8)).answer("I was charged twice", None, one_issue=False) is None


def test_keywords_of_two_categories_in_one_text_answer_nothing() -> None:
    both = rules(told(NAMED, "checkout_payment", 8) + told("size chart", "sizing_fit", 8))
    assert both.answer("charged twice and the size chart lies", None, one_issue=True) is None


@pytest.mark.parametrize("text", ["good", "👍", "Sehr gut!", "muito bom", "nice app", "Excelente producto"])
@pytest.mark.parametrize("rating", [None, 5.0])
def test_nothing_but_praise_is_no_issue(text: str, rating: float | None) -> None:
    found = rules([]).answer(text, rating, one_issue=True)
    assert found is not None
    assert (found.category, found.sub_label) == ("no_issue", "praise")


def test_praise_words_under_one_star_are_not_the_rules() -> None:
    assert rules([]).answer("great", 1.0, one_issue=True) is None


@pytest.mark.parametrize("text", ["", "worst app ever", "👎", "péssimo"])
def test_a_low_rating_without_content_is_other_and_a_signal_only(text: str) -> None:
    found = rules([]).answer(text, 1.0, one_issue=True)
    assert found is not None
    assert (found.category, found.sub_label, found.signal_only) == ("other", "vague_negative", True)


def test_a_high_rating_without_words_is_praise() -> None:
    found = rules([]).answer("", 5.0, one_issue=True)
    assert found is not None
    assert found.category == "no_issue"


def test_a_text_that_says_something_is_not_contentless() -> None:
    assert rules([]).answer("good zipper broke", 5.0, one_issue=True) is None


@pytest.mark.parametrize(
    "text", ["Produto não chegou", "péssima entrega", "terrible delivery", "livraison catastrophique"]
)
def test_a_short_complaint_that_names_its_matter_is_not_vague(text: str) -> None:
    assert rules([]).answer(text, 1.0, one_issue=True) is None


def with_new_category(folder: Path, keywords: list[str]) -> Rules:
    prompts = folder / "prompts"
    shutil.copytree(PROMPTS, prompts, ignore=shutil.ignore_patterns("golden*"))
    content = yaml.safe_load((prompts / "taxonomy.yaml").read_text(encoding="utf-8"))
    goods = ("lamp", "kettle", "vase", "fern", "rug", "clock", "stool", "mug")
    content["categories"]["gift_wrapping"] = {
        "domain": "delivery_and_fulfilment",
        "definition": "The gift wrapping is missing or ugly.",
        "owner": "gift-team",
        "destination": "gifts",
        "sla_hours": 24,
        "severity_floor": 2,
        "escalation": ["gift-lead"],
        "keywords": keywords,
        "examples": [f"The gift wrapping of the {thing} was forgotten" for thing in goods],
    }
    (prompts / "taxonomy.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return classifier(prompts=prompts).rules


def test_a_category_added_to_the_taxonomy_with_keywords_and_eight_examples_answers_by_rule(tmp_path: Path) -> None:
    found = with_new_category(tmp_path, ["gift wrap*"]).answer("No gift wrap on my parcel!", 2.0, one_issue=True)
    assert found is not None
    assert found.category == "gift_wrapping"


def test_a_common_word_as_the_keyword_of_a_new_category_answers_nothing(tmp_path: Path) -> None:
    assert with_new_category(tmp_path, ["the"]).answer("The zip is broken", 2.0, one_issue=True) is None


def test_the_packaged_rules_keep_their_version_so_that_old_days_are_labelled_as_they_were() -> None:
    """It changes with the packaged keywords, cues, examples and word lists, and with nothing else."""
    assert classifier().rules_version == "564922d84840-5edf22f837c2"
