"""Checks rows day by day against the contract of their table, with pandera.

What a value must be stands in `tables`; what happens to a failing day is up to `store` and `io_manager`.
"""

from __future__ import annotations

import numbers
import warnings
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from feedback_assets.lake.frames import extra_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandera.pandas as pa

    from feedback_assets.tables import Column, Table

Failures = dict[date, list[str]]


@dataclass(frozen=True)
class DayCheck:
    """What a room found out about its own days, such as a reconciliation.

    Attributes:
        name: Name of the check, as declared on the asset.
        failures: What is wrong, in words, per failing day; a failing day is not written.
        metadata: What the check's page shows beside it: numbers and short texts.
    """

    name: str
    failures: Failures = field(default_factory=dict)
    metadata: dict[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class ContractResult:
    """The result of checking a frame against the contract of its table."""

    failures: Failures
    new_columns: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """No day fails."""
        return not self.failures


def check_contract(frame: pd.DataFrame, table: Table) -> ContractResult:
    """Whether each day of the frame keeps the table's contract.

    Types, nulls, allowed values, ranges, and a primary key that is unique within its day. Columns the table
    does not know are accepted and reported.

    Args:
        frame: Rows of any days; a by-day table's `day` column holds dates.
        table: Whose contract it is.

    Returns:
        Failures in words per day (a table without days: under `date.min`), and the new columns.
    """
    new = tuple(extra_columns(frame, table))
    if frame.empty:
        return ContractResult({}, new)
    frame = frame.reset_index(drop=True)
    days = frame["day"] if table.by_day else pd.Series([date.min] * len(frame))
    rows_of = _counts(days)
    failures: defaultdict[date, list[str]] = defaultdict(list)
    for column in table.columns:
        if column.name not in frame.columns and not column.nullable:
            for day in rows_of:
                failures[day].append(_sentence(table, day, column.name, "is missing and may not be null; compute it"))
    for name, rule, rows in _broken(frame, table):
        hit = days.loc[rows]
        examples = frame[name].loc[hit.drop_duplicates().index]
        for (day, count), example in zip(_counts(hit, sort=False).items(), examples, strict=True):
            problem = _problem(table, table.column(name), rule, f"{count} of {rows_of[day]} rows", example)
            failures[day].append(_sentence(table, day, name, problem))
    for day, count in _counts(days[_repeated(frame, table, days)]).items():
        key = ", ".join(table.primary_key)
        failures[day].append(_sentence(table, day, key, f"{count} rows share their key with another; keep one of each"))
    return ContractResult({day: failures[day] for day in sorted(failures)}, new)


def _counts(days: pd.Series, *, sort: bool = True) -> dict[date, int]:
    """How many rows each day has, by day, or in the order the days first appear."""
    return {day: int(count) for day, count in days.groupby(days, sort=sort).size().items()}  # type: ignore[misc]


def _broken(frame: pd.DataFrame, table: Table) -> list[tuple[str, str, list[int]]]:
    """(column, rule, row numbers) of every rule broken, in the table's order."""
    present = tuple(name for name in table.column_names if name in frame.columns)
    with _no_word_of_spark():
        from pandera.errors import SchemaErrors

        try:
            _schema(table, present).validate(frame, lazy=True)
        except SchemaErrors as errors:
            cases: Any = errors.failure_cases
            grouped = cases.groupby(["column", "check"], sort=False)["index"]
            broken = [(str(name), str(rule), sorted({int(row) for row in rows})) for (name, rule), rows in grouped]
            order = {name: at for at, name in enumerate(present)}
            return sorted(broken, key=lambda entry: order[entry[0]])
    return []


@contextmanager
def _no_word_of_spark() -> Iterator[None]:
    """Where pyspark is installed pandera tries its pandas part again and again, which warns of pandas 3."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _repeated(frame: pd.DataFrame, table: Table, days: pd.Series) -> pd.Series:
    """Which rows share their day and primary key with another."""
    keys = list(table.primary_key)
    if not set(keys) <= set(frame.columns):
        return pd.Series(False, index=frame.index)
    return frame[keys].assign(day=days).duplicated(keep=False)


@lru_cache(maxsize=128)
def _schema(table: Table, present: tuple[str, ...]) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    columns = {name: _column(table.column(name)) for name in present}
    return pa.DataFrameSchema(columns, strict=False, coerce=False)  # type: ignore[arg-type]


def _column(column: Column) -> pa.Column:
    import pandera.pandas as pa

    fits = _FITS[column.kind]
    checks = [pa.Check(fits, name="type")]
    if column.allowed:
        checks.append(pa.Check(lambda values: values.isin(column.allowed), name="allowed"))
    if column.minimum is not None:
        checks.append(pa.Check(lambda values: ~(_numbers(values) < column.minimum), name="minimum"))
    if column.maximum is not None:
        checks.append(pa.Check(lambda values: ~(_numbers(values) > column.maximum), name="maximum"))
    return pa.Column(dtype=None, checks=checks, nullable=column.nullable)


def _numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce")


def _fits_string(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.StringDtype):
        return pd.Series(True, index=values.index)
    return _each(values, lambda value: isinstance(value, str))


def _fits_int(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return pd.Series(False, index=values.index)
    if pd.api.types.is_integer_dtype(values):
        return pd.Series(True, index=values.index)
    if pd.api.types.is_float_dtype(values):
        return values == values.round()
    return _each(values, lambda value: _number(value) and float(value).is_integer())  # type: ignore[arg-type]


def _fits_float(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return pd.Series(True, index=values.index)
    return _each(values, _number)


def _fits_bool(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return pd.Series(True, index=values.index)
    return _each(values, lambda value: str(type(value).__name__) in ("bool", "bool_"))


def _fits_timestamp(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.Series(True, index=values.index)
    return _each(values, lambda value: isinstance(value, datetime))


def _fits_date(values: pd.Series) -> pd.Series:
    return _each(values, lambda value: isinstance(value, date) and not isinstance(value, datetime))


def _fits_vector(values: pd.Series) -> pd.Series:
    return _each(values, lambda value: hasattr(value, "__len__") and not isinstance(value, (str, bytes, dict)))


_FITS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "string": _fits_string,
    "int": _fits_int,
    "float": _fits_float,
    "bool": _fits_bool,
    "timestamp": _fits_timestamp,
    "date": _fits_date,
    "vector": _fits_vector,
}


def _number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _each(values: pd.Series, fits: Callable[[object], bool]) -> pd.Series:
    return pd.Series([fits(value) for value in values], index=values.index, dtype=bool)


def _problem(table: Table, column: Column, rule: str, rows: str, example: object) -> str:
    # Raw tables hold what customers wrote: their values are never repeated in an event log.
    shown = f" (for example {str(example)[:60]!r})" if table.shows_sample else ""
    if rule == "type":
        return f"{rows} hold no {column.kind}{shown}; convert them or leave them null"
    if rule == "allowed":
        return f"{rows} are none of {', '.join(column.allowed)}{shown}; map them or add the value in tables"
    if rule == "minimum":
        return f"{rows} are below {column.minimum:g}{shown}; correct the value or the range in tables"
    if rule == "maximum":
        return f"{rows} are above {column.maximum:g}{shown}; correct the value or the range in tables"
    return f"{rows} are null; fill them or quarantine the rows"


def _sentence(table: Table, day: date, column: str, problem: str) -> str:
    when = f" on {day}" if table.by_day else ""
    return f"{table.name}{when}, column {column}: {problem}"
