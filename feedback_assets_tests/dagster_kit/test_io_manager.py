from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import FIRST_DAY
from feedback_assets.dagster_kit.day_assets import day_asset, day_multi_asset, run_days
from feedback_assets.dagster_kit.io_manager import lake_resources
from feedback_assets.dagster_kit.partitions import last_7_days, same_day
from feedback_assets.lake.contract import DayCheck
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.layout import is_empty
from feedback_assets.lake.store import Lake
from feedback_assets_tests.lake.rows import day, trends

TRENDS, COUNTS, RATES = tables.GOLD_TRENDS, tables.GOLD_DAILY_COUNTS, tables.GOLD_RATES
KEY = dg.AssetKey(list(TRENDS.key))


class Shop(dg.ConfigurableResource):
    """Stands for any resource of a room."""

    issues: int = 1
    spoil: str = ""
    unreconciled: str = ""


def counts(days: list[date], issues: int) -> pd.DataFrame:
    frame = pd.DataFrame({"day": days, "category": "delivery", "product_id": "p1", "region": "-", "channel": "chat"})
    return frame.assign(language="en", app_version="-", issues=issues, negative=0, severity_sum=1.0)


@day_asset(COUNTS)
def daily_counts(context: dg.AssetExecutionContext, shop: Shop) -> pd.DataFrame:
    """Counts of the day."""
    return counts(run_days(context), shop.issues)


@day_asset(TRENDS, ins={"seen": (COUNTS, last_7_days, ("day", "issues"))}, checks=["reconciliation"])
def gold_trends(
    context: dg.AssetExecutionContext, seen: pd.DataFrame, shop: Shop
) -> tuple[pd.DataFrame, list[DayCheck]]:
    """Trends over eight days."""
    days = run_days(context)
    frame = trends(days).astype({"rise": "float64"})
    week = {
        each: int(seen["issues"][(seen["day"] <= each) & (seen["day"] >= each - timedelta(days=7))].sum())
        for each in days
    }
    frame["issues"] = frame["day"].map(week)
    frame.loc[frame["day"].astype(str) == shop.spoil, "rise"] = -1.0
    unreconciled = [each for each in days if str(each) == shop.unreconciled]
    failures = {each: [f"{each}: landed 3, found 2"] for each in unreconciled}
    return frame, [DayCheck("reconciliation", failures, {"landed": len(frame)})]


@day_asset(RATES, ins={"rising": (TRENDS, same_day)}, deps=[(COUNTS, last_7_days)])
def gold_rates(rising: pd.DataFrame) -> pd.DataFrame:
    """One rate a trend."""
    frame = rising[["day", "category", "issues"]].assign(dimension="product", value=rising["product_id"], orders=1.0)
    return frame.assign(share_issues=0.5, share_orders=0.5, concentrated=False)


GRAPH = [daily_counts, gold_trends, gold_rates]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def run(
    instance: dg.DagsterInstance,
    lake: Lake,
    first: date,
    last: date,
    assets: list[dg.AssetsDefinition] = GRAPH,
    **shop: object,
) -> dg.ExecuteInProcessResult:
    """A run over the days, as the UI and a single-run backfill start it."""
    span = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
    return dg.materialize(
        assets,
        instance=instance,
        resources={**lake_resources(lake), "shop": Shop(**shop)},  # type: ignore[arg-type]
        partition_key=str(first) if first == last else None,
        tags=None if first == last else span,
        raise_on_error=False,
    )


def materialised(instance: dg.DagsterInstance, key: dg.AssetKey = KEY) -> dict[str, dict[str, object]]:
    records = instance.fetch_materializations(key, limit=100, ascending=True).records
    return {
        str(record.partition_key): {
            name: value.value
            for name, value in record.asset_materialization.metadata.items()  # type: ignore[union-attr]
        }
        for record in records
    }


