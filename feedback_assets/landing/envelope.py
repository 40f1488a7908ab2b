"""The envelope around every event: how one is written as a line, and how a line is read back and judged.

Only one line at a time; files, days and tables are elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from feedback_assets.text import text_or_none


@dataclass(frozen=True)
class Envelope:
    """One event as it is landed. `occurred_at` is None when the event says no understandable time."""

    event_id: str
    source: str
    channel: str
    occurred_at: datetime | None
    received_at: datetime
    payload: dict[str, Any]
    mapping: str | None = None
    filed_because: str | None = None


@dataclass(frozen=True)
class ReadLine:
    """What a line turned out to be: an envelope's fields, or the problem why it is none."""

    event_id: str | None = None
    source: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    mapping: str | None = None
    payload: dict[str, Any] | None = None
    filed_because: str | None = None
    problem: str | None = None


def to_line(event: Envelope) -> bytes:
    """The envelope as one line of JSON with its line end, in UTF-8."""
    fields: dict[str, Any] = {
        "event_id": event.event_id,
        "source": event.source,
        "channel": event.channel,
        "occurred_at": None if event.occurred_at is None else _text(event.occurred_at),
        "received_at": _text(event.received_at),
        "payload": event.payload,
    }
    if event.mapping:
        fields["mapping"] = event.mapping
    if event.filed_because:
        fields["filed_because"] = event.filed_because
    return _encode(fields) + b"\n"


def digest(event_id: str, source: str, channel: str, occurred_at: datetime | None, payload: dict[str, Any]) -> bytes:
    """Sixteen bytes that are equal for equal events, whenever they arrived and whatever mapping reads them."""
    content = [event_id, source, channel, None if occurred_at is None else _text(occurred_at), payload]
    return hashlib.sha256(_encode(content, ordered=True)).digest()[:16]


def line_digest(line: bytes) -> tuple[bytes, ReadLine]:
    """The digest of a landed line, and the line read; what is no envelope is known by its bytes."""
    read = parse(line)
    if read.problem is not None or read.event_id is None or read.source is None or read.payload is None:
        return raw_digest(line), read
    return digest(read.event_id, read.source, read.channel or "", read.occurred_at, read.payload), read


def raw_digest(line: bytes) -> bytes:
    """Sixteen bytes that are equal for equal lines, line ends aside."""
    return hashlib.sha256(line.rstrip(b"\r\n")).digest()[:16]


def parse(line: bytes) -> ReadLine:
    """Read one line. Never raises: what is no envelope comes back with its problem.

    An envelope needs `event_id`, `source` and an object `payload`; a time that cannot be read is left out.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return ReadLine(problem=f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}")
    try:
        loaded: Any = json.loads(text)
    except json.JSONDecodeError as error:
        return ReadLine(problem=f"not JSON: {error.msg} at character {error.pos + 1}")
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of too many digits
        return ReadLine(problem=f"not readable JSON: {error}")
    if not isinstance(loaded, dict):
        return ReadLine(problem="not an object: an envelope is {…} with event_id, source and payload")
    return _read_envelope(cast("dict[str, Any]", loaded))


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time as UTC; one without a zone is UTC; None when it is no time."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_envelope(fields: dict[str, Any]) -> ReadLine:
    event_id, source, payload = fields.get("event_id"), fields.get("source"), fields.get("payload")
    if not isinstance(event_id, str) or not event_id:
        return ReadLine(problem="event_id is missing or is no text")
    if not isinstance(source, str) or not source:
        return ReadLine(problem="source is missing or is no text")
    if not isinstance(payload, dict):
        return ReadLine(problem="payload is missing or is no object")
    return ReadLine(
        event_id=event_id,
        source=source,
        channel=text_or_none(fields.get("channel")),
        occurred_at=parse_time(fields.get("occurred_at")),
        received_at=parse_time(fields.get("received_at")),
        mapping=text_or_none(fields.get("mapping")),
        payload=cast("dict[str, Any]", payload),
        filed_because=text_or_none(fields.get("filed_because")),
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _encode(value: object, *, ordered: bool = False) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=ordered, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot hold but a JSON escape can
        return json.dumps(value, sort_keys=ordered, separators=(",", ":")).encode("ascii")
