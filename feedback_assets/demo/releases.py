"""What the shop ships during the story: app versions, deployments, flags and catalogue edits, some of them at fault.

Only the plan and its events; what customers notice is in `problems.py` and `voices.py`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from feedback_assets.demo import vocabulary
from feedback_assets.demo.calendar import DAYS, Calendar
from feedback_assets.demo.problems import Problem
from feedback_assets.demo.shop import Product, Shop

Event = tuple[str, datetime, dict[str, object]]


@dataclass(frozen=True)
class Change:
    """One thing shipped on a day of the story; a change of the catalogue names its product."""

    day: int
    kind: str
    name: str
    version: str | None
    notes: str
    product: Product | None = None
    edit: str | None = None


@dataclass(frozen=True)
class Releases:
    """All changes, and the app versions by the day they came out.

    `later` are the changes around the problems with streams of their own; they are numbered after all others.
    """

    changes: tuple[Change, ...]
    versions: tuple[tuple[int, str], ...]
    later: tuple[Change, ...] = ()

    def version_on(self, rng: random.Random, day: int) -> str:
        """A version customers have on a day: mostly the newest, some the one before."""
        out = [version for since, version in self.versions if since <= day]
        return out[-2] if len(out) > 1 and rng.random() < 0.25 else out[-1]

    def behind(self, problem: Problem) -> str | None:
        """The id of the release that causes a problem; None where no change does."""
        for number, change in enumerate((*self.changes, *self.later)):
            faulty_version = problem.kind == "payment_regression" and change.kind == "app"
            later = number >= len(self.changes)
            faulty_deployment = problem.kind == "account_lockout" and later and change.kind == "site"
            faulty_edit = (
                problem.product is not None and change.kind == "catalogue" and change.product == problem.product
            )
            if change.day == problem.first and (faulty_version or faulty_deployment or faulty_edit):
                return _release_id(number)
        return None

    def around_later(self, problem: Problem) -> list[str]:
        """The ids of the later changes around a problem: the one that causes it, the one that fixes it."""
        kind = {"product_defect": "process", "account_lockout": "site"}[problem.kind]
        return [_release_id(n) for n, change in enumerate(self.later, len(self.changes)) if change.kind == kind]

    def shipped_on(self, day: int) -> str:
        """The newest version of a day."""
        return [version for since, version in self.versions if since <= day][-1]


def plan(rng: random.Random, shop: Shop, problems: list[Problem]) -> Releases:
    """App versions with the faulty one on the first day of the payment problem, and all other changes."""
    payment = next(problem for problem in problems if problem.kind == "payment_regression")
    days = {-3, payment.first}
    if payment.fixed is not None:
        days.add(payment.fixed)
    for _ in range(2):  # ordinary releases, away from those that matter
        day = rng.randrange(1, DAYS - 2)
        if all(abs(day - other) > 2 for other in days):
            days.add(day)
    major, minor = rng.choice(vocabulary.VERSION_MAJORS), rng.choice(vocabulary.VERSION_MINORS[:25])
    versions = tuple((day, f"{major}.{minor + step}.{rng.randint(0, 1)}") for step, day in enumerate(sorted(days)))
    changes = [
        Change(day, "app", f"App {version}", version, "Maintenance and faster start") for day, version in versions
    ]
    changes += [change for problem in problems for change in _around(problem)]
    changes += _ordinary(rng, shop, problems)
    return Releases(tuple(sorted(changes, key=lambda change: (change.day, change.kind, change.name))), versions)


def plan_later(rng: random.Random, releases: Releases, defect: Problem, lockout: Problem) -> Releases:
    """The same releases, and the changes that cause or fix the problems with streams of their own.

    A deployment of the web shop locks people out, another one lets them in again; a defect's supplier changes the part.
    """
    numbers = sorted(rng.sample(range(1601, 2400), 2))
    days = [day for day in (lockout.first, lockout.fixed) if day is not None]
    changes = [
        Change(day, "site", "Web shop deployment", f"w{number}", "Clean-up")
        for day, number in zip(days, numbers, strict=False)
    ]
    if defect.product is not None and defect.fixed is not None:
        name = f"{defect.product.name}: part changed by the supplier"
        changes.append(Change(defect.fixed, "process", name, None, "New batch"))
    return replace(releases, later=tuple(sorted(changes, key=lambda change: (change.day, change.kind))))


def _around(problem: Problem) -> list[Change]:
    """The change that causes a problem, where one does, and the one that fixes it."""
    product, changes = problem.product, list[Change]()
    if product is not None and problem.kind in ("sizing_error", "misleading_listing"):
        what = "size chart" if problem.kind == "sizing_error" else "photos and description"
        edit = f"{what} replaced"
        changes.append(
            Change(problem.first, "catalogue", f"{product.name}: {edit}", None, f"New {what}", product, edit)
        )
        if problem.fixed is not None:
            fix = f"{what} restored"
            changes.append(
                Change(problem.fixed, "catalogue", f"{product.name}: {fix}", None, "Correction", product, fix)
            )
    elif product is not None and problem.fixed is not None:
        changes.append(Change(problem.fixed, "process", f"{product.name}: packing step checked", None, "Check added"))
    return changes


def _ordinary(rng: random.Random, shop: Shop, problems: list[Problem]) -> list[Change]:
    touched = [problem.product for problem in problems]
    quiet = [product for product in shop.products if product not in touched]
    changes = [
        Change(rng.randrange(DAYS), "site", "Web shop deployment", f"w{rng.randint(200, 900)}", "Copy and layout"),
        Change(rng.randrange(DAYS), "site", "Web shop deployment", f"w{rng.randint(901, 1600)}", "Header"),
        Change(rng.randrange(DAYS), "flag", "new-recommendations to 50 %", None, "Experiment"),
    ]
    for product in rng.sample(quiet, 2):
        edit = "price reviewed"
        changes.append(
            Change(rng.randrange(DAYS), "catalogue", f"{product.name}: {edit}", None, "Price", product, edit)
        )
    return changes


def release_events(calendar: Calendar, releases: Releases) -> list[Event]:
    """The changes of the story's days as (id, time, payload), without the later ones."""
    return _events(calendar, releases.changes, 0)


