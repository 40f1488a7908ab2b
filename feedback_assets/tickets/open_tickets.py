"""The tickets as a day leaves them: made of planned actions, merges of clusters and the tracker's events.

Looked up and carried from day to day here; what a day adds is decided in `plan.py`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.tickets import TicketRules
from feedback_assets.lake.frames import conform, records
from feedback_assets.lineage import Lineage, LineageAsOf
from feedback_assets.tables import Level, TicketAction, TicketState
from feedback_assets.text import text_or_none
from feedback_assets.tickets.rows import Cluster, PlannedAction, Record, as_date, date_or_none, item_of

CLOSED = frozenset({"closed", "resolved", "invalid", "duplicate", "deferred"})
# A day's evidence is at most so many days old (`Rules.evidence_days`), so older actions hold no issue that counts.
RECENT_DAYS = 28
# Days on which the tracker said a ticket is closed (True) or not, by key, in order.
Closings = Mapping[str, Sequence[tuple[date, bool]]]


@dataclass(frozen=True)
class OpenTicket:
    """A ticket at the end of a day. One that was closed is met again too; one that was merged is not.

    Attributes:
        clusters: The clusters its actions name.
        roots: What those became part of since.
        members: Its issues of the last 28 days at least; `members_total` counts all.
        expected: Issues a day that it started above; it stays so, though the baseline later holds the fault.
        regions: The regions it is about; empty for all.
        ready_on: The first day that created it without a person's approval.
        merged_into: The ticket that goes on with its problem.
    """

    key: str
    clusters: frozenset[str]
    category: str
    product_id: str | None
    component: str | None
    cause_key: str
    level: Level
    owner: str
    destination: str
    title: str
    state: TicketState
    opened_on: date
    last_evidence: date
    members_total: int
    members: frozenset[str] = frozenset()
    expected: float = 0.0
    regions: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    ready_on: date | None = None
    closed_on: date | None = None
    merged_into: str | None = None

    @property
    def covers(self) -> frozenset[str]:
        """All clusters it is met again by."""
        return self.clusters | self.roots

    def with_members(self, new: Sequence[str]) -> OpenTicket:
        """The same with more issues, none of which it has."""
        return replace(self, members=self.members.union(new), members_total=self.members_total + len(new))


class OpenTickets:
    """All tickets on the way through the days, by key, with what they are looked up by."""

    def __init__(self, tickets: Iterable[OpenTicket] = ()) -> None:
        self.by_key: dict[str, OpenTicket] = {}
        self._by_cluster: dict[str, set[str]] = {}
        self._by_cause: dict[tuple[str, str | None, str], set[str]] = {}
        for ticket in tickets:
            self.put(ticket)

    def put(self, ticket: OpenTicket) -> None:
        """Add a ticket, or replace the one of its key."""
        self.by_key[ticket.key] = ticket
        for cluster in ticket.covers:
            self._by_cluster.setdefault(cluster, set()).add(ticket.key)
        self._by_cause.setdefault(_cause(ticket), set()).add(ticket.key)

    def apply(self, action: PlannedAction) -> None:
        """Carry out one planned action."""
        old = self.by_key.get(action.ticket_key)
        if action.action == TicketAction.MERGE:
            if old is not None:
                self._merge(old, action)
            return
        # What waited for a person and then became a ticket of its own starts anew with that ticket's evidence.
        base = None if action.action == TicketAction.CREATE else old
        changed: dict[str, Any] = json.loads(action.fields)
        ready = [day for day in (old.ready_on if old else None, _ready_on(action)) if day]
        clusters = frozenset(action.clusters) | (base.clusters if base else frozenset[str]())
        self.put(
            OpenTicket(
                key=action.ticket_key,
                clusters=clusters,
                category=action.category,
                product_id=action.product_id,
                component=action.component,
                cause_key=action.cause_key,
                level=action.level,
                owner=action.owner,
                destination=action.destination,
                title=action.title,
                state=action.state,
                opened_on=old.opened_on if old else action.day,
                last_evidence=action.day,
                members_total=action.members_total,
                members=frozenset(action.members) | (base.members if base else frozenset[str]()),
                expected=_expected(changed, base.expected if base else 0.0),
                regions=base.regions if base else _regions(changed),
                roots=base.roots - clusters if base else frozenset(),
                ready_on=min(ready, default=None),
            )
        )

    def _merge(self, ended: OpenTicket, action: PlannedAction) -> None:
        """One ticket ends; the other goes on for its clusters too, above what was usual for both."""
        self.put(replace(ended, merged_into=action.merged_into, last_evidence=action.day))
        other = self.by_key.get(str(action.merged_into))
        if other is not None:
            self.put(
                replace(
                    other,
                    clusters=other.clusters | ended.clusters,
                    roots=(other.roots | ended.roots) - other.clusters - ended.clusters,
                    expected=other.expected + ended.expected,
                )
            )

    def follow_merges(self, lineage: LineageAsOf[date, Record]) -> None:
        """Let each ticket cover what its clusters are part of."""
        for ticket in list(self.by_key.values()):
            roots = frozenset(lineage.root(cluster) for cluster in ticket.covers) - ticket.clusters
            if not roots <= ticket.roots:
                self.put(replace(ticket, roots=ticket.roots | roots))

    def follow_events(self, closed: Closings, day: date) -> None:
        """Close and open tickets as the tracker did up to this day and since their last evidence."""
        for key, statuses in closed.items():
            ticket = self.by_key.get(key)
            if ticket is None:
                continue
            known = [is_closed and when for when, is_closed in statuses if ticket.last_evidence <= when <= day]
            if known:
                self.put(replace(ticket, closed_on=known[-1] or None))

    def open(self) -> list[OpenTicket]:
        """The tickets that are neither closed nor merged, the oldest first."""
        return [ticket for ticket in self._met(self.by_key) if ticket.closed_on is None]

    def covering(self, cluster_id: str) -> bool:
        """Whether a ticket that goes on is met again by the cluster."""
        return bool(self._met(self._by_cluster.get(cluster_id, ())))

    def same_problem(self, cluster: Cluster, day: date, rules: TicketRules) -> OpenTicket | None:
        """The ticket a cluster is met again by: one that covers it, else a fresh one of equal cause."""
        covering = self._met(self._by_cluster.get(cluster.cluster_id, ()))
        if covering:
            return covering[0]
        cause = (cluster.category, cluster.product_id, cluster.cause_key)
        alike = self._met(self._by_cause.get(cause, ()))
        fresh = (
            ticket
            for ticket in alike
            if (day - ticket.last_evidence).days <= rules.same_problem_days and _cause(ticket) == cause
        )
        return next(fresh, None)

    def of_one_problem(self) -> list[tuple[OpenTicket, OpenTicket, str]]:
        """Pairs of tickets whose clusters became one: which goes on, which ends, and the cluster they share.

        What is open goes on before what is closed, then what waits for nobody, then the older.
        """
        pairs: list[tuple[OpenTicket, OpenTicket, str]] = []
        ended: set[str] = set()
        for cluster in sorted(cluster for cluster, keys in self._by_cluster.items() if len(keys) > 1):
            covering = [ticket for ticket in self._met(self._by_cluster[cluster]) if ticket.key not in ended]
            for ticket in sorted(covering, key=_rank)[1:]:
                pairs.append((min(covering, key=_rank), ticket, cluster))
                ended.add(ticket.key)
        return pairs

    def parent_of(self, ticket: OpenTicket, rules: TicketRules) -> str | None:
        """Key of the open ticket of another owner that holds so many of the same items that it is the parent."""
        items = {item_of(member) for member in ticket.members}
        for other in sorted(self.by_key.values(), key=_age):
            if other.owner == ticket.owner or other.closed_on is not None or other.merged_into is not None:
                continue
            shared = len(items & {item_of(member) for member in other.members})
            if shared >= rules.parent_overlap * len(items) > 0:
                return other.key
        return None

    def _met(self, keys: Iterable[str]) -> list[OpenTicket]:
        return sorted((self.by_key[key] for key in keys if self.by_key[key].merged_into is None), key=_age)


def _cause(ticket: OpenTicket) -> tuple[str, str | None, str]:
    return ticket.category, ticket.product_id, ticket.cause_key


def _age(ticket: OpenTicket) -> tuple[date, str]:
    return ticket.opened_on, ticket.key


def _rank(ticket: OpenTicket) -> tuple[bool, bool, date, str]:
    return ticket.closed_on is not None, ticket.state == TicketState.NEEDS_APPROVAL, ticket.opened_on, ticket.key


def _ready_on(action: PlannedAction) -> date | None:
    created = action.action == TicketAction.CREATE and action.state == TicketState.READY
    return action.day if created else None


def _expected(changed: Mapping[str, Any], before: float) -> float:
    return float(changed.get("count", {}).get("expected_a_day", before))


def _regions(fields: Mapping[str, Any]) -> frozenset[str]:
    where: dict[str, list[str]] = fields.get("concentrated_in") or {}
    return frozenset(where.get("regions", ()))


def closings(events: pd.DataFrame) -> Closings:
    """What the tracker said of each ticket's status, from `bronze/ticket_events`."""
    by_key: dict[str, list[tuple[date, bool]]] = {}
    for row in records(events[events["problem"].isna()]):
        payload: dict[str, Any] = json.loads(row["payload"]) if isinstance(row["payload"], str) else {}
        key, status = str(payload.get("ticket_key", "")), str(payload.get("status", "")).lower()
        if key and status:
            by_key.setdefault(key, []).append((row["day"], status in CLOSED))
    return {key: sorted(statuses) for key, statuses in by_key.items()}


