"""Writes the story of a seed: 30 days of a shop as landing objects, and the truth beside them.

The only module of the generator that writes. The same seed writes the same bytes.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from feedback_assets.demo import calendar as calendars
from feedback_assets.demo import mishaps, problems, releases, shop, truth, vocabulary
from feedback_assets.demo.calendar import DAYS, Calendar
from feedback_assets.demo.items import BACKGROUND, Item, Writer, background_days
from feedback_assets.demo.problems import OWN_STREAM, SECTIONS, Problem
from feedback_assets.demo.shop import Product
from feedback_assets.demo.truth import Decoy, Planted, PlantedValue, Truth
from feedback_assets.demo.voices import Voices
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.envelope import Envelope, digest, raw_digest, to_line
from feedback_assets.landing.writer import object_name, write_object

Event = tuple[str, datetime, dict[str, object]]
# Share of the items that arrive days after they were written.
_LATE = 0.025


@dataclass(frozen=True)
class Story:
    """What was written: the days, how much, and where the truth is."""

    seed: int
    first_day: date
    last_day: date
    items: int
    objects: int
    events: dict[str, int]
    truth: Truth
    truth_path: str


@dataclass
class _Plan:
    calendar: Calendar
    shop: shop.Shop
    problems: list[Problem]
    releases: releases.Releases
    later: list[Problem] = field(default_factory=list[Problem])


@dataclass(frozen=True)
class _Parcel:
    """Items to land: each once, those that are delivered again, and the ids of those that come late."""

    items: list[Item]
    again: list[Item]
    late: set[str]


def generate(seed: int, landing_root: str) -> Story:
    """Write the story of a seed below a landing root, and `truth.json` into the root itself.

    Args:
        seed: Any whole number; another one is another shop.
        landing_root: A local path; objects that are there already are left as they are.

    Raises:
        OSError: The place cannot be written to.
    """
    plan = _plan(seed)
    rng = _random(seed, "items")
    voices = Voices(_random(seed, "voices"))
    writer = Writer(_random(seed, "words"), plan.shop, plan.releases, voices)
    items, target = _items(rng, plan, writer)
    copies = mishaps.mirrors(rng, plan.calendar, writer, items, rng.randint(70, 110))
    mishaps.empty(rng, items, rng.randint(6, 10))
    everything = [*items, *copies]
    late = mishaps.delay(rng, everything, _LATE)
    again = mishaps.repeated(rng, everything, rng.randint(40, 70))
    landing = Landing(landing_root)
    objects = _land_feedback(rng, plan.calendar, _Parcel(everything, again, late), landing)
    _plan_later(seed, plan, target)
    later = [_later(seed, plan, problem, voices) for problem in plan.later]
    objects += sum(_land_items(parcel, landing) for parcel in later)
    everything = [*everything, *(item for parcel in later for item in parcel.items)]
    again = [*again, *(item for parcel in later for item in parcel.again)]
    commerce = shop.commerce_events(_random(seed, "commerce"), plan.shop)
    catalog = releases.catalog_events(plan.calendar, plan.shop, plan.releases)
    shipped = releases.release_events(plan.calendar, plan.releases)
    shipped_later = releases.later_release_events(plan.calendar, plan.releases)
    for stream, source, events in (
        ("commerce", "shop_orders", commerce), ("catalog", "shop_catalogue", catalog),
        ("releases", "ship_log", shipped), ("releases", "ship_log", shipped_later),
    ):  # fmt: skip
        objects += _land_events(stream, source, events, landing)
    planted = _truth(seed, plan, everything)
    counts = {"feedback": len(everything) + len(again), "commerce": len(commerce), "catalog": len(catalog),
              "releases": len(shipped) + len(shipped_later)}  # fmt: skip
    path = truth.save(planted, landing_root)
    return Story(seed, plan.calendar.first_day, plan.calendar.last_day, len(everything), objects, counts, planted, path)


def _random(seed: int, purpose: str) -> random.Random:
    """A stream of its own for each purpose, so that more of one does not change another."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - nothing secret, the same on every machine


