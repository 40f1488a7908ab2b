"""Delivery: carries planned actions to a tracker, asking it before telling it, and withdraws what is planned no more.

Decides nothing: what should exist is in the batch. Each action ends with its stamp in the tracker, so that one without
a stamp is carried out again, and one with it is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, records
from feedback_assets.tables import DeliveryOutcome, Level, TicketAction, TicketState
from feedback_assets.text import text_or_none
from feedback_assets.tickets.rows import (
    PlannedAction,
    Record,
    as_date,
    date_or_none,
    marked_day,
    marker,
    planned_actions,
)
from feedback_assets.tickets.tracker import (
    Comment,
    EvidenceRow,
    Stamp,
    TicketContent,
    TrackedTicket,
    Tracker,
    TrackerError,
    TrackerStatus,
)

# As long as a slow tracker may take over a few hundred actions; a holder that died on this machine is not waited for.
LEASE_SECONDS = 900.0
# What `Planned` and `ready_days` read of the batch, and `known_tickets` of the receipts.
PLANNED = ("day", "ticket_key", "action", "members", "state", "level")
RECEIPTS = ("day", "ticket_key", "action", "outcome", "tracker", "external_id")
Shown = Mapping[str, EvidenceRow]


@dataclass(frozen=True)
class Known:
    """What earlier receipts say of a ticket: its id in the tracker, and since which day it stands there."""

    external_id: str | None
    since: date


@dataclass(frozen=True)
class Receipt:
    """A row of `tickets/deliveries`."""

    day: date
    ticket_key: str
    action: TicketAction
    tracker: str
    outcome: DeliveryOutcome
    external_id: str | None
    location: str | None
    delivered_at: datetime


@dataclass
class _Open:
    """A ticket in the tracker on the way through a run."""

    ticket: TrackedTicket
    evidence: dict[str, EvidenceRow]


class _Desk:
    """The tickets of a run, each asked for once: by the id of its receipt, else by its key."""

    def __init__(self, tracker: Tracker, known: Mapping[str, Known]) -> None:
        self.tracker = tracker
        self._known = known
        self._open: dict[str, _Open | None] = {}

    def ticket(self, key: str) -> _Open | None:
        """The ticket with the evidence it shows; None when there is none or it is withdrawn."""
        entry = self.any_ticket(key)
        return None if entry is None or entry.ticket.status == TrackerStatus.WITHDRAWN else entry

    def any_ticket(self, key: str) -> _Open | None:
        """The same, withdrawn or not."""
        if key not in self._open:
            external_id = self._known[key].external_id if key in self._known else None
            ticket = (self.tracker.status(external_id) if external_id else None) or self.tracker.find(key)
            self._open[key] = None if ticket is None else self._entry(ticket)
        return self._open[key]

    def _entry(self, ticket: TrackedTicket) -> _Open:
        return _Open(ticket, {str(row["issue_id"]): row for row in self.tracker.evidence(ticket.external_id)})

    def created(self, key: str, ticket: TrackedTicket) -> _Open:
        """Remember a ticket that was made just now."""
        entry = _Open(ticket, {})
        self._open[key] = entry
        return entry


def deliver(
    batch: pd.DataFrame,
    shown: Shown,
    tracker: Tracker,
    now: datetime,
    *,
    propose: bool,
    approved: Collection[str] = (),
    known: Mapping[str, Known] | None = None,
    ready: Mapping[str, date] | None = None,
) -> pd.DataFrame:
    """Receipts, one for each row of the batch.

    Args:
        batch: Rows of `tickets/ticket_batch`.
        shown: What to show of an issue, by issue id.
        tracker: Where tickets go.
        now: The time to write on receipts.
        propose: Write receipts only; nothing reaches the tracker.
        approved: Keys of tickets a person approved.
        known: What earlier receipts say, by key; see `known_tickets`.
        ready: On which day the whole plan creates a ticket that waits for nobody, by key; see `ready_days`.

    Raises:
        TrackerError: The tracker refused or could not be reached; rows before it are delivered already
            and the next run finds them.
    """
    earlier, starts = known or {}, ready or {}
    desk = _Desk(tracker, earlier)
    delivered: set[str] = set()

    def stands(key: str, day: date) -> bool:
        # The tracker does not say since when. A ticket that waited for a person and later was created without one did
        # not stand on the days it waited, in whatever order and however often those days run.
        if key in delivered or (key in earlier and earlier[key].since <= day):
            return True
        return starts.get(key, day) <= day and desk.ticket(key) is not None

    receipts: list[Receipt] = []
    for action in planned_actions(batch):
        key, day = action.ticket_key, action.day
        # What stands in the tracker stands: a crash before the receipt, an approval or a release came before this run,
        # and who approved a ticket wants its further evidence too.
        waits = action.state == TicketState.NEEDS_APPROVAL and key not in approved and not stands(key, day)
        # Nothing points to a ticket that is not there yet.
        waits = waits or (action.merged_into is not None and not stands(action.merged_into, day))
        missing = propose or waits or (action.action != TicketAction.CREATE and not stands(key, day))
        if missing and not _is_done(desk, action):
            outcome = DeliveryOutcome.WAITS_FOR_APPROVAL if waits and not propose else DeliveryOutcome.PROPOSED
            receipts.append(_receipt(action, tracker, outcome, None, now))
            continue
        entry = _carry_out(desk, action, [shown.get(member, {"issue_id": member}) for member in action.members])
        delivered.add(key)
        receipts.append(_receipt(action, tracker, DeliveryOutcome.DELIVERED, entry.ticket, now))
    return receipt_frame(receipts)


def stamp_of(action: PlannedAction) -> Stamp:
    """The action's marker, and a hash of its words and evidence."""
    words = [action.reason] if action.action != TicketAction.CREATE else [action.level, action.title, action.fields]
    hashed = hashlib.blake2b(json.dumps([*words, *sorted(action.members)]).encode(), digest_size=4)
    return Stamp(action.marker, hashed.hexdigest())


