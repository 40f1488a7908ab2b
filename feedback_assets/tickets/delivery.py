"""Delivery: carries planned rows to a tracker, asking it before telling it, and takes back what is planned no more.

Decides nothing: what should exist is in the batch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, records
from feedback_assets.tickets.tracker import Receipt, TicketText, Tracker, marker

# A ticket must stand before evidence is added to it.
_ORDER = {"create": 0, "reopen": 1, "raise": 2, "add_evidence": 3}
# As long as a slow tracker may take over a few hundred actions; a holder that died on this machine is not waited for.
LEASE_SECONDS = 900.0
# What `settle` and `opening_days` read of the batch.
PLANNED = ("day", "ticket_key", "action", "members", "state")


def deliver(
    batch: pd.DataFrame,
    evidence: dict[str, dict[str, object]],
    tracker: Tracker,
    now: datetime,
    *,
    propose: bool,
    approved: Collection[str] = (),
    standing: Mapping[str, date] | None = None,
    opening: Mapping[str, date] | None = None,
) -> pd.DataFrame:
    """Receipts, one for each row of the batch.

    Args:
        batch: Rows of `tickets/ticket_batch`.
        evidence: What to show of an issue, by issue id.
        tracker: Where tickets go.
        now: The time to write on receipts.
        propose: Write receipts only; nothing reaches the tracker.
        approved: Keys of tickets a person approved.
        standing: Since which day tickets stand in the tracker, by key, as receipts say.
        opening: On which day the whole plan creates a ticket that waits for nobody, by key; see `opening_days`.

    Raises:
        TrackerError: The tracker refused or could not be reached; rows before it are delivered already
            and the next run finds them.
    """
    rows = sorted(records(batch), key=lambda row: (row["day"], row["ticket_key"], _ORDER[str(row["action"])]))
    since, opens, in_tracker = standing or {}, opening or {}, tracker.standing()
    reached: set[str] = set()

    def stands(key: str, day: date) -> bool:
        # The tracker does not say since when. A ticket that waited for a person and later was created without one did
        # not stand on the days it waited, in whatever order and however often those days run.
        return key in reached or since.get(key, date.max) <= day or (key in in_tracker and opens.get(key, day) <= day)

    receipts: list[dict[str, Any]] = []
    for row in rows:
        key, day = str(row["ticket_key"]), _date(row["day"])
        text = ticket_text(row, evidence)
        receipt = tracker.find(text)
        # What stands in the tracker stands: a crash before the receipt, an approval or a release came before this run,
        # and who approved a ticket wants its further evidence too.
        held_back = row["state"] == "needs_approval" and key not in approved and not stands(key, day)
        if receipt is None and (propose or held_back or (row["action"] != "create" and not stands(key, day))):
            outcome = "proposed" if propose or not held_back else "waits_for_approval"
            receipts.append(_receipt(row, tracker, outcome, None, now))
            continue
        reached.add(key)
        receipts.append(_receipt(row, tracker, "delivered", receipt or tracker.deliver(text), now))
    return conform(pd.DataFrame(receipts), tables.TICKET_DELIVERIES)


def settle(
    batch: pd.DataFrame, touched: Collection[str], evidence: dict[str, dict[str, object]], tracker: Tracker
) -> list[str]:
    """Take back what earlier runs delivered and no day plans any more, as when days came late; the keys withdrawn.

    Args:
        batch: The columns day, ticket_key, action and members of `tickets/ticket_batch`, all days.
        touched: Keys of the tickets to look at.
        evidence: What to show of an issue, by issue id, for those at hand.
        tracker: Where tickets are.

    Raises:
        TrackerError: The tracker refused or could not be reached; the next run goes on.
    """
    planned: dict[str, set[str]] = {}
    actions: dict[str, set[str]] = {}
    for row in records(batch):
        key = str(row["ticket_key"])
        planned.setdefault(key, set()).update(json.loads(row["members"]))
        actions.setdefault(key, set()).add(marker(key, _date(row["day"]), str(row["action"])))
    withdrawn: list[str] = []
    for key in sorted(tracker.standing() & set(touched)):
        if key in planned:
            tracker.settle(key, {issue: evidence.get(issue) for issue in planned[key]}, actions[key])
            continue
        shown = tracker.evidence(key)
        heir = max(sorted(planned), key=lambda other: len(planned[other] & shown), default=None)
        tracker.withdraw(key, _withdrawn(shown, heir, planned[heir] & shown if heir else set()))
        withdrawn.append(key)
    return withdrawn


def _withdrawn(shown: Collection[str], heir: str | None, shared: Collection[str]) -> str:
    told = "The days it came from were computed again, and nothing calls for this ticket any more."
    return f"{told} Of its {len(shown)} issues {len(shared)} are evidence of {heir} now." if shared else told


def ticket_text(row: dict[str, Any], evidence: dict[str, dict[str, object]]) -> TicketText:
    """A row of the batch in the tracker's terms."""
    members = json.loads(row["members"])
    return TicketText(
        key=str(row["ticket_key"]),
        day=_date(row["day"]),
        action=str(row["action"]),
        level=str(row["level"]),
        title=str(row["title"]),
        body=str(row["body"]),
        reason=str(row["reason"]),
        owner=str(row["owner"]),
        destination=str(row["destination"]),
        due=_date(row["due"]),
        evidence=tuple(evidence.get(member, {"issue_id": member}) for member in members),
    )


