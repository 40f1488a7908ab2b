"""Wiring of the tickets room: the plan as one table a day, and its delivery."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.dagster_kit.day_assets import day_asset, day_multi_asset, run_days
from feedback_assets.dagster_kit.partitions import last_28_days, same_day
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.dagster_kit.run_tags import BACKFILL, BY_AUTOMATION, PROMPT
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.delivery import (
    LEASE_SECONDS,
    PLANNED,
    RECEIPTS,
    deliver,
    evidence_rows,
    known_tickets,
    planned_from,
    ready_days,
    reconcile,
)
from feedback_assets.tickets.history import rows_since, snapshot_before
from feedback_assets.tickets.plan import COLUMNS, LINEAGE, Inputs, plan_tickets
from feedback_assets.tickets.tracker import Tracker

_SHOWN = (
    "event_id", "channel", "language", "region", "app_version", "occurred_at", "landing_object", "line",
)  # fmt: skip


@day_multi_asset(
    [tables.TICKET_BATCH, tables.OPEN_TICKETS],
    ins={
        "priority": (tables.GOLD_PRIORITY, same_day),
        "clusters": (tables.GOLD_CLUSTERS, last_28_days, COLUMNS["clusters"]),
        "members": (tables.GOLD_CLUSTER_MEMBERS, last_28_days, COLUMNS["members"]),
        "issues": (tables.GOLD_ISSUES, last_28_days, COLUMNS["issues"]),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days, COLUMNS["feedback"]),
        "commerce": (tables.SILVER_COMMERCE, last_28_days, COLUMNS["commerce"]),
        "impact": (tables.GOLD_RELEASE_IMPACT, same_day),
    },
    deps=[(tables.BRONZE_TICKET_EVENTS, same_day)],
)
def ticket_batch(
    context: dg.AssetExecutionContext,
    lake: Lake,
    prompts: Path,
    priority: pd.DataFrame,
    clusters: pd.DataFrame,
    members: pd.DataFrame,
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
    commerce: pd.DataFrame,
    impact: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Fold the days' priorities and clusters into what should exist in the tracker."""
    days = run_days(context)
    thresholds = load_config(prompts).thresholds
    rules = thresholds.tickets
    snapshot, window = snapshot_before(lake, days[0]), days[0] - timedelta(days=28)
    inputs = Inputs(
        priority=priority,
        clusters=clusters,
        members=members,
        issues=issues,
        feedback=feedback,
        commerce=commerce,
        impact=impact,
        snapshot=snapshot.rows,
        history=rows_since(lake, tables.TICKET_BATCH, snapshot, days[0], tables.TICKET_BATCH.column_names),
        merges=rows_since(lake, tables.GOLD_CLUSTERS, snapshot, window, LINEAGE),
        # Once old enough that no ticket is fresh any more, what the tracker said stands in the snapshot.
        events=lake.read(
            tables.BRONZE_TICKET_EVENTS,
            snapshot.day and min(snapshot.day, days[0] - timedelta(days=rules.same_problem_days)),
            days[-1] + timedelta(days=1),
            ("day", "payload", "problem"),
        ),
    )
    planned = plan_tickets(inputs, days, load_taxonomy(prompts / "taxonomy.yaml"), rules, thresholds.evidence)
    return {tables.TICKET_BATCH.name: planned.batch, tables.OPEN_TICKETS.name: planned.open_tickets}


@day_asset(
    tables.TICKET_DELIVERIES,
    ins={
        "batch": (tables.TICKET_BATCH, same_day),
        "issues": (tables.GOLD_ISSUES, last_28_days, ("issue_id", "event_id", "quote")),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days, _SHOWN),
    },
    # Two that ask the tracker at once would both not find the ticket, and both make it.
    lease_seconds=lambda: LEASE_SECONDS,
)
def ticket_deliveries(
    context: dg.AssetExecutionContext,
    lake: Lake,
    tracker: Tracker,
    clock: Clock,
    batch: pd.DataFrame,
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
) -> pd.DataFrame:
    """Carry the batch to the tracker; a backfill over history only proposes it."""
    days, tags = run_days(context), context.run.tags
    propose = PROMPT in tags or (BACKFILL in tags and BY_AUTOMATION not in tags)
    shown = evidence_rows(issues, feedback)
    snapshot = snapshot_before(lake, days[0])
    planned = rows_since(lake, tables.TICKET_BATCH, snapshot, None, PLANNED)
    before = rows_since(lake, tables.TICKET_DELIVERIES, snapshot, days[-1] + timedelta(days=1), RECEIPTS)
    earlier = before["day"] < days[0]
    known = known_tickets(before[earlier], tracker.name)
    ready = ready_days(planned, snapshot.rows)
    receipts = deliver(batch, shown, tracker, clock(), propose=propose, known=known, ready=ready)
    if not propose:
        # What the run before this one delivered for these days, and this one may not plan.
        touched = {*batch["ticket_key"], *before.loc[~earlier, "ticket_key"]}
        stay = planned_from(planned, snapshot.since, snapshot.rows["ticket_key"])
        ids = known_tickets(before, tracker.name)
        withdrawn = reconcile(stay, touched, shown, tracker, ids)
        context.log.info("%d tickets withdrawn: %s", len(withdrawn), ", ".join(withdrawn) or "none")
    return receipts
