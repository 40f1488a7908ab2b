"""The fields of a ticket, each computed from tables. A field the data does not support is named as missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NotRequired, TypedDict

import numpy as np
import pandas as pd

from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.config.taxonomy import Category
from feedback_assets.evidence import Statement, choose, is_certain, main_labels, whole_words
from feedback_assets.lake.frames import records
from feedback_assets.statistics import label_chances, told_shares
from feedback_assets.tables import CommerceEvent, ImpactScope, ReleaseVerdict
from feedback_assets.text import text_or_none
from feedback_assets.tickets.cluster_index import Recent
from feedback_assets.tickets.rows import Cluster, Record, ScoredCluster

_TREND_DAYS = 14
# A place or version is a hint where to look when so large a share of the reports, and so many, name it.
_HINT_SHARE, _HINT_REPORTS = 0.3, 3


class Quote(TypedDict):
    """A member's words, verbatim."""

    quote: str
    channel: str | None
    language: str | None
    day: str
    issue_id: str


class Count(TypedDict):
    """How many issues, and how many more than expected."""

    last_7_days: int
    last_28_days: int
    expected_a_day: float
    lift_7_days: float
    first_seen: str


class Product(TypedDict):
    """The product, where it is one product's problem."""

    id: str | None
    name: str | None


class Segments(TypedDict):
    """Who reports it: issues by value."""

    channels: dict[str, int]
    languages: dict[str, int]
    customer_tiers: dict[str, int]


class Refunds(TypedDict):
    """Order lines of the product, and how many came back."""

    order_lines_28_days: int
    returns_and_refunds_28_days: int


class Cause(TypedDict):
    """A probable cause, with a probability from 0 to 1."""

    cause: str
    probability: float


class Kpi(TypedDict):
    """What the fix must move, in issues a day."""

    measure: str
    now: float
    baseline: float
    window_days: int


class SuspectedRelease(TypedDict):
    """The release suspected first; times are ISO 8601."""

    release_id: str
    kind: str
    name: str
    reason: str
    version: str | None
    released_at: str
    commits: str | None


class ConcentratedIn(TypedDict):
    """The regions that hold the rise, and why they are named."""

    regions: list[str]
    reason: str


class TicketFields(TypedDict):
    """What a ticket says beside its plain columns, as the batch keeps it in JSON; counts are issues by value."""

    problem: str
    quotes: list[Quote]
    count: Count
    trend: dict[str, int]
    category: str
    sub_label: str | None
    component: str | None
    product: Product
    confidence: float
    severity: float
    regions: dict[str, int]
    versions: dict[str, int]
    products: dict[str, int]
    variants: dict[str, int]
    devices: dict[str, int]
    carriers: dict[str, int]
    vendors: dict[str, int]
    fulfilment_centres: dict[str, int]
    segments: Segments
    owner: str
    destination: str
    escalation: list[str]
    due: str
    refunds: Refunds | None
    sales_value_touched: float | None
    suggested_actions: list[str]
    causes: list[Cause]
    reproduction: list[str]
    kpi: Kpi
    priority_reason: str
    suspected_release: SuspectedRelease | None
    concentrated_in: NotRequired[ConcentratedIn | None]
    missing: NotRequired[dict[str, str]]


class Evidence:
    """Issues with their item's context, by issue id, the commerce of the window, and the releases suspected."""

    def __init__(
        self,
        issues: pd.DataFrame,
        members: pd.DataFrame,
        feedback: pd.DataFrame,
        commerce: pd.DataFrame,
        impact: pd.DataFrame | None = None,
    ) -> None:
        self._releases = {} if impact is None or impact.empty else suspected_releases(impact)
        similarity = dict(zip(members["issue_id"], members["similarity"], strict=True))
        self._issues = issues.assign(similarity=[similarity.get(issue, 0.0) for issue in issues["issue_id"]])
        self._items = feedback.drop(columns=["day", "source"], errors="ignore")
        self._issue_at = {str(issue): place for place, issue in enumerate(issues["issue_id"])}
        self._item_at = {str(event): place for place, event in enumerate(feedback["event_id"])}
        self.commerce = commerce

    def release(self, cluster_id: str, day: date) -> SuspectedRelease | None:
        """The release suspected first of a cluster on a day."""
        return self._releases.get((day, cluster_id))

    def of(self, members: Sequence[str]) -> list[Record]:
        """The rows of those members that the window holds, each with its item's columns."""
        issues = self._issues.iloc[[self._issue_at[member] for member in members if member in self._issue_at]]
        events = dict.fromkeys(str(event) for event in issues["event_id"])
        items = self._items.iloc[[self._item_at[event] for event in events if event in self._item_at]]
        return [*records(issues.merge(items, on="event_id", how="left", suffixes=("", "_item")))]


