from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from feedback_assets.statistics import benjamini_hochberg

P_VALUES = st.lists(st.floats(0, 1) | st.floats(0, 0.01), min_size=1, max_size=60)


@given(P_VALUES, st.floats(0.001, 0.2))
def test_the_limit_is_the_one_scipy_computes(p_values: list[float], rate: float) -> None:
    adjusted = false_discovery_control(p_values, method="bh")
    found = benjamini_hochberg(np.array(p_values), rate)
    # Both divide, in another order: next to the limit the last digit decides.
    clear = np.abs(adjusted - rate) > 1e-12
    assert (found == (adjusted <= rate))[clear].all()


def test_it_is_less_strict_than_the_limit_for_any_dependence() -> None:
    rng = np.random.default_rng(2)
    p_values = np.concatenate([rng.uniform(size=40), rng.uniform(size=5) * 5e-3])
    expected = false_discovery_control(p_values, method="bh") <= 0.05
    assert benjamini_hochberg(p_values, 0.05).tolist() == expected.tolist()
    assert expected.sum() > (false_discovery_control(p_values, method="by") <= 0.05).sum()


@given(P_VALUES, st.integers(0, 60))
def test_what_was_not_tested_is_never_significant_and_counts_as_no_test(p_values: list[float], place: int) -> None:
    at = min(place, len(p_values))
    with_gap = np.insert(np.array(p_values), at, np.nan)
    found = benjamini_hochberg(with_gap, 0.05)
    assert not found[at]
    assert np.delete(found, at).tolist() == benjamini_hochberg(np.array(p_values), 0.05).tolist()


def test_no_tests_are_no_discoveries() -> None:
    assert benjamini_hochberg(np.zeros(0), 0.05).tolist() == []
    assert benjamini_hochberg(np.array([np.nan]), 0.05).tolist() == [False]
