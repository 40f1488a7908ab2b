"""A home whose batches held Markdown: after the upgrade nothing is delivered twice and nothing written again."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from feedback_assets import tables
from feedback_assets.config.settings import Settings, load
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.delivery import deliver
from feedback_assets.tickets.trackers.files import FileTracker
from feedback_assets.tickets.upgrade import drop_markdown, holds_markdown
from feedback_assets_tests.tickets.test_delivery import DAY, NOW, action, batch, evidence

BODY = "# [P2] Jacket runs small\n\n## Problem\n\n12 customers say so.\n"
LATER = DAY + timedelta(days=1)
ROWS = batch(action("create"), action("add_evidence", LATER, members=("b#0",)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(home=tmp_path)


def _hash(words: str, *members: str) -> str:
    return hashlib.blake2b(json.dumps([words, *members]).encode(), digest_size=4).hexdigest()


def _old_home(settings: Settings, body: str = BODY) -> Lake:
    """The lake and the ticket file as they were written before."""
    lake = Lake(settings.lake_root)
    old = ROWS.drop(columns="merged_into").assign(body=[body, "because"])
    lake.write_days(tables.TICKET_BATCH, old, DAY, LATER + timedelta(days=1), {})
    settings.tickets_dir.mkdir()
    created, more = (f"FB-1/{day}/{name}" for day, name in ((DAY, "create"), (LATER, "add_evidence")))
    section = f"## New evidence {LATER} (P2)\n\nbecause\n\n<!-- {more} {_hash('because', 'b#0')} -->"
    text = f"{BODY}\n<!-- {created} {_hash(BODY, 'a#0')} -->\n\n{section}\n"
    (settings.tickets_dir / "FB-1.md").write_text(text, encoding="utf-8")
    lines = (json.dumps(row, sort_keys=True) for row in evidence("a#0", "b#0").values())
    (settings.tickets_dir / "FB-1.evidence.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return lake


def _files(settings: Settings) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in settings.tickets_dir.iterdir()}


def test_what_was_delivered_before_is_neither_delivered_nor_written_again(settings: Settings) -> None:
    lake = _old_home(settings)
    assert holds_markdown(lake)
    assert drop_markdown(lake, settings) == "2 planned actions without Markdown, 1 ticket files stamped anew"
    assert not holds_markdown(lake)
    before = _files(settings)
    stored = lake.read(tables.TICKET_BATCH, columns=tables.TICKET_BATCH.column_names)
    assert stored.equals(ROWS)
    receipts = deliver(stored, evidence("a#0", "b#0"), FileTracker(settings.tickets_dir), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["delivered", "delivered"]
    assert _files(settings) == before
    assert before["FB-1.md"].startswith(BODY)


def test_killed_after_the_files_and_run_again_it_ends_the_same(settings: Settings) -> None:
    lake = _old_home(settings)
    files = _files(settings)
    drop_markdown(lake, settings)
    after = _files(settings)
    assert after != files
    old = ROWS.drop(columns="merged_into").assign(body=[BODY, "because"])
    lake.write_days(tables.TICKET_BATCH, old, DAY, LATER + timedelta(days=1), {})
    drop_markdown(lake, settings)
    assert _files(settings) == after and not holds_markdown(lake)


def test_a_file_that_says_something_else_than_the_plan_is_written_again_by_the_next_delivery(
    settings: Settings,
) -> None:
    lake = _old_home(settings, body="# [P2] Jacket runs large\n")
    drop_markdown(lake, settings)
    stored = lake.read(tables.TICKET_BATCH, columns=tables.TICKET_BATCH.column_names)
    deliver(stored, evidence("a#0", "b#0"), FileTracker(settings.tickets_dir), NOW, propose=False)
    text = _files(settings)["FB-1.md"]
    assert "## Accepted when" in text and text.count("## New evidence") == 1


def test_a_fresh_home_needs_nothing(settings: Settings) -> None:
    lake = Lake(settings.lake_root)
    assert not holds_markdown(lake)
    lake.write_days(tables.TICKET_BATCH, ROWS, DAY, LATER + timedelta(days=1), {})
    assert not holds_markdown(lake)
