"""Scores clusters against the planted truth: whether the members of each tell of one thing.

Pure over frames: the truth, `gold/cluster_members` and the rows of `gold/clusters` that say what merged into what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from feedback_assets.demo.truth import Truth
from feedback_assets.lake.frames import records
from feedback_assets.lineage import Lineage, cluster_rows

# What is read of `gold/clusters`.
LINEAGE = ("day", "cluster_id", "status", "merged_into")
# Smaller clusters are pure by chance.
LEAST_MEMBERS = 8


@dataclass(frozen=True)
class ClusterScore:
    """Purity of the clusters as they stand at the end: the mean over those large enough; None of no cluster."""

    cluster_purity: float | None
    clusters_judged: int


def score_clusters(truth: Truth, members: pd.DataFrame, clusters: pd.DataFrame) -> ClusterScore:
    """The mean share, in each cluster of at least eight issues, of what most of its issues were written for.

    An issue was written for its item's planted problem, or else for its item's label. A cluster that became part of
    another counts as that one.

    Args:
        truth: What was planted, and each item's label.
        members: Columns `event_id` and `cluster_id` of `gold/cluster_members`.
        clusters: The columns `LINEAGE` of `gold/clusters`.
    """
    told = truth.labels | {event: problem.id for problem in truth.planted for event in problem.event_ids}
    now = Lineage(cluster_rows(records(clusters))).as_of(date.max)
    roots = members["cluster_id"].map({cluster: now.root(cluster) for cluster in set(members["cluster_id"])})
    counts = pd.crosstab(roots, members["event_id"].map(told).fillna("unknown"))
    judged = counts[counts.sum(axis=1) >= LEAST_MEMBERS]
    if judged.empty:
        return ClusterScore(None, 0)
    purity = judged.max(axis=1) / judged.sum(axis=1)
    return ClusterScore(round(float(purity.mean()), 4), len(judged))
