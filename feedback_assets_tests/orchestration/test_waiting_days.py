"""Which days wait for a run, found from what changed and not from all of history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.definitions import build_defs
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake
from feedback_assets.landing.writer import write_object
from feedback_assets.orchestration.runner import RunEnvironment
from feedback_assets.orchestration.waiting_days import changed_days, pending_days, reached_days

DAY = date(2025, 3, 1)
LINE = b'{"event_id":"%d","source":"s","payload":{}}'


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def environment(tmp_path: Path, instance: dg.DagsterInstance) -> RunEnvironment:
    settings = Settings(home=tmp_path)
    return RunEnvironment(build_defs(settings), settings, instance)


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


def land(environment: RunEnvironment, offset: int, name: str = "s-1.jsonl") -> None:
    landing = Landing(environment.settings.landing_root)
    write_object(landing, "feedback", day(offset), name, [LINE % offset])


def read_bronze(environment: RunEnvironment, first: int, last: int) -> None:
    keys = [dg.AssetKey(list(table.key)) for table in tables.BRONZE.values()]
    tags = {
        "dagster/asset_partition_range_start": str(day(first)), "dagster/asset_partition_range_end": str(day(last)),
    }  # fmt: skip
    assert environment.job.execute_in_process(instance=environment.instance, asset_selection=keys, tags=tags).success


def carry(environment: RunEnvironment, first: int, last: int, keys: list[dg.AssetKey] | None = None) -> None:
    """Bronze as a run reads it, and the last assets as it would leave them."""
    read_bronze(environment, first, last)
    for key in environment.last_assets if keys is None else keys:
        for offset in range(first, last + 1):
            event = dg.AssetMaterialization(key, partition=str(day(offset)))
            environment.instance.report_runless_asset_event(event)


def changed(environment: RunEnvironment, carried: dict[str, dict[date, str]]) -> set[date]:
    landing = Landing(environment.settings.landing_root)
    return changed_days(Lake(environment.settings.lake_root), landing, environment.landed_days(), carried)


def test_nothing_waits_before_anything_landed(environment: RunEnvironment):
    assert pending_days(environment) == []


def test_landed_days_wait_until_they_are_carried_to_every_end(environment: RunEnvironment):
    land(environment, 0)
    land(environment, 1)
    assert pending_days(environment) == [day(0), day(1)]
    carry(environment, 0, 1)
    assert pending_days(environment) == []


def test_a_day_whose_objects_changed_waits_with_those_that_look_back_on_it(environment: RunEnvironment):
    for offset in (0, 1, 60):
        land(environment, offset)
    carry(environment, 0, 60)
    assert pending_days(environment) == []
    land(environment, 1, "s-2.jsonl")
    assert pending_days(environment) == sorted(reached_days({day(1)}, day(60)))
    assert day(57) in reached_days({day(1)}, day(60)) and day(58) not in reached_days({day(1)}, day(60))


def test_a_day_carried_with_the_same_objects_is_not_read_again(environment: RunEnvironment):
    land(environment, 0)
    land(environment, 1)
    read_bronze(environment, 0, 1)
    Path(environment.settings.landing_root, "feedback", f"day={day(0)}", "s-1.jsonl").rename(
        Path(environment.settings.landing_root, "feedback", f"day={day(0)}", "s-9.jsonl")
    )
    assert changed(environment, {}) == {day(0)}
    as_it_is = environment.landed_days()
    assert changed(environment, as_it_is) == set()


def test_a_table_that_is_gone_is_noticed_although_its_days_were_carried(environment: RunEnvironment):
    land(environment, 0)
    assert changed(environment, environment.landed_days()) == {day(0)}


def test_a_table_that_a_later_version_brings_makes_no_day_of_history_wait(environment: RunEnvironment):
    known, new = environment.last_assets[:-1], environment.last_assets[-1]
    land(environment, 0)
    land(environment, 1)
    carry(environment, 0, 1, known)
    assert pending_days(environment) == []
    land(environment, 2)
    carry(environment, 2, 2)
    assert pending_days(environment) == []
    land(environment, 3)
    carry(environment, 3, 3, known)  # and here the run ended before the new one
    assert pending_days(environment) == [day(3)], new
