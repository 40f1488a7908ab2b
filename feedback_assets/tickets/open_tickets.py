"""The tickets that stand: told by earlier rows of the batch, closed by the tracker's events, found again by a cluster.

Nothing is decided here; that is `plan.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from feedback_assets.lake.frames import records
from feedback_assets.text import text_or_none
from feedback_assets.tickets.rules import Rules

CLOSED = frozenset({"closed", "resolved", "invalid", "duplicate", "deferred"})
# Days on which the tracker said a ticket is closed (True) or not, by key, in order.
Closings = dict[str, list[tuple[date, bool]]]


@dataclass(frozen=True)
class Standing:
    """A ticket as the fold knows it at the end of a day."""

    key: str
    clusters: frozenset[str]
    category: str
    product_id: str | None
    component: str | None
    cause_key: str
    level: str
    owner: str
    destination: str
    title: str
    state: str
    last_evidence: date
    members: frozenset[str] = field(default_factory=frozenset)
    expected: float = 0.0
    regions: frozenset[str] = frozenset()
    closed_on: date | None = None


def standing_tickets(history: pd.DataFrame) -> dict[str, Standing]:
    """The tickets that earlier rows of the batch left standing, by key."""
    standing: dict[str, Standing] = {}
    order = history.assign(_step=history["action"].map({"create": 0, "reopen": 1, "raise": 2, "add_evidence": 3}))
    for row in records(order.sort_values(["day", "_step", "ticket_key"])):
        key = str(row["ticket_key"])
        # What waited for a person and then became a ticket of its own starts anew with that ticket's evidence.
        old = None if row["action"] == "create" else standing.get(key)
        fields = json.loads(row["fields"])
        standing[key] = Standing(
            key=key, category=row["category"], product_id=text_or_none(row["product_id"]),
            component=text_or_none(row["component"]), cause_key=str(row["cause_key"]), level=row["level"],
            owner=row["owner"], destination=row["destination"], title=row["title"], state=row["state"],
            last_evidence=row["day"],
            clusters=frozenset(json.loads(row["clusters"])) | (old.clusters if old else frozenset()),
            members=frozenset(json.loads(row["members"])) | (old.members if old else frozenset()),
            expected=old.expected if old else expected_of(fields),
            regions=old.regions if old else regions_of(fields),
        )  # fmt: skip
    return standing


def expected_of(fields: dict[str, Any]) -> float:
    """Issues a day that the ticket started above; it stays so, though the baseline later holds the fault."""
    return float(fields.get("count", {}).get("expected_a_day", 0.0))


def regions_of(fields: dict[str, Any]) -> frozenset[str]:
    """The regions the ticket is about; empty for all."""
    return frozenset((fields.get("concentrated_in") or {}).get("regions", ()))


def closings(events: pd.DataFrame) -> Closings:
    """What the tracker said of each ticket's status, from `bronze/ticket_events`."""
    told: Closings = {}
    for row in records(events[events["problem"].isna()]):
        said = json.loads(row["payload"]) if isinstance(row["payload"], str) else {}
        key, status = str(said.get("ticket_key", "")), str(said.get("status", "")).lower()
        if key and status:
            told.setdefault(key, []).append((row["day"], status in CLOSED))
    return {key: sorted(said) for key, said in told.items()}


def as_closed(ticket: Standing, told: Closings, day: date) -> Standing:
    """The ticket with what the tracker said before this day and since its last evidence."""
    closed_on = ticket.closed_on
    for when, closed in told.get(ticket.key, []):
        if ticket.last_evidence <= when <= day:
            closed_on = when if closed else None
    return replace(ticket, closed_on=closed_on)


def same_problem(standing: dict[str, Standing], cluster: dict[str, Any], day: date, rules: Rules) -> Standing | None:
    """The ticket a cluster is met again by: its own or that of what it merged into, else a fresh one of equal cause."""
    cluster_id = str(cluster["cluster_id"])
    lineage = {cluster_id, text_or_none(cluster["merged_into"]) or cluster_id}
    for ticket in standing.values():
        if ticket.clusters & lineage:
            return ticket
    wanted = (str(cluster["category"]), text_or_none(cluster["product_id"]), cause_key(cluster))
    for ticket in standing.values():
        fresh = (day - ticket.last_evidence).days <= rules.same_problem_days
        if fresh and (ticket.category, ticket.product_id, ticket.cause_key) == wanted:
            return ticket
    return None


def parent_of(ticket: Standing, standing: dict[str, Standing], rules: Rules) -> str | None:
    """Key of the open ticket of another owner that holds so many of the same items that it is the parent."""
    items = {item_of(member) for member in ticket.members}
    for other in standing.values():
        shared = len(items & {item_of(member) for member in other.members})
        if other.owner != ticket.owner and other.closed_on is None and shared >= rules.parent_overlap * len(items) > 0:
            return other.key
    return None


def cause_key(cluster: dict[str, Any]) -> str:
    """The normalised cause: what the cluster was compared within, the sub-label, and the part where one is named.

    The scope keeps apart what only sounds alike: late parcels of two carriers are two problems.
    """
    named = (text_or_none(cluster[column]) or "-" for column in ("sub_label", "component"))
    return "/".join((str(cluster["scope"]), *named))


def item_of(issue_id: str) -> str:
    """The item that an issue is in."""
    return issue_id.rsplit("#", 1)[0]
