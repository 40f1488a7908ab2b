"""Which days wait for a run: what landed or changed since, what looks back on it, and what an earlier run left undone.

Reads what landing, lake and instance say, bounded by what changed: days that a run carried to their end, with the same
landing objects, are not looked at again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import dagster as dg
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus

from feedback_assets import tables
from feedback_assets.dagster_kit.partitions import last_56_days
from feedback_assets.dagster_kit.run_tags import PARTITION, PROMPT, RANGE_END, RANGE_START
from feedback_assets.dagster_kit.specs import asset_key
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake, days_between
from feedback_assets.landing.sensors import carried_days, remember_carried
from feedback_assets.orchestration.runner import RunEnvironment, blocks
from feedback_assets.tables import Table

_DAY = timedelta(days=1)
_ENDED = [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED, DagsterRunStatus.SUCCESS]
# Listing a stream whole is one question for a thousand objects; a day is a question of its own.
_LISTED_SINGLY = 30
# Where the days that ended runs left undone are kept, with the time up to which runs were looked at.
_STATE = "feedback/unfinished_days"
# SQLite writes some of these times in whole seconds, and runs may end in another order than they are written.
_OVERLAP = timedelta(minutes=1)


@dataclass
class _UnfinishedDays:
    """What ended runs left undone.

    Attributes:
        since: When the newest of the runs that were looked at ended; None when none was.
        runs: Those of them that ended shortly before.
        days: What they left undone together.
    """

    since: datetime | None
    runs: set[str]
    days: set[date]

    @classmethod
    def kept(cls, instance: DagsterInstance) -> _UnfinishedDays:
        """As `keep` left it; of no run when nothing was kept."""
        text = instance.daemon_cursor_storage.get_cursor_values({_STATE}).get(_STATE)
        if text is None:
            return cls(None, set(), set())
        state = cast("dict[str, Any]", json.loads(text))
        days = {date.fromisoformat(day) for day in state["days"]}
        return cls(datetime.fromisoformat(state["since"]), set(state["runs"]), days)

    def keep(self, instance: DagsterInstance) -> None:
        """Keep it beside the history of runs."""
        state = {
            "since": str(self.since),
            "runs": sorted(self.runs),
            "days": [str(day) for day in sorted(self.days)],
        }
        instance.daemon_cursor_storage.set_cursor_values({_STATE: json.dumps(state)})


def pending_days(environment: RunEnvironment) -> list[date]:
    """The landed days that the graph's last assets have not seen as they are now, and those that look back on one."""
    settings, instance = environment.settings, environment.instance
    lake, landed = Lake(settings.lake_root, settings.storage), environment.landed_days()
    every_day = {day for days in landed.values() for day in days}
    if not every_day:
        return []
    newest = max(every_day)
    landing = Landing(settings.landing_root, settings.storage)
    changed = changed_days(lake, landing, landed, carried_days(instance))
    behind = _behind(instance, environment.last_assets, every_day)
    unfinished = {day for day in unfinished_days(instance, environment.last_assets) if min(every_day) <= day <= newest}
    waiting = behind | reached_days(changed, newest) | unfinished
    remember_carried(instance, landed, every_day - waiting)
    return sorted(day for day in waiting if day >= settings.first_day)


def changed_days(
    lake: Lake,
    landing: Landing,
    landed: Mapping[str, Mapping[date, str]],
    carried: Mapping[str, Mapping[date, str]],
) -> set[date]:
    """The days whose landing objects are not those that bronze was read from.

    Args:
        lake: Where bronze is.
        landing: Where the objects are.
        landed: Stream -> day -> fingerprint of its objects now.
        carried: The same, as it was when the day was carried to its end; those days are not read.
    """
    every_day = {day for days in landed.values() for day in days}
    changed: set[date] = set()
    for stream, table in tables.BRONZE.items():
        now, done, there = landed.get(stream, {}), carried.get(stream, {}), lake.days(table) & every_day
        doubtful = {day for day in there.union(now) if day not in there or now.get(day, "") != done.get(day)}
        objects, known = _landed_objects(landing, stream, doubtful), _bronze_objects(lake, table, doubtful)
        changed |= {day for day in doubtful if objects.get(day) != known.get(day)}
    return changed


