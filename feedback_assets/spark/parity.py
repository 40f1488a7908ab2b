"""Whether silver is the same on Spark as in this process: the same days by both, compared by hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from feedback_assets import tables
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.duplicates import WINDOW
from feedback_assets.silver.engine import InProcessEngine, RowEngine
from feedback_assets.silver.feedback import build
from feedback_assets.silver.products import ORDER_WINDOW, catalog_of


@dataclass(frozen=True)
class Compared:
    """One table by both engines; the hashes are of its stable columns, rows sorted by key."""

    table: str
    rows_in_process: int
    rows_on_spark: int
    hash_in_process: str
    hash_on_spark: str

    @property
    def equal(self) -> bool:
        """Whether the tables are the same as far as anyone may rely on them."""
        return self.hash_in_process == self.hash_on_spark


def compare(lake: Lake, first: date, last: date, rules: ReadingRules, spark: RowEngine) -> list[Compared]:
    """Silver of the days first to last, both included, by both engines; nothing is written.

    Args:
        lake: Holds bronze, catalog and commerce.
        first: First day.
        last: Last day.
        rules: What the installation says about reading feedback.
        spark: The engine to compare with the one of this process.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    end = last + timedelta(days=1)
    bronze = lake.read(tables.BRONZE_FEEDBACK, first - WINDOW, end)
    catalog = catalog_of(lake, days)
    commerce = lake.read(tables.SILVER_COMMERCE, first - ORDER_WINDOW, end)
    here, there = (
        build(bronze, catalog, commerce, days, rules, engine.cleaner(None, lake)).frames()
        for engine in (InProcessEngine(), spark)
    )
    return [
        Compared(
            name,
            len(here[name]),
            len(there[name]),
            *(table_hash(frames[name], _table(name)) for frames in (here, there)),
        )
        for name in here
    ]


def agree(compared: Sequence[Compared]) -> bool:
    """Whether every table is the same."""
    return all(comparison.equal for comparison in compared)


def _table(name: str) -> tables.Table:
    return tables.by_name(name)
