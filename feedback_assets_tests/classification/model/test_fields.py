"""The fields beside the category: each row is scored by a model that has not seen it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from feedback_assets.classification.model.fields import HeldOut

ROWS, COLUMNS = 60, 40
FOLDS = [(np.arange(20, 60), np.arange(20)), (np.arange(40), np.arange(40, 60))]


def _features() -> csr_matrix:
    chance = np.random.default_rng(0)
    return csr_matrix(random_array((ROWS, COLUMNS), density=0.2, rng=chance, dtype=np.float64), dtype=np.float32)


def test_the_weights_are_those_of_ridge_regression() -> None:
    features, target = _features(), np.random.default_rng(1).normal(size=(ROWS, 3))
    model = HeldOut(features, FOLDS).learn(np.arange(ROWS), target)
    dense = features.toarray().astype(np.float64)
    exact = np.linalg.solve(dense.T @ dense + np.eye(COLUMNS), dense.T @ (target - target.mean(axis=0)))
    assert model.weights == pytest.approx(exact, abs=2e-3)
    assert model.offset == pytest.approx(target.mean(axis=0))


def test_a_target_that_is_the_same_in_all_rows_is_its_mean() -> None:
    target = np.column_stack([np.full(ROWS, 3.0), np.arange(ROWS, dtype=np.float64)])
    held = HeldOut(_features(), FOLDS)
    assert held.learn(np.arange(ROWS), target).weights[:, 0] == pytest.approx(0.0)
    assert held.scores(np.arange(ROWS), target)[:20, 0] == pytest.approx(3.0)


def test_what_a_row_is_does_not_change_its_own_score() -> None:
    held, rows = HeldOut(_features(), FOLDS), np.arange(ROWS)
    target = np.random.default_rng(2).normal(size=(ROWS, 2))
    changed = target.copy()
    changed[:20] += 5.0
    assert held.scores(rows, changed)[:20] == pytest.approx(held.scores(rows, target)[:20])
    assert held.scores(rows, changed)[40:] != pytest.approx(held.scores(rows, target)[40:])
    assert (held.scores(rows, target)[20:40] == 0).all()  # held out by no fold


def test_some_of_the_rows_are_learned_and_scored_in_their_own_order() -> None:
    held, rows = HeldOut(_features(), FOLDS), np.array([50, 3, 22, 47, 11, 30])
    target = np.random.default_rng(3).normal(size=(6, 1))
    turned = held.scores(rows[::-1].copy(), target[::-1].copy())
    assert turned[::-1] == pytest.approx(held.scores(rows, target), abs=1e-3)
