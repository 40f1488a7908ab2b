"""The plan: a pure fold over days that says what should exist in the tracker, never asking the tracker.

Its inputs are tables only: the day's priorities, clusters and members, the plan's own earlier days and the
ticket events up to the day. So a day planned twice gives the same rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.frames import conform, records
from feedback_assets.text import text_or_none
from feedback_assets.tickets.cluster_index import ClusterIndex, Recent
from feedback_assets.tickets.fields import Evidence, ticket_fields
from feedback_assets.tickets.markdown import render
from feedback_assets.tickets.open_tickets import (
    Standing,
    as_closed,
    cause_key,
    closings,
    expected_of,
    parent_of,
    regions_of,
    same_problem,
    standing_tickets,
)
from feedback_assets.tickets.rules import Rules


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


def plan(inputs: Inputs, days: Sequence[date], taxonomy: Taxonomy, rules: Rules) -> pd.DataFrame:
    """The batch rows of the days asked for, in the order they were decided.

    Args:
        inputs: Tables over the days and their look-back; `history` holds all earlier rows of the batch.
        days: The days to plan, ascending.
        taxonomy: Owners, destinations and SLAs.
        rules: When a ticket is met again.
    """
    standing = standing_tickets(inputs.history)
    index = ClusterIndex(inputs.clusters, inputs.members, inputs.feedback)
    evidence = Evidence(inputs.issues, inputs.feedback, inputs.commerce, inputs.impact)
    closed = closings(inputs.events)
    by_day = dict(iter(inputs.priority.groupby("day", sort=True)))
    rows: list[dict[str, Any]] = []
    for day in days:
        standing = {key: as_closed(ticket, closed, day) for key, ticket in standing.items()}
        for scored in records(by_day[day]) if day in by_day else ():
            standing, new = _one_cluster(standing, scored, day, index, evidence, taxonomy, rules)
            rows += new
    return conform(pd.DataFrame(_one_row_an_action(rows)), tables.TICKET_BATCH)


def _one_cluster(
    standing: dict[str, Standing], scored: dict[str, Any], day: date,
    index: ClusterIndex, evidence: Evidence, taxonomy: Taxonomy, rules: Rules,
) -> tuple[dict[str, Standing], list[dict[str, Any]]]:  # fmt: skip
    cluster = index.cluster(str(scored["cluster_id"]), day)
    if cluster is None:
        return standing, []
    found = same_problem(standing, cluster, day, rules)
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
        expected=expected_of(fields),
        regions=regions_of(fields),
    )
    row = _row(ticket, day, "create", members, due, str(scored["reason"]), str(cluster["cluster_id"]))
    row["parent_key"] = parent_of(ticket, standing, rules)
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
