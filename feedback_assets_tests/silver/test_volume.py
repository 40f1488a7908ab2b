"""The advisory volume check."""

from __future__ import annotations

from datetime import timedelta

from feedback_assets.silver.volume import compare_volume
from feedback_assets_tests.silver.rows import DAY

STEADY = {DAY - timedelta(days=n): 100 for n in range(1, 20)}


def test_a_day_like_those_before_is_ordinary() -> None:
    assert compare_volume({**STEADY, DAY: 120}, DAY).ordinary


def test_a_lost_source_and_a_doubled_one_are_not() -> None:
    assert not compare_volume({**STEADY, DAY: 20}, DAY).ordinary
    assert not compare_volume({**STEADY, DAY: 400}, DAY).ordinary


def test_a_week_is_needed_to_compare() -> None:
    assert compare_volume({DAY - timedelta(days=1): 100, DAY: 1}, DAY).ordinary
