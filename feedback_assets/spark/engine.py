"""The cleaning of silver's rows through a Spark Connect server: Spark reads bronze and runs the row functions.

What compares rows with each other stays with the caller, on the same functions as without Spark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from feedback_assets import tables
from feedback_assets.lake.store import DayConflictError, Lake
from feedback_assets.silver.clean_rows import CleanRow, ReadingRules, Redactors
from feedback_assets.silver.feedback import RowCleaner
from feedback_assets.spark import session as spark_session
from feedback_assets.spark.batches import COLUMNS, SPARK_SCHEMA, RowTask, decode, line_ranges, partitions

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class SparkEngine:
    """The rows are computed by the workers of a Spark Connect server.

    Attributes:
        remote: Its address, `sc://host:port/;token=…`; never shown with its parameters.
    """

    remote: str = field(repr=False)

    def cleaner(self, context: Any, lake: Lake) -> RowCleaner:
        """The row work of one step; the server must see the lake under the same URL."""

        def cleaner(bronze: pd.DataFrame, rules: ReadingRules, redactors: Redactors) -> list[CleanRow]:
            if bronze.empty:
                return []
            url = lake.url(tables.BRONZE_FEEDBACK)
            session = spark_session.connect(self.remote)
            try:
                first, last = window(bronze)
                task = RowTask(rules, redactors.keep, line_ranges(bronze["landing_object"], bronze["line"]))
                rows = clean_with_spark(session, url, first, last, len(bronze), task)
                parts = match_rows([rows.toArrow()], bronze)
            finally:
                session.stop()
            if context is not None:
                context.log.info("%d rows read and cleaned by Spark", len(parts))
            return parts

        return cleaner


def clean_with_spark(session: SparkSession, url: str, first: date, last: date, rows: int, task: RowTask) -> DataFrame:
    """The cleaned rows of the days first to last as a Spark frame of `batches.SCHEMA`.

    Args:
        session: Where it runs.
        url: Of `bronze/feedback`.
        first: First day.
        last: Last day, included.
        rows: About how many rows there are, to cut them into pieces.
        task: What the workers are told.
    """
    bronze = spark_session.read_days(session, url, first, last).select(*COLUMNS)
    return bronze.repartition(partitions(rows)).mapInArrow(task, SPARK_SCHEMA)  # pyright: ignore[reportArgumentType]


def window(bronze: pd.DataFrame) -> tuple[date, date]:
    """The first and last day of the rows."""
    return bronze["day"].min(), bronze["day"].max()


def match_rows(results: Iterable[pa.Table], bronze: pd.DataFrame) -> list[CleanRow]:
    """The cleaned rows another engine computed of these rows, in the order of `silver.feedback.ordered`.

    It reads whole days; rows of them that were not asked for are left out.

    Raises:
        DayConflictError: A row of `bronze` is not among them: it was written between the two readings.
    """
    expected = _places(zip(bronze["day"], bronze["landing_object"], bronze["line"], bronze["checksum"], strict=True))
    parts = [
        part
        for data in results
        for row in data.to_pylist()
        if _place((part := decode(*row.values())).day, *part.place, part.checksum) in expected
    ]
    parts.sort(key=lambda part: (part.day, part.landing_object, part.line))
    if len(parts) != len(expected):
        raise DayConflictError(
            f"{tables.BRONZE_FEEDBACK.name}: the other engine read {len(parts)} rows where {len(expected)} were read "
            "here, or others; it was written meanwhile, or the engine sees another lake: run the days again"
        )
    return parts


def _places(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {_place(*row) for row in rows}


def _place(day: date, name: object, line: Any, checksum: object) -> tuple[Any, ...]:
    return day, str(name), int(line), str(checksum)
