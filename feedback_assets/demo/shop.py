"""The shop of a seed: products, vendors, centres, carriers, customers, orders and what became of them.

What customers write about it is in `voices.py`, what goes wrong in `problems.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_assets.demo import people, vocabulary
from feedback_assets.demo.calendar import Calendar
from feedback_assets.demo.people import Person
from feedback_assets.demo.vocabulary import FAMILIES, Family, Noun

# Families every seed has, so that each planted problem finds goods it can happen to.
_ALWAYS = ("apparel", "furniture", "kitchen", "audio")
_CUSTOMERS = 2600


@dataclass(frozen=True)
class Product:
    """An article on sale."""

    product_id: str
    sku: str
    brand: str
    noun: Noun
    family: Family
    vendor: str
    centre: str
    price: float
    margin: float
    variants: tuple[str, ...]
    launched: str

    @property
    def name(self) -> str:
        """The name as sold."""
        return f"{self.brand} {self.noun.sold_as}"


@dataclass(frozen=True)
class Order:
    """One order of one or two products."""

    order_id: str
    at: datetime
    customer: Person
    carrier: str
    lines: tuple[tuple[Product, str, int], ...]


@dataclass(frozen=True)
class Shop:
    """Everything there is before anybody writes."""

    calendar: Calendar
    products: tuple[Product, ...]
    customers: dict[str, tuple[Person, ...]]
    carriers: dict[str, tuple[str, ...]]
    orders: tuple[Order, ...]

    def orders_of(self, product: Product) -> list[Order]:
        """The orders that hold a product."""
        return [order for order in self.orders if any(line[0] is product for line in order.lines)]


def build(rng: random.Random, calendar: Calendar) -> Shop:
    """A shop with 26 to 38 products and 3,000 to 4,200 orders over the story's days."""
    products = _products(rng)
    crowd = people.customers(rng, _CUSTOMERS)
    by_region = {region: tuple(c for c in crowd if c.region == region) for region in people.REGIONS}
    carriers = _carriers(rng)
    orders = _orders(rng, calendar, products, crowd, carriers)
    return Shop(calendar, products, by_region, carriers, orders)


def _products(rng: random.Random) -> tuple[Product, ...]:
    others = [family for family in FAMILIES if family.name not in _ALWAYS]
    families = [f for f in FAMILIES if f.name in _ALWAYS] + rng.sample(others, rng.randint(3, 4))
    brands = rng.sample(vocabulary.brands(), 14)
    vendors = [f"{name} Supply" for name in rng.sample(vocabulary.brands(), 9)]
    centres = rng.sample(("FC-North", "FC-East", "FC-South", "FC-West", "FC-Harbour"), 3)
    products: list[Product] = []
    for family in families:
        nouns = rng.sample(family.nouns, min(len(family.nouns), rng.randint(3, 4)))
        vendor_pool = rng.sample(vendors, 2)
        for noun in [*nouns, *rng.sample(nouns, 1)]:
            taken = {product.brand for product in products if product.noun is noun}
            brand = rng.choice([name for name in brands if name not in taken])
            products.append(_product(rng, family, noun, brand, rng.choice(vendor_pool), rng.choice(centres)))
    return tuple(products)


def _product(rng: random.Random, family: Family, noun: Noun, brand: str, vendor: str, centre: str) -> Product:
    price = round(rng.uniform(*family.prices), 0) - 0.05
    number = rng.randrange(10_000, 99_999)
    colours = [row[0] for row in rng.sample(vocabulary.COLOURS, 3)]
    variants = tuple(vocabulary.SIZES[:4]) if "soft" in family.tags else tuple(colours)
    return Product(
        product_id=f"P{number}",
        sku=f"{brand[:3].upper()}-{noun.sold_as[:3].upper()}-{number % 1000:03d}",
        brand=brand,
        noun=noun,
        family=family,
        vendor=vendor,
        centre=centre,
        price=price,
        margin=round(price * rng.uniform(0.18, 0.55), 2),
        variants=variants,
        launched=f"202{rng.randint(2, 4)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
    )


