"""Resolving products."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.silver.products import Catalog, Catalogs, OrderLine, Orders, Product
from feedback_assets_tests.silver.rows import DAY, frame


def product(product_id: str, name: str, sku: str | None = None, synonyms: tuple[str, ...] = ()) -> Product:
    return Product(product_id, sku, name, "lamps", synonyms, "Lumio", None, 20.0, 5.0)


CATALOG = Catalog(
    [
        product("p1", "Aurora Lamp", "AL-1", ("the aurora",)),
        product("p2", "Aurora Lamp Mini", "AL-2"),
        product("p3", "Kettle", "KE-1", ("Wasserkocher",)),
        product("p4", "Nordic Desk", "ND-1"),
        product("p5", "Nordic Desk", "ND-2"),
    ]
)


def line(product_id: str, day: date = DAY) -> OrderLine:
    return OrderLine(day, product_id, None, None, None, None, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"product_id": "p1"}, ("p1", "id")),
        ({"product_id": "unknown-9"}, ("unknown-9", "id")),
        ({"sku": "al-2"}, ("p2", "sku")),
        ({"name": "AURORA LAMP"}, ("p1", "name")),
        ({"name": "Aurora Clock"}, (None, None)),
        ({"name": "Aurora Lamp Minni"}, ("p2", "name")),
        ({"name": "wasserkocher"}, ("p3", "synonym")),
        ({"name": "Nordic Desk"}, (None, None)),
        ({"lines": [line("p3")]}, ("p3", "order")),
        ({"lines": [line("p3"), line("p1")]}, ("p3", "order")),
        ({"lines": [line("p3"), line("p1")], "text": "my aurora lamp is dim"}, ("p1", "order")),
        ({"text": "the Aurora Lamp Mini flickers"}, ("p2", "text")),
        ({"text": "the wasserkocher leaks"}, ("p3", "text")),
        ({"text": "aurora lamp or wasserkocher, both bad"}, (None, None)),
        ({"text": "the nordic desk wobbles"}, (None, None)),
        ({"text": "nothing of the kind"}, (None, None)),
    ],
)
def test_a_product_is_found_by_the_surest_way_or_not_at_all(asked: dict, found: tuple[str | None, str | None]) -> None:
    told = {"product_id": None, "sku": None, "name": None, "lines": [], "text": "", **asked}
    resolution = CATALOG.resolve(**told)
    assert (resolution.product and resolution.product.product_id, resolution.match) == found


def test_a_day_sees_the_catalog_as_it_was_and_later_products_by_their_first_row() -> None:
    rows = [
        {"day": DAY, "event_id": "a", "product_id": "p1", "product_name": "Lamp", "unit_price": 10.0},
        {
            "day": DAY + timedelta(days=5),
            "event_id": "b",
            "product_id": "p1",
            "product_name": "Lamp",
            "unit_price": 12.0,
        },
        {
            "day": DAY + timedelta(days=5),
            "event_id": "c",
            "product_id": "p2",
            "product_name": "Desk",
            "unit_price": 90.0,
        },
    ]
    catalogs = Catalogs(frame(rows, tables.SILVER_CATALOG))

    def price(product_id: str, day: date) -> float | None:
        found = catalogs.on(day).resolve(product_id, None, None, [], "").product
        return found.unit_price if found else None

    assert price("p1", DAY) == 10.0
    assert price("p1", DAY + timedelta(days=6)) == 12.0
    assert price("p2", DAY - timedelta(days=3)) == 90.0


def test_the_first_product_of_an_order_is_the_same_in_every_installation() -> None:
    # What differs between installations is the hashed id of a line.
    def lines(ids: tuple[str, str]) -> list[str | None]:
        rows = [
            {"day": date(2025, 3, 1), "event_id": ids[number], "occurred_at": datetime(2025, 3, 1, tzinfo=UTC),
             "event_type": "order_item", "order_ref": "o1", "product_id": product}
            for number, product in enumerate(("p2", "p1"))
        ]  # fmt: skip
        orders = Orders(conform(pd.DataFrame(rows), tables.SILVER_COMMERCE), ["o1"])
        return [line.product_id for line in orders.lines("o1", date(2025, 3, 2))]

    assert lines(("a", "b")) == lines(("b", "a")) == ["p1", "p2"]
