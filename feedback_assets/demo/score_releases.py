"""Scores release suspects against the planted truth: the right release for each problem, none for the season.

Pure over frames: the truth, `gold/release_impact` and `gold/cluster_members`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from feedback_assets.demo.score import HALF, Blamed, ReleaseScore
from feedback_assets.demo.truth import Planted, Truth
from feedback_assets.lake.frames import records

# What a shop has more of before a feast: parcels, and so questions and complaints about them.
_SEASONAL = "delivery"
_PAIR = ["release_id", "scope", "value"]


def score_releases(truth: Truth, impact: pd.DataFrame, members: pd.DataFrame) -> ReleaseScore:
    """Compare suspects with the releases that cause the planted problems.

    The suspect of a problem is read where it is told most: at the cluster that holds most of its items, whether or not
    that has a ticket. Over the days of its window a release counts as on the day its evidence was strongest.

    Args:
        truth: What was planted.
        impact: `gold/release_impact` of all days of the story.
        members: `gold/cluster_members` of all days.
    """
    suspects = impact[impact["verdict"] == "suspect"].sort_values(["evidence", "day"], ascending=[False, True])
    caused = [problem for problem in truth.planted if problem.release is not None]
    return ReleaseScore(
        problems=tuple(_blamed(problem, suspects, members) for problem in caused),
        season_raised=_raised_by_season(truth, impact, members, "suspect"),
        season_coincides=_raised_by_season(truth, impact, members, "coincides"),
        suspects=int(suspects.drop_duplicates(_PAIR).shape[0]),
    )


def _blamed(problem: Planted, suspects: pd.DataFrame, members: pd.DataFrame) -> Blamed:
    planted = str(problem.release)
    mine = members[members["event_id"].isin(problem.event_ids)]["cluster_id"].value_counts()
    if mine.empty:
        return Blamed(problem.id, problem.kind, planted, None, False, "-", "none of its items is in a cluster")
    cluster, held = str(mine.index[0]), int(mine.iloc[0])
    at = f"cluster {cluster} ({held} of its {len(problem.event_ids)} items)"
    first = records(suspects[(suspects["scope"] == "cluster") & (suspects["value"] == cluster)].head(1))
    if not first:
        return Blamed(problem.id, problem.kind, planted, None, False, at, "no release is suspected of it")
    suspect = str(first[0]["release_id"])
    return Blamed(problem.id, problem.kind, planted, suspect, suspect == planted, at, str(first[0]["reason"]))


def _raised_by_season(truth: Truth, impact: pd.DataFrame, members: pd.DataFrame, verdict: str) -> tuple[str, ...]:
    """Releases of that verdict on what the season drives: its category, and clusters of it no problem was planted in.

    A cluster of which half tell of a planted problem, such as a carrier's delay, is that problem's.
    """
    planted = {event for problem in truth.planted for event in problem.event_ids}
    share = members["event_id"].isin(planted).groupby(members["cluster_id"]).mean()
    of_problems = {str(cluster) for cluster, part in share.items() if part >= HALF}
    chosen = impact[(impact["verdict"] == verdict) & (impact["category"] == _SEASONAL)]
    chosen = chosen[~((chosen["scope"] == "cluster") & chosen["value"].isin(of_problems))]
    return tuple(dict.fromkeys(_sentence(row) for row in records(chosen.drop_duplicates(_PAIR))))


def _sentence(row: dict[str, Any]) -> str:
    return f"{row['release_id']} on {row['scope']} {row['title']}: {row['reason']}"