def test_a_range_of_three_days_in_one_run_equals_the_same_days_one_by_one(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    at_once, one_by_one = Lake(str(tmp_path / "range")), Lake(str(tmp_path / "days"))
    for lake in (at_once, one_by_one):
        lake.write_days(COUNTS, counts([day(-3)], 100), day(-3), day(-2), {})
    assert run(instance, at_once, day(0), day(2), issues=2).success
    for offset in range(3):
        assert run(instance, one_by_one, day(offset), day(offset), issues=2).success
    assert at_once.read(TRENDS)["issues"].tolist() == [102, 102, 104, 104, 106, 106]
    for table in (COUNTS, TRENDS, RATES):
        assert table_hash(at_once.read(table), table) == table_hash(one_by_one.read(table), table)
    assert run(instance, at_once, day(0), day(2), issues=2).success
    assert table_hash(at_once.read(RATES), RATES) == table_hash(one_by_one.read(RATES), RATES)


def test_a_range_is_one_commit_that_names_run_asset_days_and_code(instance: dg.DagsterInstance, lake: Lake) -> None:
    done = run(instance, lake, day(0), day(2))
    from deltalake import DeltaTable

    history = DeltaTable(lake.url(TRENDS)).history()
    assert [entry["operation"] for entry in history] == ["WRITE", "CREATE TABLE"]
    assert history[0]["run_id"] == done.run_id
    assert history[0]["asset"] == "gold/trends"
    assert history[0]["partition"] == "2024-03-01...2024-03-03"
    assert history[0]["code_version"] == "1"


def test_the_asset_page_shows_rows_by_day_and_a_sample_once(instance: dg.DagsterInstance, lake: Lake) -> None:
    run(instance, lake, day(0), day(2))
    shown = materialised(instance)
    assert list(shown) == ["2024-03-01", "2024-03-02", "2024-03-03"]
    assert [each["dagster/partition_row_count"] for each in shown.values()] == [2, 2, 2]
    assert [each["rows"] for each in shown.values()] == [6, 6, 6]
    assert all(isinstance(each["seconds"], float) for each in shown.values())
    assert ["sample" in each for each in shown.values()] == [False, False, True]
    assert shown["2024-03-03"]["rows_by_day"] == {"2024-03-01": 2, "2024-03-02": 2, "2024-03-03": 2}


def test_a_raw_table_shows_counts_and_no_sample(instance: dg.DagsterInstance, lake: Lake) -> None:
    @day_asset(tables.BRONZE_FEEDBACK)
    def bronze_feedback(context: dg.AssetExecutionContext) -> pd.DataFrame:
        return pd.DataFrame(
            {"day": run_days(context), "raw": "my name is Ada", "line": 1, "landing_object": "a", "checksum": "c"}
        )

    assert run(instance, lake, day(0), day(0), [bronze_feedback]).success
    (shown,) = materialised(instance, dg.AssetKey(["bronze", "feedback"])).values()
    assert shown["rows"] == 1
    assert "Ada" not in str(shown)


def test_a_failing_day_is_not_written_the_others_are_and_the_next_asset_does_not_run(
    instance: dg.DagsterInstance, lake: Lake
) -> None:
    assert run(instance, lake, day(0), day(2), issues=1).success
    done = run(instance, lake, day(0), day(2), issues=5, spoil="2024-03-02")
    assert not done.success
    assert lake.read(TRENDS)["issues"].tolist() == [5, 5, 2, 2, 15, 15]
    assert [event.step_key for event in done.all_events if event.event_type_value == "STEP_START"] == [
        "daily_counts",
        "gold_trends",
    ]
    assert sorted(set(lake.read(RATES)["issues"])) == [1, 2, 3]
    again = instance.get_records_for_run(done.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    days = [record.partition_key for record in again if record.asset_key == KEY]
    assert days == ["2024-03-01", "2024-03-03"]


def test_the_check_names_each_failing_day_in_its_metadata(instance: dg.DagsterInstance, lake: Lake) -> None:
    done = run(instance, lake, day(0), day(2), spoil="2024-03-02")
    by_name = {check.check_name: check for check in done.get_asset_check_evaluations() if check.asset_key == KEY}
    contract = by_name["contract"]
    assert not contract.passed
    assert contract.metadata["failing_days"].value == 1
    assert "column rise: 2 of 2 rows are below 0" in str(contract.metadata["2024-03-02"].value)
    assert "2024-03-01" not in contract.metadata
    assert by_name["reconciliation"].passed
    assert by_name["reconciliation"].metadata["landed"].value == 6


def test_a_check_of_the_room_holds_its_day_back_too(instance: dg.DagsterInstance, lake: Lake) -> None:
    done = run(instance, lake, day(0), day(1), unreconciled="2024-03-01")
    assert not done.success
    assert lake.days(TRENDS) == {day(1)}
    (check,) = [each for each in done.get_asset_check_evaluations() if each.check_name == "reconciliation"]
    assert check.metadata["2024-03-01"].value == "2024-03-01: landed 3, found 2"


def test_an_unreadable_log_fails_the_run_and_changes_nothing(instance: dg.DagsterInstance, lake: Lake) -> None:
    assert run(instance, lake, day(0), day(2)).success
    log = Path(lake.url(TRENDS)) / "_delta_log"
    entry = sorted(log.glob("*.json"))[-1]
    good = entry.read_text()
    entry.write_text(good[:-40])
    names = sorted(path.name for path in log.iterdir())
    done = run(instance, lake, day(0), day(0), issues=9)
    assert not done.success
    assert [event.step_key for event in done.all_events if event.is_step_failure] == ["gold_trends"]
    assert sorted(path.name for path in log.iterdir()) == names
    entry.write_text(good)
    assert lake.days(TRENDS) == {day(0), day(1), day(2)}
    assert lake.read(TRENDS)["issues"].tolist() == [1, 1, 2, 2, 3, 3]


def test_a_row_outside_the_days_asked_for_fails_before_any_table_of_the_step_is_written(
    instance: dg.DagsterInstance, lake: Lake
) -> None:
    @day_multi_asset([COUNTS, TRENDS])
    def both(context: dg.AssetExecutionContext) -> dict[str, pd.DataFrame]:
        days = run_days(context)
        return {COUNTS.name: counts(days, 1), TRENDS.name: trends([*days, day(40)])}

    assert not run(instance, lake, day(0), day(1), [both]).success
    assert is_empty(lake.root, {})


def test_a_day_that_fails_in_one_table_is_held_back_in_all_tables_of_the_step(
    instance: dg.DagsterInstance, lake: Lake
) -> None:
    @day_multi_asset([COUNTS, TRENDS])
    def both(context: dg.AssetExecutionContext, shop: Shop) -> dict[str, pd.DataFrame]:
        days = run_days(context)
        frame = trends(days)
        frame.loc[frame["day"].astype(str) == shop.spoil, "category"] = None
        return {COUNTS.name: counts(days, 1), TRENDS.name: frame}

    done = run(instance, lake, day(0), day(2), [both], spoil="2024-03-03")
    assert not done.success
    assert lake.days(COUNTS) == lake.days(TRENDS) == {day(0), day(1)}
    assert {check.asset_key.to_user_string(): check.passed for check in done.get_asset_check_evaluations()} == {
        "gold/daily_counts": True,
        "gold/trends": False,
    }


def test_a_day_written_by_another_run_meanwhile_is_computed_again(instance: dg.DagsterInstance, lake: Lake) -> None:
    computed: list[int] = []

    @day_asset(TRENDS)
    def contested(context: dg.AssetExecutionContext, lake: Lake) -> pd.DataFrame:
        computed.append(len(computed) + 1)
        if len(computed) == 1:
            lake.write_days(TRENDS, trends([day(0)], 50), day(0), day(1), {"run_id": "other"})
        return trends(run_days(context), computed[-1])

    assert run(instance, lake, day(0), day(0), [contested]).success
    assert computed == [1, 2]
    assert lake.read(TRENDS)["issues"].tolist() == [2, 2]


def test_the_window_before_the_first_partition_reads_as_no_rows(instance: dg.DagsterInstance, lake: Lake) -> None:
    assert run(instance, lake, FIRST_DAY, FIRST_DAY, issues=4).success
    assert lake.read(TRENDS)["issues"].tolist() == [4, 4]


def test_a_table_is_loaded_by_its_key_for_a_notebook(instance: dg.DagsterInstance, lake: Lake) -> None:
    run(instance, lake, day(0), day(1))
    resources = {**lake_resources(lake), "shop": Shop()}
    frame = dg.Definitions(GRAPH, resources=resources).load_asset_value(KEY, partition_key="2024-03-02")
    assert set(frame["day"]) == {day(1)}


def test_the_spec_is_the_registry_told_to_dagster() -> None:
    spec = gold_trends.get_asset_spec(KEY)
    assert spec.group_name == TRENDS.group
    assert list(spec.owners) == [f"team:{TRENDS.owner}"]
    assert spec.kinds == {"deltalake", "pandas"}
    schema = spec.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == list(TRENDS.column_names)
    assert gold_trends.backfill_policy == dg.BackfillPolicy.single_run()
    assert {check.name: check.blocking for check in gold_trends.check_specs} == {
        "contract": True,
        "reconciliation": True,
    }
    (dep,) = spec.deps
    assert dep.partition_mapping.start_offset == -7  # type: ignore[union-attr]


def test_a_body_that_returns_other_tables_or_checks_than_declared_is_told_so(
    instance: dg.DagsterInstance, lake: Lake
) -> None:
    @day_asset(TRENDS, checks=["reconciliation"])
    def silent(context: dg.AssetExecutionContext) -> pd.DataFrame:
        return trends(run_days(context))

    done = run(instance, lake, day(0), day(0), [silent])
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    assert "declared are ('reconciliation',)" in str(failure.event_specific_data)
