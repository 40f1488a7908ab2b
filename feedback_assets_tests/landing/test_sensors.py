from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.dagster_kit.resources import utc_now
from feedback_assets.definitions import build_resources
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake
from feedback_assets.landing import assets, sensors
from feedback_assets.landing.assets import bronze
from feedback_assets.landing.day_fingerprints import changed_days, pack, unpack
from feedback_assets.landing.sensors import new_feedback
from feedback_assets.landing.writer import write_object

DAYS = st.dictionaries(
    st.dates(date(2016, 1, 1), date(2026, 1, 1)), st.text("0123456789abcdef", min_size=12, max_size=12)
)
LINE = b'{"event_id":"%d","source":"s","payload":{}}'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    return str(tmp_path / "landing")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def _tick(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    settings = load()
    resources = {"settings": settings, "landing": Landing(settings.landing_root), "clock": utc_now}
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources) as context:
        return new_feedback(context)  # type: ignore[return-value]


def _reported(result: dg.SensorResult) -> list[tuple[str, str | None]]:
    return [(event.asset_key.to_user_string(), event.partition) for event in result.asset_events or []]  # type: ignore[union-attr]


@given(DAYS)
def test_what_was_seen_comes_back_small(days: dict[date, str]) -> None:
    packed = pack(days)
    assert changed_days(unpack(packed), days) == []
    assert len(packed) <= 16 * len(days)


@given(DAYS, DAYS)
def test_exactly_the_days_that_differ_have_changed(before: dict[date, str], now: dict[date, str]) -> None:
    different = {day for day in {*before, *now} if before.get(day, "")[:8] != now.get(day, "")[:8]}
    assert changed_days(before, now) == sorted(different)


def test_only_days_whose_objects_changed_are_reported(root: str, instance: dg.DagsterInstance) -> None:
    for day in (1, 2, 3):
        write_object(Landing(root), "feedback", date(2024, 5, day), "s-1.jsonl", [LINE % day])
    write_object(Landing(root), "catalog", date(2024, 5, 1), "s-1.jsonl", [LINE % 9])
    first = _tick(instance, None)
    assert _reported(first) == [
        ("landing/feedback", "2024-05-01"), ("landing/feedback", "2024-05-02"), ("landing/feedback", "2024-05-03"),
        ("landing/catalog", "2024-05-01"),
    ]  # fmt: skip
    assert _reported(_tick(instance, first.cursor)) == []
    write_object(Landing(root), "feedback", date(2024, 5, 2), "s-2.jsonl", [LINE % 4])
    assert _reported(_tick(instance, first.cursor)) == [("landing/feedback", "2024-05-02")]  # type: ignore[union-attr]


def test_a_tick_that_failed_after_reading_reports_the_same_again(root: str, instance: dg.DagsterInstance) -> None:
    write_object(Landing(root), "feedback", date(2024, 5, 1), "s-1.jsonl", [LINE % 1])
    cursor = _tick(instance, None).cursor  # type: ignore[union-attr]
    write_object(Landing(root), "feedback", date(2024, 5, 2), "s-1.jsonl", [LINE % 2])
    lost = _tick(instance, cursor)
    assert _reported(_tick(instance, cursor)) == _reported(lost) == [("landing/feedback", "2024-05-02")]


def test_a_day_outside_the_partitions_is_left_alone(root: str, instance: dg.DagsterInstance) -> None:
    write_object(Landing(root), "feedback", date(1999, 1, 1), "s-1.jsonl", [LINE % 1])
    write_object(Landing(root), "feedback", date(2099, 1, 1), "s-1.jsonl", [LINE % 2])
    write_object(Landing(root), "feedback", date(2024, 5, 1), "s-1.jsonl", [LINE % 3])
    assert _reported(_tick(instance, None)) == [("landing/feedback", "2024-05-01")]


def test_three_thousand_days_leave_a_short_cursor(root: str, instance: dg.DagsterInstance) -> None:
    start = date(2017, 1, 1)
    for number in range(3000):
        folder = Path(root) / "feedback" / f"day={start + timedelta(days=number)}"
        folder.mkdir(parents=True)
        (folder / "s-1.jsonl").write_bytes(LINE % number + b"\n")
    result = _tick(instance, None)
    assert len(_reported(result)) == 3000
    assert len(result.cursor or "") < 100  # type: ignore[union-attr]
    assert _reported(_tick(instance, result.cursor)) == []


def test_bronze_rebuilds_exactly_the_days_asked_for(root: str, tmp_path: Path, instance: dg.DagsterInstance) -> None:
    for day in (1, 2, 3):
        write_object(Landing(root), "feedback", date(2024, 5, day), "s-1.jsonl", [LINE % day, b"no envelope"])
    window = {"dagster/asset_partition_range_start": "2024-05-01", "dagster/asset_partition_range_end": "2024-05-02"}
    (feedback,) = [asset for asset in bronze if asset.key.path == ["bronze", "feedback"]]
    for _ in range(2):
        assert dg.materialize([feedback], instance=instance, resources=build_resources(load()), tags=window).success
    rows = Lake(str(tmp_path / "lake")).read(tables.BRONZE_FEEDBACK)
    assert sorted(rows["day"].astype(str)) == ["2024-05-01"] * 2 + ["2024-05-02"] * 2
    assert rows["problem"].notna().sum() == 2


# Listed in a module is how the code location finds them; the loader says it is in preview.
@pytest.mark.filterwarnings("ignore:.*load_definitions_from_modules")
def test_the_room_loads_as_a_code_location_and_its_sensor_ticks(root: str, instance: dg.DagsterInstance) -> None:
    write_object(Landing(root), "releases", date(2024, 5, 1), "s-1.jsonl", [LINE % 1])
    rooms = dg.load_definitions_from_modules([assets, sensors], resources=build_resources(load()))
    repository = rooms.get_repository_def()
    keys = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    assert keys == {f"{layer}/{stream}" for layer in ("landing", "bronze") for stream in tables.STREAMS}
    resources = build_resources(load())
    sensor = repository.get_sensor_def("new_feedback")
    given = {key: resources[key] for key in sensor.required_resource_keys}
    with dg.build_sensor_context(instance=instance, repository_def=repository, resources=given) as context:
        tick = sensor.evaluate_tick(context)
    assert [event.partition for event in tick.asset_events] == ["2024-05-01"]  # type: ignore[union-attr]
