"""Wiring of the clusters room: a day's issues into clusters and their members, under a lease."""

# pyright: basic

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.clusters.assign_days import CONTEXT, Method, assign_days
from feedback_assets.clusters.embedding import ConceptEmbedding
from feedback_assets.clusters.summary import titles
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.sections.clusters import ClusterRules
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.dagster_kit.day_assets import day_multi_asset, run_days
from feedback_assets.dagster_kit.partitions import same_day
from feedback_assets.lake.snapshots import newest_rows_before
from feedback_assets.lake.store import Lake

_ISSUES = (
    "day", "issue_id", "event_id", "domain", "category", "sub_label", "component", "quote", "confidence", "triage",
    "sentiment",
)  # fmt: skip


def _lease_seconds(prompts: Path) -> float:
    return _rules(prompts).lease_seconds


def _rules(prompts: Path) -> ClusterRules:
    return load_config(prompts).thresholds.clusters


@day_multi_asset(
    [tables.GOLD_CLUSTERS, tables.GOLD_CLUSTER_MEMBERS],
    ins={
        "issues": (tables.GOLD_ISSUES, same_day, _ISSUES),
        "feedback": (tables.SILVER_FEEDBACK, same_day, CONTEXT),
    },
    # A run starts from the state the days before it were left in: two at once would each miss the other's.
    lease_seconds=_lease_seconds,
)
def clusters(
    context: dg.AssetExecutionContext, lake: Lake, prompts: Path, issues: pd.DataFrame, feedback: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Assign the days' issues, starting from the newest state before them."""
    days = run_days(context)
    method = prepared(prompts)
    # A problem is recognised after any pause, so every cluster ever seen counts, but of each its newest row alone.
    before = newest_rows_before(lake, tables.GOLD_CLUSTERS, "cluster_id", days[0])
    result = assign_days(issues, feedback, before, days, method)
    context.log.info(f"{len(result.members)} issues in {result.clusters['cluster_id'].nunique()} clusters")
    return {tables.GOLD_CLUSTERS.name: result.clusters, tables.GOLD_CLUSTER_MEMBERS.name: result.members}


def prepared(prompts: Path) -> Method:
    """How issues are clustered, fitted once for each edition of the prompts folder.

    Raises:
        CallError: A file of the folder is missing or wrong.
    """
    return _prepared(prompts, _changed(prompts))


@lru_cache(maxsize=2)
def _prepared(prompts: Path, changed: float) -> Method:
    thresholds = load_config(prompts).thresholds
    rules = thresholds.clusters
    return Method(
        embedding=ConceptEmbedding.load(prompts, rules.ignored_concepts),
        rules=rules,
        titles=titles(rules),
        evidence=thresholds.evidence,
        no_issue=load_taxonomy(prompts / "taxonomy.yaml").no_issue,
    )


def _changed(prompts: Path) -> float:
    names = ("thresholds.yaml", "lexicon.yaml", "taxonomy.yaml")
    files = [*(prompts / name for name in names), *(prompts / "examples").glob("*.jsonl")]
    return max(file.stat().st_mtime for file in files if file.exists())
