"""Scores tickets against the planted truth: which problems were found, which tickets match nothing.

Pure over frames: the truth, the rows of `tickets/ticket_batch`, and which issue is in which item.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

from feedback_assets.demo.truth import Planted, Truth
from feedback_assets.text import text_or_none

# A match needs half of the ticket's members planted for that problem; a decoy is ticketed by the same measure.
HALF = 0.5


@dataclass(frozen=True)
class Found:
    """One planted problem and the first ticket that matches it, with its reason."""

    id: str
    kind: str
    product: str | None
    category: str
    found: bool
    ticket: str | None
    reason: str


@dataclass(frozen=True)
class Blamed:
    """One planted problem that a change causes, the release that does, and the one suspected first.

    `at` says where the suspect was read: the cluster that holds most of the problem's items.
    """

    id: str
    kind: str
    planted: str
    suspected: str | None
    right: bool
    at: str
    reason: str


@dataclass(frozen=True)
class ReleaseScore:
    """Whether the right releases were suspected, and whether the season raised any.

    `season_coincides` are rises of what the season drives that only fell together with a release; none is accused.
    """

    problems: tuple[Blamed, ...] = ()
    season_raised: tuple[str, ...] = ()
    season_coincides: tuple[str, ...] = ()
    suspects: int = 0


@dataclass(frozen=True)
class Stage:
    """What one stage of the run took."""

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class Judged:
    """One ticket: the problem it matches, or the decoy it fell for, or neither."""

    ticket: str
    title: str
    category: str
    product: str | None
    members: int
    problem: str | None
    decoy: str | None
    reason: str


@dataclass(frozen=True)
class DemoScore:
    """The outcome of one demo."""

    seed: int
    items: int
    planted: tuple[Found, ...]
    tickets: int
    unmatched_tickets: int
    decoys_ticketed: int
    judged: tuple[Judged, ...]
    releases: ReleaseScore = field(default_factory=ReleaseScore)
    personal_values_leaked: int = 0
    stages: tuple[Stage, ...] = field(default=())

    def with_run(self, stages: Sequence[Stage], personal_values_leaked: int) -> DemoScore:
        """The same score with what the run took and what leaked."""
        return replace(self, stages=tuple(stages), personal_values_leaked=personal_values_leaked)

    def as_dict(self) -> dict[str, Any]:
        """The score as an object for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Ticket:
    key: str
    title: str
    category: str
    product: str | None
    events: frozenset[str]


def score(truth: Truth, batch: pd.DataFrame, members: pd.DataFrame) -> DemoScore:
    """Compare tickets with the truth.

    A ticket counts when one of its rows is ready: what waits for a person's approval is a proposal. A child counts
    with its parent. A problem matches a ticket of the same product (none matches none) and category of whose items
    at least half tell of that problem.

    Args:
        truth: What was planted.
        batch: Rows of `tickets/ticket_batch` of all days of the story.
        members: Columns `issue_id` and `event_id`, such as `gold/cluster_members` or `gold/issues`.
    """
    tickets = _tickets(batch, dict(zip(members["issue_id"], members["event_id"], strict=True)))
    judged = tuple(_judge(truth, ticket) for ticket in tickets)
    by_problem: dict[str, Judged] = {}
    for verdict in judged:
        if verdict.problem is not None:
            by_problem.setdefault(verdict.problem, verdict)
    return DemoScore(
        seed=truth.seed,
        items=truth.items,
        planted=tuple(_found(problem, by_problem.get(problem.id)) for problem in truth.planted),
        tickets=len(tickets),
        unmatched_tickets=sum(verdict.problem is None for verdict in judged),
        decoys_ticketed=sum(verdict.decoy is not None for verdict in judged),
        judged=judged,
    )


def _tickets(batch: pd.DataFrame, event_of: dict[str, str]) -> list[_Ticket]:
    """Tickets in the order they were created, each with the items of all its rows."""
    rows = [{str(name): value for name, value in row.items()} for row in batch.to_dict("records")]
    rows.sort(key=lambda row: (row["day"], row["ticket_key"], row["action"]))
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(text_or_none(row["parent_key"]) or str(row["ticket_key"]), []).append(row)
    tickets: list[_Ticket] = []
    for key, mine in grouped.items():
        if all(row["state"] != "ready" for row in mine):
            continue
        main = [row for row in mine if row["ticket_key"] == key] or mine
        sent = [row for row in mine if row["state"] == "ready"]
        issues: set[str] = {issue for row in sent for issue in json.loads(row["members"])}
        events = frozenset(event_of.get(issue, issue) for issue in issues)
        newest = main[-1]
        product = text_or_none(newest["product_id"])
        tickets.append(_Ticket(key, str(newest["title"]), str(newest["category"]), product, events))
    return tickets


def _judge(truth: Truth, ticket: _Ticket) -> Judged:
    shares = {problem.id: _share(ticket.events, problem.event_ids) for problem in truth.planted}
    best = max(truth.planted, key=lambda problem: shares[problem.id])
    share = shares[best.id]
    problem, reason = None, f"{share:.0%} of its items tell of {best.kind}"
    if share >= HALF and best.product == ticket.product and best.category == ticket.category:
        problem = best.id
    elif share >= HALF:
        wanted = f"{best.category} of {best.product_name or 'no product'}"
        reason += f", but that is {wanted} and the ticket says {ticket.category} of {ticket.product or 'no product'}"
    decoy = next((d.kind for d in truth.decoys if problem is None and _share(ticket.events, d.event_ids) >= HALF), None)
    if decoy is not None:
        reason += f"; at least half belong to the decoy {decoy}"
    return Judged(ticket.key, ticket.title, ticket.category, ticket.product, len(ticket.events), problem, decoy, reason)


def _share(events: frozenset[str], planted: tuple[str, ...]) -> float:
    return len(events.intersection(planted)) / len(events) if events else 0.0


def _found(problem: Planted, verdict: Judged | None) -> Found:
    reason = "no ticket of its product and category holds half of it" if verdict is None else verdict.reason
    ticket = verdict.ticket if verdict else None
    return Found(problem.id, problem.kind, problem.product, problem.category, verdict is not None, ticket, reason)
