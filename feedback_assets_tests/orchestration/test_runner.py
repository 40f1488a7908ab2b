from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import uuid
from datetime import date, timedelta

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.orchestration import runner
from feedback_assets.orchestration.dead_runs import mark_dead_runs
from feedback_assets.orchestration.runner import Block, blocks


def test_days_close_together_are_one_block_and_a_long_gap_starts_another():
    days = [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 6), date(2025, 5, 1)]
    assert blocks(days) == [Block(date(2025, 3, 1), date(2025, 3, 6)), Block(date(2025, 5, 1), date(2025, 5, 1))]


def test_a_long_history_is_several_blocks_so_that_an_interruption_loses_little():
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(300)]
    found = blocks(days)
    assert [block.days for block in found] == [120, 120, 60]


@given(st.sets(st.dates(date(2020, 1, 1), date(2025, 12, 31)), max_size=60))
def test_blocks_cover_every_day_in_order_and_never_overlap(days: set[date]):
    found = blocks(sorted(days))
    assert all(any(block.first <= day <= block.last for block in found) for day in days)
    assert all(before.last < after.first for before, after in itertools.pairwise(found))


def test_first_runs_at_once_all_open_the_instance(tmp_path):
    code = (
        "from feedback_assets.orchestration import runner; from feedback_assets.config.settings import load; "
        "runner.open_instance(load())"
    )
    environment = {**os.environ, "FEEDBACK_HOME": str(tmp_path)}
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, told


def test_a_run_whose_process_was_killed_is_marked_failed_and_a_living_one_is_not():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    @dg.job
    def empty(): ...

    with dg.DagsterInstance.ephemeral() as instance:
        dead, alive = str(uuid.uuid4()), str(uuid.uuid4())
        for run_id, pid in ((dead, gone.pid), (alive, os.getpid())):
            run = instance.create_run_for_job(
                empty, run_id=run_id, tags={"feedback/host": socket.gethostname(), "feedback/pid": str(pid)},
                status=dg.DagsterRunStatus.STARTED,
            )  # fmt: skip
            assert run.run_id == run_id
        assert mark_dead_runs(instance) == [dead]
        assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(alive).status == dg.DagsterRunStatus.STARTED


def test_what_an_advisory_check_says_is_a_note_and_what_a_blocking_one_says_a_failure() -> None:
    @dg.asset(
        check_specs=[dg.AssetCheckSpec("sums", asset="day", blocking=True), dg.AssetCheckSpec("drift", asset="day")]
    )
    def day():
        yield dg.MaterializeResult()
        yield dg.AssetCheckResult(check_name="sums", passed=False, metadata={"2025-03-01": "2 rows of 3"})
        yield dg.AssetCheckResult(check_name="drift", passed=False, description="labels moved by 0.3")

    result = (
        dg.Definitions(assets=[day]).resolve_implicit_global_asset_job_def().execute_in_process(raise_on_error=False)
    )
    assert runner.failures_of(result)[0] == "day fails sums: 2 rows of 3"
    assert runner.warnings_of(result) == ["day, drift: labels moved by 0.3"]


def test_a_step_that_says_why_it_failed_is_told_in_its_own_words() -> None:
    @dg.asset
    def day():
        try:
            raise ValueError("exit code 1")
        except ValueError as error:
            raise dg.Failure("the job ended with exit code 1: its key is another one") from error

    @dg.asset
    def week():
        raise ValueError("too short")

    @dg.asset
    def year():
        try:
            raise ValueError("no such file")
        except ValueError as error:
            raise dg.Failure(metadata={"rows": 0}) from error

    job = dg.Definitions(assets=[day, week, year]).resolve_implicit_global_asset_job_def()
    told = sorted(runner.failures_of(job.execute_in_process(raise_on_error=False)))
    assert told[0] == "day: the job ended with exit code 1: its key is another one"
    assert told[1] == "week: ValueError: too short"
    assert told[2] == "year: ValueError: no such file"


def test_a_warning_a_step_logs_is_told_and_steps_that_did_not_run_are_not() -> None:
    @dg.asset
    def day(context):
        context.log.info("12 rows")
        context.log.warning("%d answers missing", 3)
        raise ValueError("too short")

    @dg.asset(deps=[day])
    def week(): ...

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([day, week], instance=instance, raise_on_error=False)
        told = [runner.warning_of(entry) for entry in instance.all_logs(result.run_id)]
    assert [text for text in told if text is not None] == ["day: 3 answers missing"]
