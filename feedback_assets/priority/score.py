"""The score of every cluster for each day: factors, rises, decision, one row for each cluster.

Pure: frames in, rows of `gold/priority` out. Each day is computed from what that day may see, so a range equals its
days one by one. Expected counts are computed in `baseline`, the decision table is in `decision`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.priority import PriorityRules
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.baseline import most_in_six_hours
from feedback_assets.priority.decision import Facts, decide
from feedback_assets.priority.inputs import ClusterState, Members, PriorityFrames, PriorityInputs, build_inputs
from feedback_assets.priority.rises import Rises, find_rises
from feedback_assets.statistics import Bools, Floats, Ints, label_chances, told_shares

_MONTH, _WEEK = 28, 7
# With so many issues a problem was there that week; a single one may be a wrong label.
_LEAST_IN_WEEK = 3
_DIGITS = 6


def score_clusters(
    frames: PriorityFrames, days: Sequence[date], rules: PriorityRules, taxonomy: Taxonomy
) -> pd.DataFrame:
    """Score and decide for every cluster with members in the 28 days up to each day.

    Args:
        frames: The inputs over [first day - 56, last day].
        days: The days, ascending.
        rules: All numbers.
        taxonomy: Which categories are complaints, and which may have tickets.

    Returns:
        Rows of `gold/priority`.
    """
    inputs = build_inputs(frames, days, rules, taxonomy)
    clusters = _ClustersAsOf(inputs)
    ticketless = taxonomy.unactionable
    rows: list[dict[str, object]] = []
    for day in days:
        clusters.advance(day)
        rows.extend(_score_day(day, inputs, clusters, rules, ticketless))
    return conform(pd.DataFrame(rows), tables.GOLD_PRIORITY) if rows else empty(tables.GOLD_PRIORITY)


class _ClustersAsOf:
    """Members and daily counts by cluster as of a day; those of a merged cluster count for the one it is part of."""

    def __init__(self, inputs: PriorityInputs) -> None:
        self._inputs = inputs
        self._day: date | None = None
        self._as_of = inputs.lineage.as_of(inputs.origin)
        self.member_clusters: Ints = inputs.members.cluster.copy()
        self.counts: Ints = np.zeros((len(inputs.cluster_ids), len(inputs.volume.items)), dtype=np.int64)
        np.add.at(self.counts, (inputs.members.cluster, inputs.members.day), 1)

    def advance(self, day: date) -> None:
        """Go on to a later day."""
        numbers = self._inputs.cluster_number
        self._as_of = self._inputs.lineage.as_of(day)
        for merge in self._inputs.lineage.merges(self._day, day):
            self._merge(numbers[merge.cluster_id], numbers[self._as_of.root(merge.cluster_id)])
        self._day = day

    def state(self, number: int) -> ClusterState:
        """The newest row of a cluster that has members."""
        state = self._as_of.row(self._inputs.cluster_ids[number])
        if state is None:
            raise ValueError(f"cluster {self._inputs.cluster_ids[number]} has members and no row in gold/clusters")
        return state

    def _merge(self, merged: int, into: int) -> None:
        if merged == into:
            return
        self.member_clusters[self.member_clusters == merged] = into
        self.counts[into] += self.counts[merged]
        self.counts[merged] = 0


@dataclass(frozen=True)
class _Window:
    """The members of the last 28 days, and the position in `clusters` of each one's cluster."""

    rows: slice
    at: Ints
    clusters: Ints
    recent: Bools

    def total(self, values: Floats) -> Floats:
        """Sum for each cluster."""
        summed = np.bincount(self.at, weights=values[self.rows], minlength=len(self.clusters))
        return np.asarray(summed, dtype=np.float64)

    def mean(self, values: Floats) -> Floats:
        """Mean of the known values for each cluster; NaN where there are none."""
        known = np.isfinite(values[self.rows])
        sums = np.bincount(self.at[known], weights=values[self.rows][known], minlength=len(self.clusters))
        counts = np.bincount(self.at[known], minlength=len(self.clusters))
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def distinct(self, values: Ints, only_recent: bool) -> Ints:
        """Number of distinct values for each cluster."""
        chosen = self.recent if only_recent else np.ones(len(self.at), dtype=np.bool_)
        pairs = np.unique(np.stack([self.at[chosen], values[self.rows][chosen]]), axis=1)
        if not pairs.size:
            return np.zeros(len(self.clusters), dtype=np.int64)
        return np.bincount(pairs[0], minlength=len(self.clusters))


