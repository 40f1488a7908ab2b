"""Models of the fields beside the category: sub-label, sentiment, urgency, further issues.

Small models, each calibrated on held-out scores, each silent where it would guess. The category itself is
learned by `blend.py`; texts and files are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Linear, mix, probabilities
from feedback_assets.classification.model.calibration import Curve, fit_curve

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
# A scipy.sparse.csr_matrix; the stubs of scipy do not say what its operators give.
Matrix = Any

# Pull towards zero of the least-squares models; between 0.3 and 3 makes no difference in cross-validation.
_PULL = 1.0
# Where its solver ends: what is left of each target, as a share; ten times less changes no score by more than 0.002.
_CLOSE, _MOST_STEPS, _TINY = 1e-3, 200, np.float32(1e-30)
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
    """All rows, and folds that hold them out. Word rarity is that of all rows, the held out ones too; no label is."""

    def __init__(self, features: Matrix, folds: Sequence[tuple[Indices, Indices]]) -> None:
        self.features = features
        self.folds = folds

    def learn(self, rows: Indices, target: Numbers) -> Linear:
        """Ridge regression of several targets at once on some rows.

        Args:
            rows: Row numbers, shape (n,).
            target: What to learn for each of them, shape (n, targets).
        """
        middle = target.mean(axis=0)
        return Linear(_ridge(self.features[rows], (target - middle).astype(np.float32)), middle)

    def scores(self, rows: Indices, target: Numbers) -> Numbers:
        """Scores of rows, each by a model that has not seen it; shape and order as `target`."""
        scores = np.zeros_like(target)
        for seen, unseen in self.folds:
            train, test = np.flatnonzero(np.isin(rows, seen)), np.flatnonzero(np.isin(rows, unseen))
            if len(train) and len(test):
                model = self.learn(rows[train], target[train])
                scores[test] = self.features[rows[test]] @ model.weights + model.offset
        return scores


def _ridge(features: Matrix, target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights w that minimise `|features w - target|² + _PULL |w|²` for each target, shape (features, targets).

    By conjugate gradients on the dual system `(features featuresᵀ + _PULL) a = target`, w = featuresᵀ a: the time grows
    with the words of the texts, not with the cube of their number (Golub and Van Loan, Matrix Computations, 11.3).
    """
    turned: Any = features.T.tocsr()
    dual = np.zeros_like(target)
    rest = target.copy()
    step, squared = rest.copy(), (rest**2).sum(axis=0)
    enough = _CLOSE**2 * squared
    for _ in range(_MOST_STEPS):
        if (squared <= enough).all():
            break
        moved = features @ (turned @ step) + _PULL * step
        # A target that is solved exactly, such as one that is the same in all rows, has no step left.
        length = squared / np.maximum((step * moved).sum(axis=0), _TINY)
        dual += length * step
        rest -= length * moved
        before, squared = squared, (rest**2).sum(axis=0)
        step = rest + squared / np.maximum(before, _TINY) * step
    return np.asarray(turned @ dual, dtype=np.float32)


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
