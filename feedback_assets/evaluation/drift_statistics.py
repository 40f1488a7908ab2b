"""Statistics of drift: population stability index, corrected for sample size, and its p-value.

Pure, on counts and scores by day; what is compared with them stands in `drift_moves.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.special  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
special = cast("Any", scipy.special)  # it has no stubs

# Below five expected in a cell a chi-square is no longer one (Cochran 1954); such bins are pooled.
LEAST_EXPECTED = 5.0
_WEEK = 7
POOLED = "rarer ones"


@dataclass(frozen=True)
class Share:
    """One bin: its share before and now, each 0 to 1."""

    name: str
    before: float
    now: float

    def __str__(self) -> str:
        return f"{self.name} {self.before:.1%} → {self.now:.1%}"


@dataclass(frozen=True)
class Move:
    """How far something moved.

    Attributes:
        size: Population stability index beyond what samples of this size show without any change; at least 0.
        chance: Probability of a move at least as large without any change, 0 to 1.
        spread: How much more days differ from each other than independent rows would make them; at least 1.
        shares: The bins, the most moved first.
    """

    size: float
    chance: float
    spread: float
    shares: tuple[Share, ...] = ()


STILL = Move(0.0, 1.0, 1.0)


def compare(before: Numbers, now: Numbers, weekdays: NDArray[np.int64], names: tuple[str, ...]) -> Move:
    """Compare how observations fall into bins now with how they did before.

    The index is sum (q - p) ln(q / p) over the bins' shares. Without any change it is about chi-square with
    bins - 1 degrees of freedom, times 1/n + 1/m (Yurdakul 2018, "Statistical Properties of Population Stability
    Index"), so its mean without change is taken off it. Rows of a day belong together (one campaign, one author of
    ten words), so both mean and chi-square are scaled by how much the days before differ from each other, as Rao and
    Scott (1981) do for clustered samples.

    Args:
        before: Counts, shape (days before, bins).
        now: Counts, shape (days now, bins).
        weekdays: Weekday of each day before, shape (days before,).
        names: Names of the bins.
    """
    totals = before.sum(axis=0), now.sum(axis=0)
    n, m = float(totals[0].sum()), float(totals[1].sum())
    if not n or not m:
        return STILL
    smaller = min(n, m) / (n + m)
    order = np.flatnonzero((totals[0] + totals[1]) * smaller >= LEAST_EXPECTED)
    rest: Indices = np.flatnonzero(~np.isin(np.arange(len(names)), order))
    labels = [names[at] for at in order.tolist()]
    before_bins, now_bins = before[:, order], totals[1][order]
    if len(rest) and (totals[0][rest].sum() + totals[1][rest].sum()) > 0:
        before_bins = np.column_stack([before_bins, before[:, rest].sum(axis=1)])
        now_bins = np.append(now_bins, totals[1][rest].sum())
        labels.append(names[int(rest[0])] if len(rest) == 1 else POOLED)
    bins = len(labels)
    if bins < 2:
        return STILL
    was = before_bins.sum(axis=0)
    # Half a row in each bin keeps an empty one finite.
    p, q = (was + 0.5) / (n + 0.5 * bins), (now_bins + 0.5) / (m + 0.5 * bins)
    moved = (q - p) * np.log(q / p)
    spread, freedom = spread_of_days(before_bins, weekdays)
    pooled = (was + now_bins) / (n + m)
    square = float(((was - n * pooled) ** 2 / (n * pooled) + (now_bins - m * pooled) ** 2 / (m * pooled)).sum())
    size = float(moved.sum()) - spread * (bins - 1) * (1 / n + 1 / m)
    most = np.argsort(-moved)
    return Move(
        max(0.0, float(size)),
        _chance(square / spread, bins - 1, freedom),
        spread,
        tuple(Share(labels[int(at)], float(was[at] / n), float(now_bins[at] / m)) for at in most),
    )


def compare_centres(before: Numbers, days_before: NDArray[np.int64], now: Numbers, weekdays: NDArray[np.int64]) -> Move:
    """Compare the centre of points now with the centre before, in units of their spread.

    The size is the squared Mahalanobis distance of the two centres, Hotelling's T² without the sample sizes. For two
    normal clouds of one shape that is exactly their population stability index (the symmetric Kullback-Leibler
    divergence), so that the same thresholds hold.

    Args:
        before: Points, shape (points, axes).
        days_before: Day number of each point before, 0 to days - 1.
        now: Points, shape (points now, axes).
        weekdays: Weekday of each day before.
    """
    n, m, axes = len(before), len(now), before.shape[1]
    if n <= 2 * axes or not m:
        return STILL
    centre = before.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(before, rowvar=False))
    has_spread = values > max(float(values.max()), 1e-12) * 1e-9
    white = vectors[:, has_spread] / np.sqrt(values[has_spread])
    axes = int(has_spread.sum())
    points = (before - centre) @ white
    distance = float(((((now - centre) @ white).mean(axis=0)) ** 2).sum())
    sums = np.zeros((len(weekdays), axes))
    np.add.at(sums, days_before, points)
    counts = np.bincount(days_before, minlength=len(weekdays)).astype(np.float64)
    spread, freedom = _spread_of_centres(sums, counts, weekdays)
    # The cloud's shape is estimated from the same points: Hotelling's factor for it.
    shape = n / max(1, n - axes - 1)
    square = distance * n * m / (n + m) / shape / spread
    size = distance - spread * shape * axes * (1 / n + 1 / m)
    return Move(max(0.0, float(size)), _chance(square, axes, freedom), spread)


def _chance(square: float, bins: int, freedom: float) -> float:
    """The upper tail of a chi-square scaled by a spread that is itself an estimate: Fisher's F, not chi-square."""
    return float(special.fdtrc(bins, freedom, square / bins) if freedom else special.chdtrc(bins, square))


