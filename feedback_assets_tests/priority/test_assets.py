"""Clusters and priority through the real IO manager: one run over a range, and day by day, give the same tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.clusters.assets import clusters
from feedback_assets.config.settings import load
from feedback_assets.definitions import build_resources
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.lease import take
from feedback_assets.lake.store import Lake
from feedback_assets.priority.assets import counts_by_day, moving_averages, priority, rates_per_order
from feedback_assets_tests.clusters.story import day, issue

ASSETS = [clusters, counts_by_day, moving_averages, priority, rates_per_order]
WRITTEN = (
    tables.GOLD_CLUSTERS, tables.GOLD_CLUSTER_MEMBERS, tables.GOLD_PRIORITY, tables.GOLD_DAILY_COUNTS,
    tables.GOLD_TRENDS, tables.GOLD_RATES,
)  # fmt: skip


def filled(root: Path) -> Lake:
    lake = Lake(str(root))
    rows = [issue(n, n % 12, "delivery", "parcel is late again", "late", "p2") for n in range(12)]
    rows += [issue(50 + n, 10 + n % 2, "sizing_fit", "much too tight", "runs_small", "p1") for n in range(14)]
    frame = pd.DataFrame(rows).assign(sentiment="negative", severity=3.0, owner="design", source="shop", text="x")
    orders = pd.DataFrame(
        [{"day": day(n % 12), "event_id": f"o{n}", "event_type": "order", "order_ref": f"r{n}",
          "product_id": f"p{n % 3}"} for n in range(60)]
    )  # fmt: skip
    for table, content in (
        (tables.GOLD_ISSUES, complete(frame, tables.GOLD_ISSUES)),
        (tables.SILVER_FEEDBACK, complete(frame, tables.SILVER_FEEDBACK)),
        (tables.SILVER_COMMERCE, orders),
    ):
        assert not lake.write_days(table, content, day(0), day(20), {}).failures
    return lake


def complete(frame: pd.DataFrame, table: tables.Table) -> pd.DataFrame:
    """The frame with something for every column that may not be null."""
    fill = {"string": "x", "int": 1, "float": 1.0, "bool": False}
    known = [c.name for c in table.columns if c.name in frame.columns]
    missing = {
        c.name: (c.allowed or (fill.get(c.kind),))[0] for c in table.columns if not c.nullable and c.name not in known
    }
    return frame[known].assign(**missing)


def run(lake: Lake, days: Sequence[date]) -> dg.ExecuteInProcessResult:
    tags = {"dagster/asset_partition_range_start": str(days[0]), "dagster/asset_partition_range_end": str(days[-1])}
    return dg.materialize(ASSETS, resources={**build_resources(load()), "lake": lake}, tags=tags, raise_on_error=True)


def test_a_range_in_one_run_equals_its_days_one_by_one(tmp_path: Path) -> None:
    whole, single = filled(tmp_path / "whole"), filled(tmp_path / "single")
    days = [day(on) for on in range(9, 12)]
    assert run(whole, days).success
    for each in days:
        assert run(single, [each]).success
    for table in WRITTEN:
        assert table_hash(whole.read(table), table) == table_hash(single.read(table), table), table.name
        assert len(whole.read(table)), table.name


def test_a_day_run_twice_is_the_same_table(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    run(lake, [day(10)])
    first = {table.name: table_hash(lake.read(table), table) for table in WRITTEN}
    run(lake, [day(10)])
    assert first == {table.name: table_hash(lake.read(table), table) for table in WRITTEN}


def test_the_priority_page_shows_the_top_problems(tmp_path: Path) -> None:
    done = run(filled(tmp_path), [day(on) for on in range(9, 12)])
    events = done.asset_materializations_for_node("priority")
    shown = next(e.metadata["top_problems"].value for e in events if "top_problems" in e.metadata)
    assert "Sizing" in str(shown)
    assert "█" in str(shown)


def test_a_walk_waits_until_another_is_over(tmp_path: Path) -> None:
    lake = filled(tmp_path)
    began = datetime.now(UTC)
    take(lake.root, "clusters", "another run", began, 3)
    run(lake, [day(10)])
    assert datetime.now(UTC) - began >= timedelta(seconds=3)
    assert len(lake.read(tables.GOLD_CLUSTERS))
