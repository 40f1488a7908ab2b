"""`feedback run`: in which blocks days run, and running them through Dagster with progress, in this process.

Which days wait is found in `waiting_days`. Imports dagster, so the command line imports it only for commands that run.
"""

from __future__ import annotations

import fcntl
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import dagster as dg
from dagster import DagsterEventType, DagsterInstance, EventLogEntry

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.automation import last_assets
from feedback_assets.dagster_kit.run_tags import RANGE_END, RANGE_START
from feedback_assets.errors import OutsideError
from feedback_assets.files.landing_files import Landing
from feedback_assets.files.whole_files import write_whole
from feedback_assets.lake.store import days_between
from feedback_assets.landing.sensors import remember_carried
from feedback_assets.orchestration import instance_file
from feedback_assets.orchestration.dead_runs import tags_of_this_process
from feedback_assets.orchestration.event_log import commit_without_waiting
from feedback_assets.orchestration.event_storage import open_quickly

JOB = "every_room"
_DAY = timedelta(days=1)
# A gap of a week or less is cheaper to walk through than to start another run for.
_LARGEST_GAP = 7
# Long enough that a run's fixed cost does not count, short enough that an interruption loses a minute or two.
_LONGEST_BLOCK = 120


@dataclass(frozen=True)
class Block:
    """A contiguous range of days that is one run."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


@dataclass
class Stage:
    """What one asset did over a run."""

    name: str
    rows: int = 0
    seconds: float = 0.0


@dataclass
class BlockResult:
    """What became of one block."""

    block: Block
    success: bool
    outside: bool = False  # what failed was an outside system, not the data
    stages: list[Stage] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunEnvironment:
    """What a run needs.

    Attributes:
        defs: The definitions of the installation.
        settings: Its settings.
        instance: Where Dagster writes what happened.
    """

    defs: dg.Definitions
    settings: Settings
    instance: DagsterInstance

    @cached_property
    def job(self) -> dg.JobDefinition:
        """The job over every room."""
        return self.defs.resolve_job_def(JOB)

    @cached_property
    def last_assets(self) -> list[dg.AssetKey]:
        """Where the graph ends: a day is carried to its end when each of them has it."""
        return last_assets(self.defs.resolve_asset_graph())

    def landed_days(self) -> dict[str, dict[date, str]]:
        """Stream -> day -> fingerprint of its landing objects, as they are now."""
        landing = Landing(self.settings.landing_root, self.settings.storage)
        return {stream: landing.days(stream) for stream in tables.STREAMS}


def open_instance(settings: Settings) -> DagsterInstance:
    """The Dagster instance below the home, its folder made and its telemetry off.

    Returns:
        The instance that `make ui` shows too.
    """
    commit_without_waiting()
    folder = settings.dagster_dir
    folder.mkdir(parents=True, exist_ok=True)
    config = instance_file.instance_file(settings)
    if not config.exists():
        # Half of it, as a full disk leaves, would be taken for the person's own settings.
        write_whole(config, instance_file.new_text())
    # One at a time: two first runs would both make SQLite's tables, and leave a history that nobody can open.
    with (folder / ".opening").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return open_quickly(settings)


def blocks(days: Sequence[date], largest_gap: int = _LARGEST_GAP, longest: int = _LONGEST_BLOCK) -> list[Block]:
    """Contiguous blocks that cover the days, oldest first, so that cluster identity flows through time."""
    covered: list[Block] = []
    for day in sorted(days):
        if covered and (day - covered[-1].last).days <= largest_gap and (day - covered[-1].first).days < longest:
            covered[-1] = Block(covered[-1].first, day)
        else:
            covered.append(Block(day, day))
    return covered


def run_block(
    block: Block,
    environment: RunEnvironment,
    on_step: Callable[[str], None],
    only: Sequence[dg.AssetKey] | None = None,
    more_tags: Mapping[str, str] | None = None,
) -> BlockResult:
    """Run one block through every room, in this process.

    Args:
        block: The days.
        environment: What runs, and where Dagster writes what happened.
        on_step: Called with the name of each step as it finishes.
        only: These assets, instead of every room.
        more_tags: Tags of the run besides the usual.
    """
    instance = environment.instance
    landed = environment.landed_days()
    run_id = str(uuid.uuid4())
    tags = {
        RANGE_START: str(block.first),
        RANGE_END: str(block.last),
        **tags_of_this_process(),
        **(more_tags or {}),
    }

    logged: list[str] = []

    def listen(entry: EventLogEntry) -> None:
        event, warning = entry.dagster_event, warning_of(entry)
        if warning is not None:
            logged.append(warning)
        if event is not None and event.event_type in (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE):
            on_step(str(event.step_key))

    instance.add_event_listener(run_id, listen)
    # The events are in the instance; the console shows progress instead.
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = environment.job.execute_in_process(
        run_config=quiet,
        instance=instance,
        tags=tags,
        run_id=run_id,
        raise_on_error=False,
        asset_selection=None if only is None else list(only),
    )
    if result.success and only is None:
        remember_carried(instance, landed, days_between(block.first, block.last + _DAY))
    return BlockResult(
        block, result.success, _is_outside(result), _stages(result), failures_of(result), logged + warnings_of(result)
    )


def _stages(result: dg.ExecuteInProcessResult) -> list[Stage]:
    stages: dict[str, Stage] = {}
    for event in result.all_events:
        if event.event_type == DagsterEventType.STEP_SUCCESS:
            stages.setdefault(str(event.step_key), Stage(str(event.step_key))).seconds = (
                event.step_success_data.duration_ms / 1000
            )
        elif event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
            stage = stages.setdefault(str(event.step_key), Stage(str(event.step_key)))
            rows = event.materialization.metadata.get("dagster/partition_row_count")
            stage.rows += int(str(rows.value)) if rows is not None else 0
    return [stage for stage in stages.values() if stage.seconds]


def failures_of(result: dg.ExecuteInProcessResult) -> list[str]:
    """What stopped the run, a line each: steps with their cause, blocking checks with the first days that fail."""
    texts: list[str] = []
    for event in result.all_events:
        if event.event_type == DagsterEventType.STEP_FAILURE:
            error, user_failure = event.step_failure_data.error, event.step_failure_data.user_failure_data
            cause = error.cause if error is not None and error.cause is not None else error
            # The description of a step that raised dg.Failure, else what the error says.
            message = (user_failure and user_failure.description) or (cause and cause.message)
            texts.append(f"{event.step_key}: {message.strip() if message else 'failed'}")
        elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.blocking:
                days = [str(value.value) for key, value in check.metadata.items() if key[:2] == "20"]
                texts.append(f"{check.asset_key.to_user_string()} fails {check.check_name}: {'; '.join(days[:3])}")
    return texts


def _is_outside(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a step failed by an error that the command line tells as one of an outside system."""
    names = {kind.__name__ for kind in _kinds(OutsideError)}
    errors = [
        event.step_failure_data.error
        for event in result.all_events
        if event.event_type == DagsterEventType.STEP_FAILURE
    ]
    return any((error.cause or error).cls_name in names for error in errors if error is not None)


def _kinds(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_kinds(subclass) for subclass in kind.__subclasses__()))


def notes_of(results: Sequence[BlockResult]) -> list[str]:
    """What runs warned of, each text once."""
    return list(dict.fromkeys(text for result in results for text in result.warnings))


def warning_of(entry: EventLogEntry) -> str | None:
    """What a step logged as a warning, with the step's name; None of every other entry."""
    # Ours are warnings; as errors Dagster logs every step that did not run because an earlier one failed.
    if entry.dagster_event is not None or entry.step_key is None or int(entry.level) != logging.WARNING:
        return None
    return f"{entry.step_key}: {entry.user_message}"


def warnings_of(result: dg.ExecuteInProcessResult) -> list[str]:
    """What advisory checks say; it stops nothing."""
    return [
        f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description or 'see the check'}"
        for event in result.all_events
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION
        for check in [event.asset_check_evaluation_data]
        if not check.passed and not check.blocking
    ]
