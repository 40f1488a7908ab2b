"""Rows of the tables that the tickets room reads and writes, with their types. Nothing is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, records
from feedback_assets.tables import Level, PriorityDecision, TicketAction, TicketState
from feedback_assets.text import text_or_none

# A row as frames give it.
Record = Mapping[str, Any]
# The order of one day's actions on a ticket; it must exist before evidence is added to it.
ACTION_ORDER = {
    TicketAction.MERGE: 0, TicketAction.CREATE: 1, TicketAction.REOPEN: 2, TicketAction.RAISE: 3,
    TicketAction.ADD_EVIDENCE: 4,
}  # fmt: skip


@dataclass(frozen=True)
class ScoredCluster:
    """What a ticket takes from a row of `gold/priority`."""

    cluster_id: str
    decision: PriorityDecision
    level: Level | None
    reason: str
    members_7d: int
    members_28d: int
    baseline_daily: float
    lift_7d: float
    confidence: float
    severity: float

    @property
    def wants_ticket(self) -> bool:
        """Whether it calls for a ticket, with or without a person's approval."""
        return self.decision in (PriorityDecision.TICKET, PriorityDecision.APPROVAL)

    @classmethod
    def from_record(cls, record: Record) -> ScoredCluster:
        """The row with its types."""
        level = text_or_none(record["level"])
        return cls(
            cluster_id=str(record["cluster_id"]),
            decision=PriorityDecision(record["decision"]),
            level=Level(level) if level else None,
            reason=str(record["reason"]),
            members_7d=int(record["members_7d"]),
            members_28d=int(record["members_28d"]),
            baseline_daily=float(record["baseline_daily"]),
            lift_7d=float(record["lift_7d"]),
            confidence=float(record["confidence"]),
            severity=float(record["severity"]),
        )


@dataclass(frozen=True)
class Cluster:
    """What a ticket takes from a row of `gold/clusters`."""

    cluster_id: str
    category: str
    sub_label: str | None
    product_id: str | None
    product_name: str | None
    component: str | None
    scope: str
    title: str
    summary: str
    first_seen: date

    @classmethod
    def from_record(cls, record: Record) -> Cluster:
        """The row with its types."""
        return cls(
            cluster_id=str(record["cluster_id"]),
            category=str(record["category"]),
            sub_label=text_or_none(record["sub_label"]),
            product_id=text_or_none(record["product_id"]),
            product_name=text_or_none(record["product_name"]),
            component=text_or_none(record["component"]),
            scope=str(record["scope"]),
            title=str(record["title"]),
            summary=str(record["summary"]),
            first_seen=record["first_seen"],
        )

    @property
    def cause_key(self) -> str:
        """The normalised cause: what it was compared within, the sub-label, and the part where one is named.

        The scope keeps apart what only sounds alike: late parcels of two carriers are two problems.
        """
        return "/".join((self.scope, self.sub_label or "-", self.component or "-"))


@dataclass(frozen=True)
class PlannedAction:
    """A row of `tickets/ticket_batch`. `members` are the issues that are new evidence, sorted."""

    day: date
    ticket_key: str
    action: TicketAction
    state: TicketState
    cluster_id: str
    clusters: tuple[str, ...]
    level: Level
    title: str
    category: str
    product_id: str | None
    component: str | None
    cause_key: str
    owner: str
    destination: str
    due: date
    members: tuple[str, ...]
    members_total: int
    reason: str
    parent_key: str | None = None
    merged_into: str | None = None
    fields: str = "{}"

    @property
    def marker(self) -> str:
        """What names the action once and for all."""
        return marker(self.ticket_key, self.day, self.action)

    @property
    def order(self) -> tuple[date, str, int]:
        """Sort key: by day, ticket, and what must come first on it."""
        return self.day, self.ticket_key, ACTION_ORDER[self.action]

    def record(self) -> dict[str, Any]:
        """The row as the table has it."""
        return {**asdict(self), "clusters": json.dumps(self.clusters), "members": json.dumps(self.members)}

    @classmethod
    def from_record(cls, record: Record) -> PlannedAction:
        """The row with its types."""
        return cls(
            day=as_date(record["day"]),
            ticket_key=str(record["ticket_key"]),
            action=TicketAction(record["action"]),
            state=TicketState(record["state"]),
            cluster_id=str(record["cluster_id"]),
            clusters=tuple(json.loads(record["clusters"])),
            level=Level(record["level"]),
            title=str(record["title"]),
            category=str(record["category"]),
            product_id=text_or_none(record["product_id"]),
            component=text_or_none(record["component"]),
            cause_key=str(record["cause_key"]),
            owner=str(record["owner"]),
            destination=str(record["destination"]),
            due=as_date(record["due"]),
            members=tuple(json.loads(record["members"])),
            members_total=int(record["members_total"]),
            reason=str(record["reason"]),
            parent_key=text_or_none(record["parent_key"]),
            merged_into=text_or_none(record["merged_into"]),
            fields=str(record["fields"]),
        )


def planned_actions(batch: pd.DataFrame) -> list[PlannedAction]:
    """The rows of a batch, in order of day, ticket and action."""
    return sorted(map(PlannedAction.from_record, records(batch)), key=lambda action: action.order)


def batch_frame(actions: Iterable[PlannedAction]) -> pd.DataFrame:
    """Rows of `tickets/ticket_batch`."""
    return conform(pd.DataFrame([action.record() for action in actions]), tables.TICKET_BATCH)


def marker(key: str, day: date, action: str) -> str:
    """What names an action on a ticket once and for all."""
    return f"{key}/{day.isoformat()}/{action}"


def marked_day(marker: str) -> date:
    """The day that a marker names."""
    return date.fromisoformat(marker.split("/")[1])


def as_date(value: date) -> date:
    """The day of a cell, which a frame gives as a date or as a timestamp."""
    return value.date() if isinstance(value, datetime) else value


def date_or_none(value: object) -> date | None:
    """The day of a cell that may be empty, which a frame says as None or NaT."""
    return as_date(value) if isinstance(value, date) and value == value else None  # NaT differs from itself


def item_of(issue_id: str) -> str:
    """The item that an issue is in."""
    return issue_id.rsplit("#", 1)[0]
