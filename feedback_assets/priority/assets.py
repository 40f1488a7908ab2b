"""Wiring of the priority room: score, counts, trends and rates, each a table by day."""

# pyright: basic

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.dagster_kit.day_assets import day_asset, run_days
from feedback_assets.dagster_kit.partitions import last_28_days, last_56_days, same_day
from feedback_assets.lake.snapshots import rows_that_hold
from feedback_assets.lake.store import Lake
from feedback_assets.priority.daily_counts import compute_trends, daily_counts
from feedback_assets.priority.inputs import COLUMNS, PriorityFrames
from feedback_assets.priority.rates import compute_rates
from feedback_assets.priority.score import score_clusters
from feedback_assets.priority.top_table import top_problems_table

_RATE_COLUMNS = ("day", "event_id", "product_id", "variant", "region", "fulfilment_centre", "vendor")


def _taxonomy(prompts: Path) -> Taxonomy:
    return load_taxonomy(prompts / "taxonomy.yaml")


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
    prompts: Path,
    members: pd.DataFrame,
    issues: pd.DataFrame,
    clusters: pd.DataFrame,
    feedback: pd.DataFrame,
    commerce: pd.DataFrame,
) -> pd.DataFrame:
    """Score every cluster of the last 28 days and look it up in the decision table."""
    days = run_days(context)
    rules = load_config(prompts).thresholds.priority
    frames = PriorityFrames(members, issues, clusters, feedback, commerce)
    scored = score_clusters(frames, days, rules, _taxonomy(prompts))
    table = top_problems_table(scored, clusters, members, days[-1])
    context.add_asset_metadata(
        {"top_problems": dg.MetadataValue.md(table)}, dg.AssetKey(list(tables.GOLD_PRIORITY.key))
    )
    return scored


@day_asset(
    tables.GOLD_DAILY_COUNTS,
    ins={"issues": (tables.GOLD_ISSUES, same_day), "feedback": (tables.SILVER_FEEDBACK, same_day)},
)
def counts_by_day(prompts: Path, issues: pd.DataFrame, feedback: pd.DataFrame) -> pd.DataFrame:
    """Count the day's issues by category, product, region, channel, language and version."""
    return daily_counts(issues, feedback, _taxonomy(prompts).no_issue)


@day_asset(tables.GOLD_TRENDS, ins={"counts": (tables.GOLD_DAILY_COUNTS, last_28_days)})
def moving_averages(context: dg.AssetExecutionContext, prompts: Path, counts: pd.DataFrame) -> pd.DataFrame:
    """Average the counts over 7 and 28 days and say what rises."""
    return compute_trends(counts, run_days(context), _taxonomy(prompts).no_issue)


@day_asset(
    tables.GOLD_RATES,
    ins={
        "issues": (tables.GOLD_ISSUES, last_28_days, ("day", "event_id", "category")),
        "feedback": (tables.SILVER_FEEDBACK, last_28_days, _RATE_COLUMNS),
        "commerce": (
            tables.SILVER_COMMERCE,
            last_28_days,
            ("event_type", "order_ref", *(c for c in _RATE_COLUMNS if c != "event_id")),
        ),
    },
    deps=[(tables.SILVER_CATALOG, same_day)],
)
def rates_per_order(
    context: dg.AssetExecutionContext, lake: Lake, issues: pd.DataFrame, feedback: pd.DataFrame, commerce: pd.DataFrame
) -> pd.DataFrame:
    """Issues per 1,000 orders, tested for concentration; cohorts come from the whole catalog."""
    days = run_days(context)
    columns = ("day", "event_id", "occurred_at", "product_id", "launch_cohort")
    catalog = rows_that_hold(
        lake, tables.SILVER_CATALOG, "product_id", (min(days), max(days)), columns, known="launch_cohort"
    )
    return compute_rates(issues, feedback, commerce, catalog, days)