def evidence_rows(issues: pd.DataFrame, feedback: pd.DataFrame) -> dict[str, dict[str, object]]:
    """What a ticket shows of each issue: quote, channel, and the way back to the raw event."""
    columns = ["event_id", "channel", "language", "region", "app_version", "occurred_at", "landing_object", "line"]
    joined = issues[["issue_id", "event_id", "quote"]].merge(feedback[columns], on="event_id", how="left")
    joined["occurred_at"] = joined["occurred_at"].map(_text)
    return {str(row["issue_id"]): _present(row) for row in records(joined)}


def standing_since(deliveries: pd.DataFrame) -> dict[str, date]:
    """Since which day tickets stand in the tracker, by key, as earlier receipts say."""
    done = deliveries[deliveries["outcome"] == "delivered"]
    return _first_days(done)


def opening_days(batch: pd.DataFrame) -> dict[str, date]:
    """The first day on which the plan creates a ticket that waits for nobody, by key.

    Args:
        batch: The columns day, ticket_key, action and state of `tickets/ticket_batch`, all days.
    """
    return _first_days(batch[(batch["action"] == "create") & (batch["state"] != "needs_approval")])


def _first_days(rows: pd.DataFrame) -> dict[str, date]:
    first: dict[str, date] = {}
    for key, day in zip(rows["ticket_key"].tolist(), rows["day"].tolist(), strict=True):
        first[str(key)] = min(_date(day), first.get(str(key), date.max))
    return first


def _receipt(
    row: dict[str, Any], tracker: Tracker, outcome: str, receipt: Receipt | None, now: datetime
) -> dict[str, Any]:
    return {
        "day": row["day"],
        "ticket_key": row["ticket_key"],
        "action": row["action"],
        "tracker": tracker.name,
        "outcome": outcome,
        "external_id": receipt.external_id if receipt else None,
        "location": receipt.location if receipt else None,
        "delivered_at": now.astimezone(UTC),
    }


def _present(row: dict[Any, Any]) -> dict[str, object]:
    return {str(name): value for name, value in row.items() if not _missing(value)}


def _missing(value: object) -> bool:
    return value is None or value != value  # NaN and NaT differ from themselves


def _text(value: Any) -> str | None:
    return None if _missing(value) else value.isoformat()


def _date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def merge_receipts(old: Iterable[dict[str, Any]], new: pd.DataFrame) -> pd.DataFrame:
    """Receipts of a day after some of its rows were delivered later: the newer receipt of a row holds."""
    by_row = {(row["day"], row["ticket_key"], row["action"]): row for row in old}
    by_row.update({(row["day"], row["ticket_key"], row["action"]): row for row in records(new)})
    return conform(pd.DataFrame(list(by_row.values())), tables.TICKET_DELIVERIES)
