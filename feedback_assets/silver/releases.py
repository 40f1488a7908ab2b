"""Release events read into `silver/releases`: one row for each change shipped, its product resolved.

What cannot be read is counted by reason and stays in bronze. Which release an item falls under: `active_releases`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.silver.fields import Mappings, payload_of
from feedback_assets.silver.products import Catalog, Catalogs
from feedback_assets.silver.redact import Redactor
from feedback_assets.silver.values import BadValueError, list_of, text_of, time_of
from feedback_assets.text import fold, text_or_none, version_key

Record = dict[str, Any]
Value = TypeVar("Value")
_KINDS = {
    "app": "app", "mobile": "app", "version": "app", "release": "app", "android": "app", "ios": "app",
    "site": "site", "web": "site", "deployment": "site", "deploy": "site", "backend": "site", "service": "site",
    "flag": "flag", "feature flag": "flag", "toggle": "flag", "experiment": "flag",
    "catalogue": "catalogue", "catalog": "catalogue", "listing": "catalogue", "product": "catalogue",
    "process": "process", "policy": "process", "operations": "process",
    "incident": "incident", "outage": "incident",
}  # fmt: skip


@dataclass
class Read:
    """The rows, and how many lines were left out by reason."""

    frame: pd.DataFrame
    left_out: Counter[str] = field(default_factory=Counter[str])
    left_out_by_day: Counter[date] = field(default_factory=Counter[date])


def build_releases(
    bronze: pd.DataFrame, catalog: pd.DataFrame, days: Sequence[date], mappings: Mappings, zone: str = "UTC"
) -> Read:
    """`silver/releases` of some days.

    Args:
        bronze: `bronze/releases` of those days.
        catalog: `silver/catalog` as `products.catalog_of` reads it for the days.
        days: The days to compute.
        mappings: The saved mappings.
        zone: Zone of times that name none, where the mapping says nothing else.
    """
    wanted = bronze[bronze["day"].isin(list(days))].sort_values(["day", "landing_object", "line"], kind="stable")
    catalogs, read = Catalogs(catalog), Read(pd.DataFrame())
    redactors: dict[int, Redactor] = {}
    records: dict[tuple[date, str], Record] = {}
    for row in wanted.to_dict("records"):
        products = catalogs.on(row["day"])
        redactor = redactors.setdefault(id(products), Redactor(products.names()))
        record = _release({str(name): value for name, value in row.items()}, mappings, products, redactor, zone)
        if not isinstance(record, str) and (record["day"], record["event_id"]) in records:
            record = "repeated"
        if isinstance(record, str):
            read.left_out[record] += 1
            read.left_out_by_day[row["day"]] += 1
        else:
            records[record["day"], record["event_id"]] = record
    frame = pd.DataFrame(list(records.values()), columns=list(tables.SILVER_RELEASES.column_names))
    read.frame = conform(frame, tables.SILVER_RELEASES)
    return read


def _release(row: Record, mappings: Mappings, catalog: Catalog, redactor: Redactor, zone: str) -> Record | str:
    """The row of a release, or why there is none."""
    payload, event_id, source = payload_of(row), text_or_none(row["event_id"]), text_or_none(row["source"])
    if payload is None or event_id is None or source is None:
        return "not_an_envelope"
    named = text_or_none(row["mapping"])
    mapping = mappings.known.get(named) if named else None
    if named and (mapping is None or mapping.stream != "releases"):
        return "unknown_mapping"
    fields: Mapping[str, Any] = mapping.read(payload) if mapping else payload
    version, name = _soft(text_of, fields, "version"), _soft(text_of, fields, "name")
    release_id = _soft(text_of, fields, "release_id")
    if not (version or name or release_id):
        return "names_nothing"
    at = _at(row, fields, ZoneInfo(mapping.timezone if mapping and mapping.timezone else zone))
    if at is None:
        return "undated"
    called = name or version or release_id or ""
    notes = _soft(text_of, fields, "notes")
    versions = (version,) if version else ()
    resolved = catalog.resolve(
        _soft(text_of, fields, "product_id"), _soft(text_of, fields, "sku"), _soft(text_of, fields, "product_name"), (),
        f"{called} {notes or ''}",
    )  # fmt: skip

    def safe(value: str | None) -> str | None:
        return redactor.redact(value, versions=versions).text if value else None

    product = resolved.product
    regions = [name for name in (safe(region) for region in _regions(fields)) if name]
    return {
        "day": row["day"],
        "event_id": event_id,
        "source": source,
        "release_id": release_id or event_id,
        "kind": _kind(_soft(text_of, fields, "kind"), version, product is not None),
        "name": safe(called),
        "version": version,
        "version_key": version_key(version) if version else None,
        "at": at,
        "regions": json.dumps(regions, ensure_ascii=False) if regions else None,
        "product_id": product.product_id if product else None,
        "product_match": resolved.match,
        "notes": safe(notes),
        "commits": _commits(fields),
        "derived": payload.get("derived") is True,
    }


def _kind(name: str | None, version: str | None, of_product: bool) -> str:
    """What the source calls it, else what its fields make it."""
    if name:
        return _KINDS.get(fold(name), "other")
    return "app" if version else "catalogue" if of_product else "other"


def _at(row: Record, fields: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    at = _soft(lambda value: time_of(value, zone), fields, "at")
    if at is not None:
        return at
    occurred = row["occurred_at"]
    return None if occurred is None or occurred != occurred else occurred


def _regions(fields: Mapping[str, Any]) -> list[str]:
    return _soft(list_of, fields, "region") or _soft(list_of, fields, "regions") or []


def _commits(fields: Mapping[str, Any]) -> str | None:
    ends = [_soft(text_of, fields, name) for name in ("first_commit", "last_commit")]
    known = [end for end in ends if end]
    return "..".join(known) or None


def _soft(read: Callable[[Any], Value], fields: Mapping[str, Any], name: str) -> Value | None:
    """A field, or None where it cannot be read: one bad field must not lose the event."""
    try:
        return read(fields.get(name))
    except BadValueError:
        return None
