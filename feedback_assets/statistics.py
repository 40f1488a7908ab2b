"""Statistics that several rooms need, as functions of arrays.

What a single room computes stays in that room. No frames, no tables, no thresholds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def benjamini_hochberg(p_values: Floats, rate: float) -> Bools:
    """Which tests are significant at a false-discovery rate (Benjamini and Hochberg, 1995).

    It holds where tests lean the same way (Benjamini and Yekutieli, 2001, theorem 1.2), as those of a category and of
    the clusters it is made of do. Their limit for any dependence is four times as strict with thirty tests.

    `scipy.stats.false_discovery_control` gives the same (a test compares them); its import alone takes a second, which
    every command and run would wait for.

    Args:
        p_values: One for each test, 0 to 1; NaN where nothing was tested, which counts as no test.
        rate: Largest expected share of false discoveries, 0 to 1.

    Returns:
        One truth value for each test; False for NaN.
    """
    significant = np.zeros(len(p_values), dtype=np.bool_)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, len(order) + 1) / max(len(order), 1))
    if len(passed):
        significant[order[: passed[-1] + 1]] = True
    return significant


def rise_gains(counts: Floats, exposure: Floats, least_before: int) -> Floats:
    """For each day how much better a rate that is higher from that day on explains the counts than one rate does.

    The log-likelihood ratio of two Poisson rates over one, for a change at each day (Hinkley, 1970). The day of the
    greatest is the most likely onset; those within 2 of it are a 95 % interval of the day.

    Args:
        counts: Issues a day, shape (series, days).
        exposure: What they are compared with on each day, such as all items, shape (series, days) or (days,).
        least_before: Days before the first onset that is looked at.

    Returns:
        Shape (series, days); 0 where the rate did not rise.
    """
    days = counts.shape[1]
    told, seen = np.cumsum(counts, axis=1), np.broadcast_to(np.cumsum(exposure, axis=-1), counts.shape)
    gains = np.zeros(counts.shape)
    if days <= least_before:
        return gains
    before, seen_before = told[:, least_before - 1 : -1], seen[:, least_before - 1 : -1]
    after, seen_after = told[:, -1:] - before, seen[:, -1:] - seen_before
    known = (seen_before > 0) & (seen_after > 0)
    risen = known & (after * seen_before > before * seen_after)
    gain = _log_share(before, seen_before) + _log_share(after, seen_after) - _log_share(told[:, -1:], seen[:, -1:])
    gains[:, least_before:] = np.where(risen, np.maximum(gain, 0.0), 0.0)
    return gains


def _log_share(counts: Floats, exposure: Floats) -> Floats:
    """`counts * log(counts / exposure)`, 0 where there is nothing."""
    share = np.where((counts > 0) & (exposure > 0), counts / np.maximum(exposure, 1e-12), 1.0)
    return counts * np.log(share)


def label_chances(confidence: Floats, lift: Floats) -> Floats:
    """Chance that labels are right in a cluster that is told more than usual.

    A calibrated confidence holds for the usual mix of items. Where the label comes `lift` times as often, its prior
    odds are so many times as high, and so are its posterior odds (Saerens, Latinne and Decaestecker, 2002,
    equation 2.4).

    Args:
        confidence: Of each label, 0 to 1.
        lift: Issues over what was expected, of the label's cluster; below 1 it counts as 1.
    """
    odds = np.maximum(lift, 1.0) * confidence
    return odds / np.maximum(odds + 1.0 - confidence, 1e-12)


def told_shares(labels: Floats, lift: Floats, rising: Bools, closeness: Floats) -> Floats:
    """Share of the members that tell the problem of their cluster.

    Of a cluster that rises, the problem is the rise: the members expected anyway do not tell it. What is left is the
    attributable fraction (O - E) / O = 1 - 1 / lift (Miettinen, 1974), of which so many have the right label. Of one
    that does not rise, the problem is what it always tells: as many as have the right label and lie close enough
    together to mean one thing.

    Args:
        labels: Mean chance of each cluster that a member's label is right.
        lift: Issues over what was expected.
        rising: More than chance allows.
        closeness: How far the members of each cluster mean one thing, 0 to 1.
    """
    attributable = 1.0 - 1.0 / np.maximum(lift, 1.0)
    return np.clip(labels * np.where(rising, attributable, closeness), 0.0, 1.0)
