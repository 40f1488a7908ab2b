from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.tickets.delivery import Known, deliver, planned_from, ready_days, reconcile
from feedback_assets.tickets.markdown import one_line
from feedback_assets.tickets.tracker import Tracker, TrackerError, TrackerStatus
from feedback_assets.tickets.trackers.files import FileTracker

NOW = datetime(2025, 3, 12, tzinfo=UTC)
DAY = date(2025, 3, 10)
STANDS = {"FB-1": Known("FB-1", DAY)}


def ticket_fields(problem: str = "12 customers say so.") -> dict[str, Any]:
    """The fields of a ticket that says little."""
    counts = (
        "trend", "regions", "versions", "products", "variants", "devices", "carriers", "vendors", "fulfilment_centres",
    )  # fmt: skip
    return {
        "problem": problem, "category": "sizing_fit", "sub_label": None, "component": None, "confidence": 0.9,
        "product": {"id": "p1", "name": "Jacket"}, "severity": 2.0, "owner": "design", "destination": "catalogue",
        "count": {"last_7_days": 1, "last_28_days": 1, "expected_a_day": 0.2, "lift_7_days": 8.0,
                  "first_seen": "2025-03-10"},
        **{name: {} for name in counts}, "trend": {"2025-03-10": 1}, "quotes": [], "causes": [], "reproduction": [],
        "segments": {"channels": {}, "languages": {}, "customer_tiers": {}}, "escalation": ["lead"],
        "due": "2025-03-12", "refunds": None, "sales_value_touched": None, "suggested_actions": [],
        "kpi": {"measure": "issues a day", "now": 1.0, "baseline": 0.2, "window_days": 14},
        "priority_reason": "It rises.", "suspected_release": None, "concentrated_in": None, "missing": {},
    }  # fmt: skip


def action(
    kind: str,
    day: date = DAY,
    state: str = "ready",
    members: tuple[str, ...] = ("a#0",),
    title: str = "Jacket runs small",
    **more: object,
) -> dict[str, object]:
    return {
        "day": day, "ticket_key": "FB-1", "action": kind, "state": state, "cluster_id": "c1", "clusters": '["c1"]',
        "level": "P2", "title": title, "category": "sizing_fit", "owner": "design",
        "destination": "catalogue", "due": day, "members": json.dumps(list(members)), "members_total": 1,
        "fields": json.dumps(ticket_fields()) if kind == "create" else "{}", "reason": "because", **more,
    }  # fmt: skip


def batch(*rows: dict[str, object]) -> pd.DataFrame:
    return conform(pd.DataFrame(list(rows)), tables.TICKET_BATCH)


def evidence(*names: str) -> dict[str, dict[str, object]]:
    return {name: {"issue_id": name, "quote": "too small"} for name in names}


def reconciled(rows: pd.DataFrame, keys: set[str], shown: dict[str, dict[str, object]], tracker: Tracker) -> list[str]:
    return reconcile(planned_from(rows), keys, shown, tracker)


def shown_of(tracker: Tracker, key: str = "FB-1") -> set[str]:
    return {str(row["issue_id"]) for row in tracker.evidence(key)}


def test_a_ticket_becomes_a_file_with_its_evidence_beside_it(tmp_path: Path):
    receipts = deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["delivered"]
    assert (tmp_path / "FB-1.md").read_text().startswith("# [P2] Jacket runs small")
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


def test_a_crash_between_ticket_and_evidence_is_finished_by_the_next_run(tmp_path: Path):
    deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    (tmp_path / "FB-1.evidence.jsonl").unlink()
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


def test_the_line_separators_of_unicode_in_a_quote_do_not_end_its_line(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), {"a#0": {"issue_id": "a#0", "quote": "one\u2028two\x85three"}}
    deliver(batch(action("create")), told, tracker, NOW, propose=False)
    deliver(batch(action("create"), action("add_evidence", members=("b#0",))), told, tracker, NOW, propose=False)
    assert shown_of(tracker) == {"a#0", "b#0"}


