from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from feedback_assets.config.settings import load
from feedback_assets.definitions import build_defs

NOW = datetime(2025, 3, 30, 12)
TODAY = "2025-03-30"
# The sensor itself knows no other time than the clock's.
TODAY_THERE = str(datetime.now(UTC).date())
DEFS = build_defs(load())
# Dagster calls its own deprecated function when it evaluates a sensor in user code.
WITHIN_DAGSTER = pytest.mark.filterwarnings("ignore:.*AssetSelection.keys:DeprecationWarning")
REPOSITORY = DEFS.get_repository_def()
ADVISORY = {
    key for key in DEFS.resolve_asset_graph().asset_check_keys if not DEFS.resolve_asset_graph().get(key).blocking
}  # fmt: skip
BY_DAY = [
    key for key in DEFS.resolve_asset_graph().materializable_asset_keys
    if DEFS.resolve_asset_graph().get(key).is_partitioned
]  # fmt: skip
FEEDBACK_PATH = [
    dg.AssetKey(list(name.split("/")))
    for name in (
        "bronze/feedback", "silver/feedback", "gold/items", "gold/issues", "gold/clusters", "gold/cluster_members",
        "gold/priority", "tickets/ticket_batch", "tickets/deliveries",
    )
]  # fmt: skip


class Daemon:
    """The automation sensor's ticks over simulated arrivals."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor = None
        self.runs_cursor: str | None = None

    def tick(self) -> dict[dg.AssetKey, set[str]]:
        # What the sensor `changed_days` looks at.
        looked_at = dg.AssetSelection.all().materializable()
        result = dg.evaluate_automation_conditions(
            DEFS, self.instance, asset_selection=looked_at, evaluation_time=NOW, cursor=self.cursor
        )
        self.cursor = result.cursor
        return {key: set(result.get_requested_partitions(key)) for key in BY_DAY}

    def run_requests(self) -> list[dg.RunRequest]:
        """What the sensor would start, from the same state on."""
        everything = dg.AssetSelection.all().materializable()
        with pytest.warns(dg.BetaWarning, match="use_user_code_server"):
            sensor = dg.AutomationConditionSensorDefinition("looks", target=everything, use_user_code_server=True)
        context = dg.build_sensor_context(self.instance, cursor=self.runs_cursor, repository_def=REPOSITORY)
        told = sensor.evaluate_tick(context)
        self.runs_cursor = told.cursor
        return list(told.run_requests or [])

    def land(self, day: str, stream: str = "feedback") -> None:
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(dg.AssetKey(["landing", stream]), partition=day)
        )

    def compute(self, asked: dict[dg.AssetKey, set[str]]) -> None:
        for key, days in asked.items():
            for day in days:
                self.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=day))

    def start_run(self, asked: dict[dg.AssetKey, set[str]]) -> dg.DagsterRun:
        job = DEFS.resolve_implicit_global_asset_job_def()
        (day,) = asked[dg.AssetKey(["tickets", "deliveries"])]
        return self.instance.create_run_for_job(
            job, tags={"dagster/partition": day}, asset_selection=frozenset(asked), status=dg.DagsterRunStatus.STARTED
        )


@pytest.fixture
def daemon():
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(instance)


def days(first: str, count: int) -> set[str]:
    start = date.fromisoformat(first)
    return {str(start + timedelta(days=n)) for n in range(count)}


def test_nothing_is_asked_for_when_nothing_landed(daemon: Daemon):
    assert not any(daemon.tick().values())


def test_one_new_day_asks_for_the_whole_chain_in_one_tick(daemon: Daemon):
    daemon.tick()
    daemon.land(TODAY)
    asked = daemon.tick()
    assert all(asked[key] == {TODAY} for key in FEEDBACK_PATH)
    assert not any(daemon.tick().values())


def test_a_day_is_asked_for_once_and_not_again_when_it_is_done(daemon: Daemon):
    daemon.tick()
    daemon.land(TODAY)
    daemon.compute(daemon.tick())
    assert not any(daemon.tick().values())


def test_files_that_landed_before_the_first_tick_are_not_lost(daemon: Daemon):
    daemon.land(TODAY)
    asked = daemon.tick()
    assert all(asked[key] == {TODAY} for key in FEEDBACK_PATH)


def test_a_gap_of_three_days_without_feedback_stops_nothing(daemon: Daemon):
    daemon.tick()
    daemon.land("2025-03-26")
    daemon.compute(daemon.tick())
    daemon.tick()
    daemon.land(TODAY)
    asked = daemon.tick()
    assert all(TODAY in asked[key] for key in FEEDBACK_PATH)


def test_a_late_review_asks_for_its_day_and_for_what_looks_back_on_it(daemon: Daemon):
    daemon.tick()
    daemon.land("2025-01-01")
    asked = daemon.tick()
    assert all(asked[key] == days("2025-01-01", 57) for key in BY_DAY)


def test_yesterdays_feedback_asks_every_asset_for_the_same_days_so_that_they_are_one_run(daemon: Daemon):
    daemon.tick()
    daemon.land("2025-03-29")
    asked = daemon.tick()
    assert all(asked[key] == {"2025-03-29", TODAY} for key in BY_DAY)


def test_a_catalog_edit_asks_for_the_whole_chain_too(daemon: Daemon):
    daemon.tick()
    daemon.land(TODAY, "catalog")
    asked = daemon.tick()
    assert all(asked[key] == {TODAY} for key in BY_DAY)


def test_feedback_that_lands_during_a_run_is_asked_for_when_the_run_is_over(daemon: Daemon):
    daemon.tick()
    daemon.land(TODAY)
    asked = daemon.tick()
    run = daemon.start_run(asked)
    daemon.land(TODAY)
    assert not any(daemon.tick().values())
    assert not any(daemon.tick().values())
    daemon.compute(asked)
    daemon.instance.report_run_failed(run)  # any end will do
    assert all(day == {TODAY} for day in daemon.tick().values())


@WITHIN_DAGSTER
def test_a_run_of_one_new_day_takes_the_advisory_checks_along(daemon: Daemon):
    daemon.run_requests()
    daemon.land(TODAY_THERE)
    (request,) = daemon.run_requests()
    assert request.partition_key == TODAY_THERE
    assert set(request.asset_selection or []) == set(BY_DAY)
    assert set(request.asset_check_keys or []) == DEFS.resolve_asset_graph().asset_check_keys
    assert {"volume", "review_share", "drift_label_mix"} <= {key.name for key in ADVISORY}
    assert not daemon.run_requests()


@WITHIN_DAGSTER
def test_a_range_is_one_backfill_and_no_run_of_checks_beside_it(daemon: Daemon):
    daemon.run_requests()
    daemon.land(str(date.fromisoformat(TODAY_THERE) - timedelta(days=1)))
    (request,) = daemon.run_requests()
    assert request.asset_graph_subset is not None
    assert not daemon.run_requests()
