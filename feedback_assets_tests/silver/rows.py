"""Bronze rows for tests of the silver room."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake import frames
from feedback_assets.lake.cache import RowCache
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.feedback import Silver, build
from feedback_assets.tables import Table

DAY = date(2026, 3, 10)
RULES = ReadingRules(key=b"k" * 32, low_trust=("social", "forum"))


def at(hours: float = 12, day: date = DAY) -> datetime:
    """A moment of the day."""
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hours)


def bronze_row(
    event_id: str,
    told: dict[str, Any] | None = None,
    *,
    when: datetime | None = None,
    source: str = "shop",
    channel: str = "product_review",
    line: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One row of bronze as the door writes it."""
    when = when or at()
    text: str | None = json.dumps(told or {"text": "It broke after two days"}, ensure_ascii=False)
    return {
        "day": when.date(),
        "event_id": event_id,
        "source": source,
        "channel": channel,
        "occurred_at": when,
        "received_at": when,
        "mapping": None,
        "payload": text,
        "raw": text or "",
        "landing_object": f"feedback/day={when.date()}/{source}-1.jsonl",
        "line": line if line is not None else zlib.crc32(f"{event_id} {source} {text}".encode()) + 1,
        "checksum": "c" * 64,
        "problem": None,
        "filed_because": None,
        **more,
    }  # fmt: skip


def frame(rows: list[dict[str, Any]], table: Table) -> pd.DataFrame:
    """Rows as the lake would hand them over."""
    full = [dict.fromkeys(table.column_names) | row for row in rows]
    return frames.conform(pd.DataFrame(full, columns=list(table.column_names)), table)


def silver(
    rows: list[dict[str, Any]],
    days: list[date] | None = None,
    rules: ReadingRules = RULES,
    catalog: list[dict[str, Any]] | None = None,
    commerce: list[dict[str, Any]] | None = None,
    cache: RowCache | None = None,
) -> Silver:
    """Silver of these bronze rows."""
    return build(
        frame(rows, tables.BRONZE_FEEDBACK),
        frame(catalog or [], tables.SILVER_CATALOG),
        frame(commerce or [], tables.SILVER_COMMERCE),
        days or sorted({row["day"] for row in rows}),
        rules,
        cache=cache,
    )  # fmt: skip