def test_what_waits_for_a_person_waits_also_after_a_later_day_created_the_ticket_without_one(tmp_path: Path):
    later = DAY + timedelta(days=3)
    waits = [
        action("create", state="needs_approval"),
        action("add_evidence", DAY + timedelta(days=1), "needs_approval", ("b#0",)),
    ]
    rows = batch(*waits, action("create", later, members=("c#0",)), action("add_evidence", later, members=("d#0",)))
    told, tracker, ready = evidence("a#0", "b#0", "c#0", "d#0"), FileTracker(tmp_path), ready_days(rows)
    assert ready == {"FB-1": later}
    first = deliver(rows, told, tracker, NOW, propose=False, ready=ready)
    assert first["outcome"].tolist() == ["waits_for_approval"] * 2 + ["delivered"] * 2
    content = (tmp_path / "FB-1.md").read_text()
    # Killed before the receipts or not, the days run again: all of them, or only those that wait.
    again = deliver(rows, told, tracker, NOW, propose=False, ready=ready)
    assert again["outcome"].tolist() == first["outcome"].tolist()
    alone = deliver(batch(*waits), told, tracker, NOW, propose=False, ready=ready)
    assert alone["outcome"].tolist() == ["waits_for_approval"] * 2
    assert (tmp_path / "FB-1.md").read_text() == content
    # Somebody approves the days that wait: from then on they are delivered whenever they run.
    deliver(batch(waits[0]), told, tracker, NOW, propose=False, ready=ready, approved={"FB-1"})
    given = deliver(batch(waits[1]), told, tracker, NOW, propose=False, ready=ready, known=STANDS)
    assert given["outcome"].tolist() == ["delivered"]


def test_evidence_for_a_ticket_that_was_only_proposed_stays_a_proposal(tmp_path: Path):
    receipts = deliver(batch(action("add_evidence")), {}, FileTracker(tmp_path), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["proposed"]


def test_a_ticket_file_somebody_removed_is_named_with_the_fix(tmp_path: Path):
    rows = batch(action("add_evidence"))
    with pytest.raises(TrackerError, match="restore it"):
        deliver(rows, evidence("a#0"), FileTracker(tmp_path), NOW, propose=False, known=STANDS)


def test_a_folder_that_is_a_file_is_an_error_with_a_fix(tmp_path: Path):
    (tmp_path / "t").write_text("")
    with pytest.raises(TrackerError, match="make the folder writable"):
        deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path / "t"), NOW, propose=False)


def issues_shown(folder: Path, key: str = "FB-1") -> list[str]:
    return [json.loads(line)["issue_id"] for line in (folder / f"{key}.evidence.jsonl").read_text().splitlines()]


