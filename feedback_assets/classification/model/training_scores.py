"""Out-of-fold scores of a model, with intervals, and its confusion counts.

The measures themselves are in `measures.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.measures import (
    accuracy,
    calibration_error,
    class_scores,
    interval,
    macro_f1,
    macro_f1_of_indices,
)

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


def scores_of(
    labels: Sequence[str], truth: Indices, predicted: Indices, confidence: Numbers, seed: int = 0
) -> dict[str, Any]:
    """Accuracy, macro-F1 and calibration error with 95 % intervals, and every class."""
    right = predicted == truth
    names, answers = names_of(labels, truth), names_of(labels, predicted)
    draw = partial(interval, size=len(truth), seed=seed)
    # In order of confidence, and so is each draw: thousands of unordered ones would have to be sorted.
    order = np.argsort(confidence, kind="stable")
    rising, hit = confidence[order], right[order]
    by_category = {
        row.label: {
            "items": row.items,
            "precision": round(row.precision, 4),
            "recall": round(row.recall, 4),
            "f1": round(row.f1, 4),
            "mean_confidence": round(float(confidence[predicted == labels.index(row.label)].mean()), 4)
            if (predicted == labels.index(row.label)).any()
            else None,
        }
        for row in class_scores(names, answers)
    }
    return {
        "items": len(truth),
        "accuracy": round(accuracy(names, answers), 4),
        "accuracy_interval": _rounded(draw(lambda rows: float(right[rows].mean()))),
        "macro_f1": round(macro_f1(names, answers), 4),
        "macro_f1_interval": _rounded(
            draw(lambda rows: macro_f1_of_indices(truth[rows], predicted[rows], len(labels)))
        ),
        "calibration_error": round(calibration_error(confidence, right), 4),
        "calibration_error_interval": _rounded(
            draw(lambda rows: calibration_error(rising[np.sort(rows)], hit[np.sort(rows)]))
        ),
        "by_category": by_category,
    }


def confused(labels: Sequence[str], truth: Indices, predicted: Indices) -> dict[str, dict[str, int]]:
    """Confusion counts: for each category, how many of its examples were answered as which category."""
    pairs = list(zip(names_of(labels, truth), names_of(labels, predicted), strict=True))
    return {name: counted(answer for true, answer in pairs if true == name) for name in sorted(set(labels))}


def names_of(labels: Sequence[str], numbers: Indices) -> list[str]:
    """The labels, or texts, of these numbers."""
    return [labels[int(number)] for number in numbers]


def counted(names: Iterable[str]) -> dict[str, int]:
    """How often each name comes, in order of the names."""
    return dict(sorted(Counter(names).items()))


def _rounded(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]
