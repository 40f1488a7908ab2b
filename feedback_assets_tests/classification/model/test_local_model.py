"""SPEC C5's local step and C7: what it knows it answers, what it cannot honestly fill stays empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.classification.model.examples import Example, ExamplesError
from feedback_assets.classification.model.local_model import LocalModel, from_channel
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training import train, version_of
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets_tests.classification.standins import PROMPTS

WORDS = {
    ("delivery", "late"): ["parcel late", "late again, parcel still on its way", "delivery took weeks, far too late"],
    ("delivery", "courier"): ["courier threw the parcel", "driver rude at the door", "courier left parcel in the rain"],
    ("app_usability", "crash"): ["app crashes", "crash on start of the app", "app closes itself, crash"],
    ("app_usability", "slow"): ["app slow", "pages of the app load slow", "slow loading screens"],
    ("no_issue", "praise"): ["great, thanks", "love it, great product", "thanks, lovely and great"],
    ("other", "vague_negative"): ["terrible", "worst ever", "terrible, never again"],
}
MOODS = {"no_issue": "positive"}
RECIPE = Recipe.of(load_taxonomy(PROMPTS / "taxonomy.yaml"))


def _examples() -> list[Example]:
    single = [
        Example(
            f"{text} {end}", (label,), "en", MOODS.get(label[0], "negative"), 1.0 if label[0] == "no_issue" else 3.0
        )
        for label, texts in WORDS.items()
        for text in texts
        for end in ("", "today", "really", "this time")
    ]
    double = [
        Example(f"parcel late and the app crashes {end}", (("delivery", "late"), ("app_usability", "crash")), "en")
        for end in ("too", "now", "as well", "again", "today", "again today")
    ]
    return single + double


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return train(_examples(), RECIPE)


def test_it_answers_what_it_was_taught(model: LocalModel) -> None:
    late, crash, fine = model.answer(["my parcel is late", "the app crashes", "great, thanks a lot"])
    assert (late.category, late.domain, late.sub_label) == ("delivery", "delivery_and_fulfilment", "late")
    assert (crash.category, crash.sub_label, crash.sentiment) == ("app_usability", "crash", "negative")
    assert (fine.category, fine.sentiment) == ("no_issue", "positive")
    assert late.urgency is not None and fine.urgency is not None and late.urgency > fine.urgency
    assert all(0 <= answer.confidence <= 1 for answer in (late, crash, fine))


def test_a_second_issue_is_named_beside_the_first(model: LocalModel) -> None:
    (answer,) = model.answer(["parcel late and the app crashes"])
    assert {answer.category, *(issue.category for issue in answer.secondary)} == {"delivery", "app_usability"}


def test_a_text_without_words_is_read_by_its_stars(model: LocalModel) -> None:
    many, few, none = model.answer(["...", "<NAME>", ""], ratings=[5.0, 1.0, None])
    assert (many.category, many.sentiment) == ("no_issue", "positive")
    assert (few.category, few.sentiment) == ("other", "negative")
    assert (none.category, none.sentiment, none.urgency, none.sub_label) == ("no_issue", None, None, None)


def test_stars_do_not_change_what_clear_words_say(model: LocalModel) -> None:
    texts = ["the app crashes", "I love the product, great"]
    many, few, none = (model.answer(texts, ratings=[stars, stars]) for stars in (5.0, 1.0, None))
    said = [answer.category for answer in none]
    assert said == ["app_usability", "no_issue"]
    assert [answer.category for answer in many] == [answer.category for answer in few] == said


def test_stars_tip_a_text_whose_words_leave_praise_in_doubt(model: LocalModel) -> None:
    doubtful = model.parts.features.transform(["the app crashes"])
    chance = {stars: model.decide(doubtful, [stars])[2][0] for stars in (1.0, 3.0, 5.0)}
    praise = model.labels.index("no_issue")
    alone = model.decide(doubtful)[2][0]
    assert chance[1.0][praise] < chance[3.0][praise] < alone[praise] < chance[5.0][praise]


def test_the_quote_is_the_clause_that_speaks_for_the_category(model: LocalModel) -> None:
    text = "I love the product, great. But the app crashes all day! The parcel was late."
    assert model.quote(text, "app_usability") == "But the app crashes all day!"
    assert model.quote(text, "delivery") == "The parcel was late."
    assert model.quote("app crashes", "app_usability") == "app crashes"


def test_fields_it_was_not_taught_stay_empty() -> None:
    bare = [Example(example.text, ((example.category, None),)) for example in _examples()]
    (answer,) = train(bare, RECIPE).answer(["my parcel is late"])
    assert (answer.category, answer.sub_label, answer.sentiment, answer.sentiment_score, answer.urgency) == (
        "delivery",
        None,
        None,
        None,
        None,
    )


def test_the_same_examples_give_the_same_answers_and_a_saved_model_too(model: LocalModel, tmp_path: Path) -> None:
    texts = ["late parcel from the courier", "slow app, terrible"]
    model.save(tmp_path / "kept")
    kept = LocalModel.load(tmp_path / "kept")
    assert kept.answer(texts) == model.answer(texts) == train(_examples(), RECIPE).answer(texts)
    assert kept.version == model.version == version_of(_examples(), RECIPE)


def test_another_example_label_or_lexicon_is_another_version() -> None:
    changed = [*_examples(), Example("one more", (("other", "unclear"),))]
    with_lexicon = Recipe.of(load_taxonomy(PROMPTS / "taxonomy.yaml"), {"late": {"en": ["late"]}})
    assert (
        len({version_of(_examples(), RECIPE), version_of(changed, RECIPE), version_of(_examples(), with_lexicon)}) == 3
    )


def test_precision_by_confidence_is_measured_on_held_out_examples(model: LocalModel) -> None:
    told = model.precision_by_confidence
    assert model.measured_on == len(_examples())
    assert all({"confidence", "share", "precision"} == set(row) for row in told)
    assert [row["share"] for row in told] == sorted((row["share"] for row in told), reverse=True)


def test_one_category_alone_cannot_be_learned() -> None:
    with pytest.raises(ExamplesError, match="fewer than two categories"):
        train([Example("late", (("delivery", None),))] * 3, RECIPE)


def test_a_return_reason_is_sooner_read_as_a_complaint_and_a_chat_later() -> None:
    added = from_channel(["return_reason", "product_review", "chat"])
    assert added[0] > added[1] == 0 > added[2]
