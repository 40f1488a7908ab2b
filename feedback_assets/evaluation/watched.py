"""What is watched for drift, in which slices, and how it is told; the newest week against the four before it.

Pure: a frame of items and the rules go in, verdicts with a reason come out. The statistics are in `drift.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.evaluation.drift import (
    LEAST_EXPECTED,
    STILL,
    Move,
    Numbers,
    compare,
    compare_centres,
    rise_of_share,
)
from feedback_assets.evaluation.drift_rules import DriftRules

Ints = NDArray[np.int64]
# Unit vectors of texts in their languages, shape (texts, axes); words of a text.
Embed = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]
Words = Callable[[str], list[str]]

COLUMNS = (
    "day", "event_id", "text", "language", "channel", "product_family", "category", "confidence", "model_version",
)  # fmt: skip
DIMENSIONS = ("category", "language", "channel", "product_family")
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
_SHARES_TOLD, _SLICES_TOLD = 4, 5
_LASTING = "lasting"
_NEW, _RARE = "words never seen before", "all other words"


@dataclass(frozen=True)
class SliceMove:
    """How far one slice moved, and on how many items that rests."""

    name: str
    move: Move
    items: int
    before: int
    note: str = ""

    def told(self) -> str:
        """The slice in one line."""
        parts = [*(str(share) for share in self.move.shares[:_SHARES_TOLD]), *([self.note] if self.note else [])]
        return f"{self.name}: {self.move.size:.3f}" + (f" ({', '.join(parts)})" if parts else "")


@dataclass(frozen=True)
class Verdict:
    """What one check says.

    Attributes:
        name: Which check.
        level: still, warn or fail; too_few when nothing can be said.
        value: Size of the largest move that is no chance, else the largest move of all; 0 without any.
        threshold: What the value was held against: `fail` when it is over that, else `warn`.
        reason: In words.
        items: Items of the judged window.
        window: The judged days, in words.
        baseline: The days before, in words.
        slices: The most moved slices, those that count first.
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


@dataclass(frozen=True)
class _Sides:
    """Rows of one slice: places in the frame, before and now."""

    name: str
    before: Ints
    now: Ints


class _Items:
    """The frame cut into days, with what several checks need computed once."""

    def __init__(self, frame: pd.DataFrame, newest: date, rules: DriftRules, embed: Embed, words: Words) -> None:
        self.rules = rules
        first = newest - timedelta(days=rules.recent_days + rules.baseline_days - 1)
        self.frame = frame[(frame["day"] >= first) & (frame["day"] <= newest)].reset_index(drop=True)
        self.day: Ints = np.array([(day - first).days for day in self.frame["day"]], dtype=np.int64)
        self.is_now = self.day >= rules.baseline_days
        self.weekdays: Ints = np.array(
            [(first + timedelta(days=n)).weekday() for n in range(rules.baseline_days)], dtype=np.int64
        )
        self._embed, self._words = embed, words
        self._factors: dict[str, tuple[Ints, tuple[str, ...]]] = {}
        self._tokens: tuple[Ints, Ints, list[str]] | None = None
        self._places: Numbers | None = None
        self.lengths: Numbers = np.asarray(self.frame["text"].str.len(), dtype=np.float64)
        self.confidence: Numbers = np.asarray(self.frame["confidence"], dtype=np.float64)
        now = newest - timedelta(days=rules.recent_days - 1)
        self.window = f"{now} to {newest}"
        self.baseline = f"{first} to {now - timedelta(days=1)}"

    def slices(self, without: str | None) -> Iterator[_Sides]:
        """Everything, then each value of each dimension, where both sides have enough items."""
        yield from self._sides("all items", np.ones(len(self.frame), dtype=bool))
        for dimension in DIMENSIONS:
            if dimension == without:
                continue
            numbers, values = self.factor(dimension)
            for number in sorted(range(len(values)), key=values.__getitem__):
                yield from self._sides(f"{dimension} {values[number]}", numbers == number)

    def _sides(self, name: str, chosen: NDArray[np.bool_]) -> Iterator[_Sides]:
        sides = _Sides(name, np.flatnonzero(chosen & ~self.is_now), np.flatnonzero(chosen & self.is_now))
        if min(len(sides.before), len(sides.now)) >= self.rules.least_rows:
            yield sides

    def counts(self, rows: Ints, bins: Ints, size: int) -> Numbers:
        """Rows by day and bin, shape (days of their side, size)."""
        now = bool(len(rows)) and bool(self.is_now[rows[0]])
        start, days = (self.rules.baseline_days, self.rules.recent_days) if now else (0, self.rules.baseline_days)
        found = np.bincount((self.day[rows] - start) * size + bins, minlength=days * size)
        return found.reshape(days, size).astype(np.float64)

    def factor(self, column: str) -> tuple[Ints, tuple[str, ...]]:
        """Number of each row's value in a column, -1 for none, and the values."""
        if column not in self._factors:
            numbers, values = pd.factorize(self.frame[column])
            self._factors[column] = numbers.astype(np.int64), tuple(str(value) for value in values)
        return self._factors[column]

    def tokens(self) -> tuple[Ints, Ints, list[str]]:
        """Row and word number of each different word of each text, and the words."""
        if self._tokens is None:
            known: dict[str, int] = {}
            rows: list[int] = []
            found: list[int] = []
            for row, text in enumerate(self.frame["text"]):
                for word in dict.fromkeys(self._words(text)):
                    rows.append(row)
                    found.append(known.setdefault(word, len(known)))
            self._tokens = np.array(rows, dtype=np.int64), np.array(found, dtype=np.int64), list(known)
        return self._tokens

    def places(self) -> Numbers:
        """Where each text stands on the axes along which the days before differ most, shape (items, axes)."""
        if self._places is None:
            vectors = self._embed(self.frame["text"].tolist(), self.frame["language"].tolist()).astype(np.float64)
            before = vectors[~self.is_now]
            _, axes = np.linalg.eigh(np.cov(before, rowvar=False))
            self._places = vectors @ axes[:, -self.rules.axes :]
        return self._places


