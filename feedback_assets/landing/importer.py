"""Imports one file: looks at it, settles mapping and times, lands every row, and gives an account.

What a file is, is found in `files`; which columns mean what, in `choose`; landing itself is `store_events`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, cast

from feedback_assets import mappings
from feedback_assets.landing import choose, envelope, files, times
from feedback_assets.landing.choose import Wanted
from feedback_assets.landing.files import FileError, Reader, Row, Shape
from feedback_assets.landing.store_events import EventStore, numbered
from feedback_assets.landing.summary import EXAMPLES, ImportSummary, Reason
from feedback_assets.settings import Settings

# A spreadsheet shows long numbers as 5.67588E+17 and saves them so; the digits are gone.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+")
_POINT_ZERO = re.compile(r"\d+\.0")
_ID_FIELDS = ("order_id", "customer_id", "product_id", "sku", "case_id", "release_id", "ticket_key")


class _Account:
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

    def too_early(self, day: date) -> None:
        """Remember the earliest day before the first."""
        self.earliest = day if self.earliest is None else min(day, self.earliest)

    def unreadable(self, reason: str, line: int) -> None:
        """Count a row that is kept but not understood."""
        found = self.reasons.setdefault(reason, Reason())
        found.count += 1
        if len(found.examples) < EXAMPLES:
            found.examples.append(f"{self._file}:{line}")


class _Landing:
    """Turns rows into lines of landing."""

    def __init__(
        self, mapping: mappings.Mapping, style: times.TimeStyle, store: EventStore, now: datetime, first_day: date,
        day: date | None, account: _Account,
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
            self._account.unreadable(filed, row.line)
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
        self._store.add(day, digest, envelope.to_line(event), filed=bool(filed))

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
            return "no date" if value in (None, "") else "a date that cannot be read"
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
            # Rounded ids are shared by different rows, so the content must tell them apart.
            return f"{joined}~{self._content(row.payload)[:12]}" if rounded else joined
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


def import_file(
    settings: Settings,
    path: Path,
    stream: str | None = None,
    wanted: Wanted | None = None,
    *,
    now: datetime,
    on_bytes: Callable[[int], None] | None = None,
) -> ImportSummary:
    """Land every row of a file, once.

    Args:
        settings: Where landing and mappings are, the default zone and the first day.
        path: The file.
        stream: Which stream; the mapping's, or feedback, when None.
        wanted: What is known about the file; the rest is found out.
        now: The moment of arrival, with a zone.
        on_bytes: Hears how many bytes of the stored file have been read.

    Raises:
        FileError: The file cannot be read as stated.
        MappingError: A column or field is not there, or too little is known.
        OSError: Landing could not be written.
    """
    wanted = wanted or Wanted()
    shape = files.inspect(path, wanted.encoding, wanted.delimiter)
    if not shape.columns:
        return _nothing(path, shape, stream or "feedback")
    sample = files.sample(shape)
    asked = replace(wanted, stream=stream or wanted.stream)
    chosen = choose.choose(path, shape.columns, sample, asked, settings.mappings_dir)
    mapping = chosen.mapping
    _check_dates_known(mapping, wanted, shape)
    style, zone_from = _style(mapping, wanted, settings, sample, shape)
    _check_day(wanted.day, settings.first_day, now)
    notes = [*chosen.notes]
    if not wanted.dry_run and (note := choose.keep(mapping, settings.mappings_dir)):
        notes.append(note)
    account = _Account(path.name)
    store = EventStore(settings.landing_root, mapping.stream, mapping.source, dry=wanted.dry_run)
    landing = _Landing(mapping, style, store, now, settings.first_day, wanted.day, account)
    reader = Reader(shape, on_bytes)
    for row in reader:
        landing.land(row)
    store.flush()
    return _summary(path, shape, chosen, style, zone_from, account, store, reader, notes, wanted)


def _check_dates_known(mapping: mappings.Mapping, wanted: Wanted, shape: Shape) -> None:
    if mapping.occurred_at is not None and wanted.day is not None:
        raise FileError(
            f"{shape.path}: dates are read from the column {mapping.occurred_at!r}, so --day {wanted.day} would change "
            "them; leave out --day, or leave out the column with --map occurred_at="
        )
    if mapping.occurred_at is None and wanted.day is None:
        raise FileError(
            f"{shape.path}: no column with dates is known; name it with --map occurred_at=COLUMN, or, for a "
            "file without dates, state the day it speaks of with --day YYYY-MM-DD. "
            f"The columns are: {', '.join(shape.columns)}"
        )


def _style(
    mapping: mappings.Mapping, wanted: Wanted, settings: Settings, sample: list[dict[str, Any]], shape: Shape
) -> tuple[times.TimeStyle, str]:
    """How times are read: zone, format, and whether the month comes first, which may need the whole column."""
    name = mapping.timezone or settings.timezone
    try:
        zone = times.zone_of(name)
    except ValueError as error:
        raise FileError(f"{'--timezone' if wanted.timezone else 'timezone'}: {error}") from error
    origin = (
        "stated" if wanted.timezone else "from the mapping" if mapping.timezone else "assumed; state it with --timezone"
    )
    style = times.TimeStyle(zone, pattern=mapping.time_format)
    column = mapping.occurred_at
    if column is None or mapping.time_format is not None:
        return style, f"{name} ({origin})"
    values = (str(mappings.column(row, column) or "") for row in sample)
    if times.has_slashed(values):
        every = (str(mappings.column(row.payload, column) or "") for row in Reader(shape) if not row.problem)
        style = times.decide_order(every, style)
    return style, f"{name} ({origin})"


def _check_day(day: date | None, first_day: date, now: datetime) -> None:
    if day is not None and not first_day <= day <= now.astimezone(UTC).date():
        raise FileError(f"--day {day}: must be between the first day, {first_day} (FEEDBACK_FIRST_DAY), and today")


def _nothing(path: Path, shape: Shape, stream: str) -> ImportSummary:
    return ImportSummary(
        file=str(path), stream=stream, source="", channel="", format=shape.format, encoding=shape.encoding.name,
        delimiter="", zone="", mapping="", fields={}, rows=0, landed=0, repeated=0, objects=0, unreadable={},
        first_day=None, last_day=None, notes=("the file is empty: nothing to land",),
    )  # fmt: skip


def _summary(
    path: Path, shape: Shape, chosen: choose.Chosen, style: times.TimeStyle, zone: str, account: _Account,
    store: EventStore, reader: Reader, notes: list[str], wanted: Wanted,
) -> ImportSummary:  # fmt: skip
    result, mapping = store.result, chosen.mapping
    days = sorted(result.days)
    return ImportSummary(
        file=str(path),
        stream=mapping.stream,
        source=mapping.source,
        channel=mapping.channel,
        format=_FORMATS[shape.format] + (", gzip" if shape.compressed else ""),
        encoding=f"{shape.encoding.name} ({shape.encoding.why})" if shape.encoding.name else "",
        delimiter=_DELIMITER_NAMES.get(shape.delimiter, repr(shape.delimiter)) if shape.delimiter else "",
        zone=_zone_line(zone, account, style, wanted),
        mapping=_mapping_line(chosen, wanted),
        fields=_field_lines(chosen),
        rows=account.rows,
        landed=result.landed,
        repeated=result.repeated,
        objects=result.objects,
        unreadable=account.reasons,
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        broken=reader.broken,
        notes=(*notes, *_warnings(shape, account, style)),
        dry_run=wanted.dry_run,
        filed_day=max(result.filed_days, default=None),
        next_command="feedback run" if result.objects and not wanted.dry_run else "",
    )


_FORMATS = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines", "parquet": "Parquet"}
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def _zone_line(zone: str, account: _Account, style: times.TimeStyle, wanted: Wanted) -> str:
    if wanted.day is not None:
        return f"UTC day {wanted.day} (stated for all rows)"
    if account.dated and account.zoned == account.dated:
        return "as each time says"
    mixed = f"; {account.zoned:,} times say their own" if account.zoned else ""
    return zone + mixed + (f"; {style.why}" if style.why else "")


def _mapping_line(chosen: choose.Chosen, wanted: Wanted) -> str:
    name = chosen.mapping.name
    saved = "would be saved" if wanted.dry_run else "saved"
    if chosen.from_file:
        return f"{name} (from {chosen.from_file})"
    return f"{name} ({saved}; * guessed from the headers)" if chosen.guessed else f"{name} ({saved}; as stated)"


def _field_lines(chosen: choose.Chosen) -> dict[str, str]:
    mapping = chosen.mapping
    shown: dict[str, object] = {"event_id": mapping.event_id, "occurred_at": mapping.occurred_at, **mapping.fields}
    lines: dict[str, str] = {}
    for name, spec in shown.items():
        if spec:
            lines[name] = _spec_text(spec) + (" *" if name in chosen.guessed else "")
    return lines


def _spec_text(spec: object) -> str:
    if isinstance(spec, mappings.Constant):
        return repr(spec.constant)
    return " + ".join(cast("list[str]", spec)) if isinstance(spec, list) else str(spec)


def _warnings(shape: Shape, account: _Account, style: times.TimeStyle) -> list[str]:
    found = [shape.encoding.warning] if shape.encoding.warning else []
    if shape.renamed:
        found.append(f"column names were there twice or empty; now called {', '.join(shape.renamed)}")
    for column, count in account.rounded.items():
        if count:
            found.append(
                f"{column}: {count:,} ids look rounded by a spreadsheet (like 5.67588E+17), the digits are lost; "
                "export the column as text. Rows are told apart by their content"
            )
    for column, count in account.point_zero.items():
        if count:
            found.append(
                f"{column}: {count:,} ids end in .0, as a number would; they may not match the same ids elsewhere"
            )
    if account.earliest is not None:
        found.append(
            f"some rows are older than the first day of the lake; set FEEDBACK_FIRST_DAY={account.earliest} "
            "and import again, and they land on their own days"
        )
    if style.assumed:
        found.append(f"dates: {style.why}")
    return found