def _is_done(desk: _Desk, action: PlannedAction) -> bool:
    """Whether the tracker shows this very action, with these words and this evidence."""
    entry = desk.ticket(action.ticket_key)
    return (
        entry is not None
        and entry.ticket.fingerprints.get(action.marker) == stamp_of(action).fingerprint
        and set(action.members) <= set(entry.evidence)
    )


def _carry_out(desk: _Desk, action: PlannedAction, evidence: Sequence[EvidenceRow]) -> _Open:
    """Bring the tracker to show the action; its stamp last, so that what has one is whole."""
    if action.action == TicketAction.CREATE:
        return _create(desk, action, evidence)
    entry = desk.ticket(action.ticket_key)
    if entry is None:
        raise TrackerError(
            f"{desk.tracker.name}: {action.ticket_key} is gone but should be open; restore it or land a `closed` "
            "ticket event"
        )
    if _is_done(desk, action):
        return entry
    tracker, external_id, stamp = desk.tracker, entry.ticket.external_id, stamp_of(action)
    _show(tracker, entry, evidence)
    if action.action == TicketAction.RAISE:
        tracker.set_level(external_id, action.level)
        entry.ticket = replace(entry.ticket, level=action.level)
    status = {TicketAction.REOPEN: TrackerStatus.OPEN, TicketAction.MERGE: TrackerStatus.DUPLICATE}.get(action.action)
    if status is not None:
        tracker.transition(external_id, status, action.reason)
        entry.ticket = replace(entry.ticket, status=status)
    words = Comment(stamp, action.action, action.day, action.level, action.reason, action.merged_into)
    tracker.comment(external_id, words)
    _stamped(entry, stamp)
    return entry


def _create(desk: _Desk, action: PlannedAction, evidence: Sequence[EvidenceRow]) -> _Open:
    tracker, stamp, content = desk.tracker, stamp_of(action), ticket_content(action)
    entry = desk.any_ticket(action.ticket_key)
    if entry is None:
        # Found without its evidence by the next run when this one is killed here.
        entry = desk.created(action.ticket_key, tracker.create(content, stamp))
        _show(tracker, entry, evidence)
        return entry
    if _is_done(desk, action):
        return entry
    external_id = entry.ticket.external_id
    if entry.ticket.status == TrackerStatus.WITHDRAWN:
        # Nothing of what it was is left; it is withdrawn until it is whole again.
        for old in entry.ticket.fingerprints:
            if old != stamp.marker:
                tracker.remove_comment(external_id, old)
        tracker.attach(external_id, evidence)
        tracker.update(external_id, content, stamp)
        tracker.transition(external_id, TrackerStatus.OPEN, action.reason)
        fresh = replace(entry.ticket, status=TrackerStatus.OPEN, level=content.level, fingerprints={})
        entry.ticket, entry.evidence = fresh, {str(row["issue_id"]): row for row in evidence}
    else:
        _show(tracker, entry, evidence)
        raised = any(old.endswith(f"/{TicketAction.RAISE}") for old in entry.ticket.fingerprints)
        level = min(content.level, entry.ticket.level) if raised else content.level
        tracker.update(external_id, replace(content, level=level), stamp)
        entry.ticket = replace(entry.ticket, level=level)
    _stamped(entry, stamp)
    return entry


