"""Rows of silver made before: unchanged rows are recalled, the others are computed and kept.

A row is recalled for comparing when it is as it was, and for the table when the catalog and the order it was looked up
in are too. What is kept is what silver shows, and keyed hashes.
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
from feedback_assets.lake.frames import conform, rows_where
from feedback_assets.lake.memo import KEY, Memo, Work, code_version, keys_of, positions
from feedback_assets.lake.store import Lake
from feedback_assets.silver.candidates import Candidate
from feedback_assets.silver.clean_rows import CleanRow, ReadingRules, ShownValues, folded_of
from feedback_assets.silver.fields import Problem, words_of
from feedback_assets.silver.products import Catalogs, Orders
from feedback_assets.text import fold, text_or_none

Record = dict[str, Any]
Place = tuple[str, int]
SOURCES = (
    "silver", "config/mappings.py", "tables", "text.py", "files/text_files.py", "files/word_lists.py",
    "lake/frames.py", "words/no_names.txt", "words/telltale_words.txt", "words/towns.txt",
)  # fmt: skip
LIBRARIES = (
    "ftfy", "numpy", "pandas", "phonenumbers", "py3langid", "python-stdnum", "rapidfuzz", "pydantic",
)  # fmt: skip
# Nothing but the payload is made of the line itself, except where there is no payload; then its checksum speaks.
_DECIDING = tuple(name for name in tables.BRONZE_FEEDBACK.column_names if name != "raw")
_COMPARED = ("public_id", "author", "customer", "order", "event_ref", "mirror_of", "wording", "words", "letters")
_PREFIX = "compared_"
# What a row was looked up by, and the marks of what was found.
_LOOKED_UP = ("day", "order_ref", "lines", "seen_with")
# What is told of a recalled row as it was made; the other columns asked for are as they landed.
_MADE = frozenset({"event_id", "text", "shown_id", "problem", "redactions"})
_COLUMNS = (
    KEY, "seen_with", "lines", "shown_id", "problem", *(f"{_PREFIX}{name}" for name in _COMPARED),
    *tables.SILVER_FEEDBACK.column_names,
)  # fmt: skip


def memo_of(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> Memo:
    """The memo of this stage, under the version of the code here and of the libraries it works with."""
    return Memo(lake, "silver", code_version(SOURCES, libraries))


class Recalled:
    """The rows of a run's window, each recalled or to be computed.

    Args:
        bronze: `bronze/feedback` of the days and of the seven days before the first.
        catalogs: The catalog as each day saw it.
        commerce: `silver/commerce` as far back as the days look.
        days: The days to compute; other rows are only compared with.
        rules: Mappings and hashing key.
        memo: Where rows made before are; None to compute all.
    """

    def __init__(
        self,
        bronze: pd.DataFrame,
        catalogs: Catalogs,
        commerce: pd.DataFrame,
        days: Sequence[date],
        rules: ReadingRules,
        memo: Memo | None,
    ) -> None:
        self._memo, self._days, self._rules = memo, days, rules
        self._seen = {day: _seen_with(catalogs, day, rules) for day in days}
        rows = bronze.sort_values(["day", "landing_object", "line"], kind="stable").reset_index(drop=True)
        here = rows["day"].isin(days).to_numpy(dtype=bool)
        at = np.full(len(rows), -1, dtype=np.int64)
        kept = pd.DataFrame()
        self._keys: dict[Place, bytes] = {}
        self._gone: set[date] = set()
        if memo is not None:
            known = memo.recall(sorted({*rows["day"], *days}))
            keys = keys_of(rows, _DECIDING, f"{memo.code} {rules.mappings!r}", rules.key)
            at = positions(known, keys)
            if len(known):
                looked_up = known[list(_LOOKED_UP)].iloc[at[here]]
                at[here] = np.where(self._fits(looked_up, commerce) & (at[here] >= 0), at[here], -1)
                kept = known.iloc[at[at >= 0]].reset_index(drop=True)
                gone = np.ones(len(known), dtype=bool)
                gone[at[at >= 0]] = False
                self._gone = set(known["day"][gone]) & set(days)
            self._keys = {
                place: key for place, key, there in zip(_places(rows), keys, at >= 0, strict=True) if not there
            }
        self.missing = rows[at < 0]
        self._bronze = rows[at >= 0].reset_index(drop=True)
        self._kept = kept
        self._here = here[at >= 0]
        self._learned: list[Record] = []
        self._words: dict[Place, str] = {}
        self._lists: dict[str, list[Any]] = {}
        self.work = Work(int((here & (at < 0)).sum()), int((here & (at >= 0)).sum()))

    @cached_property
    def candidates(self) -> list[Candidate | None]:
        """What each recalled row is compared by; None for one that nobody could read."""
        if not len(self._kept):
            return []
        told, rows = self._kept, self._bronze
        # As lists: to iterate over a column of text costs ten times as much.
        landed = [rows[name].tolist() for name in ("day", "event_id", "landing_object", "line", "source")]
        made = [told[name].tolist() for name in ("channel", *(f"{_PREFIX}{name}" for name in _COMPARED))]
        times = pd.DatetimeIndex(told["occurred_at"]).to_pydatetime().tolist()
        known = zip(times, told["problem"].isna().tolist(), *landed, *made, strict=True)
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
        """The words of an item; of a recalled one they are read again."""
        if item.folded is not None:
            return item.folded
        # Each item of one customer is compared with each: read once, it is compared many times.
        if item.row not in self._words:
            number = self._places[item.row]
            text, redactions = self._told(number, "text", "redactions")
            # Where nothing was replaced, what silver shows is the normalised text itself.
            if redactions:
                payload, mapping = self._told(number, "payload", "mapping")
                self._words[item.row] = folded_of(*words_of(payload, mapping, self._rules.mappings))
            else:
                self._words[item.row] = fold(text)
        return self._words[item.row]

    def of_day(self, day: date) -> Iterator[tuple[int, Place]]:
        """The number and place of each recalled row of a day to compute."""
        for number in np.flatnonzero(self._here & (self._bronze["day"] == day).to_numpy(dtype=bool)):
            yield int(number), self._order[number]

    def part(self, number: int) -> CleanRow:
        """A recalled row as a cleaned row, for whoever puts it elsewhere than into silver."""
        day, place, line, checksum, source = self._told(number, "day", "landing_object", "line", "checksum", "source")
        event_id, text, shown_id, told = self._told(number, "event_id", "text", "shown_id", "problem")
        problem: Record = json.loads(text_or_none(told) or "{}")
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
        """Recalled rows as rows of `silver/feedback`."""
        return conform(self._kept.iloc[list(numbers)], tables.SILVER_FEEDBACK)

    def learn(self, part: CleanRow, record: Record, lines: str) -> None:
        """Remember a computed row of a day to compute.

        Args:
            part: The row.
            record: Its row of `silver/feedback`; empty for one that nobody could read.
            lines: The mark of the order it was looked up in.
        """
        read, cleaned = part.read, part.cleaned
        if self._memo is None or cleaned is None:
            return
        if isinstance(read, Candidate):
            own: Record = {f"{_PREFIX}{name}": getattr(read, name) for name in _COMPARED}
        else:
            told = {**asdict(read), "detail": cleaned.detail, "excerpt": cleaned.excerpt}
            own = {"problem": json.dumps(told, ensure_ascii=False)}
        place = {"day": part.day, "landing_object": part.landing_object, "line": part.line}
        marks = {KEY: self._keys[part.place], "seen_with": self._seen[part.day], "lines": lines}
        self._learned.append({**record, **place, **own, **marks, "shown_id": cleaned.event_id})

    def keep(self, failing: Collection[date]) -> None:
        """Keep the rows of the days and no others, except of days that fail: what was wrong is to be found again.

        Raises:
            OSError: The disk or object store refused.
        """
        # What left the day leaves what is kept of it too: a person's words must not outlast them here.
        changed = ({record["day"] for record in self._learned} | self._gone) - set(failing)
        if self._memo is None or not changed:
            return
        parts = [pd.DataFrame(self._learned, columns=list(_COLUMNS))] if self._learned else []
        if len(self._kept):
            parts.append(rows_where(self._kept, self._here))
        rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))
        self._memo.keep({day: rows_where(rows, (rows["day"] == day).to_numpy(dtype=bool)) for day in changed})

    @cached_property
    def _order(self) -> list[Place]:
        return list(_places(self._bronze))

    @cached_property
    def _places(self) -> dict[Place, int]:
        return {place: number for number, place in enumerate(self._order)}

    def _told(self, number: int, *names: str) -> tuple[Any, ...]:
        """Values of one recalled row: what was made of it, or what bronze has where that is not kept.

        One row at a time of a frame costs a hundred times as much as its columns as lists.
        """
        return tuple(self._list(name)[number] for name in names)

    def _list(self, name: str) -> list[Any]:
        if name not in self._lists:
            frame = self._kept if name in _MADE else self._bronze
            self._lists[name] = frame[name].tolist()
        return self._lists[name]

    def _fits(self, told: pd.DataFrame, commerce: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each row was looked up in what is known now."""
        orders = Orders(commerce, told["order_ref"].dropna().unique())
        columns = [told[name].tolist() for name in _LOOKED_UP]
        return np.fromiter(
            (
                seen == self._seen.get(day) and lines == orders.mark(text_or_none(ref), day)
                for day, ref, lines, seen in zip(*columns, strict=True)
            ),
            dtype=bool,
            count=len(told),
        )  # fmt: skip


def _seen_with(catalogs: Catalogs, day: date, rules: ReadingRules) -> str:
    told = f"{catalogs.on(day).fingerprint} {rules.order_patterns!r}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _places(rows: pd.DataFrame) -> Iterator[Place]:
    return zip(rows["landing_object"].tolist(), rows["line"].tolist(), strict=True)