def unfinished_days(instance: DagsterInstance, last_assets: Iterable[dg.AssetKey]) -> set[date]:
    """The days of runs that did not end well and that no later run carried to the end; prompt backfills aside.

    The tables cannot tell alone: a run killed between a commit and its event in the log, or after the first of the
    five bronze tables, leaves days that look as if nothing had changed. Each run is looked at once: what is left of
    those seen before is kept beside the history.
    """
    state = _UnfinishedDays.kept(instance)
    after = state.since and state.since - _OVERLAP
    records = instance.get_run_records(dg.RunsFilter(statuses=_ENDED, updated_after=after))
    for record in sorted(records, key=lambda record: record.storage_id):
        run = record.dagster_run
        if run.run_id in state.runs or PROMPT in run.tags:
            continue  # days of a prompt backfill keep the labels they have until the lead starts it again
        if run.status != DagsterRunStatus.SUCCESS:
            state.days |= run_days(run)
        elif not run.asset_selection or run.asset_selection >= set(last_assets):
            state.days -= run_days(run)
    if records:
        ended = {record.dagster_run.run_id: record.update_timestamp.replace(tzinfo=UTC) for record in records}
        state.since = max(ended.values())
        state.runs = {run_id for run_id, at in ended.items() if at > state.since - _OVERLAP}
        state.keep(instance)
    return state.days


def run_days(run: dg.DagsterRun) -> set[date]:
    """The days a run was for; none of a run without days."""
    day = run.tags.get(PARTITION, "")
    first, last = run.tags.get(RANGE_START, day), run.tags.get(RANGE_END, day)
    return set(days_between(date.fromisoformat(first), date.fromisoformat(last) + _DAY)) if first and last else set()


def reached_days(changed: set[date], newest: date) -> set[date]:
    """The changed days and those after each that look back on it, days without feedback among them: one block."""
    reach = timedelta(days=-last_56_days.start_offset)
    return {day for start in changed for day in days_between(start, min(start + reach, newest) + _DAY)}


def _behind(instance: DagsterInstance, last_assets: Iterable[dg.AssetKey], days: set[date]) -> set[date]:
    """The days that some last asset does not have, or has from before bronze was read again.

    An asset that a later version of the program brought has no days from before; those are not behind for its sake, or
    every update would compute all history.
    """
    started = _latest_events(instance, asset_key(tables.BRONZE_FEEDBACK))
    finished = [events for key in last_assets if (events := _latest_events(instance, key))]
    if not finished:
        return days
    return {day for day in days if any(_is_behind(started.get(str(day)), str(day), events) for events in finished)}


def _is_behind(started: int | None, day: str, finished: Mapping[str, int]) -> bool:
    """Whether a last asset misses a day, or has it from before `started`, when bronze was read; events are numbered."""
    if day in finished:
        return started is not None and finished[day] < started
    return started is None or started > min(finished.values())


def _latest_events(instance: DagsterInstance, key: dg.AssetKey) -> Mapping[str, int]:
    return instance.event_log_storage.get_latest_storage_id_by_partition(key, DagsterEventType.ASSET_MATERIALIZATION)


def _landed_objects(landing: Landing, stream: str, days: Collection[date]) -> dict[date, set[str]]:
    """Day -> paths of its objects. Many days are one listing of the stream, a few are one each."""
    listed = [None] if len(days) > _LISTED_SINGLY else sorted(days)
    objects: dict[date, set[str]] = {}
    for item in (item for day in listed for item in landing.list_objects(stream, day)):
        day = date.fromisoformat(item.path.split("/")[1].removeprefix("day="))
        if day in days:
            objects.setdefault(day, set()).add(item.path)
    return objects


def _bronze_objects(lake: Lake, table: Table, days: Collection[date]) -> dict[date, set[str]]:
    """Day -> paths of the objects that bronze was read from, of these days only."""
    objects: dict[date, set[str]] = {}
    for block in blocks(sorted(days)):
        frame = lake.read(table, block.first, block.last + _DAY, ["day", "landing_object"]).drop_duplicates()
        for day, path in zip(frame["day"], frame["landing_object"], strict=True):
            if day in days:
                objects.setdefault(day, set()).add(path)
    return objects