def _show(tracker: Tracker, entry: _Open, evidence: Sequence[EvidenceRow]) -> None:
    new = {str(row["issue_id"]): row for row in evidence if str(row["issue_id"]) not in entry.evidence}
    if new:
        entry.evidence.update(new)
        tracker.attach(entry.ticket.external_id, list(entry.evidence.values()))


def _stamped(entry: _Open, stamp: Stamp) -> None:
    shown = {**entry.ticket.fingerprints, stamp.marker: stamp.fingerprint}
    entry.ticket = replace(entry.ticket, fingerprints=shown)


def ticket_content(action: PlannedAction) -> TicketContent:
    """What a `create` says, in the tracker's terms."""
    return TicketContent(
        key=action.ticket_key,
        level=action.level,
        title=action.title,
        owner=action.owner,
        destination=action.destination,
        category=action.category,
        due=action.due,
        fields=json.loads(action.fields),
        parent_key=action.parent_key,
    )


@dataclass(frozen=True)
class Planned:
    """What is planned from a day on, of the tickets that a run looks at.

    Attributes:
        since: The first day of it; None for all days.
        issues: By key, the issues of its actions; a key that is planned has an entry.
        markers: By key, the markers of its actions.
        levels: By key, the level of its newest action.
    """

    since: date | None
    issues: Mapping[str, frozenset[str]]
    markers: Mapping[str, frozenset[str]]
    levels: Mapping[str, Level]


def planned_from(batch: pd.DataFrame, since: date | None = None, standing: Collection[str] = ()) -> Planned:
    """What the batch plans.

    Args:
        batch: The columns `PLANNED` of `tickets/ticket_batch` from `since` on, or of all days.
        since: First day of the batch's rows, None for all days.
        standing: Keys of tickets that days before `since` planned.
    """
    issues: dict[str, set[str]] = {key: set() for key in standing}
    markers: dict[str, set[str]] = {}
    levels: dict[str, Level] = {}
    for row in records(batch.sort_values("day", kind="stable")):
        key = str(row["ticket_key"])
        levels[key] = Level(row["level"])
        issues.setdefault(key, set()).update(json.loads(row["members"]))
        markers.setdefault(key, set()).add(marker(key, as_date(row["day"]), str(row["action"])))
    return Planned(
        since,
        {key: frozenset(ids) for key, ids in issues.items()},
        {key: frozenset(names) for key, names in markers.items()},
        levels,
    )


def reconcile(
    planned: Planned,
    keys: Collection[str],
    shown: Shown,
    tracker: Tracker,
    known: Mapping[str, Known] | None = None,
) -> list[str]:
    """Withdraw what earlier runs delivered and no day plans any more, as when days came late; the keys withdrawn.

    Args:
        planned: What is planned now.
        keys: Keys of the tickets to look at.
        shown: What to show of an issue, by issue id, for those at hand.
        tracker: Where tickets are.
        known: What earlier receipts say, by key.

    Raises:
        TrackerError: The tracker refused or could not be reached; the next run goes on.
    """
    desk = _Desk(tracker, known or {})
    withdrawn: list[str] = []
    for key in sorted(set(keys)):
        entry = desk.ticket(key)
        if entry is None:
            continue
        if key in planned.issues:
            _reconcile_ticket(tracker, entry, key, planned, shown)
            continue
        own = frozenset(entry.evidence)
        other = max(sorted(planned.issues), key=lambda name: len(planned.issues[name] & own), default=None)
        shared = planned.issues[other] & own if other else own
        reason = _withdrawal(len(own), other, len(shared))
        tracker.transition(entry.ticket.external_id, TrackerStatus.WITHDRAWN, reason)
        withdrawn.append(key)
    return withdrawn


def _reconcile_ticket(tracker: Tracker, entry: _Open, key: str, planned: Planned, shown: Shown) -> None:
    """Take out comments and evidence that are planned no more, and bring what is shown of an issue up to date."""
    external_id, markers = entry.ticket.external_id, planned.markers.get(key, frozenset())
    # The comments first: found without one, an action is carried out again, and brings its evidence.
    for old in entry.ticket.fingerprints:
        action = old.rsplit("/", 1)[1]
        if old in markers or action == TicketAction.CREATE or not _is_since(marked_day(old), planned.since):
            continue
        if action == TicketAction.RAISE and key in planned.levels:
            tracker.set_level(external_id, planned.levels[key])
        if action == TicketAction.MERGE and entry.ticket.status == TrackerStatus.DUPLICATE:
            tracker.transition(external_id, TrackerStatus.OPEN, "Its cluster is part of no other any more.")
        tracker.remove_comment(external_id, old)
    evidence: list[EvidenceRow] = []
    for issue, row in entry.evidence.items():
        if issue in planned.issues[key]:
            evidence.append(shown.get(issue, row))
        elif issue not in shown and not _is_since(_issue_day(row), planned.since):
            evidence.append(row)
    if evidence != list(entry.evidence.values()):
        tracker.attach(external_id, evidence)


