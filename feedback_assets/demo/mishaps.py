"""What happens to items on their way: repeats, mirrors, lateness, broken lines, and a copy-paste campaign.

Only changes to items and lines that are no items; nothing is written here.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, time, timedelta

from feedback_assets.demo.calendar import DAYS, Calendar
from feedback_assets.demo.items import Item, Writer
from feedback_assets.demo.shop import Product

_LAST_MINUTE = time(23, 58)


def campaign(rng: random.Random, calendar: Calendar, writer: Writer, product: Product, language: str) -> list[Item]:
    """30 to 60 near-identical posts by as many authors from sources of low trust, within 12 to 40 hours."""
    text = writer.campaign(product, language)
    start = calendar.moment(rng, rng.randint(9, DAYS - 4))
    hours = rng.uniform(12, 40)
    channels = rng.choice((("social",), ("forum",), ("social", "forum")))
    posts: list[Item] = []
    for _ in range(rng.randint(30, 60)):
        channel = rng.choice(channels)
        at = start + timedelta(hours=rng.uniform(0, hours))
        post = f"{text if rng.random() < 0.8 else text.lower()}{rng.choice(('', '!', '!!', ' 🙏', ' 😡', '.', '…'))}"
        author = f"{rng.choice(('anon', 'user', 'truth', 'buyer'))}{rng.randrange(10**6)}"
        fields: dict[str, object] = {"text": post, "author": author}
        received = at + timedelta(minutes=rng.randint(1, 20))
        posts.append(
            Item(writer.event_id(channel), channel, channel, at.replace(microsecond=0), received.replace(microsecond=0),
                 fields, "other", decoy="campaign")
        )  # fmt: skip
    return posts


def mirrors(rng: random.Random, calendar: Calendar, writer: Writer, items: list[Item], count: int) -> list[Item]:
    """The same text by the same author on another channel some hours later, most with a pointer to the first."""
    public = [item for item in items if item.channel in ("product_review", "app_review") and item.decoy is None]
    long_enough = [item for item in public if len(str(item.payload["text"]).split()) >= 6]
    copies: list[Item] = []
    for original in rng.sample(long_enough, min(count, len(long_enough))):
        channel = rng.choice(("social", "forum"))
        at = min(original.at + timedelta(hours=rng.uniform(0.5, 40)), _end(calendar)).replace(microsecond=0)
        fields: dict[str, object] = {name: original.payload.get(name) for name in ("title", "text", "author")}
        if rng.random() < 0.6:
            fields["mirror_of"] = original.event_id
        fields = {name: value for name, value in fields.items() if value is not None}
        copies.append(
            replace(original, event_id=writer.event_id(channel), source=channel, channel=channel,
                    at=max(at, original.at), received=at + timedelta(minutes=7), payload=fields)
        )  # fmt: skip
    return copies


def repeated(rng: random.Random, items: list[Item], count: int) -> list[Item]:
    """The same events delivered a second time, some minutes to a day later."""
    chosen = rng.sample(items, count)
    return [replace(item, received=item.received + timedelta(minutes=rng.randint(2, 1500))) for item in chosen]


def delay(rng: random.Random, items: list[Item], share: float) -> set[str]:
    """Let a share of the items arrive one to five days after they were written; returns their ids."""
    late: set[str] = set()
    for item in items:
        if rng.random() < share:
            item.received += timedelta(days=rng.randint(1, 5), minutes=rng.randint(0, 600))
            late.add(item.event_id)
    return late


def empty(rng: random.Random, items: list[Item], count: int) -> list[Item]:
    """Items whose text is blank."""
    chosen = rng.sample([item for item in items if item.planted is None and not item.personal], count)
    for item in chosen:
        item.payload["text"] = rng.choice(("", "   ", "\n"))
        item.payload.pop("title", None)
        item.label = "unreadable"
    return chosen


def broken_lines(rng: random.Random, calendar: Calendar) -> list[tuple[int, bytes]]:
    """Lines that are no envelopes, as (day, line): cut off, without an id, no JSON at all, not UTF-8."""
    lines: list[tuple[int, bytes]] = []
    for _ in range(rng.randint(14, 22)):
        day = rng.randrange(DAYS)
        number = rng.getrandbits(40)
        stamp = calendar.moment(rng, day).isoformat()
        lines.append(
            (day, rng.choice((
                f'{{"event_id":"cut-{number:x}","source":"helpdesk","payload":{{"text":"Hel'.encode(),
                f'{{"source":"helpdesk","channel":"chat","occurred_at":"{stamp}","payload":{{"text":"x{number:x}"}}}}'.encode(),
                f"502 Bad Gateway {number:x}".encode(),
                b'{"event_id":"enc-%x","source":"forum","payload":{"text":"caf\xe9"}}' % number,
                f'["event_id","list-{number:x}"]'.encode(),
            )))
        )  # fmt: skip
    return lines


def _end(calendar: Calendar) -> datetime:
    return datetime.combine(calendar.last_day, _LAST_MINUTE, tzinfo=calendar.zone)
