"""How the sensor of landing comes through any number of days: in slices, over a disk and over a slow store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.files.landing_files import Landing, folder
from feedback_assets.landing.day_fingerprints import pack
from feedback_assets.landing.sensors import new_feedback
from feedback_assets.landing.sweep import ROUND, Cursor, Known, Seen, look, parse_cursor
from feedback_assets.landing.writer import write_object
from feedback_assets_tests.lake import stores

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = stores.FIRST
STREAMS = tables.STREAMS
DAYS, OBJECTS = 200, 3


@pytest.fixture(scope="module")
def slow_store() -> Iterator[str]:
    """A store with 200 days of three objects that takes a fifth of a second for each request."""
    with stores.serving("slow", "0.2", str(DAYS), str(OBJECTS)) as url:
        yield url


def known_after(known: Known, seen: Seen) -> dict[str, dict[date, str]]:
    after = {stream: dict(days) for stream, days in known.items()}
    for (stream, day), value in seen.fingerprints.items():
        after.setdefault(stream, {})[day] = value
        if not value:
            del after[stream][day]
    return after


class Sensor:
    """Ticks one after the other, each with the state that the one before left."""

    def __init__(self, landing: Landing, budget: float) -> None:
        self.landing, self.budget = landing, budget
        self.known: dict[str, dict[date, str]] = {}
        self.cursor, self.now = Cursor(), NOW

    def tick(self) -> list[date]:
        """The days of the stream `feedback` that changed."""
        self.now += timedelta(seconds=30)
        seen = look(self.landing, self.known, self.cursor, self.now, STREAMS, time.monotonic, self.budget)
        before, self.known = self.known, known_after(self.known, seen)
        self.cursor = parse_cursor(seen.cursor.to_text())
        old, new = before.get("feedback", {}), self.known.get("feedback", {})
        return sorted(day for day in {*old, *new} if old.get(day) != new.get(day))


def land(root: Path, day: date, name: str = "s-1.jsonl") -> None:
    where = root / folder("feedback", day)
    where.mkdir(parents=True, exist_ok=True)
    (where / name).write_bytes(b"{}\n")


def test_a_slow_store_is_seen_in_slices_the_newest_days_first_and_each_day_once(slow_store: str) -> None:
    sensor = Sensor(Landing("s3://bucket/landing", stores.options(slow_store)), 0.7)
    newest = FIRST + timedelta(days=DAYS - 1)
    ticks = [sensor.tick()]
    assert newest in ticks[0] and len(ticks[0]) < DAYS / 2
    while len(sensor.known["feedback"]) < DAYS:
        started = time.monotonic()
        ticks.append(sensor.tick())
        assert ticks[-1]
        assert time.monotonic() - started < 15  # a busy machine; the store itself needs under two seconds
    assert sum(map(len, ticks)) == DAYS and len(ticks) > 2
    for _ in range(40):  # the first round comes to its end and reports nothing twice
        if not sensor.cursor.position:
            break
        assert sensor.tick() == []
    assert not sensor.cursor.position


def test_a_late_object_on_an_old_day_of_a_store_is_seen_within_a_round(slow_store: str) -> None:
    landing = Landing("s3://bucket/landing", stores.options(slow_store))
    sensor = Sensor(landing, 30)
    sensor.tick()
    assert not sensor.cursor.position
    old, newest = FIRST + timedelta(days=3), FIRST + timedelta(days=DAYS - 1)
    assert write_object(landing, "feedback", old, "late-1.jsonl", [b"{}"])
    assert write_object(landing, "feedback", newest, "late-1.jsonl", [b"{}"])
    assert sensor.tick() == [newest]
    sensor.now += ROUND
    assert sensor.tick() == [old]


def test_a_file_on_any_day_of_a_disk_is_seen_in_the_next_tick_without_looking_at_the_others(tmp_path: Path) -> None:
    for number in range(300):
        land(tmp_path, FIRST + timedelta(days=number))
    sensor = Sensor(Landing(str(tmp_path)), 60)
    assert len(sensor.tick()) == 300
    time.sleep(2.1)  # folders changed within two seconds count as changed at once
    land(tmp_path, FIRST + timedelta(days=5), "late.jsonl")
    sensor.tick()
    land(tmp_path, FIRST + timedelta(days=7), "late.jsonl")
    seen = look(sensor.landing, sensor.known, sensor.cursor, sensor.now, STREAMS, time.monotonic)
    assert ("feedback", FIRST + timedelta(days=7)) in seen.fingerprints
    assert len(seen.fingerprints) < 10


def test_a_day_that_lost_its_objects_is_seen_as_gone(tmp_path: Path) -> None:
    land(tmp_path, FIRST)
    land(tmp_path, FIRST + timedelta(days=1))
    sensor = Sensor(Landing(str(tmp_path)), 60)
    sensor.tick()
    (tmp_path / folder("feedback", FIRST) / "s-1.jsonl").unlink()
    assert sensor.tick() == [FIRST]
    (tmp_path / folder("feedback", FIRST)).rmdir()
    assert sensor.tick() == []
    assert list(sensor.known["feedback"]) == [FIRST + timedelta(days=1)]


def test_without_any_time_left_a_tick_still_goes_on(tmp_path: Path) -> None:
    for number in range(100):
        land(tmp_path, FIRST + timedelta(days=number))
    sensor = Sensor(Landing(str(tmp_path)), 0)
    for _ in range(20):
        sensor.tick()
    assert len(sensor.known["feedback"]) == 100


@pytest.mark.parametrize("text", [None, "", "nonsense", "a:b:c", "a:b:c:d:e"])
def test_a_cursor_that_nobody_wrote_is_the_beginning(text: str | None) -> None:
    assert parse_cursor(text) == Cursor()


def test_cursors_are_short_and_read_back_also_those_of_older_versions() -> None:
    cursor = Cursor("a", "0123456789abcdef", "ticket_events/2026-01-01", 1_796_059_960, 1_796_059_960_795_123_456)
    assert parse_cursor(cursor.to_text()) == cursor
    assert len(cursor.to_text()) < 100
    assert parse_cursor("b:0123456789abcdef") == Cursor("b", "0123456789abcdef")


def tick(instance: dg.DagsterInstance, landing: Landing, cursor: str | None) -> dg.SensorResult:
    resources = {"settings": load(), "landing": landing, "clock": lambda: NOW}
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources) as context:
        return new_feedback(context)  # type: ignore[return-value]


def test_what_an_older_version_had_seen_is_not_reported_again(tmp_path: Path) -> None:
    from feedback_assets.landing.day_fingerprints import combined_hash

    for number in range(3):
        land(tmp_path, FIRST + timedelta(days=number))
    landing = Landing(str(tmp_path))
    packed = {stream: pack(landing.days(stream)) for stream in STREAMS}
    with dg.DagsterInstance.ephemeral() as instance:
        slots = {f"new_feedback/a/{stream}": text for stream, text in packed.items()}
        instance.daemon_cursor_storage.set_cursor_values(slots)
        result = tick(instance, landing, f"a:{combined_hash(packed)}")
        assert not result.asset_events
        land(tmp_path, FIRST, "late.jsonl")
        again = tick(instance, landing, result.cursor)
        assert [event.partition for event in again.asset_events or []] == [str(FIRST)]  # type: ignore[union-attr]


def _all_seen(landing: Landing, days: int) -> tuple[list[float], int, str]:
    """Seconds of each tick until every day is reported, days reported, and the last cursor."""
    seconds: list[float] = []
    reported, cursor = 0, None
    with dg.DagsterInstance.ephemeral() as instance:
        while reported < days and len(seconds) < 20:
            started = time.monotonic()
            result = tick(instance, landing, cursor)
            seconds.append(time.monotonic() - started)
            reported, cursor = reported + len(result.asset_events or []), result.cursor
        landing_day = FIRST + timedelta(days=days - 1)
        assert write_object(landing, "feedback", landing_day, "new-1.jsonl", [b"{}"])
        result = tick(instance, landing, cursor)
        assert str(landing_day) in [event.partition for event in result.asset_events or []]  # type: ignore[union-attr]
    return seconds, reported, cursor or ""


@pytest.mark.slow
def test_two_hundred_thousand_files_are_seen_in_ticks_that_end_in_time(tmp_path: Path) -> None:
    for number in range(2000):
        where = tmp_path / folder("feedback", FIRST + timedelta(days=number))
        where.mkdir(parents=True)
        for each in range(100):
            (where / f"s-{each}.jsonl").touch()
    seconds, reported, cursor = _all_seen(Landing(str(tmp_path)), 2000)
    assert reported == 2000 and max(seconds) < 60 and len(cursor) < 100


@pytest.mark.slow
def test_two_hundred_thousand_objects_of_a_slow_store_are_seen_in_ticks_that_end_in_time() -> None:
    with stores.serving("slow", "0.5", "1000", "200") as url:
        seconds, reported, cursor = _all_seen(Landing("s3://bucket/landing", stores.options(url)), 1000)
    assert reported == 1000 and max(seconds) < 60 and len(cursor) < 100
