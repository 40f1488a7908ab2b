"""The state a day starts from: the newest row of each cluster, however many days lie before, and never out of date."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.clusters.assets import clusters
from feedback_assets.clusters.state import newest_rows
from feedback_assets.config.settings import load
from feedback_assets.definitions import build_resources
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.snapshots import FOLDER, STRETCH, newest_rows_before
from feedback_assets.lake.store import Lake
from feedback_assets_tests.clusters.story import day, issue, run

# The first day of these tests and the 28th and 56th after it begin a stretch.
DAYS = 75
TEXTS = [
    ("sizing_fit", "the shoe is too tight", "runs_small"), ("sizing_fit", "far too wide", "runs_large"),
    ("app_usability", "too many adverts", "adverts"), ("app_usability", "it crashed again", "crash"),
    ("delivery", "parcel is late", "late"),
]  # fmt: skip
Rows = list[dict[str, object]]


def complaints(days: Sequence[int], seed: int) -> Rows:
    """A few a day; a product is told of in some weeks and then not for a long time."""
    rng = random.Random(seed)
    rows: Rows = []
    for on in days:
        for _ in range(rng.randrange(4)):
            category, text, label = rng.choice(TEXTS)
            product = f"p{(on // 20 + rng.randrange(2)) % 5}" if category == "sizing_fit" else None
            rows.append(issue(len(rows), on, category, text, label, product))
    return rows


def assign(lake: Lake, rows: Rows, days: Sequence[int]) -> None:
    """Assign some days from the state before them, and write them."""
    before = newest_rows_before(lake, tables.GOLD_CLUSTERS, "cluster_id", day(days[0]))
    result, end = run(rows, days, before), day(days[-1] + 1)
    for table, frame in ((tables.GOLD_CLUSTERS, result.clusters), (tables.GOLD_CLUSTER_MEMBERS, result.members)):
        assert not lake.write_days(table, frame, day(days[0]), end, {}).failures


def assign_in_blocks(lake: Lake, rows: Rows, first: int = 0) -> None:
    """Assign the days from the first one on, eleven at a time."""
    for start in range(first, DAYS, 11):
        assign(lake, rows, range(start, min(start + 11, DAYS)))


def hashes(lake: Lake) -> list[str]:
    return [table_hash(lake.read(table), table) for table in (tables.GOLD_CLUSTERS, tables.GOLD_CLUSTER_MEMBERS)]


def state(rows: pd.DataFrame) -> str:
    return table_hash(newest_rows(rows), tables.GOLD_CLUSTERS)


def newest_before(lake: Lake, when: date) -> pd.DataFrame:
    return newest_rows_before(lake, tables.GOLD_CLUSTERS, "cluster_id", when)


def snapshots(root: Path) -> set[str]:
    return {file.name for file in (root / FOLDER / "gold.clusters.cluster_id.newest").glob("*")}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def test_days_one_by_one_and_in_blocks_equal_the_whole_range(tmp_path: Path) -> None:
    rows = complaints(range(DAYS), 1)
    whole, single, blocks = (Lake(str(tmp_path / name)) for name in ("whole", "single", "blocks"))
    assign(whole, rows, range(DAYS))
    # One by one where the stretches begin, and where nothing is special.
    for days in (range(26), *([on] for on in range(26, 34)), range(34, 54), *([on] for on in range(54, 62))):
        assign(single, rows, days)
    assign(single, rows, range(62, DAYS))
    assign_in_blocks(blocks, rows)
    assert hashes(single) == hashes(blocks) == hashes(whole)
    assert {name[:10] for name in snapshots(tmp_path / "single")} == {str(day(28)), str(day(56))}


def test_the_state_is_the_newest_row_of_each_cluster_whatever_was_asked_before(lake: Lake) -> None:
    assign(lake, complaints(range(DAYS), 3), range(DAYS))
    everything = lake.read(tables.GOLD_CLUSTERS)
    for on in random.Random(3).sample([*range(-2, DAYS + 40)], 30):
        before = everything[everything["day"] < day(on)]
        result = newest_before(lake, day(on))
        assert state(result) == state(before)
        assert len(result) == before["cluster_id"].nunique()


def test_an_old_day_run_again_starts_from_the_days_before_it(lake: Lake) -> None:
    rows = complaints(range(DAYS), 4)
    assign_in_blocks(lake, rows)
    first = hashes(lake)
    for on in (60, 3, 30, 29, 0):
        assign(lake, rows, [on])
    assert hashes(lake) == first


def test_a_late_day_makes_the_snapshots_after_it_anew(lake: Lake, tmp_path: Path) -> None:
    rows = complaints(range(DAYS), 5)
    late: Rows = [issue(9000 + n, 10, "delivery", "paket zu spaet", "late", carrier="slow") for n in range(5)]
    assign_in_blocks(lake, rows)
    outdated = snapshots(tmp_path)
    assert outdated
    assign_in_blocks(lake, [*rows, *late], first=10)
    whole = Lake(str(tmp_path / "whole"))
    assign(whole, [*rows, *late], range(DAYS))
    assert hashes(lake) == hashes(whole)
    assert "slow" in "".join(newest_before(lake, day(DAYS))["scope"])
    assert not snapshots(tmp_path) & outdated


def test_a_day_without_issues_any_more_leaves_no_cluster_behind(lake: Lake) -> None:
    gone: Rows = [issue(9000 + n, 10, "delivery", "paket zu spaet", "late", carrier="slow") for n in range(5)]
    assign(lake, gone, range(40))
    assert len(newest_before(lake, day(40))) == 1
    assign(lake, [], [10])
    assert newest_before(lake, day(40)).empty


def test_of_a_long_past_only_the_snapshot_and_the_days_since_are_read(lake: Lake, tmp_path: Path) -> None:
    rows = complaints(range(DAYS), 6)
    assign(lake, rows, range(DAYS))
    expected = state(newest_before(lake, day(DAYS)))
    remove_days(tmp_path, lambda when: when < day(56))
    assert state(newest_before(lake, day(DAYS))) == expected


def test_the_asset_reads_no_more_of_a_long_past_than_its_newest_rows(lake: Lake, tmp_path: Path) -> None:
    rows = [issue(n, n, "delivery", "parcel is late again", "late", "p2") for n in range(62)]
    frame = pd.DataFrame(rows).assign(sentiment="negative", severity=3.0, owner="logistics", source="shop", text="x")
    for table in (tables.GOLD_ISSUES, tables.SILVER_FEEDBACK):
        assert not lake.write_days(table, complete(frame, table), day(0), day(62), {}).failures
    materialize(lake, range(60))
    materialize(lake, [60])
    remove_days(tmp_path, lambda when: when < day(56))
    materialize(lake, [61])
    last = lake.read(tables.GOLD_CLUSTERS, day(61))
    assert last["members_total"].tolist() == [62]
    assert last["first_seen"].tolist() == [day(0)]


def remove_days(root: Path, chosen: Callable[[date], bool]) -> None:
    """Take the files of some days of `gold/clusters` away, as if no run could read them."""
    files = [file for file in (root / tables.GOLD_CLUSTERS.name).glob("day=*/*") if chosen(day_of(file))]
    assert files
    for file in files:
        file.unlink()


def day_of(file: Path) -> date:
    return date.fromisoformat(file.parent.name.removeprefix("day="))


def materialize(lake: Lake, days: Sequence[int]) -> None:
    first, last = str(day(days[0])), str(day(days[-1]))
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    assert dg.materialize([clusters], resources={**build_resources(load()), "lake": lake}, tags=tags).success


def complete(frame: pd.DataFrame, table: tables.Table) -> pd.DataFrame:
    """The frame with something for every column that may not be null."""
    fill = {"string": "x", "int": 1, "float": 1.0, "bool": False}
    known = [column.name for column in table.columns if column.name in frame.columns]
    missing = {
        column.name: (column.allowed or (fill.get(column.kind),))[0]
        for column in table.columns
        if not column.nullable and column.name not in known
    }
    return frame[known].assign(**missing)


def test_a_stretch_is_as_long_as_these_tests_think() -> None:
    assert timedelta(days=28) == STRETCH
    assert day(0).toordinal() % STRETCH.days == 0
