"""The eight problems a seed plants: what breaks, where, when, how often, and what is done about it.

Only the plan; the items that tell of it are composed in `voices.py`. Six kinds are drawn from one random stream, the
two that came later each from streams of its own, so that with them every seed kept all it had before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from feedback_assets.demo import people, vocabulary
from feedback_assets.demo.calendar import DAYS
from feedback_assets.demo.shop import Product, Shop

# A problem starts when a week of ordinary days lies behind, and early enough to show for three days and more.
EARLIEST, LATEST = 8, 23
KINDS = (
    "sizing_error",
    "payment_regression",
    "carrier_delay",
    "missing_parts",
    "packaging_fault",
    "misleading_listing",
    "product_defect",
    "account_lockout",
)
# The kinds that came later: each draws its plan, its words and its mishaps from random streams of its own.
OWN_STREAM = ("product_defect", "account_lockout")
# Where people tell of each kind, as weights.
_CHANNELS: dict[str, dict[str, float]] = {
    "sizing_error": {
        "return_reason": 30, "product_review": 35, "support_ticket": 14, "survey": 10, "chat": 8, "forum": 3,
    },
    "payment_regression": {"app_review": 42, "support_ticket": 20, "chat": 22, "survey": 10, "social": 6},
    "carrier_delay": {
        "support_ticket": 40, "chat": 24, "survey": 16, "product_review": 8, "app_review": 6, "social": 6,
    },
    "missing_parts": {"product_review": 34, "support_ticket": 32, "return_reason": 16, "chat": 12, "survey": 6},
    "packaging_fault": {"product_review": 36, "support_ticket": 26, "return_reason": 20, "chat": 10, "survey": 8},
    "misleading_listing": {
        "product_review": 44, "return_reason": 24, "support_ticket": 14, "survey": 10, "chat": 6, "forum": 2,
    },
    "product_defect": {"product_review": 40, "support_ticket": 28, "return_reason": 16, "chat": 8, "survey": 8},
    "account_lockout": {"support_ticket": 38, "app_review": 24, "chat": 20, "survey": 10, "social": 8},
}  # fmt: skip
CATEGORIES: dict[str, str] = dict(
    zip(
        KINDS,
        (
            "sizing_fit",
            "checkout_payment",
            "delivery",
            "missing_parts",
            "packaging",
            "listing_accuracy",
            "defect",
            "account_access",
        ),
        strict=True,
    )
)
# The section of the wordings that tells of each kind.
SECTIONS: dict[str, str] = dict(
    zip(
        KINDS,
        (
            "planted/sizing",
            "planted/payment",
            "planted/delay",
            "planted/missing",
            "planted/packaging",
            "planted/listing",
            "planted/defect",
            "planted/lockout",
        ),
        strict=True,
    )
)
# A release at fault stays this many days away from another that customers feel.
_APART = 2


@dataclass(frozen=True)
class Problem:
    """One planted problem; `product` is None where it is no product's fault."""

    problem_id: str
    kind: str
    product: Product | None
    regions: tuple[str, ...]
    counts: tuple[int, ...]
    first: int
    fixed: int | None
    aspect: str | None
    channels: dict[str, float]
    values: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    words: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def category(self) -> str:
        """The category it belongs to."""
        return CATEGORIES[self.kind]

    @property
    def size(self) -> int:
        """How many items tell of it."""
        return sum(self.counts)


def plan(rng: random.Random, shop: Shop) -> list[Problem]:
    """The first six problems of a seed, each on goods of its own; see `plan_defect` and `plan_lockout`."""
    free = list(shop.products)
    makers: tuple[Callable[[random.Random, Shop, list[Product]], Problem], ...] = (
        _sizing, _payment, _delay, _missing, _packaging, _listing,
    )  # fmt: skip
    return [make(rng, shop, free) for make in makers]


def _take(rng: random.Random, free: list[Product], fits: Callable[[Product], bool]) -> Product:
    product = rng.choice([product for product in free if fits(product)])
    free.remove(product)
    return product


def _counts(rng: random.Random, smallest: int, largest: int, per_day: float) -> tuple[tuple[int, ...], int, int | None]:
    """Items a day over the story, the first day, and the day of the fix if there is one.

    A problem lasts 5 to 10 days, shorter when there are few items, so that a day has `per_day` of them or more.
    """
    size = rng.randint(smallest, largest)
    length = max(4, min(rng.randint(5, 10), int(size / per_day)))
    first = rng.randint(EARLIEST, min(LATEST, DAYS - length))
    fixed = first + length if first + length < DAYS - 2 and rng.random() < 0.7 else None
    shape = [0.0] * DAYS
    for number in range(first, first + length):
        shape[number] = rng.uniform(0.75, 1.25) * (0.6 if number == first else 1.0)
    # After a fix comes what was sold before it; without one it goes on, told by a fifth of the items at most.
    rest = range(first + length, DAYS if fixed is None else min(first + length + 3, DAYS))
    for number in rest:
        shape[number] = 0.12 if fixed else min(0.25, 0.25 * length / len(rest))
    # Half as expected, half by chance: days differ, and none of the problem's days is left bare.
    counts = [int(size * weight / sum(shape) / 2) for weight in shape]
    for number in rng.choices(range(DAYS), shape, k=size - sum(counts)):
        counts[number] += 1
    return tuple(counts), first, fixed


