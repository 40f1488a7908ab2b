from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, poisson

from feedback_assets.statistics import benjamini_hochberg, label_chances, rise_gains, told_shares

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


def test_a_gain_is_the_log_likelihood_of_two_rates_over_one() -> None:
    counts, exposure = np.array([[1.0, 2.0, 0.0, 6.0, 9.0]]), np.array([10.0, 20.0, 10.0, 10.0, 20.0])
    one = counts.sum() / exposure.sum() * exposure
    before, after = counts[0, :3].sum() / exposure[:3].sum(), counts[0, 3:].sum() / exposure[3:].sum()
    two = np.where(np.arange(5) < 3, before, after) * exposure
    told = poisson.logpmf(counts[0], two).sum() - poisson.logpmf(counts[0], one).sum()
    gains = rise_gains(counts, exposure, 1)
    assert np.isclose(gains[0, 3], told)
    assert gains.argmax() == 3


def test_no_gain_where_nothing_rose_and_before_enough_days() -> None:
    assert not rise_gains(np.array([[5.0, 4.0, 2.0, 1.0]]), np.ones(4), 1).any()
    assert not rise_gains(np.array([[0.0, 9.0, 9.0, 9.0]]), np.ones(4), 2)[0, :2].any()
    assert rise_gains(np.zeros((0, 4)), np.ones(4), 1).shape == (0, 4)


def test_a_label_told_more_often_than_usual_is_more_likely_right() -> None:
    chances = label_chances(np.array([0.5, 0.5, 0.9, 1.0, 0.0]), np.array([0.5, 3.0, 9.0, 2.0, 50.0]))
    assert np.allclose(chances, [0.5, 0.75, 81 / 82, 1.0, 0.0])


def test_what_was_expected_anyway_tells_no_rise_and_a_steady_problem_is_as_sure_as_its_labels_are_close() -> None:
    labels, rising = np.array([0.9, 0.9]), np.array([True, False])
    assert np.allclose(told_shares(labels, np.array([4.0, 4.0]), rising, np.array([0.5, 0.5])), [0.675, 0.45])
