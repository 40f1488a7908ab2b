"""What plan and delivery read of the past: a snapshot of four weeks ago, and the rows since, however long the past.

Reads the lake; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import empty
from feedback_assets.lake.store import Lake
from feedback_assets.tables import Table
from feedback_assets.tickets.open_tickets import RECENT_DAYS


@dataclass(frozen=True)
class Snapshot:
    """The newest day of `tickets/open_tickets` that no evidence of a day asked for can be older than, and its rows.

    Without one, as before the first four weeks or in a home of an older version, all of the past is read.
    """

    day: date | None
    rows: pd.DataFrame

    @property
    def since(self) -> date | None:
        """The first day that is read of other tables; None for all."""
        return self.day + timedelta(days=1) if self.day else None


def snapshot_before(lake: Lake, first: date) -> Snapshot:
    """The snapshot for a run whose first day this is."""
    latest = first - timedelta(days=RECENT_DAYS)
    day = max((day for day in lake.days(tables.OPEN_TICKETS) if day <= latest), default=None)
    if day is None:
        return Snapshot(None, empty(tables.OPEN_TICKETS))
    return Snapshot(day, lake.read(tables.OPEN_TICKETS, day, day + timedelta(days=1)))


def rows_since(lake: Lake, table: Table, snapshot: Snapshot, end: date | None, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of a table since the snapshot and before `end`."""
    if snapshot.since is not None and end is not None and end <= snapshot.since:
        return empty(table, columns)
    return lake.read(table, snapshot.since, end, columns)
