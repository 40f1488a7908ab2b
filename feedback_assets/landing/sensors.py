"""Watches landing and reports the days that changed, so that automation asks for them."""

# Without `from __future__ import annotations`: Dagster wants the annotation of a resource as a type, not as text.

from collections.abc import Collection, Iterator, Mapping
from datetime import date

import dagster as dg

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.automation import landing_key
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing import seen

# What was seen is kept beside the cursor, in one of two places by turns: Dagster copies the cursor into every tick,
# and a tick that fails after the new state was kept must still find the old one.
_PLACES = ("a", "b")
_CARRIED = "carried"


@dg.sensor(
    name="new_feedback",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=15,
    description="Reports each day of landing whose objects changed, whatever its age.",
)
def new_feedback(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    landing: dg.ResourceParam[Landing],
    clock: dg.ResourceParam[Clock],
) -> dg.SensorResult | dg.SkipReason:
    """Compare the objects of every stream with those seen before and report the days that differ."""
    now = {stream: landing.days(stream) for stream in tables.STREAMS}
    packed = {stream: seen.pack(days) for stream, days in now.items()}
    place, _, mark = (context.cursor or "").partition(":")
    if mark == seen.mark(packed):
        return dg.SkipReason("nothing new has landed")
    before = _kept(context, place, mark)
    carried = carried_days(context.instance)
    events = list(_events(context, before, carried, now, (settings.first_day, clock().date())))
    other = _PLACES[place == _PLACES[0]]
    context.instance.daemon_cursor_storage.set_cursor_values(
        {_slot(other, stream): text for stream, text in packed.items()}
    )
    return dg.SensorResult(asset_events=events, cursor=f"{other}:{seen.mark(packed)}")


def carried_days(instance: dg.DagsterInstance) -> dict[str, dict[date, str]]:
    """Stream -> day -> fingerprint of the objects with which a run outside the daemon carried the day to its end."""
    return _unpacked(instance, _CARRIED)


def remember_carried(
    instance: dg.DagsterInstance, landed: Mapping[str, Mapping[date, str]], carried: Collection[date]
) -> None:
    """Keep that a run outside the daemon carried these days to their end, so that the sensor does not ask again.

    Args:
        instance: Where it is kept.
        landed: Stream -> day -> fingerprint of its objects, as they were before the run.
        carried: The days.
    """
    known = carried_days(instance)
    values = {
        _slot(_CARRIED, stream): seen.pack(
            {**known.get(stream, {}), **{day: mark for day, mark in days.items() if day in carried}}
        )
        for stream, days in landed.items()
    }
    instance.daemon_cursor_storage.set_cursor_values(values)


def _events(
    context: dg.SensorEvaluationContext,
    before: Mapping[str, Mapping[date, str]],
    carried: Mapping[str, Mapping[date, str]],
    now: Mapping[str, Mapping[date, str]],
    partitions: tuple[date, date],
) -> Iterator[dg.AssetMaterialization]:
    first, last = partitions
    for stream in tables.STREAMS:
        done = set(seen.unchanged_days(carried.get(stream, {}), now[stream]))
        for day in seen.changed_days(before.get(stream, {}), now[stream]):
            if day in done:
                continue
            if not first <= day <= last:
                context.log.warning(
                    f"landing/{stream}/day={day} is outside the partitions {first} to {last} and is left alone; "
                    "set FEEDBACK_FIRST_DAY earlier, or file its events under the day they arrived"
                )
                continue
            fingerprint = now[stream].get(day, "gone")
            yield dg.AssetMaterialization(
                landing_key(stream),
                partition=str(day),
                description="objects changed",
                metadata={"fingerprint": fingerprint},
            )


def _kept(context: dg.SensorEvaluationContext, place: str, mark: str) -> dict[str, dict[date, str]]:
    """What was seen as the cursor says; nothing when it is not there, and then every day is reported once more."""
    if place not in _PLACES:
        return {}
    kept = _unpacked(context.instance, place)
    if seen.mark({stream: seen.pack(days) for stream, days in kept.items()}) != mark:
        context.log.warning("what was seen of landing is lost; every day is reported once more")
        return {}
    return kept


def _unpacked(instance: dg.DagsterInstance, place: str) -> dict[str, dict[date, str]]:
    slots = {_slot(place, stream): stream for stream in tables.STREAMS}
    found = instance.daemon_cursor_storage.get_cursor_values(set(slots))
    return {slots[slot]: seen.unpack(text) for slot, text in found.items()}


def _slot(place: str, stream: str) -> str:
    return f"new_feedback/{place}/{stream}"
