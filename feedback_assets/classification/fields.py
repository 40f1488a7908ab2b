"""What a text says beside its category: sub-label, sentiment, urgency, further issues.

Small models, each calibrated on held-out scores, each silent where it would guess. The category itself is
learned by `blend.py`; texts and files are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from feedback_assets.classification.blend import Linear, mix, probabilities
from feedback_assets.classification.calibration import Curve, fit_curve

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
# A scipy.sparse.csr_matrix; the stubs of scipy do not say what its operators give.
Matrix = Any

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

    def say(self, features: Matrix) -> list[str | None]:
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


@dataclass(frozen=True)
class HeldOut:
    """Each fold: rows trained on, rows held out, features of the one, features of the other as the first sees them."""

    folds: Sequence[tuple[Indices, Indices, Matrix, Matrix]]


def least_squares(features: Matrix, target: Numbers) -> Linear:
    """Ridge regression of several targets at once, solved among the rows, which are fewer than the features.

    Args:
        features: Shape (rows, features).
        target: Shape (rows, targets).
    """
    middle = target.mean(axis=0)
    kernel = np.asarray((features @ features.T).todense(), dtype=np.float64)
    kernel[np.diag_indices_from(kernel)] += _PULL
    dual = cho_solve(cho_factor(kernel, lower=True, overwrite_a=True), target - middle)
    return Linear(np.asarray(features.T @ dual, dtype=np.float32), middle)


def held_out_scores(held: HeldOut, rows: Indices, target: Numbers) -> Numbers:
    """Scores of rows, each by a model that has not seen it; shape as `target`, row for row of `rows`."""
    place = {int(row): number for number, row in enumerate(rows)}
    scores = np.zeros_like(target)
    for seen, unseen, learned, asked in held.folds:
        train = [number for number, row in enumerate(seen) if int(row) in place]
        test = [number for number, row in enumerate(unseen) if int(row) in place]
        if not test:
            continue
        wanted = [place[int(unseen[number])] for number in test]
        if not train:
            continue
        model = least_squares(learned[train], target[[place[int(seen[number])] for number in train]])
        scores[wanted] = np.asarray(asked[test] @ model.weights) + model.offset
    return scores


def fit_choice(labels: tuple[str, ...], features: Matrix, rows: Indices, label: Indices, held: HeldOut) -> Choice:
    """Learn one label of several from some rows of all features.

    Args:
        labels: Names of the labels.
        features: Features of all rows.
        rows: Rows that have this label.
        label: Label number of each of them.
        held: Held-out features, for temperature, offsets and the least probability.
    """
    target = np.eye(len(labels))[label]
    raw = held_out_scores(held, rows, target)
    raw = raw - raw.mean(axis=1, keepdims=True)
    weight, offset = mix([raw], label)
    chance = probabilities(weight[0] * raw + offset)
    said = chance.argmax(axis=1)
    least = _least(chance[np.arange(len(said)), said], said == label)
    model = least_squares(features[rows], target)
    centred = model.weights - model.weights.mean(axis=1, keepdims=True)
    return Choice(
        labels,
        Linear((weight[0] * centred).astype(np.float32), weight[0] * (model.offset - model.offset.mean()) + offset),
        least,
    )


def fit_further(features: Matrix, issues: Numbers, said: Indices, held: HeldOut) -> Further:
    """Learn which categories a text names beside its primary one.

    Args:
        features: Features of all rows.
        issues: 1 where a row has an issue of the category, shape (rows, categories).
        said: Category number the category model says of each held-out row.
        held: Held-out features.
    """
    rows = np.arange(len(issues))
    scores = held_out_scores(held, rows, issues)
    asked = np.ones_like(issues, dtype=bool)
    asked[rows, said] = False
    chance, right = as_chance(scores[asked]), issues[asked] > 0
    curve = fit_curve(chance, right)
    return Further(least_squares(features, issues), curve, _least(curve(chance), right, LEAST_PRECISION_OF_FURTHER))


def as_chance(score: Numbers) -> Numbers:
    """A least-squares score, which is near 0 for no and near 1 for yes, as a raw probability for a curve."""
    return 1 / (1 + np.exp(-6 * (score - 0.5)))


def _least(chance: Numbers, right: NDArray[np.bool_], precision: float = LEAST_PRECISION) -> float:
    """The least probability from which answers are right often enough; above 1 where none is."""
    for step in _STEPS:
        kept = chance >= step
        if kept.sum() >= 5 and right[kept].mean() >= precision:
            return step
    return 1.01
