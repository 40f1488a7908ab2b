from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.tickets.delivery import deliver, opening_days, settle
from feedback_assets.tickets.markdown import _one_line
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


def test_the_line_separators_of_unicode_in_a_quote_do_not_end_its_line(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), {"a#0": {"issue_id": "a#0", "quote": "one\u2028two\x85three"}}
    deliver(batch(action("create")), told, tracker, NOW, propose=False)
    deliver(batch(action("create"), action("add_evidence", members=("b#0",))), told, tracker, NOW, propose=False)
    assert tracker.evidence("FB-1") == {"a#0", "b#0"}


def test_what_waits_for_a_person_waits_also_after_a_later_day_created_the_ticket_without_one(tmp_path: Path):
    later = DAY + timedelta(days=3)
    waits = [
        action("create", state="needs_approval"),
        action("add_evidence", DAY + timedelta(days=1), "needs_approval", ("b#0",)),
    ]
    rows = batch(*waits, action("create", later, members=("c#0",)), action("add_evidence", later, members=("d#0",)))
    told, tracker, opening = evidence("a#0", "b#0", "c#0", "d#0"), FileTracker(tmp_path), opening_days(rows)
    assert opening == {"FB-1": later}
    first = deliver(rows, told, tracker, NOW, propose=False, opening=opening)
    assert first["outcome"].tolist() == ["waits_for_approval"] * 2 + ["delivered"] * 2
    content = (tmp_path / "FB-1.md").read_text()
    # Killed before the receipts or not, the days run again: all of them, or only those that wait.
    again = deliver(rows, told, tracker, NOW, propose=False, opening=opening)
    assert again["outcome"].tolist() == first["outcome"].tolist()
    alone = deliver(batch(*waits), told, tracker, NOW, propose=False, opening=opening)
    assert alone["outcome"].tolist() == ["waits_for_approval"] * 2
    assert (tmp_path / "FB-1.md").read_text() == content
    # Somebody approves the days that wait: from then on they are delivered whenever they run.
    deliver(batch(waits[0]), told, tracker, NOW, propose=False, opening=opening, approved={"FB-1"})
    since = {"FB-1": DAY}
    given = deliver(batch(waits[1]), told, tracker, NOW, propose=False, opening=opening, standing=since)
    assert given["outcome"].tolist() == ["delivered"]


def test_evidence_for_a_ticket_that_was_only_proposed_stays_a_proposal(tmp_path: Path):
    receipts = deliver(batch(action("add_evidence")), {}, FileTracker(tmp_path), NOW, propose=False)
    assert receipts["outcome"].tolist() == ["proposed"]


def test_a_ticket_file_somebody_removed_is_named_with_the_mend(tmp_path: Path):
    rows = batch(action("add_evidence"))
    with pytest.raises(TrackerError, match="restore it"):
        deliver(rows, evidence("a#0"), FileTracker(tmp_path), NOW, propose=False, standing={"FB-1": DAY})


def test_a_folder_that_is_a_file_is_an_error_with_a_mend(tmp_path: Path):
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
    deliver(batch(raised), told, tracker, NOW, propose=False, standing={"FB-1": DAY})
    changed = {**action("create", members=("c#0",)), "body": "# Jacket runs large\n"}
    other = {**action("add_evidence", date(2025, 3, 11), members=("b#0", "d#0")), "reason": "2 more"}
    for _ in range(2):
        deliver(batch(changed, other), told, tracker, NOW, propose=False)
        settle(batch(changed, other, raised), {"FB-1"}, told, tracker)
    text = (tmp_path / "FB-1.md").read_text()
    assert text.startswith("# Jacket runs large") and "runs small" not in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## New evidence 2025-03-11 (P2)", "## Raised 2025-03-12 (P2)",
    ]  # fmt: skip
    assert "2 more" in text and text.count("because") == 1
    assert sorted(issues_shown(tmp_path)) == ["b#0", "c#0", "d#0"]