def ticket_fields(
    scored: ScoredCluster, cluster: Cluster, day: date, due: date, category: Category,
    evidence: Evidence, recent: Recent, shown: EvidenceRules,
) -> TicketFields:  # fmt: skip
    """The fields of a new ticket; `missing` says which the data does not support, and why."""
    rows, where = evidence.of(recent.issues), recent.where
    fields: TicketFields = {
        "problem": cluster.summary,
        "quotes": quotes(rows, shown, recent.fault),
        "count": {
            "last_7_days": scored.members_7d,
            "last_28_days": scored.members_28d,
            "expected_a_day": round(scored.baseline_daily, 2),
            "lift_7_days": round(scored.lift_7d, 1),
            "first_seen": str(cluster.first_seen),
        },
        "trend": trend(rows, day),
        "category": cluster.category,
        "sub_label": cluster.sub_label,
        "component": cluster.component,
        "product": {"id": cluster.product_id, "name": cluster.product_name},
        "confidence": round(told_share(rows, recent.expected, scored), 2),
        "severity": round(scored.severity, 1),
        "regions": _top(rows, "region"),
        "versions": _top(rows, "app_version"),
        "products": _top(rows, "product_name"),
        "variants": _top(rows, "variant"),
        "devices": _top(rows, "device"),
        "carriers": _top(rows, "carrier"),
        "vendors": _top(rows, "vendor"),
        "fulfilment_centres": _top(rows, "fulfilment_centre"),
        "segments": {"channels": _top(rows, "channel"), "languages": _top(rows, "language"),
                     "customer_tiers": _top(rows, "customer_tier")},
        "owner": category.owner,
        "destination": category.destination,
        "escalation": list(category.escalation),
        "due": due.isoformat(),
        "refunds": refunds(evidence.commerce, cluster.product_id, day),
        "sales_value_touched": sales_value(rows),
        "suggested_actions": _most_given(rows, "suggested_action"),
        "causes": causes(rows),
        "reproduction": reproduction(rows),
        "kpi": kpi(scored),
        "priority_reason": scored.reason,
        "suspected_release": evidence.release(cluster.cluster_id, day),
    }  # fmt: skip
    fields["missing"] = missing(fields)
    fields["concentrated_in"] = {"regions": list(where.places), "reason": where.reason} if where else None
    return fields


def told_share(rows: Sequence[Record], expected: float | None, scored: ScoredCluster) -> float:
    """Share of the evidence that tells the problem: what is more than was expected, as far as its labels are right.

    Args:
        rows: The evidence.
        expected: How many such issues would have come without a rise; None where nothing began, then the confidence
            of the cluster stands.
        scored: The cluster.
    """
    if expected is None or not rows:
        return scored.confidence
    lift = np.array([len(rows) / expected])
    labels = label_chances(np.array([float(row["confidence"]) for row in rows]), lift).mean(keepdims=True)
    return float(told_shares(labels, lift, np.array([True]), np.ones(1))[0])


def quotes(rows: Sequence[Record], rules: EvidenceRules, fault: Mapping[str, float] | None = None) -> list[Quote]:
    """The clearest words of the evidence; fewer, or none, where nothing else is beyond doubt.

    Args:
        rows: The evidence, each with its issue, its item and its similarity to the centre of the problem.
        rules: What is shown.
        fault: For each issue how likely the fault is behind it and not the usual trouble; None where nothing began.
    """
    labels = main_labels(Counter(filter(None, (text_or_none(row["sub_label"]) for row in rows))), rules.label_share)
    near = rules.least_closeness * sum(float(row["similarity"]) for row in rows) / max(len(rows), 1)
    by_issue = {str(row["issue_id"]): row for row in rows}
    clear = [
        Statement(
            issue,
            words,
            text_or_none(row.get("language")) or "und",
            float(row["confidence"]) * float(row["similarity"]) * (1.0 if fault is None else fault.get(issue, 1.0)),
            text_or_none(row.get("customer_ref")),
        )
        for issue, row in by_issue.items()
        if is_certain(row["triage"], row["sentiment"])
        and (not labels or row["sub_label"] in labels)
        and float(row["similarity"]) >= near
        and (words := whole_words(str(row["quote"]))) is not None
    ]
    return [
        {
            "quote": each.words,
            "channel": by_issue[each.source].get("channel"),
            "language": each.language,
            "day": str(by_issue[each.source]["day"]),
            "issue_id": each.source,
        }
        for each in choose(clear, rules)
    ]


def trend(rows: Sequence[Record], day: date) -> dict[str, int]:
    """Issues a day among the evidence, oldest first, days without any included."""
    counts = Counter(row["day"] for row in rows)
    first = min([*counts, day])
    start = max(first, day - timedelta(days=_TREND_DAYS - 1))
    span = (day - start).days + 1
    return {str(start + timedelta(days=i)): counts[start + timedelta(days=i)] for i in range(span)}