@dataclass(frozen=True)
class _Factors:
    """What the score is made of, and the counts the decision asks for; one value for each cluster of a day."""

    members_7d: Ints
    members_28d: Ints
    customers_7d: Ints
    weeks_seen: Ints
    share_28d: Floats
    severity: Floats
    reach: Floats
    revenue_weight: Floats
    recency: Floats
    confidence: Floats
    velocity_lift: Floats
    churn_lift: Floats
    refund_lift: Floats
    customer_lift: Floats
    channel_lift: Floats
    sentiment_lift: Floats

    def score(self) -> Floats:
        """The product of the factors."""
        return np.prod([getattr(self, name) for name in FACTORS], axis=0)

    def rounded(self) -> _Factors:
        """As the table stores them, so that the decision follows from the stored numbers."""
        return replace(self, **{field.name: _rounded(getattr(self, field.name)) for field in fields(self)})


FACTORS = (
    "severity", "reach", "revenue_weight", "recency", "confidence", "velocity_lift", "churn_lift", "refund_lift",
    "customer_lift", "channel_lift", "sentiment_lift",
)  # fmt: skip


@dataclass(frozen=True)
class _Overrides:
    """For each cluster the kind of override that decides first ("" for none), and whether enough reports speak."""

    kind: Sequence[str]
    enough: Bools


def _score_day(
    day: date, inputs: PriorityInputs, clusters: _ClustersAsOf, rules: PriorityRules, ticketless: frozenset[str]
) -> list[dict[str, object]]:
    now, members = inputs.day_number(day), inputs.members
    low, high = np.searchsorted(members.day, [now - _MONTH + 1, now + 1])
    if low == high:
        return []
    numbers, at = np.unique(clusters.member_clusters[low:high], return_inverse=True)
    window = _Window(slice(int(low), int(high)), at, numbers, members.day[low:high] > now - _WEEK)
    states = [clusters.state(number) for number in numbers.tolist()]
    counts = clusters.counts[numbers]
    rises = find_rises(now, inputs, counts, states, rules)
    factors = _factors(now, inputs, window, counts, states, rises, rules)
    scored = _ScoredDay(
        day=day,
        now=now,
        states=states,
        factors=factors.rounded(),
        rises=replace(
            rises,
            baseline_daily=_rounded(rises.baseline_daily),
            lift_7d=_rounded(rises.lift_7d),
            lift=_rounded(rises.lift),
        ),
        score=_rounded(factors.score()),
        overrides=_find_overrides(window, members, states, rules),
        member_clusters=clusters.member_clusters,
        numbers=numbers,
    )
    return _rows(scored, inputs, rules, ticketless)


def _rounded(values: Floats) -> Floats:
    return np.round(values, _DIGITS) if values.dtype.kind == "f" else values


