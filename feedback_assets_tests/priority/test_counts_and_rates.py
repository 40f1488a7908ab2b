"""Counts, moving averages and rates per 1,000 orders."""

from __future__ import annotations

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.counts import daily_counts, trends
from feedback_assets.priority.rates import rates
from feedback_assets.priority.sparklines import top_problems
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
        issues((0, "a", "defect"), (0, "a", "delivery")), items((0, "a", "p1", None), (0, "b", None, "EU"))
    )
    told = {row["category"]: row for row in counted.to_dict("records")}
    assert {name: row["issues"] for name, row in told.items()} == {"defect": 1, "delivery": 1, "no_issue": 1}
    assert (told["no_issue"]["product_id"], told["defect"]["region"], told["defect"]["negative"]) == ("-", "-", 1)
    assert counted.columns.tolist() == list(tables.GOLD_DAILY_COUNTS.column_names)


def test_a_day_without_feedback_has_no_counts() -> None:
    assert daily_counts(issues(), items((0, "a", None, None)).iloc[:0]).empty


def counts(rows: list[tuple[int, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [{"day": day(on), "category": "defect", "product_id": product, "region": "-", "channel": "chat",
          "language": "en", "app_version": "-", "issues": n, "negative": n, "severity_sum": 3.0 * n}
         for on, product, n in rows]
    )  # fmt: skip
    return conform(frame, tables.GOLD_DAILY_COUNTS)


def test_averages_look_back_over_seven_and_twenty_eight_days() -> None:
    rows = [(on, "p1", 1) for on in range(28)] + [(on, "p2", 7) for on in range(25, 28)]
    found = trends(counts(rows), [day(27)]).set_index("product_id")
    assert found.loc["p1", "mean_7d"] == found.loc["p1", "mean_28d"] == 1
    assert found.loc["p2", "mean_7d"] == 3
    assert found.loc["*", "issues"] == 8
    assert found.loc["p2", "rise"] > 10 > 1.1 > found.loc["p1", "rise"]


def test_trends_of_a_range_equal_those_of_its_days() -> None:
    table = counts([(on, f"p{on % 3}", on % 5 + 1) for on in range(40)])
    whole = trends(table, [day(on) for on in range(30, 40)])
    single = trends(table[[day(5) <= value <= day(33) for value in table["day"]]], [day(33)])
    pd.testing.assert_frame_equal(whole[whole["day"] == day(33)].reset_index(drop=True), single.reset_index(drop=True))


def commerce(rows: list[tuple[int, str, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [{"day": day(on), "event_id": f"o{n}", "event_type": "order", "order_ref": f"r{n}", "product_id": product,
          "region": region} for n, (on, product, region) in enumerate(rows)]
    )  # fmt: skip
    return conform(frame, tables.SILVER_COMMERCE)


CATALOG = empty(tables.SILVER_CATALOG)


def test_issues_of_one_product_beyond_its_share_of_orders_are_concentrated() -> None:
    told = [(n % 20, f"e{n}", "p1" if n < 30 else "p2", None) for n in range(40)]
    ordered = commerce([(n % 20, f"p{n % 4 + 1}", None) for n in range(400)])
    found = rates(
        issues(*((on, event, "defect") for on, event, _, _ in told)), items(*told), ordered, CATALOG, [day(19)]
    ).set_index("value")
    assert (found.loc["p1", "orders"], found.loc["p1", "per_1000_orders"]) == (100, 300)
    assert bool(found.loc["p1", "concentrated"]) and not bool(found.loc["p2", "concentrated"])


def test_issues_in_proportion_to_orders_are_not_concentrated() -> None:
    told = [(n % 20, f"e{n}", None, f"r{n % 4}") for n in range(40)]
    ordered = commerce([(n % 20, "p1", f"r{n % 4}") for n in range(400)])
    found = rates(
        issues(*((on, event, "delivery") for on, event, _, _ in told)), items(*told), ordered, CATALOG, [day(19)]
    )
    assert set(found["dimension"]) == {"region"}
    assert not found["concentrated"].any()


def test_without_orders_there_are_no_rates() -> None:
    told = items((0, "a", "p1", None))
    assert rates(issues((0, "a", "defect")), told, empty(tables.SILVER_COMMERCE), CATALOG, [day(0)]).empty


def test_a_day_without_problems_says_so() -> None:
    nothing = empty(tables.GOLD_PRIORITY), empty(tables.GOLD_CLUSTERS), empty(tables.GOLD_CLUSTER_MEMBERS)
    assert top_problems(*nothing, day(0)) == f"No problems on {day(0)}."
