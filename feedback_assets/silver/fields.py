"""A bronze row read through its mapping: the canonical fields of one item, or why it cannot be read.

Nothing is normalised, redacted or resolved here, and no row is compared with another.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import json
import re
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

from feedback_assets.config.mappings import Mapping
from feedback_assets.silver.values import BadValueError, number_of, object_of, text_of
from feedback_assets.tables import CHANNELS

# What a text is called in payloads that come without a mapping, best first.
TEXT_NAMES = (
    "text", "content", "review", "body", "message", "comment", "review_text", "review_body", "reviewtext", "review_content",
    "comment_text", "feedback", "description", "verbatim", "review_comment_message", "transcript", "answer", "note",
)  # fmt: skip
_TITLE_NAMES = ("title", "headline", "summary", "subject", "review_title")
_RATING_NAMES = ("rating", "score", "stars", "review_score", "star_rating", "overall")
_CHANNEL_ALIASES = {
    "review": "product_review", "reviews": "product_review", "product": "product_review", "marketplace": "product_review",
    "app": "app_review", "appstore": "app_review", "app_store": "app_review", "play": "app_review", "play_store": "app_review",
    "google_play": "app_review", "ticket": "support_ticket", "tickets": "support_ticket", "support": "support_ticket",
    "email": "support_ticket", "mail": "support_ticket", "call": "support_ticket", "return": "return_reason", "returns": "return_reason",
    "nps": "survey", "csat": "survey", "livechat": "chat", "twitter": "social", "tweet": "social", "x": "social", "facebook": "social",
    "instagram": "social", "reddit": "social", "community": "forum", "discourse": "forum",
}  # fmt: skip
# Payload keys that hold a person's name, or another value of theirs, whatever the mapping says of them.
_NAME_KEY = re.compile(
    r"^(?:customer|user|author|reviewer|buyer|client|full|first|last|given|family|sur|sender|contact|requester|display|nick)?_?(?:name|nickname|username|author|reviewer)s?$"
    r"|^(?:author|reviewer|sender|requester|signature|signed_by|from_name|vorname|nachname|prenom|nombre|apellidos?|nome|sobrenome|kunde|cliente)$"
)
_VALUE_KEY = re.compile(
    r"mail|phone|telef|telé|mobil|handy|celular|address|adress|street|stra(?:ss|ß)e|postcode|zip|iban|card_?n|passport|tax_?id|cpf|dni|ssn|^ip$|ip_?addr|handle|twitter|instagram"
    r"|^(?:order|customer|case|ticket|invoice|account|tracking|user|buyer|client)_?(?:id|no|nr|number|ref|reference|code)$"
)
_NOT_PERSONAL_KEY = re.compile(r"product|item|sku|app|store|shop|brand|channel|model|device|variant|file")
_RATING = re.compile(
    r"^\s*([+-]?\d+(?:[.,]\d+)?)\s*(?:(?:/|of|out of|von|de|sur)\s*(\d+)|stars?|sterne?|étoiles?|estrellas?|estrelas?|★+)?\s*$",
    re.IGNORECASE,
)
_MAYBE_SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
_STARS = re.compile(r"^[★⭐️☆\s]+$")


@dataclass(frozen=True)
class Problem:
    """Why a row goes to quarantine, in the words of `silver/quarantine`."""

    reason: str
    detail: str
    fix: str


@dataclass(frozen=True)
class Item:
    """One item in canonical fields, as its source sent it; nothing is redacted yet."""

    day: date
    event_id: str
    source: str
    channel: str
    occurred_at: datetime
    received_at: datetime | None
    title: str
    text: str
    rating: float | None
    values: MappingABC[str, str]
    numbers: MappingABC[str, float]
    signals: MappingABC[str, Any] | None
    names: tuple[str, ...]
    known_values: tuple[str, ...]
    landing_object: str
    line: int
    checksum: str

    def value(self, name: str) -> str | None:
        """A field as text; None when the source does not say."""
        return self.values.get(name)


@dataclass(frozen=True)
class Mappings:
    """The saved mappings by name, and for those that cannot be read, why."""

    known: MappingABC[str, Mapping] = field(default_factory=dict[str, Mapping])
    broken: MappingABC[str, str] = field(default_factory=dict[str, str])


_TEXTS = (
    "product_id", "sku", "product_name", "variant", "region", "store", "order_id", "case_id", "customer_id", "customer_name", "author",
    "email", "phone", "address", "mirror_of", "device", "app_version", "customer_tier", "return_reason", "carrier", "language",
)  # fmt: skip


def read_item(row: MappingABC[str, Any], mappings: Mappings) -> Item | Problem:
    """One bronze row as an item, or the problem that sends it to quarantine.

    Args:
        row: A row of `bronze/feedback`; missing values may be None, NaN or NaT.
        mappings: The saved mappings.
    """
    problem = _envelope_problem(row)
    if problem is not None:
        return problem
    payload = payload_of(row)
    if payload is None:
        return Problem("not_an_envelope", "payload is no JSON object", "send the payload as a JSON object")
    named = _present(row.get("mapping"))
    mapping = mappings.known.get(named) if named else None
    if named and mapping is None:
        why = mappings.broken.get(named, f"no mapping {named!r} is saved")
        return Problem("unknown_mapping", why, f"save the mapping as mappings/{named}.yaml and run the day again")
    if mapping is not None and mapping.stream != "feedback":
        return Problem(
            "unknown_mapping",
            f"mapping {named!r} reads the stream {mapping.stream}",
            f"set `stream: feedback` in mappings/{named}.yaml",
        )
    try:
        return _item(row, payload, mapping.read(payload) if mapping else _canonical(payload))
    except _FieldError as error:
        place = f"mappings/{named}.yaml or the source" if named else "the source"
        return Problem("bad_field", str(error), f"correct {error.field!r} in {place} and land or run it again")


def words_of(payload: object, named: object, mappings: Mappings) -> tuple[str, str]:
    """Title and text of a row that `read_item` could read; both empty of one it could not.

    Args:
        payload: As the row has it.
        named: Its mapping, if it has one.
        mappings: The saved mappings.
    """
    read = payload_of({"payload": payload})
    mapping = mappings.known.get(_present(named))
    if read is None or (mapping is None and _present(named)):
        return "", ""
    try:
        return _title_and_text(mapping.read(read) if mapping else _canonical(read))
    except _FieldError:
        return "", ""


def payload_of(row: MappingABC[str, Any]) -> dict[str, Any] | None:
    """The payload as an object; None when it is no JSON object."""
    payload = row.get("payload")
    if not isinstance(payload, str):
        return None
    try:
        read: Any = json.loads(payload)
    except (json.JSONDecodeError, RecursionError):
        return None
    if _MAYBE_SURROGATE.search(payload):
        # Half of an emoji, cut in two by the source: no table could hold it.
        whole = json.dumps(read, ensure_ascii=False).encode("utf-16", "surrogatepass")
        read = json.loads(whole.decode("utf-16", "replace"))
    return cast("dict[str, Any]", read) if isinstance(read, dict) else None


def personal_values(payload: MappingABC[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and other personal values a payload holds under telling keys, at any depth of two."""
    names: list[str] = []
    values: list[str] = []
    for key, value in payload.items():
        inner = cast("dict[Any, Any]", value).items() if isinstance(value, dict) else [(key, value)]
        for name, inner_value in inner:
            if not isinstance(inner_value, (str, int)) or isinstance(inner_value, bool) or not str(inner_value).strip():
                continue
            plain = str(name).strip().lower().replace(" ", "_").replace("-", "_")
            if _NOT_PERSONAL_KEY.search(plain):
                continue
            if _NAME_KEY.search(plain):
                names.append(str(inner_value).strip())
            elif _VALUE_KEY.search(plain):
                values.append(str(inner_value).strip())
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(values))


