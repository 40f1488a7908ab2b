"""The cleaning of silver's rows as a function over Arrow batches, and how its results travel.

The functions are those of `silver.clean_rows`; nothing is decided here. Runs inside Spark's workers, so it imports
neither pyspark nor dagster.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from feedback_assets import tables
from feedback_assets.silver.candidates import Candidate
from feedback_assets.silver.clean_rows import CleanRow, ReadingRules, Redactors, ShownValues, clean_row
from feedback_assets.silver.fields import Problem

# What Spark is told the function returns, and the same for Arrow: plain strings, which every engine knows.
SPARK_SCHEMA = "day date, landing_object string, line long, part string"
SCHEMA = pa.schema([("day", pa.date32()), ("landing_object", pa.string()), ("line", pa.int64()), ("part", pa.string())])
COLUMNS = tables.BRONZE_FEEDBACK.column_names
# About a second of a worker's time, far more than sending a partition costs.
_ROWS_A_PARTITION = 2_000
# More tasks than a cluster of usual size has cores bring nothing.
_MOST_PARTITIONS = 256
# Landing object -> first and last line of each stretch.
LineRanges = dict[str, list[list[int]]]
_TIMES = {column.name for column in tables.SILVER_FEEDBACK.columns if column.kind == "timestamp"}


@dataclass(frozen=True)
class RowTask:
    """What a worker is told. Called with batches of `bronze/feedback` it yields batches of `SCHEMA`.

    Attributes:
        rules: Mappings and hashing key.
        keep: Of each day to compute, the names that are no people.
        wanted: The rows to compute; the others of their days are passed over.
    """

    rules: ReadingRules
    keep: dict[date, frozenset[str]]
    wanted: LineRanges

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Every row, cleaned."""
        redactors = Redactors(self.keep, self.rules.order_patterns).by_day
        wanted = {
            name: {line for first, last in ranges for line in range(first, last + 1)}
            for name, ranges in self.wanted.items()
        }
        for batch in batches:
            parts: list[CleanRow] = []
            for row in batch.to_pylist():
                if row["line"] not in wanted.get(row["landing_object"], ()):
                    continue
                try:
                    parts.append(clean_row(row, self.rules, redactors.get(row["day"])))
                except Exception as error:
                    error.add_note(f"bronze/feedback: {row['landing_object']}, line {row['line']}")
                    raise
            yield to_batch(parts)


def line_ranges(objects: Iterable[str], lines: Iterable[int]) -> LineRanges:
    """Rows by landing object, their lines as ranges without a gap: what is missing is mostly all of an object."""
    by_object: dict[str, list[list[int]]] = {}
    for name, line in sorted((str(name), int(line)) for name, line in zip(objects, lines, strict=True)):
        ranges = by_object.setdefault(name, [])
        if ranges and ranges[-1][1] + 1 >= line:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return by_object


def partitions(rows: int) -> int:
    """Into how many pieces to cut so many rows."""
    return max(1, min(_MOST_PARTITIONS, rows // _ROWS_A_PARTITION))


def to_batch(parts: list[CleanRow]) -> pa.RecordBatch:
    """Cleaned rows as a batch of `SCHEMA`."""
    arrays = [
        pa.array([part.day for part in parts], pa.date32()),
        pa.array([part.landing_object for part in parts], pa.string()),
        pa.array([part.line for part in parts], pa.int64()),
        pa.array([encode(part) for part in parts], pa.string()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def encode(part: CleanRow) -> str:
    """A cleaned row as JSON in ASCII: what is no valid Unicode in a payload must survive Arrow, which refuses it."""
    read = part.read
    record = {
        "checksum": part.checksum,
        "source": part.source,
        **({"candidate": read._asdict()} if isinstance(read, Candidate) else {"problem": asdict(read)}),
        "cleaned": part.cleaned and vars(part.cleaned),
    }
    return json.dumps(record, default=_iso)


def decode(day: date, landing_object: str, line: int, text: str) -> CleanRow:
    """The cleaned row that `encode` wrote."""
    record = json.loads(text)
    read = _candidate(record["candidate"]) if "candidate" in record else Problem(**record["problem"])
    cleaned = record["cleaned"] and _cleaned(record["cleaned"])
    return CleanRow(day, landing_object, line, record["checksum"], record["source"], read, cleaned)


def _candidate(record: dict[str, Any]) -> Candidate:
    times = {"day": date.fromisoformat(record["day"]), "occurred_at": datetime.fromisoformat(record["occurred_at"])}
    return Candidate(**{**record, **times})


def _cleaned(record: dict[str, Any]) -> ShownValues:
    columns: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in _TIMES and value else value
        for name, value in record["columns"].items()
    }
    if columns:
        columns["day"] = date.fromisoformat(columns["day"])
    first, second, third = record["product"]
    return ShownValues(columns, (first, second, third), record["event_id"], record["detail"], record["excerpt"])


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"a cleaned row holds a {type(value).__name__}, which has no text form; convert it in clean_rows")
