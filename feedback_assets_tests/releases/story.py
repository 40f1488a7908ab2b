"""A simulated shop: items, complaints, clusters and versions by day, quiet unless something is planted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.config.settings import load
from feedback_assets.lake.frames import conform
from feedback_assets.releases.inputs import COLUMNS, ReleaseFrames
from feedback_assets.text import version_key

RULES: ReleaseRules = load_config(load().prompts_dir).thresholds.releases
FIRST = date(2026, 3, 2)
CATEGORIES = {"delivery": 0.05, "checkout_payment": 0.03, "app_usability": 0.06, "sizing_fit": 0.03, "defect": 0.05,
              "listing_accuracy": 0.02, "service_quality": 0.04}  # fmt: skip
OF_PRODUCT = ("sizing_fit", "defect", "listing_accuracy")
PRODUCTS, REGIONS = 20, ("DE", "FR", "GB", "US")


@dataclass
class Shop:
    """How the simulated shop is; `busy` multiplies volume by day, `noise` spreads a category's share."""

    seed: int
    days: int = 45
    a_day: int = 200
    weekdays: Sequence[float] = (1.0, 1.0, 1.0, 1.0, 1.1, 0.7, 0.6)
    complaint_weekdays: Sequence[float] = (1.2, 1.0, 1.0, 1.0, 0.9, 0.9, 1.0)
    busy: dict[int, float] = field(default_factory=dict[int, float])
    noise: float = 0.0
    named: float = 0.5
    releases: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    planted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def day(number: int) -> date:
    """The date of a day by its number."""
    return FIRST + timedelta(days=number)


def shipped(number: int, release_id: str, kind: str = "app", hour: int = 1, **more: Any) -> dict[str, Any]:
    """A release on a day of the simulation."""
    version = more.get("version")
    regions = more.pop("regions", None)
    row = {
        "day": day(number), "event_id": f"e-{release_id}", "source": "log", "release_id": release_id, "kind": kind,
        "name": f"{kind} {release_id}", "version": None, "version_key": version_key(version) if version else None,
        "at": datetime.combine(day(number), time(hour), UTC), "derived": False,
        "regions": json.dumps(regions) if regions else None,
    }  # fmt: skip
    return row | more


def frames(shop: Shop) -> ReleaseFrames:
    """The tables of the simulated shop, over all its days."""
    rng = np.random.default_rng(shop.seed)
    items: list[dict[str, Any]] = []
    issues: list[dict[str, Any]] = []
    adopted: list[tuple[int, str]] = sorted(
        ((row["day"] - FIRST).days, row["version"]) for row in shop.releases if row.get("version")
    )
    popular = rng.dirichlet(np.full(PRODUCTS, 2.0))
    for number in range(shop.days):
        weekday = day(number).weekday()
        volume = rng.poisson(shop.a_day * shop.weekdays[weekday] * shop.busy.get(number, 1.0))
        shares = {
            name: share * shop.complaint_weekdays[weekday] * _noise(rng, shop.noise)
            for name, share in CATEGORIES.items()
        }
        for _ in range(volume):
            _item(rng, items, issues, number, shop, adopted, shares, popular)
        for plant in shop.planted:
            for _ in range(plant["counts"].get(number, 0)):
                _item(rng, items, issues, number, shop, adopted, {plant["category"]: 1.0}, popular, plant)
    members = [{**row, "cluster_id": row["cluster"]} for row in issues]
    clusters = _clusters(issues)
    return ReleaseFrames(
        releases=conform(
            pd.DataFrame(shop.releases, columns=list(tables.SILVER_RELEASES.column_names)), tables.SILVER_RELEASES
        ),
        feedback=_frame(items, "feedback"),
        issues=_frame(issues, "issues"),
        members=_frame(members, "members"),
        clusters=_frame(clusters, "clusters"),
    )  # fmt: skip


def _noise(rng: np.random.Generator, spread: float) -> float:
    return float(rng.gamma(1 / spread**2, spread**2)) if spread else 1.0


def _item(
    rng: np.random.Generator, items: list[dict[str, Any]], issues: list[dict[str, Any]], number: int, shop: Shop,
    adopted: list[tuple[int, str]], shares: dict[str, float], popular: Any, plant: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    event = f"i{len(items):06d}"
    product = f"P{int(rng.choice(PRODUCTS, p=popular)):02d}"
    region = str(rng.choice(REGIONS))
    version = _version(rng, number, adopted) if rng.random() < shop.named else None
    if plant is not None:
        product, region = plant.get("product", product), plant.get("region", region)
        version = plant.get("version") if rng.random() < plant.get("named", shop.named) else None
    items.append({"day": day(number), "event_id": event, "region": region, "app_version": version,
                  "product_id": product})  # fmt: skip
    drawn = rng.random()
    for category, share in shares.items():
        drawn -= share
        if drawn < 0:
            of_product = category in OF_PRODUCT
            part = product if of_product else str(int(rng.integers(4)))
            issues.append({"day": day(number), "issue_id": f"{event}#0", "event_id": event, "category": category,
                           "cluster": f"{category}/{part}", "product": product if of_product else None})  # fmt: skip
            return


def _version(rng: np.random.Generator, number: int, adopted: list[tuple[int, str]]) -> str:
    out = [(since, version) for since, version in adopted if since <= number]
    if not out:
        return "1.0.0"
    since, version = out[-1]
    reached = min(0.8, 0.15 * (number - since + 1))
    return version if rng.random() < reached else (out[-2][1] if len(out) > 1 else "1.0.0")


def _clusters(issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[tuple[date, str], dict[str, Any]] = {}
    for row in issues:
        seen.setdefault((row["day"], row["cluster"]), {
            "day": row["day"], "cluster_id": row["cluster"], "status": "active", "merged_into": None,
            "category": row["category"], "product_id": row["product"], "title": row["cluster"],
        })  # fmt: skip
    return list(seen.values())


def _frame(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS[name])).astype({"day": object})
