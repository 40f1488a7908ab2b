"""How many issues a cluster was expected to have, with volume taken out, and the chance of as many as came.

Vectorised over the clusters of one day; pure numpy and scipy. Counts are Poisson around an unknown rate (Gamma). The
rate follows from the weeks before and, where there are none, from other clusters of its category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc  # type: ignore[reportUnknownVariableType]

from feedback_assets.config.sections.priority import PriorityRules
from feedback_assets.statistics import Floats, Ints


@dataclass(frozen=True)
class Surprise:
    """Per cluster: issues expected in the window, and the chance of as many as came, or more."""

    expected: Floats
    p_value: Floats


def volume_ratio(recent: Floats, before: Floats, shop_recent: float, shop_before: float, prior: float) -> Floats:
    """Volume of the judged window over that of the baseline; small volumes are drawn to the shop's.

    Args:
        recent: Items or orders of each cluster's product in the judged window, without the cluster's own issues.
        before: The same in the baseline window.
        shop_recent: Of the whole shop.
        shop_before: Of the whole shop.
        prior: So many items count as much as the shop's ratio.
    """
    shop = (shop_recent + 1.0) / (shop_before + 1.0)
    # As many pseudo-items as `prior` over both windows, split as the shop's are; one at least, against nothing by zero.
    weight = max(prior, 1.0)
    return (recent + weight * shop / (1 + shop)) / (before + weight / (1 + shop))


def surprise(counts: Ints, before: Ints, ratio: Floats, usual: Floats, rules: PriorityRules) -> Surprise:
    """Gamma-Poisson expectation of the judged window and the tail beyond what came.

    Args:
        counts: Issues in the judged window, shape (clusters,).
        before: Issues in the baseline window.
        ratio: Volume of the judged window over the baseline's; infinite when there is no baseline.
        usual: Issues in such a window of a cluster of its category nobody knows anything about.
        rules: Shape of the prior, and the widest certainty.
    """
    exposure = np.where(np.isfinite(ratio), 1.0 / np.maximum(ratio, 1e-9), 0.0)
    # The prior stands for what is not known; it must not pull down the rate of a cluster whose weeks are.
    seen = np.where(exposure > 0, before / np.maximum(exposure, 1e-9), 0.0)
    shape = rules.prior_shape + before
    rate = rules.prior_shape / np.maximum(np.maximum(usual, seen), rules.least_expected) + exposure
    expected = shape / rate
    wide = np.minimum(shape, rules.most_shape)
    # The tail of the negative binomial as an incomplete beta: importing scipy.stats alone takes two seconds.
    p_value = betainc(np.maximum(counts, 1), wide, expected / (wide + expected))
    return Surprise(expected, np.where(counts > 0, np.clip(p_value, 0.0, 1.0), 1.0))


def at_least(counts: Ints, trials: Ints, chance: Floats) -> Floats:
    """Binomial chance of at least so many successes."""
    inside = betainc(np.maximum(counts, 1), np.maximum(trials - counts + 1, 1), chance)
    return np.where(counts <= 0, 1.0, np.where(counts > trials, 0.0, inside))


def most_in_six_hours(seconds: Ints) -> int:
    """Most timestamps within any six hours.

    Args:
        seconds: Timestamps of one cluster's issues of a day, ascending.
    """
    first = np.searchsorted(seconds, seconds - 6 * 3600, side="right")
    return int((np.arange(len(seconds)) - first + 1).max()) if len(seconds) else 0
