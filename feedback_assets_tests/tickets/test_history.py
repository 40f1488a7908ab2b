"""Plan and delivery read four weeks and a snapshot, however long the past is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.store import Lake
from feedback_assets.tables import Level, TicketState
from feedback_assets.tickets.history import rows_since, snapshot_before
from feedback_assets.tickets.open_tickets import OpenTicket, snapshot_frame, snapshot_tickets
from feedback_assets_tests.tickets.test_delivery import action, batch

FIRST = date(2025, 1, 1)
TICKET = OpenTicket(
    key="FB-1", clusters=frozenset({"c1"}), category="sizing_fit", product_id=None, component="zip",
    cause_key="sizing_fit/-/zip", level=Level.P2, owner="design", destination="catalogue", title="Runs small",
    state=TicketState.READY, opened_on=FIRST, last_evidence=FIRST, members_total=3, expected=0.25,
    regions=frozenset({"PT"}), roots=frozenset({"c0"}), ready_on=FIRST, closed_on=None, merged_into=None,
)  # fmt: skip


def _day(number: int) -> date:
    return FIRST + timedelta(days=number)


def _lake(folder: Path, days: int) -> Lake:
    lake = Lake(str(folder))
    rows = batch(*(action("add_evidence", _day(n)) for n in range(days)))
    lake.write_days(tables.TICKET_BATCH, rows, _day(0), _day(days), {})
    kept = pd.concat([snapshot_frame(_day(n), [replace(TICKET, members_total=n)]) for n in range(days)])
    lake.write_days(tables.OPEN_TICKETS, kept, _day(0), _day(days), {})
    return lake


def test_the_newest_snapshot_before_four_weeks_is_taken_and_the_rows_since(tmp_path: Path) -> None:
    lake = _lake(tmp_path, 40)
    snapshot = snapshot_before(lake, _day(40))
    assert snapshot.day == _day(12)
    assert snapshot.rows["members_total"].tolist() == [12]
    rows = rows_since(lake, tables.TICKET_BATCH, snapshot, _day(40), ("day",))
    assert (rows["day"].min(), rows["day"].max()) == (_day(13), _day(39))


def test_without_a_snapshot_all_of_the_past_is_read(tmp_path: Path) -> None:
    lake = _lake(tmp_path, 20)
    snapshot = snapshot_before(lake, _day(20))
    assert (snapshot.day, len(snapshot.rows)) == (None, 0)
    assert len(rows_since(lake, tables.TICKET_BATCH, snapshot, None, ("day",))) == 20


def test_nothing_lies_between_a_snapshot_and_an_earlier_end(tmp_path: Path) -> None:
    lake = _lake(tmp_path, 40)
    snapshot = snapshot_before(lake, _day(40))
    assert rows_since(lake, tables.TICKET_BATCH, snapshot, _day(12), ("day",)).empty


def test_a_ticket_comes_back_from_its_snapshot_as_it_was() -> None:
    others = [
        replace(TICKET, key="FB-2", ready_on=None, closed_on=_day(3), product_id="p1", component=None),
        replace(TICKET, key="FB-3", merged_into="FB-1", state=TicketState.NEEDS_APPROVAL, regions=frozenset()),
    ]
    assert snapshot_tickets(snapshot_frame(_day(5), [TICKET, *others])) == [TICKET, *others]


def test_a_window_of_a_long_past_opens_the_files_of_its_days_alone(tmp_path: Path) -> None:
    lake = _lake(tmp_path, 40)
    dataset = lake.dataset(tables.TICKET_BATCH, _day(30), _day(32))
    assert dataset is not None and len(dataset.files) == 2
    assert lake.read(tables.TICKET_BATCH, _day(30), _day(32), ("day",))["day"].tolist() == [_day(30), _day(31)]
    assert lake.read(tables.TICKET_BATCH, _day(50), _day(51), ("day",)).empty
