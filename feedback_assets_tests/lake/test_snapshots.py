"""What holds of a key on some days, whatever came before and after, and however often it was told."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.lake.snapshots import FOLDER, rows_that_hold
from feedback_assets.lake.store import Lake
from feedback_assets.tables import SILVER_CATALOG

START = date(2024, 1, 3)
COLUMNS = ["day", "event_id", "occurred_at", "product_id", "product_name"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def rows_of(day: date, products: dict[str, str]) -> pd.DataFrame:
    rows = [
        {"day": day, "event_id": f"e-{name}-{day}", "occurred_at": datetime.combine(day, time(6), UTC),
         "product_id": name, "product_name": told}
        for name, told in products.items()
    ]  # fmt: skip
    return conform(pd.DataFrame(rows, columns=list(SILVER_CATALOG.column_names)), SILVER_CATALOG)


def write(lake: Lake, frame: pd.DataFrame, first: date, last: date) -> None:
    lake.write_days(SILVER_CATALOG, frame, first, last + timedelta(days=1), {})


def story(lake: Lake, days: int, seed: int) -> None:
    """Products that come, change their name, are told of whole or in part, and leave."""
    rng = random.Random(seed)
    frames: list[pd.DataFrame] = []
    for number in range(days):
        if rng.random() < 0.3:
            continue
        known = [f"P{n}" for n in range(1 + number // 3)]
        told = rng.sample(known, rng.randint(1, len(known))) if rng.random() < 0.5 else known
        frames.append(rows_of(START + timedelta(days=number), {name: f"{name} of {rng.randrange(4)}" for name in told}))
    write(lake, pd.concat(frames, ignore_index=True), START, START + timedelta(days=days - 1))


def what_holds(rows: pd.DataFrame, day: date) -> dict[str, str]:
    """Of each product its newest name up to the day, else the first ever."""
    ordered = rows.sort_values(["day", "occurred_at", "event_id"])
    names: dict[str, str] = {}
    for product, mine in ordered.groupby("product_id"):
        earlier = mine[[value <= day for value in mine["day"]]]
        names[str(product)] = str((earlier if len(earlier) else mine.iloc[:1])["product_name"].iloc[-1])
    return names


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_holds_on_any_days_is_what_the_whole_table_tells(lake: Lake, seed: int) -> None:
    story(lake, 130, seed)
    everything, rng = lake.read(SILVER_CATALOG), random.Random(seed)
    for _ in range(12):
        first = START + timedelta(days=rng.randrange(-40, 170))
        last = first + timedelta(days=rng.randrange(0, 40))
        rows = rows_that_hold(lake, SILVER_CATALOG, "product_id", (first, last), COLUMNS)
        for day in (first, last, first + (last - first) // 2):
            assert what_holds(rows, day) == what_holds(everything, day)


def test_only_rows_that_know_a_value_count_where_one_is_asked_for(lake: Lake) -> None:
    whole = rows_of(START, {"P1": "one", "P2": "two"}).assign(launch_cohort=["2023-01", None])
    later = rows_of(START + timedelta(days=60), {"P1": "one", "P2": "two"}).assign(launch_cohort=[None, "2023-02"])
    write(lake, pd.concat([whole, later], ignore_index=True), START, START + timedelta(days=60))
    last = START + timedelta(days=90)
    rows = rows_that_hold(
        lake, SILVER_CATALOG, "product_id", (last, last), ["product_id", "launch_cohort"], known="launch_cohort"
    )
    assert sorted(zip(rows["product_id"], rows["launch_cohort"], strict=True)) == [("P1", "2023-01"), ("P2", "2023-02")]


def test_a_day_rewritten_before_a_snapshot_makes_it_anew(lake: Lake, tmp_path: Path) -> None:
    story(lake, 100, 4)
    day = START + timedelta(days=95)
    rows_that_hold(lake, SILVER_CATALOG, "product_id", (day, day))
    stored = {file.name for file in (tmp_path / FOLDER).rglob("*.parquet")}
    assert len(stored) == 1
    early = START + timedelta(days=2)
    write(lake, rows_of(early, {"P0": "late", "P900": "new"}), early, early)
    rows = rows_that_hold(lake, SILVER_CATALOG, "product_id", (day, day), COLUMNS)
    assert what_holds(rows, day) == what_holds(lake.read(SILVER_CATALOG), day)
    assert what_holds(rows, day)["P900"] == "new"
    anew = {file.name for file in (tmp_path / FOLDER).rglob("*.parquet")}
    assert len(anew) == 1
    assert not anew & stored


def test_rows_read_do_not_grow_with_the_days_before(lake: Lake) -> None:
    whole = {f"P{n}": f"name {n}" for n in range(50)}
    days = [START + timedelta(days=number) for number in range(300)]
    write(lake, pd.concat([rows_of(day, whole) for day in days], ignore_index=True), days[0], days[-1])
    for day in (days[60], days[-1]):
        assert len(rows_that_hold(lake, SILVER_CATALOG, "product_id", (day, day))) <= 2 * len(whole)


def test_of_no_table_nothing_holds(lake: Lake, tmp_path: Path) -> None:
    rows = rows_that_hold(lake, SILVER_CATALOG, "product_id", (START, START), COLUMNS)
    assert list(rows.columns) == COLUMNS
    assert rows.empty
    assert not (tmp_path / FOLDER).exists()


def test_the_table_has_what_a_snapshot_sorts_by() -> None:
    assert {"occurred_at", "event_id", "product_id"} <= set(tables.SILVER_CATALOG.column_names)
