"""Releases with what they are suspected of, as typed rows for people and programs.

Reads a frame, writes nothing.
"""

from __future__ import annotations

from typing import Any, TypedDict

import pandas as pd

from feedback_assets.lake.frames import records
from feedback_assets.tables import ImpactScope, ReleaseVerdict
from feedback_assets.text import text_or_none

# What `list_releases` reads of `gold/release_impact`.
COLUMNS = (
    "day", "release_id", "kind", "name", "version", "released_at", "scope", "value", "title", "rank", "verdict",
    "reason", "evidence", "rate_ratio", "ratio_low", "ratio_high", "p_value", "named_share", "version_ratio",
    "same_time_ratio",
)  # fmt: skip
_ORDER = {verdict: number for number, verdict in enumerate(ReleaseVerdict)}


class Suspicion(TypedDict):
    """What a release is suspected of, as on the day its evidence was strongest."""

    scope: str
    what: str
    value: str
    day: str
    rank: int
    reason: str
    rate_ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_value: float | None
    named_share: float | None
    version_ratio: float | None
    same_time_ratio: float | None


class ListedRelease(TypedDict):
    """A release, its strongest verdict, and all suspicions."""

    release_id: str
    kind: str
    name: str
    version: str | None
    released_at: str
    judged_up_to: str
    verdict: str
    reason: str
    suspected_of: list[Suspicion]


def list_releases(impact: pd.DataFrame) -> list[ListedRelease]:
    """One entry for each release, the newest first, with its suspicions, strongest first.

    Over the days of its window each suspicion counts as on the day its evidence was strongest. The verdict on a release
    without suspicions is that of its strongest row.

    Args:
        impact: `gold/release_impact` of any days, at least `COLUMNS`.
    """
    releases: list[ListedRelease] = []
    for release_id, rows in impact.groupby("release_id", sort=True):
        ordered = rows.assign(_order=rows["verdict"].map(_ORDER)).sort_values(
            ["_order", "evidence", "day"], ascending=[True, False, True]
        )
        suspicions = ordered[ordered["verdict"] == ReleaseVerdict.SUSPECT].drop_duplicates(["scope", "value"])
        [newest] = records(rows[rows["scope"] == ImpactScope.ALL].sort_values("day").tail(1))
        releases.append(
            ListedRelease(
                release_id=str(release_id),
                kind=newest["kind"],
                name=newest["name"],
                version=text_or_none(newest["version"]),
                released_at=newest["released_at"].isoformat(),
                judged_up_to=str(newest["day"]),
                verdict=str(ordered["verdict"].iloc[0]),
                reason=str(ordered["reason"].iloc[0]),
                suspected_of=[_suspicion(row) for row in records(suspicions)],
            )
        )
    return sorted(releases, key=lambda release: (release["released_at"], release["release_id"]), reverse=True)


def _suspicion(row: dict[str, Any]) -> Suspicion:
    return Suspicion(
        scope=row["scope"],
        what=row["title"],
        value=row["value"],
        day=str(row["day"]),
        rank=int(row["rank"]),
        reason=row["reason"],
        rate_ratio=_number(row["rate_ratio"]),
        ratio_low=_number(row["ratio_low"]),
        ratio_high=_number(row["ratio_high"]),
        p_value=_number(row["p_value"]),
        named_share=_number(row["named_share"]),
        version_ratio=_number(row["version_ratio"]),
        same_time_ratio=_number(row["same_time_ratio"]),
    )


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
