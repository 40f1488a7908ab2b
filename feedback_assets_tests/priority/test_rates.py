"""Rates per 1,000 orders, and when they are concentrated."""

from __future__ import annotations

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.rates import compute_rates
from feedback_assets_tests.priority.story import day
from feedback_assets_tests.priority.test_daily_counts import issues, items


def commerce(rows: list[tuple[int, str, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [{"day": day(on), "event_id": f"o{n}", "event_type": "order", "order_ref": f"r{n}", "product_id": product,
          "region": region} for n, (on, product, region) in enumerate(rows)]
    )  # fmt: skip
    return conform(frame, tables.SILVER_COMMERCE)


CATALOG = empty(tables.SILVER_CATALOG)


def test_issues_of_one_product_beyond_its_share_of_orders_are_concentrated() -> None:
    rows = [(n % 20, f"e{n}", "p1" if n < 30 else "p2", None) for n in range(40)]
    ordered = commerce([(n % 20, f"p{n % 4 + 1}", None) for n in range(400)])
    found = compute_rates(
        issues(*((on, event, "defect") for on, event, _, _ in rows)), items(*rows), ordered, CATALOG, [day(19)]
    ).set_index("value")
    assert (found.loc["p1", "orders"], found.loc["p1", "per_1000_orders"]) == (100, 300)
    assert bool(found.loc["p1", "concentrated"]) and not bool(found.loc["p2", "concentrated"])


def test_issues_in_proportion_to_orders_are_not_concentrated() -> None:
    rows = [(n % 20, f"e{n}", None, f"r{n % 4}") for n in range(40)]
    ordered = commerce([(n % 20, "p1", f"r{n % 4}") for n in range(400)])
    found = compute_rates(
        issues(*((on, event, "delivery") for on, event, _, _ in rows)), items(*rows), ordered, CATALOG, [day(19)]
    )
    assert set(found["dimension"]) == {"region"}
    assert not found["concentrated"].any()


def test_without_orders_there_are_no_compute_rates() -> None:
    rows = items((0, "a", "p1", None))
    assert compute_rates(issues((0, "a", "defect")), rows, empty(tables.SILVER_COMMERCE), CATALOG, [day(0)]).empty
