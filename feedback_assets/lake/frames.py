"""Frames shaped as `tables` says: empty ones, casting, and the hash that tells whether two are equal.

No reading or writing of tables, no judgement of values: that is `store` and `contract`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from feedback_assets.lake import schemas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from feedback_assets.tables import Table


class OutsideWindowError(ValueError):
    """Rows do not belong to the days being replaced; nothing was written."""


def empty(table: Table, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A frame without rows, with the table's columns (or the named ones) and types."""
    schema = table.arrow_schema()
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    return schema.empty_table().to_pandas()


def rows_where(frame: pd.DataFrame, wanted: Sequence[bool] | np.ndarray[Any, np.dtype[np.bool_]]) -> pd.DataFrame:
    """The rows a mask wants; where it wants all, the frame itself, not to be changed: to copy text is what costs.

    Raises:
        ValueError: The mask is not as long as the frame.
    """
    if len(wanted) != len(frame):
        raise ValueError(f"a mask of {len(wanted)} for {len(frame)} rows; give one truth value for each")
    return frame if all(wanted) else frame[wanted]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with exactly the table's columns, in its order and types.

    Nullable columns it lacks are added as nulls; columns the table does not know are left out.

    Args:
        frame: Any number of rows; the index does not matter.
        table: What it should look like.

    Raises:
        ValueError: A column that may not be null is missing, or a value does not fit its column's type.
    """
    return to_arrow(frame, table).to_pandas()


def to_arrow(frame: pd.DataFrame, table: Table, *, extra: bool = False) -> pa.Table:
    """The frame as an Arrow table of the table's schema, every field nullable.

    Args:
        frame: Any number of rows.
        table: The table it belongs to.
        extra: Keep columns the table does not know, behind the known ones, with the types that `schemas` says.

    Raises:
        ValueError: A column that may not be null is missing, or a value does not fit its column's type.
        ColumnTypeError: An undeclared column holds what none may.
    """
    fields: list[pa.Field] = []
    arrays: list[pa.Array] = []
    for column, field in zip(table.columns, table.arrow_schema(), strict=True):
        fields.append(field.with_nullable(True))
        if column.name in frame.columns:
            arrays.append(_array(frame[column.name], field, table))
        elif column.nullable or frame.empty:
            arrays.append(pa.nulls(len(frame), field.type))
        else:
            raise ValueError(f"{table.name}: column {column.name!r} is missing and may not be null; compute it")
    if extra:
        for name in extra_columns(frame, table):
            array = schemas.undeclared_array(frame[name], name, table)
            if array is not None:
                fields.append(pa.field(name, array.type))
                arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def with_days(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with `day` as Python dates, whatever pandas made of it.

    Raises:
        ValueError: The table is not by day, or a frame with rows has no `day`.
    """
    if not table.by_day:
        raise ValueError(f"{table.name} has no days; use append_missing")
    if "day" not in frame.columns:
        if len(frame):
            raise ValueError(f"{table.name}: the frame has no column 'day'; it tells which day a row belongs to")
        return empty(table)
    if frame["day"].dtype.kind == "M":
        return frame.assign(day=frame["day"].dt.date)
    return frame


def refuse_outside(frame: pd.DataFrame, table: Table, start: date, end: date) -> None:
    """Raise unless every row of the frame lies in [start, end).

    Raises:
        OutsideWindowError: A row does not.
        ValueError: The window holds no day.
    """
    if not start < end:
        raise ValueError(f"{table.name}: the window {start} to {end} holds no day; end is the day after the last")
    outside = [day for day in frame["day"].unique() if type(day) is not date or not start <= day < end]
    if outside:
        rows = int(frame["day"].isin(outside).sum())
        raise OutsideWindowError(
            f"{table.name}: {rows} rows, the first of day {outside[0]}, lie outside {start} to {end} (not included); "
            "nothing was written, compute only the days asked for"
        )


def markdown(frame: pd.DataFrame, table: Table, rows: int = 5) -> str:
    """The last rows as a Markdown table, for people; vectors are left out and long texts cut."""
    shown = [column.name for column in table.columns if column.kind != "vector" and column.name in frame.columns]
    lines = ["| " + " | ".join(shown) + " |", "|" + " --- |" * len(shown)]
    for row in frame[shown].tail(rows).itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    text = "" if str(value) in ("None", "nan", "NaT", "<NA>") else " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= 80 else text[:79] + "…"


def extra_columns(frame: pd.DataFrame, table: Table) -> list[str]:
    """The columns of the frame the table does not know, sorted."""
    return sorted(str(name) for name in set(frame.columns) - set(table.column_names))


def table_hash(frame: pd.DataFrame, table: Table) -> str:
    """SHA-256 over the stable columns, rows sorted by day and primary key.

    Two frames with equal hashes hold the same table as far as anyone may rely on it: order of rows, row
    index and volatile columns (clock, run, cost) do not count.

    Raises:
        ValueError: The frame does not fit the table.
    """
    data = to_arrow(frame, table)
    keys = dict.fromkeys((*(("day",) if table.by_day else ()), *table.primary_key))
    data = data.sort_by([(key, "ascending") for key in keys])
    digest = hashlib.sha256()
    for name in table.stable_columns:
        digest.update(json.dumps([name, data.column(name).to_pylist()], default=str, ensure_ascii=False).encode())
    return digest.hexdigest()


def _array(series: pd.Series, field: pa.Field, table: Table) -> pa.Array:
    try:
        if pa.types.is_timestamp(field.type):
            # Nanoseconds of pandas are cut to the microseconds Delta knows.
            return pa.array(series, from_pandas=True).cast(field.type, safe=False)
        return pa.array(series, type=field.type, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ValueError(f"{table.name}: column {field.name!r} does not fit {field.type}: {error}") from error
