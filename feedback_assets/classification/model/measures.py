"""Measures of predictions: accuracy, F1, calibration error, and bootstrap intervals.

Pure numbers in, numbers out; random draws take a seed. What is measured, and on what, is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

# Ten bins of equal mass, as the issue of calibration is usually stated; fewer hide, more show noise.
BINS = 10
# Enough draws that the ends of a 95 % interval move by less than half a point.
DRAWS = 1000


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class; `items` says how many there truly are."""

    label: str
    items: int
    precision: float
    recall: float
    f1: float


def class_scores(truth: Sequence[str], predicted: Sequence[str]) -> list[ClassScore]:
    """Scores of every class that is true or predicted somewhere, in alphabetical order."""
    true, guess = np.asarray(truth, dtype=object), np.asarray(predicted, dtype=object)
    scores: list[ClassScore] = []
    for label in sorted({*truth, *predicted}):
        hit = int(((true == label) & (guess == label)).sum())
        items, claims = int((true == label).sum()), int((guess == label).sum())
        scores.append(
            ClassScore(
                label,
                items,
                hit / claims if claims else 0.0,
                hit / items if items else 0.0,
                2 * hit / (items + claims),
            )
        )
    return scores


def accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Share of answers that are right; 0 for no answers."""
    return float(np.mean([a == b for a, b in zip(truth, predicted, strict=True)])) if len(truth) else 0.0


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean F1 of every class that is true or predicted somewhere; 0 for no answers."""
    scores = class_scores(truth, predicted)
    return float(np.mean([score.f1 for score in scores])) if scores else 0.0


def calibration_error(confidence: Numbers, right: Flags | Numbers, bins: int = BINS) -> float:
    """Expected calibration error: mean gap of confidence and share right over bins of equal mass, 0 to 1.

    Args:
        confidence: Probability given to each answer, shape (n,).
        right: Whether it was right, or of answers counted together the share of right ones, shape (n,).
        bins: How many bins; never more than answers.
    """
    if not len(confidence):
        return 0.0
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [len(part) * abs(confidence[part].mean() - right[part].mean()) for part in parts]
    return float(sum(gaps) / len(confidence))


def interval(measure: Callable[[Indices], float], size: int, seed: int, draws: int = DRAWS) -> tuple[float, float]:
    """95 % bootstrap interval of a measure over `size` rows; it is given the row numbers of each draw."""
    if not size:
        return 0.0, 0.0
    chance = np.random.default_rng(seed)
    values = [measure(chance.integers(0, size, size)) for _ in range(draws)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def macro_f1_of_indices(truth: Indices, predicted: Indices, classes: int, only_true: bool = False) -> float:
    """Macro-F1 of class numbers, as `macro_f1` but fast enough for a thousand draws.

    Args:
        truth: Class number of each row.
        predicted: Class number predicted for each row.
        classes: How many classes there are.
        only_true: Leave out classes no row truly has; for slices that hold few of them.
    """
    hits = np.bincount(truth[truth == predicted], minlength=classes)
    total = np.bincount(truth, minlength=classes) + np.bincount(predicted, minlength=classes)
    seen = np.bincount(truth, minlength=classes) > 0 if only_true else total > 0
    return float((2 * hits[seen] / total[seen]).mean()) if seen.any() else 0.0


def precision_by_confidence(
    confidence: Numbers, right: Flags, weight: Numbers, steps: Sequence[float]
) -> list[dict[str, float]]:
    """For each least confidence: share of answers at or above it, and share of those that are right, both weighted."""
    rows: list[dict[str, float]] = []
    for step in steps:
        accepted = confidence >= step
        if accepted.any():
            share = float(weight[accepted].sum() / weight.sum())
            precision = float(np.average(right[accepted], weights=weight[accepted]))
            rows.append({"confidence": step, "share": round(share, 4), "precision": round(precision, 4)})
    return rows
