"""A file dropped into landing becomes a ticket file: sensor, automation and run, on a real home, nobody touching it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.definitions import build_defs, build_resources
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake
from feedback_assets.landing.sensors import new_feedback, remember_carried
from feedback_assets_tests.crash.small import few_prompts

TODAY = datetime.now(UTC).date()
CALM = (
    "Fast delivery, thank you.",
    "Good value and nice colour.",
    "The courier was friendly.",
    "A gift, they loved it.",
)
ANGRY = (
    "The hoodie runs two sizes too small, the size chart is wrong.",
    "Hoodie is far too small, my usual size does not fit.",
    "Much smaller than the size chart says, returned the hoodie.",
    "Hoodie is too tight, it runs at least one size small.",
)


class Machine:
    """One installation: its home, its Dagster instance, and what the daemon would do at each tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.settings = load()
        self.defs = build_defs(self.settings)
        resources = build_resources(self.settings)
        self.sensor_resources = {key: resources[key] for key in ("settings", "landing", "clock")}
        self.instance = instance
        self.landing_cursor: str | None = None
        self.automation_cursor = None

    def drop(self, day: date, texts: list[str], rating: int, name: str = "shop-1") -> None:
        """Write one landing object by another name and rename it, as any writer does."""
        folder = Path(self.settings.landing_root) / "feedback" / f"day={day}"
        folder.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        for number, text in enumerate(texts):
            at = (datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
            lines.append(json.dumps({
                "event_id": f"{name}-{day}-{number}", "source": "shop", "channel": "product_review", "occurred_at": at,
                "received_at": at, "payload": {"text": text, "rating": rating, "product_id": "P77"},
            }))  # fmt: skip
        hidden = folder / f".{name}"
        hidden.write_text("\n".join(lines) + "\n", encoding="utf-8")
        hidden.rename(folder / f"{name}.jsonl")

    def reported(self) -> list[str]:
        """One tick of the landing sensor; the days it reports."""
        context = dg.build_sensor_context(self.instance, cursor=self.landing_cursor, resources=self.sensor_resources)
        told = new_feedback(context)
        if isinstance(told, dg.SkipReason):
            return []
        assert isinstance(told, dg.SensorResult)
        for event in told.asset_events:
            assert isinstance(event, dg.AssetMaterialization)
            self.instance.report_runless_asset_event(event)
        self.landing_cursor = told.cursor
        return [str(event.partition) for event in told.asset_events]

    def asked(self) -> dict[str, set[str]]:
        """One tick of the automation sensor; the days it asks each table for."""
        looked_at = dg.AssetSelection.all().materializable()
        now = datetime.now(UTC)
        # The days of these tests are counted from one day, also where midnight passes while they run.
        at = now if now.date() == TODAY else datetime(TODAY.year, TODAY.month, TODAY.day, 23, 59, 59, tzinfo=UTC)
        result = dg.evaluate_automation_conditions(
            self.defs,
            self.instance,
            asset_selection=looked_at,
            evaluation_time=at,
            cursor=self.automation_cursor,
        )
        self.automation_cursor = result.cursor
        graph = self.defs.resolve_asset_graph()
        by_day = [key for key in graph.materializable_asset_keys if graph.get(key).is_partitioned]
        found = {key.to_user_string(): set(result.get_requested_partitions(key)) for key in by_day}
        return {name: days for name, days in found.items() if days}

    def run(self, days: set[str], tags: dict[str, str]) -> dg.ExecuteInProcessResult:
        window = {"dagster/asset_partition_range_start": min(days), "dagster/asset_partition_range_end": max(days)}
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        job = self.defs.resolve_job_def("every_room")
        return job.execute_in_process(run_config=quiet, instance=self.instance, tags={**window, **tags})

    def tickets(self) -> list[str]:
        return sorted(path.name for path in self.settings.tickets_dir.glob("*.md"))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(few_prompts(tmp_path / "prompts")))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Machine(instance)


# The tags that Dagster gives the runs of a backfill which automation asked for, and of one that a person started.
BY_AUTOMATION = {"dagster/backfill": "abc", "dagster/from_automation_condition": "true"}
BY_A_PERSON = {"dagster/backfill": "abc"}


@pytest.fixture
def burst(machine: Machine) -> Callable[[], set[str]]:
    """Two calm weeks, then forty complaints on one product; gives the days that automation asks every table for."""

    def drop() -> set[str]:
        machine.reported()
        machine.asked()
        for back in range(14, 0, -1):
            machine.drop(TODAY - timedelta(days=back), list(CALM), rating=5)
        machine.drop(TODAY, [f"{ANGRY[n % 4]} Order {n}." for n in range(40)], rating=1)
        machine.reported()
        asked = machine.asked()
        assert len(asked) == sum(table.by_day for table in tables.ALL) - 1  # corrections are written by people
        (days,) = {tuple(sorted(days)) for days in asked.values()}
        return set(days)

    return drop


def test_a_dropped_file_becomes_a_ticket_file(machine: Machine, burst: Callable[[], set[str]]):
    days = burst()
    assert days == {str(TODAY - timedelta(days=back)) for back in range(15)}
    assert machine.run(days, BY_AUTOMATION).success
    texts = [(machine.settings.tickets_dir / name).read_text(encoding="utf-8") for name in machine.tickets()]
    assert any("size" in text.lower() for text in texts)
    assert not machine.reported()
    assert not machine.asked()


def test_a_backfill_that_a_person_starts_only_proposes(machine: Machine, burst: Callable[[], set[str]]):
    assert machine.run(burst(), BY_A_PERSON).success
    assert not machine.tickets()
    receipts = Lake(machine.settings.lake_root).read(tables.TICKET_DELIVERIES)
    assert set(receipts["outcome"]) == {"proposed"}


def test_days_that_feedback_run_carried_are_not_reported_again_until_they_change(machine: Machine):
    root = machine.settings.landing_root
    machine.drop(TODAY, list(CALM), rating=5)
    machine.drop(TODAY - timedelta(days=1), list(CALM), rating=5)
    landed = {stream: Landing(root).days(stream) for stream in tables.STREAMS}
    remember_carried(machine.instance, landed, {TODAY})
    assert machine.reported() == [str(TODAY - timedelta(days=1))]
    machine.drop(TODAY, list(ANGRY), rating=1, name="shop-2")
    assert machine.reported() == [str(TODAY)]
