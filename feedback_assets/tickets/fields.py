"""The fields of a ticket, each computed from tables. A field the data does not support is named as missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets.config.taxonomy import Category
from feedback_assets.lake.frames import records
from feedback_assets.text import text_or_none

_TREND_DAYS = 14
_QUOTES = 5
# A place or version is a hint where to look when so large a share of the reports, and so many, name it.
_HINT_SHARE, _HINT_REPORTS = 0.3, 3


class Evidence:
    """Issues with their item's context, by issue id, the commerce of the window, and the releases suspected."""

    def __init__(
        self, issues: pd.DataFrame, feedback: pd.DataFrame, commerce: pd.DataFrame, impact: pd.DataFrame | None = None
    ) -> None:
        self._releases = {} if impact is None or impact.empty else suspected_releases(impact)
        context = feedback.drop(columns=["day", "source"], errors="ignore")
        joined = issues.merge(context, on="event_id", how="left", suffixes=("", "_item"))
        self._rows: dict[str, dict[str, Any]] = {str(row["issue_id"]): row for row in records(joined)}
        self.commerce = commerce

    def release(self, cluster_id: str, day: date) -> dict[str, Any] | None:
        """The release suspected first of a cluster on a day."""
        return self._releases.get((day, cluster_id))

    def of(self, members: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of those members that the window holds."""
        return [self._rows[member] for member in members if member in self._rows]


def ticket_fields(
    scored: dict[str, Any], cluster: dict[str, Any], members: Sequence[str], day: date, due: date,
    category: Category, evidence: Evidence,
) -> dict[str, Any]:  # fmt: skip
    """The fields of a new ticket; `missing` says which the data does not support, and why."""
    rows = evidence.of(members)
    fields: dict[str, Any] = {
        "problem": cluster["summary"],
        "quotes": quotes(rows),
        "count": {
            "last_7_days": int(scored["members_7d"]),
            "last_28_days": int(scored["members_28d"]),
            "expected_a_day": round(float(scored["baseline_daily"]), 2),
            "lift_7_days": round(float(scored["lift_7d"]), 1),
            "first_seen": str(cluster["first_seen"]),
        },
        "trend": trend(rows, day),
        "category": cluster["category"],
        "sub_label": text_or_none(cluster["sub_label"]),
        "component": text_or_none(cluster["component"]),
        "product": {"id": text_or_none(cluster["product_id"]), "name": text_or_none(cluster["product_name"])},
        "confidence": round(float(scored["confidence"]), 2),
        "severity": round(float(scored["severity"]), 1),
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
        "refunds": refunds(evidence.commerce, text_or_none(cluster["product_id"]), day),
        "sales_value_touched": sales_value(rows),
        "suggested_actions": _said(rows, "suggested_action"),
        "causes": causes(rows),
        "reproduction": reproduction(rows),
        "kpi": kpi(scored),
        "priority_reason": scored["reason"],
        "suspected_release": evidence.release(str(cluster["cluster_id"]), day),
    }  # fmt: skip
    fields["missing"] = missing(fields)
    return fields


def quotes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Up to five quotes: the surest first, never two with the same words, across languages and channels."""
    chosen: list[dict[str, Any]] = []
    words: set[str] = set()
    seen: Counter[tuple[str, str]] = Counter()
    ordered = sorted(rows, key=lambda row: (-float(row["confidence"]), str(row["issue_id"])))
    while ordered and len(chosen) < _QUOTES:
        ordered.sort(key=lambda row: seen[str(row.get("language")), str(row.get("channel"))])
        row = ordered.pop(0)
        quote = str(row["quote"]).strip()
        if not quote or quote.casefold() in words:
            continue
        words.add(quote.casefold())
        seen[str(row.get("language")), str(row.get("channel"))] += 1
        chosen.append({"quote": quote, "channel": row.get("channel"), "language": row.get("language"),
                       "day": str(row["day"]), "issue_id": row["issue_id"]})  # fmt: skip
    return chosen


def trend(rows: list[dict[str, Any]], day: date) -> dict[str, int]:
    """Issues a day among the evidence, oldest first, days without any included."""
    counts = Counter(row["day"] for row in rows)
    first = min([*counts, day])
    start = max(first, day - timedelta(days=_TREND_DAYS - 1))
    span = (day - start).days + 1
    return {str(start + timedelta(days=i)): counts[start + timedelta(days=i)] for i in range(span)}


def refunds(commerce: pd.DataFrame, product_id: str | None, day: date) -> dict[str, Any] | None:
    """Returns and refunds of the product in the 28 days up to the day, with its order lines."""
    if product_id is None or commerce.empty:
        return None
    window = (commerce["day"] <= day) & (commerce["day"] > day - timedelta(days=28))
    mine = commerce[window & (commerce["product_id"] == product_id)]
    lines = int(mine["event_type"].isin(["order", "order_item"]).sum())
    back = int(mine["event_type"].isin(["return", "refund"]).sum())
    return {"order_lines_28_days": lines, "returns_and_refunds_28_days": back} if lines or back else None


def sales_value(rows: list[dict[str, Any]]) -> float | None:
    """Sum of the unit prices of what was complained about, where prices are known."""
    prices = [float(row["unit_price"]) for row in rows if _is_number(row.get("unit_price"))]
    return round(sum(prices), 2) if prices else None


def causes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Probable causes named by the answers, with their mean probability over the members."""
    total: dict[str, float] = {}
    for row in rows:
        for cause in json.loads(row["causes"]) if isinstance(row.get("causes"), str) else []:
            name = str(cause["cause"])
            total[name] = total.get(name, 0.0) + float(cause["probability"])
    return [
        {"cause": cause, "probability": round(p / len(rows), 2)}
        for cause, p in sorted(total.items(), key=lambda pair: -pair[1])[:3]
    ]


def reproduction(rows: list[dict[str, Any]]) -> list[str]:
    """Where most were seen, as shares of the members, and what the answers hint at."""
    hints = _said(rows, "reproduction_hints")
    named = {"app_version": "app version", "device": "device", "region": "region", "variant": "variant"}
    for column, label in named.items():
        for value, count in list(_top(rows, column).items())[:1]:
            if count >= max(_HINT_REPORTS, _HINT_SHARE * len(rows)):
                hints.append(f"{count} of {len(rows)} reports come from {label} {value}.")
    return hints


def kpi(scored: dict[str, Any]) -> dict[str, Any]:
    """What the fix must move: issues a day in this cluster, from the last 7 days back to what is expected."""
    return {
        "measure": "issues a day in this cluster",
        "now": round(int(scored["members_7d"]) / 7, 2),
        "baseline": round(float(scored["baseline_daily"]), 2),
        "window_days": 14,
    }


def missing(fields: dict[str, Any]) -> dict[str, str]:
    """Fields the data of this window does not support."""
    reasons = {
        "regions": "no item names a region",
        "versions": "no item names an app version",
        "refunds": "no orders or returns of a product are known",
        "sales_value_touched": "no price is known",
        "suggested_actions": "no language model answered",
        "causes": "no language model answered",
    }
    absent = {name: why for name, why in reasons.items() if not fields[name]}
    if not fields["suspected_release"]:
        absent["suspected_release"] = "no release of the fortnight before is suspected"
    elif not fields["suspected_release"]["commits"]:
        absent["commit_window"] = "the log of releases names no commits"
    absent["revenue_at_risk"] = "conversion is not measured"
    return absent


def suspected_releases(impact: pd.DataFrame) -> dict[tuple[date, str], dict[str, Any]]:
    """The release suspected first of each cluster, by day and cluster, out of `gold/release_impact`."""
    first = impact[(impact["scope"] == "cluster") & (impact["verdict"] == "suspect") & (impact["rank"] == 1)]
    names = ("release_id", "kind", "name", "reason")
    return {
        (row["day"], str(row["value"])): {
            **{name: str(row[name]) for name in names},
            "version": text_or_none(row["version"]), "released_at": row["released_at"].isoformat(),
            "commits": text_or_none(row["commits"]),
        }
        for row in records(first)
    }  # fmt: skip


def _top(rows: list[dict[str, Any]], column: str, most: int = 5) -> dict[str, int]:
    counts = Counter(str(row[column]) for row in rows if text_or_none(row.get(column)))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])


def _said(rows: list[dict[str, Any]], column: str) -> list[str]:
    counts = Counter(str(row[column]) for row in rows if text_or_none(row.get(column)))
    return [text for text, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and value == value  # NaN differs from itself
