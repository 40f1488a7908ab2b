"""The learner: two linear models of one label, blended into a single matrix of weights.

A class-balanced logistic regression finds rare labels, a regression on log-count ratios (NB-SVM) is surer
of frequent ones; both are linear, so their weighted sum is linear too and as quick as one. How much each
counts is fitted on held-out scores by `mix`. Nothing here knows texts, fields or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.optimize  # pyright: ignore[reportMissingTypeStubs]
import scipy.sparse  # pyright: ignore[reportMissingTypeStubs]
import scipy.special  # pyright: ignore[reportMissingTypeStubs]
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
# A scipy.sparse.csr_matrix; the stubs of scipy do not say what its operators give.
Matrix = Any
# Without stubs, or with stubs that say too little.
sp, optimize, special = cast("Any", scipy.sparse), cast("Any", scipy.optimize), cast("Any", scipy.special)
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression

# Chosen by cross-validation on two public sets of other domains: flat between 1 and 4, and between 0.2 and 2.
_BALANCED_C, _RATIO_C = 2.0, 0.5
CONSTANTS = (_BALANCED_C, _RATIO_C)
# A class that a fold has no example of must lose against every other, but not by an infinite score.
_ABSENT = -10.0


@dataclass(frozen=True)
class Linear:
    """Scores of classes: `features @ weights + offset`; weights have the shape (features, classes)."""

    weights: NDArray[np.float32]
    offset: Numbers

    def scores(self, features: Matrix) -> Numbers:
        """Scores of rows, shape (rows, classes), each row with mean 0."""
        raw = np.asarray(features @ self.weights, dtype=np.float64) + self.offset
        return raw - raw.mean(axis=1, keepdims=True)


def fit_parts(features: Matrix, label: Indices, classes: int) -> list[Linear]:
    """The two models of one label.

    Args:
        features: Rows of non-negative numbers, shape (rows, features).
        label: Class number of each row, shape (rows,).
        classes: How many classes there are, also those no row has.
    """
    present = np.unique(label)
    if len(present) < 2:
        offset = np.full(classes, _ABSENT)
        offset[present] = 0.0
        return [Linear(np.zeros((features.shape[1], classes), dtype=np.float32), offset)] * 2
    return [_balanced(features, label, classes, present), _count_ratios(features, label, classes, present)]


def mix(scores: Sequence[Numbers], label: Indices) -> tuple[Numbers, Numbers]:
    """How much each model counts, and an offset for each class: least log loss on held-out scores.

    Args:
        scores: Held-out scores of each model, each of shape (rows, classes).
        label: Class number of each row, shape (rows,).

    Returns:
        Weights of the models, not negative, and offsets of the classes.
    """
    stacked = np.stack(scores)
    models, rows, classes = stacked.shape
    target = np.eye(classes)[label]

    def loss(point: Numbers) -> tuple[float, Numbers]:
        weight, offset = point[:models], point[models:]
        mixed = np.tensordot(weight, stacked, 1) + offset
        logs: Numbers = mixed - np.asarray(special.logsumexp(mixed, axis=1, keepdims=True))
        rest: Numbers = np.exp(logs) - target
        # One pseudo-row's worth of pull towards no offset keeps classes with a handful of rows in place.
        value = -logs[np.arange(rows), label].sum() + (offset**2).sum()
        slope = np.concatenate([np.einsum("nc,knc->k", rest, stacked), rest.sum(axis=0) + 2 * offset])
        return value / rows, slope / rows

    start = np.concatenate([np.full(models, 1 / models), np.zeros(classes)])
    bounds = [(0.0, None)] * models + [(None, None)] * classes
    point: Numbers = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return point[:models], point[models:]


def blend(parts: Sequence[Linear], weight: Numbers, offset: Numbers) -> Linear:
    """The weighted sum of models as one model."""
    weights = sum(
        w * (part.weights - part.weights.mean(axis=1, keepdims=True)) for w, part in zip(weight, parts, strict=True)
    )
    offsets = sum(w * (part.offset - part.offset.mean()) for w, part in zip(weight, parts, strict=True))
    return Linear(np.asarray(weights, dtype=np.float32), np.asarray(offsets + offset, dtype=np.float64))


def probabilities(scores: Numbers) -> Numbers:
    """Scores as probabilities, shape (rows, classes), each row with sum 1."""
    return special.softmax(scores, axis=1)


def linear_of(coefficients: Numbers, intercept: Numbers, classes: int, present: Indices) -> Linear:
    """A fitted logistic regression as scores of all classes.

    Args:
        coefficients: As scikit-learn gives them, one row for each class present; a single row for two.
        intercept: The same of the intercepts.
        classes: How many classes there are.
        present: Numbers of the classes it was fitted on, rising; two or more.
    """
    if len(present) == 2:
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    return _spread(coefficients.T, intercept, classes, present)


def _balanced(features: Matrix, label: Indices, classes: int, present: Indices) -> Linear:
    model = LogisticRegression(C=_BALANCED_C, solver="newton-cg", class_weight="balanced", tol=1e-3).fit(
        features, label
    )
    return linear_of(model.coef_, model.intercept_, classes, present)


def _count_ratios(features: Matrix, label: Indices, classes: int, present: Indices) -> Linear:
    seen: Any = (features > 0).astype(np.float64)
    wide: Any = features.astype(np.float64)  # liblinear reads no other
    everywhere = np.asarray(seen.sum(axis=0)).ravel()
    columns: list[Numbers] = []
    offsets: list[float] = []
    for number in present:
        own = label == number
        inside = np.asarray(seen[own].sum(axis=0)).ravel()
        outside = everywhere - inside + 1
        inside = inside + 1
        ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
        scaled = sp.csr_matrix((wide.data * ratio[wide.indices], wide.indices, wide.indptr), wide.shape)
        # The dual is several times quicker than the primal, and a closer solution scores no better on held-out rows.
        model = LogisticRegression(
            C=_RATIO_C, solver="liblinear", class_weight="balanced", dual=True, tol=1e-2, random_state=0
        )
        model.fit(scaled, own)
        columns.append(model.coef_[0] * ratio)
        offsets.append(float(model.intercept_[0]))
    return _spread(np.array(columns).T, np.array(offsets), classes, present)


def _spread(weights: Numbers, offset: Numbers, classes: int, present: Indices) -> Linear:
    wide = np.zeros((weights.shape[0], classes), dtype=np.float32)
    wide[:, present] = weights
    offsets = np.full(classes, _ABSENT)
    offsets[present] = offset
    return Linear(wide, offsets)
