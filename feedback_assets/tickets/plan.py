"""The plan: a pure fold over days that says what should exist in the tracker, never asking the tracker.

Its inputs are tables only: the day's priorities, clusters and members, the tickets that earlier days left and the
ticket events up to the day. So a day planned twice gives the same rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.config.sections.tickets import TicketRules
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.frames import conform, records
from feedback_assets.lineage import Lineage, cluster_rows
from feedback_assets.tables import Level, PriorityDecision, TicketAction, TicketState
from feedback_assets.tickets.cluster_index import ClusterIndex, Rise
from feedback_assets.tickets.fields import Evidence, TicketFields, ticket_fields
from feedback_assets.tickets.open_tickets import (
    OpenTicket,
    OpenTickets,
    closings,
    snapshot_frame,
    snapshot_tickets,
    tickets_before,
)
from feedback_assets.tickets.rows import (
    Cluster,
    PlannedAction,
    Record,
    ScoredCluster,
    batch_frame,
    item_of,
    planned_actions,
)

# What is read of each input; the quotes and words of a ticket come from here.
LINEAGE = ("day", "cluster_id", "status", "merged_into")
COLUMNS: dict[str, tuple[str, ...]] = {
    "clusters": (
        *LINEAGE, "category", "sub_label", "product_id", "product_name", "component", "scope", "title", "summary",
        "first_seen",
    ),
    "members": ("day", "cluster_id", "issue_id", "similarity"),
    "issues": (
        "day", "issue_id", "event_id", "category", "sub_label", "sentiment", "confidence", "triage", "quote", "causes",
        "suggested_action", "reproduction_hints",
    ),
    "feedback": (
        "day", "event_id", "channel", "language", "region", "app_version", "product_name", "variant", "device",
        "carrier", "vendor", "fulfilment_centre", "customer_tier", "unit_price", "customer_ref", "product_id",
    ),
    "commerce": ("day", "product_id", "event_type"),
}  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What the fold reads: frames over the days asked for and the look-back before them.

    Attributes:
        snapshot: Rows of one day of `tickets/open_tickets`, before the look-back; none when the plan has no past.
        history: Rows of `tickets/ticket_batch` since that day and before the days asked for.
        merges: Rows of `gold/clusters` since that day and before the look-back; only their lineage is read.
    """

    priority: pd.DataFrame
    clusters: pd.DataFrame
    members: pd.DataFrame
    issues: pd.DataFrame
    feedback: pd.DataFrame
    commerce: pd.DataFrame
    snapshot: pd.DataFrame
    history: pd.DataFrame
    events: pd.DataFrame
    merges: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LINEAGE)))
    impact: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Plan:
    """What the fold writes: rows of `tickets/ticket_batch`, and of `tickets/open_tickets` at the end of each day."""

    batch: pd.DataFrame
    open_tickets: pd.DataFrame


def plan_tickets(
    inputs: Inputs, days: Sequence[date], taxonomy: Taxonomy, rules: TicketRules, shown: EvidenceRules
) -> Plan:
    """Plan the days asked for.

    Args:
        inputs: Tables over the days and their look-back.
        days: The days, ascending.
        taxonomy: Owners, destinations and SLAs.
        rules: When a ticket is met again.
        shown: Which words of customers stand in a ticket.
    """
    planner = _Planner(inputs, taxonomy, rules, shown, _morning(inputs, days[0]))
    closed = closings(inputs.events)
    by_day = dict(iter(inputs.priority.groupby("day", sort=True)))
    actions: list[PlannedAction] = []
    ends: list[pd.DataFrame] = []
    for day in days:
        scored = map(ScoredCluster.from_record, records(by_day[day]) if day in by_day else ())
        planner.tickets.follow_events(closed, day)
        actions += _one_row_an_action(planner.plan_day(day, scored))
        ends.append(snapshot_frame(day, planner.tickets.by_key.values()))
    filled = [frame for frame in ends if len(frame)]
    return Plan(batch_frame(actions), conform(pd.concat(filled) if filled else pd.DataFrame(), tables.OPEN_TICKETS))


def _morning(inputs: Inputs, first: date) -> OpenTickets:
    """The tickets before the first day."""
    rows: list[Record] = [row for frame in (inputs.merges, inputs.clusters) for row in records(frame[list(LINEAGE)])]
    lineage = Lineage(cluster_rows(row for row in rows if row["day"] < first))
    return tickets_before(first, snapshot_tickets(inputs.snapshot), planned_actions(inputs.history), lineage)


# A category, clusters, and since when they are told more.
_Told = tuple[str, Collection[str], Rise]


