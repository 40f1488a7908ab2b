"""Clusters that begin together are one problem; those that do not are not, whatever they are called."""

from __future__ import annotations

import numpy as np

from feedback_assets.clusters.common_rise import common_rise
from feedback_assets_tests.clusters.story import RULES

STEADY = np.full(28, 10.0)


def counts(*rises: tuple[float, float, int]) -> np.ndarray:
    """Clusters with so many a day before, and so many from a day on."""
    return np.array([[before] * onset + [after] * (28 - onset) for before, after, onset in rises], dtype=np.float64)


def test_those_that_rise_on_one_day_are_one_and_the_day_is_known() -> None:
    rise = common_rise(counts((0, 2, 24), (0, 3, 24), (1, 1, 24)), STEADY, RULES)
    assert rise is not None
    assert (rise.clusters.tolist(), rise.onset) == ([0, 1], 24)


def test_those_that_rise_on_two_days_are_two() -> None:
    assert common_rise(counts((0, 4, 14), (0, 4, 24)), STEADY, RULES) is None


def test_what_rises_as_the_rest_of_the_category_does_is_no_rise() -> None:
    season = np.array([10.0] * 20 + [40.0] * 8)
    assert common_rise(counts((1, 4, 20), (1, 4, 20)), season, RULES) is None
    assert common_rise(counts((1, 4, 20), (1, 4, 20)), STEADY, RULES) is not None


def test_one_cluster_or_a_history_too_short_has_nothing_to_share() -> None:
    assert common_rise(counts((0, 5, 24)), STEADY, RULES) is None
    assert common_rise(counts((0, 5, 1), (0, 5, 1))[:, :3], STEADY[:3], RULES) is None


def test_of_many_steady_clusters_hardly_any_are_taken_for_one_problem() -> None:
    random = np.random.default_rng(3)
    taken = [common_rise(random.poisson(0.2, (20, 28)).astype(np.float64), STEADY, RULES) for _ in range(200)]
    assert sum(rise is not None for rise in taken) <= 4
