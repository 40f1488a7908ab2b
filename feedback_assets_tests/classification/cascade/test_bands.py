"""M3: a category or language that is wrong too often loses its automation, and one that measures better regains it."""

from __future__ import annotations

import pytest

from feedback_assets.classification.cascade.bands import Bands, Measured, bands_from, decide_triage
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.tables import Triage
from feedback_assets_tests.classification.standins import PROMPTS

OWNER = load_config(PROMPTS).thresholds.classification.model_copy(
    update={"accepted_error_rate": 0.2, "band_examples": 50}
)
ALL = [
    Measured(0.0, 0.7, 0.3, 1000),
    Measured(0.3, 0.75, 0.4, 900),
    Measured(0.6, 0.85, 0.8, 700),
    Measured(0.9, 0.95, 0.95, 300),
]


def _bands(*slices: Measured, slicing: str = "category", name: str = "defect") -> Bands:
    return bands_from(ALL, OWNER, {slicing: {name: slices}})


def test_without_slices_all_labels_have_one_edge() -> None:
    bands = bands_from(ALL, OWNER)
    assert bands.automatic_for("defect", "de") == (0.6, bands.reason)


@pytest.mark.parametrize(("slicing", "name"), [("category", "defect"), ("language", "de")])
def test_a_slice_below_what_the_owner_accepts_loses_its_automation_and_a_better_one_regains_it(
    slicing: str, name: str
) -> None:
    poor = _bands(Measured(0.6, 0.7, 0.6, 80), Measured(0.9, 0.79, 0.79, 60), slicing=slicing, name=name)
    edge, reason = poor.automatic_for("defect", "de")
    assert edge > 1 and reason == f"measured out of fold: {slicing} {name} is never right often enough"
    assert decide_triage(1.0, None, poor, "defect", "de").triage == Triage.REVIEW
    better = _bands(Measured(0.6, 0.82, 0.7, 80), Measured(0.9, 0.9, 0.9, 60), slicing=slicing, name=name)
    decision = decide_triage(0.6, None, better, "defect", "de")
    assert decision.triage == Triage.AUTOMATIC and decision.reason.endswith(better.reason)


def test_a_slice_right_often_enough_only_when_sure_needs_that_confidence() -> None:
    bands = _bands(Measured(0.6, 0.7, 0.5, 90), Measured(0.9, 0.8, 0.8, 60))
    edge, reason = bands.automatic_for("defect", "en")
    assert edge == 0.9 and "category defect is right often enough only from 0.90 on" in reason
    waits = decide_triage(0.89, None, bands, "defect", "en")
    assert waits.triage == Triage.REVIEW and "is under 0.90; measured out of fold: category defect" in waits.reason
    assert decide_triage(0.9, None, bands, "defect", "en").triage == Triage.AUTOMATIC


def test_other_categories_and_languages_keep_their_automation() -> None:
    bands = _bands(Measured(0.6, 0.5, 0.5, 90))
    assert bands.automatic_for("delivery", "en") == bands.automatic_for(None, None) == (0.6, bands.reason)


def test_the_strictest_of_all_labels_category_and_language_holds() -> None:
    slices = {
        "category": {"defect": [Measured(0.8, 0.9, 0.9, 60)]},
        "language": {"de": [Measured(0.95, 0.9, 0.9, 60)], "en": [Measured(0.3, 0.9, 0.9, 60)]},
    }
    bands = bands_from(ALL, OWNER, slices)
    edges = {language: bands.automatic_for("defect", language)[0] for language in ("de", "en", "fr")}
    assert edges == {"de": 0.95, "en": 0.8, "fr": 0.8}
    assert bands.automatic_for("delivery", "en")[0] == 0.6


def test_a_slice_of_too_few_examples_says_nothing() -> None:
    assert _bands(Measured(0.6, 0.1, 0.1, 49)).automatic_for("defect", "en")[0] == 0.6
    assert _bands().automatic_for("defect", "en")[0] == 0.6


def test_stricter_owners_take_more_slices_out() -> None:
    measured = [Measured(0.6, 0.85, 0.85, 90)]
    strict = OWNER.model_copy(update={"accepted_error_rate": 0.1})
    assert bands_from(ALL, OWNER, {"category": {"defect": measured}}).automatic_for("defect", "en")[0] == 0.6
    assert bands_from(ALL, strict, {"category": {"defect": measured}}).automatic_for("defect", "en")[0] > 1


def test_an_unsure_label_is_evidence_only_in_every_slice() -> None:
    bands = _bands(Measured(0.6, 0.5, 0.5, 90))
    assert bands.signal == 0.3
    assert decide_triage(0.29, None, bands, "defect", "en").triage == Triage.SIGNAL
    assert decide_triage(0.31, None, bands, "defect", "en").triage == Triage.REVIEW
