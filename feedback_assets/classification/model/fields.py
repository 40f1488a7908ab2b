"""Models of the fields beside the category: sub-label, sentiment, urgency, further issues.

Small models, each calibrated on held-out scores, each silent where it would guess. The category itself is
learned by `blend.py`; texts and files are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.linalg  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Linear, mix, probabilities
from feedback_assets.classification.model.calibration import Curve, fit_curve

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
# A scipy.sparse.csr_matrix; the stubs of scipy do not say what its operators give.
Matrix = Any
linalg = cast("Any", scipy.linalg)

# Pull towards zero of the least-squares models; between 0.3 and 3 makes no difference in cross-validation.
_PULL = 1.0
# A field is filled where its held-out precision says that more than six of ten are right; a person who reads
# a queue of labels stops trusting it below that.
LEAST_PRECISION = 0.6
# A further issue may be named from here: half of those named in held-out examples are there, and held-out
# examples are harder than life (see `Example.calibrates`); it opens no ticket alone, its cluster does.
LEAST_PRECISION_OF_FURTHER = 0.5
_STEPS = tuple(round(0.02 * step, 2) for step in range(5, 49))


@dataclass(frozen=True)
class Choice:
    """One of several labels, or none where the model is not sure enough."""

    labels: tuple[str, ...]
    model: Linear
    least: float = 0.0

    def predict(self, features: Matrix) -> list[str | None]:
        """The label of each row, None below the least probability."""
        chance = self.chances(features)
        best = chance.argmax(axis=1)
        sure = chance[np.arange(len(best)), best] >= self.least
        return [self.labels[number] if ok else None for number, ok in zip(best, sure, strict=True)]

    def chances(self, features: Matrix) -> Numbers:
        """Probability of each label, shape (rows, labels)."""
        return probabilities(self.model.scores(features) if self.labels[1:] else np.zeros((features.shape[0], 1)))


@dataclass(frozen=True)
class Further:
    """Whether each category is a further issue: a score, a curve to a probability, and the least to speak."""

    model: Linear
    curve: Curve
    least: float


class HeldOut:
    """All rows with their similarity matrix, and the folds that hold them out.

    The likeness is computed once and every model below is solved from pieces of it: among rows, which are
    fewer than features. Word rarity is taken over all rows, also those held out; no label is.
    """

    def __init__(self, features: Matrix, folds: Sequence[tuple[Indices, Indices]]) -> None:
        self.features = features
        self.folds = folds
        self._likeness = np.asarray((features @ features.T).todense(), dtype=np.float32)

    def solve(self, rows: Indices, target: Numbers) -> tuple[Numbers, Numbers]:
        """Ridge regression of several targets at once: what each row weighs, and the mean of each target."""
        middle = target.mean(axis=0)
        likeness = self._likeness[np.ix_(rows, rows)]
        likeness[np.diag_indices_from(likeness)] += _PULL
        factor = linalg.cho_factor(likeness, lower=True, overwrite_a=True)
        return linalg.cho_solve(factor, (target - middle).astype(np.float32)).astype(np.float64), middle

    def learn(self, rows: Indices, target: Numbers) -> Linear:
        """The model of some rows.

        Args:
            rows: Row numbers, shape (n,).
            target: What to learn for each of them, shape (n, targets).
        """
        dual, middle = self.solve(rows, target)
        return Linear(np.asarray(self.features[rows].T @ dual, dtype=np.float32), middle)

    def scores(self, rows: Indices, target: Numbers) -> Numbers:
        """Scores of rows, each by a model that has not seen it; shape and order as `target`."""
        scores = np.zeros_like(target)
        for seen, unseen in self.folds:
            train, test = np.flatnonzero(np.isin(rows, seen)), np.flatnonzero(np.isin(rows, unseen))
            if len(train) and len(test):
                dual, middle = self.solve(rows[train], target[train])
                scores[test] = self._likeness[np.ix_(rows[test], rows[train])] @ dual + middle
        return scores


def fit_choice(labels: tuple[str, ...], model: Linear, raw: Numbers, label: Indices) -> Choice:
    """A choice of one label of several, from a model and its held-out scores.

    Args:
        labels: Names of the labels.
        model: Learned on all rows.
        raw: Held-out scores of rows whose label is known, shape (rows, labels).
        label: Label number of each of them.
    """
    raw = raw - raw.mean(axis=1, keepdims=True)
    weight, offset = mix([raw], label)
    chance = probabilities(weight[0] * raw + offset)
    predicted = chance.argmax(axis=1)
    least = _least(chance[np.arange(len(predicted)), predicted], predicted == label)
    centred = model.weights - model.weights.mean(axis=1, keepdims=True)
    return Choice(
        labels,
        Linear((weight[0] * centred).astype(np.float32), weight[0] * (model.offset - model.offset.mean()) + offset),
        least,
    )


def fit_further(model: Linear, raw: Numbers, issues: Numbers, predicted: Indices) -> Further:
    """Which categories a text names beside its primary one.

    Args:
        model: Learned on all rows.
        raw: Held-out scores, shape (rows, categories).
        issues: 1 where a row has an issue of the category, shape (rows, categories).
        predicted: Category number that the category model predicts for each held-out row.
    """
    asked = np.ones_like(issues, dtype=bool)
    asked[np.arange(len(issues)), predicted] = False
    chance, right = as_chance(raw[asked]), issues[asked] > 0
    curve = fit_curve(chance, right)
    return Further(model, curve, _least(curve(chance), right, LEAST_PRECISION_OF_FURTHER))


def as_chance(score: Numbers) -> Numbers:
    """A least-squares score, which is near 0 for no and near 1 for yes, as a raw probability for a curve."""
    return 1 / (1 + np.exp(-6 * (score - 0.5)))


def _least(chance: Numbers, right: NDArray[np.bool_], precision: float = LEAST_PRECISION) -> float:
    """The least probability from which answers are right often enough; above 1 where none is."""
    for step in _STEPS:
        accepted = chance >= step
        if accepted.sum() >= 5 and right[accepted].mean() >= precision:
            return step
    return 1.01
