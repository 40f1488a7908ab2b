"""Cleaning one bronze row by itself: read, normalised, redacted, its language detected.

Nothing here looks at another row, at orders or at the catalog's products, so any engine may run it on any rows in
any order. What compares rows and looks things up is in `feedback`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from feedback_assets.silver.candidates import Candidate, letters_of
from feedback_assets.silver.fields import Item, Mappings, Problem, payload_of, personal_values, read_item
from feedback_assets.silver.language import detect
from feedback_assets.silver.names import name_parts
from feedback_assets.silver.normalise import normalise
from feedback_assets.silver.redact import Redacted, Redactor, keyed_hash, kinds_json, public_id
from feedback_assets.text import fold, text_key

Record = dict[str, Any]
# As much of a text as quarantine shows.
EXCERPT = 200
# A malformed line is looked at only so far for what could be shown of it.
_RAW_SEEN = 4_000
_RAW_TEXT = re.compile(
    r'"(?:text|review|body|content|message|comment|title)[\w]*"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE
)


@dataclass(frozen=True)
class ReadingRules:
    """What an installation says about reading feedback."""

    key: bytes = field(repr=False)
    mappings: Mappings = field(default_factory=Mappings)
    low_trust: Collection[str] = ()
    order_patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownValues:
    """What may be shown of a row.

    Attributes:
        columns: The columns of `silver/feedback` that the row alone decides; empty when it cannot be read.
        product: Product id, sku and product name as the source gives them, to be looked up.
        event_id: Its id as quarantine shows it.
        detail: The detail of its problem, if it has one.
        excerpt: The words of a row nobody could read.
    """

    columns: Record
    product: tuple[str | None, str | None, str | None]
    event_id: str | None
    detail: str | None
    excerpt: str | None


@dataclass(frozen=True)
class CleanRow:
    """One bronze row after the work that needs no other row.

    Attributes:
        read: What it is compared by, or why it cannot be read.
        cleaned: None for a row that is only there to be compared with.
    """

    day: date
    landing_object: str
    line: int
    checksum: str
    source: str | None
    read: Candidate | Problem
    cleaned: ShownValues | None

    @property
    def place(self) -> tuple[str, int]:
        """The row of bronze."""
        return (self.landing_object, self.line)


class Redactors:
    """The redactor of each day: what the catalog of that day names is no person."""

    def __init__(self, keep: Mapping[date, frozenset[str]], order_patterns: tuple[str, ...] = ()) -> None:
        self.keep = dict(keep)
        made = {names: Redactor(names, order_patterns) for names in set(keep.values())}
        self.by_day: dict[date, Redactor] = {day: made[names] for day, names in keep.items()}


def clean_rows(rows: Iterable[Record], rules: ReadingRules, redactors: Mapping[date, Redactor]) -> list[CleanRow]:
    """Each row cleaned, in order; only those of the redactors' days are cleaned."""
    return [clean_row(row, rules, redactors.get(row["day"])) for row in rows]


def clean_row(row: Record, rules: ReadingRules, redactor: Redactor | None) -> CleanRow:
    """The work one row needs by itself.

    Args:
        row: A row of `bronze/feedback`; missing values may be None, NaN or NaT.
        rules: Mappings and hashing key.
        redactor: Of the row's day; None when the row is only there to be compared with.
    """
    read = read_item(row, rules.mappings)
    source = row.get("source")
    return CleanRow(
        day=row["day"],
        landing_object=str(row["landing_object"]),
        line=int(row["line"]),
        checksum=str(row["checksum"]),
        source=str(source) if source == source and source else None,
        read=candidate_of(read, rules.key) if isinstance(read, Item) else read,
        cleaned=_cleaned(row, read, rules.key, redactor) if redactor else None,
    )


def _cleaned(row: Record, read: Item | Problem, key: bytes, redactor: Redactor) -> ShownValues:
    if isinstance(read, Item):
        product = (read.value("product_id"), read.value("sku"), read.value("product_name"))
        return ShownValues(
            _columns(read, key, redactor), product, _shown(read.event_id, read.known_values, key), None, None
        )
    names, known = personal_values(payload_of(row) or {})
    detail = redactor.redact(read.detail, names, known).text
    excerpt = _excerpt_of(row, redactor)[:EXCERPT]
    return ShownValues({}, (None, None, None), _shown(row.get("event_id"), known, key), detail, excerpt)


def _shown(event_id: object, known: Collection[str], key: bytes) -> str | None:
    return public_id(event_id, known, key) if isinstance(event_id, str) and event_id else None