def judge(
    frame: pd.DataFrame,
    newest: date,
    rules: DriftRules,
    embed: Embed,
    words: Words,
    names: Sequence[str] = tuple(WATCHED),
) -> list[Verdict]:
    """Judge the newest days against those before them, one verdict for each name.

    Args:
        frame: Items with `COLUMNS`; days outside both windows are left out.
        newest: Last day of the judged window.
        rules: Windows and thresholds.
        embed: Places texts; frozen, so that only the texts can move.
        words: Content words of a text.
        names: Which of `WATCHED`.
    """
    items = _Items(frame, newest, rules, embed, words)
    now, days_before = int(items.is_now.sum()), len(set(items.day[~items.is_now].tolist()))
    if days_before < rules.least_baseline_days or min(now, len(items.frame) - now) < rules.least_rows:
        told = (
            f"too little to compare: {now} items from {items.window}, {len(items.frame) - now} on {days_before} days "
            f"before; it takes {rules.least_rows} on each side and {rules.least_baseline_days} days before"
        )
        return [Verdict(name, "too_few", 0, rules.warn, told, now, items.window, items.baseline) for name in names]
    return [_verdict(name, items, now) for name in names]


def _verdict(name: str, items: _Items, now: int) -> Verdict:
    rules = items.rules
    warn, fail = (rules.other_warn, rules.other_fail) if name == "drift_other_share" else (rules.warn, rules.fail)
    slices = [one for one in items.slices(_NO_SLICE.get(name)) if name not in _OF_WORDS or one.name != _TOO_SHORT]
    moves = [_MOVES[name](items, sides) for sides in slices]
    # Each slice is a chance of a false alarm: their sum is held to the rate (Bonferroni).
    sure = [one for one in moves if one.move.chance * len(moves) < rules.alarm_rate]
    moved = sorted((one for one in sure if one.move.size >= warn), key=lambda one: -one.move.size)
    rest = sorted((one for one in moves if one not in moved), key=lambda one: -one.move.size)
    unit = "rise of the share" if name == "drift_other_share" else "move"
    span = f"{items.window} ({now} items) against {items.baseline} ({len(items.frame) - now})"
    if not moved:
        largest = rest[0] if rest else SliceMove("all items", STILL, 0, 0)
        told = f"still: {span}; the largest {unit} of {len(moves)} slices is {largest.told()}"
        if largest.move.size >= warn:
            told += f"; over {warn:g}, but so much comes by chance with {largest.items} items"
        return Verdict(name, "still", largest.move.size, warn, told, now, items.window, items.baseline,
                       tuple(rest[:_SLICES_TOLD]), len(moves))  # fmt: skip
    worst = moved[0].move.size
    level, threshold = ("fail", fail) if worst >= fail else ("warn", warn)
    told = f"{len(moved)} of {len(moves)} slices moved, {span}. Largest {unit} (threshold {threshold:g}): "
    told += "; ".join(one.told() for one in moved[:3]) + _versions(name, items)
    lasting = [one.name for one in moved if one.note.endswith(_LASTING)]
    if lasting:
        where = ", ".join(lasting[:3])
        told += (
            f". A lasting rise of {rules.catch_all!r} in {where}: the taxonomy may lack a category; read what is in it"
        )
    return Verdict(name, level, worst, threshold, told, now, items.window, items.baseline,
                   tuple((moved + rest)[:_SLICES_TOLD]), len(moves))  # fmt: skip


