"""The plan: a pure fold over days that says what should exist in the tracker, never asking the tracker.

Its inputs are tables only: the day's priorities, clusters and members, the plan's own earlier days and the
ticket events up to the day. So a day planned twice gives the same rows.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, records
from feedback_assets.taxonomy import Taxonomy
from feedback_assets.text import text_or_none
from feedback_assets.thresholds import Section
from feedback_assets.tickets.concentration import Concentration, concentration
from feedback_assets.tickets.fields import Evidence, ticket_fields
from feedback_assets.tickets.markdown import render

# The place of items that name no region.
_NOWHERE = "no region"
CLOSED = frozenset({"closed", "resolved", "invalid", "duplicate", "deferred"})


@dataclass(frozen=True)
class Rules:
    """When a ticket is met again. Each number is set, with its reason, in `prompts/thresholds.yaml`."""

    same_problem_days: int = 60
    reopen_members: int = 5
    evidence_days: int = 7
    evidence_lift: float = 2.0
    concentrated: float = 5.0
    parent_overlap: float = 0.5

    @classmethod
    def read(cls, section: Section) -> Rules:
        """The rules as the thresholds file sets them.

        Raises:
            ThresholdsError: A number is missing or out of range.
        """
        return cls(
            same_problem_days=int(section.number("same_problem_days", 1)),
            reopen_members=int(section.number("reopen_members", 1)),
            evidence_days=int(section.number("evidence_days", 1, 28)),
            evidence_lift=section.number("evidence_lift", 0),
            concentrated=section.number("concentrated", 0),
            parent_overlap=section.number("parent_overlap", 0, 1),
        )


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


@dataclass(frozen=True)
class Inputs:
    """What the fold reads: frames over the days asked for and the look-back before them."""

    priority: pd.DataFrame
    clusters: pd.DataFrame
    members: pd.DataFrame
    issues: pd.DataFrame
    feedback: pd.DataFrame
    commerce: pd.DataFrame
    history: pd.DataFrame
    events: pd.DataFrame
    impact: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Recent:
    """What speaks for a cluster on a day: its issues, and where they are when they are not everywhere."""

    issues: list[str]
    where: Concentration | None = None


class _Index:
    """Clusters and members by cluster id, each in order of days."""

    def __init__(self, clusters: pd.DataFrame, members: pd.DataFrame, feedback: pd.DataFrame) -> None:
        self._clusters: dict[str, list[dict[str, Any]]] = {}
        for row in records(clusters.sort_values("day", kind="stable")):
            self._clusters.setdefault(str(row["cluster_id"]), []).append(row)
        self._members: dict[str, list[tuple[date, str]]] = {}
        for row in records(members[["day", "cluster_id", "issue_id"]].sort_values(["day", "issue_id"])):
            self._members.setdefault(str(row["cluster_id"]), []).append((row["day"], str(row["issue_id"])))
        told = feedback[["day", "event_id", "region"]].drop_duplicates("event_id")
        self._region = {
            str(event): region if isinstance(region, str) else _NOWHERE
            for event, region in zip(told["event_id"], told["region"], strict=True)
        }
        self._usual = Counter(self._region.values())

    def cluster(self, cluster_id: str, day: date) -> dict[str, Any] | None:
        """The cluster as its newest row up to the day tells."""
        rows = [row for row in self._clusters.get(cluster_id, []) if row["day"] <= day]
        return rows[-1] if rows else None

    def evidence(self, cluster_id: str, day: date, expected: float, rules: Rules) -> Recent:
        """What a new ticket starts with: the issues of the days, and of the regions, that had more than expected.

        The days before a fault, and the places it does not reach, are background: counted as evidence they would
        hide the fault. Where no day stands out, all of the week is evidence.
        """
        recent = self._recent(cluster_id, day, rules)
        above = _above(recent, expected, rules) or {when for when, _ in recent}
        told = [issue for when, issue in recent if when in above]
        where = self._concentration(cluster_id, day, told, expected * len(above), rules)
        return Recent(self._within(told, frozenset(where.places if where else ())), where)

    def further_evidence(self, cluster_id: str, day: date, ticket: Standing, rules: Rules) -> list[str]:
        """What more speaks for a ticket: days above what was expected before it, in the regions it is about.

        What the baseline is now does not count: it holds the fault. After a fix no day stands out, and the ordinary
        complaints that go on are no evidence.
        """
        recent = self._recent(cluster_id, day, rules)
        above = _above(recent, ticket.expected, rules)
        return self._within([issue for when, issue in recent if when in above], ticket.regions)

    def _recent(self, cluster_id: str, day: date, rules: Rules) -> list[tuple[date, str]]:
        first = day - timedelta(days=rules.evidence_days - 1)
        return [(when, issue) for when, issue in self._members.get(cluster_id, []) if first <= when <= day]

    def _within(self, issues: Sequence[str], regions: frozenset[str]) -> list[str]:
        return [issue for issue in issues if not regions or self._place(issue) in regions]

    def _concentration(
        self, cluster_id: str, day: date, told: Sequence[str], expected: float, rules: Rules
    ) -> Concentration | None:
        first = day - timedelta(days=rules.evidence_days - 1)
        before = (issue for when, issue in self._members[cluster_id] if when < first) if told else ()
        now = Counter(self._place(issue) for issue in told)
        return concentration(now, Counter(map(self._place, before)), self._usual, expected, rules.concentrated)

    def _place(self, issue: str) -> str:
        return self._region.get(_item(issue), _NOWHERE)


def _above(recent: Sequence[tuple[date, str]], expected: float, rules: Rules) -> set[date]:
    """The days with more issues than expected: so many times as many, and beyond the spread of a count."""
    counts = Counter(when for when, _ in recent)
    least = rules.evidence_lift * expected + math.sqrt(max(expected, 0.0))
    return {when for when, count in counts.items() if count >= least}


def plan(inputs: Inputs, days: Sequence[date], taxonomy: Taxonomy, rules: Rules) -> pd.DataFrame:
    """The batch rows of the days asked for, in the order they were decided.

    Args:
        inputs: Tables over the days and their look-back; `history` holds all earlier rows of the batch.
        days: The days to plan, ascending.
        taxonomy: Owners, destinations and SLAs.
        rules: When a ticket is met again.
    """
    standing = standing_tickets(inputs.history)
    index = _Index(inputs.clusters, inputs.members, inputs.feedback)
    evidence = Evidence(inputs.issues, inputs.feedback, inputs.commerce, inputs.impact)
    closings = _closings(inputs.events)
    by_day = dict(iter(inputs.priority.groupby("day", sort=True)))
    rows: list[dict[str, Any]] = []
    for day in days:
        standing = {key: _as_closed(ticket, closings, day) for key, ticket in standing.items()}
        for scored in records(by_day[day]) if day in by_day else ():
            standing, new = _one_cluster(standing, scored, day, index, evidence, taxonomy, rules)
            rows += new
    return conform(pd.DataFrame(_one_row_an_action(rows)), tables.TICKET_BATCH)


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
            expected=old.expected if old else _expected_of(fields),
            regions=old.regions if old else _regions_of(fields),
        )  # fmt: skip
    return standing


def _expected_of(fields: dict[str, Any]) -> float:
    return float(fields.get("count", {}).get("expected_a_day", 0.0))


def _regions_of(fields: dict[str, Any]) -> frozenset[str]:
    return frozenset((fields.get("concentrated_in") or {}).get("regions", ()))


def _one_cluster(
    standing: dict[str, Standing], scored: dict[str, Any], day: date,
    index: _Index, evidence: Evidence, taxonomy: Taxonomy, rules: Rules,
) -> tuple[dict[str, Standing], list[dict[str, Any]]]:  # fmt: skip
    cluster = index.cluster(str(scored["cluster_id"]), day)
    if cluster is None:
        return standing, []
    found = _same_problem(standing, cluster, day, rules)
    cluster_id, usual = str(cluster["cluster_id"]), float(scored["baseline_daily"])
    if found is None and scored["decision"] not in ("ticket", "approval"):
        return standing, []
    if found is None or (found.state == "needs_approval" and scored["decision"] == "ticket"):
        # What waited for a person and has grown into a problem that needs none starts with what made it one.
        key = found.key if found else ""
        return _create(standing, scored, cluster, index.evidence(cluster_id, day, usual, rules), day, evidence,
                       taxonomy, rules, key=key)  # fmt: skip
    told = index.further_evidence(cluster_id, day, found, rules)
    return _meet_again(standing, found, scored, cluster, told, day, rules)


def _create(
    standing: dict[str, Standing], scored: dict[str, Any], cluster: dict[str, Any], recent: Recent, day: date,
    evidence: Evidence, taxonomy: Taxonomy, rules: Rules, key: str = "",
) -> tuple[dict[str, Standing], list[dict[str, Any]]]:  # fmt: skip
    members = recent.issues
    category = taxonomy.category(str(cluster["category"]))
    level = scored["level"] if isinstance(scored["level"], str) else "P3"
    due = day + timedelta(hours=category.sla_hours)
    fields = ticket_fields(scored, cluster, members, day, due, category, evidence)
    where = recent.where
    fields["concentrated_in"] = {"regions": list(where.places), "reason": where.reason} if where else None
    ticket = Standing(
        key=key or _key(str(cluster["cluster_id"]), day, standing),
        clusters=frozenset({str(cluster["cluster_id"])}),
        category=str(cluster["category"]),
        product_id=text_or_none(cluster["product_id"]),
        component=text_or_none(cluster["component"]),
        cause_key=cause_key(cluster),
        level=level,
        owner=category.owner,
        destination=category.destination,
        title=str(cluster["title"]),
        state="ready" if scored["decision"] == "ticket" else "needs_approval",
        last_evidence=day,
        members=frozenset(members),
        expected=_expected_of(fields),
        regions=_regions_of(fields),
    )
    row = _row(ticket, day, "create", members, due, str(scored["reason"]), str(cluster["cluster_id"]))
    row["parent_key"] = _parent(ticket, standing, rules)
    row["fields"] = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    row["body"] = render(ticket.key, level, ticket.title, fields)
    return {**standing, ticket.key: ticket}, [row]


def _meet_again(
    standing: dict[str, Standing], ticket: Standing, scored: dict[str, Any], cluster: dict[str, Any],
    recent: list[str], day: date, rules: Rules,
) -> tuple[dict[str, Standing], list[dict[str, Any]]]:  # fmt: skip
    new = [member for member in recent if member not in ticket.members]
    cluster_id = str(cluster["cluster_id"])
    rows: list[dict[str, Any]] = []
    due = day
    grown = replace(ticket, clusters=ticket.clusters | {cluster_id}, last_evidence=day)
    if ticket.closed_on is not None:
        if scored["decision"] not in ("ticket", "approval") or len(new) < rules.reopen_members:
            return standing, []
        grown = replace(grown, closed_on=None, members=grown.members | set(new))
        why = f"Closed on {ticket.closed_on}, and back: {len(new)} new issues. {scored['reason']}"
        rows.append(_row(grown, day, "reopen", new, due, why, cluster_id))
        return {**standing, ticket.key: grown}, rows
    # Approved or not, evidence only gathers while the cluster is more than background.
    if not new or scored["decision"] == "watch":
        return standing, []
    if isinstance(scored["level"], str) and scored["decision"] == "ticket" and scored["level"] < ticket.level:
        grown = replace(grown, level=scored["level"])
        why = f"Raised from {ticket.level} to {scored['level']}: {scored['reason']}"
        rows.append(_row(grown, day, "raise", [], due, why, cluster_id))
    grown = replace(grown, members=grown.members | set(new))
    rows.append(_row(grown, day, "add_evidence", new, due, _more(len(new)), cluster_id))
    return {**standing, ticket.key: grown}, rows


def _more(count: int) -> str:
    return "1 more issue says the same." if count == 1 else f"{count} more issues say the same."


def cause_key(cluster: dict[str, Any]) -> str:
    """The normalised cause: what the cluster was compared within, the sub-label, and the part where one is named.

    The scope keeps apart what only sounds alike: late parcels of two carriers are two problems.
    """
    parts = [
        str(cluster["scope"]),
        text_or_none(cluster["sub_label"]) or "-",
        text_or_none(cluster["component"]) or "-",
    ]
    return "/".join(parts)


def _same_problem(standing: dict[str, Standing], cluster: dict[str, Any], day: date, rules: Rules) -> Standing | None:
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


def _parent(ticket: Standing, standing: dict[str, Standing], rules: Rules) -> str | None:
    items = {_item(member) for member in ticket.members}
    for other in standing.values():
        shared = len(items & {_item(member) for member in other.members})
        if other.owner != ticket.owner and other.closed_on is None and shared >= rules.parent_overlap * len(items) > 0:
            return other.key
    return None


def _item(issue_id: str) -> str:
    return issue_id.rsplit("#", 1)[0]


def _key(cluster_id: str, day: date, standing: dict[str, Standing]) -> str:
    key = "FB-" + hashlib.blake2b(cluster_id.encode(), digest_size=4).hexdigest().upper()
    return key if key not in standing else f"{key}-{day:%y%m%d}"


def _row(
    ticket: Standing, day: date, action: str, members: list[str], due: date, reason: str, cluster_id: str
) -> dict[str, Any]:
    return {
        "day": day,
        "ticket_key": ticket.key,
        "action": action,
        "state": ticket.state,
        "parent_key": None,
        "cluster_id": cluster_id,
        "clusters": json.dumps(sorted(ticket.clusters)),
        "level": ticket.level,
        "title": ticket.title,
        "category": ticket.category,
        "product_id": ticket.product_id,
        "component": ticket.component,
        "cause_key": ticket.cause_key,
        "owner": ticket.owner,
        "destination": ticket.destination,
        "due": due,
        "members": json.dumps(sorted(members)),
        "members_total": len(ticket.members),
        "fields": "{}",
        "body": reason,
        "reason": reason,
    }


def _one_row_an_action(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: dict[tuple[date, str, str], dict[str, Any]] = {}
    for row in rows:
        place = (row["day"], row["ticket_key"], row["action"])
        if place not in merged:
            merged[place] = row
            continue
        first = merged[place]
        members = sorted({*json.loads(first["members"]), *json.loads(row["members"])})
        reason = first["reason"] if row["action"] != "add_evidence" else _more(len(members))
        merged[place] = {**row, "members": json.dumps(members), "reason": reason, "fields": first["fields"],
                         "body": first["body"] if row["action"] == "create" else reason}  # fmt: skip
    return list(merged.values())


def _closings(events: pd.DataFrame) -> dict[str, list[tuple[date, bool]]]:
    closings: dict[str, list[tuple[date, bool]]] = {}
    for row in records(events[events["problem"].isna()]):
        said = json.loads(row["payload"]) if isinstance(row["payload"], str) else {}
        key, status = str(said.get("ticket_key", "")), str(said.get("status", "")).lower()
        if key and status:
            closings.setdefault(key, []).append((row["day"], status in CLOSED))
    return {key: sorted(said) for key, said in closings.items()}


def _as_closed(ticket: Standing, closings: dict[str, list[tuple[date, bool]]], day: date) -> Standing:
    """The ticket with what the tracker said before this day and since its last evidence."""
    closed_on = ticket.closed_on
    for when, closed in closings.get(ticket.key, []):
        if ticket.last_evidence <= when <= day:
            closed_on = when if closed else None
    return replace(ticket, closed_on=closed_on)
