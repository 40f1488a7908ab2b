"""The ratio of two rates of complaints, with interval and chance, and how much counts vary beyond chance.

Pure numpy and scipy over arrays of tests; which days and complaints are compared is decided in `comparison.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv  # type: ignore[reportUnknownVariableType]

from feedback_assets.statistics import Floats

_TAIL = 0.025


@dataclass(frozen=True)
class RateRatio:
    """Rate after over rate before, per test: ratio, ends of its 95 % interval, one-sided chance."""

    ratio: Floats
    low: Floats
    high: Floats
    p_value: Floats


def compare_rates(
    after: Floats,
    before: Floats,
    exposure_after: Floats,
    exposure_before: Floats,
    dispersion: Floats,
    prior: Floats | float = 0.0,
) -> RateRatio:
    """The conditional test of two Poisson rates, with counts that vary more than chance alone.

    Given their sum, the counts after a release are binomial with the share of exposure after it (Przyborowski and
    Wilenski, Biometrika 1940); the interval is Clopper's and Pearson's of that share. Counts are divided by the
    dispersion, the quasi-likelihood of McCullagh and Nelder (1989), chapter 9.

    Args:
        after: Complaints after, shape (tests,).
        before: Complaints before.
        exposure_after: What the complaints are to be measured by, in the same unit for both.
        exposure_before: The same before.
        dispersion: Variance over mean, 1 or more.
        prior: Exposure that stands for what others of the kind have. The chance is then the tail of the negative
            binomial that a Gamma prior of shape 1 and this rate predicts; without it, the conditional test's.

    Returns:
        No ratio (NaN) and chance 1 where there is no exposure on one side; `high` is infinite without any before.
    """
    known = (exposure_after > 0) & (exposure_before > 0)
    some_after, some_before = np.where(known, exposure_after, 1.0), np.where(known, exposure_before, 1.0)
    share = some_after / (some_after + some_before + prior)
    a, b = after / dispersion, before / dispersion
    p_value = np.where(known & (a > 0), betainc(np.maximum(a, 1e-9), b + 1.0, share), 1.0)
    odds = some_before / some_after
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(a > 0, _odds(betaincinv(np.maximum(a, 1e-9), b + 1.0, _TAIL)), 0.0) * odds
        high = np.where(b > 0, _odds(betaincinv(a + 1.0, np.maximum(b, 1e-9), 1 - _TAIL)), np.inf) * odds
        ratio = np.where(before > 0, (after / np.maximum(before, 1e-9)) * odds, np.where(after > 0, np.inf, np.nan))
    hidden = np.where(known, 1.0, np.nan)
    return RateRatio(ratio * hidden, low * hidden, high * hidden, np.clip(p_value, 0.0, 1.0))


def _odds(share: Floats) -> Floats:
    return share / (1.0 - share)


def estimate_dispersion(counts: Floats, exposure: Floats, expected_after: Floats, drift_shape: float) -> Floats:
    """How much more counts vary than chance alone, by the baseline's own days and by the drift of whole weeks.

    Args:
        counts: Complaints a day before the release, shape (tests, days).
        exposure: The same shape.
        expected_after: Complaints to be expected after it, shape (tests,).
        drift_shape: Shape of the Gamma that shares drift by; 20 is a spread of 22 %.
    """
    total = exposure.sum(axis=1)
    rate = counts.sum(axis=1) / np.where(total > 0, total, 1.0)
    fitted = rate[:, None] * exposure
    used = exposure > 0
    pearson = np.where(used, (counts - fitted) ** 2 / np.maximum(fitted, 0.05), 0.0).sum(axis=1)
    # A handful of complaints says nothing of its own spread: drawn to 1 by as many days as a week has.
    days = np.maximum(used.sum(axis=1) - 1, 0)
    own = (pearson + 7.0) / (days + 7.0)
    return np.maximum(1.0, own) + expected_after / drift_shape
