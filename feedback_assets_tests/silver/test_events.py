"""Catalog and commerce events."""

# ruff: noqa: E501 - examples read worse when broken
from __future__ import annotations

import json
from typing import Any

import pytest

from feedback_assets import tables
from feedback_assets.config.mappings import Mapping
from feedback_assets.lake import contract
from feedback_assets.silver.events import build_catalog, build_commerce
from feedback_assets.silver.fields import Mappings
from feedback_assets.silver.values import BadValueError, number_of, time_of
from feedback_assets_tests.silver.rows import DAY, bronze_row, frame


def catalog(*payloads: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    rows = [bronze_row(f"e{n}", payload, line=n + 1) for n, payload in enumerate(payloads)]
    found, left = build_catalog(frame(rows, tables.BRONZE_CATALOG), [DAY], Mappings())
    assert contract.check_contract(found, tables.SILVER_CATALOG).passed
    return found.to_dict("records"), left


def commerce(
    *payloads: dict[str, Any], mappings: Mappings | None = None, **more: Any
) -> tuple[list[dict[str, Any]], int]:
    rows = [bronze_row(f"e{n}", payload, line=n + 1, **more) for n, payload in enumerate(payloads)]
    found, left = build_commerce(frame(rows, tables.BRONZE_COMMERCE), [DAY], mappings or Mappings(), b"k")
    assert contract.check_contract(found, tables.SILVER_COMMERCE).passed
    return found.to_dict("records"), left


def test_a_product_is_read_with_lists_prices_and_all_further_fields() -> None:
    payload = {"product_id": 7, "name": "Lamp", "synonyms": "light|lux", "variants": ["red", "blue"], "price": "1.234,50",
               "margin": "x", "launch_date": "2026-02-14", "colour": "red", "change": "price"}  # fmt: skip
    [row], left = catalog(payload)
    assert (row["product_id"], row["unit_price"], row["launch_cohort"], left) == ("7", 1234.5, "2026-02", 0)
    assert json.loads(row["synonyms"]) == ["light", "lux"]
    assert json.loads(row["attributes"]) == {"change": "price", "colour": "red"}


def test_a_row_without_a_product_is_left_out_and_counted() -> None:
    rows, left = catalog({"price": 3}, {"sku": "S-1"})
    assert ([row["product_id"] for row in rows], left) == (["S-1"], 1)


def test_orders_become_hashes_and_types_are_understood() -> None:
    rows, _ = commerce(
        {"type": "Order Line", "order_id": "O-1", "customer_id": "C-1", "product_id": "p", "quantity": "2", "revenue": "19,90"},
        {"order_id": "O-1"}, {"order_id": "O-1", "sku": "S"}, {"type": "strange"},
        {"type": "return", "order_id": "o-1 ", "reason": "too small, call 030/1234567"},
    )  # fmt: skip
    by_id = {row["event_id"]: row for row in rows}
    assert [by_id[f"e{n}"]["event_type"] for n in range(5)] == ["order_item", "order", "order_item", "other", "return"]
    assert by_id["e0"]["order_ref"] == by_id["e4"]["order_ref"]
    assert by_id["e0"]["revenue"] == pytest.approx(19.9)
    assert by_id["e4"]["reason"] == "too small, call <PHONE>"


def test_times_without_a_zone_take_the_mappings() -> None:
    mapping = Mapping(
        name="br",
        stream="commerce",
        source="br",
        timezone="America/Sao_Paulo",
        fields={"order_id": "id", "delivered_at": "when"},
    )
    [row], _ = commerce({"id": "1", "when": "2026-03-09 22:00:00"}, mappings=Mappings({"br": mapping}), mapping="br")
    assert str(row["delivered_at"]) == "2026-03-10 01:00:00+00:00"


def test_a_row_that_came_twice_or_cannot_be_read_is_left_out_and_counted() -> None:
    rows = [bronze_row("e", {"order_id": "1"}, line=n) for n in (1, 2)] + [bronze_row("f", payload=None, line=3)]
    found, left = build_commerce(frame(rows, tables.BRONZE_COMMERCE), [DAY], Mappings(), b"k")
    assert (len(found), left) == (1, 2)


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("4,5", 4.5),
        ("1,234", 1234),
        ("€ 12", 12),
        ("12 EUR", 12),
        ("-3", -3),
        ("", None),
    ],
)
def test_numbers_are_read_as_people_write_them(told: str, number: float | None) -> None:
    assert number_of(told) == number


@pytest.mark.parametrize("told", ["abc", "1.2.3,4,5", "--3"])
def test_what_is_no_number_says_so(told: str) -> None:
    with pytest.raises(BadValueError, match="no number"):
        number_of(told)


def test_times_are_read_from_text_and_seconds() -> None:
    assert str(time_of("1700000000")) == "2023-11-14 22:13:20+00:00"
    assert str(time_of("2026-03-10T12:00:00+02:00")) == "2026-03-10 10:00:00+00:00"
    with pytest.raises(BadValueError, match="write YYYY"):
        time_of("10th of May")
