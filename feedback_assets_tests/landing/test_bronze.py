from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime

from feedback_assets import tables
from feedback_assets.lake import contract
from feedback_assets.landing.bronze import bronze_frame
from feedback_assets.landing.envelope import Envelope, to_line

DAY = date(2026, 3, 9)
MOMENT = datetime(2026, 3, 9, 10, tzinfo=UTC)
TABLE = tables.BRONZE_FEEDBACK


def _line(**more: object) -> bytes:
    fields = {"event_id": "1", "source": "s", "channel": "chat", "occurred_at": MOMENT, "received_at": MOMENT}
    return to_line(Envelope(payload={"b": "ü", "a": 1}, **{**fields, **more})).rstrip()  # type: ignore[arg-type]


def test_a_row_is_the_line_as_received_with_its_place_and_checksum() -> None:
    line = _line(mapping="m", filed_because="no date")
    (row,) = bronze_frame([(DAY, "feedback/day=2026-03-09/s-1.jsonl", 4, line)], TABLE).to_dict("records")
    assert row["raw"] == line.decode() and row["checksum"] == hashlib.sha256(line).hexdigest()
    assert (row["line"], row["day"], row["mapping"], row["filed_because"]) == (4, DAY, "m", "no date")
    assert row["payload"] == '{"a": 1, "b": "ü"}' and row["occurred_at"] == MOMENT


def test_whatever_lies_in_landing_keeps_the_contract() -> None:
    lines = [
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b'{"event_id":"1","source":"s","payload":{"t":"\\ud83d"}}',
        _line(occurred_at=None),
    ]
    frame = bronze_frame([(DAY, "o", n, line) for n, line in enumerate(lines, 1)], TABLE)
    assert contract.check_contract(frame, TABLE).passed
    assert frame["problem"].isna().tolist() == [False] * 4 + [True] * 2
    assert frame["event_id"].isna().tolist() == [True] * 4 + [False] * 2
    assert frame["checksum"][0] == hashlib.sha256(b"\xff\xfe").hexdigest() and frame["raw"][0] == "\ufffd\ufffd"
    assert json.loads(frame["payload"][4]) == {"t": "\\ud83d"} or "\ufffd" in frame["payload"][4]
    assert frame["occurred_at"].isna().tolist() == [True] * 6


def test_a_day_without_lines_is_an_empty_frame() -> None:
    frame = bronze_frame([], TABLE)
    assert frame.empty and tuple(frame.columns) == TABLE.column_names
