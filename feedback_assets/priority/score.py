"""The score of every cluster for each day asked for: factors, surprise, decision, one row a cluster.

Pure: frames in, `gold/priority` out, each day from what that day may see, so that a range equals day by day.
The arithmetic of surprise is in `baseline`, the table of decisions in `decision`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.baseline import at_least, most_in_six_hours
from feedback_assets.priority.decision import Facts, decide
from feedback_assets.priority.evidence import Evidence, Frames, concepts_of, gather, sells
from feedback_assets.priority.rises import rises
from feedback_assets.priority.rules import PriorityRules
from feedback_assets.statistics import Bools, Floats, Ints

_MONTH, _WEEK = 28, 7
# Told so often in a week, a problem was there that week; once may be a stray label.
_SEEN = 3
_DIGITS = 6


def score(frames: Frames, days: Sequence[date], rules: PriorityRules) -> pd.DataFrame:
    """Score and decide for every cluster with members in the 28 days up to each day.

    Args:
        frames: The inputs over [first day - 56, last day].
        days: The days, ascending.
        rules: All numbers.

    Returns:
        Rows of `gold/priority`.
    """
    evidence = gather(frames, days, rules)
    standing = _Standing(evidence)
    rows: list[dict[str, Any]] = []
    for day in days:
        now = evidence.day_number(day)
        standing.advance(day)
        rows.extend(_day(day, now, evidence, standing, rules))
    return conform(pd.DataFrame(rows), tables.GOLD_PRIORITY) if rows else empty(tables.GOLD_PRIORITY)


class _Standing:
    """The newest row of each cluster, and the issues a day of each, as of a day; merges are followed."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.row: dict[int, dict[Any, Any]] = {}
        self.counts = np.zeros((len(evidence.cluster_ids), _length(evidence)), dtype=np.int64)
        members = evidence.members
        np.add.at(self.counts, (members.cluster, members.day), 1)
        self._next = 0

    def advance(self, day: date) -> None:
        """Take in the rows up to that day."""
        rows, numbers = self.evidence.rows, self.evidence.cluster_number
        while self._next < len(rows) and rows[self._next]["day"] <= day:
            row = rows[self._next]
            number = numbers[row["cluster_id"]]
            self.row[number] = row
            if row["status"] == "merged" and row["merged_into"] in numbers:
                self._merge(number, numbers[row["merged_into"]])
            self._next += 1

    def _merge(self, gone: int, into: int) -> None:
        members = self.evidence.members
        members.cluster[members.cluster == gone] = into
        self.counts[into] += self.counts[gone]
        self.counts[gone] = 0


def _length(evidence: Evidence) -> int:
    return len(evidence.volume.items)


@dataclass(frozen=True)
class _Window:
    """The members of the last 28 days, and which cluster of the day each belongs to."""

    rows: slice
    at: Ints
    clusters: Ints
    recent: Bools

    def total(self, values: Floats) -> Floats:
        """Sum a cluster."""
        summed = np.bincount(self.at, weights=values[self.rows], minlength=len(self.clusters))
        return np.asarray(summed, dtype=np.float64)

    def mean(self, values: Floats) -> Floats:
        """Mean a cluster of what is known; NaN where nothing is."""
        known = np.isfinite(values[self.rows])
        sums = np.bincount(self.at[known], weights=values[self.rows][known], minlength=len(self.clusters))
        counts = np.bincount(self.at[known], minlength=len(self.clusters))
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def distinct(self, values: Ints, only_recent: bool) -> Ints:
        """Distinct values a cluster."""
        chosen = self.recent if only_recent else np.ones(len(self.at), dtype=bool)
        pairs = np.unique(np.stack([self.at[chosen], values[self.rows][chosen]]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.clusters)) if pairs.size else np.zeros(len(self.clusters), int)


def _day(day: date, now: int, evidence: Evidence, standing: _Standing, rules: PriorityRules) -> list[dict[str, Any]]:
    members = evidence.members
    low, high = np.searchsorted(members.day, [now - _MONTH + 1, now + 1])
    if low == high:
        return []
    clusters, at = np.unique(members.cluster[low:high], return_inverse=True)
    window = _Window(slice(low, high), at, clusters, members.day[low:high] > now - _WEEK)
    states = [standing.row[int(cluster)] for cluster in clusters]
    columns = _factors(now, evidence, window, standing, states, rules)
    columns |= rises(now, evidence, standing.counts[window.clusters], states, rules)
    columns["velocity_lift"] = 1 + np.clip(np.log2(np.maximum(columns["lift"], 1)) / 3, 0, 1)
    columns["score"] = np.prod([columns[name] for name in _PRODUCT], axis=0)
    columns |= _overrides(window, evidence, states, rules)
    return _rows(day, now, evidence, window, states, columns, rules)


