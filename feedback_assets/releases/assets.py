"""Wiring of the releases room: the impact of every release whose window is open, a table by day."""

# pyright: basic

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.dagster_kit.day_assets import day_asset, run_days
from feedback_assets.dagster_kit.partitions import last_28_days, last_56_days
from feedback_assets.releases.impact import release_impact
from feedback_assets.releases.inputs import COLUMNS, ReleaseFrames
from feedback_assets.tables import ReleaseVerdict


@day_asset(
    tables.GOLD_RELEASE_IMPACT,
    ins={
        "releases": (tables.SILVER_RELEASES, last_28_days),
        "feedback": (tables.SILVER_FEEDBACK, last_56_days, COLUMNS["feedback"]),
        "issues": (tables.GOLD_ISSUES, last_56_days, COLUMNS["issues"]),
        "members": (tables.GOLD_CLUSTER_MEMBERS, last_56_days, COLUMNS["members"]),
        "clusters": (tables.GOLD_CLUSTERS, last_56_days, COLUMNS["clusters"]),
    },
)
def impact_of_releases(
    context: dg.AssetExecutionContext,
    prompts: Path,
    releases: pd.DataFrame,
    feedback: pd.DataFrame,
    issues: pd.DataFrame,
    members: pd.DataFrame,
    clusters: pd.DataFrame,
) -> pd.DataFrame:
    """Test every category and cluster for a jump after each release of the last fortnight."""
    rules = load_config(prompts).thresholds.releases
    frames = ReleaseFrames(releases, feedback, issues, members, clusters)
    impact = release_impact(frames, run_days(context), rules)
    suspects = int((impact["verdict"] == ReleaseVerdict.SUSPECT).sum())
    context.log.info("%d comparisons, %d suspects", len(impact), suspects)
    return impact
