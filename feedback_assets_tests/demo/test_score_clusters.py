"""Scoring clusters against the truth."""

from datetime import date

import pandas as pd

from feedback_assets.demo.score_clusters import LINEAGE, score_clusters
from feedback_assets.demo.truth import Planted, Truth

TOLD = tuple(f"a{number}" for number in range(8))
TRUTH = Truth(
    seed=3, first_day="2025-01-06", last_day="2025-02-04", items=20,
    planted=(Planted("planted-3", "carrier_delay", None, None, "delivery", "2025-01-22", None, {}, TOLD),),
    decoys=(), values=(),
    labels=dict.fromkeys((*TOLD, "b0", "b1", "b2", "b3"), "delivery") | {"q0": "no_issue"},
)  # fmt: skip


def _members(**clusters: tuple[str, ...]) -> pd.DataFrame:
    rows = [(event, cluster) for cluster, events in clusters.items() for event in events]
    return pd.DataFrame(rows, columns=["event_id", "cluster_id"])


def _clusters(merged: dict[str, str], *others: str) -> pd.DataFrame:
    day = date(2025, 1, 25)
    rows = [(day, gone, "merged", into) for gone, into in merged.items()]
    return pd.DataFrame([*rows, *((day, one, "active", None) for one in others)], columns=list(LINEAGE))


def test_purity_is_the_share_of_what_most_members_were_written_for() -> None:
    found = score_clusters(TRUTH, _members(C1=(*TOLD[:6], "b0", "q0")), _clusters({}, "C1"))
    assert (found.cluster_purity, found.clusters_judged) == (0.75, 1)


def test_every_cluster_counts_alike_and_small_ones_do_not_count() -> None:
    members = _members(C1=(*TOLD[:6], "b0", "q0"), C2=("b0", "b1", "b2", "b3") * 2, C3=("q0", "b0"))
    found = score_clusters(TRUTH, members, _clusters({}, "C1", "C2", "C3"))
    assert (found.cluster_purity, found.clusters_judged) == (0.875, 2)
    assert score_clusters(TRUTH, _members(C3=("q0", "b0")), _clusters({}, "C3")).cluster_purity is None


def test_a_cluster_that_became_part_of_another_counts_as_that_one() -> None:
    members = _members(C1=TOLD[:6], C2=("b0", "b1"))
    found = score_clusters(TRUTH, members, _clusters({"C2": "C1"}, "C1"))
    assert (found.cluster_purity, found.clusters_judged) == (0.75, 1)