def _versions(name: str, items: _Items) -> str:
    """Names the models that label now and did not before: then the labels moved, perhaps not the texts."""
    if name not in ("drift_label_mix", "drift_other_share", "drift_confidence"):
        return ""
    versions = items.frame["model_version"]
    fresh = sorted(set(versions[items.is_now].dropna()) - set(versions[~items.is_now].dropna()))
    return f". These days were labelled by {', '.join(fresh)}, the days before were not" if fresh else ""


def _label_mix(items: _Items, sides: _Sides) -> SliceMove:
    return _by_value(items, sides, "category")


def _language_mix(items: _Items, sides: _Sides) -> SliceMove:
    return _by_value(items, sides, "language")


def _by_value(items: _Items, sides: _Sides, column: str) -> SliceMove:
    return _compared(items, sides, *items.factor(column))


def _compared(items: _Items, sides: _Sides, bins: Ints, names: tuple[str, ...], note: str = "") -> SliceMove:
    before = items.counts(sides.before, bins[sides.before], len(names))
    now = items.counts(sides.now, bins[sides.now], len(names))
    move = compare(before, now, items.weekdays, names)
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


def _other_share(items: _Items, sides: _Sides) -> SliceMove:
    numbers, values = items.factor("category")
    is_other = np.array([value == items.rules.catch_all for value in values], dtype=bool)[numbers]
    bins = np.where(is_other, 0, 1).astype(np.int64)
    before = items.counts(sides.before, bins[sides.before], 2)
    now = items.counts(sides.now, bins[sides.now], 2)
    move = rise_of_share(before, now, items.weekdays)
    there = now.sum(axis=1) > 0
    rises = now[there, 0] / now[there].sum(axis=1) - before[:, 0].sum() / before.sum()
    over = int((rises > 0).sum())
    note = f"over the share before on {over} of {int(there.sum())} days"
    # The median day, too, must have risen by as much as warns: one bad day makes no lasting rise.
    if over >= items.rules.lasting_days and float(np.median(rises)) >= items.rules.other_warn:
        note += f", {_LASTING}"
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note if move.size else "")


def _confidence(items: _Items, sides: _Sides) -> SliceMove:
    return _by_class(items, sides, items.confidence, "{:.2f}")


def _text_length(items: _Items, sides: _Sides) -> SliceMove:
    return _by_class(items, sides, items.lengths, "{:.0f}")


def _by_class(items: _Items, sides: _Sides, values: Numbers, shown: str) -> SliceMove:
    """Compare how values fall into classes that held equally many before."""
    steps = np.linspace(0, 1, items.rules.classes + 1)[1:-1]
    edges = np.unique(np.quantile(values[sides.before], steps))
    told = [shown.format(edge) for edge in edges]
    names = (f"under {told[0]}", *(f"{a} to {b}" for a, b in pairwise(told)), f"{told[-1]} and over")
    before, now = (float(values[rows].mean()) for rows in (sides.before, sides.now))
    note = f"mean {shown.format(before)} → {shown.format(now)}"
    return _compared(items, sides, np.searchsorted(edges, values, side="right").astype(np.int64), names, note)


def _vocabulary(items: _Items, sides: _Sides) -> SliceMove:
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
    move = compare(*counted, items.weekdays, (*(names[word] for word in top), _RARE, _NEW))
    fresh = np.bincount(words[now][seen[words[now]] == 0], minlength=len(names))
    often = [names[word] for word in np.argsort(-fresh, kind="stable")[:3] if fresh[word] >= 3]
    note = f"new: {', '.join(often)}" if often else ""
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


def _embedding_centre(items: _Items, sides: _Sides) -> SliceMove:
    places = items.places()
    move = compare_centres(places[sides.before], items.day[sides.before], places[sides.now], items.weekdays)
    away = places[sides.now] - places[sides.before].mean(axis=0)
    along = away @ away.mean(axis=0)
    furthest = items.frame["event_id"].to_numpy()[sides.now][np.argsort(-along, kind="stable")[:3]]
    note = f"furthest along: {', '.join(str(name) for name in furthest)}" if move.size else ""
    return SliceMove(sides.name, move, len(sides.now), len(sides.before), note)


_MOVES: dict[str, Callable[[_Items, _Sides], SliceMove]] = {
    "drift_label_mix": _label_mix,
    "drift_other_share": _other_share,
    "drift_confidence": _confidence,
    "drift_text_length": _text_length,
    "drift_vocabulary": _vocabulary,
    "drift_language_mix": _language_mix,
    "drift_embedding_centre": _embedding_centre,
}
