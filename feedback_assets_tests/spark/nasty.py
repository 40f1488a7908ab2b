"""Rows of bronze made to differ between engines, if anything can: texts, types, times and nulls at their edges."""

# ruff: noqa: E501 - rows read worse when broken
from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

from feedback_assets import tables
from feedback_assets.config.mappings import Mapping
from feedback_assets.lake.store import Lake
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.fields import Mappings
from feedback_assets_tests.silver.rows import DAY, at, bronze_row, frame

RULES = ReadingRules(
    key=b"k" * 32,
    mappings=Mappings(
        {
            "shop": Mapping(name="shop", stream="feedback", source="shop", fields={"text": ["was", "warum"], "rating": "note"}),
            "other": Mapping(name="other", stream="catalog", source="shop", fields={"product_id": "id"}),
        },
        {"broken": "mappings/broken.yaml: not YAML"},
    ),
    low_trust=("social", "forum"),
    order_patterns=(r"\bAB-\d{4}\b",),
)  # fmt: skip
PAYLOADS: list[dict[str, Any]] = [
    {"text": "It broke\x00 after\r\ntwo\u2028days \ufeff", "rating": "4/5"},
    {"text": "half a pair \ud83d here", "variant": "blue \udc00", "rating": 3},
    {"text": "👩‍👩‍👧‍👦 family pack ﷽ ‮reversed‬ Ａｐｐ", "rating": "★★★☆☆"},
    {"text": "x" * 30_000 + " jane@example.com"},
    {"text": "Call Jane O'Neil-Smith on +44 7700 900123, order AB-1234, IBAN DE89370400440532013000", "author": "Jane O'Neil-Smith"},
    {"text": "", "title": "", "rating": 1, "order_id": 12345678901234567890},
    {"text": "", "return_reason": "arrived broken", "customer_id": "C-77", "customer_value": 1e308},
    {"text": 17},
    {"text": "rated wrongly", "rating": "7 of 5"},
    {"text": "a number too big", "customer_value": float("inf")},
    {"text": "not a number", "customer_value": float("nan"), "rating": float("nan")},
    {"text": "signals", "signals": {"deep": [{"mail": "jo@example.org", "n": 2**70, "f": 0.1 + 0.2, "t": True, "z": None}]}},
    {"text": "negative hours", "sla_hours": -1},
    {"text": "Straße İstanbul ﬁne ΟΔΟΣ", "region": "Île-de-France", "app_version": "10.0.0.1", "device": "10.0.0.1"},
    {"text": "मुझे यह पसंद नहीं आया, ऐप बंद हो जाता है", "app_version": "5.1"},
    {"text": "Die Lampe Aurora flackert, 10115 Berlin, Invalidenstraße 44", "product_name": "Aurora Lmp"},
    {"text": "<NAME> wrote &lt;b&gt;this&lt;/b&gt; <script>", "email": "Jane@Example.COM"},
    {"content": {"nested": "text"}, "text": None, "stars": "5 stars"},
]  # fmt: skip
STRANGE: list[dict[str, Any]] = [
    {"payload": "[1, 2", "raw": '{"name": "Jane Roe", "text": "half a line by Jane Roe'},
    {"payload": None, "raw": "\x00\x01\x02"},
    {"payload": '"only text"'},
    {"payload": "{}" },
    {"payload": '{"text": "' + "[" * 2_000 + '"}'},
    {"mapping": "shop", "payload": json.dumps({"was": "mapped", "warum": "from two columns", "note": "2"})},
    {"mapping": "broken"},
    {"mapping": "unknown"},
    {"mapping": "other"},
    {"problem": "line 7: no JSON: Jane Roe"},
    {"filed_because": "occurred_at lies in the future"},
    {"occurred_at": None, "filed_because": "no date"},
    {"received_at": None, "channel": None},
    {"event_id": None},
    {"event_id": "mail-jane@example.com-1", "payload": json.dumps({"text": "hm", "email": "jane@example.com"})},
    {"source": None},
    {"channel": "Google Play"},
]  # fmt: skip


def bronze() -> list[dict[str, Any]]:
    """Three days of them, with repeats, copies, a campaign and rows one microsecond from midnight."""
    rows = [
        bronze_row(f"n{n}", when=at(1 + n / 10), line=8_000 + n, payload=json.dumps(told))
        for n, told in enumerate(PAYLOADS)
    ]
    rows += [bronze_row(f"s{n}", when=at(20 + n / 100), line=9_000 + n) | more for n, more in enumerate(STRANGE)]
    rows += [
        bronze_row("edge-1", {"text": "the very first moment"}, when=at(0)),
        bronze_row("edge-2", {"text": "the very last moment"}, when=at(24) - timedelta(microseconds=1)),
        bronze_row("late", {"text": "It broke after two days"}, when=at(12, DAY + timedelta(days=1))),
        bronze_row("n3", {"text": "x" * 30_000 + " jane@example.com"}, when=at(12, DAY + timedelta(days=2))),
        bronze_row("n4", {"text": "same id, other source"}, when=at(13, DAY + timedelta(days=2)), source="mall"),
    ]
    for n in range(30):
        told = {"text": f"never buy from this shop again they are all thieves {'!' * (n % 3)}", "author": f"user{n}"}
        rows.append(bronze_row(f"c{n}", told, when=at(15 + n / 60), source="forum", channel="forum"))
    words = [
        "broken",
        "late",
        "blue",
        "again",
        "never",
        "lamp",
        "app",
        "crash",
        "refund",
        "jane",
        "berlin",
        "10115",
        "07700900123",
        "AB-1234",
        "ok",
    ]
    chance = random.Random(7)
    for n in range(300):
        told = {"text": " ".join(chance.choices(words, k=chance.randint(0, 12))), "rating": chance.randint(0, 6)}
        rows.append(bronze_row(f"r{n}", told, when=at(chance.uniform(0, 72) % 23, DAY + timedelta(days=n % 3))))
    return rows


def fill(lake: Lake) -> None:
    """The lake as it stands before silver."""
    rows = frame(bronze(), tables.BRONZE_FEEDBACK)
    lake.write_days(tables.BRONZE_FEEDBACK, rows, DAY, DAY + timedelta(days=3), {})
    catalog = {
        "day": DAY,
        "event_id": "p",
        "source": "shop",
        "product_id": "p1",
        "product_name": "Aurora Lamp",
        "occurred_at": at(0),
    }
    lake.write_days(
        tables.SILVER_CATALOG, frame([catalog], tables.SILVER_CATALOG), DAY, DAY + timedelta(days=1), {}
    )  # fmt: skip