def test_a_ticket_that_no_day_plans_any_more_is_withdrawn_once_and_names_its_heir(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0")
    deliver(batch(action("create", members=("a#0", "b#0"))), told, tracker, NOW, propose=False)
    other = batch({**action("create", members=("b#0",)), "ticket_key": "FB-2"})
    deliver(other, told, tracker, NOW, propose=False)
    assert settle(other, {"FB-1", "FB-2"}, told, tracker) == ["FB-1"]
    assert settle(other, {"FB-1", "FB-2"}, told, tracker) == []
    assert "Of its 2 issues 1 are evidence of FB-2 now." in (tmp_path / "FB-1.md").read_text()
    assert tracker.standing() == {"FB-2"}


def test_a_withdrawn_ticket_that_is_planned_again_starts_anew(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0")
    deliver(batch(action("create")), told, tracker, NOW, propose=False)
    settle(batch(), {"FB-1"}, told, tracker)
    receipts = deliver(batch(action("create", members=("b#0",))), told, tracker, NOW, propose=False)
    assert receipts["outcome"].tolist() == ["delivered"]
    assert "Withdrawn" not in (tmp_path / "FB-1.md").read_text()
    assert issues_shown(tmp_path) == ["b#0"]


def test_only_tickets_of_the_days_computed_again_are_taken_back(tmp_path: Path):
    tracker = FileTracker(tmp_path)
    deliver(batch(action("create")), evidence("a#0"), tracker, NOW, propose=False)
    assert settle(batch(), {"FB-7"}, {}, tracker) == []
    assert tracker.standing() == {"FB-1"}


def test_what_an_issue_says_now_replaces_what_it_said(tmp_path: Path):
    tracker = FileTracker(tmp_path)
    rows = batch(action("create", members=("a#0", "b#0")))
    deliver(rows, evidence("a#0", "b#0"), tracker, NOW, propose=False)
    settle(rows, {"FB-1"}, {"a#0": {"issue_id": "a#0", "quote": "much too small"}}, tracker)
    shown = [json.loads(line)["quote"] for line in (tmp_path / "FB-1.evidence.jsonl").read_text().splitlines()]
    assert shown == ["much too small", "too small"]


def test_an_action_that_is_planned_no_more_goes_and_comes_back_with_its_evidence(tmp_path: Path):
    tracker, told = FileTracker(tmp_path), evidence("a#0", "b#0", "c#0")
    both = batch(action("create"), action("add_evidence", date(2025, 3, 11), members=("b#0", "c#0")))
    for rows, shown, sections in ((both, 3, 1), (batch(action("create")), 1, 0), (both, 3, 1)):
        deliver(rows, told, tracker, NOW, propose=False)
        settle(rows, {"FB-1"}, told, tracker)
        assert len(issues_shown(tmp_path)) == shown
        assert (tmp_path / "FB-1.md").read_text().count("## New evidence") == sections


def test_the_words_of_a_customer_withdraw_nothing(tmp_path: Path):
    tracker, text = FileTracker(tmp_path), "> <!-- withdrawn -->\n> too small"
    deliver(batch({**action("create"), "body": text}), evidence("a#0"), tracker, NOW, propose=False)
    assert tracker.standing() == {"FB-1"}
    assert "<!--" not in _one_line("so <!-- withdrawn --> it is")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("FB-1.evidence.jsonl", b'{"issue_id": "a#0"}\nnone\n', r"FB-1\.evidence\.jsonl, line 2: is no JSON object"),
        ("FB-1.md", "Gr\u00f6\u00dfe".encode("latin-1"), r"FB-1\.md: is not UTF-8 at byte 2"),
    ],
)
def test_a_file_that_somebody_broke_is_named_with_the_mend(tmp_path: Path, name: str, content: bytes, told: str):
    deliver(batch(action("create")), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrackerError, match=told):
        deliver(batch({**action("create"), "body": "new"}), evidence("a#0"), FileTracker(tmp_path), NOW, propose=False)
