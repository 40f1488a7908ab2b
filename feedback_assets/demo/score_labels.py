"""Scores labels against the planted truth: how many are right, praise read as complaint, whether confidence holds.

Pure over frames: the truth and `gold/items`, in which copies and what went into quarantine have no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from feedback_assets.classification.model.measures import Flags, Numbers, calibration_error
from feedback_assets.demo.truth import Truth

# What is read of `gold/items`.
JUDGED = ("event_id", "category", "confidence")
# What praise, questions and remarks are written for, and what a blank text is.
NO_ISSUE, _UNREADABLE = "no_issue", "unreadable"
# Decoys with a label that stands for nothing: what a copied campaign tells belongs to no category.
_UNLABELLED = ("campaign",)
# Injected orders are written for `no_issue`, but they are no praise.
_NOT_QUIET = ("injection",)
SURE = 0.9
# Confidence is kept in steps of a hundredth, so that scores of several stories can be pooled.
_STEPS = 100


class Reliability(NamedTuple):
    """The items whose confidence lies in one step of a hundredth."""

    confidence_sum: float
    items: int
    right: int


@dataclass(frozen=True)
class LabelScore:
    """How labels compare with what the items were written for; a share of nothing is None.

    Attributes:
        item_accuracy: Share of items whose category is the one they were written for.
        items_judged: How many items that is a share of.
        praise_read_as_complaint: Of the items written as praise, question or remark, those with any other category.
        quiet_items: How many such items there are.
        praise_alone_read_as_complaint: The same of those written as praise.
        praise_items: How many of those there are.
        calibration_error: Expected calibration error of the items' confidence, ten bins of equal mass, 0 to 1.
        right_at_0_9: Of the items with a confidence of 0.9 and more, those whose category is right.
        items_at_0_9: How many such items there are.
        reliability: Items and right ones by confidence, in ascending steps of a hundredth that hold any.
        right_of_planted: By planted problem: how many of its items were judged, and how many are right.
    """

    item_accuracy: float | None
    items_judged: int
    praise_read_as_complaint: float | None
    quiet_items: int
    praise_alone_read_as_complaint: float | None
    praise_items: int
    calibration_error: float | None
    right_at_0_9: float | None
    items_at_0_9: int
    reliability: tuple[Reliability, ...]
    right_of_planted: dict[str, tuple[int, int]]


def score_labels(truth: Truth, items: pd.DataFrame) -> LabelScore:
    """Compare labels with the truth.

    Left out are posts of the campaign, whose label stands for nothing, blank texts, and what the truth does not know.

    Args:
        truth: What each item was written for.
        items: The columns `JUDGED` of `gold/items`.
    """
    unlabelled = {event for decoy in truth.decoys if decoy.kind in _UNLABELLED for event in decoy.event_ids}
    orders = {event for decoy in truth.decoys if decoy.kind in _NOT_QUIET for event in decoy.event_ids}
    written = items["event_id"].map(truth.labels)
    known = written.notna() & (written != _UNREADABLE) & ~items["event_id"].isin(unlabelled)
    judged, written = items[known], written[known]
    right = np.asarray(judged["category"] == written, dtype=np.bool_)
    complaint = np.asarray(judged["category"] != NO_ISSUE, dtype=np.bool_)
    quiet = np.asarray((written == NO_ISSUE) & ~judged["event_id"].isin(orders), dtype=np.bool_)
    praise = np.asarray(judged["event_id"].isin(truth.praise), dtype=np.bool_)
    confidence = judged["confidence"].to_numpy(dtype=np.float64)
    sure = confidence >= SURE
    planted = {
        problem.id: right[np.asarray(judged["event_id"].isin(problem.event_ids), dtype=np.bool_)]
        for problem in truth.planted
    }
    return LabelScore(
        item_accuracy=_share(right),
        items_judged=len(right),
        praise_read_as_complaint=_share(complaint[quiet]),
        quiet_items=int(quiet.sum()),
        praise_alone_read_as_complaint=_share(complaint[praise]),
        praise_items=int(praise.sum()),
        calibration_error=round(calibration_error(confidence, right), 4) if len(right) else None,
        right_at_0_9=_share(right[sure]),
        items_at_0_9=int(sure.sum()),
        reliability=_reliability(confidence, right),
        right_of_planted={name: (len(flags), int(flags.sum())) for name, flags in planted.items()},
    )


def pooled_calibration_error(stories: Sequence[Sequence[Reliability]]) -> float | None:
    """The calibration error over the items of several stories; None of no items.

    Items of one step count with the step's mean confidence and share right.

    Args:
        stories: `LabelScore.reliability` of each.
    """
    total = np.zeros((_STEPS, 3))
    for steps in stories:
        for step in steps:
            total[_step(step.confidence_sum / step.items)] += step
    count = total[:, 1].astype(np.int64)
    if not count.sum():
        return None
    held = count > 0
    confidence = np.repeat(total[held, 0] / total[held, 1], count[held])
    right = np.repeat(total[held, 2] / total[held, 1], count[held])
    return calibration_error(confidence, right)


def _reliability(confidence: Numbers, right: Flags) -> tuple[Reliability, ...]:
    steps = np.minimum((confidence * _STEPS).astype(np.int64), _STEPS - 1)
    return tuple(
        Reliability(
            round(float(confidence[steps == step].sum()), 4),
            int((steps == step).sum()),
            int(right[steps == step].sum()),
        )
        for step in np.unique(steps)
    )


def _step(confidence: float) -> int:
    return min(int(confidence * _STEPS), _STEPS - 1)


def _share(flags: Flags) -> float | None:
    return round(float(flags.mean()), 4) if len(flags) else None
