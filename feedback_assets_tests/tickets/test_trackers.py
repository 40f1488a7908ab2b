"""Which trackers there are: those of the package, each one file, and those other packages bring as entry points."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import feedback_assets
from feedback_assets.config.settings import load
from feedback_assets.errors import CallError
from feedback_assets.tickets.trackers import open_tracker, tracker_names
from feedback_assets.tickets.trackers.files import FileTracker

CHECKOUT = Path(feedback_assets.__file__).parents[1]
DOES_NOTHING = """
from feedback_assets.tickets.tracker import TrackedTicket, TrackerStatus

def open_tracker(settings):
    return Nothing()

class Nothing:
    name = "nothing"
    def find(self, key): return None
    def status(self, external_id): return None
    def keys(self): return frozenset()
    def create(self, content, stamp):
        return TrackedTicket("N-" + content.key, "nowhere", TrackerStatus.OPEN, content.level)
    def update(self, external_id, content, stamp): pass
    def set_level(self, external_id, level): pass
    def comment(self, external_id, comment): pass
    def remove_comment(self, external_id, marker): pass
    def transition(self, external_id, status, reason): pass
    def attach(self, external_id, evidence): pass
    def evidence(self, external_id): return []
"""
# Two days planned and delivered to the tracker that the settings choose.
STORY = """
import json
from datetime import UTC, datetime
from feedback_assets.config.settings import load
from feedback_assets.tickets.delivery import deliver
from feedback_assets.tickets.trackers import open_tracker, tracker_names
from feedback_assets_tests.tickets.test_plan import RULES, TAXONOMY, inputs, plan, span
batch = plan(inputs(span(2)), span(2), TAXONOMY, RULES)
receipts = deliver(batch, {}, open_tracker(load()), datetime.now(UTC), propose=False)
columns = ["action", "outcome", "tracker", "external_id"]
print(json.dumps([tracker_names(), receipts[columns].to_dict("records")]))
"""


def _run(home: Path, *paths: Path) -> tuple[list[str], list[dict[str, str]]]:
    search = os.pathsep.join(str(path) for path in (*paths, CHECKOUT))
    environment = {**os.environ, "FEEDBACK_TRACKER": "nothing", "FEEDBACK_HOME": str(home), "PYTHONPATH": search}
    done = subprocess.run(
        [sys.executable, "-c", STORY], env=environment, cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    names, receipts = json.loads(done.stdout)
    return names, receipts


def _assert_delivered(receipts: list[dict[str, str]]) -> None:
    assert [(row["action"], row["outcome"]) for row in receipts] == [
        ("create", "delivered"), ("add_evidence", "delivered"),
    ]  # fmt: skip
    assert {(row["tracker"], row["external_id"][:5]) for row in receipts} == {("nothing", "N-FB-")}


def test_a_tracker_of_the_package_is_one_new_file(tmp_path: Path) -> None:
    copy = tmp_path / "checkout" / "feedback_assets"
    shutil.copytree(CHECKOUT / "feedback_assets", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tickets" / "trackers" / "nothing.py").write_text(DOES_NOTHING, encoding="utf-8")
    (tmp_path / "checkout" / "prompts").symlink_to(CHECKOUT / "prompts")
    names, receipts = _run(tmp_path, tmp_path / "checkout")
    assert names == ["files", "nothing"]
    _assert_delivered(receipts)


def test_a_tracker_of_another_package_is_an_entry_point(tmp_path: Path) -> None:
    site, info = tmp_path / "site", tmp_path / "site" / "other_trackers-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "other_trackers.py").write_text(DOES_NOTHING, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-trackers\nVersion: 1.0\n", encoding="utf-8")
    points = "[feedback_assets.trackers]\nnothing = other_trackers:open_tracker\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    names, receipts = _run(tmp_path, site)
    assert names == ["files", "nothing"]
    _assert_delivered(receipts)


def test_the_embedded_tracker_writes_below_home(tmp_path: Path) -> None:
    assert isinstance(open_tracker(load(home=tmp_path)), FileTracker)
    assert "files" in tracker_names()


def test_a_misspelt_tracker_is_refused_with_the_names_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"FEEDBACK_TRACKER=fiels: .*there are files; write files") as error:
        open_tracker(load(home=tmp_path, tracker="fiels"))
    assert "entry" not in str(error.value)


def test_an_entry_point_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    points = "[feedback_assets.trackers]\nbroken = no_such_module:open_tracker\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(CallError, match="no_such_module:open_tracker cannot be loaded"):
        open_tracker(load(home=tmp_path, tracker="broken"))
