"""Confidence that means what it says, and folds that hold out honestly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.classification.model.blend import blend, fit_parts, mix, probabilities
from feedback_assets.classification.model.calibration import fit_curve, fold_numbers
from feedback_assets.classification.model.features import CountedTexts, Matrix
from feedback_assets.classification.model.measures import (
    calibration_error,
    class_scores,
    interval,
    macro_f1,
    macro_f1_of_indices,
    precision_by_confidence,
)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=8, max_size=60), st.integers(0, 5))
def test_no_group_is_torn_between_folds(rows: list[tuple[int, int]], seed: int) -> None:
    label = np.array([kind for kind, _ in rows])
    groups = [group for _, group in rows]
    fold = fold_numbers(label, 4, seed, groups)
    assert all(len(set(fold[[g == group for g in groups]])) == 1 for group in set(groups))


def test_every_fold_has_its_share_of_every_class() -> None:
    label = np.repeat([0, 1, 2], [40, 20, 8])
    fold = fold_numbers(label, 4, 0)
    assert [np.bincount(fold[label == kind], minlength=4).tolist() for kind in range(3)] == [[10] * 4, [5] * 4, [2] * 4]


def test_overconfidence_is_taken_back() -> None:
    chance = np.random.default_rng(0)
    said = chance.uniform(0.5, 0.99, 4000)
    right = chance.uniform(size=4000) < (0.4 + 0.5 * said)
    curve = fit_curve(said, right)
    assert calibration_error(curve(said), right) < 0.03 < calibration_error(said, right)


def test_nothing_is_learned_from_answers_that_are_all_right() -> None:
    said = np.array([0.3, 0.8])
    assert fit_curve(said, np.array([True, True]))(said) == pytest.approx(said)


def _features(texts: list[str]) -> Matrix:
    counted, rows = CountedTexts.of(texts), np.arange(len(texts))
    return counted.matrix(counted.vocabulary(rows), rows)


def test_two_parts_become_one_matrix_with_the_same_scores() -> None:
    texts = ["late parcel", "parcel lost", "app crash", "crash again", "late delivery", "slow app"] * 3
    label = np.array([0, 0, 1, 1, 0, 1] * 3)
    matrix = _features(texts)
    parts = fit_parts(matrix, label, 3)
    weight, offset = mix([part.scores(matrix) for part in parts], label)
    whole = blend(parts, weight, offset).scores(matrix)
    apart = sum(w * part.scores(matrix) for w, part in zip(weight, parts, strict=True)) + offset
    assert probabilities(whole) == pytest.approx(probabilities(apart), abs=1e-4)
    assert (whole.argmax(axis=1) == label).all()


def test_a_class_without_examples_is_never_answered() -> None:
    matrix = _features(["one two", "three four"] * 4)
    parts = fit_parts(matrix, np.array([0, 2] * 4), 3)
    assert all(set(part.scores(matrix).argmax(axis=1)) <= {0, 2} for part in parts)


def test_scores_agree_with_counting_by_hand() -> None:
    truth, said = ["a", "a", "b", "b"], ["a", "b", "b", "c"]
    assert [(s.label, s.precision, s.recall, s.f1) for s in class_scores(truth, said)] == [
        ("a", 1.0, 0.5, pytest.approx(2 / 3)),
        ("b", 0.5, 0.5, 0.5),
        ("c", 0.0, 0.0, 0.0),
    ]
    assert macro_f1(truth, said) == pytest.approx((2 / 3 + 0.5 + 0) / 3)
    numbers = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    assert macro_f1_of_indices(*numbers, classes=3) == pytest.approx(macro_f1(truth, said))
    assert macro_f1_of_indices(*numbers, classes=3, only_true=True) == pytest.approx((2 / 3 + 0.5) / 2)


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = np.arange(100) % 4 == 0
    ends = interval(lambda rows: float(values[rows].mean()), 100, seed=1)
    assert ends == interval(lambda rows: float(values[rows].mean()), 100, seed=1)
    assert ends[0] < 0.25 < ends[1]


def test_precision_is_weighted_where_kinds_of_examples_count_differently() -> None:
    told = precision_by_confidence(np.array([0.9, 0.9]), np.array([True, False]), np.array([0.9, 0.1]), (0.5, 0.95))
    assert told == [{"confidence": 0.5, "share": 1.0, "precision": 0.9}]