def _plan(seed: int) -> _Plan:
    calendar = calendars.plan(_random(seed, "calendar"), seed)
    goods = shop.build(_random(seed, "shop"), calendar)
    planted = problems.plan(_random(seed, "problems"), goods)
    return _Plan(calendar, goods, planted, releases.plan(_random(seed, "releases"), goods, planted))


def _plan_later(seed: int, plan: _Plan, target: Product) -> None:
    """Add the problems with streams of their own, and the changes around them, to the plan."""
    taken = [problem.product for problem in plan.problems if problem.product is not None]
    payment = next(problem for problem in plan.problems if problem.kind == "payment_regression")
    felt = [day for day in (payment.first, payment.fixed) if day is not None]
    defect = problems.plan_defect(_random(seed, "product_defect"), plan.shop, [*taken, target])
    lockout = problems.plan_lockout(_random(seed, "account_lockout"), plan.shop, felt)
    plan.releases = releases.plan_later(_random(seed, "later releases"), plan.releases, defect, lockout)
    plan.later = [defect, lockout]


def _later(seed: int, plan: _Plan, problem: Problem, voices: Voices) -> _Parcel:
    """The items of a problem with streams of its own; they go astray in the shares in which all others do."""
    telling = voices.telling(_random(seed, f"{problem.kind}/voices"), SECTIONS[problem.kind])
    writer = Writer(_random(seed, f"{problem.kind}/words"), plan.shop, plan.releases, telling)
    rng = _random(seed, f"{problem.kind}/mishaps")
    items = writer.planted(problem)
    items += mishaps.mirrors(rng, plan.calendar, writer, items, round(0.015 * len(items)))
    late = mishaps.delay(rng, items, _LATE)
    return _Parcel(items, mishaps.repeated(rng, items, round(0.01 * len(items))), late)


def _items(rng: random.Random, plan: _Plan, writer: Writer) -> tuple[list[Item], Product]:
    """All items as they were written, in no order, and the product that a campaign is about."""
    volume, season = plan.calendar.volume, plan.calendar.season
    total, quiet = rng.randint(5500, 6100), rng.uniform(0.57, 0.64)
    planted = [item for problem in plan.problems for item in writer.planted(problem)]
    complaints = round(total * (1 - quiet)) - len(planted)
    items = list(planted)
    for day in background_days(rng, volume, complaints):
        category = rng.choices(list(BACKGROUND), list(BACKGROUND.values()))[0]
        item = writer.complaint(day, category)
        item.decoy = "season" if season[0] <= day < season[1] and category == "delivery" else None
        items.append(item)
    for day in background_days(rng, volume, round(total * quiet)):
        items.append(writer.question(day) if rng.random() < 0.18 else writer.praise(day))
    for _ in range(rng.randint(70, 110)):  # before a feast people ask when things arrive
        item = writer.question(rng.randrange(*season), "delivery")
        item.decoy = "season"
        items.append(item)
    items += [writer.question(day, "delivery") for day in background_days(rng, volume, 60)]
    items += [writer.injection(rng.randrange(DAYS)) for _ in range(rng.randint(14, 24))]
    items += [writer.abuse(rng.randrange(DAYS)) for _ in range(rng.randint(16, 26))]
    taken = [problem.product for problem in plan.problems]
    target = rng.choice([product for product in plan.shop.products if product not in taken])
    return items + mishaps.campaign(rng, plan.calendar, writer, target, rng.choice(vocabulary.LANGUAGES)), target


def _land_items(parcel: _Parcel, landing: Landing) -> int:
    """One object a day and source, others for what came late or again."""
    groups: dict[tuple[date, str, str], list[Envelope]] = defaultdict(list)
    for item in parcel.items:
        groups[item.at.date(), item.source, "late" if item.event_id in parcel.late else ""].append(_envelope(item))
    for item in parcel.again:
        groups[item.at.date(), item.source, "again"].append(_envelope(item))
    return sum(_land(landing, "feedback", day, source, events) for (day, source, _), events in sorted(groups.items()))


