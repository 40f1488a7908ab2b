"""Wiring of the tickets room: the plan as one table a day, and its delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.config.thresholds import load_thresholds
from feedback_assets.dagster_kit.io_manager import day_asset, days_of
from feedback_assets.dagster_kit.partitions import last_28_days, same_day
from feedback_assets.dagster_kit.run_tags import BACKFILL, BY_AUTOMATION, PROMPT
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.delivery import (
    LEASE_SECONDS,
    PLANNED,
    deliver,
    evidence_rows,
    opening_days,
    settle,
    standing_since,
)
from feedback_assets.tickets.plan import Inputs, plan
from feedback_assets.tickets.rules import Rules
from feedback_assets.tickets.trackers.files import FileTracker


@day_asset(
    tables.TICKET_BATCH,
    ins={
        "priority": (tables.GOLD_PRIORITY, same_day),
        "clusters": (tables.GOLD_CLUSTERS, last_28_days),
        "members": (tables.GOLD_CLUSTER_MEMBERS, last_28_days),
        "issues": (tables.GOLD_ISSUES, last_28_days),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days),
        "commerce": (tables.SILVER_COMMERCE, last_28_days),
        "impact": (tables.GOLD_RELEASE_IMPACT, same_day),
    },
    deps=[(tables.BRONZE_TICKET_EVENTS, same_day)],
)
def ticket_batch(
    context: dg.AssetExecutionContext,
    lake: Lake,
    priority: pd.DataFrame,
    clusters: pd.DataFrame,
    members: pd.DataFrame,
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
    commerce: pd.DataFrame,
    impact: pd.DataFrame,
) -> pd.DataFrame:
    """Fold the days' priorities and clusters into what should exist in the tracker."""
    days, settings = days_of(context), load()
    history = lake.read(tables.TICKET_BATCH, end=days[0])
    events = lake.read(tables.BRONZE_TICKET_EVENTS, end=days[-1] + timedelta(days=1))
    inputs = Inputs(priority, clusters, members, issues, feedback, commerce, history, events, impact)
    rules = Rules.read(load_thresholds(settings.prompts_dir / "thresholds.yaml").section("tickets"))
    return plan(inputs, days, load_taxonomy(settings.prompts_dir / "taxonomy.yaml"), rules)


@day_asset(
    tables.TICKET_DELIVERIES,
    ins={
        "batch": (tables.TICKET_BATCH, same_day),
        "issues": (tables.GOLD_ISSUES, last_28_days),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days),
    },
    # Two that ask the tracker at once would both not find the ticket, and both make it.
    lease_seconds=lambda: LEASE_SECONDS,
)
def ticket_deliveries(
    context: dg.AssetExecutionContext, lake: Lake, batch: pd.DataFrame, issues: pd.DataFrame, feedback: pd.DataFrame
) -> pd.DataFrame:
    """Carry the batch to the tracker; a backfill over history only proposes it."""
    days, settings = days_of(context), load()
    tags = context.run.tags
    propose = PROMPT in tags or (BACKFILL in tags and BY_AUTOMATION not in tags)
    shown, tracker = evidence_rows(issues, feedback), FileTracker(settings.tickets_dir)
    told = lake.read(tables.TICKET_DELIVERIES, end=days[-1] + timedelta(days=1))
    earlier = told["day"] < days[0]
    planned = lake.read(tables.TICKET_BATCH, columns=PLANNED)
    stand, opening = standing_since(told[earlier]), opening_days(planned)
    receipts = deliver(batch, shown, tracker, datetime.now(UTC), propose=propose, standing=stand, opening=opening)
    if not propose:
        # What the run before this one delivered for these days, and this one may not plan.
        touched = {*batch["ticket_key"], *told.loc[~earlier, "ticket_key"]}
        withdrawn = settle(planned, touched, shown, tracker)
        context.log.info("%d tickets withdrawn: %s", len(withdrawn), ", ".join(withdrawn) or "none")
    return receipts