def _problem(
    rng: random.Random, kind: str, product: Product | None, regions: tuple[str, ...], sizes: tuple[int, int, float]
) -> Problem:
    counts, first, fixed = _counts(rng, *sizes)
    number = KINDS.index(kind) + 1
    return Problem(f"planted-{number}", kind, product, regions, counts, first, fixed, None, _CHANNELS[kind])


# Sizes: a product's problem stands out at 4 a day, as its own category has less than one; payment and delivery
# have 4 to 8 ordinary complaints a day in the whole shop, so theirs are larger.
_OF_A_PRODUCT = (25, 95, 4.5)
_OF_THE_SHOP = (80, 120, 10.0)


def _sizing(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    product = _take(rng, free, lambda p: "soft" in p.family.tags)
    problem = _problem(rng, "sizing_error", product, tuple(shop.customers), _OF_A_PRODUCT)
    return replace(problem, words={"direction": rng.choice(("small", "large"))})


def _payment(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    del free
    while True:
        regions = tuple(rng.sample(list(shop.customers), rng.randint(3, 5)))
        if len(people.languages_of(regions)) >= 2:
            break
    problem = _problem(rng, "payment_regression", None, regions, _OF_THE_SHOP)
    words = {"wallet": rng.choice(vocabulary.WALLETS), "err": f"P{rng.randint(100, 999)}Q"}
    return replace(problem, aspect=rng.choice(("card", "wallet")), words=words)


def _delay(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    del free
    carrier = rng.choice(list(shop.carriers))
    problem = _problem(rng, "carrier_delay", None, shop.carriers[carrier], _OF_THE_SHOP)
    return replace(problem, words={"carrier": carrier})


def _missing(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    product = _take(rng, free, lambda p: bool(p.family.parts))
    part = rng.choice(product.family.parts)
    values = {language: {"part": vocabulary.local(part, language)} for language in vocabulary.LANGUAGES}
    problem = _problem(rng, "missing_parts", product, tuple(shop.customers), _OF_A_PRODUCT)
    return replace(problem, values=values, words={"vendor": product.vendor, "part": part[0]})


def _packaging(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    product = _take(rng, free, lambda p: bool({"fragile", "liquid"} & p.family.tags))
    problem = _problem(rng, "packaging_fault", product, tuple(shop.customers), _OF_A_PRODUCT)
    return replace(problem, aspect="leak" if "liquid" in product.family.tags else "break")


def _listing(rng: random.Random, shop: Shop, free: list[Product]) -> Problem:
    product = _take(rng, free, lambda p: bool({"soft", "built", "fragile"} & p.family.tags))
    first, second = rng.sample(vocabulary.COLOURS, 2)
    ground = "soft" if "soft" in product.family.tags else "hard"
    promised = rng.choice(vocabulary.MATERIALS[ground])
    got = rng.choice(vocabulary.MATERIALS[f"{ground}_cheap"])
    rows = {"ca": first, "cb": second, "ma": promised, "mb": got}
    values = {
        language: {name: vocabulary.local(row, language) for name, row in rows.items()}
        for language in vocabulary.LANGUAGES
    }
    problem = _problem(rng, "misleading_listing", product, tuple(shop.customers), _OF_A_PRODUCT)
    return replace(problem, aspect=rng.choice(("colour", "material")), values=values)


def plan_defect(rng: random.Random, shop: Shop, taken: Collection[Product]) -> Problem:
    """A part or function of one product fails after some days; of a product that nothing else is about.

    Args:
        rng: Of this problem alone.
        shop: Its products.
        taken: Products of other problems and of the campaign.
    """
    free = [product for product in shop.products if product not in taken]
    product = _take(rng, free, lambda p: p.family.name in vocabulary.FAILING)
    way, pieces = rng.choice(list(vocabulary.FAILING[product.family.name].items()))
    piece = rng.choice(pieces)
    values = {language: {"piece": vocabulary.local(piece, language)} for language in vocabulary.LANGUAGES}
    problem = _problem(rng, "product_defect", product, tuple(shop.customers), _OF_A_PRODUCT)
    return replace(problem, aspect=way, values=values, words={"vendor": product.vendor, "piece": piece[0]})


def plan_lockout(rng: random.Random, shop: Shop, felt: Collection[int]) -> Problem:
    """After a deployment of the web shop people cannot get into their account, everywhere.

    Args:
        rng: Of this problem alone.
        shop: Its customers.
        felt: Days of the app versions at fault and of their fixes; it starts away from them.
    """
    while True:
        problem = _problem(rng, "account_lockout", None, tuple(shop.customers), _OF_THE_SHOP)
        if all(abs(problem.first - day) > _APART for day in felt):
            return replace(problem, aspect=rng.choice(("code", "password")))
