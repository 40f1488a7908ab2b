"""Suspected releases as rows for people and programs: each release and what it is suspected of, when that was surest.

Reads frames, writes nothing.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from feedback_assets.lake.frames import records

_ORDER = {"suspect": 0, "coincides": 1, "no_sign": 2, "too_little_data": 3}
_SHOWN = {"all": "all complaints", "category": "category", "cluster": "cluster"}


def suspected(impact: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry a release, the newest first, with its suspicions, strongest first.

    Over the days of its window each suspicion counts as on the day its evidence was strongest. A release nothing is
    held against says what its newest day says of all complaints.

    Args:
        impact: `gold/release_impact` of any days.
    """
    found: list[dict[str, Any]] = []
    for release_id, rows in impact.groupby("release_id", sort=True):
        ordered = rows.assign(_order=rows["verdict"].map(_ORDER)).sort_values(
            ["_order", "evidence", "day"], ascending=[True, False, True]
        )
        against = ordered[ordered["verdict"] == "suspect"].drop_duplicates(["scope", "value"])
        whole = rows[rows["scope"] == "all"].sort_values("day").tail(1)
        [newest] = records(whole)
        found.append(
            {
                "release_id": str(release_id), "kind": newest["kind"], "name": newest["name"],
                "version": newest["version"] if isinstance(newest["version"], str) else None,
                "released_at": newest["released_at"].isoformat(), "judged_up_to": str(newest["day"]),
                "verdict": str(ordered["verdict"].iloc[0]),
                "reason": str(ordered["reason"].iloc[0]),
                "suspected_of": [_suspicion(row) for row in records(against)],
            }
        )  # fmt: skip
    return sorted(found, key=lambda one: (one["released_at"], one["release_id"]), reverse=True)


def _suspicion(row: dict[str, Any]) -> dict[str, Any]:
    numbers = ("rate_ratio", "ratio_low", "ratio_high", "p_value", "named_share", "version_ratio", "same_time_ratio")
    return {
        "scope": row["scope"], "what": row["title"] if row["scope"] != "all" else _SHOWN["all"], "value": row["value"],
        "day": str(row["day"]), "rank": int(row["rank"]), "reason": row["reason"],
        **{name: float(row[name]) if row[name] == row[name] and row[name] is not None else None for name in numbers},
    }  # fmt: skip