def _factors(
    now: int,
    inputs: PriorityInputs,
    window: _Window,
    counts: Ints,
    states: Sequence[ClusterState],
    rises: Rises,
    rules: PriorityRules,
) -> _Factors:
    members = inputs.members
    month = counts[:, max(now - _MONTH + 1, 0) : now + 1]
    total = month.sum(axis=1)
    last = month.shape[1] - 1 - (month[:, ::-1] > 0).argmax(axis=1)
    customers = window.distinct(members.customer, only_recent=True)
    refunded = (members.refunded_from <= now).astype(np.float64)
    negative = np.nan_to_num(window.mean(members.negative), nan=0.0)
    ends = [month.shape[1] - _WEEK * n for n in range(4)]
    weeks = np.stack([month[:, max(end - _WEEK, 0) : max(end, 0)].sum(axis=1) for end in ends])
    items = inputs.volume.complaints[max(now - _MONTH + 1, 0) : now + 1].sum()
    return _Factors(
        members_7d=month[:, -_WEEK:].sum(axis=1),
        members_28d=total,
        customers_7d=customers,
        weeks_seen=(weeks >= _LEAST_IN_WEEK).sum(axis=0),
        share_28d=total / max(items, 1.0),
        severity=np.clip(window.mean(members.severity), 1, 5),
        reach=1 - np.exp(-customers / rules.reach_customers),
        revenue_weight=_revenue_weight(now, inputs, window, states),
        recency=0.5 ** ((month.shape[1] - 1 - last) / rules.recency_half_life),
        confidence=_confidence(members, window, states, rises, rules),
        velocity_lift=1 + np.clip(np.log2(np.maximum(rises.lift, 1)) / 3, 0, 1),
        churn_lift=1 + 0.5 * window.total(members.churn) / total,
        refund_lift=1 + 0.5 * window.total(refunded) / total,
        customer_lift=1 + 0.5 * window.total(members.valuable) / total,
        channel_lift=np.minimum(1 + 0.1 * (window.distinct(members.channel, only_recent=False) - 1), 1.3),
        sentiment_lift=1 + 0.2 * negative,
    )


def _confidence(
    members: Members, window: _Window, states: Sequence[ClusterState], rises: Rises, rules: PriorityRules
) -> Floats:
    """Share of the week's members that tell the problem; of all of the window where the week has none."""
    lift = np.where(rises.rising, rises.lift, 1.0)
    chances = np.zeros(len(members.confidence))
    chances[window.rows] = label_chances(members.confidence[window.rows], lift[window.at])
    old = np.bincount(window.at[window.recent], minlength=len(states)) == 0
    judged = window.recent | old[window.at]
    sums = np.bincount(window.at[judged], weights=chances[window.rows][judged], minlength=len(states))
    labels = sums / np.maximum(np.bincount(window.at[judged], minlength=len(states)), 1)
    # One product's complaints of a category belong together by what they are about, whatever their wording.
    of_one_product = np.array([state.product_id is not None and state.specific for state in states])
    cohesion = np.where(of_one_product, 1.0, np.array([state.cohesion for state in states]))
    return told_shares(labels, rises.lift, rises.rising, np.minimum(cohesion / rules.cohesion_full, 1.0))


def _revenue_weight(now: int, inputs: PriorityInputs, window: _Window, states: Sequence[ClusterState]) -> Floats:
    """Root of the margin at stake over the usual one, between 0.5 and 2; 1 where either is unknown."""
    low, high = np.searchsorted(inputs.margin_days, [now - _MONTH + 1, now + 1])
    if low == high:
        return np.ones(len(states))
    usual = float(np.median(inputs.margins[low:high]))
    stake: Floats = window.mean(inputs.members.margin) / usual if usual > 0 else np.full(len(states), np.nan)
    orders = inputs.volume.product_month_orders
    if orders is not None:
        sold = orders[:, now]
        typical = float(np.median(sold[sold > 0])) if (sold > 0).any() else 1.0
        products = [inputs.product_number(state) for state in states]
        of_product = np.array([typical if product is None else float(sold[product]) for product in products])
        stake = stake * of_product / typical
    weight = np.sqrt(np.maximum(stake, 0))
    return np.clip(np.where(np.isfinite(weight), weight, 1.0), 0.5, 2.0)


def _find_overrides(
    window: _Window, members: Members, states: Sequence[ClusterState], rules: PriorityRules
) -> _Overrides:
    """For each cluster the first kind of override that enough members carry, and whether enough credible reports do."""
    week = np.bincount(window.at[window.recent], minlength=len(states))
    kinds = [""] * len(states)
    enough = np.zeros(len(states), dtype=np.bool_)
    for rule in rules.overrides:
        flags = members.reports[rule.kind][window.rows] & window.recent
        reports = np.bincount(window.at[flags], minlength=len(states))
        share = reports / np.maximum(week, 1)
        undecided = np.array([not kind for kind in kinds])
        decides = undecided & (week > 0) & (share >= rules.override_share)
        for place in np.flatnonzero(decides).tolist():
            kinds[place] = rule.kind
        enough[decides] = reports[decides] >= rule.reports
    return _Overrides(kinds, enough)


