"""The three questions are learned apart, and what is measured was answered by models that had not seen it."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_assets.classification.model.examples import Example
from feedback_assets.classification.model.out_of_field import OutOfFieldText
from feedback_assets.classification.model.questions import Questions, can_learn
from feedback_assets.classification.model.recipe import Recipe

LABELS = ("delivery", "defect", "no_issue", "other")
THINGS = {"delivery": ("parcel", "courier", "delivery"), "defect": ("lid", "motor", "zip")}
BAD, GOOD = ("awful", "hopeless", "dreadful", "useless"), ("lovely", "superb", "splendid", "perfect")
# The last one uses our words only: whoever has not seen it takes it for ours.
FIELDS = {
    "sport": "goal in the second half number",
    "weather": "rain over the northern hills on day",
    "workshop": "lid motor zip parcel courier",
}
OUTSIDE = tuple(
    OutOfFieldText(f"{words} {number}", "en", field, complains=False)
    for field, words in FIELDS.items()
    for number in range(45)
)
RECIPE = Recipe(LABELS, {}, {}, out_of_field=OUTSIDE, valence={"2": {"en": list(GOOD)}, "-2": {"en": list(BAD)}})


def _examples() -> list[Example]:
    return [
        Example(text, (label,), "en", mood)
        for topic, things in THINGS.items()
        for thing in things
        for end in ("today", "again", "this time")
        for bad, good in zip(BAD, GOOD, strict=True)
        for text, label, mood in (
            (f"the {thing} is {bad} {end}", (topic, None), "negative"),
            (f"the {thing} is {good} {end}", ("no_issue", None), "positive"),
            (f"the box is {good} indeed, but the {thing} is {bad} {end}", (topic, None), "mixed"),
            (f"{bad} {end} altogether", ("other", None), "negative"),
        )
    ]


EXAMPLES = _examples()
TRUTH = np.array([LABELS.index(example.category) for example in EXAMPLES])
FOLD = np.arange(len(EXAMPLES)) // 8 % 3
FOLDS = [(np.flatnonzero(number != FOLD), np.flatnonzero(number == FOLD)) for number in range(3)]


@pytest.fixture(scope="module")
def questions() -> Questions:
    return Questions.of(EXAMPLES, RECIPE, TRUTH)


def test_complaints_of_two_topics_and_texts_without_an_issue_are_needed() -> None:
    assert can_learn(EXAMPLES, RECIPE)
    assert not can_learn([example for example in EXAMPLES if example.category != "no_issue"], RECIPE)
    assert not can_learn([example for example in EXAMPLES if example.category in ("no_issue", "defect")], RECIPE)
    assert not can_learn(EXAMPLES, Recipe(("delivery", "defect", "no_issue"), {}, {}))


def test_praise_and_complaints_of_one_topic_are_judged_apart(questions: Questions) -> None:
    learned = questions.fit(questions.held_out(FOLDS))
    judged = learned.judged
    assert (judged.category == TRUTH).mean() > 0.95
    assert ((judged.complains > 0.5) == questions.complains).all()
    assert learned.gate is not None and learned.tone is not None
    outside = learned.gate.scores(learned.features.transform(["rain over the hills", "the parcel is awful today"]))
    assert outside[0] > 0 > outside[1]


def test_texts_of_a_field_are_asked_by_a_model_that_saw_none_of_that_field(questions: Questions) -> None:
    held = questions.held_out(FOLDS)
    learned = questions.fit(held)
    assert learned.gate is not None
    workshop = slice(len(EXAMPLES) + 90, None)
    seen = learned.gate.scores(learned.features.transform([text.text for text in OUTSIDE[90:]]))
    assert (held.outside[workshop] < 0).all() and (seen > 0).all()
    assert (held.unknown[len(EXAMPLES) : len(EXAMPLES) + 45] > 0.7).all()


def test_a_label_that_stands_in_one_fold_only_is_not_told_there() -> None:
    """An answer for held-out rows cannot come from these rows."""
    wrong = TRUTH.copy()
    mine = FOLDS[0][1]
    chosen = mine[TRUTH[mine] == LABELS.index("defect")]
    wrong[chosen] = LABELS.index("delivery")
    scores = Questions.of(EXAMPLES, RECIPE, wrong).held_out(FOLDS)
    told = scores.topics[0][chosen][:, [LABELS.index("delivery"), LABELS.index("defect")]]
    assert (told[:, 1] > told[:, 0]).mean() > 0.9


def test_too_few_texts_out_of_the_field_teach_nothing_about_it() -> None:
    few = Recipe(LABELS, {}, {}, out_of_field=OUTSIDE[:40], valence=RECIPE.valence)
    asked = Questions.of(EXAMPLES, few, TRUTH)
    learned = asked.fit(asked.held_out(FOLDS))
    assert learned.gate is None and not learned.judged.outside.any()


def test_an_example_written_as_customers_write_counts_more() -> None:
    plain = [Example(e.text, e.issues, calibrates=number == 0) for number, e in enumerate(EXAMPLES)]
    weight = Questions.of(plain, RECIPE, TRUTH).weight
    assert weight[0] > weight[1] == 1


def test_the_same_examples_teach_the_same(questions: Questions) -> None:
    first, again = (questions.fit(questions.held_out(FOLDS)) for _ in range(2))
    assert np.array_equal(first.judged.raw, again.judged.raw)
    assert np.array_equal(first.polarity.words, again.polarity.words)