def tickets_before(
    first: date, snapshot: Iterable[OpenTicket], actions: Sequence[PlannedAction], lineage: Lineage[date, Record]
) -> OpenTickets:
    """The tickets as they stood on the morning of a day.

    Args:
        first: The day.
        snapshot: The tickets of an earlier day, as `tickets/open_tickets` keeps them; none when the plan has no past.
        actions: What was planned since then and before the day, in order.
        lineage: Of the days since then.
    """
    tickets = OpenTickets(snapshot)
    merge_days = sorted({merge.day for merge in lineage.merges(None, first - timedelta(days=1))})
    waiting = deque(actions)
    for day in merge_days:
        # A day's merges come before what is planned on it.
        while waiting and waiting[0].day < day:
            tickets.apply(waiting.popleft())
        tickets.follow_merges(lineage.as_of(day))
    for action in waiting:
        tickets.apply(action)
    return tickets


def snapshot_frame(day: date, tickets: Iterable[OpenTicket]) -> pd.DataFrame:
    """Rows of `tickets/open_tickets`."""
    rows = [
        {
            "day": day,
            "ticket_key": ticket.key,
            **{name: getattr(ticket, name) for name in _AS_THEY_ARE},
            "expected_daily": ticket.expected,
            **{name: json.dumps(sorted(getattr(ticket, name))) for name in _LISTS},
        }
        for ticket in tickets
    ]
    return conform(pd.DataFrame(rows), tables.OPEN_TICKETS)


