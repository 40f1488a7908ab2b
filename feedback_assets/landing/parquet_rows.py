"""Rows of a Parquet file as JSON can hold them, in batches, losing nothing.

Only Parquet; the other formats are in `files`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

_BATCH = 2000


class BrokenError(ValueError):
    """The file cannot be read, or no further."""


def column_names(path: Path) -> list[str]:
    """The names of the columns as they are.

    Raises:
        BrokenError: The file is no Parquet.
    """
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise BrokenError(str(error)) from error


def read(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, float, dict[str, Any]]]:
    """Rows as (number from 1, share of the file read, payload under these column names).

    Raises:
        BrokenError: The file breaks off; the rows before have been handed out.
    """
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            total = max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(batch_size=_BATCH):
                for payload in batch.rename_columns(list(columns)).to_pylist():
                    number += 1
                    yield number, number / total, {name: native(value) for name, value in payload.items()}
    except (pa.ArrowException, OSError) as error:
        raise BrokenError(str(error)) from error


def native(value: object) -> Any:
    """A value of a Parquet file as JSON can hold it, losing nothing: times as ISO text, exact numbers as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return "base64:" + b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): native(item) for key, item in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [native(item) for item in cast("list[object]", value)]
    return str(value)
