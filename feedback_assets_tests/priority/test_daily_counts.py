"""Counts by day and their moving averages."""

from __future__ import annotations

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.priority.daily_counts import compute_trends, daily_counts
from feedback_assets_tests.priority.story import day


def items(*rows: tuple[int, str, str | None, str | None]) -> pd.DataFrame:
    """Items as (day, id, product, region)."""
    return pd.DataFrame(
        [
            {"day": day(on), "event_id": event, "product_id": product, "region": region, "channel": "chat",
             "language": "en", "app_version": None, "variant": None, "fulfilment_centre": None, "vendor": None}
            for on, event, product, region in rows
        ]
    )  # fmt: skip


def issues(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Issues as (day, item, category)."""
    return pd.DataFrame(
        [{"day": day(on), "event_id": event, "category": category, "sentiment": "negative", "severity": 3.0}
         for on, event, category in rows],
        columns=["day", "event_id", "category", "sentiment", "severity"],
    )  # fmt: skip


def test_items_without_an_issue_are_counted_as_no_issue() -> None:
    counted = daily_counts(
        issues((0, "a", "defect"), (0, "a", "delivery")), items((0, "a", "p1", None), (0, "b", None, "EU")), "no_issue"
    )
    by_category = {row["category"]: row for row in counted.to_dict("records")}
    assert {name: row["issues"] for name, row in by_category.items()} == {"defect": 1, "delivery": 1, "no_issue": 1}
    assert (
        by_category["no_issue"]["product_id"],
        by_category["defect"]["region"],
        by_category["defect"]["negative"],
    ) == ("-", "-", 1)
    assert counted.columns.tolist() == list(tables.GOLD_DAILY_COUNTS.column_names)


def test_a_day_without_feedback_has_no_counts() -> None:
    assert daily_counts(issues(), items((0, "a", None, None)).iloc[:0], "no_issue").empty


def counts(rows: list[tuple[int, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [{"day": day(on), "category": "defect", "product_id": product, "region": "-", "channel": "chat",
          "language": "en", "app_version": "-", "issues": n, "negative": n, "severity_sum": 3.0 * n}
         for on, product, n in rows]
    )  # fmt: skip
    return conform(frame, tables.GOLD_DAILY_COUNTS)


def test_averages_look_back_over_seven_and_twenty_eight_days() -> None:
    rows = [(on, "p1", 1) for on in range(28)] + [(on, "p2", 7) for on in range(25, 28)]
    found = compute_trends(counts(rows), [day(27)], "no_issue").set_index("product_id")
    assert found.loc["p1", "mean_7d"] == found.loc["p1", "mean_28d"] == 1
    assert found.loc["p2", "mean_7d"] == 3
    assert found.loc["*", "issues"] == 8
    assert found.loc["p2", "rise"] > 10 > 1.1 > found.loc["p1", "rise"]


def test_trends_of_a_range_equal_those_of_its_days() -> None:
    table = counts([(on, f"p{on % 3}", on % 5 + 1) for on in range(40)])
    whole = compute_trends(table, [day(on) for on in range(30, 40)], "no_issue")
    single = compute_trends(table[[day(5) <= value <= day(33) for value in table["day"]]], [day(33)], "no_issue")
    pd.testing.assert_frame_equal(whole[whole["day"] == day(33)].reset_index(drop=True), single.reset_index(drop=True))
