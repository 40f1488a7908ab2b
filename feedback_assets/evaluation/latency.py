"""Latency of items from received to each hop: landed, silver, classified, scored, ticketed.

Computed from times that are stored anyway: when the object landed and when the tables of its day were committed. So
no column and no run has to carry a clock. The budgets are in `thresholds.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.watching import LatencyRules
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import COMMITS_READ, Commit, Lake
from feedback_assets.tables import Table

# A week shows a trend; older days say how fast it was once.
_DAYS = 7


@dataclass(frozen=True)
class Hop:
    """A stage of an item: its name, the table whose commit shows it is reached, and its budget's field in minutes."""

    name: str
    table: Table
    budget: str


HOPS = (
    Hop("landed", tables.BRONZE_FEEDBACK, "landed_minutes"),
    Hop("silver", tables.SILVER_FEEDBACK, "silver_minutes"),
    Hop("classified", tables.GOLD_ITEMS, "classified_minutes"),
    Hop("scored", tables.GOLD_PRIORITY, "triage_minutes"),
    Hop("ticketed", tables.TICKET_DELIVERIES, "triage_minutes"),
)


@dataclass(frozen=True)
class DayLatency:
    """Minutes from received to the hop: median and 95th percentile over the items of a day."""

    day: date
    items: int
    p50: float
    p95: float


@dataclass(frozen=True)
class LatencyResult:
    """Whether the latency of a hop is within its budget, and the reason in words."""

    within_budget: bool
    reason: str
    days: tuple[DayLatency, ...]


def measure_latency(lake: Lake, landing: Landing, hop: Hop, rules: LatencyRules) -> LatencyResult:
    """How long the items of the newest days took to a hop.

    Args:
        lake: Where the tables are.
        landing: Where the objects are.
        hop: Which hop.
        rules: The section `latency` of the thresholds.
    """
    days = sorted(lake.days(tables.SILVER_FEEDBACK))[-_DAYS:]
    if not days:
        return LatencyResult(True, "no feedback yet", ())
    columns = ["day", "received_at", "landing_object"]
    items = lake.read(tables.SILVER_FEEDBACK, days[0], days[-1] + timedelta(days=1), columns)
    landed = {path: landing.landed_at(path) for path in items["landing_object"].unique()}
    commits = None if hop.name == "landed" else lake.commits(hop.table)
    by_day = latencies(items, landed, commits, timedelta(hours=rules.history_hours))
    return compare_with_budget(hop.name, by_day, getattr(rules, hop.budget))


def latencies(
    items: pd.DataFrame,
    landed: Mapping[str, datetime | None],
    commits: Sequence[Commit] | None,
    history: timedelta,
) -> list[DayLatency]:
    """Minutes from received to the hop, by day.

    A hop is reached by the first commit for the item's day after its object landed. What landed later than `history`
    after it was received was brought in afterwards: it says nothing about speed and is left out.

    Args:
        items: `day`, `received_at` and `landing_object` of items.
        landed: When each object landed; None where nobody knows.
        commits: Of the hop's table; None when landing itself is the hop.
        history: See above.
    """
    known = items[["day", "received_at", "landing_object"]].dropna()
    if known.empty:
        return []
    places = known[["day", "landing_object"]].drop_duplicates()
    pairs = list(places.itertuples(index=False, name=None))
    times = {
        "landed": [landed.get(path) for _, path in pairs],
        "reached": [_reached(day, landed.get(path), commits) for day, path in pairs],
    }
    places = places.assign(**{n: pd.Series(at, places.index, "datetime64[us, UTC]") for n, at in times.items()})
    timed = known.merge(places, on=["day", "landing_object"])
    timed = timed[(timed["landed"] - timed["received_at"] <= history) & timed["reached"].notna()]
    minutes = ((timed["reached"] - timed["received_at"]).dt.total_seconds() / 60).clip(lower=0)
    return [
        DayLatency(day, len(taken), *(round(float(taken.quantile(share)), 2) for share in (0.5, 0.95)))
        for day, taken in minutes.groupby(timed["day"])
    ]


def compare_with_budget(name: str, days: Sequence[DayLatency], budget: float) -> LatencyResult:
    """Whether 95 of 100 items of every day reached the hop within the budget, in minutes."""
    if not days:
        return LatencyResult(True, "no item landed soon after it was received: there is nothing to time", ())
    worst = max(days, key=lambda day: day.p95)
    reason = f"{name}: 95 of 100 items of {worst.day} within {worst.p95:g} minutes, the budget is {budget:g}"
    return LatencyResult(worst.p95 <= budget, reason, tuple(days))


def _reached(day: date, landed: datetime | None, commits: Sequence[Commit] | None) -> datetime | None:
    if landed is None or commits is None:
        return landed
    # Of a long history only the newest commits are read: what landed before them may have been reached by another.
    if len(commits) >= COMMITS_READ and landed < min(commit.at for commit in commits):
        return None
    return min(
        (commit.at for commit in commits if commit.at >= landed and commit.first <= day <= commit.last), default=None
    )
