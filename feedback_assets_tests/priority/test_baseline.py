"""Surprise and volume: properties of the arithmetic."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.priority.baseline import at_least, most_in_six_hours, surprise, volume_ratio
from feedback_assets_tests.priority.story import RULES


def one(count: int, before: int, ratio: float, usual: float) -> tuple[float, float]:
    found = surprise(np.array([count]), np.array([before]), np.array([ratio]), np.array([usual]), RULES)
    return float(found.expected[0]), float(found.p_value[0])


def test_a_long_history_tells_what_to_expect() -> None:
    expected, _ = one(10, 400, 0.25, 2.0)
    assert abs(expected - 100) < 5


def test_without_history_the_category_tells_what_to_expect() -> None:
    assert one(10, 0, float("inf"), 3.0)[0] == 3.0


@given(st.integers(1, 60), st.integers(0, 200), st.floats(0.1, 4), st.floats(0.1, 20))
def test_more_issues_are_more_surprising_and_more_volume_less(
    count: int, before: int, ratio: float, usual: float
) -> None:
    _, p_value = one(count, before, ratio, usual)
    assert 0 <= p_value <= 1
    assert one(count + 1, before, ratio, usual)[1] <= p_value
    assert one(count, before, ratio * 1.5, usual)[1] >= p_value


def test_weekdays_and_weather_widen_what_chance_allows() -> None:
    narrow = RULES.model_copy(update={"most_shape": 1e6})
    args = np.array([140]), np.array([400]), np.array([0.25]), np.array([2.0])
    assert surprise(*args, RULES).p_value[0] > 20 * surprise(*args, narrow).p_value[0]


def test_small_products_borrow_the_shops_volume() -> None:
    ratio = volume_ratio(np.array([0.0, 500.0]), np.array([0.0, 1000.0]), 250.0, 1000.0, 30)
    assert abs(ratio[0] - 0.25) < 0.01
    assert 0.45 < ratio[1] < 0.5


def test_at_least_is_the_binomial_tail() -> None:
    chances = at_least(np.array([0, 1, 2, 3]), np.array([2, 2, 2, 2]), np.array([0.5] * 4))
    assert np.allclose(chances, [1, 0.75, 0.25, 0])


def test_six_hours_hold_what_lies_within_six_hours() -> None:
    hours = np.array([0, 1, 5.9, 6.1, 20]) * 3600
    assert most_in_six_hours(hours.astype(np.int64)) == 3
    assert most_in_six_hours(np.array([], dtype=np.int64)) == 0
