"""`feedback upgrade`: steps in order, once, again and after a kill; who refuses a home that waits for one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.lake import layout
from feedback_assets.lake.lease import LeaseHeldError, held
from feedback_assets.lake.store import Lake
from feedback_assets.orchestration.upgrade import FILE_STEPS, LAKE_STEPS, Home, Step, pending, upgrade

DAY = date(2025, 3, 1)
OLD_INSTANCE = "telemetry:\n  enabled: false\n# Four cores.\nconcurrency:\n  runs:\n    max_concurrent_runs: 4\n"
ROW = {"day": DAY, "category": "c", "product_id": "-", "region": "-", "channel": "survey", "language": "en",
       "app_version": "-", "issues": 1, "negative": 0, "severity_sum": 1.0}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def write(lake: Lake) -> None:
    lake.write_days(tables.GOLD_DAILY_COUNTS, pd.DataFrame([ROW]), DAY, DAY + timedelta(days=1), {})


def old_home(settings: Settings) -> None:
    """A lake with a table and no mark, and a dagster.yaml of a version that knew no threads for sensors."""
    write(Lake(settings.lake_root, changes=None))
    settings.dagster_dir.mkdir(parents=True)
    (settings.dagster_dir / "dagster.yaml").write_text(OLD_INSTANCE, encoding="utf-8")


class Notes:
    """Steps that leave a file each, and one of which can be made to fail in its middle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fails = ""

    def step(self, name: str) -> Step:
        return Step(name, f"{name} is made", lambda _: not (self.folder / name).exists(), lambda _: self._make(name))

    def _make(self, name: str) -> str:
        if name == self.fails:
            raise OSError("killed in the middle")
        (self.folder / name).write_text("done", encoding="utf-8")
        return f"{name} made"


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


def command(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FEEDBACK_HOME": str(settings.home)}
    return subprocess.run(
        [sys.executable, "-m", "feedback_assets.cli.main", *words], env=environment, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


def test_every_change_of_the_lake_has_a_step_in_its_order():
    assert tuple(step.name for step in LAKE_STEPS) == layout.CHANGES
    names = [step.name for step in (*LAKE_STEPS, *FILE_STEPS)]
    assert len(names) == len(set(names))


def test_a_fresh_home_needs_no_upgrade_and_its_first_write_marks_it(settings: Settings):
    assert pending(settings) == []
    write(Lake(settings.lake_root))
    assert layout.recorded(settings.lake_root, {}) == layout.CHANGES
    assert pending(settings) == []


def test_steps_run_in_order_and_a_second_time_finds_nothing(settings: Settings, notes: Notes):
    old_home(settings)
    steps = [notes.step("first"), notes.step("second")]
    done = list(upgrade(settings, lake_steps=steps))
    assert [(result.name, result.done) for result in done[:2]] == [("first", "first made"), ("second", "second made")]
    assert done[2].name == "sensor_threads"
    assert list(upgrade(settings, lake_steps=steps)) == []


def test_a_dry_run_says_what_is_needed_and_changes_nothing(settings: Settings, notes: Notes):
    old_home(settings)
    told = list(upgrade(settings, dry_run=True, lake_steps=[notes.step("first")]))
    assert [(result.name, result.needed, result.done) for result in told] == [
        ("first", True, ""), ("sensor_threads", True, "")
    ]  # fmt: skip
    assert not (notes.folder / "first").exists()
    assert layout.recorded(settings.lake_root, {}) is None
    assert (settings.dagster_dir / "dagster.yaml").read_text(encoding="utf-8") == OLD_INSTANCE


def test_after_a_kill_in_the_middle_the_rest_is_done_and_nothing_twice(settings: Settings, notes: Notes):
    old_home(settings)
    steps = [notes.step("first"), notes.step("second")]
    notes.fails = "second"
    with pytest.raises(OSError, match="killed"):
        list(upgrade(settings, lake_steps=steps))
    assert layout.recorded(settings.lake_root, {}) == ("first",)
    notes.fails = ""
    assert [result.name for result in upgrade(settings, lake_steps=steps)] == ["second", "sensor_threads"]


def test_a_step_without_anything_to_do_is_recorded_so_that_it_is_asked_once(settings: Settings, notes):
    old_home(settings)
    (notes.folder / "first").touch()
    done = list(upgrade(settings, lake_steps=[notes.step("first")]))
    assert (done[0].needed, done[0].done) == (False, "")
    assert layout.recorded(settings.lake_root, {}) == ("first",)


def test_two_upgrades_at_once_are_one(settings: Settings):
    old_home(settings)
    with held(settings.lake_root, "upgrade", "another", lambda: datetime.now(UTC), 60), pytest.raises(LeaseHeldError):
        list(upgrade(settings))


def test_nothing_is_written_into_a_lake_of_an_older_version(settings: Settings):
    old_home(settings)
    before = sorted(Path(settings.lake_root).rglob("*"))
    with pytest.raises(layout.LayoutError, match=r"it lacks: receipts.*`feedback upgrade`"):
        write(Lake(settings.lake_root, changes=["receipts"]))
    assert sorted(Path(settings.lake_root).rglob("*")) == before


def test_a_lake_of_a_newer_version_is_refused(settings: Settings):
    write(Lake(settings.lake_root))
    layout.record(settings.lake_root, {}, [*layout.CHANGES, "later"])
    with pytest.raises(layout.LayoutError, match=r"newer version.*later"):
        write(Lake(settings.lake_root))
    with pytest.raises(layout.LayoutError, match="newer version"):
        list(upgrade(settings))


def test_an_answer_that_is_no_mark_is_refused_by_name(settings: Settings):
    Path(settings.lake_root).mkdir(parents=True)
    Path(settings.lake_root, layout.FILE).write_text("<html>Welcome</html>", encoding="utf-8")
    with pytest.raises(layout.LayoutError, match=r"_layout\.json: is not a layout mark"):
        pending(settings)


def test_an_old_home_is_refused_by_run_named_by_doctor_and_opened_by_upgrade(settings: Settings):
    old_home(settings)
    refused = command(settings, "run")
    assert refused.returncode == 2
    assert "sensor_threads" in refused.stderr and "`feedback upgrade`" in refused.stderr
    findings = {one["what"]: one for one in json.loads(command(settings, "doctor", "--json").stdout)}
    assert not findings["layout"]["good"] and "`feedback upgrade`" in findings["layout"]["message"]
    planned = json.loads(command(settings, "upgrade", "--dry-run", "--json").stdout)
    done = json.loads(command(settings, "upgrade", "--json").stdout)
    assert [step["name"] for step in planned] == [step["name"] for step in done]
    assert all(step["done"] for step in done if step["needed"])
    assert "# Four cores." in (settings.dagster_dir / "dagster.yaml").read_text(encoding="utf-8")
    assert command(settings, "upgrade").stdout == "Nothing to upgrade.\n"
    ran = command(settings, "run")
    assert ran.returncode == 0, ran.stderr


def test_the_home_given_to_a_step_may_be_written(settings: Settings):
    old_home(settings)
    later = DAY + timedelta(days=1)

    def add(home: Home) -> str:
        frame = pd.DataFrame([{**ROW, "day": later}])
        home.lake.write_days(tables.GOLD_DAILY_COUNTS, frame, later, later + timedelta(days=1), {})
        return "one row added"

    list(upgrade(settings, lake_steps=[Step("second_day", "a day more", lambda _: True, add)]))
    assert Lake(settings.lake_root).days(tables.GOLD_DAILY_COUNTS) == {DAY, later}
