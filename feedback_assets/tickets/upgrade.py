"""Brings the tickets of an older version to this one: batches that held Markdown, and the stamps of ticket files.

Called by `feedback upgrade`; safe to run twice and after a kill in its middle.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pandas as pd
import pyarrow.compute as pc

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.lake.frames import conform, records
from feedback_assets.lake.store import Lake
from feedback_assets.tables import TicketAction
from feedback_assets.tickets.delivery import stamp_of
from feedback_assets.tickets.rows import PlannedAction
from feedback_assets.tickets.trackers.files import FileTracker

# The column that held a ticket as Markdown; a tracker renders the fields now.
_BODY = "body"


def holds_markdown(lake: Lake) -> bool:
    """Whether a row of `tickets/ticket_batch` still has its Markdown."""
    dataset = lake.dataset(tables.TICKET_BATCH)
    return (
        dataset is not None
        and _BODY in dataset.schema.names
        and dataset.count_rows(filter=pc.field(_BODY).is_valid()) > 0
    )


def drop_markdown(lake: Lake, settings: Settings) -> str:
    """Stamp the ticket files with hashes of what the rows say without Markdown, then write the rows without it.

    A file that says something else than the plan keeps its stamp, so that the next delivery writes it again.
    """
    batch = lake.read(tables.TICKET_BATCH)
    tracker = FileTracker(settings.tickets_dir)
    stamps = _new_stamps(batch)
    files = sum(tracker.restamp(key, changes) for key, changes in sorted(stamps.items()))
    first, end = batch["day"].min(), batch["day"].max() + timedelta(days=1)
    lake.write_days(
        tables.TICKET_BATCH, conform(batch, tables.TICKET_BATCH), first, end, {"asset": "tickets/ticket_batch"}
    )
    return f"{len(batch)} planned actions without Markdown, {files} ticket files stamped anew"


def _new_stamps(batch: pd.DataFrame) -> dict[str, dict[str, str]]:
    """For each ticket what to replace in its file, and by what: a `create` was stamped with a hash of its Markdown."""
    stamps: dict[str, dict[str, str]] = {}
    for row in records(batch[batch["action"] == TicketAction.CREATE]):
        action, body = PlannedAction.from_record(row), row[_BODY]
        if isinstance(body, str):
            old = hashlib.blake2b(json.dumps([body, *sorted(action.members)]).encode(), digest_size=4).hexdigest()
            changes = stamps.setdefault(action.ticket_key, {})
            changes[f"<!-- {action.marker} {old} -->"] = f"<!-- {action.marker} {stamp_of(action).fingerprint} -->"
    return stamps
