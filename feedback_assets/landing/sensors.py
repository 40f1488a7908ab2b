"""Watches landing and reports the days that changed, so that automation asks for them."""

# Without `from __future__ import annotations`: Dagster wants the annotation of a resource as a type, not as text.

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date

import dagster as dg

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.automation import landing_key
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.day_fingerprints import combined_hash, pack, short, unpack
from feedback_assets.landing.sweep import Cursor, Place, Seen, look, parse_cursor

# The known fingerprints lie beside the cursor, in one of two places by turns: Dagster copies the cursor into every
# tick, and a tick that fails after the new ones were stored must still find the old ones.
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
    """Look at as many days as a tick has time for, see `sweep`, and report those whose objects differ from before."""
    cursor = parse_cursor(context.cursor)
    known = _known(context, cursor)
    seen = look(landing, known, cursor, clock(), tables.STREAMS, time.monotonic)
    partitions = settings.first_day, clock().date()
    events = list(_events(context, known, carried_days(context.instance), seen.fingerprints, partitions))
    packed = {stream: pack(_updated(stream, known.get(stream, {}), seen)) for stream in tables.STREAMS}
    known_hash, place = combined_hash(packed), cursor.place
    if known_hash != cursor.known_hash:
        place = _PLACES[place == _PLACES[0]]
        context.instance.daemon_cursor_storage.set_cursor_values(
            {_slot(place, stream): text for stream, text in packed.items()}
        )
    after = replace(seen.cursor, place=place, known_hash=known_hash).to_text()
    if not events:
        return dg.SensorResult(skip_reason="nothing new has landed", cursor=after)
    return dg.SensorResult(asset_events=events, cursor=after)


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
        _slot(_CARRIED, stream): pack(
            {**known.get(stream, {}), **{day: value for day, value in days.items() if day in carried}}
        )
        for stream, days in landed.items()
    }
    instance.daemon_cursor_storage.set_cursor_values(values)


def _events(
    context: dg.SensorEvaluationContext,
    known: Mapping[str, Mapping[date, str]],
    carried: Mapping[str, Mapping[date, str]],
    seen: Mapping[Place, str],
    partitions: tuple[date, date],
) -> Iterator[dg.AssetMaterialization]:
    first, last = partitions
    order = {stream: number for number, stream in enumerate(tables.STREAMS)}
    for (stream, day), fingerprint in sorted(seen.items(), key=lambda entry: (order[entry[0][0]], entry[0][1])):
        before = short(known.get(stream, {}).get(day))
        if fingerprint in (before, short(carried.get(stream, {}).get(day)) or None):
            continue
        if not first <= day <= last:
            context.log.warning(
                f"landing/{stream}/day={day} is outside the partitions {first} to {last} and is left alone; "
                "set FEEDBACK_FIRST_DAY earlier, or file its events under the day they arrived"
            )
            continue
        yield dg.AssetMaterialization(
            landing_key(stream),
            partition=str(day),
            description="objects changed",
            metadata={"fingerprint": fingerprint or "gone"},
        )


def _updated(stream: str, known: Mapping[date, str], seen: Seen) -> dict[date, str]:
    """The fingerprints that are known after a tick; a day without objects has none."""
    days = {**known, **{day: value for (name, day), value in seen.fingerprints.items() if name == stream}}
    return {day: value for day, value in days.items() if value}


def _known(context: dg.SensorEvaluationContext, cursor: Cursor) -> dict[str, dict[date, str]]:
    """The fingerprints that the cursor names; nothing when they are not there: every day is reported once more."""
    if cursor.place not in _PLACES:
        return {}
    known = _unpacked(context.instance, cursor.place)
    if combined_hash({stream: pack(days) for stream, days in known.items()}) != cursor.known_hash:
        context.log.warning("the known fingerprints of landing are lost; every day is reported once more")
        return {}
    return known


def _unpacked(instance: dg.DagsterInstance, place: str) -> dict[str, dict[date, str]]:
    slots = {_slot(place, stream): stream for stream in tables.STREAMS}
    values = instance.daemon_cursor_storage.get_cursor_values(set(slots))
    return {slots[slot]: unpack(text) for slot, text in values.items()}


def _slot(place: str, stream: str) -> str:
    return f"new_feedback/{place}/{stream}"
