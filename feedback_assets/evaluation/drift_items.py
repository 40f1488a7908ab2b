"""The items of the drift checks, by day, slice and word; each is computed once.

No comparing; that is `drift_moves.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.config.sections.watching import DriftRules
from feedback_assets.evaluation.drift_statistics import Numbers

Ints = NDArray[np.int64]
# Unit vectors of texts in their languages, shape (texts, axes); words of a text.
Embed = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]
Words = Callable[[str], list[str]]

COLUMNS = (
    "day", "event_id", "text", "language", "channel", "product_family", "category", "confidence", "model_version",
)  # fmt: skip
DIMENSIONS = ("category", "language", "channel", "product_family")


@dataclass(frozen=True)
class Sides:
    """Rows of one slice: places in the frame, before and now."""

    name: str
    before: Ints
    now: Ints


class Items:
    """The frame cut into days, with what several checks need computed once."""

    def __init__(
        self, frame: pd.DataFrame, newest: date, rules: DriftRules, catch_all: str, embed: Embed, words: Words
    ) -> None:
        self.rules = rules
        self.catch_all = catch_all
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

    def slices(self, without: str | None) -> Iterator[Sides]:
        """Everything, then each value of each dimension, where both sides have enough items."""
        yield from self._sides("all items", np.ones(len(self.frame), dtype=bool))
        for dimension in DIMENSIONS:
            if dimension == without:
                continue
            numbers, values = self.factor(dimension)
            for number in sorted(range(len(values)), key=values.__getitem__):
                yield from self._sides(f"{dimension} {values[number]}", numbers == number)

    def _sides(self, name: str, chosen: NDArray[np.bool_]) -> Iterator[Sides]:
        sides = Sides(name, np.flatnonzero(chosen & ~self.is_now), np.flatnonzero(chosen & self.is_now))
        if min(len(sides.before), len(sides.now)) >= self.rules.least_rows:
            yield sides

    def counts(self, rows: Ints, bins: Ints, size: int) -> Numbers:
        """Rows by day and bin, shape (days of their side, size)."""
        now = bool(len(rows)) and bool(self.is_now[rows[0]])
        start, days = (self.rules.baseline_days, self.rules.recent_days) if now else (0, self.rules.baseline_days)
        cells = np.bincount((self.day[rows] - start) * size + bins, minlength=days * size)
        return cells.reshape(days, size).astype(np.float64)

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
            numbers: list[int] = []
            for row, text in enumerate(self.frame["text"]):
                for word in dict.fromkeys(self._words(text)):
                    rows.append(row)
                    numbers.append(known.setdefault(word, len(known)))
            self._tokens = np.array(rows, dtype=np.int64), np.array(numbers, dtype=np.int64), list(known)
        return self._tokens

    def places(self) -> Numbers:
        """Where each text stands on the axes along which the days before differ most, shape (items, axes)."""
        if self._places is None:
            vectors = self._embed(self.frame["text"].tolist(), self.frame["language"].tolist()).astype(np.float64)
            before = vectors[~self.is_now]
            _, axes = np.linalg.eigh(np.cov(before, rowvar=False))
            self._places = vectors @ axes[:, -self.rules.axes :]
        return self._places