def spread_of_days(counts: Numbers, weekdays: NDArray[np.int64]) -> tuple[float, float]:
    """How much more the days differ than draws from one distribution for each weekday would; at least 1.

    Pearson's chi-square of days against bins within each weekday, over its degrees of freedom: a weekend that is
    always other than a Monday is a pattern and no spread.

    Args:
        counts: Shape (days, bins).
        weekdays: Shape (days,).

    Returns:
        The spread, and the degrees of freedom it was estimated with; 0 when it could not be.
    """
    square = freedom = 0.0
    for rows in _alike(counts.sum(axis=1), weekdays):
        table = counts[rows]
        table = table[:, table.sum(axis=0) > 0]
        if len(table) < 2 or table.shape[1] < 2:
            continue
        total = table.sum()
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
        square += float(((table - expected) ** 2 / expected).sum()) * (total - 1) / total
        freedom += (len(table) - 1) * (table.shape[1] - 1)
    return (max(1.0, float(square / freedom)), float(freedom)) if freedom else (1.0, 0.0)


def _spread_of_centres(sums: Numbers, counts: Numbers, weekdays: NDArray[np.int64]) -> tuple[float, float]:
    square = freedom = 0.0
    for rows in _alike(counts, weekdays):
        if len(rows) < 2:
            continue
        centre = sums[rows].sum(axis=0) / counts[rows].sum()
        means = sums[rows] / counts[rows, None]
        square += float((counts[rows, None] * (means - centre) ** 2).sum())
        freedom += (len(rows) - 1) * sums.shape[1]
    return (max(1.0, float(square / freedom)), float(freedom)) if freedom else (1.0, 0.0)


def _alike(sizes: Numbers, weekdays: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Days with rows, grouped by weekday once there are two whole weeks of them, else all together."""
    there = np.flatnonzero(sizes > 0)
    if len(there) < 2 * _WEEK:
        return [there]
    return [there[weekdays[there] == weekday] for weekday in range(_WEEK)]


def rise_of_share(before: Numbers, now: Numbers, weekdays: NDArray[np.int64]) -> Move:
    """How much a share rose, in points of 0 to 1, and the chance of such a rise without any change (one-sided).

    Args:
        before: Counts of what it is and what it is not, shape (days before, 2).
        now: The same, shape (days now, 2).
        weekdays: Weekday of each day before.
    """
    was, is_now = before.sum(axis=0), now.sum(axis=0)
    n, m = float(was.sum()), float(is_now.sum())
    if not n or not m:
        return STILL
    p, q = float(was[0] / n), float(is_now[0] / m)
    pooled = (was[0] + is_now[0] + 1) / (n + m + 2)  # one more of each, so that a share of 0 has a variance
    spread, freedom = spread_of_days(before, weekdays)
    square = (q - p) ** 2 / (pooled * (1 - pooled) * (1 / n + 1 / m) * spread)
    chance = _chance(square, 1, freedom) / 2 if q > p else 1.0
    return Move(max(0.0, q - p), chance, spread, (Share("other", p, q),))
