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
