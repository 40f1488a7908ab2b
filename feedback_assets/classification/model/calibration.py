"""Calibration of confidence: grouped folds, and the curve from score to probability (Platt scaling).

Only what is fitted on held-out answers. The learner is in `blend.py`; how good the result is, in `measures.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs
# Log-odds beyond this are all "certain"; further out, a handful of answers would bend the curve.
_MOST = 8.0


def fold_numbers(label: Indices, folds: int, seed: int, group: Sequence[object] | None = None) -> Indices:
    """A fold for each row, so that each fold has its share of every class and no group is torn.

    Args:
        label: Class number of each row, shape (rows,).
        folds: How many folds.
        seed: Seed of the shuffle.
        group: Rows of one group stay together; each row is its own group when not given.

    Returns:
        Fold number of each row, 0 to folds - 1.
    """
    groups = np.unique(np.asarray([str(name) for name in group]), return_inverse=True)[1] if group else None
    unit = np.arange(len(label)) if groups is None else groups
    first = np.unique(unit, return_index=True)[1]
    chance = np.random.default_rng(seed)
    fold_of_unit = np.zeros(unit.max() + 1 if len(unit) else 0, dtype=np.int64)
    start = 0
    for number in np.unique(label):
        members = unit[first][label[first] == number]
        chance.shuffle(members)
        fold_of_unit[members] = (np.arange(len(members)) + start) % folds
        # The next class goes on where this one ended, so that no fold collects all the odd rows.
        start += len(members)
    return fold_of_unit[unit]


@dataclass(frozen=True)
class Curve:
    """A logistic curve over the log-odds of a probability: `1 / (1 + exp(-(slope * log-odds + shift)))`."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, probability: Numbers) -> Numbers:
        """The calibrated probability, shape (n,)."""
        return 1 / (1 + np.exp(-(self.slope * log_odds(probability) + self.shift)))


def fit_curve(probability: Numbers, right: Flags) -> Curve:
    """Fit the curve on held-out probabilities; the identity where nothing can be learned."""
    if right.all() or not right.any():
        return Curve()
    model = LogisticRegression(C=100.0).fit(log_odds(probability)[:, None], right)
    slope = float(model.coef_[0, 0])
    # A falling curve would turn sure answers into unsure ones: too few answers, keep what the learner says.
    return Curve(slope, float(model.intercept_[0])) if slope > 0 else Curve()


def log_odds(probability: Numbers) -> Numbers:
    """Log-odds of probabilities, kept within the range that can be told apart."""
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.clip(np.log(clipped / (1 - clipped)), -_MOST, _MOST)
