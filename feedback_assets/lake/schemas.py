"""Which types a table takes: compared before each write, because Delta casts what does not fit instead of refusing it.

A column that `tables` declares has the type of its kind. An undeclared column has one of six types, whatever the
frame of one day happens to hold, so that days written one by one and as a range give the same table:

- numbers are stored as `double`; a whole number too large for it is refused,
- texts as `string`, yes and no as `bool`, bytes as `binary`, days as `date32`,
- times with a zone as `timestamp` in UTC with microseconds,
- a column without any value is not stored at all, as nothing tells its type; its rows read as nulls.

Everything else is refused, also several kinds of values in one column, and times without a zone.
What is already stored keeps its type: values of another type are written only if none of them changes.
"""

from __future__ import annotations

import numbers
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from feedback_assets.lake import arrow
from feedback_assets.lake.errors import ColumnTypeError

if TYPE_CHECKING:
    import pandas as pd

    from feedback_assets.tables import Table

_UTC = pa.timestamp("us", tz="UTC")
# Beyond this not every whole number is a double.
_LARGEST_EXACT = 2**53


def undeclared_array(values: pd.Series, name: str, table: Table) -> pa.Array | None:
    """The values of an undeclared column in the type it is stored with, None where no value is.

    Args:
        values: One column of a frame.
        name: Its name.
        table: The table it is added to.

    Raises:
        ColumnTypeError: The values are of several kinds, or of one that no undeclared column may have.
    """
    kinds = _kinds(values)
    if len(kinds) > 1:
        raise ColumnTypeError(
            f"{table.name}: column {name!r} holds {' and '.join(kinds)}; nothing was written; "
            "convert the column to one of them"
        )
    try:
        array = arrow.from_series(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        raise ColumnTypeError(f"{table.name}: column {name!r} cannot be stored: {error}; {_declare(name)}") from error
    if array.null_count == len(array):
        return None
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    target = _stored_type(array.type)
    if target is None:
        raise ColumnTypeError(
            f"{table.name}: column {name!r} holds {_described(array.type)}, which an undeclared column may not; "
            f"nothing was written; {_fix(array.type, name)}"
        )
    if pa.types.is_integer(array.type) and not _are_exact(array):
        raise ColumnTypeError(
            f"{table.name}: column {name!r} holds whole numbers beyond {_LARGEST_EXACT}, which double cannot hold; "
            f"nothing was written; convert the column to texts, or declare it in tables.py"
        )
    # Nanoseconds of pandas are cut to the microseconds that Delta knows.
    return array.cast(target, safe=not pa.types.is_timestamp(target))


def fit(data: pa.Table, stored: pa.Schema, table: Table) -> pa.Table:
    """The rows with the types of the table as it is stored.

    Columns the table does not have are left as they are: the write adds them.

    Args:
        data: Rows to be written.
        stored: The schema of the table as it is stored.
        table: Whose rows they are, for messages.

    Raises:
        ColumnTypeError: A value would change by the cast, or a column has the name of another but for letter case.
    """
    by_lower = {name.lower(): name for name in stored.names}
    result = data
    for number, field in enumerate(data.schema):
        twin = by_lower.setdefault(field.name.lower(), field.name)
        if twin != field.name:
            raise ColumnTypeError(
                f"{table.name}: column {field.name!r} has the name of the column {twin!r} but for letter case, "
                f"which Delta takes for one; nothing was written; rename one of the two"
            )
        index = stored.get_field_index(field.name)
        if index < 0:
            continue
        wanted = stored.field(index).type
        if _is_same(field.type, wanted) or pa.types.is_null(wanted):
            continue
        column = _cast(data.column(number), wanted, field.name, table)
        result = result.set_column(number, pa.field(field.name, wanted), column)
    return _without_comments(result, stored)


def _without_comments(data: pa.Table, stored: pa.Schema) -> pa.Table:
    """The rows without what describes the columns that are stored: delta-rs refuses a description that has changed."""
    known = set(stored.names)
    fields = [field.remove_metadata() if field.name in known else field for field in data.schema]
    return data.cast(pa.schema(fields, metadata=data.schema.metadata))


def _cast(column: pa.ChunkedArray, wanted: pa.DataType, name: str, table: Table) -> pa.ChunkedArray:
    """The column cast without changing a value."""
    if column.null_count == len(column):
        return arrow.nulls(len(column), wanted)
    given = column.type
    if _are_texts(given) and _are_texts(wanted):
        return column.cast(wanted)
    if _are_numbers(given) and _are_numbers(wanted):
        try:
            cast = column.cast(wanted)
        except pa.ArrowInvalid as error:
            raise _refusal(table, name, given, wanted, f"{error}; ") from error
        if arrow.are_equal(cast.cast(given, safe=False), column):
            return cast
    if pa.types.is_timestamp(given) and pa.types.is_timestamp(wanted) and bool(given.tz) == bool(wanted.tz):
        return column.cast(wanted, safe=False)
    raise _refusal(table, name, given, wanted, "")


def _refusal(table: Table, name: str, given: pa.DataType, wanted: pa.DataType, why: str) -> ColumnTypeError:
    fix = (
        f"convert the column to {_described(wanted)}, or write it under another name"
        if name not in table.column_names
        else "the table was made with another declaration in tables.py: run `feedback upgrade`, or compute it anew"
    )
    return ColumnTypeError(
        f"{table.name}: column {name!r} holds {_described(given)}, and the table holds {_described(wanted)} there; "
        f"{why}nothing was written; {fix}"
    )


def _stored_type(given: pa.DataType) -> pa.DataType | None:
    """The type an undeclared column of this type is stored with; None where it may not be stored."""
    if _are_numbers(given):
        return pa.float64()
    if _are_texts(given):
        return pa.string()
    if pa.types.is_boolean(given):
        return pa.bool_()
    if pa.types.is_date(given):
        return pa.date32()
    if pa.types.is_timestamp(given) and given.tz:
        return _UTC
    if pa.types.is_binary(given) or pa.types.is_large_binary(given):
        return pa.binary()
    return None


def _are_exact(whole: pa.Array) -> bool:
    low, high = arrow.min_max(whole)
    return low >= -_LARGEST_EXACT and high <= _LARGEST_EXACT


def _are_numbers(given: pa.DataType) -> bool:
    return pa.types.is_integer(given) or pa.types.is_floating(given)


def _are_texts(given: pa.DataType) -> bool:
    return pa.types.is_string(given) or pa.types.is_large_string(given)


def _is_same(first: pa.DataType, second: pa.DataType) -> bool:
    """Whether two types are equal; how the elements of a list are called does not count."""
    if pa.types.is_list(first) and pa.types.is_list(second):
        return _is_same(first.value_type, second.value_type)
    return first == second


def _kinds(values: pd.Series) -> list[str]:
    """The kinds of the values of a column of Python objects, sorted; at most one for any other column."""
    if values.dtype != object:
        return []
    return sorted({_kind(value) for value in values[values.notna()]})


def _kind(value: object) -> str:
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return "yes/no values"
    if isinstance(value, numbers.Real):
        # Decimal is no Real: its precision depends on the values of the day.
        return "numbers"
    if isinstance(value, str):
        return "texts"
    if isinstance(value, datetime):
        return "times" if value.tzinfo else "times without a zone"
    if isinstance(value, date):
        return "days"
    return f"values of the type {type(value).__name__}"


def _described(given: pa.DataType) -> str:
    """A type in words and in Arrow's."""
    if _are_numbers(given):
        words = "numbers"
    elif _are_texts(given):
        words = "texts"
    elif pa.types.is_boolean(given):
        words = "yes/no values"
    elif pa.types.is_date(given):
        words = "days"
    elif pa.types.is_timestamp(given):
        words = "times" if given.tz else "times without a zone"
    else:
        words = "values"
    return f"{words} ({given})"


def _fix(given: pa.DataType, name: str) -> str:
    return "give the times a zone" if pa.types.is_timestamp(given) else _declare(name)


def _declare(name: str) -> str:
    return f"convert {name!r} to texts, numbers, yes/no values, days or times, or declare it in tables.py"
