"""Daily counts of issues by product, region, channel, language and version, and their moving averages.

Pure counting; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty
from feedback_assets.statistics import Bools, Floats
from feedback_assets.tables import Sentiment

UNKNOWN, ALL = "-", "*"
_KEYS = ["day", "category", "product_id", "region", "channel", "language", "app_version"]
_WEEK, _MONTH = 7, 28
_DIGITS = 6


def daily_counts(issues: pd.DataFrame, feedback: pd.DataFrame, no_issue: str) -> pd.DataFrame:
    """Issues of each day by category, product, region, channel, language and version.

    Args:
        issues: `gold/issues` of the days.
        feedback: `silver/feedback` of the days; each item is counted.
        no_issue: The taxonomy's category of items without an issue.

    Returns:
        Rows of `gold/daily_counts`.
    """
    context = feedback[["event_id", "day", "product_id", "region", "channel", "language", "app_version"]]
    context = context.drop_duplicates("event_id")
    labels = issues[["event_id", "category", "sentiment", "severity"]]
    joined = context.merge(labels, on="event_id", how="left")
    if joined.empty:
        return empty(tables.GOLD_DAILY_COUNTS)
    joined["category"] = joined["category"].fillna(no_issue)
    joined[_KEYS[2:]] = joined[_KEYS[2:]].fillna(UNKNOWN)
    joined["negative"] = joined["sentiment"].isin([Sentiment.NEGATIVE, Sentiment.MIXED]).astype("int64")
    joined["severity_sum"] = joined["severity"].fillna(0.0).astype("float64")
    grouped = joined.groupby(_KEYS, sort=True, as_index=False)
    counted = grouped.agg(
        issues=("event_id", "size"), negative=("negative", "sum"), severity_sum=("severity_sum", "sum")
    )
    return conform(counted, tables.GOLD_DAILY_COUNTS)


def compute_trends(counts: pd.DataFrame, days: Sequence[date], no_issue: str) -> pd.DataFrame:
    """Moving averages by category and product, and by category over all products.

    Args:
        counts: `gold/daily_counts` over [first day - 28, last day].
        days: The days, ascending.
        no_issue: The taxonomy's category of items without an issue, which is left out.

    Returns:
        Rows of `gold/trends`: a row for each category and product with an issue in the 28 days up to the day.
    """
    complaints = counts[counts["category"] != no_issue]
    if complaints.empty:
        return empty(tables.GOLD_TRENDS)
    whole = complaints.assign(product_id=ALL)
    by_day = pd.concat([complaints, whole]).groupby(["category", "product_id", "day"], sort=True)["issues"].sum()
    names = pd.MultiIndex.from_tuples(sorted({(str(c), str(p)) for c, p, _ in by_day.index}), names=_KEYS[1:3])
    first = days[0] - timedelta(days=_MONTH)
    matrix = np.zeros((len(names), (days[-1] - first).days + 1))
    index = by_day.index
    rows = names.get_indexer(pd.MultiIndex.from_arrays([index.get_level_values(0), index.get_level_values(1)]))
    columns = np.array([(day - first).days for day in by_day.index.get_level_values("day")], dtype=np.int64)
    inside = (columns >= 0) & (columns < matrix.shape[1])
    matrix[rows[inside], columns[inside]] = by_day.to_numpy(dtype=np.float64)[inside]
    parts = [_trend(matrix, names, day, (day - first).days) for day in days]
    return conform(pd.concat(parts), tables.GOLD_TRENDS)


def _trend(matrix: Floats, names: pd.MultiIndex, day: date, at: int) -> pd.DataFrame:
    month = matrix[:, at - _MONTH + 1 : at + 1]
    week = month[:, -_WEEK:].sum(axis=1)
    before = month[:, :-_WEEK].sum(axis=1) / (_MONTH - _WEEK)
    # One issue a week on either side: from nothing to two is no tripling.
    rise = ((week + 1) / _WEEK) / (before + 1 / _WEEK)
    active: Bools = month.sum(axis=1) > 0
    frame = names.to_frame(index=False)
    frame["day"] = pd.Series([day] * len(frame), dtype=object)
    frame["issues"] = month[:, -1].astype(np.int64)
    frame["mean_7d"] = np.round(week / _WEEK, _DIGITS)
    frame["mean_28d"] = np.round(month.sum(axis=1) / _MONTH, _DIGITS)
    frame["rise"] = np.round(rise, _DIGITS)
    return frame.loc[active]