class _FieldError(ValueError):
    def __init__(self, field: str, value: object, problem: str) -> None:
        super().__init__(f"{field}: {str(value)[:80]!r} {problem}")
        self.field = field


def _envelope_problem(row: MappingABC[str, Any]) -> Problem | None:
    if _present(row.get("problem")):
        return Problem("not_an_envelope", str(row["problem"]), "correct the line at its source and land it again")
    why = _present(row.get("filed_because"))
    if not _present(row.get("occurred_at")):
        return Problem(
            "undated", why or "occurred_at is missing", "name the column that holds the date, or send occurred_at"
        )
    if why:
        return Problem("wrong_day", why, "correct occurred_at, or the first day in the settings, and land it again")
    if not _present(row.get("event_id")) or not _present(row.get("source")):
        return Problem("not_an_envelope", "event_id or source is empty", "send both and land it again")
    if _utc(row["occurred_at"]).date() != row["day"]:
        return Problem("wrong_day", f"occurred_at is not on {row['day']}", "land it under the UTC day it happened on")
    return None


def _canonical(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload's own canonical fields, with the common other names of title, text and rating."""
    lowered = {str(key).strip().lower(): value for key, value in payload.items()}
    fields = {**lowered, **payload}
    for name, aliases in (("text", TEXT_NAMES), ("title", _TITLE_NAMES), ("rating", _RATING_NAMES)):
        if fields.get(name) in (None, ""):
            fields[name] = next(
                (fields[alias] for alias in aliases if fields.get(alias) not in (None, "", {}, [])), None
            )
    return fields


def _item(row: MappingABC[str, Any], payload: dict[str, Any], fields: MappingABC[str, Any]) -> Item | Problem:
    values = {name: text for name in _TEXTS if (text := _text(fields, name)) is not None}
    numbers = {
        name: number for name in ("customer_value", "sla_hours") if (number := _number(fields, name)) is not None
    }
    if numbers.get("sla_hours", 0) < 0:
        raise _FieldError("sla_hours", numbers["sla_hours"], "is below zero")
    title, text = _title_and_text(fields)
    rating = _rating(fields)
    if not text and not title.strip() and rating is None:
        return Problem(
            "empty_text",
            "neither text nor rating nor return_reason",
            "map the column that holds the text, or leave it: nothing was said",
        )
    names, known = personal_values(payload)
    # A bare `name` is the customer's, unless the mapping says it is the product's.
    names = tuple(name for name in names if name not in (values.get("product_name"), values.get("store")))
    return Item(
        day=row["day"],
        event_id=str(row["event_id"]),
        source=str(row["source"]),
        channel=channel_of(_present(row.get("channel")) or ""),
        occurred_at=_utc(row["occurred_at"]),
        received_at=_utc(row["received_at"]) if _present(row.get("received_at")) else None,
        title=title,
        text=text,
        rating=rating,
        values=values,
        numbers=numbers,
        signals=_signals(fields),
        names=tuple(dict.fromkeys((*names, *(values[key] for key in ("customer_name", "author") if key in values)))),
        known_values=tuple(
            dict.fromkeys(
                (
                    *known,
                    *(
                        values[key]
                        for key in ("email", "phone", "address", "order_id", "case_id", "customer_id")
                        if key in values
                    ),
                )
            )
        ),
        landing_object=str(row["landing_object"]),
        line=int(row["line"]),
        checksum=str(row["checksum"]),
    )


def channel_of(name: str) -> str:
    """The channel as one of `tables.CHANNELS`; `other` for one nobody knows."""
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    return plain if plain in CHANNELS else _CHANNEL_ALIASES.get(plain, "other")


def _text(fields: MappingABC[str, Any], name: str) -> str | None:
    try:
        return text_of(fields.get(name))
    except BadValueError as error:
        raise _FieldError(name, fields[name], f"{error}; send text") from error


def _number(fields: MappingABC[str, Any], name: str) -> float | None:
    try:
        return number_of(fields.get(name))
    except BadValueError as error:
        raise _FieldError(name, fields[name], f"{error}; send a number") from error


def _title_and_text(fields: MappingABC[str, Any]) -> tuple[str, str]:
    """What was said; where nothing was, the reason given with a return."""
    title, text = _words(fields, "title"), _words(fields, "text")
    return title, text if text.strip() or title.strip() else _text(fields, "return_reason") or ""


def _words(fields: MappingABC[str, Any], name: str) -> str:
    """Title or text as it stands; unlike ids, a number here is a broken column."""
    value = fields.get(name)
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if not isinstance(value, str):
        raise _FieldError(name, value, "is no text; map the column that holds the words")
    return value


def _rating(fields: MappingABC[str, Any]) -> float | None:
    """The rating brought to 1 to 5. Scales of ten and more begin at 0, smaller ones at 1."""
    value = fields.get("rating")
    try:
        written = text_of(value)
        scale = number_of(fields.get("rating_scale")) or 5.0
    except BadValueError as error:
        raise _FieldError("rating", value, f"{error}; send a number") from error
    if written is None:
        return None
    if _STARS.match(written) and "★" in written.replace("⭐", "★"):
        return float(min(5, written.replace("⭐", "★").count("★")))
    match = _RATING.match(written)
    if match is None:
        raise _FieldError("rating", written, "is no number; send a number")
    number = float(match.group(1).replace(",", "."))
    scale = float(match.group(2)) if match.group(2) else scale
    lowest = 0.0 if scale >= 10 else 1.0
    if scale <= 1 or not lowest <= number <= scale:
        raise _FieldError("rating", written, f"is outside {lowest:g} to {scale:g}; state the scale as rating_scale")
    return number if scale == 5 else round(1 + 4 * (number - lowest) / (scale - lowest), 4)


def _signals(fields: MappingABC[str, Any]) -> dict[str, Any] | None:
    try:
        return object_of(fields.get("signals"))
    except BadValueError as error:
        raise _FieldError("signals", fields.get("signals"), f"{error}; send a JSON object") from error


def _present(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _utc(value: Any) -> datetime:
    moment: datetime = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