@dataclass(frozen=True)
class _ScoredDay:
    """All numbers of a day, rounded as the table stores them; `numbers` are those of the clusters."""

    day: date
    now: int
    states: Sequence[ClusterState]
    factors: _Factors
    rises: Rises
    score: Floats
    overrides: _Overrides
    member_clusters: Ints
    numbers: Ints

    def facts(self, at: int, peak: float, ticketless: frozenset[str]) -> Facts:
        """What the decision table may ask about one cluster."""
        state, factors, rises = self.states[at], self.factors, self.rises
        return Facts(
            ticketable=state.category not in ticketless,
            specific=state.specific,
            rising=bool(rises.rising[at]),
            override=self.overrides.kind[at],
            overriding=bool(self.overrides.enough[at]),
            members_7d=int(factors.members_7d[at]),
            customers_7d=int(factors.customers_7d[at]),
            members_28d=int(factors.members_28d[at]),
            share_28d=float(factors.share_28d[at]),
            weeks_seen=int(factors.weeks_seen[at]),
            severity=float(factors.severity[at]),
            confidence=float(factors.confidence[at]),
            lift=float(rises.lift[at]),
            expected_7d=float(rises.baseline_daily[at]) * _WEEK,
            p_value=float(rises.p_value[at]),
            peak_6h=peak,
            customer_lift=float(factors.customer_lift[at]),
            revenue_weight=float(factors.revenue_weight[at]),
            score=float(self.score[at]),
        )

    def numbers_of(self, at: int) -> Mapping[str, float]:
        """The number columns of one cluster's row."""
        return {
            "members_7d": self.factors.members_7d[at],
            "members_28d": self.factors.members_28d[at],
            "baseline_daily": self.rises.baseline_daily[at],
            "lift_7d": self.rises.lift_7d[at],
            "p_value": self.rises.p_value[at],
            **{name: getattr(self.factors, name)[at] for name in FACTORS},
            "score": self.score[at],
        }


def _peak(scored: _ScoredDay, inputs: PriorityInputs, at: int) -> tuple[float, bool]:
    """Most issues in six hours of the day over what was expected, and whether the hours are known."""
    members, daily = inputs.members, float(scored.rises.baseline_daily[at])
    low, high = np.searchsorted(members.day, [scored.now, scored.now + 1])
    mine = np.flatnonzero(scored.member_clusters[low:high] == scored.numbers[at]) + low
    if not len(mine):
        return 0.0, True
    if members.untimed[mine].all():
        return len(mine) / max(daily, 1.0), False
    return most_in_six_hours(np.sort(members.seconds[mine])) / max(daily / 4, 1.0), True


def _rows(
    scored: _ScoredDay, inputs: PriorityInputs, rules: PriorityRules, ticketless: frozenset[str]
) -> list[dict[str, object]]:
    since = max(scored.now - _MONTH + 1, 0)
    missing = [name for name, days in inputs.present.items() if not days[since : scored.now + 1].any()]
    order = sorted(range(len(scored.states)), key=lambda n: (-scored.score[n], scored.states[n].cluster_id))
    rows: list[dict[str, object]] = []
    for rank, at in enumerate(order, start=1):
        state = scored.states[at]
        peak, timed = _peak(scored, inputs, at)
        decision = decide(scored.facts(at, peak, ticketless), rules.decisions)
        substituted = [*missing, *([] if timed else ["time of day: whole days instead of six hours"])]
        if scored.rises.short_history:
            substituted.append(f"history of {rules.least_history} days before the week: p_value 1")
        rows.append(
            {
                "day": scored.day,
                "cluster_id": state.cluster_id,
                "category": state.category,
                "product_id": state.product_id,
                **scored.numbers_of(at),
                "peak_6h_ratio": round(peak, _DIGITS),
                "override": scored.overrides.kind[at] or None,
                "rank": rank,
                "decision": decision.decision,
                "level": decision.level,
                "reason": decision.reason,
                "missing_inputs": json.dumps(substituted, ensure_ascii=False),
            }
        )
    return rows
