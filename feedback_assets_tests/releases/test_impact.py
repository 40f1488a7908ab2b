"""Releases against complaints, in simulated shops: what is planted is named, what is not is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake import contract
from feedback_assets.lake.frames import table_hash
from feedback_assets.releases.impact import release_impact
from feedback_assets_tests.releases.story import RULES, Shop, day, frames, shipped

_LOOK_BACK = {"releases": 28}
JUMP = dict.fromkeys(range(30, 37), 5)


def impact(shop: Shop, *days: int) -> pd.DataFrame:
    rows = release_impact(frames(shop), [day(number) for number in days], RULES)
    verdict = contract.check_contract(rows, tables.GOLD_RELEASE_IMPACT)
    assert verdict.passed, verdict.failures
    return rows


def row_of(rows: pd.DataFrame, release: str, value: str) -> dict[str, Any]:
    [row] = rows[(rows["release_id"] == release) & (rows["value"] == value)].to_dict("records")
    return {str(name): cell for name, cell in row.items()}


def suspects(rows: pd.DataFrame) -> set[tuple[str, str]]:
    chosen = rows[rows["verdict"] == "suspect"]
    return set(zip(chosen["release_id"], chosen["value"], strict=True))


def test_a_faulty_version_is_the_suspect_with_the_share_that_names_it() -> None:
    shop = Shop(1, days=38, a_day=80, releases=[
        shipped(10, "old", version="2.0.0"), shipped(27, "flag", "flag"), shipped(30, "bad", version="2.1.0"),
    ], planted=[{"category": "checkout_payment", "counts": JUMP, "version": "2.1.0", "named": 0.8}])  # fmt: skip
    rows = impact(shop, 36)
    row = row_of(rows, "bad", "checkout_payment")
    assert (row["verdict"], row["rank"]) == ("suspect", 1)
    assert row["ratio_low"] < row["rate_ratio"] < row["ratio_high"] and row["ratio_low"] > 1
    assert row["named_share"] > 0.8 > row["items_named_share"]
    assert row["reason"].startswith(f"{row['rate_ratio']:.1f}x after 2.1.0 [")
    assert f"{row['named_share']:.0%} name 2.1.0" in row["reason"]
    flag = row_of(rows, "flag", "checkout_payment")
    assert pd.isna(flag["rank"]) or flag["rank"] > row["rank"]


def test_an_edit_of_a_product_is_suspected_of_that_product_s_complaints_only() -> None:
    shop = Shop(2, days=38, a_day=80, releases=[
        shipped(30, "edit", "catalogue", product_id="P03"), shipped(30, "other", "catalogue", product_id="P07"),
        shipped(30, "app", version="2.0.0"),
    ], planted=[{"category": "sizing_fit", "counts": JUMP, "product": "P03", "named": 0.0}])  # fmt: skip
    rows = impact(shop, 36)
    assert ("edit", "sizing_fit/P03") in suspects(rows)
    assert not [release for release, _ in suspects(rows) if release != "edit"]
    assert "about the product changed" in row_of(rows, "edit", "sizing_fit/P03")["reason"]
    assert rows[(rows["release_id"] == "other") & (rows["value"] == "sizing_fit/P03")].empty


def test_a_rise_that_began_days_before_or_after_a_release_is_not_its() -> None:
    for number in (22, 36):
        shop = Shop(3, days=45, a_day=80, releases=[shipped(number, "app", "app", version="2.0.0")],
                    planted=[{"category": "checkout_payment", "counts": JUMP, "named": 0.0}])  # fmt: skip
        assert not suspects(impact(shop, 35, 40, 44)), number


def test_what_such_a_change_cannot_break_only_coincides() -> None:
    shop = Shop(4, days=38, a_day=80, releases=[shipped(30, "site", "site")],
                planted=[{"category": "delivery", "counts": dict.fromkeys(JUMP, 12), "named": 0.0}])  # fmt: skip
    row = row_of(impact(shop, 36), "site", "delivery")
    assert row["verdict"] == "coincides" and "nothing ties it" in row["reason"]


def test_a_release_of_one_region_is_judged_there_and_the_region_is_told() -> None:
    planted = [{"category": "checkout_payment", "counts": JUMP, "region": "FR", "named": 0.0}]
    there = Shop(5, days=38, a_day=100, releases=[shipped(30, "fr", "site", regions=["FR"])], planted=planted)
    row = row_of(impact(there, 36), "fr", "checkout_payment")
    assert row["verdict"] == "suspect"
    assert '"fr"' in row["regions"]
    elsewhere = Shop(5, days=38, a_day=100, releases=[shipped(30, "de", "site", regions=["DE"])], planted=planted)
    assert row_of(impact(elsewhere, 36), "de", "checkout_payment")["verdict"] != "suspect"


def test_a_staged_rollout_is_told_by_its_version_at_the_same_time() -> None:
    few = dict.fromkeys(range(30, 43), 4)
    shop = Shop(6, days=44, a_day=60, named=0.9, releases=[
        shipped(2, "old", version="2.0.0"), shipped(30, "staged", version="2.1.0")],
        planted=[{"category": "app_usability", "counts": few, "version": "2.1.0", "named": 1.0}])  # fmt: skip
    row = row_of(impact(shop, 42), "staged", "app_usability")
    assert row["verdict"] == "suspect"
    assert row["same_time_ratio"] > 1.2 and row["same_time_p_value"] < 0.01


def test_too_little_data_says_so() -> None:
    young = Shop(7, days=40, a_day=40, releases=[shipped(3, "early", "site"), shipped(36, "late", "site", hour=20)])
    assert "3 days before it, 7 are needed" in row_of(impact(young, 9), "early", "*")["reason"]
    assert "no whole day since it" in row_of(impact(young, 36), "late", "*")["reason"]
    assert row_of(impact(young, 36), "late", "*")["verdict"] == "too_little_data"
    few = Shop(7, days=40, a_day=8, releases=[shipped(36, "few", "site")])
    assert "complaints since it, 5 are needed" in row_of(impact(few, 36), "few", "*")["reason"]


def test_a_season_and_weekdays_raise_no_release() -> None:
    # Orders rise by two thirds on the day of a release, and complaints have weekdays of their own.
    season = dict.fromkeys(range(30, 38), 1.7)
    for seed in range(3):
        shop = Shop(100 + seed, days=38, a_day=150, busy=season, releases=[
            shipped(8, "old", version="2.0.0"), shipped(30, "app", version="2.1.0"), shipped(30, "site", "site"),
            shipped(29, "process", "process"), shipped(28, "edit", "catalogue", product_id="P03"),
        ])  # fmt: skip
        assert not suspects(impact(shop, 31, 33, 37))


def test_the_window_closes_after_a_fortnight() -> None:
    shop = Shop(8, days=60, a_day=20, releases=[shipped(30, "site", "site")])
    rows = impact(shop, 29, 30, 43, 44)
    assert sorted(set(rows["day"])) == [day(30), day(43)]


def test_a_range_gives_what_its_days_give_and_twice_is_the_same() -> None:
    shop = Shop(9, days=38, a_day=60, releases=[
        shipped(20, "app", version="2.0.0"), shipped(30, "edit", "catalogue", product_id="P03")],
        planted=[{"category": "sizing_fit", "counts": JUMP, "product": "P03", "named": 0.0}])  # fmt: skip
    inputs = frames(shop)
    days = [day(number) for number in range(30, 36)]
    whole = release_impact(inputs, days, RULES)
    apart = pd.concat([release_impact(_until(inputs, one_day), [one_day], RULES) for one_day in days])
    assert table_hash(whole, tables.GOLD_RELEASE_IMPACT) == table_hash(apart, tables.GOLD_RELEASE_IMPACT)
    again = release_impact(inputs, days, RULES)
    assert table_hash(whole, tables.GOLD_RELEASE_IMPACT) == table_hash(again, tables.GOLD_RELEASE_IMPACT)


def _until(inputs: Any, last: Any) -> Any:
    """The frames as a run of that day alone reads them."""
    parts = {
        name: frame[[last - timedelta(days=_LOOK_BACK.get(name, 56)) <= value <= last for value in frame["day"]]]
        for name, frame in vars(inputs).items()
    }
    return type(inputs)(**parts)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_quiet_shops_raise_no_more_releases_than_the_limit_allows(noise: float) -> None:
    raised = 0
    for seed in range(20):
        shop = Shop(200 + seed, days=45, a_day=150, noise=noise, releases=[
            shipped(5, "old", version="2.0.0"), shipped(31, "app", version="2.1.0"), shipped(29, "site", "site"),
            shipped(33, "flag", "flag"), shipped(30, "edit", "catalogue", product_id="P03"),
            shipped(30, "process", "process"),
        ])  # fmt: skip
        raised += bool(suspects(impact(shop, 33, 37, 43)))
    # 5 % of shops at most may raise any; of 20 more than 3 has a chance of 1.6 % at that rate.
    assert raised <= 3