def refunds(commerce: pd.DataFrame, product_id: str | None, day: date) -> Refunds | None:
    """Returns and refunds of the product in the 28 days up to the day, with its order lines."""
    if product_id is None or commerce.empty:
        return None
    window = (commerce["day"] <= day) & (commerce["day"] > day - timedelta(days=28))
    mine = commerce[window & (commerce["product_id"] == product_id)]
    lines = int(mine["event_type"].isin([CommerceEvent.ORDER, CommerceEvent.ORDER_ITEM]).sum())
    back = int(mine["event_type"].isin([CommerceEvent.RETURN, CommerceEvent.REFUND]).sum())
    return {"order_lines_28_days": lines, "returns_and_refunds_28_days": back} if lines or back else None


def sales_value(rows: Sequence[Record]) -> float | None:
    """Sum of the unit prices of what was complained about, where prices are known."""
    prices = [float(row["unit_price"]) for row in rows if _is_number(row.get("unit_price"))]
    return round(sum(prices), 2) if prices else None


def causes(rows: Sequence[Record]) -> list[Cause]:
    """Probable causes named by the answers, with their mean probability over the members."""
    total: dict[str, float] = {}
    for row in rows:
        named: list[Cause] = json.loads(row["causes"]) if isinstance(row.get("causes"), str) else []
        for cause in named:
            name = str(cause["cause"])
            total[name] = total.get(name, 0.0) + float(cause["probability"])
    return [
        {"cause": cause, "probability": round(p / len(rows), 2)}
        for cause, p in sorted(total.items(), key=lambda pair: -pair[1])[:3]
    ]


def reproduction(rows: Sequence[Record]) -> list[str]:
    """Where most were seen, as shares of the members, and what the answers hint at."""
    hints = _most_given(rows, "reproduction_hints")
    named = {"app_version": "app version", "device": "device", "region": "region", "variant": "variant"}
    for column, label in named.items():
        for value, count in list(_top(rows, column).items())[:1]:
            if count >= max(_HINT_REPORTS, _HINT_SHARE * len(rows)):
                hints.append(f"{count} of {len(rows)} reports come from {label} {value}.")
    return hints


def kpi(scored: ScoredCluster) -> Kpi:
    """What the fix must move: issues a day in this cluster, from the last 7 days back to what is expected."""
    return {
        "measure": "issues a day in this cluster",
        "now": round(scored.members_7d / 7, 2),
        "baseline": round(scored.baseline_daily, 2),
        "window_days": 14,
    }


def missing(fields: TicketFields) -> dict[str, str]:
    """Fields the data of this window does not support."""
    reasons: dict[str, tuple[object, str]] = {
        "quotes": (fields["quotes"], "no report is beyond doubt; all of them stand in the evidence"),
        "regions": (fields["regions"], "no item names a region"),
        "versions": (fields["versions"], "no item names an app version"),
        "refunds": (fields["refunds"], "no orders or returns of a product are known"),
        "sales_value_touched": (fields["sales_value_touched"], "no price is known"),
        "suggested_actions": (fields["suggested_actions"], "no language model answered"),
        "causes": (fields["causes"], "no language model answered"),
    }
    absent = {name: why for name, (value, why) in reasons.items() if not value}
    if not fields["suspected_release"]:
        absent["suspected_release"] = "no release of the fortnight before is suspected"
    elif not fields["suspected_release"]["commits"]:
        absent["commit_window"] = "the log of releases names no commits"
    absent["revenue_at_risk"] = "conversion is not measured"
    return absent


def suspected_releases(impact: pd.DataFrame) -> dict[tuple[date, str], SuspectedRelease]:
    """The release suspected first of each cluster, by day and cluster, out of `gold/release_impact`."""
    suspects = impact[(impact["scope"] == ImpactScope.CLUSTER) & (impact["verdict"] == ReleaseVerdict.SUSPECT)]
    return {
        (row["day"], str(row["value"])): {
            "release_id": str(row["release_id"]),
            "kind": str(row["kind"]),
            "name": str(row["name"]),
            "reason": str(row["reason"]),
            "version": text_or_none(row["version"]),
            "released_at": row["released_at"].isoformat(),
            "commits": text_or_none(row["commits"]),
        }
        for row in records(suspects[suspects["rank"] == 1])
    }


def _top(rows: Sequence[Record], column: str, most: int = 5) -> dict[str, int]:
    counts = Counter(str(row[column]) for row in rows if text_or_none(row.get(column)))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])


def _most_given(rows: Sequence[Record], column: str) -> list[str]:
    counts = Counter(str(row[column]) for row in rows if text_or_none(row.get(column)))
    return [text for text, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and value == value  # NaN differs from itself
