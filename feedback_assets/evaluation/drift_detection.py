"""Drift detection: compares the newest week with the four before it and gives each check a level.

Pure: a frame of items and the rules go in, results with a reason come out. How a slice is compared stands in
`drift_moves.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from feedback_assets.config.sections.watching import DriftRules
from feedback_assets.evaluation.drift_items import Embed, Items, Words
from feedback_assets.evaluation.drift_moves import MOVES, SliceMove
from feedback_assets.evaluation.drift_statistics import STILL

WATCHED = {
    "drift_label_mix": "Categories are as frequent as in the four weeks before.",
    "drift_other_share": "No more items fit no category than in the four weeks before.",
    "drift_confidence": "The classifier is as sure as in the four weeks before.",
    "drift_text_length": "Texts are as long as in the four weeks before.",
    "drift_vocabulary": "Texts use the words of the four weeks before, and no more new ones than then.",
    "drift_language_mix": "Languages are as frequent as in the four weeks before.",
    "drift_embedding_centre": "Texts speak of the same things as in the four weeks before.",
}
# A dimension that is being judged is no slice of itself.
_NO_SLICE = {
    "drift_label_mix": "category", "drift_other_share": "category", "drift_language_mix": "language",
}  # fmt: skip
# Texts too short to tell their language hold a word or two: enough for a label, not for a vocabulary of their own.
_OF_WORDS, _TOO_SHORT = ("drift_vocabulary", "drift_embedding_centre"), "language und"
_SLICES_SHOWN = 5


@dataclass(frozen=True)
class DriftResult:
    """Result of one drift check.

    Attributes:
        name: Which check.
        level: still, warn or fail; too_few when nothing can be said.
        value: Size of the largest significant move, else of the largest move; 0 without any.
        threshold: The threshold compared with: `fail` when the value is over that, else `warn`.
        reason: In words.
        items: Items of the judged window.
        window: The judged days, in words.
        baseline: The days before, in words.
        slices: The slices that moved most, significant ones first.
        judged: How many slices had enough items.
    """

    name: str
    level: str
    value: float
    threshold: float
    reason: str
    items: int
    window: str
    baseline: str
    slices: tuple[SliceMove, ...] = ()
    judged: int = 0


def detect_drift(
    frame: pd.DataFrame,
    newest: date,
    rules: DriftRules,
    catch_all: str,
    embed: Embed,
    words: Words,
    names: Sequence[str] = tuple(WATCHED),
) -> list[DriftResult]:
    """Judge the newest days against those before them, one result for each name.

    Args:
        frame: Items with `COLUMNS`; days outside both windows are left out.
        newest: Last day of the judged window.
        rules: Windows and thresholds.
        catch_all: The category that gathers what fits no other.
        embed: Places texts; frozen, so that only the texts can move.
        words: Content words of a text.
        names: Which of `WATCHED`.
    """
    items = Items(frame, newest, rules, catch_all, embed, words)
    now, days_before = int(items.is_now.sum()), len(set(items.day[~items.is_now].tolist()))
    if days_before < rules.least_baseline_days or min(now, len(items.frame) - now) < rules.least_rows:
        reason = (
            f"too little to compare: {now} items from {items.window}, {len(items.frame) - now} on {days_before} days "
            f"before; it takes {rules.least_rows} on each side and {rules.least_baseline_days} days before"
        )
        return [
            DriftResult(name, "too_few", 0, rules.warn, reason, now, items.window, items.baseline) for name in names
        ]
    return [_detect(name, items, now) for name in names]


def _detect(name: str, items: Items, now: int) -> DriftResult:
    rules = items.rules
    warn, fail = (rules.other_warn, rules.other_fail) if name == "drift_other_share" else (rules.warn, rules.fail)
    slices = [sides for sides in items.slices(_NO_SLICE.get(name)) if name not in _OF_WORDS or sides.name != _TOO_SHORT]
    moves = [MOVES[name](items, sides) for sides in slices]
    # Each slice is a chance of a false alarm: their sum is held to the rate (Bonferroni).
    sure = [slice_move for slice_move in moves if slice_move.move.chance * len(moves) < rules.alarm_rate]
    moved = sorted(
        (slice_move for slice_move in sure if slice_move.move.size >= warn),
        key=lambda slice_move: -slice_move.move.size,
    )
    rest = sorted(
        (slice_move for slice_move in moves if slice_move not in moved), key=lambda slice_move: -slice_move.move.size
    )
    unit = "rise of the share" if name == "drift_other_share" else "move"
    span = f"{items.window} ({now} items) against {items.baseline} ({len(items.frame) - now})"
    if not moved:
        largest = rest[0] if rest else SliceMove("all items", STILL, 0, 0)
        reason = f"still: {span}; the largest {unit} of {len(moves)} slices is {largest.as_text()}"
        if largest.move.size >= warn:
            reason += f"; over {warn:g}, but so much comes by chance with {largest.items} items"
        return DriftResult(name, "still", largest.move.size, warn, reason, now, items.window, items.baseline,
                       tuple(rest[:_SLICES_SHOWN]), len(moves))  # fmt: skip
    worst = moved[0].move.size
    level, threshold = ("fail", fail) if worst >= fail else ("warn", warn)
    reason = f"{len(moved)} of {len(moves)} slices moved, {span}. Largest {unit} (threshold {threshold:g}): "
    reason += "; ".join(slice_move.as_text() for slice_move in moved[:3]) + _versions(name, items)
    lasting = [slice_move.name for slice_move in moved if slice_move.lasting]
    if lasting:
        where = ", ".join(lasting[:3])
        reason += (
            f". A lasting rise of {items.catch_all!r} in {where}: the taxonomy may lack a category; read what is in it"
        )
    return DriftResult(name, level, worst, threshold, reason, now, items.window, items.baseline,
                   tuple((moved + rest)[:_SLICES_SHOWN]), len(moves))  # fmt: skip


def _versions(name: str, items: Items) -> str:
    """A sentence that names models new in the judged window: then perhaps only the labels moved, not the texts."""
    if name not in ("drift_label_mix", "drift_other_share", "drift_confidence"):
        return ""
    versions = items.frame["model_version"]
    fresh = sorted(set(versions[items.is_now].dropna()) - set(versions[~items.is_now].dropna()))
    return f". These days were labelled by {', '.join(fresh)}, the days before were not" if fresh else ""
