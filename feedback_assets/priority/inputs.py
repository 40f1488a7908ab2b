"""The inputs of the score as arrays: members of clusters, the clusters' rows, items and orders by day.

Joining and counting only; nothing is scored here. Clusters and products are numbered, days count from an origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets.config.sections.priority import Override, PriorityRules
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.lake.frames import records
from feedback_assets.lineage import ClusterRow, Lineage, cluster_rows
from feedback_assets.statistics import Bools, Floats, Ints
from feedback_assets.tables import CommerceEvent, Sentiment, Triage
from feedback_assets.text import text_or_none

# Days before the first day asked for that are looked at: what `last_56_days` gives.
LOOK_BACK = 56
_NEVER = 1_000_000
_NEGATIVE = {Sentiment.NEGATIVE: 1.0, Sentiment.MIXED: 0.5, Sentiment.NEUTRAL: 0.0, Sentiment.POSITIVE: 0.0}


# What is read of each input.
COLUMNS: dict[str, tuple[str, ...]] = {
    "issues": (
        "day", "issue_id", "event_id", "category", "sub_label", "sentiment", "severity", "harm", "churn_intent",
        "confidence", "triage",
    ),
    "clusters": (
        "day", "cluster_id", "status", "merged_into", "scope", "category", "product_id", "title", "cohesion",
        "confidence", "specific",
    ),
    "feedback": (
        "day", "event_id", "occurred_at", "channel", "customer_ref", "order_ref", "customer_tier", "customer_value",
        "return_reason", "unit_margin", "product_id",
    ),
    "commerce": ("day", "event_type", "order_ref", "product_id"),
}  # fmt: skip


@dataclass(frozen=True)
class PriorityFrames:
    """The inputs over [first day - 56, last day]; commerce may be empty."""

    members: pd.DataFrame
    issues: pd.DataFrame
    clusters: pd.DataFrame
    feedback: pd.DataFrame
    commerce: pd.DataFrame


@dataclass(frozen=True)
class ClusterState:
    """What is read of a row of `gold/clusters`."""

    cluster_id: str
    scope: str
    category: str
    product_id: str | None
    cohesion: float
    confidence: float
    specific: bool


@dataclass(frozen=True)
class Members:
    """One entry for each issue in a cluster, by day. `cluster` is the number of the cluster it was assigned to."""

    day: Ints
    cluster: Ints
    customer: Ints
    channel: Ints
    severity: Floats
    confidence: Floats
    negative: Floats
    churn: Floats
    refunded_from: Ints
    valuable: Floats
    margin: Floats
    seconds: Ints
    untimed: Bools
    reports: dict[str, Bools]


@dataclass(frozen=True)
class Volume:
    """Items and orders of each day; shape (days,) for the shop, (products, days) for products.

    `orders` are means over the days an order may wait for its complaint; None without commerce.
    """

    items: Floats
    product_items: Floats
    orders: Floats | None
    product_orders: Floats | None
    product_month_orders: Floats | None
    complaints: Floats


@dataclass(frozen=True)
class PriorityInputs:
    """All inputs by number. `present` says for each optional input on which days any row has it."""

    origin: date
    members: Members
    volume: Volume
    cluster_ids: list[str]
    cluster_number: dict[str, int]
    products: dict[str, int]
    lineage: Lineage[date, ClusterState]
    present: dict[str, Bools]
    margin_days: Ints
    margins: Floats

    def day_number(self, day: date) -> int:
        """Days since the origin."""
        return (day - self.origin).days

    def product_number(self, state: ClusterState) -> int | None:
        """The number of the cluster's product; None where it is not one product's, or its volume is not known."""
        return None if state.product_id is None else self.products.get(state.product_id)


def build_inputs(
    frames: PriorityFrames, days: Sequence[date], rules: PriorityRules, taxonomy: Taxonomy
) -> PriorityInputs:
    """Bring the frames into arrays.

    Args:
        frames: The inputs.
        days: The days that will be scored, ascending.
        rules: Which customers are valuable, which issues override.
        taxonomy: Which categories are no complaints.
    """
    origin = days[0] - timedelta(days=LOOK_BACK)
    length = (days[-1] - origin).days + 1
    joined = _joined(frames, origin)
    ids = sorted({*frames.clusters["cluster_id"], *joined["cluster_id"]})
    number = {name: at for at, name in enumerate(ids)}
    catalog = sorted(set(frames.feedback["product_id"].dropna()) | set(frames.commerce["product_id"].dropna()))
    products = {str(name): at for at, name in enumerate(catalog)}
    priced = frames.feedback[frames.feedback["unit_margin"].notna()].sort_values("day", kind="stable")
    return PriorityInputs(
        origin=origin,
        members=_members(joined, number, rules),
        volume=_volume(frames, joined, products, origin, length, rules, taxonomy),
        cluster_ids=ids,
        cluster_number=number,
        products=products,
        lineage=_lineage(frames.clusters),
        present=_present(frames, origin, length),
        margin_days=_day_numbers(priced["day"], origin),
        margins=priced["unit_margin"].to_numpy(dtype=np.float64),
    )


def _lineage(clusters: pd.DataFrame) -> Lineage[date, ClusterState]:
    """A merge into a cluster that no row tells of cannot be followed, so it counts as none."""
    known = set(clusters["cluster_id"])
    return Lineage(
        ClusterRow(day, cluster, into if into in known else None, _state(row))
        for day, cluster, into, row in cluster_rows(records(clusters.sort_values(["day", "cluster_id"])))
    )


def _state(row: Mapping[str, Any]) -> ClusterState:
    return ClusterState(
        cluster_id=row["cluster_id"],
        scope=str(row["scope"]),
        category=row["category"],
        product_id=text_or_none(row["product_id"]),
        cohesion=float(row["cohesion"]),
        confidence=float(row["confidence"]),
        specific=bool(row["specific"]),
    )


def _joined(frames: PriorityFrames, origin: date) -> pd.DataFrame:
    """Members with their issue, their item, and the day from which their order counts as refunded or sent back."""
    issues = frames.issues[
        ["issue_id", "category", "sub_label", "sentiment", "severity", "harm", "churn_intent", "confidence", "triage"]
    ].rename(columns={"confidence": "label_confidence"})
    item = frames.feedback[
        ["event_id", "occurred_at", "channel", "customer_ref", "order_ref", "customer_tier", "customer_value",
         "return_reason", "unit_margin", "product_id"]
    ].drop_duplicates("event_id")  # fmt: skip
    joined = frames.members.merge(issues, on="issue_id", how="inner").merge(item, on="event_id", how="inner")
    returned = frames.commerce[frames.commerce["event_type"].isin([CommerceEvent.RETURN, CommerceEvent.REFUND])].dropna(
        subset=["order_ref"]
    )
    since = dict(zip(returned["order_ref"][::-1], _day_numbers(returned["day"], origin)[::-1], strict=True))
    known = joined["return_reason"].notna() | (joined["channel"] == "return_reason")
    later = [since.get(order, _NEVER) if isinstance(order, str) else _NEVER for order in joined["order_ref"]]
    joined["refunded_from"] = np.where(known.to_numpy(dtype=bool), 0, np.array(later, dtype=np.int64))
    joined["number"] = _day_numbers(joined["day"], origin)
    return joined.sort_values(["number", "issue_id"], kind="stable").reset_index(drop=True)


def _members(joined: pd.DataFrame, number: dict[str, int], rules: PriorityRules) -> Members:
    customer = joined["customer_ref"].fillna("?" + joined["event_id"].astype(str))
    tone = joined["sentiment"].map(_NEGATIVE)
    tier = joined["customer_tier"].astype("object").str.casefold().isin(rules.valuable_tiers)
    valuable = tier | (pd.to_numeric(joined["customer_value"]).fillna(-1) >= rules.valuable_from)
    credible = (
        (joined["label_confidence"] >= rules.credible)
        & (joined["triage"] != Triage.SIGNAL)
        & (joined["sentiment"] != Sentiment.POSITIVE)
    ).to_numpy(dtype=bool)
    return Members(
        day=joined["number"].to_numpy(dtype=np.int64),
        cluster=np.array([number[name] for name in joined["cluster_id"]], dtype=np.int64),
        customer=pd.factorize(customer)[0].astype(np.int64),
        channel=pd.factorize(joined["channel"])[0].astype(np.int64),
        severity=joined["severity"].to_numpy(dtype=np.float64),
        confidence=joined["label_confidence"].to_numpy(dtype=np.float64),
        negative=np.asarray(tone, dtype=np.float64),
        churn=_truth(joined["churn_intent"]),
        refunded_from=joined["refunded_from"].to_numpy(dtype=np.int64),
        valuable=np.asarray(valuable, dtype=np.float64),
        margin=pd.to_numeric(joined["unit_margin"]).to_numpy(dtype=np.float64),
        seconds=(seconds := _seconds(joined)),
        # Midnight sharp: a source that tells the day only.
        untimed=seconds % 86_400 == 0,
        reports={rule.kind: _of_kind(joined, rule) & credible for rule in rules.overrides},
    )


def _of_kind(joined: pd.DataFrame, rule: Override) -> Bools:
    """Which issues an override speaks of."""
    named = joined["sub_label"].isin(rule.sub_labels).to_numpy(dtype=bool)
    if rule.harm is None:
        return named
    happened = (joined["harm"].astype("object") == rule.harm).to_numpy(dtype=bool)
    return happened & named if rule.sub_labels else happened


def _truth(values: pd.Series) -> Floats:
    return np.array([value is True or value is np.True_ for value in values.astype("object")], dtype=np.float64)


def _seconds(joined: pd.DataFrame) -> Ints:
    at = pd.to_datetime(joined["occurred_at"], utc=True)
    return np.asarray((at - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds(), dtype=np.int64)


def _volume(
    frames: PriorityFrames,
    joined: pd.DataFrame,
    products: dict[str, int],
    origin: date,
    length: int,
    rules: PriorityRules,
    taxonomy: Taxonomy,
) -> Volume:
    items, product_items = _by_day(frames.feedback, products, origin, length)
    lines = frames.commerce[frames.commerce["event_type"].isin([CommerceEvent.ORDER, CommerceEvent.ORDER_ITEM])]
    orders = product_orders = month = None
    if len(lines):
        orders, product_orders = _by_day(lines, products, origin, length)
        month = _trailing(product_orders, rules.baseline_days)
        open_days = _days_open(orders, rules.order_days)
        orders = _trailing(orders[None, :], rules.order_days)[0] / open_days
        product_orders = _trailing(product_orders, rules.order_days) / open_days
    complaining = joined[~joined["category"].isin([taxonomy.no_issue, taxonomy.wish])].drop_duplicates("event_id")
    complaints = np.bincount(complaining["number"].to_numpy(dtype=np.int64), minlength=length).astype(np.float64)
    return Volume(items, product_items, orders, product_orders, month, complaints)


def _by_day(rows: pd.DataFrame, products: dict[str, int], origin: date, length: int) -> tuple[Floats, Floats]:
    at = _day_numbers(rows["day"], origin)
    inside = (at >= 0) & (at < length)
    total = np.bincount(at[inside], minlength=length).astype(np.float64)
    by_product = np.zeros((len(products), length))
    numbers = [products.get(name, -1) if isinstance(name, str) else -1 for name in rows["product_id"]]
    codes = np.array(numbers, dtype=np.int64)
    known = inside & (codes >= 0)
    np.add.at(by_product, (codes[known], at[known]), 1.0)
    return total, by_product


def _trailing(counts: Floats, days: int) -> Floats:
    """For each day the sum over the days up to it, as many as there are."""
    if counts.shape[0] == 0:
        return counts
    sums = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1)
    ends: Ints = np.arange(1, counts.shape[1] + 1, dtype=np.int64)
    return sums[:, ends] - sums[:, np.maximum(ends - days, 0)]


def _days_open(orders: Floats, days: int) -> Floats:
    """For each day how many of the days up to it have passed since the first with orders; 1 at least.

    Days before a shop's first order are not days without orders: counted as such, every opening looks like a season.
    """
    open_days = np.ones(len(orders))
    for end in range(1, len(orders) + 1):
        ordered = np.flatnonzero(orders[max(end - days, 0) : end])
        open_days[end - 1] = min(days, end) - ordered[0] if len(ordered) else 1.0
    return open_days


def _present(frames: PriorityFrames, origin: date, length: int) -> dict[str, Bools]:
    """For each input, named with the neutral value that stands for it, the days on which any row has it."""
    feedback, issues = frames.feedback, frames.issues
    orders = frames.commerce["event_type"].isin([CommerceEvent.ORDER, CommerceEvent.ORDER_ITEM])
    valued = feedback["customer_tier"].notna() | feedback["customer_value"].notna()
    days_with = {
        "orders: volume from items alone": frames.commerce["day"][orders],
        "unit_margin: revenue_weight 1": feedback["day"][feedback["unit_margin"].notna()],
        "customer_tier, customer_value: customer_lift 1": feedback["day"][valued],
        "customer_ref: each item counts as one customer": feedback["day"][feedback["customer_ref"].notna()],
        "churn_intent: churn_lift 1": issues["day"][issues["churn_intent"].notna()],
        "sentiment: sentiment_lift 1": issues["day"][issues["sentiment"].notna()],
    }
    present: dict[str, Bools] = {}
    for name, days in days_with.items():
        at = _day_numbers(days, origin)
        present[name] = np.bincount(at[(at >= 0) & (at < length)], minlength=length) > 0
    return present


def _day_numbers(days: pd.Series, origin: date) -> Ints:
    return np.array([(day - origin).days for day in days], dtype=np.int64)
