"""The row part of silver as a function over Arrow batches, and how its results travel.

The functions are those of `silver.row_part`; nothing is decided here. Runs inside Spark's workers, so it imports
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
from feedback_assets.silver.fields import Problem
from feedback_assets.silver.row_part import Cleaned, Redactors, RowPart, Rules, row_part

# What Spark is told the function returns, and the same for Arrow: plain strings, which every engine knows.
SPARK_SCHEMA = "day date, landing_object string, line long, part string"
SCHEMA = pa.schema([("day", pa.date32()), ("landing_object", pa.string()), ("line", pa.int64()), ("part", pa.string())])
COLUMNS = tables.BRONZE_FEEDBACK.column_names
# About a second of a worker's time, far more than sending a partition costs.
_ROWS_A_PARTITION = 2_000
# More tasks than a cluster of usual size has cores bring nothing.
_MOST_PARTITIONS = 256
# Landing object -> first and last line of each stretch.
Stretches = dict[str, list[list[int]]]
_TIMES = {column.name for column in tables.SILVER_FEEDBACK.columns if column.kind == "timestamp"}


@dataclass(frozen=True)
class RowTask:
    """What a worker is told. Called with batches of `bronze/feedback` it yields batches of `SCHEMA`.

    Attributes:
        rules: Mappings and hashing key.
        keep: Of each day to compute, the names that are no people.
        wanted: The rows to compute; the others of their days are passed over.
    """

    rules: Rules
    keep: dict[date, frozenset[str]]
    wanted: Stretches

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The row part of every row."""
        redactors = Redactors(self.keep, self.rules.order_patterns).by_day
        wanted = {
            name: {line for first, last in stretches for line in range(first, last + 1)}
            for name, stretches in self.wanted.items()
        }
        for batch in batches:
            parts: list[RowPart] = []
            for row in batch.to_pylist():
                if row["line"] not in wanted.get(row["landing_object"], ()):
                    continue
                try:
                    parts.append(row_part(row, self.rules, redactors.get(row["day"])))
                except Exception as error:
                    error.add_note(f"bronze/feedback: {row['landing_object']}, line {row['line']}")
                    raise
            yield to_batch(parts)


def stretches(objects: Iterable[str], lines: Iterable[int]) -> Stretches:
    """Rows by landing object, their lines as stretches without a gap: what is missing is mostly all of an object."""
    by_object: dict[str, list[list[int]]] = {}
    for name, line in sorted((str(name), int(line)) for name, line in zip(objects, lines, strict=True)):
        found = by_object.setdefault(name, [])
        if found and found[-1][1] + 1 >= line:
            found[-1][1] = line
        else:
            found.append([line, line])
    return by_object


def partitions(rows: int) -> int:
    """Into how many pieces to cut so many rows."""
    return max(1, min(_MOST_PARTITIONS, rows // _ROWS_A_PARTITION))


def to_batch(parts: list[RowPart]) -> pa.RecordBatch:
    """Row parts as a batch of `SCHEMA`."""
    arrays = [
        pa.array([part.day for part in parts], pa.date32()),
        pa.array([part.landing_object for part in parts], pa.string()),
        pa.array([part.line for part in parts], pa.int64()),
        pa.array([encode(part) for part in parts], pa.string()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def encode(part: RowPart) -> str:
    """A row part as JSON in ASCII: what is no valid Unicode in a payload must survive Arrow, which refuses it."""
    read = part.read
    told = {
        "checksum": part.checksum,
        "source": part.source,
        **({"candidate": read._asdict()} if isinstance(read, Candidate) else {"problem": asdict(read)}),
        "cleaned": part.cleaned and vars(part.cleaned),
    }
    return json.dumps(told, default=_iso)


def decode(day: date, landing_object: str, line: int, text: str) -> RowPart:
    """The row part that `encode` wrote."""
    told = json.loads(text)
    read = _candidate(told["candidate"]) if "candidate" in told else Problem(**told["problem"])
    cleaned = told["cleaned"] and _cleaned(told["cleaned"])
    return RowPart(day, landing_object, line, told["checksum"], told["source"], read, cleaned)


def _candidate(told: dict[str, Any]) -> Candidate:
    times = {"day": date.fromisoformat(told["day"]), "occurred_at": datetime.fromisoformat(told["occurred_at"])}
    return Candidate(**{**told, **times})


def _cleaned(told: dict[str, Any]) -> Cleaned:
    columns: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in _TIMES and value else value
        for name, value in told["columns"].items()
    }
    if columns:
        columns["day"] = date.fromisoformat(columns["day"])
    first, second, third = told["product"]
    return Cleaned(columns, (first, second, third), told["event_id"], told["detail"], told["excerpt"])


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"a row part holds a {type(value).__name__}, which has no text form; convert it in row_part")