def _carriers(rng: random.Random) -> dict[str, tuple[str, ...]]:
    """Five carriers and the regions each serves; every region has at least one, each carrier two languages."""
    names = rng.sample(vocabulary.CARRIERS, 5)
    regions = list(people.REGIONS)
    rng.shuffle(regions)
    served: dict[str, list[str]] = {name: [] for name in names}
    for number, region in enumerate(regions):
        for name in {names[number % 5], rng.choice(names)}:
            served[name].append(region)
    for name in names:
        while len(people.languages_of(tuple(served[name]))) < 3:
            served[name].append(rng.choice([region for region in regions if region not in served[name]]))
    return {name: tuple(sorted(places)) for name, places in served.items()}


def _orders(
    rng: random.Random,
    calendar: Calendar,
    products: tuple[Product, ...],
    crowd: list[Person],
    carriers: dict[str, tuple[str, ...]],
) -> tuple[Order, ...]:
    popular = [rng.uniform(0.5, 1.6) for _ in products]
    orders: list[Order] = []
    numbers: set[str] = set()
    for _ in range(rng.randint(3000, 4200)):
        customer = rng.choice(crowd)
        chosen = rng.choices(products, popular, k=1 if rng.random() < 0.85 else 2)
        lines = tuple((p, rng.choice(p.variants), 1 if rng.random() < 0.9 else 2) for p in dict.fromkeys(chosen))
        carrier = rng.choice([name for name, places in carriers.items() if customer.region in places])
        moment = calendar.moment(rng, calendar.some_day(rng))
        orders.append(Order(_order_id(rng, numbers), moment, customer, carrier, lines))
    return tuple(sorted(orders, key=lambda order: (order.at, order.order_id)))


def _order_id(rng: random.Random, numbers: set[str]) -> str:
    while True:
        number = f"{rng.choice('KMRTW')}{rng.choice('ADEHX')}-{rng.randrange(3 * 10**9, 10**10)}"
        if number not in numbers:
            numbers.add(number)
            return number


def commerce_events(rng: random.Random, shop: Shop) -> list[tuple[str, datetime, dict[str, object]]]:
    """Orders, their lines, some deliveries, returns and refunds as (id, time, payload), inside the story's days."""
    end = shop.calendar.last_day
    events: list[tuple[str, datetime, dict[str, object]]] = []
    for order in shop.orders:
        events += _order_events(rng, order)
    return [event for event in events if event[1].date() <= end]


def _order_events(rng: random.Random, order: Order) -> list[tuple[str, datetime, dict[str, object]]]:
    base: dict[str, object] = {
        "order_id": order.order_id,
        "customer_id": order.customer.customer_id,
        "region": order.customer.region,
        "carrier": order.carrier,
    }
    revenue = sum(product.price * count for product, _, count in order.lines)
    events: list[tuple[str, datetime, dict[str, object]]] = [
        (f"o-{order.order_id}", order.at, {"type": "order", **base, "revenue": round(revenue, 2), "status": "paid"})
    ]
    for number, (product, variant, count) in enumerate(order.lines, start=1):
        line: dict[str, object] = {
            **base, "product_id": product.product_id, "sku": product.sku, "variant": variant, "vendor": product.vendor,
            "fulfilment_centre": product.centre, "quantity": count,
        }  # fmt: skip
        money = {"revenue": round(product.price * count, 2), "margin": round(product.margin * count, 2)}
        events.append((f"i-{order.order_id}-{number}", order.at, {"type": "order_item", **line, **money}))
        if rng.random() < 0.05:
            back = order.at + timedelta(days=rng.uniform(4, 9))
            reason = rng.choice(("changed_mind", "too_small", "too_large", "faulty", "not_as_described"))
            events.append((f"r-{order.order_id}-{number}", back, {"type": "return", **line, "reason": reason}))
            paid = back + timedelta(days=rng.uniform(1, 4))
            refund = {"type": "refund", **line, "revenue": -round(product.price * count, 2), "reason": reason}
            events.append((f"f-{order.order_id}-{number}", paid, refund))
    if rng.random() < 0.3:
        promised = order.at + timedelta(days=3)
        arrived = order.at + timedelta(days=rng.uniform(1.2, 3.4))
        times = {"promised_at": promised.isoformat(), "delivered_at": arrived.isoformat()}
        events.append((f"d-{order.order_id}", arrived, {"type": "delivery", **base, **times, "status": "delivered"}))
    return events
