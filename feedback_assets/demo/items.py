"""The feedback of a story, one item at a time: planted complaints, ordinary ones, praise, questions.

What happens to an item on its way (repeats, mirrors, late or broken lines) is in `mishaps.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from feedback_assets.demo import people, vocabulary
from feedback_assets.demo.calendar import DAYS
from feedback_assets.demo.channels import Context, payload, source_of
from feedback_assets.demo.people import Person
from feedback_assets.demo.problems import SECTIONS, Problem
from feedback_assets.demo.releases import Releases
from feedback_assets.demo.shop import Order, Product, Shop
from feedback_assets.demo.voices import Matter, Voices

# Ordinary complaints by category, in percent; every category occurs, spread over all products and days.
BACKGROUND = {
    "defect": 13, "missing_parts": 5, "sizing_fit": 7, "listing_accuracy": 6, "delivery": 12, "packaging": 6,
    "checkout_payment": 6, "app_usability": 13, "account_access": 7, "pricing_refund": 9, "service_quality": 8,
    "trust_fraud": 2, "feature_request": 5, "other": 5,
}  # fmt: skip
# Categories that speak of an article.
_OF_GOODS = ("defect", "missing_parts", "sizing_fit", "listing_accuracy", "packaging")
_CHANNELS_OF = {
    "goods": {"product_review": 42, "support_ticket": 24, "return_reason": 16, "survey": 9, "chat": 6, "forum": 3},
    "app": {"app_review": 62, "support_ticket": 12, "chat": 12, "survey": 8, "social": 3, "forum": 3},
    "service": {"support_ticket": 40, "chat": 22, "survey": 18, "app_review": 8, "social": 6, "product_review": 6},
    "praise": {"product_review": 48, "app_review": 26, "survey": 16, "social": 5, "chat": 3, "forum": 2},
    "question": {"chat": 48, "support_ticket": 34, "forum": 8, "product_review": 6, "social": 4},
    "returned": {"return_reason": 100},
}
_APP = ("app_usability", "account_access", "checkout_payment", "feature_request")


@dataclass
class Item:
    """One event to land."""

    event_id: str
    source: str
    channel: str
    at: datetime
    received: datetime
    payload: dict[str, object]
    label: str
    planted: str | None = None
    decoy: str | None = None
    praise: bool = False
    personal: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class Writer:
    """Makes the items of one seed."""

    def __init__(self, rng: random.Random, shop: Shop, releases: Releases, voices: Voices) -> None:
        self._rng, self._shop, self._releases, self._voices = rng, shop, releases, voices
        self._orders = {product.product_id: shop.orders_of(product) for product in shop.products}
        self._regions = list(people.REGIONS)
        self._shares = [share for _, share in people.REGIONS.values()]
        self._popular = [rng.uniform(0.6, 1.5) for _ in shop.products]

    def planted(self, problem: Problem) -> list[Item]:
        """All items of a planted problem."""
        return [self._planted(problem, day) for day, count in enumerate(problem.counts) for _ in range(count)]

    def complaint(self, day: int, category: str) -> Item:
        """One ordinary complaint."""
        rng = self._rng
        product = (
            self._some_product() if category in _OF_GOODS or rng.random() < self._chance_of_goods(category) else None
        )
        if category == "sizing_fit" and rng.random() < 0.7:
            product = self._some_product("soft")
        if category == "missing_parts" and rng.random() < 0.9:
            product = self._some_product("hard")
        group = "goods" if category in _OF_GOODS else "app" if category in _APP else "service"
        channel = self._channel(group)
        second = None
        praise_first = rng.random() < 0.07 and channel != "return_reason"
        if not praise_first and rng.random() < 0.06:
            second = self._second(category, product)
        matter = Matter(f"background/{category}", "bad", product, second=second, praise_first=praise_first)
        if category == "feature_request":
            matter = Matter(f"background/{category}", "neutral", product)
        return self._item(day, channel, matter, category, self._person(), product)

    def praise(self, day: int) -> Item:
        """Thanks, long or short."""
        rng = self._rng
        product = self._some_product() if rng.random() < 0.72 else None
        section = "praise/short" if rng.random() < 0.25 else "praise/long"
        channel = self._channel("praise")
        if product is None and channel == "product_review":
            channel = "app_review"
        item = self._item(day, channel, Matter(section, "good", product), "no_issue", self._person(), product)
        item.praise = True
        return item

    def question(self, day: int, about: str = "any") -> Item:
        """A question or a remark without a complaint; `about` is `any` or `delivery`."""
        rng = self._rng
        product = self._some_product() if rng.random() < 0.6 else None
        channel = self._channel("returned" if about == "any" and product and rng.random() < 0.12 else "question")
        if product is None and channel == "product_review":
            channel = "chat"
        return self._item(
            day, channel, Matter(f"neutral/{about}", "neutral", product), "no_issue", self._person(), product
        )

    def injection(self, day: int) -> Item:
        """An attempt to give the reading machine orders."""
        product = self._some_product()
        channel = self._rng.choice(("support_ticket", "chat", "product_review", "survey"))
        matter = Matter("injection", "neutral", product, praise_first=False)
        item = self._item(day, channel, matter, "no_issue", self._person(), product)
        item.decoy = "injection"
        return item

    def abuse(self, day: int) -> Item:
        """Insults without anything to act on."""
        product = self._some_product()
        channel = self._rng.choice(("support_ticket", "chat", "app_review", "social"))
        item = self._item(day, channel, Matter("abuse", "bad", product), "other", self._person(), product)
        item.decoy = "abuse"
        return item

    def campaign(self, product: Product, language: str) -> str:
        """The text of a copy-paste campaign."""
        return self._voices.campaign(language, product)

    def event_id(self, source: str) -> str:
        """A fresh event id."""
        return f"{source}-{self._rng.getrandbits(48):012x}"

    def _planted(self, problem: Problem, day: int) -> Item:
        rng = self._rng
        person = self._person(problem.regions)
        channel = rng.choices(list(problem.channels), list(problem.channels.values()))[0]
        values = self._problem_values(problem, person.language, day)
        praise_first = rng.random() < 0.05
        second = self._second(problem.category, problem.product) if not praise_first and rng.random() < 0.05 else None
        matter = Matter(SECTIONS[problem.kind], "bad", problem.product, problem.aspect, second, praise_first, values)
        item = self._item(day, channel, matter, problem.category, person, problem.product, problem)
        item.planted = problem.problem_id
        return item

    def _second(self, category: str, product: Product | None) -> str:
        """Another complaint for the same text, about the goods only when there are goods."""
        fitting = [name for name in BACKGROUND if product is not None or name not in _OF_GOODS]
        return f"background/{self._rng.choice([name for name in fitting if name not in (category, 'other')])}"

    def _problem_values(self, problem: Problem, language: str, day: int) -> dict[str, str]:
        values = dict(problem.values.get(language, {}))
        values |= {name: problem.words[name] for name in ("wallet", "err", "carrier") if name in problem.words}
        if "direction" in problem.words:
            values["tight"] = self._rng.choice(vocabulary.TIGHT[problem.words["direction"]][language])
        if problem.kind == "payment_regression":
            values["ver"] = self._bad_version(problem, day)
        return values

    def _bad_version(self, problem: Problem, day: int) -> str:
        """The version at fault: that of the problem's first day, whatever came later."""
        del day
        return self._releases.shipped_on(problem.first)

    def _item(
        self,
        day: int,
        channel: str,
        matter: Matter,
        category: str,
        person: Person,
        product: Product | None,
        problem: Problem | None = None,
    ) -> Item:
        rng = self._rng
        at = self._shop.calendar.moment(rng, day)
        order = self._order(problem, product, at, person)
        if order is not None:
            person = order.customer if order.customer.language == person.language else person
        spoken = self._voices.speak(person, channel, matter, order.order_id if order else None)
        context = Context(channel, person, matter.tone, category, product, order, self._variant(product, order))
        context.version = self._releases.version_on(rng, day)
        if problem is not None and problem.kind == "payment_regression":
            context.version, context.abandoned = self._bad_version(problem, day), rng.random() < 0.6
        context.carrier = order.carrier if order and category == "delivery" else None
        source = source_of(rng, channel)
        fields = payload(rng, context, spoken, source)
        received = at + timedelta(seconds=rng.randint(5, 900))
        personal = [*spoken.personal, *context.personal]
        return Item(self.event_id(source), source, channel, at, received, fields, category, personal=personal)

    def _order(self, problem: Problem | None, product: Product | None, at: datetime, person: Person) -> Order | None:
        """An earlier order of the product; for a carrier's problem any order it carried."""
        rng = self._rng
        if problem is not None and problem.kind == "carrier_delay":
            known = [o for o in self._shop.orders if o.carrier == problem.words["carrier"] and o.at < at]
            known = [o for o in known if o.customer.language == person.language]
        elif product is not None:
            same = [o for o in self._orders[product.product_id] if o.at < at]
            known = [o for o in same if o.customer.language == person.language]
        else:
            return None
        return rng.choice(known[-60:]) if known else None

    def _variant(self, product: Product | None, order: Order | None) -> str | None:
        if product is None:
            return None
        bought = [variant for line, variant, _ in order.lines if line is product] if order else []
        return bought[0] if bought else self._rng.choice(product.variants)

    def _person(self, regions: tuple[str, ...] | None = None) -> Person:
        rng = self._rng
        if regions is None:
            region = rng.choices(self._regions, self._shares)[0]
        else:
            # Not too few in small countries: a problem is told in several languages.
            region = rng.choices(regions, [people.REGIONS[name][1] ** 0.7 for name in regions])[0]
        return rng.choice(self._shop.customers[region])

    def _some_product(self, tag: str | None = None) -> Product:
        pairs = zip(self._shop.products, self._popular, strict=True)
        chosen = [(p, share) for p, share in pairs if tag is None or tag in p.family.tags]
        return self._rng.choices([p for p, _ in chosen], [share for _, share in chosen])[0]

    def _channel(self, group: str) -> str:
        weights = _CHANNELS_OF[group]
        return self._rng.choices(list(weights), list(weights.values()))[0]

    def _chance_of_goods(self, category: str) -> float:
        return {"delivery": 0.5, "pricing_refund": 0.5, "trust_fraud": 0.6, "feature_request": 0.5}.get(category, 0.1)


def background_days(rng: random.Random, volume: tuple[float, ...], count: int) -> list[int]:
    """Days for so many ordinary items, by how busy the days are."""
    return rng.choices(range(DAYS), volume, k=count)
