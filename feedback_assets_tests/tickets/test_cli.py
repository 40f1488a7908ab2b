from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from feedback_assets import tables
from feedback_assets.config.settings import Settings, load
from feedback_assets.errors import CallError
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.cli import ListedTicket, deliver_held, list_tickets, show, withdraw_orphans
from feedback_assets.tickets.delivery import deliver
from feedback_assets.tickets.trackers.files import FileTracker
from feedback_assets_tests.tickets.test_delivery import DAY, NOW, action, batch, shown_of


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    return load()


def _row(key: str, outcome: str) -> ListedTicket:
    return ListedTicket(
        key=key, level="P1", title="Missing parts: missing component (leg, not included) · Drinixel Spotlight",
        owner="payments-engineering", issues=1234, since="2026-01-01", last="2026-01-02", outcome=outcome,
        location=f"/tickets/{key}.md" if outcome == "delivered" else None,
    )  # fmt: skip


def _shown(rows: list[ListedTicket]) -> str:
    out = io.StringIO()
    show(Console(file=out, width=80), rows)
    return out.getvalue()


def test_the_list_keeps_keys_and_owners_whole_in_eighty_columns() -> None:
    told = _shown([_row("FB-AAAAAAAA", "delivered"), _row("FB-BBBBBBBB", "waits_for_approval")])
    assert "FB-AAAAAAAA" in told and "FB-BBBBBBBB" in told and told.count("payments-engineering") == 2


def test_what_waits_for_a_person_stands_apart_and_says_what_to_do() -> None:
    told = _shown([_row("FB-AAAAAAAA", "delivered"), _row("FB-BBBBBBBB", "waits_for_approval")])
    delivered, waiting = told.split("Waiting for a person: 1")
    assert "In the tracker: 1" in delivered and "FB-BBBBBBBB" not in delivered
    assert "feedback tickets --approve KEY --by NAME" in waiting


def test_a_ticket_that_no_day_plans_any_more_is_named_and_taken_back_only_when_asked(
    settings: Settings,
) -> None:
    lake, tracker = Lake(settings.lake_root), FileTracker(settings.tickets_dir)
    deliver(batch({**action("create"), "ticket_key": "FB-2"}), {}, tracker, NOW, propose=False)
    with pytest.raises(CallError, match="is it the lake of these tickets"):
        withdraw_orphans(lake, tracker)
    lake.write_days(tables.TICKET_BATCH, batch(action("create")), DAY, DAY + timedelta(days=1), {})
    deliver(batch(action("create")), {}, tracker, NOW, propose=False)
    rows = list_tickets(lake, tracker)
    assert [(row.key, row.outcome) for row in rows] == [("FB-1", "not delivered"), ("FB-2", "planned no more")]
    assert "--withdraw --by NAME takes them back: FB-2" in _shown(rows).replace("\n", " ")
    assert withdraw_orphans(lake, tracker) == ["FB-2/withdraw"]
    assert tracker.keys() == {"FB-1"}
    with pytest.raises(CallError, match="plans every open ticket"):
        withdraw_orphans(lake, tracker)


def test_what_waited_before_a_later_day_created_the_ticket_needs_no_approval(settings: Settings) -> None:
    lake, tracker, later = Lake(settings.lake_root), FileTracker(settings.tickets_dir), DAY + timedelta(days=1)
    rows = batch(action("create", state="needs_approval"), action("create", later, title="Stronger"))
    lake.write_days(tables.TICKET_BATCH, rows, DAY, later + timedelta(days=1), {})
    receipts = deliver(rows, {}, tracker, NOW, propose=False)
    lake.write_days(tables.TICKET_DELIVERIES, receipts, DAY, later + timedelta(days=1), {})
    with pytest.raises(CallError, match=f"FB-1: needs no approval: {later}"):
        deliver_held(lake, tracker, NOW, "ana", "FB-1")
    assert "# [P2] Stronger" in (settings.tickets_dir / "FB-1.md").read_text()


def test_what_was_approved_stays_approved_and_gathers_evidence_by_itself(
    settings: Settings,
) -> None:
    lake, tracker = Lake(settings.lake_root), FileTracker(settings.tickets_dir)
    waiting = batch(action("create", state="needs_approval"))
    lake.write_days(tables.TICKET_BATCH, waiting, DAY, DAY + timedelta(days=1), {})
    receipts = deliver(waiting, {}, tracker, NOW, propose=False)
    lake.write_days(tables.TICKET_DELIVERIES, receipts, DAY, DAY + timedelta(days=1), {})
    assert deliver_held(lake, tracker, NOW, "ana", "FB-1") == ["FB-1/create"]
    otherwise = batch(action("create", state="needs_approval", title="Jacket runs large"))
    later = batch(action("add_evidence", DAY + timedelta(days=1), "needs_approval", ("b#0",)))
    for rows in (otherwise, later):
        assert deliver(rows, {}, tracker, NOW, propose=False)["outcome"].tolist() == ["delivered"]
    assert shown_of(tracker) == {"a#0", "b#0"}
    assert "runs large" in (settings.tickets_dir / "FB-1.md").read_text()
