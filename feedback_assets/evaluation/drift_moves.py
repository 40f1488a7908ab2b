"""Measures for each drift check how far a slice of the items has moved, and describes the move.

One function for each; the statistics are in `drift_statistics.py`, what follows from a move in
`drift_detection.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from feedback_assets.evaluation.drift_items import Ints, Items, Sides
from feedback_assets.evaluation.drift_statistics import (
    LEAST_EXPECTED,
    Move,
    Numbers,
    compare,
    compare_centres,
    rise_of_share,
)

_SHARES_SHOWN = 4
_NEW, _RARE = "words never seen before", "all other words"


@dataclass(frozen=True)
class SliceMove:
    """The move of one slice, with its number of items now and before.

    Attributes:
        lasting: It rose on enough days, and on the median one, to be more than a bad day.
    """

    name: str
    move: Move
    items: int
    before: int
    note: str = ""
    lasting: bool = False

    def as_text(self) -> str:
        """The slice, its move and details in one line."""
        details = ", ".join(self.details())
        return f"{self.name}: {self.move.size:.3f}" + (f" ({details})" if details else "")

    def details(self) -> list[str]:
        """The shares that moved most, and the note where there is one."""
        return [*(str(share) for share in self.move.shares[:_SHARES_SHOWN]), *([self.note] if self.note else [])]


def _label_mix(items: Items, sides: Sides) -> SliceMove:
    return _by_value(items, sides, "category")


def _language_mix(items: Items, sides: Sides) -> SliceMove:
    return _by_value(items, sides, "language")


def _by_value(items: Items, sides: Sides, column: str) -> SliceMove:
    return _compared(items, sides, *items.factor(column))


def _compared(items: Items, sides: Sides, bins: Ints, names: tuple[str, ...], note: str = "") -> SliceMove:
    before = items.counts(sides.before, bins[sides.before], len(names))
    now = items.counts(sides.now, bins[sides.now], len(names))
    move = compare(before, now, items.weekdays, names)
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


def _other_share(items: Items, sides: Sides) -> SliceMove:
    numbers, values = items.factor("category")
    is_other = np.array([value == items.catch_all for value in values], dtype=bool)[numbers]
    bins = np.where(is_other, 0, 1).astype(np.int64)
    before = items.counts(sides.before, bins[sides.before], 2)
    now = items.counts(sides.now, bins[sides.now], 2)
    move = rise_of_share(before, now, items.weekdays)
    there = now.sum(axis=1) > 0
    rises = now[there, 0] / now[there].sum(axis=1) - before[:, 0].sum() / before.sum()
    over = int((rises > 0).sum())
    note = f"over the share before on {over} of {int(there.sum())} days"
    # The median day, too, must have risen by as much as warns: one bad day makes no lasting rise.
    lasting = over >= items.rules.lasting_days and float(np.median(rises)) >= items.rules.other_warn
    if move.size == 0:
        return SliceMove(sides.name, move, len(sides.now), len(sides.before))
    note += ", lasting" if lasting else ""
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note, lasting)


def _confidence(items: Items, sides: Sides) -> SliceMove:
    return _by_class(items, sides, items.confidence, "{:.2f}")


def _text_length(items: Items, sides: Sides) -> SliceMove:
    return _by_class(items, sides, items.lengths, "{:.0f}")


def _by_class(items: Items, sides: Sides, values: Numbers, shown: str) -> SliceMove:
    """Compare how values fall into classes that held equally many before."""
    steps = np.linspace(0, 1, items.rules.classes + 1)[1:-1]
    edges = np.unique(np.quantile(values[sides.before], steps))
    edge_texts = [shown.format(edge) for edge in edges]
    names = (f"under {edge_texts[0]}", *(f"{a} to {b}" for a, b in pairwise(edge_texts)), f"{edge_texts[-1]} and over")
    before, now = (float(values[rows].mean()) for rows in (sides.before, sides.now))
    note = f"mean {shown.format(before)} → {shown.format(now)}"
    return _compared(items, sides, np.searchsorted(edges, values, side="right").astype(np.int64), names, note)


def _vocabulary(items: Items, sides: Sides) -> SliceMove:
    """Compare the most frequent words, the other known ones, and those never seen.

    A word of the days before counts as never seen when nothing else before has it: the share of such words is the
    chance that the next word is new (Good 1953), so both sides are measured alike.
    """
    rows, words, names = items.tokens()
    side = np.zeros(len(items.frame), dtype=np.int8)
    side[sides.before], side[sides.now] = 1, 2
    of_row = side[rows]
    before, now = np.flatnonzero(of_row == 1), np.flatnonzero(of_row == 2)
    seen = np.bincount(words[before], minlength=len(names))
    top = np.argsort(-seen, kind="stable")[: items.rules.words]
    # The most frequent of a small sample are there by luck and fall back later: only words to be expected now, too.
    top = top[seen[top] * len(now) >= LEAST_EXPECTED * max(1, len(before))]
    bins = np.full(len(names), len(top), dtype=np.int64)
    bins[top] = np.arange(len(top))
    bins_before = np.where(seen == 1, len(top) + 1, bins)
    bins_now = np.where(seen == 0, len(top) + 1, bins)
    size = len(top) + 2
    counted = (
        items.counts(rows[before], bins_before[words[before]], size),
        items.counts(rows[now], bins_now[words[now]], size),
    )
    move = compare(*counted, items.weekdays, (*(names[int(word)] for word in top), _RARE, _NEW))
    fresh = np.bincount(words[now][seen[words[now]] == 0], minlength=len(names))
    most: list[int] = np.argsort(-fresh, kind="stable")[:3].tolist()
    often = [names[word] for word in most if fresh[word] >= 3]
    note = f"new: {', '.join(often)}" if often else ""
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


def _embedding_centre(items: Items, sides: Sides) -> SliceMove:
    places = items.places()
    move = compare_centres(places[sides.before], items.day[sides.before], places[sides.now], items.weekdays)
    away = places[sides.now] - places[sides.before].mean(axis=0)
    along = away @ away.mean(axis=0)
    furthest = items.frame["event_id"].to_numpy()[sides.now][np.argsort(-along, kind="stable")[:3]]
    note = f"furthest along: {', '.join(str(name) for name in furthest)}" if move.size else ""
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


MOVES: dict[str, Callable[[Items, Sides], SliceMove]] = {
    "drift_label_mix": _label_mix,
    "drift_other_share": _other_share,
    "drift_confidence": _confidence,
    "drift_text_length": _text_length,
    "drift_vocabulary": _vocabulary,
    "drift_language_mix": _language_mix,
    "drift_embedding_centre": _embedding_centre,
}
