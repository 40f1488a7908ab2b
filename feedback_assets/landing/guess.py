"""Guesses which column is which from well-known header names, so that common exports need no mapping.

Pure: names in, proposals out. Whether a guess is used, and with what flags beside it, is decided in `choose`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from feedback_assets.config.mappings import column as value_of
from feedback_assets.landing.times import TimeStyle, read_time

# Our field -> names other systems give it, folded (`review_comment_message`), the surest first.
_FEEDBACK: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "content", "review_text", "review_comment_message", "comment_message", "review_body", "body", "message",
        "comment", "comments", "review", "feedback", "feedback_text", "description", "verbatim", "answer", "response",
        "open_text", "tweet", "post", "reviews", "transcript", "return_comment", "texto", "comentario", "kommentar",
        "bewertung", "commentaire", "avis",
    ),
    "title": (
        "title", "review_title", "review_comment_title", "comment_title", "subject", "headline", "summary", "titulo",
        "titel", "betreff", "titre",
    ),
    "rating": (
        "rating", "score", "review_score", "stars", "star_rating", "review_rating", "overall", "nps", "nps_score",
        "nota", "sterne", "evaluation", "grade",
    ),
    "rating_scale": ("rating_scale",),
    "product_id": ("product_id", "asin", "item_id", "productid", "app", "app_id", "package_name", "bundle_id"),
    "sku": ("sku", "product_sku", "variant_sku", "article_number", "artikelnummer"),
    "product_name": ("product_name", "product", "product_title", "item_name", "airline", "produto"),
    "variant": ("variant", "variant_title", "size", "colour", "color"),
    "region": ("region", "country", "country_code", "market", "locale_country", "storefront", "territory", "pais"),
    "store": ("store", "store_id", "branch"),
    "order_id": ("order_id", "order_number", "order", "orderid", "bestellnummer", "pedido"),
    "case_id": ("case_id", "ticket_id", "case_number", "conversation_id"),
    "customer_id": ("customer_id", "user_id", "customer", "requester_id", "userid"),
    "customer_name": ("customer_name", "first_name", "full_name", "requester_name"),
    "author": ("author", "user_name", "username", "reviewer", "reviewer_name", "nickname", "user", "author_name"),
    "email": ("email", "e_mail", "customer_email", "email_address", "mail"),
    "phone": ("phone", "phone_number", "telephone", "telefon", "mobile"),
    "address": ("address", "street", "adresse", "endereco"),
    "device": ("device", "device_model", "phone_model", "reviewer_device", "os"),
    "app_version": ("app_version", "appversion", "version", "review_created_version", "app_version_name"),
    "customer_tier": ("customer_tier", "tier", "plan", "segment", "loyalty_tier"),
    "customer_value": ("customer_value", "lifetime_value", "ltv", "clv"),
    "return_reason": ("return_reason", "reason_for_return", "reason", "retourengrund"),
    "carrier": ("carrier", "shipping_carrier", "courier"),
    "language": ("language", "lang", "locale", "review_language", "sprache", "idioma"),
}  # fmt: skip
_CATALOG: dict[str, tuple[str, ...]] = {
    "product_id": ("product_id", "id", "asin", "item_id", "handle"),
    "sku": ("sku", "variant_sku", "article_number"),
    "name": ("name", "product_name", "title", "product_title"),
    "family": ("family", "category", "product_category_name", "product_type", "product_category", "type"),
    "synonyms": ("synonyms", "aliases", "also_known_as"),
    "variants": ("variants", "options"),
    "vendor": ("vendor", "brand", "manufacturer", "supplier"),
    "fulfilment_centre": ("fulfilment_centre", "fulfillment_center", "warehouse"),
    "launch_date": ("launch_date", "published_at", "released_at"),
    "price": ("price", "list_price"),
    "margin": ("margin", "unit_margin"),
    "change": ("change", "edit"),
}
_COMMERCE: dict[str, tuple[str, ...]] = {
    "order_id": ("order_id", "order_number", "order", "orderid"),
    "customer_id": ("customer_id", "customer", "user_id"),
    "product_id": ("product_id", "item_id", "asin"),
    "sku": ("sku", "variant_sku"),
    "variant": ("variant", "variant_title", "size"),
    "region": ("region", "country", "ship_country", "customer_state", "market"),
    "vendor": ("vendor", "seller_id", "seller", "supplier"),
    "fulfilment_centre": ("fulfilment_centre", "fulfillment_center", "warehouse"),
    "carrier": ("carrier", "courier", "shipping_carrier"),
    "quantity": ("quantity", "qty", "units"),
    "revenue": ("revenue", "price", "total", "amount", "order_total", "total_price"),
    "margin": ("margin",),
    "promised_at": ("promised_at", "order_estimated_delivery_date", "estimated_delivery", "promised_delivery"),
    "delivered_at": ("delivered_at", "order_delivered_customer_date", "delivery_date", "delivered"),
    "status": ("status", "order_status", "state", "financial_status"),
    "reason": ("reason", "return_reason", "refund_reason"),
    "type": ("type", "event_type"),
}
_RELEASES: dict[str, tuple[str, ...]] = {
    "release_id": ("release_id", "id", "deployment_id", "tag_name"),
    "kind": ("kind", "type"),
    "name": ("name", "title", "release_name"),
    "version": ("version", "tag", "tag_name", "build"),
    "region": ("region", "country", "market"),
    "at": ("at", "published_at", "released_at", "deployed_at", "created_at", "date"),
    "notes": ("notes", "body", "release_notes", "description"),
}
_TICKET_EVENTS: dict[str, tuple[str, ...]] = {
    "ticket_key": ("ticket_key", "key", "issue_key"),
    "status": ("status", "state"),
    "resolution": ("resolution",),
    "at": ("at", "updated_at", "changed_at"),
    "by": ("by", "user", "author"),
    "label_right": ("label_right",),
    "cause_right": ("cause_right",),
}
_KNOWN = {
    "feedback": _FEEDBACK,
    "catalog": _CATALOG,
    "commerce": _COMMERCE,
    "releases": _RELEASES,
    "ticket_events": _TICKET_EVENTS,
}
_TIMES = (
    "occurred_at", "at", "created_at", "review_creation_date", "review_date", "submitted_at", "submission_date", "date",
    "timestamp", "created", "time", "datetime", "tweet_created", "posted_at", "published_at",
    "order_purchase_timestamp", "purchased_at",
    "order_date", "ordered_at", "released_at", "deployed_at", "updated_at", "creation_date", "sent_at",
    "review_time", "review_created_at", "start_time", "end_date", "response_date", "datum", "data", "fecha",
    "shipping_limit_date",
)  # fmt: skip
_IDS: dict[str, tuple[str, ...]] = {
    "feedback": (
        "event_id", "review_id", "reviewid", "feedback_id", "response_id", "message_id", "tweet_id", "post_id",
        "comment_id", "ticket_id", "survey_response_id", "id", "uuid",
    ),
    "releases": ("event_id", "release_id", "deployment_id", "id"),
    "ticket_events": ("event_id", "id"),
    "catalog": ("event_id",),
    "commerce": ("event_id",),
}  # fmt: skip
# Ids that are only unique together: one review may answer for several orders, one order has several items.
_JOINED_IDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "feedback": (("review_id", "order_id"),),
    "commerce": (("order_id", "order_item_id"), ("return_id",), ("refund_id",), ("order_id",)),
}
_NONE: dict[str, str] = {}
_NPS = 10
_PERCENT = 100
# Words a value has on average in a column of sentences; names, places and dates have fewer.
_SENTENCE = 3


@dataclass(frozen=True)
class Guess:
    """What the headers look like. Columns are named as the file names them."""

    fields: dict[str, str]
    constants: dict[str, str]
    occurred_at: str | None
    event_id: tuple[str, ...]
    channel: str


def fold(name: str) -> str:
    """A header as words joined by underscores: `reviewId`, `Review ID` and `review-id` are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^0-9a-z]+", "_", spaced.casefold()).strip("_")