_AS_THEY_ARE = (
    "state", "merged_into", "opened_on", "ready_on", "last_evidence", "closed_on", "level", "title", "category",
    "product_id", "component", "cause_key", "owner", "destination", "members_total",
)  # fmt: skip
_LISTS = ("clusters", "roots", "regions")


def snapshot_tickets(rows: pd.DataFrame) -> list[OpenTicket]:
    """The tickets that rows of one day of `tickets/open_tickets` hold."""
    return [_from_record(record) for record in records(rows)]


def _from_record(record: Record) -> OpenTicket:
    return OpenTicket(
        key=str(record["ticket_key"]),
        clusters=frozenset(json.loads(record["clusters"])),
        category=str(record["category"]),
        product_id=text_or_none(record["product_id"]),
        component=text_or_none(record["component"]),
        cause_key=str(record["cause_key"]),
        level=Level(record["level"]),
        owner=str(record["owner"]),
        destination=str(record["destination"]),
        title=str(record["title"]),
        state=TicketState(record["state"]),
        opened_on=as_date(record["opened_on"]),
        last_evidence=as_date(record["last_evidence"]),
        members_total=int(record["members_total"]),
        expected=float(record["expected_daily"]),
        regions=frozenset(json.loads(record["regions"])),
        roots=frozenset(json.loads(record["roots"])),
        ready_on=date_or_none(record["ready_on"]),
        closed_on=date_or_none(record["closed_on"]),
        merged_into=text_or_none(record["merged_into"]),
    )