def _columns(item: Item, key: bytes, redactor: Redactor) -> Record:
    redacted = _redacted(item, redactor)
    language, confidence = detect(redacted.text)
    private = _private(item)
    mirror_of = item.value("mirror_of")

    def safe(name: str) -> str | None:
        value = item.value(name)
        if not value:
            return None
        return redactor.redact(value, item.names, versions=_versions(item), region=item.value("region")).text

    def ref(value: str | None) -> str | None:
        return keyed_hash(value, key) if value else None

    return {
        "day": item.day,
        "event_id": public_id(item.event_id, private, key),
        "source": item.source,
        "channel": item.channel,
        "occurred_at": item.occurred_at,
        "received_at": item.received_at,
        "text": redacted.text,
        "text_key": text_key(redacted.text),
        "language": language,
        "language_confidence": confidence,
        "rating": item.rating,
        "variant": safe("variant"),
        "region": safe("region"),
        "store": safe("store"),
        "carrier": safe("carrier"),
        "order_ref": ref(item.value("order_id")),
        "case_ref": ref(item.value("case_id")),
        "customer_ref": ref(item.value("customer_id") or item.value("email")),
        "mirror_ref": public_id(mirror_of, private, key) if mirror_of else None,
        "device": safe("device"),
        "app_version": safe("app_version"),
        "customer_tier": safe("customer_tier"),
        "customer_value": item.numbers.get("customer_value"),
        "return_reason": safe("return_reason"),
        "sla_hours": item.numbers.get("sla_hours"),
        "signals": _signals(item, redactor),
        "redactions": len(redacted.kinds),
        "redacted_kinds": kinds_json(redacted.kinds) if redacted.kinds else None,
        "landing_object": item.landing_object,
        "line": item.line,
    }


def candidate_of(item: Item, key: bytes) -> Candidate:
    """What decides whether an item repeats another."""

    def token(value: str) -> str:
        return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()

    def ref(value: str | None) -> str:
        return token(value) if value else ""

    folded = folded_of(item.title, item.text)
    return Candidate(
        day=item.day,
        occurred_at=item.occurred_at,
        event_id=item.event_id,
        public_id=public_id(item.event_id, _private(item), key),
        landing_object=item.landing_object,
        line=item.line,
        source=item.source,
        channel=item.channel,
        author=ref(" ".join(sorted(name_parts([item.value("author") or item.value("customer_name") or ""])))),
        customer=ref((item.value("customer_id") or item.value("email") or "").lower()),
        order=ref((item.value("order_id") or "").lower()),
        event_ref=token(item.event_id),
        mirror_of=ref(item.value("mirror_of")),
        wording=ref(folded),
        words=folded.count(" ") + 1 if folded else 0,
        letters=letters_of(folded),
        folded=folded,
    )


def folded_of(title: str, text: str) -> str:
    """The words of an item as they are compared."""
    return fold(normalise(title, text))


def _private(item: Item) -> list[str]:
    """The numbers that an id must not show."""
    return [item.value("order_id") or "", item.value("customer_id") or item.value("email") or ""]


def _versions(item: Item) -> tuple[str, ...]:
    version = item.value("app_version")
    return (version,) if version else ()


def _redacted(item: Item, redactor: Redactor) -> Redacted:
    text = normalise(item.title, item.text)
    return redactor.redact(text, item.names, item.known_values, _versions(item), item.value("region"))


def _signals(item: Item, redactor: Redactor) -> str | None:
    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {redactor.redact(str(key)).text: clean(inner) for key, inner in items}
        if isinstance(value, list):
            return [clean(inner) for inner in cast("list[Any]", value)]
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            redacted = redactor.redact(str(value), item.names, item.known_values, region=item.value("region")).text
            return value if redacted == str(value) else redacted
        return value

    return json.dumps(clean(dict(item.signals)), ensure_ascii=False, sort_keys=True) if item.signals else None


def _excerpt_of(row: Record, redactor: Redactor) -> str:
    """What may be shown of a row nobody could read: its words without the personal values beside them.

    A line that is no JSON shows only what is named as text, for nobody knows what the rest of it holds.
    """
    payload = payload_of(row)
    if payload is None:
        raw = str(row.get("raw") or "")[:_RAW_SEEN]
        fragments = dict(re.findall(r'"([\w .-]{1,40})"\s*:\s*"((?:[^"\\]|\\.)*)', raw))
        names, known = personal_values(fragments)
        words = " ".join(_RAW_TEXT.findall(raw))
    else:
        names, known = personal_values(payload)
        texts = (value for value in payload.values() if isinstance(value, str) and value not in (*names, *known))
        words = max(texts, key=len, default="")
    return redactor.redact(normalise("", words), names, known).text