def guess(
    stream: str, columns: Sequence[str], sample: Sequence[Mapping[str, Any]] = (), taken: Iterable[str] = ()
) -> Guess:
    """The likely meaning of columns; those in `taken` have one already.

    A name alone makes no date and no rating: most values in the sample must be such too.
    """
    free = {fold(column): column for column in reversed(columns) if column not in set(taken)}
    everything = {fold(column): column for column in reversed(columns)}
    used: set[str] = set()
    fields: dict[str, str] = {}
    for field, names in _KNOWN[stream].items():
        candidates = [free[name] for name in names if name in free and free[name] not in used]
        if field == "rating":
            candidates = [column for column in candidates if _mostly(column, sample, _is_number)]
        column = next(iter(candidates), None)
        if column is not None:
            fields[field] = column
            used.add(column)
    times = [everything[name] for name in _TIMES if name in everything]
    occurred_at = next((column for column in times if _mostly(column, sample, _is_time)), None)
    return Guess(
        fields={field: column for field, column in fields.items() if field == "at" or column != occurred_at},
        constants=_constants(stream, everything, fields),
        occurred_at=occurred_at,
        event_id=_event_id(stream, everything),
        channel=_channel(stream, everything),
    )


def _mostly(column: str, sample: Sequence[Mapping[str, Any]], test: Callable[[object], bool]) -> bool:
    """Whether at least half of the values that are there pass; a column without values does."""
    values = [value for row in sample if (value := value_of(row, column)) not in (None, "")]
    return sum(map(test, values)) * 2 >= len(values)


