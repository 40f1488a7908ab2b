"""The history that a run writes with few engines is the one that Dagster's own class reads, and a chosen one stands."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from feedback_assets.config.settings import Settings
from feedback_assets.orchestration.event_storage import EventLogStorage
from feedback_assets.orchestration.runner import open_instance

DAYS = dg.DailyPartitionsDefinition("2025-03-01", end_date="2025-03-09")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counts() -> None: ...


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def _run(instance: dg.DagsterInstance, first: str, last: str) -> str:
    window = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    job = dg.Definitions(assets=[counts]).resolve_implicit_global_asset_job_def()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(run_config=quiet, instance=instance, tags=window).run_id


def _days(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_materialized_partitions(counts.key))


def _types(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [str(entry.dagster_event_type) for entry in instance.all_logs(run_id)]


def test_what_a_run_stores_is_what_dagster_reads_and_the_other_way_round(settings: Settings) -> None:
    with open_instance(settings) as ours:
        assert isinstance(ours.event_log_storage, EventLogStorage)
        first = _run(ours, "2025-03-01", "2025-03-03")
        stored = _types(ours, first)
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as plain:
        assert type(plain.event_log_storage) is SqliteEventLogStorage
        assert _types(plain, first) == stored and stored.count("DagsterEventType.ASSET_MATERIALIZATION") == 3
        assert _days(plain) == {"2025-03-01", "2025-03-02", "2025-03-03"}
        second = _run(plain, "2025-03-04", "2025-03-04")
    with open_instance(settings) as ours:
        assert len(_days(ours)) == 4
        assert [run.run_id for run in ours.get_runs()] == [second, first]


def test_more_runs_than_engines_are_kept_lose_nothing(settings: Settings) -> None:
    with open_instance(settings) as ours:
        runs = [_run(ours, f"2025-03-0{day}", f"2025-03-0{day}") for day in range(1, 8)]
        told = [_types(ours, run) for run in runs]
        assert all("DagsterEventType.RUN_SUCCESS" in types for types in told)
        assert len(_days(ours)) == 7


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(settings: Settings) -> None:
    with open_instance(settings) as ours:
        storage = ours.event_log_storage
        assert isinstance(storage, EventLogStorage)
        with pytest.raises(RuntimeError, match="in the middle"), storage.index_connection() as connection:
            connection.exec_driver_sql("CREATE TABLE half (id)")
            connection.exec_driver_sql("DELETE FROM event_logs")
            raise RuntimeError("in the middle")
        _run(ours, "2025-03-01", "2025-03-01")
        assert _days(ours) == {"2025-03-01"}


def test_a_history_that_the_person_puts_elsewhere_stays_there(settings: Settings, tmp_path: Path) -> None:
    settings.dagster_dir.mkdir(parents=True)
    text = f"telemetry: {{enabled: false}}\nstorage:\n  sqlite:\n    base_dir: {tmp_path / 'elsewhere'}\n"
    (settings.dagster_dir / "dagster.yaml").write_text(text, encoding="utf-8")
    with open_instance(settings) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        _run(instance, "2025-03-01", "2025-03-01")
    assert list((tmp_path / "elsewhere").rglob("*.db")) and not list(settings.dagster_dir.rglob("*.db"))
