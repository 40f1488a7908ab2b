"""Every measure of the comparison table, by hand or against scikit-learn."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.evaluation import comparison as measures
from feedback_assets.evaluation.comparison import Truth, auc, compare, rating_group, slices
from feedback_assets.evaluation.readings import Reading

# Four complaints, then four texts without one, of which two praise.
CATEGORY = ["defect", "defect", "delivery", "delivery", "no_issue", "no_issue", "no_issue", "feature_request"]
TRUTH = Truth(
    "golden",
    np.array([True] * 4 + [False] * 4),
    CATEGORY,
    np.array([False] * 4 + [True, True, False, False]),
)
READING = Reading(
    complaint=np.array([0.9, 0.8, 0.7, 0.2, 0.6, 0.1, 0.1, 0.3]),
    complains=[True, True, True, False, True, False, False, False],
    category=["defect", "delivery", "delivery", "no_issue", "defect", "no_issue", "no_issue", "feature_request"],
    confidence=np.array([0.95, 0.9, 0.7, 0.8, 0.6, 0.9, 0.9, 0.7]),
    is_probability=True,
    automatic=np.array([True, True, False, True, True, True, True, False]),
)
ALL = np.arange(8)


@pytest.mark.parametrize(
    ("measure", "value", "items"),
    [
        (measures.accuracy, 5 / 8, 8),
        (measures.right_where_sure, 3 / 4, 4),
        (measures.share_sure, 4 / 8, 8),
        (measures.praise_read_as_complaint, 1 / 2, 2),
        (measures.others_read_as_complaint, 1 / 4, 4),
        (measures.complaints_found, 3 / 4, 4),
        (measures.complaints_missed, 1 / 4, 4),
        (measures.read_as_complaint_unseen, 1 / 4, 4),
        (measures.found_unseen, 2 / 4, 4),
        (measures.polarity_auc, 14 / 16, 8),
        # Of defect: one of two found, two said; of delivery the same; no_issue two of three; the wish.
        (measures.macro_f1, (2 / 4 + 2 / 4 + 4 / 6 + 1) / 4, 8),
    ],
)
def test_a_measure_counts_what_its_name_says(measure: measures.Measure, value: float, items: int) -> None:
    said = measure(TRUTH, READING, ALL)
    assert said is not None and said == (pytest.approx(value), items)


@pytest.mark.parametrize(
    "measure",
    [measures.accuracy, measures.macro_f1, measures.right_where_sure, measures.share_sure,
     measures.category_calibration_error, measures.complaint_calibration_error, measures.read_as_complaint_unseen],
)  # fmt: skip
def test_who_gives_no_category_probability_or_triage_has_no_such_measure(measure: measures.Measure) -> None:
    stars = Reading(np.array([np.nan, 1.0] * 4), [None, True] * 4)
    assert measure(TRUTH, stars, ALL) is None


def test_who_speaks_to_some_texts_is_measured_on_those() -> None:
    stars = Reading(np.array([1.0, np.nan, 1.0, 1.0, 0.0, np.nan, 2.0, 0.0]), [True, None] * 4)
    assert measures.polarity_auc(TRUTH, stars, ALL) == (pytest.approx(6 / 9), 6)
    assert measures.complaints_found(TRUTH, stars, ALL) == (1.0, 2)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_the_auc_is_that_of_scikit_learn_ties_and_all(pairs: list[tuple[bool, int]]) -> None:
    positive, score = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs], dtype=float)
    if positive.all() or not positive.any():
        return
    reference = cast("Any", sklearn.metrics).roc_auc_score(positive, score)
    assert auc(positive, score) == pytest.approx(reference)


def test_an_auc_needs_both_kinds() -> None:
    assert measures.polarity_auc(TRUTH, READING, np.arange(4)) is None


def test_calibration_errors_are_gaps_of_confidence_and_share_right() -> None:
    rows = np.array([0, 1])
    assert measures.category_calibration_error(TRUTH, READING, rows) == (pytest.approx((0.05 + 0.9) / 2), 2)
    assert measures.complaint_calibration_error(TRUTH, READING, rows) == (pytest.approx((0.1 + 0.2) / 2), 2)


def test_the_whole_set_has_intervals_that_hold_its_value() -> None:
    rows = compare(TRUTH, READING, {"stars": READING}, {"accuracy": measures.accuracy}, intervals=True)
    (row,) = rows
    assert row.interval is not None and row.value is not None
    assert row.interval[0] < row.value < row.interval[1]
    assert row.as_dict()["stars"] == {"value": 0.625, "items": 8}


def test_a_slice_and_a_measure_of_fewer_than_20_texts_have_no_row() -> None:
    many = Truth("golden", np.array([True] * 40 + [False] * 19), None, np.array([False] * 59))
    said = Reading(np.linspace(0, 1, 59), [True] * 59)
    groups = slices("language", ["en"] * 20 + ["de"] * 19 + ["fr"] * 20)
    assert list(groups) == [("language", "en"), ("language", "fr")]
    chosen = {"found": measures.complaints_found, "read": measures.others_read_as_complaint}
    rows = compare(many, said, {}, chosen, {**groups, ("all", "all"): np.arange(59)})
    assert [(row.group, row.measure) for row in rows] == [("en", "found"), ("all", "found")]


@pytest.mark.parametrize(
    ("stars", "group"), [(None, "none"), (1.0, "1-2"), (2.0, "1-2"), (3.0, "3"), (3.5, "3"), (4.0, "4-5"), (5.0, "4-5")]
)
def test_ratings_fall_into_four_groups(stars: float | None, group: str) -> None:
    assert rating_group(stars) == group
