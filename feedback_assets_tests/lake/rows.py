"""Rows of one small table, for the tests of the lake; also what their child processes run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from multiprocessing.synchronize import Barrier

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.store import Lake

TABLE = tables.GOLD_TRENDS
FIRST = date(2024, 3, 1)


def day(offset: int) -> date:
    return FIRST + timedelta(days=offset)


def trends(days: Sequence[date], issues: int = 1, products: Sequence[str] = ("p1", "p2")) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "day": each,
                "category": "delivery",
                "product_id": product,
                "issues": issues,
                "mean_7d": float(each.day),
                "mean_28d": 1.5,
                "rise": 1.0,
            }
            for each in days
            for product in products
        ],
        columns=list(TABLE.column_names),
    )


def write(root: str, days: Sequence[date], issues: int, products: int, gate: Barrier) -> None:
    """Replace the days when every process stands at the gate."""
    frame = trends(days, issues, [f"p{number}" for number in range(products)])
    gate.wait()
    Lake(root).write_days(TABLE, frame, days[0], days[-1] + timedelta(days=1), {"issues": str(issues)})


def append(root: str, rows: pd.DataFrame, gate: Barrier) -> None:
    gate.wait()
    Lake(root).append_missing(tables.ACTIVE_VERSIONS, rows, {})