def _land_feedback(rng: random.Random, calendar: Calendar, parcel: _Parcel, landing: Landing) -> int:
    """The items, and the lines that are no envelopes."""
    written = _land_items(parcel, landing)
    broken: dict[date, list[bytes]] = defaultdict(list)
    for number, line in mishaps.broken_lines(rng, calendar):
        broken[calendar.day(number)].append(line)
    for day, lines in sorted(broken.items()):
        written += write_object(landing, "feedback", day, object_name("helpdesk", map(raw_digest, lines)), lines)
    return written + _land_undated(rng, calendar, landing)


def _land_undated(rng: random.Random, calendar: Calendar, landing: Landing) -> int:
    """Events that do not say when they happened, filed under the day they arrived on."""
    written = 0
    for _ in range(rng.randint(5, 9)):
        at = calendar.moment(rng, rng.randrange(DAYS))
        event = Envelope(
            f"undated-{rng.getrandbits(40):010x}", "web_form", "other", None, at, {"text": "When was this, then?"},
            filed_because="occurred_at is missing",
        )  # fmt: skip
        written += _land(landing, "feedback", at.date(), "web_form", [event], filed=True)
    return written


def _land_events(stream: str, source: str, events: list[Event], landing: Landing) -> int:
    days: dict[date, list[Envelope]] = defaultdict(list)
    for event_id, at, fields in events:
        moment = at.replace(microsecond=0)
        days[moment.date()].append(Envelope(event_id, source, source, moment, moment + timedelta(seconds=30), fields))
    return sum(_land(landing, stream, day, source, envelopes) for day, envelopes in sorted(days.items()))


def _land(landing: Landing, stream: str, day: date, source: str, events: list[Envelope], *, filed: bool = False) -> int:
    ordered = sorted(events, key=lambda event: (event.received_at, event.event_id))
    digests = [digest(e.event_id, e.source, e.channel, e.occurred_at, e.payload) for e in ordered]
    name = object_name(source, digests, filed=filed)
    return int(write_object(landing, stream, day, name, [to_line(event) for event in ordered]))


def _envelope(item: Item) -> Envelope:
    fields = {name: value for name, value in item.payload.items() if value is not None}
    return Envelope(item.event_id, item.source, item.channel, item.at, item.received, fields)


def _truth(seed: int, plan: _Plan, items: list[Item]) -> Truth:
    by_decoy: dict[str, list[str]] = defaultdict(list)
    by_problem: dict[str, list[str]] = defaultdict(list)
    values: list[PlantedValue] = []
    for item in items:
        if item.decoy is not None:
            by_decoy[item.decoy].append(item.event_id)
        if item.planted is not None:
            by_problem[item.planted].append(item.event_id)
        values += [PlantedValue(value, kind, item.event_id) for value, kind in dict.fromkeys(item.personal)]
    return Truth(
        seed=seed,
        first_day=plan.calendar.first_day.isoformat(),
        last_day=plan.calendar.last_day.isoformat(),
        items=len(items),
        planted=tuple(
            _planted(plan, problem, by_problem[problem.problem_id]) for problem in (*plan.problems, *plan.later)
        ),
        decoys=tuple(Decoy(f"decoy-{kind}", kind, tuple(ids)) for kind, ids in sorted(by_decoy.items())),
        values=tuple(values),
        labels={item.event_id: item.label for item in items},
        praise=tuple(item.event_id for item in items if item.praise),
    )


def _planted(plan: _Plan, problem: Problem, event_ids: list[str]) -> Planted:
    product = problem.product
    details: dict[str, object] = {
        **problem.words, "aspect": problem.aspect, "regions": list(problem.regions), "size": problem.size,
        "counts": list(problem.counts),
    }  # fmt: skip
    if problem.kind == "payment_regression":
        details["app_version"] = plan.releases.shipped_on(problem.first)
    if problem.kind in OWN_STREAM:
        details["releases"] = plan.releases.around_later(problem)
    return Planted(
        problem.problem_id,
        problem.kind,
        product.product_id if product else None,
        product.name if product else None,
        problem.category,
        plan.calendar.day(problem.first).isoformat(),
        plan.calendar.day(problem.fixed).isoformat() if problem.fixed is not None else None,
        details,
        tuple(event_ids),
        plan.releases.behind(problem),
    )