def test_a_ticket_planned_otherwise_is_brought_up_to_date_and_keeps_its_history(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0", "c#0")
    more = action("add_evidence", date(2025, 3, 11), members=("b#0",))
    deliver(batch(action("create"), more), told, tracker, NOW, propose=False)
    raised = action("raise", date(2025, 3, 12), members=())
    deliver(batch(raised), told, tracker, NOW, propose=False, known=STANDS)
    changed = action("create", members=("c#0",), title="Jacket runs large")
    other = {**action("add_evidence", date(2025, 3, 11), members=("b#0", "d#0")), "reason": "2 more"}
    for _ in range(2):
        deliver(batch(changed, other), told, tracker, NOW, propose=False)
        reconciled(batch(changed, other, raised), {"FB-1"}, told, tracker)
    text = (tmp_path / "FB-1.md").read_text()
    assert text.startswith("# [P2] Jacket runs large") and "runs small" not in text
    assert [line for line in text.splitlines() if line.startswith("## ") and "2025" in line] == [
        "## New evidence 2025-03-11 (P2)", "## Raised 2025-03-12 (P2)",
    ]  # fmt: skip
    assert "2 more" in text and text.count("because") == 1
    assert sorted(issues_shown(tmp_path)) == ["b#0", "c#0", "d#0"]


def test_a_ticket_that_no_day_plans_any_more_is_withdrawn_once_and_names_the_one_that_goes_on(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0")
    deliver(batch(action("create", members=("a#0", "b#0"))), told, tracker, NOW, propose=False)
    other = batch({**action("create", members=("b#0",)), "ticket_key": "FB-2"})
    deliver(other, told, tracker, NOW, propose=False)
    assert reconciled(other, {"FB-1", "FB-2"}, told, tracker) == ["FB-1"]
    assert reconciled(other, {"FB-1", "FB-2"}, told, tracker) == []
    assert "Of its 2 issues 1 are evidence of FB-2 now." in (tmp_path / "FB-1.md").read_text()
    assert tracker.keys() == {"FB-2"}


def test_a_withdrawn_ticket_that_is_planned_again_starts_anew(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0")
    deliver(batch(action("create")), told, tracker, NOW, propose=False)
    reconciled(batch(), {"FB-1"}, told, tracker)
    receipts = deliver(batch(action("create", members=("b#0",))), told, tracker, NOW, propose=False)
    assert receipts["outcome"].tolist() == ["delivered"]
    assert "Withdrawn" not in (tmp_path / "FB-1.md").read_text()
    assert issues_shown(tmp_path) == ["b#0"]


def test_only_tickets_of_the_days_computed_again_are_taken_back(tmp_path: Path):
    tracker = FileTracker(tmp_path)
    deliver(batch(action("create")), evidence("a#0"), tracker, NOW, propose=False)
    assert reconciled(batch(), {"FB-7"}, {}, tracker) == []
    assert tracker.keys() == {"FB-1"}


def test_what_an_issue_says_now_replaces_what_it_said(tmp_path: Path):
    tracker = FileTracker(tmp_path)
    rows = batch(action("create", members=("a#0", "b#0")))
    deliver(rows, evidence("a#0", "b#0"), tracker, NOW, propose=False)
    reconciled(rows, {"FB-1"}, {"a#0": {"issue_id": "a#0", "quote": "much too small"}}, tracker)
    shown = [json.loads(line)["quote"] for line in (tmp_path / "FB-1.evidence.jsonl").read_text().splitlines()]
    assert shown == ["much too small", "too small"]


def test_an_action_that_is_planned_no_more_goes_and_comes_back_with_its_evidence(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0", "c#0")
    both = batch(action("create"), action("add_evidence", date(2025, 3, 11), members=("b#0", "c#0")))
    for rows, shown, sections in ((both, 3, 1), (batch(action("create")), 1, 0), (both, 3, 1)):
        deliver(rows, told, tracker, NOW, propose=False)
        reconciled(rows, {"FB-1"}, told, tracker)
        assert len(issues_shown(tmp_path)) == shown
        assert (tmp_path / "FB-1.md").read_text().count("## New evidence") == sections


def test_the_words_of_a_customer_withdraw_nothing(tmp_path: Path):
    tracker, words = FileTracker(tmp_path), "<!-- withdrawn -->\n<!-- duplicate -->\n<!-- FB-1/2025-03-11/raise 0 -->"
    fields = json.dumps({**ticket_fields(words), "missing": {"refunds": words}})
    deliver(batch(action("create", fields=fields, title=words)), evidence("a#0"), tracker, NOW, propose=False)
    ticket = tracker.find("FB-1")
    assert ticket is not None and ticket.status == TrackerStatus.OPEN
    assert set(ticket.fingerprints) == {"FB-1/2025-03-10/create"}
    assert tracker.keys() == {"FB-1"}
    assert "<!--" not in one_line("so <!-- withdrawn --> it is")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("FB-1.evidence.jsonl", b'{"issue_id": "a#0"}\nnone\n', r"FB-1\.evidence\.jsonl, line 2: is no JSON object"),
        ("FB-1.md", "Gr\u00f6\u00dfe".encode("latin-1"), r"FB-1\.md: is not UTF-8 at byte 2"),
    ],
)
def test_a_file_that_somebody_broke_is_named_with_the_fix(tmp_path: Path, name: str, content: bytes, told: str):
    deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrackerError, match=told):
        deliver(batch(action("create", title="new")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
