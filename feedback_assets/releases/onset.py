"""When a rise began: how well each day, as the first of a stretch of more complaints, explains the counts.

A scan over beginnings and lengths; pure numpy. What follows for a release is decided in `assessment.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback_assets.statistics import Floats, Ints

# A fault may be fixed soon or last to the end of the window; shorter than two days is one bad day.
_LENGTHS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 21, 42)


@dataclass(frozen=True)
class Onsets:
    """`gain` is the log-likelihood gained over no change by a rise that begins on each day, shape (scopes, days)."""

    gain: Floats

    def best_day(self) -> Ints:
        """The day that explains each rise best."""
        return self.gain.argmax(axis=1)

    def at(self, first: int, lag: int, penalty: float) -> Floats:
        """The gain of a rise that begins on a day or up to `lag` days later, each later day at a penalty."""
        later = self.gain[:, first : first + lag + 1]
        if later.shape[1] == 0:
            return np.zeros(len(self.gain))
        lags: Floats = np.arange(later.shape[1], dtype=np.float64)
        return np.maximum((later - penalty * lags).max(axis=1), 0.0)

    def gap(self, first: int, lag: int) -> Floats:
        """What is lost by dating the rise at these days instead of at its best."""
        return self.gain.max(axis=1) - np.maximum(self.at(first, lag, 0.0), 0.0)


def scan_onsets(counts: Floats, exposure: Floats, dispersion: Floats) -> Onsets:
    """The likelihood of a rise by its first day: the epidemic change point of Levin and Kline (1985), upward only.

    Args:
        counts: Complaints a day, shape (scopes, days).
        exposure: What they are measured by, the same shape.
        dispersion: Variance over mean, shape (scopes,).
    """
    scopes, days = counts.shape
    edges = np.zeros((2, scopes, days + 1))
    edges[0, :, 1:], edges[1, :, 1:] = counts.cumsum(axis=1), exposure.cumsum(axis=1)
    total, whole = edges[0, :, -1:], edges[1, :, -1:]
    none = _term(total, whole)
    best = np.zeros((scopes, days))
    first_days: Ints = np.arange(days, dtype=np.int64)
    for length in _LENGTHS:
        ends = np.minimum(first_days + length, days)
        inside = edges[0][:, ends] - edges[0][:, :-1]
        within = edges[1][:, ends] - edges[1][:, :-1]
        outside, without = total - inside, whole - within
        gain = _term(inside, within) + _term(outside, without) - none
        rises = inside * without > outside * within
        best = np.maximum(best, np.where(rises, gain, 0.0))
    return Onsets(best / np.maximum(dispersion, 1.0)[:, None])


def _term(counts: Floats, exposure: Floats) -> Floats:
    """The term n log(n / E) of a Poisson log-likelihood, 0 where there is nothing."""
    some = (counts > 0) & (exposure > 0)
    return np.where(some, counts * np.log(np.where(some, counts, 1.0) / np.where(some, exposure, 1.0)), 0.0)
