from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.tickets.delivery import deliver
from feedback_assets.tickets.tracker import TrackerError
from feedback_assets.tickets.trackers.files import FileTracker

NOW = datetime(2025, 3, 12, tzinfo=UTC)
DAY = date(2025, 3, 10)


def action(kind: str, day: date = DAY, state: str = "ready", members: tuple[str, ...] = ("a#0",)) -> dict[str, object]:
    return {
        "day": day, "ticket_key": "FB-1", "action": kind, "state": state, "cluster_id": "c1", "clusters": '["c1"]',
        "level": "P2", "title": "Jacket runs small", "category": "sizing_fit", "owner": "design",
        "destination": "catalogue", "due": day, "members": json.dumps(list(members)), "members_total": 1,
        "fields": "{}", "body": "# Jacket runs small\n" if kind == "create" else "more", "reason": "because",
    }  # fmt: skip


def batch(*rows: dict[str, object]) -> pd.DataFrame:
    return conform(pd.DataFrame(list(rows)), tables.TICKET_BATCH)


def evidence(*names: str) -> dict[str, dict[str, object]]:
    return {name: {"issue_id": name, "quote": "too small"} for name in names}


def test_a_ticket_becomes_a_file_with_its_evidence_beside_it(tmp_path: Path):
    receipts = deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["delivered"]
    assert (tmp_path / "FB-1.md").read_text().startswith("# Jacket runs small")
    assert json.loads((tmp_path / "FB-1.evidence.jsonl").read_text())["quote"] == "too small"


def test_delivering_twice_changes_neither_tickets_nor_receipts(tmp_path: Path):
    rows = batch(action("create"), action("add_evidence", date(2025, 3, 11), members=("b#0",)))
    tracker = FileTracker(tmp_path)
    first = deliver(rows, evidence("a#0", "b#0"), tracker, NOW, propose=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = deliver(rows, evidence("a#0", "b#0"), tracker, NOW, propose=False)
    assert first["outcome"].tolist() == ["delivered", "delivered"]
    assert again.equals(first)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_crash_between_evidence_and_ticket_is_finished_by_the_next_run(tmp_path: Path):
    (tmp_path / "FB-1.evidence.jsonl").write_text('{"issue_id": "a#0", "quote": "too small"}\n')
    deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    assert (tmp_path / "FB-1.evidence.jsonl").read_text().count("\n") == 1
    assert (tmp_path / "FB-1.md").exists()


def test_a_proposal_writes_nothing(tmp_path: Path):
    receipts = deliver(batch(action("create")), {}, FileTracker(tmp_path / "t"), NOW, propose=True)
    assert receipts["outcome"].tolist() == ["proposed"]
    assert not (tmp_path / "t").exists()


def test_a_ticket_that_needs_approval_waits_until_it_is_given(tmp_path: Path):
    rows = batch(action("create", state="needs_approval"))
    waiting = deliver(rows, {}, FileTracker(tmp_path), NOW, propose=False)
    assert waiting["outcome"].tolist() == ["waits_for_approval"]
    given = deliver(rows, evidence("a#0"), FileTracker(tmp_path), NOW, propose=False, approved={"FB-1"})
    assert given["outcome"].tolist() == ["delivered"]
    again = deliver(rows, evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    assert again["outcome"].tolist() == ["delivered"]  # the day runs again, and nobody needs to approve twice


def test_evidence_for_a_ticket_that_was_only_proposed_stays_a_proposal(tmp_path: Path):
    receipts = deliver(batch(action("add_evidence")), {}, FileTracker(tmp_path), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["proposed"]


def test_a_ticket_file_somebody_removed_is_named_with_the_mend(tmp_path: Path):
    rows = batch(action("add_evidence"))
    with pytest.raises(TrackerError, match="restore it"):
        deliver(rows, evidence("a#0"), FileTracker(tmp_path), NOW, propose=False, standing={"FB-1"})


def test_a_folder_that_is_a_file_is_an_error_with_a_mend(tmp_path: Path):
    (tmp_path / "t").write_text("")
    with pytest.raises(TrackerError, match="make the folder writable"):
        deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path / "t"), NOW, propose=False)
