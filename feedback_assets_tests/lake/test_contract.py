from __future__ import annotations

import time
from datetime import datetime, timedelta

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.contract import check_contract
from feedback_assets_tests.lake.rows import TABLE, day, trends


def broken(column: str, value: object) -> pd.DataFrame:
    frame = trends([day(0), day(1)])
    frame[column] = frame[column].astype(object)
    frame.loc[2, column] = value
    return frame


def test_good_rows_pass() -> None:
    verdict = check_contract(trends([day(0), day(1)]), TABLE)
    assert verdict.passed
    assert verdict.new_columns == ()


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("rise", -0.5, "column rise: 1 of 2 rows are below 0 (for example '-0.5'); correct the value"),
        ("issues", "many", "column issues: 1 of 2 rows hold no int (for example 'many'); convert them"),
        ("issues", 1.5, "column issues: 1 of 2 rows hold no int (for example '1.5'); convert them"),
        ("issues", float("inf"), "column issues: 1 of 2 rows hold no int (for example 'inf'); convert them"),
        ("issues", True, "column issues: 1 of 2 rows hold no int (for example 'True'); convert them"),
        ("category", 7, "column category: 1 of 2 rows hold no string (for example '7'); convert them"),
        ("category", None, "column category: 1 of 2 rows are null; fill them or quarantine the rows"),
        ("mean_7d", float("nan"), "column mean_7d: 1 of 2 rows are null; fill them or quarantine the rows"),
    ],
)
def test_a_broken_value_names_table_day_column_count_example_and_mend(column: str, value: object, told: str) -> None:
    failures = check_contract(broken(column, value), TABLE).failures
    assert list(failures) == [day(1)]
    assert any(text.startswith(f"gold/trends on 2024-03-02, {told}") for text in failures[day(1)])


def test_a_value_that_is_not_allowed_fails_and_the_allowed_ones_are_named() -> None:
    frame = pd.DataFrame({"day": [day(0)], "category": ["delivery"], "dimension": ["planet"], "value": ["Mars"]})
    frame = frame.assign(issues=1, orders=2.0, share_issues=0.1, share_orders=0.1, concentrated=False)
    (texts,) = check_contract(frame, tables.GOLD_RATES).failures.values()
    assert "1 of 1 rows are none of product, variant, region" in texts[0]


def test_a_key_must_be_unique_within_its_day_and_may_come_again_on_another() -> None:
    assert check_contract(trends([day(0), day(1)]), TABLE).passed
    failures = check_contract(trends([day(0), day(1), day(1)]), TABLE).failures
    assert list(failures) == [day(1)]
    assert failures[day(1)] == [
        "gold/trends on 2024-03-02, column day, category, product_id: 4 rows share their key with another; "
        "keep one of each"
    ]


def test_a_missing_column_fails_every_day_unless_it_may_be_null() -> None:
    failures = check_contract(trends([day(0), day(1)]).drop(columns="rise"), TABLE).failures
    assert list(failures) == [day(0), day(1)]
    assert "column rise: is missing and may not be null" in failures[day(0)][0]


def test_a_new_column_is_accepted_and_reported() -> None:
    verdict = check_contract(trends([day(0)]).assign(shop="Lyon"), TABLE)
    assert verdict.passed
    assert verdict.new_columns == ("shop",)


def test_no_value_of_a_raw_table_stands_in_a_failure() -> None:
    frame = pd.DataFrame({"day": [day(0)], "raw": ["call me on 555-0199"], "line": ["secret"], "landing_object": ["a"]})
    (texts,) = check_contract(frame.assign(checksum="c"), tables.BRONZE_FEEDBACK).failures.values()
    assert texts == [
        "bronze/feedback on 2024-03-01, column line: 1 of 1 rows hold no int; convert them or leave them null"
    ]


def test_numbers_in_several_shapes_and_timestamps_pass() -> None:
    frame = trends([day(0)])
    assert check_contract(frame.assign(issues=[1.0, 2.0]), TABLE).passed
    assert check_contract(frame.assign(issues=pd.array([1, 2], dtype="Int64")), TABLE).passed
    assert check_contract(frame.assign(mean_7d=[1, 2]), TABLE).passed
    event = pd.DataFrame({"day": [day(0)], "raw": ["x"], "line": [1], "landing_object": ["a"], "checksum": ["c"]})
    assert check_contract(event.assign(occurred_at=[datetime(2024, 3, 1)]), tables.BRONZE_FEEDBACK).passed
    assert not check_contract(event.assign(occurred_at=["2024-03-01"]), tables.BRONZE_FEEDBACK).passed


def test_ten_thousand_rows_over_a_year_are_judged_in_well_under_a_second() -> None:
    frame = trends([day(offset) for offset in range(365)], products=[f"p{n}" for n in range(28)])
    frame.loc[::7, "rise"] = -1.0
    check_contract(frame.head(10), TABLE)
    started = time.process_time()
    failures = check_contract(frame, TABLE).failures
    assert time.process_time() - started < 0.5
    assert len(failures) == 365
    assert list(failures) == [day(0) + timedelta(days=offset) for offset in range(365)]