_PRODUCT = (
    "severity", "reach", "revenue_weight", "recency", "confidence", "velocity_lift", "churn_lift", "refund_lift",
    "customer_lift", "channel_lift", "sentiment_lift",
)  # fmt: skip


def _factors(
    now: int,
    evidence: Evidence,
    window: _Window,
    standing: _Standing,
    states: Sequence[dict[Any, Any]],
    rules: PriorityRules,
) -> dict[str, Any]:
    members = evidence.members
    counts = standing.counts[window.clusters]
    month = counts[:, max(now - _MONTH + 1, 0) : now + 1]
    total = month.sum(axis=1)
    last = month.shape[1] - 1 - (month[:, ::-1] > 0).argmax(axis=1)
    customers = window.distinct(members.customer, only_recent=True)
    refunded = (members.refunded_from <= now).astype(np.float64)
    negative = np.nan_to_num(window.mean(members.negative), nan=0.0)
    ends = [month.shape[1] - _WEEK * n for n in range(4)]
    weeks = np.stack([month[:, max(end - _WEEK, 0) : max(end, 0)].sum(axis=1) for end in ends])
    items = evidence.volume.complaints[max(now - _MONTH + 1, 0) : now + 1].sum()
    return {
        "members_7d": month[:, -_WEEK:].sum(axis=1),
        "members_28d": total,
        "customers_7d": customers,
        "weeks_seen": (weeks >= _SEEN).sum(axis=0),
        "share_28d": total / max(items, 1.0),
        "severity": np.clip(window.mean(members.severity), 1, 5),
        "reach": 1 - np.exp(-customers / rules.reach_customers),
        "revenue_weight": _revenue_weight(now, evidence, window, states),
        "recency": 0.5 ** ((month.shape[1] - 1 - last) / rules.recency_half_life),
        "confidence": _confidence(window.mean(members.confidence), total, states, rules),
        "churn_lift": 1 + 0.5 * window.total(members.churn) / total,
        "refund_lift": 1 + 0.5 * window.total(refunded) / total,
        "customer_lift": 1 + 0.5 * window.total(members.valuable) / total,
        "channel_lift": np.minimum(1 + 0.1 * (window.distinct(members.channel, only_recent=False) - 1), 1.3),
        "sentiment_lift": 1 + 0.2 * negative,
        "peak_6h": np.zeros(len(total)),
    }


