"""Scores of a local model on labelled texts: overall, by category, language and channel, each with its interval.

Pure: items and answers in, numbers out. Nothing is fitted here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.classification.cascade.labels import Answer
from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.classification.model.measures import (
    DRAWS,
    accuracy,
    calibration_error,
    class_scores,
    interval,
    macro_f1_of_indices,
)
from feedback_assets.evaluation.golden import GoldenItem

Indices = NDArray[np.int64]

# Enough for ends of slices; the headline numbers use the full count of draws.
_SLICE_DRAWS = 300
# The same draws every time, so that a score moves only when answers move.
_SEED = 20_240_501


def score(
    truth: Sequence[str],
    answers: Sequence[LocalAnswer | Answer],
    slices: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Category scores of answers.

    Args:
        truth: The right category of each text.
        answers: The answer of the model, or of the whole cascade, to each.
        slices: Name of a slicing, such as `language`, and each text's value in it.

    Returns:
        `items`, `accuracy`, `macro_f1`, `calibration_error`, each with `…_interval` (95 %, bootstrap), and
        `by_category`, and `by_<slicing>` for each slicing; a slice's macro-F1 is over the categories it truly has.
    """
    labels = sorted({*truth, *(answer.category for answer in answers)})
    true = np.array([labels.index(name) for name in truth], dtype=np.int64)
    predicted = np.array([labels.index(answer.category) for answer in answers], dtype=np.int64)
    confidence = np.array([answer.confidence for answer in answers])
    result = _measured(labels, true, predicted, confidence, DRAWS)
    result["by_category"] = _by_category(labels, truth, true, predicted, confidence)
    for name, values in slices.items():
        rows_of = {value: np.flatnonzero(np.array(values, dtype=object) == value) for value in sorted(set(values))}
        result[f"by_{name}"] = {
            value: _measured(labels, true[rows], predicted[rows], confidence[rows], _SLICE_DRAWS, a_slice=True)
            for value, rows in rows_of.items()
        }
    return result


def score_golden(items: Sequence[GoldenItem], answers: Sequence[LocalAnswer]) -> dict[str, Any]:
    """Scores on golden items: category by language and channel, and the other fields where they are filled."""
    result = score(
        [item.category for item in items],
        answers,
        {"language": [item.language for item in items], "channel": [item.channel for item in items]},
    )
    result["sub_label"] = _filled(
        [
            (item.issues[0][1], answer.sub_label)
            for item, answer in zip(items, answers, strict=True)
            if item.category == answer.category
        ]
    )
    result["sentiment"] = _filled(
        [(item.sentiment, answer.sentiment) for item, answer in zip(items, answers, strict=True)]
    )
    urgent = [
        abs(item.urgency - answer.urgency)
        for item, answer in zip(items, answers, strict=True)
        if answer.urgency is not None
    ]
    result["urgency_mean_error"] = round(float(np.mean(urgent)), 3) if urgent else None
    result["further_issues"] = _further(items, answers)
    return result


def score_rows(result: Mapping[str, Any], versions: Mapping[str, str], now: datetime) -> pd.DataFrame:
    """Scores as rows of `evaluation/golden_scores`.

    Args:
        result: From `score_golden`.
        versions: golden_version, model_version, taxonomy_version, and thresholds_version.
        now: When it was evaluated.
    """
    version_text = "|".join(f"{name}={versions[name]}" for name in sorted(versions))
    common = {
        "evaluation_id": hashlib.sha256(version_text.encode()).hexdigest()[:16],
        "golden_version": versions["golden_version"],
        "model_version": versions["model_version"],
        "taxonomy_version": versions["taxonomy_version"],
        "evaluated_at": now,
    }
    overall = {"overall": {"all": result}}
    slices = {name: result[f"by_{name}"] for name in ("category", "language", "channel")}
    return pd.DataFrame(
        [
            {
                **common,
                "slice": name,
                "value": value,
                "items": row["items"],
                "precision": row.get("precision"),
                "recall": row.get("recall"),
                "f1": row["f1"] if name == "category" else row["macro_f1"],
                "f1_low": row["f1_interval" if name == "category" else "macro_f1_interval"][0],
                "f1_high": row["f1_interval" if name == "category" else "macro_f1_interval"][1],
                "calibration_error": row["calibration_error"],
            }
            for name, rows in {**overall, **slices}.items()
            for value, row in rows.items()
        ]
    )


def _measured(
    labels: Sequence[str], true: Indices, predicted: Indices, confidence: Any, draws: int, a_slice: bool = False
) -> dict[str, Any]:
    right = true == predicted
    f1 = partial(macro_f1_of_indices, classes=len(labels), only_true=a_slice)
    draw = partial(interval, size=len(true), seed=_SEED, draws=draws)
    return {
        "items": len(true),
        "accuracy": round(float(right.mean()), 4),
        "accuracy_interval": _ends(draw(lambda rows: float(right[rows].mean()))),
        "macro_f1": round(f1(true, predicted), 4),
        "macro_f1_interval": _ends(draw(lambda rows: f1(true[rows], predicted[rows]))),
        "calibration_error": round(calibration_error(confidence, right), 4),
        "calibration_error_interval": _ends(draw(lambda rows: calibration_error(confidence[rows], right[rows]))),
        "mean_confidence": round(float(confidence.mean()), 4),
    }


def _by_category(
    labels: Sequence[str], truth: Sequence[str], true: Indices, predicted: Indices, confidence: Any
) -> dict[str, Any]:
    scores: dict[str, Any] = {}
    for row in class_scores(truth, [labels[int(number)] for number in predicted]):
        number = labels.index(row.label)

        def f1(rows: Indices, number: int = number) -> float:
            hit = ((true[rows] == number) & (predicted[rows] == number)).sum()
            total = (true[rows] == number).sum() + (predicted[rows] == number).sum()
            return float(2 * hit / total) if total else 0.0

        claims = predicted == number
        scores[row.label] = {
            "items": row.items,
            "precision": round(row.precision, 4),
            "recall": round(row.recall, 4),
            "f1": round(row.f1, 4),
            "f1_interval": _ends(interval(f1, len(true), _SEED, _SLICE_DRAWS)),
            "calibration_error": round(calibration_error(confidence[claims], (true == predicted)[claims]), 4),
        }
    return scores


def _filled(pairs: Sequence[tuple[str | None, str | None]]) -> dict[str, float | None]:
    answered = [(right, predicted) for right, predicted in pairs if predicted is not None]
    return {
        "filled": round(len(answered) / len(pairs), 4) if pairs else 0.0,
        "accuracy": round(
            accuracy([str(right) for right, _ in answered], [str(predicted) for _, predicted in answered]), 4
        )
        if answered
        else None,
    }


def _further(items: Sequence[GoldenItem], answers: Sequence[LocalAnswer]) -> dict[str, float | None]:
    hit = predicted = true = 0
    for item, answer in zip(items, answers, strict=True):
        wanted = {category for category, _ in item.issues} - {answer.category}
        named = {issue.category for issue in answer.secondary}
        hit, predicted, true = hit + len(wanted & named), predicted + len(named), true + len(item.issues) - 1
    return {
        "said": predicted,
        "there": true,
        "precision": round(hit / predicted, 4) if predicted else None,
        "recall": round(hit / true, 4) if true else None,
    }


def _ends(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]
