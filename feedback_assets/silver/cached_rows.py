"""Cached rows of silver: unchanged rows come from the cache, the others are computed and cached.

A cached row serves for comparing when it is as it was, and for the table when the catalog and the order it was looked
up in are too. What is cached is what silver shows, and keyed hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.cache import KEY, CacheCounts, CachedRows, RowCache
from feedback_assets.lake.frames import conform
from feedback_assets.lake.store import Lake
from feedback_assets.silver.candidates import Candidate
from feedback_assets.silver.clean_rows import CleanRow, ReadingRules, ShownValues, folded_of
from feedback_assets.silver.fields import Problem, words_of
from feedback_assets.silver.products import Catalogs, Orders
from feedback_assets.text import fold, text_or_none

Record = dict[str, Any]
Place = tuple[str, int]
SOURCES = (
    "silver", "config/mappings.py", "config/documents.py", "tables", "text.py", "files/text_files.py",
    "files/word_lists.py", "lake/frames.py", "words/not_names.txt", "words/telltale_words.txt", "words/towns.txt",
)  # fmt: skip
LIBRARIES = (
    "ftfy", "numpy", "pandas", "phonenumbers", "py3langid", "python-stdnum", "rapidfuzz", "pydantic",
)  # fmt: skip
# Nothing but the payload is made of the line itself, except where there is no payload; then its checksum speaks.
_DECIDING = tuple(name for name in tables.BRONZE_FEEDBACK.column_names if name != "raw")
_COMPARED = ("public_id", "author", "customer", "order", "event_ref", "mirror_of", "wording", "words", "letters")
_PREFIX = "compared_"
# What a row was looked up by, and the fingerprints of what was found there.
_LOOKED_UP = ("day", "order_ref", "lines", "seen_with")
# Values of a cached row as it was made; the other columns asked for are as they landed.
_MADE = frozenset({"event_id", "text", "shown_id", "problem", "redactions"})
_COLUMNS = (
    KEY, "seen_with", "lines", "shown_id", "problem", *(f"{_PREFIX}{name}" for name in _COMPARED),
    *tables.SILVER_FEEDBACK.column_names,
)  # fmt: skip


def silver_cache(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> RowCache:
    """The cache of this stage, under the version of the code here and of the libraries it works with."""
    return RowCache(lake, "silver", SOURCES, libraries)


class CachedSilver:
    """The rows of a run's window, each cached or to be computed.

    Args:
        bronze: `bronze/feedback` of the days and of the seven days before the first.
        catalogs: The catalog as each day saw it.
        commerce: `silver/commerce` as far back as the days look.
        days: The days to compute; other rows are only compared with.
        rules: Mappings and hashing key.
        cache: Where rows made before are; None to compute all.
    """

    def __init__(
        self,
        bronze: pd.DataFrame,
        catalogs: Catalogs,
        commerce: pd.DataFrame,
        days: Sequence[date],
        rules: ReadingRules,
        cache: RowCache | None,
    ) -> None:
        self._rules = rules
        self._seen = {day: _seen_with(catalogs, day, rules) for day in days}
        rows = bronze.sort_values(["day", "landing_object", "line"], kind="stable").reset_index(drop=True)
        here = rows["day"].isin(days).to_numpy(dtype=bool)
        missing, self._cached = np.ones(len(rows), dtype=bool), pd.DataFrame()
        self._lookup: CachedRows | None = None
        self._keys: dict[Place, bytes] = {}
        if cache is not None:
            lookup = cache.find(rows, _DECIDING, f"{rules.mappings!r}", days=days, secret=rules.key)
            if not lookup.missing.all():
                first = lookup.first()
                lookup.reject(here[~lookup.missing] & ~self._fits(first[list(_LOOKED_UP)], commerce))
            missing, self._cached, self._lookup = lookup.missing, lookup.first(), lookup
            self._keys = {
                place: key for place, key, absent in zip(_places(rows), lookup.keys, missing, strict=True) if absent
            }
        self.missing = rows[missing]
        self._bronze = rows[~missing].reset_index(drop=True)
        self._here = here[~missing]
        self._new: list[Record] = []
        self._words: dict[Place, str] = {}
        self._lists: dict[str, list[Any]] = {}
        self.counts = CacheCounts(int((here & missing).sum()), int((here & ~missing).sum()))

    @cached_property
    def candidates(self) -> list[Candidate | None]:
        """What each cached row is compared by; None for one that nobody could read."""
        if not len(self._cached):
            return []
        cached, rows = self._cached, self._bronze
        # As lists: to iterate over a column of text costs ten times as much.
        landed = [rows[name].tolist() for name in ("day", "event_id", "landing_object", "line", "source")]
        made = [cached[name].tolist() for name in ("channel", *(f"{_PREFIX}{name}" for name in _COMPARED))]
        times = pd.DatetimeIndex(cached["occurred_at"]).to_pydatetime().tolist()
        known = zip(times, cached["problem"].isna().tolist(), *landed, *made, strict=True)
        return [
            Candidate(
                day=day, occurred_at=at, event_id=event_id, landing_object=place, line=line, source=source,
                channel=channel, folded=None, public_id=public_id, author=author, customer=customer, order=order,
                event_ref=event_ref, mirror_of=mirror_of, wording=wording, words=int(words), letters=letters,
            ) if readable else None
            for at, readable, day, event_id, place, line, source, channel,
            public_id, author, customer, order, event_ref, mirror_of, wording, words, letters in known
        ]  # fmt: skip

    def folded(self, item: Candidate) -> str:
        """The words of an item; of a cached one they are read again."""
        if item.folded is not None:
            return item.folded
        # Each item of one customer is compared with each: read once, it is compared many times.
        if item.row not in self._words:
            number = self._places[item.row]
            text, redactions = self._values(number, "text", "redactions")
            # Where nothing was replaced, what silver shows is the normalised text itself.
            if redactions:
                payload, mapping = self._values(number, "payload", "mapping")
                self._words[item.row] = folded_of(*words_of(payload, mapping, self._rules.mappings))
            else:
                self._words[item.row] = fold(text)
        return self._words[item.row]

    def of_day(self, day: date) -> Iterator[tuple[int, Place]]:
        """The number and place of each cached row of a day to compute."""
        for number in np.flatnonzero(self._here & (self._bronze["day"] == day).to_numpy(dtype=bool)):
            yield int(number), self._order[number]

    def part(self, number: int) -> CleanRow:
        """A cached row as a cleaned row, for whoever puts it elsewhere than into silver."""
        day, place, line, checksum, source = self._values(number, "day", "landing_object", "line", "checksum", "source")
        event_id, text, shown_id, cached = self._values(number, "event_id", "text", "shown_id", "problem")
        problem: Record = json.loads(text_or_none(cached) or "{}")
        cleaned = ShownValues(
            {"event_id": event_id, "text": text},
            (None, None, None),
            text_or_none(shown_id),
            problem.get("detail"),
            problem.get("excerpt"),
        )
        read = self.candidates[number] or Problem(problem["reason"], problem["detail"], problem["fix"])
        return CleanRow(day, place, int(line), checksum, text_or_none(source), read, cleaned)

    def feedback(self, numbers: Sequence[int]) -> pd.DataFrame:
        """Cached rows as rows of `silver/feedback`."""
        return conform(self._cached.iloc[list(numbers)], tables.SILVER_FEEDBACK)

    def add(self, part: CleanRow, record: Record, lines: str) -> None:
        """Remember a computed row of a day to compute.

        Args:
            part: The row.
            record: Its row of `silver/feedback`; empty for one that nobody could read.
            lines: The mark of the order it was looked up in.
        """
        read, cleaned = part.read, part.cleaned
        if self._lookup is None or cleaned is None:
            return
        if isinstance(read, Candidate):
            own: Record = {f"{_PREFIX}{name}": getattr(read, name) for name in _COMPARED}
        else:
            problem = {**asdict(read), "detail": cleaned.detail, "excerpt": cleaned.excerpt}
            own = {"problem": json.dumps(problem, ensure_ascii=False)}
        place = {"day": part.day, "landing_object": part.landing_object, "line": part.line}
        marks = {KEY: self._keys[part.place], "seen_with": self._seen[part.day], "lines": lines}
        self._new.append({**record, **place, **own, **marks, "shown_id": cleaned.event_id})

    def save(self, failing: Collection[date]) -> None:
        """Cache the rows of the days and no others, except of days that fail: what was wrong is to be noticed again.

        Raises:
            OSError: The disk or object store refused.
        """
        if self._lookup is not None:
            self._lookup.save(pd.DataFrame(self._new, columns=list(_COLUMNS)), failing)

    @cached_property
    def _order(self) -> list[Place]:
        return list(_places(self._bronze))

    @cached_property
    def _places(self) -> dict[Place, int]:
        return {place: number for number, place in enumerate(self._order)}

    def _values(self, number: int, *names: str) -> tuple[Any, ...]:
        """Values of one cached row: what was made of it, or what bronze has where that is not cached.

        One row at a time of a frame costs a hundred times as much as its columns as lists.
        """
        return tuple(self._list(name)[number] for name in names)

    def _list(self, name: str) -> list[Any]:
        if name not in self._lists:
            frame = self._cached if name in _MADE else self._bronze
            self._lists[name] = frame[name].tolist()
        return self._lists[name]

    def _fits(self, cached: pd.DataFrame, commerce: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each row was looked up in what is known now."""
        orders = Orders(commerce, cached["order_ref"].dropna().unique())
        columns = [cached[name].tolist() for name in _LOOKED_UP]
        return np.fromiter(
            (
                seen == self._seen.get(day) and lines == orders.mark(text_or_none(ref), day)
                for day, ref, lines, seen in zip(*columns, strict=True)
            ),
            dtype=bool,
            count=len(cached),
        )  # fmt: skip


def _seen_with(catalogs: Catalogs, day: date, rules: ReadingRules) -> str:
    material = f"{catalogs.on(day).fingerprint} {rules.order_patterns!r}"
    return hashlib.blake2b(material.encode(), digest_size=8).hexdigest()


def _places(rows: pd.DataFrame) -> Iterator[Place]:
    return zip(rows["landing_object"].tolist(), rows["line"].tolist(), strict=True)
