"""Imports one file: looks at it, settles mapping and times, lands every row, and gives an account.

What a file is, is found in `files`; which columns mean what, in `choose`; landing itself is `store_events`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from feedback_assets.config import mappings
from feedback_assets.config.settings import Settings
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing import choose, files, times
from feedback_assets.landing.choose import Wanted
from feedback_assets.landing.files import FileError, Reader, Shape
from feedback_assets.landing.guess import likely_time
from feedback_assets.landing.land_rows import Account, RowLanding
from feedback_assets.landing.store_events import EventStore
from feedback_assets.landing.summary import ImportSummary


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
    _check_dates_known(mapping, wanted, shape, sample)
    style, zone_from = _style(mapping, wanted, settings, sample, shape)
    _check_day(wanted.day, settings.first_day, now)
    replaced = "" if wanted.dry_run else choose.keep(mapping, settings.mappings_dir)
    account = Account(path.name)
    store = EventStore(
        Landing(settings.landing_root, settings.storage), mapping.stream, mapping.source, dry=wanted.dry_run
    )
    rows = RowLanding(mapping, style, store, now, settings.first_day, wanted.day, account)
    reader = Reader(shape, on_bytes)
    for row in reader:
        rows.land(row)
    store.flush()
    notes = [*chosen.notes, replaced, choose.read_otherwise(mapping, store.result.read_by, settings.mappings_dir)]
    summary = _summary(path, shape, chosen, style, zone_from, account, store, reader, notes, wanted)
    return replace(summary, next_command=_next(summary, bool(replaced)))


def _next(summary: ImportSummary, mapping_replaced: bool) -> str:
    """The command that takes this further: what waits, or the days again when they are to be read anew."""
    if summary.dry_run:
        return ""
    if mapping_replaced and summary.repeated and summary.first_day:
        return f"feedback run --from {summary.first_day} --to {summary.last_day}"
    return "feedback run" if summary.landed else ""


def _check_dates_known(mapping: mappings.Mapping, wanted: Wanted, shape: Shape, sample: list[dict[str, Any]]) -> None:
    if mapping.occurred_at is not None and wanted.day is not None:
        raise FileError(
            f"{shape.path}: dates are read from the column {mapping.occurred_at!r}, so --day {wanted.day} would change "
            "them; leave out --day, or leave out the column with --map occurred_at="
        )
    if mapping.occurred_at is None and wanted.day is None:
        column = likely_time(shape.columns, sample) or "COLUMN"
        raise FileError(
            f"{shape.path}: no column with dates is known; name it with --map occurred_at={shlex.quote(column)}, or, "
            "for a file without dates, state the day it speaks of with --day YYYY-MM-DD. "
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
        first_day=None, last_day=None, notes=("the file is empty: nothing to land; export it again",),
    )  # fmt: skip


def _summary(
    path: Path, shape: Shape, chosen: choose.Chosen, style: times.TimeStyle, zone: str, account: Account,
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
        notes=(*filter(None, notes), *_warnings(shape, account, style)),
        dry_run=wanted.dry_run,
        filed_day=max(result.filed_days, default=None),
    )


_FORMATS = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines", "parquet": "Parquet"}
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def _zone_line(zone: str, account: Account, style: times.TimeStyle, wanted: Wanted) -> str:
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


def _warnings(shape: Shape, account: Account, style: times.TimeStyle) -> list[str]:
    warnings = [shape.encoding.warning] if shape.encoding.warning else []
    if not account.rows:
        warnings.append("the file has column names and no rows: nothing to land; was the export filtered to nothing?")
    if shape.renamed:
        warnings.append(
            f"column names were there twice or empty; now called {', '.join(shape.renamed)}. If the wrong one is read, "
            "say --map FIELD=COLUMN; FIELD=COLUMN,COLUMN_2 joins two"
        )
    if account.with_nul:
        warnings.append(
            f"{account.with_nul:,} rows hold NUL bytes, the first is {account.first_nul}; they are kept as they came "
            "and read as if the NUL was not there. Often the export was cut or is UTF-16: --encoding utf-16 reads that"
        )
    if account.long:
        warnings.append(
            f"{account.long:,} rows hold over 1 MB, the first is {account.first_long}; kept whole. If that is not "
            "one text, a quote is not closed there"
        )
    for column, count in account.rounded.items():
        if count:
            warnings.append(
                f"{column}: {count:,} ids look rounded by a spreadsheet (like 5.67588E+17), the digits are lost; "
                "export the column as text. Rows are told apart by their content"
            )
    for column, count in account.point_zero.items():
        if count:
            warnings.append(
                f"{column}: {count:,} ids end in .0, as a number would; they may not match the same ids elsewhere"
            )
    if account.earliest is not None:
        warnings.append(
            f"some rows are older than the first day of the lake; set FEEDBACK_FIRST_DAY={account.earliest} "
            "and import again, and they land on their own days"
        )
    if style.assumed:
        warnings.append(f"dates: {style.why}")
    return warnings
