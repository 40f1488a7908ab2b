"""Catalog and commerce events read into their silver tables.

A row that cannot be read is left out and counted; a field that cannot be read is left empty.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.mappings import FIELDS
from feedback_assets.config.mappings import Mapping as SavedMapping
from feedback_assets.lake.frames import conform
from feedback_assets.silver.fields import Mappings, payload_of
from feedback_assets.silver.redact import Redactor, keyed_hash, public_id
from feedback_assets.silver.values import BadValueError, list_of, number_of, text_of, time_of
from feedback_assets.tables import Table
from feedback_assets.text import text_or_none

Record = dict[str, Any]
Value = TypeVar("Value")
_TYPES = {
    "order": "order", "orders": "order", "purchase": "order", "order_item": "order_item", "item": "order_item", "line": "order_item",
    "order_line": "order_item", "line_item": "order_item", "return": "return", "returns": "return", "refund": "refund",
    "refunds": "refund", "delivery": "delivery", "shipment": "delivery", "delivered": "delivery", "fulfilment": "delivery",
}  # fmt: skip


def build_catalog(bronze: pd.DataFrame, days: Sequence[date], mappings: Mappings) -> tuple[pd.DataFrame, int]:
    """`silver/catalog` of some days, and how many rows named no product.

    Args:
        bronze: `bronze/catalog` of those days.
        days: The days to compute.
        mappings: The saved mappings.
    """
    rows: list[Record] = []
    readable = _readable(bronze, days, mappings, "catalog")
    for row, payload, fields, _ in readable.rows:
        product_id = (
            _soft(text_of, fields, "product_id") or _soft(text_of, fields, "sku") or _soft(text_of, fields, "name")
        )
        if product_id:
            rows.append(_product(row, payload, fields, product_id))
    frame = _frame(rows, tables.SILVER_CATALOG)
    return frame, readable.landed - len(frame)


def build_commerce(
    bronze: pd.DataFrame, days: Sequence[date], mappings: Mappings, key: bytes, zone: str = "UTC"
) -> tuple[pd.DataFrame, int]:
    """`silver/commerce` of some days, and how many rows could not be read or came twice.

    Args:
        bronze: `bronze/commerce` of those days.
        days: The days to compute.
        mappings: The saved mappings.
        key: Key of the hashes of orders and customers.
        zone: Zone of times that name none, where the mapping says nothing else.
    """
    redactor = Redactor()
    readable = _readable(bronze, days, mappings, "commerce")
    rows = [
        _commerce(row, fields, key, redactor, ZoneInfo(mapping.timezone if mapping and mapping.timezone else zone))
        for row, _, fields, mapping in readable.rows
    ]
    frame = _frame(rows, tables.SILVER_COMMERCE)
    return frame, readable.landed - len(frame)


class _Readable:
    def __init__(self, landed: int) -> None:
        self.landed = landed
        self.rows: list[tuple[Record, dict[str, Any], Mapping[str, Any], SavedMapping | None]] = []


def _readable(bronze: pd.DataFrame, days: Sequence[date], mappings: Mappings, stream: str) -> _Readable:
    """Rows with a payload and a mapping that can be read: row, payload, canonical fields, mapping."""
    wanted = bronze[bronze["day"].isin(list(days))].sort_values(
        ["day", "occurred_at", "landing_object", "line"], kind="stable"
    )
    readable = _Readable(len(wanted))
    rows: list[Record] = wanted.to_dict("records")  # pyright: ignore
    for row in rows:
        payload, named, event_id = payload_of(row), text_or_none(row["mapping"]), text_or_none(row["event_id"])
        mapping = mappings.known.get(named) if named else None
        if payload is None or event_id is None or (named and (mapping is None or mapping.stream != stream)):
            continue
        readable.rows.append((row, payload, mapping.read(payload) if mapping else payload, mapping))
    return readable


def _frame(rows: list[Record], table: Table) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(table.column_names))
    return conform(frame.drop_duplicates(["day", *table.primary_key], keep="first"), table)


def _product(row: Record, payload: dict[str, Any], fields: Mapping[str, Any], product_id: str) -> Record:
    known = FIELDS["catalog"]
    further = {name: value for name, value in {**payload, **fields}.items() if name not in known and _scalar(value)}
    launched = _soft(time_of, fields, "launch_date")
    return {
        "day": row["day"],
        "event_id": str(row["event_id"]),
        "occurred_at": row["occurred_at"],
        "product_id": product_id,
        "sku": _soft(text_of, fields, "sku"),
        "product_name": _soft(text_of, fields, "name"),
        "product_family": _soft(text_of, fields, "family"),
        "synonyms": _json_list(fields, "synonyms"),
        "variants": _json_list(fields, "variants"),
        "vendor": _soft(text_of, fields, "vendor"),
        "fulfilment_centre": _soft(text_of, fields, "fulfilment_centre"),
        "launch_cohort": launched.strftime("%Y-%m") if launched else None,
        "unit_price": _not_below_zero(_soft(number_of, fields, "price")),
        "unit_margin": _soft(number_of, fields, "margin"),
        "attributes": json.dumps({**further, **_change(fields)}, ensure_ascii=False, sort_keys=True, default=str),
    }


def _commerce(row: Record, fields: Mapping[str, Any], key: bytes, redactor: Redactor, zone: tzinfo) -> Record:
    order, customer = _soft(text_of, fields, "order_id"), _soft(text_of, fields, "customer_id")

    def clean(name: str) -> str | None:
        value = _soft(text_of, fields, name)
        return redactor.redact(value).text if value else None

    def at(name: str) -> Any:
        return _soft(lambda value: time_of(value, zone), fields, name)

    return {
        "day": row["day"],
        "event_id": public_id(str(row["event_id"]), [order or "", customer or ""], key),
        "occurred_at": row["occurred_at"],
        "event_type": _type(fields),
        "order_ref": keyed_hash(order, key) if order else None,
        "customer_ref": keyed_hash(customer, key) if customer else None,
        "product_id": _soft(text_of, fields, "product_id") or _soft(text_of, fields, "sku"),
        **{
            name: clean(name)
            for name in ("variant", "region", "vendor", "fulfilment_centre", "carrier", "status", "reason")
        },
        "quantity": _not_below_zero(_soft(number_of, fields, "quantity")),
        "revenue": _soft(number_of, fields, "revenue"),
        "margin": _soft(number_of, fields, "margin"),
        "promised_at": at("promised_at"),
        "delivered_at": at("delivered_at"),
    }


def _type(fields: Mapping[str, Any]) -> str:
    """What the event says it is, else what its fields make it."""
    name = _soft(text_of, fields, "type")
    if name:
        return _TYPES.get(name.strip().lower().replace(" ", "_").replace("-", "_"), "other")
    if _soft(text_of, fields, "order_id") is None:
        return "other"
    return "order_item" if _soft(text_of, fields, "product_id") or _soft(text_of, fields, "sku") else "order"


def _change(fields: Mapping[str, Any]) -> Record:
    change = fields.get("change")
    return {} if change in (None, "") else {"change": change}


def _json_list(fields: Mapping[str, Any], name: str) -> str | None:
    values = _soft(list_of, fields, name)
    return json.dumps(values, ensure_ascii=False) if values else None


def _soft(read: Callable[[Any], Value], fields: Mapping[str, Any], name: str) -> Value | None:
    """A field, or None where it cannot be read: one bad field must not lose the event."""
    try:
        return read(fields.get(name))
    except BadValueError:
        return None


def _not_below_zero(value: float | None) -> float | None:
    return value if value is not None and value >= 0 else None


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool)) and value == value and value != ""