def _is_since(day: date | None, since: date | None) -> bool:
    return since is None or (day is not None and day >= since)


def _issue_day(row: EvidenceRow) -> date | None:
    occurred_at = str(row.get("occurred_at", ""))[:10]
    try:
        return date.fromisoformat(occurred_at)
    except ValueError:
        return None


def _withdrawal(issues: int, other: str | None, shared: int) -> str:
    reason = "The days it came from were computed again, and nothing calls for this ticket any more."
    return f"{reason} Of its {issues} issues {shared} are evidence of {other} now." if other and shared else reason


def evidence_rows(issues: pd.DataFrame, feedback: pd.DataFrame) -> dict[str, EvidenceRow]:
    """What a ticket shows of each issue: quote, channel, and the way back to the raw event."""
    columns = ["event_id", "channel", "language", "region", "app_version", "occurred_at", "landing_object", "line"]
    joined = issues[["issue_id", "event_id", "quote"]].merge(feedback[columns], on="event_id", how="left")
    return {str(row["issue_id"]): _present(row) for row in records(joined)}


def _present(row: Record) -> EvidenceRow:
    values = {name: value for name, value in row.items() if value is not None and value == value}  # NaN is not itself
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def known_tickets(receipts: pd.DataFrame, tracker: str) -> dict[str, Known]:
    """What earlier receipts say of the tickets that reached this tracker, by key.

    Args:
        receipts: The columns `RECEIPTS` of `tickets/deliveries`.
        tracker: The tracker's name.
    """
    known: dict[str, Known] = {}
    delivered = receipts[(receipts["outcome"] == DeliveryOutcome.DELIVERED) & (receipts["tracker"] == tracker)]
    for row in records(delivered.sort_values("day")):
        key, day = str(row["ticket_key"]), as_date(row["day"])
        before = known.get(key, Known(None, day))
        known[key] = Known(text_or_none(row["external_id"]) or before.external_id, min(day, before.since))
    return known


def ready_days(batch: pd.DataFrame, snapshot: pd.DataFrame | None = None) -> dict[str, date]:
    """The first day on which the plan creates a ticket that waits for nobody, by key.

    Args:
        batch: The columns `PLANNED` of `tickets/ticket_batch`.
        snapshot: Rows of one day of `tickets/open_tickets`, for what was planned before the batch.
    """
    ready = batch[(batch["action"] == TicketAction.CREATE) & (batch["state"] == TicketState.READY)]
    days = [*zip(ready["ticket_key"], ready["day"], strict=True)]
    if snapshot is not None:
        days += [
            (key, day)
            for key, day in zip(snapshot["ticket_key"], snapshot["ready_on"], strict=True)
            if date_or_none(day)
        ]
    first: dict[str, date] = {}
    for key, day in days:
        first[str(key)] = min(as_date(day), first.get(str(key), date.max))
    return first


def _receipt(
    action: PlannedAction, tracker: Tracker, outcome: DeliveryOutcome, ticket: TrackedTicket | None, now: datetime
) -> Receipt:
    return Receipt(
        day=action.day,
        ticket_key=action.ticket_key,
        action=action.action,
        tracker=tracker.name,
        outcome=outcome,
        external_id=ticket.external_id if ticket else None,
        location=ticket.location if ticket else None,
        delivered_at=now.astimezone(UTC),
    )


def receipt_frame(receipts: Iterable[Receipt]) -> pd.DataFrame:
    """Rows of `tickets/deliveries`."""
    return conform(pd.DataFrame([asdict(receipt) for receipt in receipts]), tables.TICKET_DELIVERIES)


def merge_receipts(old: pd.DataFrame, new: pd.DataFrame, day: date) -> pd.DataFrame:
    """Receipts of a day after some of its rows were delivered later: the newer receipt of a row holds."""
    rows = [row for row in [*records(old), *records(new)] if as_date(row["day"]) == day]
    by_row = {(row["ticket_key"], row["action"]): row for row in rows}
    return conform(pd.DataFrame(list(by_row.values())), tables.TICKET_DELIVERIES)