def _is_time(value: object) -> bool:
    return read_time(value, TimeStyle(UTC)) is not None


def _is_number(value: object) -> bool:
    try:
        return float(str(value).replace(",", ".")) >= 0
    except ValueError:
        return False


def _event_id(stream: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    for names in _JOINED_IDS.get(stream, ()):
        if all(name in columns for name in names):
            return tuple(columns[name] for name in names)
    return next(((columns[name],) for name in _IDS[stream] if name in columns), ())


def _constants(stream: str, columns: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    if stream != "commerce" or "type" in fields:
        return {}
    kinds = {"order_item_id": "order_item", "return_id": "return", "refund_id": "refund", "order_id": "order"}
    return next(({"type": kind} for name, kind in kinds.items() if name in columns), _NONE)


def _channel(stream: str, columns: Mapping[str, str]) -> str:
    if stream != "feedback":
        return stream
    signs = (
        ("app_review", ("app_version", "review_created_version", "app", "app_id", "package_name", "bundle_id")),
        ("social", ("tweet_id", "tweet", "tweet_created", "handle")),
        ("survey", ("nps", "nps_score", "survey_id", "survey_response_id")),
        ("return_reason", ("return_reason", "reason_for_return", "return_id")),
        ("support_ticket", ("ticket_id", "case_number", "requester_id", "case_id")),
        ("chat", ("conversation_id", "transcript")),
        ("product_review", ("order_id", "product_id", "asin", "sku", "product", "product_name")),
    )
    return next((channel for channel, names in signs if any(name in columns for name in names)), "other")


def likely_text(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> str | None:
    """The column whose values are most like sentences; None when none is."""
    words = {column: _mean_words(column, sample) for column in columns}
    best = max(words, key=lambda column: words[column], default=None)
    return best if best is not None and words[best] >= _SENTENCE else None


def likely_time(columns: Sequence[str], sample: Sequence[Mapping[str, Any]]) -> str | None:
    """The first column whose values are mostly dates; None when none is."""
    filled = (column for column in columns if any(value_of(row, column) not in (None, "") for row in sample))
    return next((column for column in filled if _mostly(column, sample, _is_time)), None)


def _mean_words(column: str, sample: Sequence[Mapping[str, Any]]) -> float:
    values = [value for row in sample if isinstance(value := value_of(row, column), str) and value]
    return sum(value.count(" ") + 1 for value in values if value) / max(len(values), 1)


def rating_scale(values: Iterable[Any]) -> int:
    """The top of the scale: 5 unless a rating is above it, then 10, then 100."""
    highest = 0.0
    for value in values:
        try:
            highest = max(highest, float(str(value).replace(",", ".")))
        except ValueError:
            continue
    if highest <= 5:  # stars, the usual scale
        return 5
    return _NPS if highest <= _NPS else _PERCENT
