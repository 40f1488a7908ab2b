"""What a file is and the rows in it, one shape for CSV, JSON, JSON Lines and Parquet.

`inspect` looks, `Reader` reads in order and survives breaks. No column has a meaning here yet.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from feedback_assets.landing import parquet_rows, reading
from feedback_assets.landing.csv_rows import split
from feedback_assets.landing.json_values import columns_of, is_json_lines, loads, values
from feedback_assets.landing.reading import Encoding, FileError, Format, Opened

# Rows looked at before the import to learn columns and the ways values are written.
SAMPLE_ROWS = 1000


@dataclass(frozen=True)
class Shape:
    """What a file was found to be. `renamed` are columns whose name was there twice."""

    path: Path
    format: Format
    compressed: bool
    encoding: Encoding
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row. Without a problem the payload is its columns; with one, `raw` or the payload's `_fields` keep it."""

    line: int
    payload: dict[str, Any]
    raw: bytes | None = None
    problem: str = ""


def inspect(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Shape:
    """Find out format, compression, encoding, delimiter and columns.

    Raises:
        FileError: There is no such file, or it cannot be what was stated; the message says the fix.
    """
    if not path.is_file():
        raise FileError(f"{path}: there is no such file")
    kind, compressed = reading.sniff_format(path)
    if kind == "parquet":
        if compressed:
            raise FileError(f"{path}: is Parquet inside gzip; unpack it first, Parquet compresses itself")
        return Shape(path, kind, False, Encoding("", ""), columns=_parquet_columns(path))
    detected = reading.find_encoding(path, encoding)
    raw = reading.sample_bytes(path)
    sample = raw.decode(detected.name, reading.STRAY if detected.name.startswith("utf-8") else "replace")
    start = sample.lstrip("\ufeff \t\r\n")[:1]
    if start in {"{", "["} and not path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        json_kind: Format = "jsonl" if is_json_lines(sample) else "json"
        shape = Shape(path, json_kind, compressed, detected)
        rows = islice((row.payload for row in Reader(shape) if not row.problem), SAMPLE_ROWS)
        return Shape(path, json_kind, compressed, detected, columns=columns_of(rows))
    separator = reading.delimiter_of(delimiter) if delimiter else reading.find_delimiter(sample)
    names, renamed = _header(path, detected, separator)
    return Shape(path, "csv", compressed, detected, separator, names, renamed)


def _header(path: Path, encoding: Encoding, delimiter: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with Opened(path) as opened:
        first = next(split(reading.text_lines(opened, encoding.name), delimiter), None)
    return unique_names(first[2]) if first else ((), ())


def unique_names(header: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names without doubles, and those renamed: the second `a` is `a_2`, an empty one `column_3`."""
    names: list[str] = []
    renamed: list[str] = []
    taken = {name.strip() for name in header}
    for position, name in enumerate(header, start=1):
        wanted = name.strip().lstrip("\ufeff") or f"column_{position}"
        given, count = wanted, 1
        while given in names or (count > 1 and given in taken):
            count += 1
            given = f"{wanted}_{count}"
        if given != name.strip().lstrip("\ufeff"):
            renamed.append(given)
        names.append(given)
    return tuple(names), tuple(renamed)


class Reader:
    """The rows of a file in order. After the last, `broken` says where and why the file broke off, if it did."""

    def __init__(self, shape: Shape, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read a file of this shape; `on_bytes` hears how far in the stored file the reading is."""
        self._shape = shape
        self._on_bytes = on_bytes
        self.broken = ""

    def __iter__(self) -> Iterator[Row]:
        """The rows, from the start."""
        if self._shape.format == "parquet":
            yield from self._parquet_rows()
            return
        with Opened(self._shape.path, self._on_bytes) as opened:
            rows = {"csv": self._csv_rows, "jsonl": self._json_lines, "json": self._json_values}[self._shape.format]
            held: Row | None = None
            for row in rows(opened):
                if held is not None:
                    yield held
                held = row
            if opened.broken and not self.broken:
                self.broken = f"{opened.broken} after line {held.line if held else 0}"
            if held is not None:
                half = opened.broken and self._shape.format == "csv" and not held.problem
                yield self._cut_off(held) if half else held

    def _cut_off(self, row: Row) -> Row:
        """The last row before a break may be half a row, so it is kept but not believed."""
        fields = list(row.payload.values())
        return Row(row.line, {"_fields": fields}, problem="the file breaks off in or after this row")

    def _csv_rows(self, opened: Opened) -> Iterator[Row]:
        shape, width = self._shape, len(self._shape.columns)
        rows = split(reading.text_lines(opened, shape.encoding.name), shape.delimiter)
        next(rows, None)
        for line, _, fields in rows:
            if len(fields) > width and not any(fields[width:]):
                fields = fields[:width]  # a delimiter at the end of the row says nothing
            if len(fields) != width:
                problem = f"{len(fields)} fields where the header has {width}"
                yield Row(line, {"_fields": fields}, problem=problem)
            else:
                yield Row(line, dict(zip(shape.columns, fields, strict=True)))

    def _json_lines(self, opened: Opened) -> Iterator[Row]:
        for number, line in enumerate(reading.byte_lines(opened, self._shape.encoding.name), start=1):
            if not line.strip():
                continue
            raw = line.rstrip(b"\r\n")
            try:
                value = loads(raw.decode("utf-8", reading.STRAY))
            except ValueError as error:
                yield Row(number, {}, raw=raw, problem=f"not JSON: {error}")
                continue
            if isinstance(value, dict):
                yield Row(number, cast("dict[str, Any]", value))
            else:
                yield Row(number, {}, raw=raw, problem="a JSON value that is no object")

    def _json_values(self, opened: Opened) -> Iterator[Row]:
        text = io.TextIOWrapper(
            io.BufferedReader(opened), encoding=self._shape.encoding.name, errors=reading.STRAY, newline=None
        )
        number = 0
        try:
            for number, value in values(text):
                if isinstance(value, dict):
                    yield Row(number, cast("dict[str, Any]", value))
                else:
                    raw = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
                    yield Row(number, {}, raw=raw, problem="a JSON value that is no object")
        except ValueError as error:
            self.broken = f"the JSON breaks off after item {number}: {error}"

    def _parquet_rows(self) -> Iterator[Row]:
        number, size = 0, self._shape.path.stat().st_size
        try:
            for number, share, payload in parquet_rows.read(self._shape.path, self._shape.columns):
                yield Row(number, payload)
                if self._on_bytes is not None:
                    self._on_bytes(int(size * share))
        except parquet_rows.BrokenError as error:
            self.broken = f"the Parquet file breaks off after row {number}: {error}"


def _parquet_columns(path: Path) -> tuple[str, ...]:
    try:
        return unique_names(parquet_rows.column_names(path))[0]
    except parquet_rows.BrokenError as error:
        raise FileError(f"{path}: starts like Parquet but cannot be read: {error}; export it again") from error


def sample(shape: Shape, count: int = SAMPLE_ROWS) -> list[dict[str, Any]]:
    """The first readable rows."""
    try:
        return list(islice((row.payload for row in Reader(shape) if not row.problem), count))
    except csv.Error as error:
        raise FileError(f"{shape.path}: {error}; state --delimiter or --encoding") from error
