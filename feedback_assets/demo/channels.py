"""The fields each channel carries besides the text: ratings, product, order, customer, versions.

Only payloads; what the text says is in `voices.py`, what day it is in `calendar.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from feedback_assets.demo import people
from feedback_assets.demo.people import Person
from feedback_assets.demo.shop import Order, Product
from feedback_assets.demo.voices import Spoken

_RATINGS = {
    "bad": ((1, 2, 3), (0.58, 0.3, 0.12)),
    "good": ((5, 4), (0.74, 0.26)),
    "neutral": ((3, 4, 5), (0.4, 0.4, 0.2)),
}
_RETURN_CODES = {
    "sizing_fit": ("does_not_fit", "wrong_size"), "defect": ("faulty",), "missing_parts": ("incomplete", "faulty"),
    "packaging": ("damaged_on_arrival",), "listing_accuracy": ("not_as_described",),
}  # fmt: skip
_SLA_HOURS = {"free": 72, "plus": 48, "business": 8}


@dataclass
class Context:
    """What surrounds one text."""

    channel: str
    person: Person
    tone: str
    category: str
    product: Product | None = None
    order: Order | None = None
    variant: str | None = None
    version: str | None = None
    carrier: str | None = None
    abandoned: bool = False
    personal: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def source_of(rng: random.Random, channel: str) -> str:
    """The system a channel comes from."""
    sources = {
        "app_review": ("play_store", "app_store"), "product_review": ("shop_reviews",), "support_ticket": ("helpdesk",),
        "return_reason": ("returns_portal",), "survey": ("survey_tool",), "chat": ("live_chat",), "social": ("social",),
        "forum": ("forum",),
    }  # fmt: skip
    return rng.choice(sources[channel])


def payload(rng: random.Random, context: Context, spoken: Spoken, source: str) -> dict[str, object]:
    """The payload of one item; personal values put into fields are added to the context's."""
    fields: dict[str, object] = {"text": spoken.text, "region": context.person.region}
    if spoken.title is not None:
        fields["title"] = spoken.title
    builders = {
        "app_review": _app_review, "product_review": _product_review, "support_ticket": _support, "chat": _chat,
        "return_reason": _return, "survey": _survey,
    }  # fmt: skip
    builders.get(context.channel, _post)(rng, context, fields)
    if context.channel == "app_review":
        fields["store"] = "Google Play" if source == "play_store" else "App Store"
    return fields


def _rating(rng: random.Random, tone: str) -> int:
    values, weights = _RATINGS[tone]
    return rng.choices(values, weights)[0]


def _handle(rng: random.Random, context: Context) -> str:
    """A name shown in public: mostly a nickname, now and then the full name."""
    if rng.random() < 0.08:
        context.personal.append((context.person.name, "name"))
        return context.person.name
    return f"{rng.choice(('happy', 'mrs', 'old', 'real', 'just'))}_{context.person.customer_id[-6:]}"


def _app_review(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields |= {
        "rating": _rating(rng, context.tone), "author": _handle(rng, context), "app_version": context.version,
        "device": rng.choice(("Pixel 8", "Galaxy S23", "iPhone 14", "iPhone 12 mini", "Redmi Note 11")),
    }  # fmt: skip


def _product_review(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields |= {"rating": _rating(rng, context.tone), "author": _handle(rng, context)}
    if context.product is not None:
        key, value = rng.choice((("product_id", context.product.product_id), ("sku", context.product.sku)))
        fields[key] = value
        if context.variant and rng.random() < 0.5:
            fields["variant"] = context.variant


def _support(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    person = context.person
    fields |= {
        "case_id": f"T{rng.randrange(10**7):07d}", "customer_id": person.customer_id, "customer_name": person.name,
        "customer_tier": person.tier, "customer_value": person.value, "sla_hours": _SLA_HOURS[person.tier],
    }  # fmt: skip
    context.personal.append((person.name, "name"))
    if rng.random() < 0.7:
        fields["email"] = person.email
        context.personal.append((person.email, "email"))
    if rng.random() < 0.15:
        fields["phone"] = people.phone(rng, person.region)
        context.personal.append((str(fields["phone"]), "phone"))
    if rng.random() < 0.05:
        street = people.street(rng, person.region)
        fields["address"] = f"{street}, {people.town(rng, person.region)}"
        context.personal += [(str(fields["address"]), "address"), (street, "street")]
    _goods(rng, context, fields, (0.66, 0.2))
    if context.carrier and rng.random() < 0.6:
        fields["carrier"] = context.carrier


def _chat(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields["customer_id"] = context.person.customer_id
    if rng.random() < 0.3:
        fields["customer_name"] = context.person.name
        context.personal.append((context.person.name, "name"))
    if context.abandoned:
        fields["signals"] = {"payment_abandoned": True}
    if context.version and rng.random() < 0.7:
        fields["app_version"] = context.version
    _goods(rng, context, fields, (0.45, 0.4))
    if context.carrier and rng.random() < 0.4:
        fields["carrier"] = context.carrier


def _return(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields["return_reason"] = rng.choice(_RETURN_CODES.get(context.category, ("changed_mind", "other")))
    fields["customer_id"] = context.person.customer_id
    if context.product is not None:
        fields["sku"] = context.product.sku
        fields["variant"] = context.variant
    if context.order is not None:
        fields["order_id"] = context.order.order_id


def _survey(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields |= {"rating": max(1, _rating(rng, context.tone) * 2 - rng.randint(0, 1)), "rating_scale": 10}
    fields["customer_id"] = context.person.customer_id
    if context.version and context.category in ("checkout_payment", "app_usability", "account_access"):
        fields["app_version"] = context.version
    _goods(rng, context, fields, (0.6, 0.25))


def _post(rng: random.Random, context: Context, fields: dict[str, object]) -> None:
    fields["author"] = _handle(rng, context)
    if context.version and rng.random() < 0.3:
        fields["app_version"] = context.version


def _goods(rng: random.Random, context: Context, fields: dict[str, object], shares: tuple[float, float]) -> None:
    """The order, else the product by id or name, else nothing: not everybody says what they bought."""
    drawn = rng.random()
    if context.order is not None and drawn < shares[0]:
        fields["order_id"] = context.order.order_id
    elif context.product is not None and drawn < sum(shares):
        key, value = rng.choice((("product_id", context.product.product_id), ("product_name", context.product.name)))
        fields[key] = value
