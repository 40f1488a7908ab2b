"""Turns lines of landing into rows of bronze: exactly as received, with object, line number and checksum.

Pure: reading objects is `landing_files`, writing the table is the lake's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from feedback_assets.lake.frames import conform
from feedback_assets.landing import envelope
from feedback_assets.tables import Table

# day, path of the object below the landing root, number of the line in it, the line's bytes
Line = tuple[date, str, int, bytes]


def bronze_frame(lines: Iterable[Line], table: Table) -> pd.DataFrame:
    """One row for each line, in the order given.

    A line that is no envelope has a `problem` and no event; one with a time nobody can read has no `occurred_at`.
    """
    rows = [_row(*line) for line in lines]
    return conform(pd.DataFrame(rows, columns=list(table.column_names)), table)


def _row(day: date, path: str, number: int, line: bytes) -> dict[str, Any]:
    read = envelope.parse(line)
    return {
        "day": day,
        "event_id": _clean(read.event_id),
        "source": _clean(read.source),
        "channel": _clean(read.channel),
        "occurred_at": read.occurred_at,
        "received_at": read.received_at,
        "mapping": _clean(read.mapping),
        "payload": None if read.payload is None else payload_text(read.payload),
        "raw": line.decode("utf-8", "replace"),
        "landing_object": path,
        "line": number,
        "checksum": hashlib.sha256(line).hexdigest(),
        "problem": read.problem,
        "filed_because": _clean(read.filed_because),
    }


def payload_text(payload: dict[str, Any]) -> str:
    """The payload as JSON text. Half of a surrogate pair, which no table can hold, becomes U+FFFD; `raw` keeps it."""
    return _clean(json.dumps(payload, ensure_ascii=False, sort_keys=True)) or ""


def _clean(text: str | None) -> str | None:
    if text is None or text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
