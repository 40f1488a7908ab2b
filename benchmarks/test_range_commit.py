"""A range of days written in one commit, against one commit a day.

The figure is the ratio of the two means, which `make bench` prints in brackets.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.store import Lake

_FIRST, _DAYS, _ROWS = date(2025, 1, 1), 30, 40


def _counts() -> pd.DataFrame:
    rows = [
        {
            "day": _FIRST + timedelta(days=day), "category": f"category-{row % 12}", "product_id": f"p{row}",
            "region": "-", "channel": "survey", "language": "en", "app_version": "-", "issues": 1, "negative": 1,
            "severity_sum": 2.0,
        }
        for day in range(_DAYS)
        for row in range(_ROWS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.benchmark(group="30 days of counts")
def test_one_commit_for_the_range(benchmark, tmp_path):
    frame, lake, end = _counts(), Lake(str(tmp_path)), _FIRST + timedelta(days=_DAYS)
    benchmark.pedantic(
        lambda: lake.write_days(tables.GOLD_DAILY_COUNTS, frame, _FIRST, end, {}), rounds=5, warmup_rounds=1
    )
    assert len(lake.read(tables.GOLD_DAILY_COUNTS)) == _DAYS * _ROWS


@pytest.mark.benchmark(group="30 days of counts")
def test_one_commit_a_day(benchmark, tmp_path):
    frame, lake = _counts(), Lake(str(tmp_path))
    by_day = dict(iter(frame.groupby("day")))

    def run() -> None:
        for day, rows in by_day.items():
            lake.write_days(tables.GOLD_DAILY_COUNTS, rows, day, day + timedelta(days=1), {})

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    assert len(lake.read(tables.GOLD_DAILY_COUNTS)) == _DAYS * _ROWS
