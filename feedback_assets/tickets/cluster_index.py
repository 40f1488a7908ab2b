"""Clusters and their members by day: since when a problem is told, and which of the members speak for its ticket.

Only looking up and counting; what follows from it is decided in `plan.py`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from feedback_assets.config.sections.tickets import TicketRules
from feedback_assets.lake.frames import records
from feedback_assets.lineage import Lineage, LineageAsOf, cluster_rows
from feedback_assets.statistics import rise_gains
from feedback_assets.tickets.concentration import Concentration, concentration
from feedback_assets.tickets.open_tickets import RECENT_DAYS, OpenTicket
from feedback_assets.tickets.rows import Cluster, Record, item_of
from feedback_assets.tickets.wordings import Wordings, shares_of_fault

# The place of items that name no region.
_NOWHERE = "no region"
# Half an issue, where none was ever told.
_LEAST_EXPECTED = 0.5
# A single issue of its sub-label since a fresh onset has about so much, two have twice as much.
_LABEL_GAIN = 2.0
# So many earlier complaints of a category say how its trouble is usually worded; more only take longer.
_MOST_USUAL = 2000
# Fewer days than this tell nothing of what is usual.
_LEAST_DAYS = 7


# What the items of one problem may have in common, whatever category they were given.
_TIES = ("product_id", "carrier", "app_version")


@dataclass(frozen=True)
class Recent:
    """What speaks for clusters on a day: their issues, and where they are when they are not everywhere.

    `fault` is for each issue how likely the fault is behind it, not the usual trouble; None where nothing began.
    """

    issues: list[str]
    where: Concentration | None = None
    fault: Mapping[str, float] | None = None

    @property
    def expected(self) -> float | None:
        """How many of the issues would have come without the fault; None where nothing began."""
        return None if self.fault is None else max(sum(1 - share for share in self.fault.values()), _LEAST_EXPECTED)


@dataclass(frozen=True)
class Rise:
    """Since when some clusters are told more than before, as a day sees it.

    Attributes:
        onset: The most likely first day.
        gain: Log-likelihood ratio of a rise on that day over none.
        gain_at: The same for each day that may have been the first.
        issues: What was told since the onset.
        ties: What most of its items have in common and others do not, such as `("carrier", "Nordvex")`.
        regions: The regions that hold it; empty when it is everywhere.
    """

    onset: date
    gain: float
    gain_at: Mapping[date, float]
    issues: tuple[str, ...]
    ties: frozenset[tuple[str, str]]
    regions: frozenset[str]

    def may_begin_with(self, other: Rise, rules: TicketRules) -> bool:
        """Whether both may have begun on the same day: the onset of one fits the other nearly as well as its own."""
        return any(
            one.gain_at.get(two.onset, 0.0) >= max(one.gain - rules.onset_gap, rules.onset_gain)
            for one, two in ((self, other), (other, self))
        )


class ClusterIndex:
    """Clusters and members by cluster, each in order of days; `at` moves it to a day."""

    def __init__(
        self, clusters: pd.DataFrame, members: pd.DataFrame, issues: pd.DataFrame, feedback: pd.DataFrame
    ) -> None:
        self.lineage: Lineage[date, Record] = Lineage(cluster_rows(records(clusters)))
        self._now: LineageAsOf[date, Record] = self.lineage.as_of(date.min)
        self._members: dict[str, list[tuple[date, str]]] = {}
        ordered = members[["day", "cluster_id", "issue_id"]].sort_values(["day", "issue_id"])
        for day, cluster, issue in ordered.itertuples(index=False):
            self._members.setdefault(str(cluster), []).append((day, str(issue)))
        once = feedback.drop_duplicates("event_id")
        days = once["day"].tolist()
        self._region = {
            str(event): region if isinstance(region, str) else _NOWHERE
            for event, region in zip(once["event_id"], once["region"], strict=True)
        }
        self._by_category: dict[str, list[tuple[date, str]]] = {}
        told = issues[["day", "issue_id", "category"]].sort_values(["day", "issue_id"])
        for day, issue, category in told.itertuples(index=False):
            self._by_category.setdefault(str(category), []).append((day, str(issue)))
        self._quote = dict(zip(issues["issue_id"], issues["quote"], strict=True))
        self._label = dict(zip(issues["issue_id"], issues["sub_label"], strict=True))
        self._ties_of: dict[str, dict[str, str]] = {name: {} for name in _TIES}
        # Items of each day, all of them and by what they name.
        self._items = Counter(days)
        self._named: dict[tuple[date, str], Counter[str]] = {}
        for name in ("region", *_TIES):
            for event, day, value in zip(once["event_id"], days, once[name], strict=True):
                known = value if isinstance(value, str) else _NOWHERE if name == "region" else None
                if known is not None:
                    self._named.setdefault((day, name), Counter())[known] += 1
                    if name in _TIES:
                        self._ties_of[name][str(event)] = known
        self._usual: dict[str, Counter[str]] = {}
        # What a day asks again and again, of the same clusters.
        self._rises: dict[frozenset[str], Rise | None] = {}
        self._wordings: dict[tuple[tuple[str, ...], date], Wordings] = {}

    def at(self, day: date) -> LineageAsOf[date, Record]:
        """Look from now on with the eyes of this day; the lineage then."""
        self._now = self.lineage.as_of(day)
        self._rises.clear()
        self._wordings.clear()
        days = [day - timedelta(days=n) for n in range(RECENT_DAYS)]
        for name in ("region", *_TIES):
            self._usual[name] = sum((self._named.get((each, name), Counter()) for each in days), Counter[str]())
        return self._now

    @property
    def day(self) -> date:
        """The day it looks with the eyes of."""
        return self._now.day

    def cluster(self, cluster_id: str) -> Cluster | None:
        """The cluster as its newest row tells."""
        row = self._now.row(cluster_id)
        return None if row is None else Cluster.from_record(row)

    def rise(self, clusters: Iterable[str], rules: TicketRules) -> Rise | None:
        """Since when the clusters together are told more than before; None when they are told as before."""
        asked = frozenset(clusters)
        if asked not in self._rises:
            self._rises[asked] = self._find_rise(asked, rules)
        return self._rises[asked]

    def _find_rise(self, clusters: frozenset[str], rules: TicketRules) -> Rise | None:
        first = self._now.day - timedelta(days=RECENT_DAYS - 1)
        known = frozenset(part for cluster in clusters for part in (cluster, *self._now.ancestors(cluster)))
        told = sorted({each for part in known for each in self._between(part, first, self._now.day)})
        days = [day for n in range(RECENT_DAYS) if self._items[day := first + timedelta(days=n)]]
        if not told or not days:
            return None
        counts = Counter(day for day, _ in told)
        series = np.array([[float(counts[day]) for day in days]])
        gains = rise_gains(series, np.array([float(self._items[day]) for day in days]), rules.onset_history)[0]
        best = int(gains.argmax())
        if gains[best] < rules.onset_gain:
            return None
        issues = tuple(issue for day, issue in told if day >= days[best])
        # The weeks before say what would have been told since.
        share = sum(self._items[day] for day in days[best:]) / sum(self._items[day] for day in days[:best])
        expected = max((len(told) - len(issues)) * share, _LEAST_EXPECTED)
        before = Counter(self._place(issue) for day, issue in told if day < days[best])
        where = concentration(
            Counter(map(self._place, issues)), before, self._usual["region"], expected, rules.concentrated
        )
        return Rise(
            onset=days[best],
            gain=float(gains[best]),
            gain_at={day: float(gain) for day, gain in zip(days, gains, strict=True)},
            issues=issues,
            ties=self._ties(issues, rules),
            regions=frozenset(where.places) if where else frozenset(),
        )

    def _ties(self, issues: Sequence[str], rules: TicketRules) -> frozenset[tuple[str, str]]:
        """What so many of the items have that others do not: a product, a carrier, a version."""
        items = {item_of(issue) for issue in issues}
        ties: set[tuple[str, str]] = set()
        for name in _TIES:
            usual, named = self._usual[name], self._ties_of[name]
            counts = Counter(value for item in items if (value := named.get(item)) is not None)
            for value, count in counts.most_common(1):
                elsewhere = (usual[value] - count + 1) / (self._usual["region"].total() - len(items) + 2)
                if (
                    count >= rules.tied_share * len(items)
                    and count * math.log(count / len(items) / elsewhere) >= rules.concentrated
                ):
                    ties.add((name, value))
        return frozenset(ties)

    def evidence(self, clusters: Sequence[str], expected: float, rules: TicketRules) -> Recent:
        """What a new ticket starts with: the issues since the problem began, where and as it is told.

        The days before a fault, the places it does not reach and what is told as often as ever are background: counted
        as evidence they would hide the fault. Where nothing began, the days that stand out are evidence, else the week.

        Args:
            clusters: Those that tell the problem.
            expected: Issues expected a day in the first one.
            rules: What is evidence.
        """
        rise = self.rise(clusters, rules)
        fault = {} if rise is None else self._fault(clusters, rise)
        if rise is not None:
            issues, days = list(fault), (self._now.day - rise.onset).days + 1
        else:
            recent = [each for cluster in clusters for each in self._recent(cluster, rules)]
            above = _above(recent, expected, rules) or {when for when, _ in recent}
            issues, days = [issue for when, issue in recent if when in above], len(above)
        where = self._concentration(clusters, issues, expected * days, rules)
        issues = self._within(issues, frozenset(where.places if where else ()))
        return Recent(issues, where, None if rise is None else {issue: fault[issue] for issue in issues})

    def _before(self, clusters: Sequence[str], rise: Rise) -> tuple[list[str], float]:
        """What was told in the weeks before the onset, and the items since over the items in those weeks."""
        first = self._now.day - timedelta(days=RECENT_DAYS - 1)
        told = [
            issue for cluster in clusters for day, issue in self._of(cluster, first, rise.onset) if day < rise.onset
        ]
        seen = sum(items for day, items in self._items.items() if first <= day < rise.onset)
        since = sum(items for day, items in self._items.items() if rise.onset <= day <= self._now.day)
        return told, since / max(seen, 1)

    def further_evidence(self, cluster_id: str, ticket: OpenTicket, rules: TicketRules) -> list[str]:
        """What more speaks for a ticket: days above what was expected before it, in the regions it is about.

        What the baseline is now does not count: it holds the fault. After a fix no day stands out, and the ordinary
        complaints that go on are no evidence; nor is what has been told as ever since before the ticket.
        """
        recent = self._recent(cluster_id, rules)
        above = _above(recent, ticket.expected, rules)
        issues = [issue for when, issue in recent if when in above]
        rise = self.rise([cluster_id], rules)
        if rise is not None:
            told = self._fault([cluster_id], rise)
            issues = [issue for issue in issues if issue in told]
        elif self._days_before(ticket.opened_on) >= _LEAST_DAYS:
            issues = []
        return self._within(issues, ticket.regions)

    def _days_before(self, day: date) -> int:
        """How many of the days before it, back to the oldest one looked at, have items."""
        first = self._now.day - timedelta(days=RECENT_DAYS - 1)
        return sum(bool(self._items[first + timedelta(days=n)]) for n in range((day - first).days))

    def _fault(self, clusters: Sequence[str], rise: Rise) -> dict[str, float]:
        """What was told since the onset, of the sub-labels and in the words that rose, all of it where none did.

        Each issue with how likely the fault is behind it.
        """
        told, share = self._before(clusters, rise)
        before, since = (Counter(map(self._label.get, issues)) for issues in (told, rise.issues))
        labels = sorted(since, key=str)
        series = np.array([[float(before[label]), float(since[label])] for label in labels])
        gains = rise_gains(series, np.array([1.0, share]), 1)[:, 1]
        risen = {label for label, gain in zip(labels, gains.tolist(), strict=True) if gain >= _LABEL_GAIN}
        issues = [issue for issue in rise.issues if not risen or self._label.get(issue) in risen]
        usual = self._usual_words(clusters, rise.onset)
        shares = shares_of_fault(self._words_of(issues), self._words_of(told), usual, share, _LABEL_GAIN)
        fault = dict(zip(issues, shares, strict=True))
        rose = {issue: part for issue, part in fault.items() if part}
        # Where no wording alone rose, all of them did together.
        together = max(1 - len(told) * share / max(len(issues), 1), 0.0)
        return rose or dict.fromkeys(issues, together)

    def _words_of(self, issues: Iterable[str]) -> Wordings:
        return Wordings([self._quote.get(issue) or "" for issue in issues])

    def _usual_words(self, clusters: Sequence[str], onset: date) -> Wordings:
        """What was told of the same categories in the weeks before, evenly thinned where it is much."""
        told = {each.category for cluster in clusters if (each := self.cluster(cluster)) is not None}
        asked = (tuple(sorted(told)), onset)
        if asked not in self._wordings:
            first = self._now.day - timedelta(days=RECENT_DAYS - 1)
            issues: list[str] = []
            for category in asked[0]:
                ordered = self._by_category.get(category, [])
                low, high = (bisect_left(ordered, day, key=lambda issue: issue[0]) for day in (first, onset))
                issues += [issue for _, issue in ordered[low : max(low, high)]]
            every = max(len(issues) // _MOST_USUAL, 1)
            self._wordings[asked] = self._words_of(issues[::every])
        return self._wordings[asked]

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
        self, clusters: Sequence[str], issues: Sequence[str], expected: float, rules: TicketRules
    ) -> Concentration | None:
        first, last = (self._now.day - timedelta(days=days) for days in (RECENT_DAYS - 1, rules.evidence_days))
        told = [issue for cluster in clusters for _, issue in self._of(cluster, first, last)] if issues else []
        before = set(told) - set(issues)
        now = Counter(self._place(issue) for issue in issues)
        return concentration(
            now, Counter(map(self._place, before)), self._usual["region"], expected, rules.concentrated
        )

    def _place(self, issue: str) -> str:
        return self._region.get(item_of(issue), _NOWHERE)


def _above(recent: Sequence[tuple[date, str]], expected: float, rules: TicketRules) -> set[date]:
    """The days with more issues than expected: so many times as many, and beyond the spread of a count."""
    counts = Counter(when for when, _ in recent)
    least = rules.evidence_lift * expected + math.sqrt(max(expected, 0.0))
    return {when for when, count in counts.items() if count >= least}