class _Planner:
    """Plans one day after another; `tickets` is what the days so far left."""

    def __init__(
        self, inputs: Inputs, taxonomy: Taxonomy, rules: TicketRules, shown: EvidenceRules, tickets: OpenTickets
    ) -> None:
        self.tickets = tickets
        self._taxonomy, self._rules, self._shown = taxonomy, rules, shown
        self._index = ClusterIndex(inputs.clusters, inputs.members, inputs.issues, inputs.feedback)
        self._today: list[Cluster] = []
        self._evidence = Evidence(inputs.issues, inputs.members, inputs.feedback, inputs.commerce, inputs.impact)

    def plan_day(self, day: date, scored: Iterable[ScoredCluster]) -> list[PlannedAction]:
        """The actions of a day, in the order they were decided."""
        self.tickets.follow_merges(self._index.at(day))
        actions = self._merge_tickets(day)
        scored = list(scored)
        self._today = [
            cluster
            for each in scored
            if (cluster := self._index.cluster(each.cluster_id)) is not None
            and cluster.category not in self._taxonomy.unactionable
        ]
        for priority in scored:
            # Approved or not, evidence only gathers while the cluster is more than background.
            if priority.decision != PriorityDecision.WATCH:
                actions += self._plan_cluster(priority, day)
        return actions

    def _merge_tickets(self, day: date) -> list[PlannedAction]:
        """One ticket goes on where clusters with tickets became one; each other says so and points to it."""
        actions: list[PlannedAction] = []
        while pairs := self.tickets.of_one_problem():
            for other, ticket, cluster_id in pairs:
                reason = f"Its cluster became part of that of {other.key}, which goes on with the problem."
                action = _action(ticket, day, TicketAction.MERGE, (), day, reason, cluster_id)
                actions.append(replace(action, clusters=(), merged_into=other.key))
                self.tickets.apply(actions[-1])
        return actions

    def _plan_cluster(self, scored: ScoredCluster, day: date) -> list[PlannedAction]:
        cluster = self._index.cluster(scored.cluster_id)
        if cluster is None:
            return []
        ticket = self.tickets.same_problem(cluster, day, self._rules) or self._told_by(cluster)
        if ticket is None:
            return self._create(scored, cluster, day) if scored.wants_ticket else []
        if ticket.state == TicketState.NEEDS_APPROVAL and scored.decision == PriorityDecision.TICKET:
            # What waited for a person and has grown into a problem that needs none starts with what made it one.
            return self._create(scored, cluster, day, ticket)
        return self._meet_again(ticket, scored, cluster, day)

    def _told_by(self, cluster: Cluster) -> OpenTicket | None:
        """The open ticket of the problem that the cluster tells in other words, the most likely one."""
        rise = self._index.rise([cluster.cluster_id], self._rules)
        if rise is None:
            return None
        fitting = [
            (other.gain, ticket)
            for ticket in self.tickets.open()
            if (other := self._index.rise(ticket.covers, self._rules)) is not None
            and self._is_one_problem(
                (cluster.category, {cluster.cluster_id}, rise), (ticket.category, ticket.covers, other)
            )
        ]
        return min(fitting, key=lambda pair: (-pair[0], pair[1].key))[1] if fitting else None

    def _parts(self, cluster: Cluster) -> list[Cluster]:
        """The clusters that tell the same problem on the day, with the cluster itself; the most told one first."""
        rise = self._index.rise([cluster.cluster_id], self._rules)
        if rise is None:
            return [cluster]
        parts = [(len(rise.issues), cluster)]
        for each in self._today:
            other = self._index.rise([each.cluster_id], self._rules)
            taken = each.cluster_id == cluster.cluster_id or self.tickets.covering(each.cluster_id)
            if other is not None and not taken:
                mine, theirs = ((one.category, {one.cluster_id}, at) for one, at in ((cluster, rise), (each, other)))
                if self._is_one_problem(mine, theirs):
                    parts.append((len(other.issues), each))
        return [part for _, part in sorted(parts, key=lambda pair: (-pair[0], pair[1].cluster_id))]

    def _is_one_problem(self, one: _Told, other: _Told) -> bool:
        """Whether both began together and are about one product, carrier, version or release, or the same items."""
        category, clusters, rise = one
        other_category, other_clusters, other_rise = other
        if not rise.may_begin_with(other_rise, self._rules):
            return False
        if rise.ties & other_rise.ties:
            return True
        items, theirs = ({item_of(issue) for issue in each.issues} for each in (rise, other_rise))
        if len(items & theirs) >= self._rules.parent_overlap * min(len(items), len(theirs)):
            return True
        releases, suspected = (
            {release["release_id"] for each in ids if (release := self._evidence.release(each, self._index.day))}
            for ids in (clusters, other_clusters)
        )
        if releases & suspected:
            return True
        # Neither is one product's or carrier's: what began together in one category, in the same places, is one.
        return (
            not rise.ties and not other_rise.ties and category == other_category and rise.regions == other_rise.regions
        )

    def _create(
        self, scored: ScoredCluster, cluster: Cluster, day: date, waited: OpenTicket | None = None
    ) -> list[PlannedAction]:
        told_by, (cluster, *others) = cluster, self._parts(cluster)
        clusters = frozenset({told_by.cluster_id, cluster.cluster_id, *(each.cluster_id for each in others)})
        category = self._taxonomy.category(cluster.category)
        recent = self._index.evidence(sorted(clusters), scored.baseline_daily, self._rules)
        due = day + timedelta(hours=category.sla_hours)
        fields = ticket_fields(scored, cluster, day, due, category, self._evidence, recent, self._shown)
        ticket = OpenTicket(
            key=waited.key if waited else _key(cluster.cluster_id, day, self.tickets.by_key),
            clusters=clusters,
            category=cluster.category,
            product_id=cluster.product_id,
            component=cluster.component,
            cause_key=cluster.cause_key,
            level=scored.level or Level.P3,
            owner=category.owner,
            destination=category.destination,
            title=cluster.title,
            state=TicketState.READY if scored.decision == PriorityDecision.TICKET else TicketState.NEEDS_APPROVAL,
            opened_on=day,
            last_evidence=day,
            members_total=len(set(recent.issues)),
            members=frozenset(recent.issues),
        )
        action = _action(ticket, day, TicketAction.CREATE, recent.issues, due, scored.reason, cluster.cluster_id)
        action = replace(action, parent_key=self.tickets.parent_of(ticket, self._rules), fields=_json(fields))
        self.tickets.apply(action)
        return [action]

    def _meet_again(
        self, ticket: OpenTicket, scored: ScoredCluster, cluster: Cluster, day: date
    ) -> list[PlannedAction]:
        cluster_id, changed = cluster.cluster_id, "{}"
        if cluster_id in ticket.roots:
            # What the ticket's cluster became part of has complaints of its own, which are no evidence.
            ticket = replace(ticket, expected=round(ticket.expected + self._index.usual(ticket, cluster_id), 2))
            changed = json.dumps({"count": {"expected_a_day": ticket.expected}})
        more = self._index.further_evidence(cluster_id, ticket, self._rules)
        new = [member for member in more if member not in ticket.members]
        grown = replace(ticket, clusters=ticket.clusters | {cluster_id}).with_members(new)
        actions: list[PlannedAction] = []
        if ticket.closed_on is not None:
            if scored.wants_ticket and len(new) >= self._rules.reopen_members:
                reason = f"Closed on {ticket.closed_on}, and back: {len(new)} new issues. {scored.reason}"
                actions.append(_action(grown, day, TicketAction.REOPEN, new, day, reason, cluster_id))
        elif new:
            if scored.decision == PriorityDecision.TICKET and scored.level and scored.level < ticket.level:
                raised = replace(grown, level=scored.level, members_total=ticket.members_total)
                reason = f"Raised from {ticket.level} to {scored.level}: {scored.reason}"
                actions.append(_action(raised, day, TicketAction.RAISE, (), day, reason, cluster_id))
                grown = replace(grown, level=scored.level)
            actions.append(_action(grown, day, TicketAction.ADD_EVIDENCE, new, day, _more(len(new)), cluster_id))
        actions = [replace(action, fields=changed) for action in actions]
        for action in actions:
            self.tickets.apply(action)
        return actions


