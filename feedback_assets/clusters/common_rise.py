"""Which clusters of one scope are one problem: those that began to be told more on the same day.

Pure counting. Customers tell one fault in many ways, so its themes rise together; faults that have nothing to do with
each other, and the ordinary complaints of a product, do not. No category is named: what is measured decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feedback_assets.config.sections.clusters import ClusterRules
from feedback_assets.statistics import Floats, Ints, rise_gains

# Half an issue, where none was told before.
_LEAST_EXPECTED = 0.5


@dataclass(frozen=True)
class CommonRise:
    """Clusters that rise together.

    Attributes:
        clusters: Their rows in the counts, ascending; two at least.
        onset: The column of the first day.
    """

    clusters: Ints
    onset: int


def common_rise(counts: Floats, elsewhere: Floats, rules: ClusterRules) -> CommonRise | None:
    """The clusters of a scope that rise together; None when no two do.

    The day is that of the strongest rise, of all of the scope or of a single cluster. A cluster rises with it when the
    day fits it nearly as well as its own best one, and when two things together speak for it: its own issues, and the
    odds that what is told in the scope since that day is of the rise at all, (O - E) / E of O issues told and E
    expected (the attributable fraction as odds; Miettinen, 1974). Where a scope as a whole tells little more than
    before, a cluster of it must rise beyond doubt.

    Args:
        counts: Issues a day by cluster of the scope, shape (clusters, days).
        elsewhere: What came in the rest of the category, or of the shop, on each day, shape (days,).
        rules: How sure a rise must be.
    """
    if len(counts) < 2 or counts.shape[1] <= rules.rise_history:
        return None
    told = counts.sum(axis=0)
    gains = rise_gains(np.vstack([told, counts]), elsewhere, rules.rise_history)
    best = gains.max(axis=1)
    strongest = int(best.argmax())
    if best[strongest] < rules.rise_gain:
        return None
    onset = int(gains[strongest].argmax())
    share = elsewhere[onset:].sum() / max(float(elsewhere[:onset].sum()), 1e-12)
    expected = max(float(told[:onset].sum() * share), _LEAST_EXPECTED)
    odds = max(float(told[onset:].sum()) - expected, _LEAST_EXPECTED) / expected
    own = gains[1:, onset]
    rising = (own > 0) & (own + math.log(odds) >= rules.rise_with) & (best[1:] - own <= rules.rise_gap)
    return CommonRise(np.flatnonzero(rising), onset) if rising.sum() >= 2 else None
