"""The first problems of a day as a table for the asset's page."""

from __future__ import annotations

from feedback_assets import tables
from feedback_assets.lake.frames import empty
from feedback_assets.priority.top_table import top_problems_table
from feedback_assets_tests.priority.story import day


def test_a_day_without_problems_says_so() -> None:
    nothing = empty(tables.GOLD_PRIORITY), empty(tables.GOLD_CLUSTERS), empty(tables.GOLD_CLUSTER_MEMBERS)
    assert top_problems_table(*nothing, day(0)) == f"No problems on {day(0)}."
