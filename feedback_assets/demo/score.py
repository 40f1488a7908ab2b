"""Scores tickets against the planted truth: which problems were found, which tickets match nothing, what they show.

Pure over frames: the truth, the rows of `tickets/ticket_batch`, and which issue is in which item.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

from feedback_assets.demo.score_clusters import ClusterScore
from feedback_assets.demo.score_labels import LabelScore
from feedback_assets.demo.truth import Planted, Truth
from feedback_assets.text import text_or_none

# A match needs half of the ticket's members planted for that problem; a decoy is ticketed by the same measure.
HALF = 0.5
# A ticket with a larger share of foreign members is mixed.
MIXED = 0.1


@dataclass(frozen=True)
class PlantedResult:
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
class TicketMatch:
    """One ticket: the problem it matches, or the decoy it fell for, or neither.

    Attributes:
        members: How many items it holds.
        tells_of: The problem that at least half of its items tell of, whatever product or category it names.
        foreign_members: Share of its items that do not tell of the problem that most of them tell of, but of another
            one or of none; 1 where none tells of a planted problem.
        mixed: It tells of a problem, and more than a tenth of its items are foreign.
        quotes: How many quotes it shows.
        right_quotes: How many of them are of items planted for the problem it tells of.
    """

    ticket: str
    title: str
    category: str
    product: str | None
    members: int
    problem: str | None
    decoy: str | None
    reason: str
    tells_of: str | None = None
    foreign_members: float = 1.0
    mixed: bool = False
    quotes: int = 0
    right_quotes: int = 0


@dataclass(frozen=True)
class DemoScore:
    """The outcome of one demo.

    Attributes:
        tickets_per_problem: Of the tickets that tell of a planted problem (`TicketMatch.tells_of`): the mean over the
            problems that have one.
        evidence_precision: Of the quotes that those tickets show, the share whose item was planted for that problem;
            None where none is shown.
        worst_foreign_members: The largest `TicketMatch.foreign_members` of those tickets; None of no ticket.
        tickets_mixed: How many of them have more than a tenth of foreign members.
        labels: How items are labelled; `as_dict` shows its values beside the others.
        clusters: Purity of clusters; shown in the same way.
    """

    seed: int
    items: int
    planted: tuple[PlantedResult, ...]
    tickets: int
    unmatched_tickets: int
    decoys_ticketed: int
    matches: tuple[TicketMatch, ...]
    tickets_per_problem: float = 0.0
    evidence_precision: float | None = None
    worst_foreign_members: float | None = None
    tickets_mixed: int = 0
    labels: LabelScore | None = None
    clusters: ClusterScore | None = None
    releases: ReleaseScore = field(default_factory=ReleaseScore)
    personal_values_leaked: int = 0
    stages: tuple[Stage, ...] = field(default=())

    def with_run(self, stages: Sequence[Stage], personal_values_leaked: int) -> DemoScore:
        """The same score with what the run took and what leaked."""
        return replace(self, stages=tuple(stages), personal_values_leaked=personal_values_leaked)

    def as_dict(self) -> dict[str, Any]:
        """The score as an object for JSON; what labels and clusters score stands beside the rest."""
        told = asdict(self)
        labels, clusters = told.pop("labels"), told.pop("clusters")
        return told | (labels or {}) | (clusters or {})


@dataclass(frozen=True)
class _Ticket:
    key: str
    title: str
    category: str
    product: str | None
    events: frozenset[str]
    quoted: tuple[str, ...]


def score(truth: Truth, batch: pd.DataFrame, members: pd.DataFrame) -> DemoScore:
    """Compare tickets with the truth.

    A ticket counts when one of its rows is ready: what waits for a person's approval is a proposal. A child counts
    with its parent, a duplicate with the ticket that goes on. A problem matches a ticket of the same product (none
    matches none) and category of whose items at least half tell of that problem.

    Args:
        truth: What was planted.
        batch: Rows of `tickets/ticket_batch` of all days of the story.
        members: Columns `issue_id` and `event_id`, such as `gold/cluster_members` or `gold/issues`.
    """
    tickets = _tickets(batch, dict(zip(members["issue_id"], members["event_id"], strict=True)))
    matches = tuple(_match(truth, ticket) for ticket in tickets)
    telling = [match for match in matches if match.tells_of is not None]
    by_problem: dict[str, TicketMatch] = {}
    for match in matches:
        if match.problem is not None:
            by_problem.setdefault(match.problem, match)
    return DemoScore(
        seed=truth.seed,
        items=truth.items,
        planted=tuple(_result(problem, by_problem.get(problem.id)) for problem in truth.planted),
        tickets=len(tickets),
        unmatched_tickets=sum(match.problem is None for match in matches),
        decoys_ticketed=sum(match.decoy is not None for match in matches),
        matches=matches,
        tickets_per_problem=_tickets_per_problem(telling),
        evidence_precision=_evidence_precision(telling),
        worst_foreign_members=max((match.foreign_members for match in telling), default=None),
        tickets_mixed=sum(match.mixed for match in telling),
    )


def _tickets(batch: pd.DataFrame, event_of: dict[str, str]) -> list[_Ticket]:
    """Tickets in the order they were created, each with the items of its rows, its children's and its duplicates'."""
    rows = [{str(name): value for name, value in row.items()} for row in batch.to_dict("records")]
    rows.sort(key=lambda row: (row["day"], row["ticket_key"], row["action"]))
    part_of = {str(row["ticket_key"]): into for row in rows if (into := text_or_none(row.get("merged_into")))}
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        key = text_or_none(row["parent_key"]) or str(row["ticket_key"])
        while key in part_of:
            key = part_of[key]
        grouped.setdefault(key, []).append(row)
    tickets: list[_Ticket] = []
    for key, mine in grouped.items():
        if all(row["state"] != "ready" for row in mine):
            continue
        main = [row for row in mine if row["ticket_key"] == key] or mine
        sent = [row for row in mine if row["state"] == "ready"]
        issues: set[str] = {issue for row in sent for issue in json.loads(row["members"])}
        events = frozenset(event_of.get(issue, issue) for issue in issues)
        quoted = tuple(event_of.get(issue, issue) for row in sent for issue in _quoted(row))
        newest = main[-1]
        product = text_or_none(newest["product_id"])
        tickets.append(_Ticket(key, str(newest["title"]), str(newest["category"]), product, events, quoted))
    return tickets


def _quoted(row: dict[str, Any]) -> list[str]:
    """The issues whose words a row shows: those of a new ticket."""
    fields = text_or_none(row.get("fields"))
    return [str(quote["issue_id"]) for quote in json.loads(fields or "{}").get("quotes", [])]


def _match(truth: Truth, ticket: _Ticket) -> TicketMatch:
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
    return TicketMatch(
        ticket=ticket.key,
        title=ticket.title,
        category=ticket.category,
        product=ticket.product,
        members=len(ticket.events),
        problem=problem,
        decoy=decoy,
        reason=reason,
        tells_of=best.id if share >= HALF else None,
        foreign_members=round(1 - share, 4),
        mixed=share >= HALF and 1 - share > MIXED,
        quotes=len(ticket.quoted),
        right_quotes=sum(event in best.event_ids for event in ticket.quoted) if share >= HALF else 0,
    )


def _evidence_precision(telling: Sequence[TicketMatch]) -> float | None:
    shown = sum(match.quotes for match in telling)
    return round(sum(match.right_quotes for match in telling) / shown, 4) if shown else None


def _tickets_per_problem(telling: Sequence[TicketMatch]) -> float:
    counts = Counter(match.tells_of for match in telling)
    return round(sum(counts.values()) / len(counts), 3) if counts else 0.0


def _share(events: frozenset[str], planted: tuple[str, ...]) -> float:
    return len(events.intersection(planted)) / len(events) if events else 0.0


def _result(problem: Planted, match: TicketMatch | None) -> PlantedResult:
    reason = "no ticket of its product and category holds half of it" if match is None else match.reason
    ticket = match.ticket if match else None
    return PlantedResult(problem.id, problem.kind, problem.product, problem.category, match is not None, ticket, reason)
