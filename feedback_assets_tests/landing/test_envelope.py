from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.landing.envelope import Envelope, digest, line_digest, parse, to_line

MOMENT = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _event(payload: dict, **more: object) -> Envelope:
    fields = {"event_id": "1", "source": "shop", "channel": "chat", "occurred_at": MOMENT, "received_at": MOMENT}
    return Envelope(payload=payload, **{**fields, **more})  # type: ignore[arg-type]


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_any_payload_comes_back_as_it_was_and_fits_one_line(payload: dict) -> None:
    line = to_line(_event(payload))
    read = parse(line)
    assert (read.payload, read.problem, read.occurred_at) == (payload, None, MOMENT)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")


@given(st.binary())
def test_no_line_whatever_it_holds_raises(line: bytes) -> None:
    read = parse(line)
    assert (read.problem is None) == (read.event_id is not None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not an object"),
        (b"\xff{}", "not UTF-8"),
        (b'{"source":"a","payload":{}}', "event_id"),
        (b'{"event_id":"","source":"a","payload":{}}', "event_id"),
        (b'{"event_id":"1","payload":{}}', "source"),
        (b'{"event_id":"1","source":"a","payload":"x"}', "payload"),
        (b"[" * 100_000, "not"),
        (b"9" * 10_000, "not"),
    ],
)
def test_a_line_that_is_no_envelope_says_why(line: bytes, problem: str) -> None:
    assert problem in (parse(line).problem or "")


def test_an_unreadable_time_leaves_the_envelope_readable() -> None:
    read = parse(b'{"event_id":"1","source":"a","payload":{},"occurred_at":"soon","received_at":17}')
    assert (read.problem, read.occurred_at, read.received_at) == (None, None, None)


def test_times_come_back_in_utc() -> None:
    east = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert b'"2026-03-09T23:30:00Z"' in to_line(_event({}, occurred_at=east))


def test_half_a_surrogate_pair_is_kept_as_an_escape() -> None:
    line = to_line(_event({"text": "\ud83d"}))
    assert rb"\ud83d" in line
    assert parse(line).payload == {"text": "\ud83d"}


def test_equal_events_have_equal_digests_whenever_they_arrived_and_whatever_mapping_reads_them() -> None:
    first = to_line(_event({"a": 1, "b": 2}))
    later = to_line(_event({"b": 2, "a": 1}, received_at=MOMENT + timedelta(days=3), mapping="other"))
    assert line_digest(first)[0] == line_digest(later)[0]
    assert line_digest(first)[0] == digest("1", "shop", "chat", MOMENT, {"a": 1, "b": 2})
    assert line_digest(first)[0] != line_digest(to_line(_event({"a": 1, "b": 3})))[0]