def later_release_events(calendar: Calendar, releases: Releases) -> list[Event]:
    """The later changes as (id, time, payload)."""
    return _events(calendar, releases.later, len(releases.changes))


def _events(calendar: Calendar, changes: Sequence[Change], first: int) -> list[Event]:
    events: list[Event] = []
    for number, change in enumerate(changes, start=first):
        if change.day < 0:
            continue
        at = _at(calendar, change.day, number)
        payload: dict[str, object] = {
            "release_id": _release_id(number), "kind": change.kind, "name": change.name, "version": change.version,
            "at": at.isoformat(), "notes": change.notes,
        }  # fmt: skip
        events.append((_release_id(number), at, payload))
    return events


def _release_id(number: int) -> str:
    return f"rel-{number:03d}"


def catalog_events(calendar: Calendar, shop: Shop, releases: Releases) -> list[Event]:
    """Every product on the first day, and edited products again on the day of the edit."""
    events: list[Event] = []
    start = datetime.combine(calendar.first_day, time(0, 1), tzinfo=calendar.zone)
    for number, product in enumerate(shop.products):
        events.append((f"cat-{product.product_id}", start + timedelta(seconds=number), _product(product, None)))
    for number, change in enumerate(releases.changes):
        if change.product is not None:
            at = _at(calendar, change.day, number)
            events.append((f"cat-{change.product.product_id}-{number}", at, _product(change.product, change.edit)))
    return events


def _at(calendar: Calendar, day: int, number: int) -> datetime:
    return datetime.combine(calendar.day(day), time(0, 20 + number % 40), tzinfo=calendar.zone)


def _product(product: Product, change: str | None) -> dict[str, object]:
    payload: dict[str, object] = {
        "product_id": product.product_id, "sku": product.sku, "name": product.name, "family": product.family.name,
        "synonyms": [f"{product.brand} {product.noun.it(code).split()[-1]}" for code in ("de", "es", "fr", "pt")],
        "variants": list(product.variants), "vendor": product.vendor, "fulfilment_centre": product.centre,
        "launch_date": product.launched, "price": product.price, "margin": product.margin,
    }  # fmt: skip
    if change is not None:
        payload["change"] = change
    return payload
