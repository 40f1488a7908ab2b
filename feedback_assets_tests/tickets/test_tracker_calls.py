"""Delivery to a tracker with ids of its own: what it asks, and what a crash between any two calls leaves."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import pytest

from feedback_assets.tickets.delivery import deliver, known_tickets, planned_from, reconcile
from feedback_assets.tickets.tracker import TrackerError, TrackerStatus
from feedback_assets_tests.tickets.memory_tracker import MemoryTracker
from feedback_assets_tests.tickets.test_delivery import DAY, NOW, action, batch, evidence, shown_of

ISSUES = evidence("a#0", "b#0", "c#0", "d#0")
ROWS = batch(
    action("create"),
    action("create", members=("d#0",), ticket_key="FB-2"),
    action("add_evidence", DAY + timedelta(days=1), members=("b#0",)),
    action("raise", DAY + timedelta(days=1), members=(), level="P1"),
    action("reopen", DAY + timedelta(days=2), members=("c#0",)),
    action("merge", DAY + timedelta(days=3), members=(), ticket_key="FB-2", merged_into="FB-1", clusters="[]"),
)


def _deliver(tracker: MemoryTracker, rows: pd.DataFrame = ROWS, receipts: pd.DataFrame | None = None) -> pd.DataFrame:
    known = {} if receipts is None else known_tickets(receipts, tracker.name)
    return deliver(rows, ISSUES, tracker, NOW, propose=False, known=known)


def test_each_kind_of_action_reaches_the_tracker_in_its_own_way() -> None:
    tracker = MemoryTracker()
    receipts = _deliver(tracker)
    assert receipts["outcome"].tolist() == ["delivered"] * 6
    assert receipts["external_id"].tolist() == ["T-1", "T-2", "T-1", "T-1", "T-1", "T-2"]
    first, second = tracker.tickets["T-1"], tracker.tickets["T-2"]
    assert (first.level, first.status, shown_of(tracker, "T-1")) == ("P1", "open", {"a#0", "b#0", "c#0"})
    assert [comment.action for comment in first.comments.values()] == ["raise", "add_evidence", "reopen"]
    assert second.status == TrackerStatus.DUPLICATE
    assert [comment.merged_into for comment in second.comments.values()] == ["FB-1"]


def test_a_crash_before_or_after_any_call_neither_loses_nor_doubles() -> None:
    calm = MemoryTracker()
    _deliver(calm)
    for loses_answer in (False, True):
        for number in range(1, len(calm.calls) + 1):
            tracker = MemoryTracker()
            tracker.fails_at, tracker.loses_answer = number, loses_answer
            with pytest.raises(TrackerError):
                _deliver(tracker)
            tracker.fails_at = None
            receipts = _deliver(tracker)
            assert receipts["outcome"].tolist() == ["delivered"] * 6
            assert tracker.fingerprint() == calm.fingerprint(), (number, loses_answer, calm.calls[number - 1])


def test_a_second_delivery_changes_nothing() -> None:
    tracker = MemoryTracker()
    _deliver(tracker)
    before, tracker.calls = tracker.fingerprint(), []
    _deliver(tracker)
    assert set(tracker.calls) == {"find", "evidence"}
    assert tracker.fingerprint() == before


def test_a_run_does_not_search_for_what_receipts_know_and_asks_once_a_ticket() -> None:
    tracker = MemoryTracker()
    created = batch(action("create"))
    receipts = _deliver(tracker, created)
    tracker.calls = []
    later = [
        action("add_evidence", DAY + timedelta(days=n), members=(f"{name}#0",)) for n, name in ((1, "b"), (2, "c"))
    ]
    _deliver(tracker, batch(*later), receipts)
    assert tracker.calls == ["status", "evidence", "attach", "comment", "attach", "comment"]


def test_receipts_of_another_tracker_name_no_ticket_of_this_one() -> None:
    elsewhere = _deliver(MemoryTracker(), batch(action("create"))).assign(tracker="files")
    tracker = MemoryTracker()
    later = batch(action("add_evidence", DAY + timedelta(days=1), members=("b#0",)))
    assert _deliver(tracker, later, elsewhere)["outcome"].tolist() == ["proposed"]
    assert "create" not in tracker.calls


def test_a_merge_waits_until_the_ticket_it_points_to_is_there() -> None:
    waiting = action("create", ticket_key="FB-1", state="needs_approval")
    other = action("create", members=("d#0",), ticket_key="FB-2")
    end = action("merge", DAY + timedelta(days=1), members=(), ticket_key="FB-2", merged_into="FB-1", clusters="[]")
    tracker = MemoryTracker()
    receipts = _deliver(tracker, batch(waiting, other, end))
    assert receipts["outcome"].tolist() == ["waits_for_approval", "delivered", "waits_for_approval"]
    assert tracker.tickets["T-1"].status == TrackerStatus.OPEN
    rows = batch(waiting, other, end)
    deliver(rows, ISSUES, tracker, NOW, propose=False, approved={"FB-1"}, known=known_tickets(receipts, "memory"))
    assert tracker.tickets["T-1"].status == TrackerStatus.DUPLICATE


def test_a_merge_that_is_planned_no_more_opens_the_ticket_again() -> None:
    tracker = MemoryTracker()
    _deliver(tracker)
    left = ROWS[ROWS["action"] != "merge"]
    reconcile(planned_from(left), {"FB-1", "FB-2"}, ISSUES, tracker)
    ticket = tracker.tickets["T-2"]
    assert (ticket.status, ticket.comments) == (TrackerStatus.OPEN, {})


def test_a_raise_that_is_planned_no_more_brings_the_old_level_back() -> None:
    tracker = MemoryTracker()
    rows = batch(action("create"), action("raise", DAY + timedelta(days=1), members=(), level="P1"))
    _deliver(tracker, rows)
    assert tracker.tickets["T-1"].level == "P1"
    reconcile(planned_from(batch(action("create"))), {"FB-1"}, ISSUES, tracker)
    assert tracker.tickets["T-1"].level == "P2"


def test_a_raised_ticket_whose_text_is_planned_otherwise_stays_raised() -> None:
    tracker = MemoryTracker()
    raised = action("raise", DAY + timedelta(days=1), members=(), level="P1")
    _deliver(tracker, batch(action("create"), raised))
    _deliver(tracker, batch(action("create", title="Jacket runs large"), raised))
    assert (tracker.tickets["T-1"].level, tracker.tickets["T-1"].content.title) == ("P1", "Jacket runs large")


def test_what_was_planned_before_the_days_that_were_read_stays() -> None:
    tracker = MemoryTracker()
    old = {"a#0": {"issue_id": "a#0", "occurred_at": f"{DAY}T10:00:00+00:00"}}
    new = {"b#0": {"issue_id": "b#0", "occurred_at": f"{DAY + timedelta(days=40)}T10:00:00+00:00"}}
    late = DAY + timedelta(days=40)
    more = action("add_evidence", late, members=("b#0",))
    deliver(batch(action("create"), more), {**old, **new}, tracker, NOW, propose=False)
    since = DAY + timedelta(days=12)
    # The batch from `since` on is empty now: the evidence of day 40 goes, that of day 0 stays, and so does the ticket.
    assert reconcile(planned_from(batch(), since, ["FB-1"]), {"FB-1"}, {}, tracker) == []
    assert shown_of(tracker, "T-1") == {"a#0"}
    assert tracker.tickets["T-1"].comments == {}
    assert reconcile(planned_from(batch(), since), {"FB-1"}, {}, tracker) == ["FB-1"]


def test_the_batch_holds_fields_and_no_format() -> None:
    assert "body" not in ROWS.columns
    assert isinstance(json.loads(ROWS["fields"].iloc[0]), dict)
