"""Wiring of the priority room: score, counts, trends and rates, each a table by day."""

from __future__ import annotations

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.config.thresholds import load_thresholds
from feedback_assets.dagster_kit.io_manager import day_asset, days_of
from feedback_assets.dagster_kit.partitions import last_28_days, last_56_days, same_day
from feedback_assets.lake.store import Lake
from feedback_assets.priority.counts import daily_counts, trends
from feedback_assets.priority.evidence import COLUMNS, Frames
from feedback_assets.priority.rates import rates
from feedback_assets.priority.rules import priority_rules
from feedback_assets.priority.score import score
from feedback_assets.priority.sparklines import top_problems

_WHERE = ("day", "event_id", "product_id", "variant", "region", "fulfilment_centre", "vendor")


@day_asset(
    tables.GOLD_PRIORITY,
    ins={
        "members": (tables.GOLD_CLUSTER_MEMBERS, last_56_days),
        "issues": (tables.GOLD_ISSUES, last_56_days, COLUMNS["issues"]),
        "clusters": (tables.GOLD_CLUSTERS, last_56_days, COLUMNS["clusters"]),
        "feedback": (tables.SILVER_FEEDBACK, last_56_days, COLUMNS["feedback"]),
        "commerce": (tables.SILVER_COMMERCE, last_56_days, COLUMNS["commerce"]),
    },
)
def priority(
    context: dg.AssetExecutionContext,
    members: pd.DataFrame,
    issues: pd.DataFrame,
    clusters: pd.DataFrame,
    feedback: pd.DataFrame,
    commerce: pd.DataFrame,
) -> pd.DataFrame:
    """Score every cluster of the last 28 days and look it up in the decision table."""
    days = days_of(context)
    rules = priority_rules(load_thresholds(load().prompts_dir / "thresholds.yaml").section("priority"))
    scored = score(Frames(members, issues, clusters, feedback, commerce), days, rules)
    shown = top_problems(scored, clusters, members, days[-1])
    context.add_asset_metadata(
        {"top_problems": dg.MetadataValue.md(shown)}, dg.AssetKey(list(tables.GOLD_PRIORITY.key))
    )
    return scored


@day_asset(
    tables.GOLD_DAILY_COUNTS,
    ins={"issues": (tables.GOLD_ISSUES, same_day), "feedback": (tables.SILVER_FEEDBACK, same_day)},
)
def counts_by_day(issues: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """Count the day's issues by where and how they were told."""
    return daily_counts(issues, feedback)


@day_asset(tables.GOLD_TRENDS, ins={"counts": (tables.GOLD_DAILY_COUNTS, last_28_days)})
def moving_averages(context: dg.AssetExecutionContext, counts: pd.DataFrame) -> pd.DataFrame:
    """Average the counts over 7 and 28 days and say what rises."""
    return trends(counts, days_of(context))


@day_asset(
    tables.GOLD_RATES,
    ins={
        "issues": (tables.GOLD_ISSUES, last_28_days, ("day", "event_id", "category")),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days, _WHERE),
        "commerce": (
            tables.SILVER_COMMERCE,
            last_28_days,
            ("event_type", "order_ref", *(c for c in _WHERE if c != "event_id")),
        ),
    },
    deps=[(tables.SILVER_CATALOG, same_day)],
)
def rates_per_order(
    context: dg.AssetExecutionContext, lake: Lake, issues: pd.DataFrame, feedback: pd.DataFrame, commerce: pd.DataFrame
) -> pd.DataFrame:
    """Issues per 1,000 orders, tested for concentration; cohorts come from the whole catalog."""
    catalog = lake.read(
        tables.SILVER_CATALOG, columns=["day", "event_id", "occurred_at", "product_id", "launch_cohort"]
    )
    return rates(issues, feedback, commerce, catalog, days_of(context))
