"""Runs whose process is gone: recognised, marked failed, and so finished by somebody without a person.

A killed process says nothing, and Dagster's default launcher cannot tell, so its run would stay started: it would hold
the queue's only place and keep automation from its days for ever. `feedback run` looks at its start, the daemon with
the sensor `dead_runs`. What is marked failed runs again: by Dagster's run retries when the daemon launched it, else as
days that wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import dagster as dg
from dagster import DagsterInstance, DagsterRunStatus

from feedback_assets.files import processes

_HOST, _PID = "feedback/host", "feedback/pid"
# Where the default launcher says which code server it asked; other launchers run elsewhere and watch for themselves.
_LAUNCHED_HERE = ".dagster/grpc_info"
_MESSAGE = "The process that ran it is gone (killed, or the machine stopped); its days run again."


class _Process(NamedTuple):
    host: str
    pid: int
    since: datetime


def tags_of_this_process() -> dict[str, str]:
    """What a run carries so that others can tell whether its process lives."""
    host, pid = processes.here()
    return {_HOST: host, _PID: str(pid)}


def mark_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark as failed the runs whose process on this machine is gone; their ids."""
    unfinished = dg.RunsFilter(
        statuses=[
            DagsterRunStatus.NOT_STARTED,
            DagsterRunStatus.STARTING,
            DagsterRunStatus.STARTED,
            DagsterRunStatus.CANCELING,
        ]
    )
    dead = list(_with_a_dead_process(instance, unfinished))
    for run in dead:
        instance.report_run_failed(run, _MESSAGE)
    return [run.run_id for run in dead]


@dg.sensor(
    name="dead_runs",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Marks runs failed whose process was killed, so that they are run again and hold up nothing.",
)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look at every run that has not ended."""
    dead = mark_dead_runs(context.instance)
    return dg.SkipReason(f"marked failed: {', '.join(dead)}" if dead else "every run that has not ended lives")


def _with_a_dead_process(instance: DagsterInstance, filters: dg.RunsFilter) -> Iterator[dg.DagsterRun]:
    for record in instance.get_run_records(filters):
        run = record.dagster_run
        process = _process_of(instance, run, record.create_timestamp.replace(tzinfo=UTC))
        if process is not None and processes.is_dead(*process):
            yield run


def _process_of(instance: DagsterInstance, run: dg.DagsterRun, created: datetime) -> _Process | None:
    """The process of a run; None when it has none yet, or one that is not ours to judge."""
    pid = run.tags.get(_PID, "")
    if pid.isdigit():
        return _Process(run.tags.get(_HOST, ""), int(pid), created)
    if _LAUNCHED_HERE not in run.tags:
        return None
    # The process tells its id as its first event.
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        if event is None or event.event_type != dg.DagsterEventType.ENGINE_EVENT:
            continue
        value = event.engine_event_data.metadata.get("pid")
        if value is not None and str(value.value).isdigit():
            host, _ = processes.here()
            return _Process(host, int(str(value.value)), datetime.fromtimestamp(entry.timestamp, UTC))
    return None
