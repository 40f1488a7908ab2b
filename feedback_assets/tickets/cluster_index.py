"""Clusters and their members by day, and which of the members speak for a ticket: the window of evidence.

Only looking up and counting; what follows from it is decided in `plan.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets.lake.frames import records
from feedback_assets.tickets.concentration import Concentration, concentration
from feedback_assets.tickets.open_tickets import Standing, item_of
from feedback_assets.tickets.rules import Rules

# The place of items that name no region.
_NOWHERE = "no region"


@dataclass(frozen=True)
class Recent:
    """What speaks for a cluster on a day: its issues, and where they are when they are not everywhere."""

    issues: list[str]
    where: Concentration | None = None


class ClusterIndex:
    """Clusters and members by cluster id, each in order of days."""

    def __init__(self, clusters: pd.DataFrame, members: pd.DataFrame, feedback: pd.DataFrame) -> None:
        self._clusters: dict[str, list[dict[str, Any]]] = {}
        for row in records(clusters.sort_values("day", kind="stable")):
            self._clusters.setdefault(str(row["cluster_id"]), []).append(row)
        self._members: dict[str, list[tuple[date, str]]] = {}
        for row in records(members[["day", "cluster_id", "issue_id"]].sort_values(["day", "issue_id"])):
            self._members.setdefault(str(row["cluster_id"]), []).append((row["day"], str(row["issue_id"])))
        told = feedback[["day", "event_id", "region"]].drop_duplicates("event_id")
        self._region = {
            str(event): region if isinstance(region, str) else _NOWHERE
            for event, region in zip(told["event_id"], told["region"], strict=True)
        }
        self._usual = Counter(self._region.values())

    def cluster(self, cluster_id: str, day: date) -> dict[str, Any] | None:
        """The cluster as its newest row up to the day tells."""
        rows = [row for row in self._clusters.get(cluster_id, []) if row["day"] <= day]
        return rows[-1] if rows else None

    def evidence(self, cluster_id: str, day: date, expected: float, rules: Rules) -> Recent:
        """What a new ticket starts with: the issues of the days, and of the regions, that had more than expected.

        The days before a fault, and the places it does not reach, are background: counted as evidence they would
        hide the fault. Where no day stands out, all of the week is evidence.
        """
        recent = self._recent(cluster_id, day, rules)
        above = _above(recent, expected, rules) or {when for when, _ in recent}
        told = [issue for when, issue in recent if when in above]
        where = self._concentration(cluster_id, day, told, expected * len(above), rules)
        return Recent(self._within(told, frozenset(where.places if where else ())), where)

    def further_evidence(self, cluster_id: str, day: date, ticket: Standing, rules: Rules) -> list[str]:
        """What more speaks for a ticket: days above what was expected before it, in the regions it is about.

        What the baseline is now does not count: it holds the fault. After a fix no day stands out, and the ordinary
        complaints that go on are no evidence.
        """
        recent = self._recent(cluster_id, day, rules)
        above = _above(recent, ticket.expected, rules)
        return self._within([issue for when, issue in recent if when in above], ticket.regions)

    def _recent(self, cluster_id: str, day: date, rules: Rules) -> list[tuple[date, str]]:
        first = day - timedelta(days=rules.evidence_days - 1)
        return [(when, issue) for when, issue in self._members.get(cluster_id, []) if first <= when <= day]

    def _within(self, issues: Sequence[str], regions: frozenset[str]) -> list[str]:
        return [issue for issue in issues if not regions or self._place(issue) in regions]

    def _concentration(
        self, cluster_id: str, day: date, told: Sequence[str], expected: float, rules: Rules
    ) -> Concentration | None:
        first = day - timedelta(days=rules.evidence_days - 1)
        before = (issue for when, issue in self._members[cluster_id] if when < first) if told else ()
        now = Counter(self._place(issue) for issue in told)
        return concentration(now, Counter(map(self._place, before)), self._usual, expected, rules.concentrated)

    def _place(self, issue: str) -> str:
        return self._region.get(item_of(issue), _NOWHERE)


def _above(recent: Sequence[tuple[date, str]], expected: float, rules: Rules) -> set[date]:
    """The days with more issues than expected: so many times as many, and beyond the spread of a count."""
    counts = Counter(when for when, _ in recent)
    least = rules.evidence_lift * expected + math.sqrt(max(expected, 0.0))
    return {when for when, count in counts.items() if count >= least}
