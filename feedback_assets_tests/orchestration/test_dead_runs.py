"""A run whose process was killed is found, whoever started it, and holds up nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from feedback_assets.config.settings import load
from feedback_assets.files import processes
from feedback_assets.orchestration.dead_runs import dead_runs, mark_dead_runs, tags_of_this_process
from feedback_assets.orchestration.runner import open_instance
from feedback_assets.orchestration.waiting_days import unfinished_days

RANGE = {"dagster/asset_partition_range_start": "2025-03-01", "dagster/asset_partition_range_end": "2025-03-03"}
LAST = [dg.AssetKey(["tickets", "deliveries"])]
DAYS = {date(2025, 3, day) for day in (1, 2, 3)}
BY_THE_DAEMON = {".dagster/grpc_info": '{"host": "localhost"}'}


@dg.job
def empty(): ...


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def started(instance: dg.DagsterInstance, tags: dict[str, str], pid: int | None = None) -> dg.DagsterRun:
    run = instance.create_run_for_job(empty, tags=tags, status=dg.DagsterRunStatus.STARTED)
    if pid is not None:  # as the process that the default launcher starts says it
        instance.report_engine_event(f"Started process for run (pid: {pid}).", run, EngineEventData.in_process(pid))
    return run


def test_a_run_of_the_daemon_whose_process_is_gone_is_marked_failed_by_the_sensor(instance: dg.DagsterInstance):
    dead = started(instance, BY_THE_DAEMON, gone())
    alive = started(instance, BY_THE_DAEMON, os.getpid())
    with dg.build_sensor_context(instance) as context:
        told = dead_runs(context)
    assert dead.run_id in str(told.skip_message)
    assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(alive.run_id).status == dg.DagsterRunStatus.STARTED


def test_a_run_on_another_machine_or_by_another_launcher_is_nobodys_to_judge(instance: dg.DagsterInstance):
    started(instance, {"feedback/host": "elsewhere", "feedback/pid": str(gone())})
    started(instance, {}, gone())
    assert mark_dead_runs(instance) == []


def test_a_process_id_that_another_process_got_since_is_not_the_runs_process():
    host, pid = processes.here()
    assert not processes.is_dead(host, pid, datetime.now(UTC))
    assert processes.is_dead(host, pid, datetime.now(UTC) - timedelta(days=365))


def test_the_days_of_a_run_that_did_not_end_well_wait_until_one_carries_them_to_the_end(instance: dg.DagsterInstance):
    run = started(instance, {**RANGE, **tags_of_this_process()})
    assert unfinished_days(instance, LAST) == set()
    instance.report_run_failed(run)
    assert unfinished_days(instance, LAST) == DAYS
    instance.create_run_for_job(
        empty, tags={"dagster/partition": "2025-03-02"}, status=dg.DagsterRunStatus.SUCCESS
    )  # fmt: skip
    assert unfinished_days(instance, LAST) == {date(2025, 3, 1), date(2025, 3, 3)}
    assert empty.execute_in_process(instance=instance, tags=RANGE).success  # as `feedback run` does it
    assert unfinished_days(instance, LAST) == set()


def test_a_failed_prompt_backfill_is_left_to_its_lead(instance: dg.DagsterInstance):
    instance.report_run_failed(started(instance, {**RANGE, "feedback/prompt": "p1"}))
    assert unfinished_days(instance, LAST) == set()


def test_the_daemon_runs_killed_runs_again_but_none_that_failed_in_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    with open_instance(load()) as instance:
        assert instance.run_retries_enabled and instance.run_monitoring_enabled
        assert instance.run_retries_max_retries == 3
        assert not instance.run_retries_retry_on_asset_or_op_failure
