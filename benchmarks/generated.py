"""Landing objects of any size, in the words of the demo's story: one day of as many items as asked for.

One shop of the story has 2,600 customers, so a large day is that of a marketplace of many such shops: as many
customers, orders and products as a day of that size has. The same seed and count give the same bytes.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from feedback_assets.demo import calendar, problems, releases, shop
from feedback_assets.demo.items import BACKGROUND, Item, Writer
from feedback_assets.demo.voices import Voices
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.envelope import Envelope, digest, to_line
from feedback_assets.landing.writer import object_name, write_object

# As in the story: of a hundred items sixty praise, ask or remark.
_QUIET, _QUESTIONS = 0.6, 0.18
_ITEMS_A_SHOP = 4_000
_DAY_NUMBER = 20


@dataclass(frozen=True)
class Day:
    """One day: what customers wrote, and the products they wrote about as catalogue events."""

    day: date
    items: list[Item]
    catalog: list[Envelope]


def day_of(seed: int, count: int) -> Day:
    """A day of so many ordinary complaints, praise and questions; nothing is planted."""
    when = calendar.plan(random.Random(f"{seed}/calendar"), seed)
    found, catalog = list[Item](), list[Envelope]()
    for number in range(-(-count // _ITEMS_A_SHOP)):
        rng = random.Random(f"{seed}/{number}")
        goods = shop.build(rng, when)
        shipped = releases.plan(rng, goods, problems.plan(rng, goods))
        writer = Writer(rng, goods, shipped, Voices(rng))
        found += [_item(rng, writer) for _ in range(min(_ITEMS_A_SHOP, count - len(found)))]
        catalog += _catalog(when.day(_DAY_NUMBER), releases.catalog_events(when, goods, shipped))
    return Day(when.day(_DAY_NUMBER), found, list({event.event_id: event for event in catalog}.values()))


def land(root: str, day: Day) -> None:
    """Write the day as landing objects, one a source."""
    _land(root, "feedback", day.day, map(_envelope, day.items))
    _land(root, "catalog", day.day, iter(day.catalog))


def _item(rng: random.Random, writer: Writer) -> Item:
    if rng.random() >= _QUIET:
        return writer.complaint(_DAY_NUMBER, rng.choices(list(BACKGROUND), list(BACKGROUND.values()))[0])
    return writer.question(_DAY_NUMBER) if rng.random() < _QUESTIONS else writer.praise(_DAY_NUMBER)


def _catalog(day: date, events: list[releases.Event]) -> list[Envelope]:
    at = datetime.combine(day, time(0, 1), tzinfo=UTC)
    return [Envelope(event_id, "catalogue", "catalogue", at, at, fields) for event_id, _, fields in events]


def _envelope(item: Item) -> Envelope:
    fields = {name: value for name, value in item.payload.items() if value is not None}
    return Envelope(item.event_id, item.source, item.channel, item.at, item.received, fields)


def _land(root: str, stream: str, day: date, events: Iterator[Envelope]) -> None:
    by_source: dict[str, list[Envelope]] = defaultdict(list)
    for event in events:
        by_source[event.source].append(event)
    for source, mine in sorted(by_source.items()):
        ordered = sorted(mine, key=lambda event: (event.received_at, event.event_id))
        digests = [digest(e.event_id, e.source, e.channel, e.occurred_at, e.payload) for e in ordered]
        write_object(Landing(root), stream, day, object_name(source, digests), [to_line(event) for event in ordered])
