"""Turns rows of a file into lines of landing, one after the other, and counts what could not be understood.

The file, the mapping and the ways times are written are settled before; objects are written by `store_events`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from feedback_assets.config import mappings
from feedback_assets.landing import envelope, times
from feedback_assets.landing.files import Row
from feedback_assets.landing.store_events import EventStore, numbered
from feedback_assets.landing.summary import EXAMPLES, Reason
from feedback_assets.landing.writer import slug

# A spreadsheet shows long numbers as 5.67588E+17 and saves them so; the digits are gone.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+")
_POINT_ZERO = re.compile(r"\d+\.0")
# An id this short may be a counter, which another system has too; the source makes it unique.
_COUNTER = 10
_UNREADABLE_DATE = "a date that cannot be read"
# How much of a date that cannot be read is shown.
_SHOWN = 24
_NUL, _LONG = b"\\u0000", 1_000_000
_ID_FIELDS = ("order_id", "customer_id", "product_id", "sku", "case_id", "release_id", "ticket_key")


# Hex digits of a content's hash; behind them stands which of the equal rows it is.
_PLAIN = 32


class Account:
    """Counts while rows go by."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.rows = 0
        self.reasons: dict[str, Reason] = {}
        self.rounded: Counter[str] = Counter()
        self.point_zero: Counter[str] = Counter()
        self.zoned = 0
        self.dated = 0
        self.earliest: date | None = None
        self.with_nul = self.long = 0
        self.first_nul = self.first_long = ""

    def too_early(self, day: date) -> None:
        """Remember the earliest day before the first."""
        self.earliest = day if self.earliest is None else min(day, self.earliest)

    def unreadable(self, reason: str, line: int, value: str = "") -> None:
        """Count a row that is kept but not understood; `value` is what could not be read, if one field it is."""
        group = self.reasons.setdefault(reason, Reason())
        group.count += 1
        if len(group.examples) < EXAMPLES:
            shown = f" {value[:_SHOWN]!r}" if value else ""
            group.examples.append(f"{self._file}:{line}{shown}")

    def look_at(self, landed: bytes, line: int) -> None:
        """Count what a row holds that is odd but can be kept: NUL bytes, a megabyte and more.

        Args:
            landed: The row's line in landing, where JSON writes NUL as an escape.
            line: Its line in the file.
        """
        if _NUL in landed:
            self.with_nul += 1
            self.first_nul = self.first_nul or f"{self._file}:{line}"
        if len(landed) > _LONG:
            self.long += 1
            self.first_long = self.first_long or f"{self._file}:{line}"


class RowLanding:
    """Turns rows into lines of landing."""

    def __init__(
        self, mapping: mappings.Mapping, style: times.TimeStyle, store: EventStore, now: datetime, first_day: date,
        day: date | None, account: Account,
    ) -> None:  # fmt: skip
        self._mapping, self._style, self._store, self._now = mapping, style, store, now
        self._first_day, self._day, self._account = first_day, day, account
        self._today = now.astimezone(UTC).date()
        self._seen: Counter[bytes] = Counter()

    def land(self, row: Row) -> None:
        """Land one row, understood or not."""
        self._account.rows += 1
        if row.raw is not None:
            self._account.unreadable(row.problem, row.line)
            self._store.add(self._today, self._numbered(envelope.raw_digest(row.raw)), row.raw + b"\n", filed=True)
            return
        moment = None if row.problem else self._moment(row.payload)
        filed = row.problem or self._misfiled(row.payload, moment)
        if filed:
            self._account.unreadable(filed, row.line, self._date_text(row) if filed == _UNREADABLE_DATE else "")
        event = envelope.Envelope(
            event_id=self._event_id(row),
            source=self._mapping.source,
            channel=self._mapping.channel,
            occurred_at=moment,
            received_at=self._now,
            payload=row.payload,
            mapping=self._mapping.name,
            filed_because=filed or None,
        )
        digest = envelope.digest(event.event_id, event.source, event.channel, moment, row.payload)
        day = self._today if filed or moment is None else moment.date()
        line = envelope.to_line(event)
        self._account.look_at(line, row.line)
        self._store.add(day, digest, line, filed=bool(filed))

    def _date_text(self, row: Row) -> str:
        return str(mappings.column(row.payload, self._mapping.occurred_at or ""))

    def _moment(self, payload: Mapping[str, Any]) -> datetime | None:
        if self._day is not None:
            return datetime.combine(self._day, time(), UTC)
        value = mappings.column(payload, self._mapping.occurred_at or "")
        moment = times.read_time(value, self._style)
        if moment is not None:
            self._account.dated += 1
            self._account.zoned += times.names_zone(value)
        return moment

    def _misfiled(self, payload: Mapping[str, Any], moment: datetime | None) -> str:
        """Why an event cannot be filed under its own day; empty when it can."""
        if moment is None:
            value = mappings.column(payload, self._mapping.occurred_at or "")
            return "no date" if value in (None, "") else _UNREADABLE_DATE
        if moment.date() < self._first_day:
            self._account.too_early(moment.date())
            return f"before the first day, {self._first_day}"
        return "in the future" if moment.date() > self._today else ""

    def _event_id(self, row: Row) -> str:
        parts = [mappings.column(row.payload, name) for name in self._mapping.event_id]
        text = ["" if part is None else str(part).strip() for part in parts]
        self._look_at_ids(row.payload)
        if any(text) and not row.problem:
            joined = ":".join(text)
            rounded = any(_ROUNDED.fullmatch(part) for part in text)
            # Rounded ids are shared by different rows, so the content must tell them apart, and of equal rows which
            # one it is: nobody can say any more whether they had one id.
            if rounded:
                content = self._content(row.payload)
                return f"{joined}~{content[:12]}{content[_PLAIN:]}"
            return joined if len(joined) > _COUNTER else f"{slug(self._mapping.source)}:{joined}"
        return self._content(row.payload)

    def _content(self, payload: Mapping[str, Any]) -> str:
        """An id for a row that has none: its content, and which of the equal rows of the file it is."""
        plain = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()[:16]
        return self._numbered(plain).hex()

    def _numbered(self, digest: bytes) -> bytes:
        self._seen[digest] += 1
        return numbered(digest, self._seen[digest])

    def _look_at_ids(self, payload: Mapping[str, Any]) -> None:
        specs = [*self._mapping.event_id, *(self._mapping.fields.get(name) for name in _ID_FIELDS)]
        for column in dict.fromkeys(spec for spec in specs if isinstance(spec, str)):
            value = mappings.column(payload, column)
            if isinstance(value, str | float):
                self._account.rounded[column] += _ROUNDED.fullmatch(str(value)) is not None
                self._account.point_zero[column] += _POINT_ZERO.fullmatch(str(value)) is not None
