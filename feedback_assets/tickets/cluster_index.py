"""Clusters and their members by day, and which of the members speak for a ticket: the window of evidence.

Only looking up and counting; what follows from it is decided in `plan.py`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from feedback_assets.config.sections.tickets import TicketRules
from feedback_assets.lake.frames import records
from feedback_assets.lineage import Lineage, LineageAsOf, cluster_rows
from feedback_assets.tickets.concentration import Concentration, concentration
from feedback_assets.tickets.open_tickets import RECENT_DAYS, OpenTicket
from feedback_assets.tickets.rows import Cluster, Record, item_of

# The place of items that name no region.
_NOWHERE = "no region"
# Fewer days than this tell nothing of what is usual.
_LEAST_DAYS = 7


@dataclass(frozen=True)
class Recent:
    """What speaks for a cluster on a day: its issues, and where they are when they are not everywhere."""

    issues: list[str]
    where: Concentration | None = None


class ClusterIndex:
    """Clusters and members by cluster, each in order of days; `at` moves it to a day."""

    def __init__(self, clusters: pd.DataFrame, members: pd.DataFrame, feedback: pd.DataFrame) -> None:
        self.lineage: Lineage[date, Record] = Lineage(cluster_rows(records(clusters)))
        self._now: LineageAsOf[date, Record] = self.lineage.as_of(date.min)
        self._members: dict[str, list[tuple[date, str]]] = {}
        ordered = members[["day", "cluster_id", "issue_id"]].sort_values(["day", "issue_id"])
        for day, cluster, issue in ordered.itertuples(index=False):
            self._members.setdefault(str(cluster), []).append((day, str(issue)))
        items = feedback[["event_id", "region"]].drop_duplicates("event_id")
        self._region = {
            str(event): region if isinstance(region, str) else _NOWHERE
            for event, region in zip(items["event_id"], items["region"], strict=True)
        }
        self._usual = Counter(self._region.values())

    def at(self, day: date) -> LineageAsOf[date, Record]:
        """Look from now on with the eyes of this day; the lineage then."""
        self._now = self.lineage.as_of(day)
        return self._now

    def cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster as its newest row tells."""
        row = self._now.row(cluster_id)
        return None if row is None else Cluster.from_record(row)

    def evidence(self, cluster_id: str, expected: float, rules: TicketRules) -> Recent:
        """What a new ticket starts with: the issues of the days, and of the regions, that had more than expected.

        The days before a fault, and the places it does not reach, are background: counted as evidence they would
        hide the fault. Where no day stands out, all of the week is evidence.
        """
        recent = self._recent(cluster_id, rules)
        above = _above(recent, expected, rules) or {when for when, _ in recent}
        issues = [issue for when, issue in recent if when in above]
        where = self._concentration(cluster_id, issues, expected * len(above), rules)
        return Recent(self._within(issues, frozenset(where.places if where else ())), where)

    def further_evidence(self, cluster_id: str, ticket: OpenTicket, rules: TicketRules) -> list[str]:
        """What more speaks for a ticket: days above what was expected before it, in the regions it is about.

        What the baseline is now does not count: it holds the fault. After a fix no day stands out, and the ordinary
        complaints that go on are no evidence.
        """
        recent = self._recent(cluster_id, rules)
        above = _above(recent, ticket.expected, rules)
        return self._within([issue for when, issue in recent if when in above], ticket.regions)

    def usual(self, ticket: OpenTicket, cluster_id: str) -> float:
        """Issues a day in a cluster that a ticket's cluster became part of, without those of the ticket's clusters.

        What it had before the ticket, where the window holds a week of it, else before the merge.
        """
        cluster = self.cluster(cluster_id)
        if cluster is None:
            return 0.0
        others = (self._now.ancestors(cluster_id) | {cluster_id}) - ticket.clusters
        start = self._now.day - timedelta(days=RECENT_DAYS - 1)
        merges = self.lineage.merges(start - timedelta(days=1), self._now.day)
        merged_on = min((merge.day for merge in merges if merge.cluster_id in ticket.clusters), default=self._now.day)
        first = max(cluster.first_seen, start)
        for end in (ticket.opened_on, merged_on):
            days = (min(end, self._now.day) - first).days
            if days >= _LEAST_DAYS:
                return sum(len(self._between(other, first, end - timedelta(days=1))) for other in others) / days
        return 0.0

    def _recent(self, cluster_id: str, rules: TicketRules) -> list[tuple[date, str]]:
        first = self._now.day - timedelta(days=rules.evidence_days - 1)
        return sorted(self._of(cluster_id, first, self._now.day))

    def _of(self, cluster_id: str, first: date, last: date) -> Iterable[tuple[date, str]]:
        """Members from `first` to `last`, those of what became part of the cluster too."""
        for cluster in (cluster_id, *self._now.ancestors(cluster_id)):
            yield from self._between(cluster, first, last)

    def _between(self, cluster: str, first: date, last: date) -> list[tuple[date, str]]:
        members = self._members.get(cluster, [])
        low = bisect_left(members, first, key=lambda member: member[0])
        return members[low : bisect_right(members, last, key=lambda member: member[0])]

    def _within(self, issues: Sequence[str], regions: frozenset[str]) -> list[str]:
        return [issue for issue in issues if not regions or self._place(issue) in regions]

    def _concentration(
        self, cluster_id: str, issues: Sequence[str], expected: float, rules: TicketRules
    ) -> Concentration | None:
        last = self._now.day - timedelta(days=rules.evidence_days)
        before = (issue for _, issue in self._of(cluster_id, date.min, last)) if issues else ()
        now = Counter(self._place(issue) for issue in issues)
        return concentration(now, Counter(map(self._place, before)), self._usual, expected, rules.concentrated)

    def _place(self, issue: str) -> str:
        return self._region.get(item_of(issue), _NOWHERE)


def _above(recent: Sequence[tuple[date, str]], expected: float, rules: TicketRules) -> set[date]:
    """The days with more issues than expected: so many times as many, and beyond the spread of a count."""
    counts = Counter(when for when, _ in recent)
    least = rules.evidence_lift * expected + math.sqrt(max(expected, 0.0))
    return {when for when, count in counts.items() if count >= least}