def _confidence(label: Floats, total: Ints, states: Sequence[dict[Any, Any]], rules: PriorityRules) -> Floats:
    """Chance that most of the members bear the right label, lowered when they do not speak of one thing."""
    vouching = np.minimum(total, rules.confidence_members)
    half = vouching // 2
    more, as_many = at_least(half + 1, vouching, label), at_least((vouching + 1) // 2, vouching, label)
    # An even split counts half.
    majority = (more + as_many) / 2
    # One product's complaints of a category belong together by what they are about, whatever their wording.
    bound = [isinstance(state["product_id"], str) and bool(state["specific"]) for state in states]
    cohesion = np.where(bound, 1.0, [float(state["cohesion"]) for state in states])
    return np.clip(majority * np.minimum(cohesion / rules.cohesion_full, 1.0), 0, 1)


def _revenue_weight(now: int, evidence: Evidence, window: _Window, states: Sequence[dict[Any, Any]]) -> Floats:
    """Root of the margin at stake over the usual one, between 0.5 and 2; 1 where either is unknown."""
    low, high = np.searchsorted(evidence.margin_days, [now - _MONTH + 1, now + 1])
    if low == high:
        return np.ones(len(states))
    usual = float(np.median(evidence.margins[low:high]))
    stake = window.mean(evidence.members.margin) / usual if usual > 0 else np.full(len(states), np.nan)
    orders = evidence.volume.product_month_orders
    if orders is not None:
        sold = orders[:, now]
        typical = float(np.median(sold[sold > 0])) if (sold > 0).any() else 1.0
        of_product = [sold[evidence.products[s["product_id"]]] if sells(s, evidence) else typical for s in states]
        stake = stake * np.array(of_product) / typical
    weight = np.sqrt(np.maximum(stake, 0))
    return np.clip(np.where(np.isfinite(weight), weight, 1.0), 0.5, 2.0)


def _overrides(
    window: _Window, evidence: Evidence, states: Sequence[dict[Any, Any]], rules: PriorityRules
) -> dict[str, Any]:
    """For each cluster the first kind of override that speaks for it, and whether enough credible reports do."""
    week = np.bincount(window.at[window.recent], minlength=len(states))
    kinds = np.full(len(states), "", dtype=object)
    enough = np.zeros(len(states), dtype=bool)
    concepts = [concepts_of(state) for state in states]
    for rule in rules.overrides:
        flags = evidence.members.reports[rule.kind][window.rows] & window.recent
        reports = np.bincount(window.at[flags], minlength=len(states))
        told = [max((found.get(concept, 0) for concept in rule.concepts), default=0) for found in concepts]
        # A concept is a report only where the labels of its cluster can be believed.
        believed = np.array([float(state["confidence"]) >= rules.credible for state in states])
        named = believed * np.array(told) / np.array([max(int(state["members_total"]), 1) for state in states])
        share = np.maximum(reports / np.maximum(week, 1), named)
        speaks = (kinds == "") & (week > 0) & (share >= rules.override_share)
        kinds[speaks] = rule.kind
        enough[speaks] = np.maximum(reports, np.floor(named * week))[speaks] >= rule.reports
    return {"override": kinds, "overriding": enough}


def _peak(now: int, evidence: Evidence, cluster: int, daily: float) -> tuple[float, bool]:
    """Most issues in six hours of the day over what was expected, and whether the hours are known."""
    members = evidence.members
    low, high = np.searchsorted(members.day, [now, now + 1])
    mine = np.flatnonzero(members.cluster[low:high] == cluster) + low
    if not len(mine):
        return 0.0, True
    if members.untimed[mine].all():
        return len(mine) / max(daily, 1.0), False
    return most_in_six_hours(np.sort(members.seconds[mine])) / max(daily / 4, 1.0), True


def _rows(
    day: date,
    now: int,
    evidence: Evidence,
    window: _Window,
    states: Sequence[dict[Any, Any]],
    columns: dict[str, Any],
    rules: PriorityRules,
) -> list[dict[str, Any]]:
    rounded = {
        name: np.round(values, _DIGITS) if values.dtype.kind == "f" and name != "p_value" else values
        for name, values in columns.items()
    }
    since = max(now - _MONTH + 1, 0)
    missing = [name for name, days in evidence.present.items() if not days[since : now + 1].any()]
    order = sorted(range(len(states)), key=lambda n: (-rounded["score"][n], evidence.cluster_ids[window.clusters[n]]))
    rows: list[dict[str, Any]] = []
    for rank, at in enumerate(order, start=1):
        state, value = states[at], {name: column[at] for name, column in rounded.items()}
        peak, timed = _peak(now, evidence, int(window.clusters[at]), float(value["baseline_daily"]))
        decision = decide(_facts(value, state, peak, rules), rules.decisions)
        untold = [*missing, *([] if timed else ["time of day: whole days instead of six hours"])]
        if value["short_history"]:
            untold.append(f"history of {rules.least_history} days before the week: p_value 1")
        rows.append(
            {
                "day": day,
                "cluster_id": evidence.cluster_ids[window.clusters[at]],
                "category": state["category"],
                "product_id": state["product_id"],
                **{name: value[name] for name in _WRITTEN},
                "peak_6h_ratio": round(peak, _DIGITS),
                "override": value["override"] or None,
                "rank": rank,
                "decision": decision.decision,
                "level": decision.level,
                "reason": decision.reason,
                "missing_inputs": json.dumps(untold, ensure_ascii=False),
            }
        )
    return rows


_WRITTEN = (
    "members_7d", "members_28d", "baseline_daily", "lift_7d", "p_value", *_PRODUCT, "score",
)  # fmt: skip


def _facts(value: dict[str, Any], state: dict[Any, Any], peak: float, rules: PriorityRules) -> Facts:
    return Facts(
        ticketable=state["category"] not in rules.never_ticketed,
        specific=bool(state["specific"]),
        rising=bool(value["rising"]),
        override=str(value["override"]),
        overriding=bool(value["overriding"]),
        members_7d=int(value["members_7d"]),
        customers_7d=int(value["customers_7d"]),
        members_28d=int(value["members_28d"]),
        share_28d=float(value["share_28d"]),
        weeks_seen=int(value["weeks_seen"]),
        severity=float(value["severity"]),
        confidence=float(value["confidence"]),
        lift=float(value["lift"]),
        expected_7d=float(value["baseline_daily"]) * _WEEK,
        p_value=float(value["p_value"]),
        peak_6h=peak,
        customer_lift=float(value["customer_lift"]),
        revenue_weight=float(value["revenue_weight"]),
        score=float(value["score"]),
    )
