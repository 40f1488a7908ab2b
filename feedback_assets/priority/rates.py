"""Issues per 1,000 orders by product, variant, region, centre, vendor and cohort, and whether they concentrate.

Pure: a share of issues is compared with the share of orders by a binomial test, all tests of a day together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.baseline import at_least
from feedback_assets.statistics import Bools, benjamini_hochberg
from feedback_assets.tables import CommerceEvent, RateDimension

DIMENSIONS: Mapping[RateDimension, str] = {
    RateDimension.PRODUCT: "product_id",
    RateDimension.VARIANT: "variant",
    RateDimension.REGION: "region",
    RateDimension.FULFILMENT_CENTRE: "fulfilment_centre",
    RateDimension.VENDOR: "vendor",
    RateDimension.COHORT: "launch_cohort",
}
_MONTH = 28
# With fewer issues a share says nothing.
_LEAST_ISSUES = 3
_FALSE_DISCOVERY = 0.05
_DIGITS = 6


def compute_rates(
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
    commerce: pd.DataFrame,
    catalog: pd.DataFrame,
    days: Sequence[date],
) -> pd.DataFrame:
    """Rates over the 28 days up to each day.

    Args:
        issues: `gold/issues` over [first day - 28, last day].
        feedback: `silver/feedback` over the same days.
        commerce: `silver/commerce` over the same days; without orders there are no rates.
        catalog: `silver/catalog` of any days; the newest row of a product up to the day has its cohort.
        days: The days, ascending.

    Returns:
        Rows of `gold/rates`.
    """
    placed = issues[["day", "event_id", "category"]].merge(
        feedback[["event_id", *_columns(feedback)]].drop_duplicates("event_id"), on="event_id", how="inner"
    )
    orders = _order_lines(commerce)
    parts: list[pd.DataFrame] = []
    for day in days:
        cohorts = _cohorts(catalog, day)
        window = placed[_within(placed["day"], day)]
        lines = orders[_within(orders["day"], day)]
        if len(window) and len(lines):
            parts.append(_test_shares(window, lines, cohorts, day))
    return conform(pd.concat(parts), tables.GOLD_RATES) if parts else empty(tables.GOLD_RATES)


def _columns(frame: pd.DataFrame) -> list[str]:
    return [column for column in DIMENSIONS.values() if column in frame.columns]


def _order_lines(commerce: pd.DataFrame) -> pd.DataFrame:
    """One row for each product ordered; whole orders where there are no lines."""
    lines = commerce[commerce["event_type"] == CommerceEvent.ORDER_ITEM]
    with_lines = set(lines["order_ref"].dropna())
    whole = commerce[(commerce["event_type"] == CommerceEvent.ORDER) & ~commerce["order_ref"].isin(with_lines)]
    return pd.concat([lines, whole])[["day", *_columns(commerce)]]


def _within(days: pd.Series, day: date) -> Bools:
    first = day - timedelta(days=_MONTH - 1)
    return np.array([first <= value <= day for value in days], dtype=bool)


def _cohorts(catalog: pd.DataFrame, day: date) -> dict[str, str]:
    known = catalog[np.array([value <= day for value in catalog["day"]], dtype=bool)]
    order = ["day", "occurred_at", "event_id"]
    known = known[known["launch_cohort"].notna()].sort_values(order, kind="stable", na_position="first")
    return dict(zip(known["product_id"], known["launch_cohort"], strict=True))


def _test_shares(window: pd.DataFrame, lines: pd.DataFrame, cohorts: dict[str, str], day: date) -> pd.DataFrame:
    if cohorts:
        window = window.assign(launch_cohort=window["product_id"].map(cohorts))
        lines = lines.assign(launch_cohort=lines["product_id"].map(cohorts))
    counted = [_count_values(window, lines, name, column) for name, column in DIMENSIONS.items()]
    frame = pd.concat([part for part in counted if part is not None] or [pd.DataFrame()])
    if frame.empty:
        return frame
    frame["per_1000_orders"] = np.round(1000 * frame["issues"] / frame["orders"].where(frame["orders"] > 0), _DIGITS)
    shares = np.clip(frame["share_orders"].to_numpy(dtype=np.float64), 1e-9, 1 - 1e-9)
    counts = frame["issues"].to_numpy(dtype=np.int64), frame["total"].to_numpy(dtype=np.int64)
    frame["p_value"] = at_least(*counts, shares)
    enough = (frame["issues"] >= _LEAST_ISSUES).to_numpy(dtype=bool)
    concentrated = np.zeros(len(frame), dtype=bool)
    concentrated[enough] = benjamini_hochberg(frame["p_value"].to_numpy(dtype=np.float64)[enough], _FALSE_DISCOVERY)
    frame["concentrated"] = concentrated
    frame["day"] = pd.Series([day] * len(frame), index=frame.index, dtype=object)
    return frame


def _count_values(window: pd.DataFrame, lines: pd.DataFrame, name: RateDimension, column: str) -> pd.DataFrame | None:
    """Issues and orders by value, for values both sides have; None when either side has none."""
    if column not in window.columns or column not in lines.columns:
        return None
    known, ordered = window[window[column].notna()], lines[column].dropna()
    if known.empty or ordered.empty:
        return None
    issues = known.groupby(["category", column], sort=True).size().rename("issues").reset_index()
    issues = issues.rename(columns={column: "value"})
    orders = ordered.value_counts()
    issues["orders"] = issues["value"].map(orders).fillna(0).astype("float64")
    issues["total"] = issues.groupby("category")["issues"].transform("sum")
    issues["share_issues"] = np.round(issues["issues"] / issues["total"], _DIGITS)
    issues["share_orders"] = np.round(issues["orders"] / float(orders.sum()), _DIGITS)
    return issues.assign(dimension=name)