def _more(count: int) -> str:
    return "1 more issue says the same." if count == 1 else f"{count} more issues say the same."


def _key(cluster_id: str, day: date, tickets: Mapping[str, OpenTicket]) -> str:
    key = "FB-" + hashlib.blake2b(cluster_id.encode(), digest_size=4).hexdigest().upper()
    return key if key not in tickets else f"{key}-{day:%y%m%d}"


def _json(fields: TicketFields) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def _action(
    ticket: OpenTicket, day: date, action: TicketAction, members: Iterable[str], due: date, reason: str, cluster_id: str
) -> PlannedAction:
    return PlannedAction(
        day=day,
        ticket_key=ticket.key,
        action=action,
        state=ticket.state,
        cluster_id=cluster_id,
        clusters=tuple(sorted(ticket.clusters)),
        level=ticket.level,
        title=ticket.title,
        category=ticket.category,
        product_id=ticket.product_id,
        component=ticket.component,
        cause_key=ticket.cause_key,
        owner=ticket.owner,
        destination=ticket.destination,
        due=due,
        members=tuple(sorted(members)),
        members_total=ticket.members_total,
        reason=reason,
    )


def _one_row_an_action(actions: Sequence[PlannedAction]) -> list[PlannedAction]:
    """The actions with those of one kind on one ticket and day made one."""
    merged: dict[tuple[str, TicketAction], PlannedAction] = {}
    for action in actions:
        place = (action.ticket_key, action.action)
        first = merged.get(place)
        if first is not None:
            members = tuple(sorted({*first.members, *action.members}))
            gathers = action.action == TicketAction.ADD_EVIDENCE
            reason = _more(len(members)) if gathers else first.reason
            fields = first.fields if action.action == TicketAction.CREATE or action.fields == "{}" else action.fields
            action = replace(action, members=members, reason=reason, fields=fields)
        merged[place] = action
    return list(merged.values())
