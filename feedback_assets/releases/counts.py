"""Items and complaints of the window as arrays, by day and by what is compared; joining and counting only.

Scopes are all complaints, each category, each cluster. Nothing is judged here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.lake.frames import records
from feedback_assets.statistics import Bools, Floats, Ints
from feedback_assets.text import fold, text_or_none, version_key

# What is read of each input.
COLUMNS: dict[str, tuple[str, ...]] = {
    "feedback": ("day", "event_id", "region", "app_version", "product_id"),
    "issues": ("day", "issue_id", "event_id", "category"),
    "members": ("day", "issue_id", "event_id", "cluster_id"),
    "clusters": ("day", "cluster_id", "status", "merged_into", "category", "product_id", "title"),
}


@dataclass(frozen=True)
class Frames:
    """The inputs over [first day - 56, last day], and `silver/releases` over [first day - 28, last day]."""

    releases: pd.DataFrame
    feedback: pd.DataFrame
    issues: pd.DataFrame
    members: pd.DataFrame
    clusters: pd.DataFrame


@dataclass(frozen=True)
class Release:
    """One release as told up to a day; no regions means everywhere."""

    release_id: str
    kind: str
    name: str
    version: str | None
    version_key: str | None
    at: datetime
    regions: frozenset[str]
    product_id: str | None
    commits: str | None = None

    @property
    def first_after(self) -> date:
        """The first day that is mostly after it."""
        return self.at.date() if self.at.hour < 12 else self.at.date() + timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """What is compared: all complaints, a category, a cluster."""

    scope: str
    value: str
    title: str
    category: str | None
    product_id: str | None


@dataclass(frozen=True)
class Window:
    """The items of the days [first, day] and which of them complain of what.

    `pair_item` and `pair_scope` name, once each, the items that belong to a scope.
    """

    first: date
    days: int
    item_day: Ints
    item_region: Ints
    item_product: Ints
    item_version: Ints
    regions: list[str]
    products: dict[str, int]
    versions: dict[str, int]
    scopes: list[Scope]
    pair_item: Ints
    pair_scope: Ints

    def items(self, mask: Bools) -> Floats:
        """Items a day, shape (days,)."""
        return np.bincount(self.item_day[mask], minlength=self.days).astype(np.float64)

    def complaints(self, mask: Bools) -> Floats:
        """Items that complain, by scope and day, shape (scopes, days)."""
        chosen = mask[self.pair_item]
        place = self.pair_scope[chosen] * self.days + self.item_day[self.pair_item[chosen]]
        counted = np.bincount(place, minlength=len(self.scopes) * self.days)
        return counted.reshape(len(self.scopes), self.days).astype(np.float64)


@dataclass
class Inputs:
    """The frames with their keys as numbers, prepared once for all days."""

    feedback: pd.DataFrame
    item_of: dict[str, int]
    item_day: NDArray[np.datetime64]
    region: Ints
    product: Ints
    version: Ints
    regions: list[str]
    products: dict[str, int]
    versions: dict[str, int]
    issues: pd.DataFrame
    members: pd.DataFrame
    clusters: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def prepare(frames: Frames) -> Inputs:
    """Number items, regions, products and versions once."""
    feedback = frames.feedback.drop_duplicates("event_id").reset_index(drop=True)
    region, regions = _numbered(feedback["region"].map(lambda told: fold(told) if isinstance(told, str) else None))
    product, products = _numbered(feedback["product_id"])
    version, versions = _numbered(
        feedback["app_version"].map(lambda told: version_key(told) or None if isinstance(told, str) else None)
    )
    item_of = {str(event): number for number, event in enumerate(feedback["event_id"])}
    return Inputs(
        feedback=feedback,
        item_of=item_of,
        item_day=feedback["day"].to_numpy(dtype="datetime64[D]"),
        region=region,
        product=product,
        version=version,
        regions=regions,
        products={name: number for number, name in enumerate(products)},
        versions={name: number for number, name in enumerate(versions)},
        issues=_placed(frames.issues, item_of),
        members=_placed(frames.members, item_of),
        clusters=records(frames.clusters.sort_values(["day", "cluster_id"], kind="stable")),
    )


def window(inputs: Inputs, day: date, days: int, look_back: int) -> Window:
    """The window of `days` days up to a day, with clusters as they stand at its end."""
    first = day - timedelta(days=days - 1)
    inside = (inputs.item_day >= np.datetime64(first)) & (inputs.item_day <= np.datetime64(day))
    chosen = np.flatnonzero(inside)
    new_number = np.full(len(inside), -1, dtype=np.int64)
    new_number[chosen] = np.arange(len(chosen))
    issues, members = (_within(frame, new_number) for frame in (inputs.issues, inputs.members))
    states, heirs = _states(inputs.clusters, day, day - timedelta(days=look_back))
    categories = sorted(set(issues["category"]))
    own = members["cluster_id"].map(lambda told: _heir(str(told), heirs)).astype(object)
    clusters = sorted(cluster for cluster in set(own) if cluster in states)
    scopes = [Scope("all", "*", "all complaints", None, None)]
    scopes += [Scope("category", category, category, category, None) for category in categories]
    scopes += [_scope_of(cluster, states[cluster]) for cluster in clusters]
    number = {(scope.scope, scope.value): place for place, scope in enumerate(scopes)}
    pairs = [np.stack([issues["item"].to_numpy(dtype=np.int64), np.zeros(len(issues), dtype=np.int64)])]
    pairs.append(_pairs(issues["item"], issues["category"], "category", number))
    pairs.append(_pairs(members["item"], own, "cluster", number))
    joined = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return Window(
        first=first,
        days=days,
        item_day=(inputs.item_day[chosen] - np.datetime64(first)).astype(np.int64),
        item_region=inputs.region[chosen],
        item_product=inputs.product[chosen],
        item_version=inputs.version[chosen],
        regions=inputs.regions,
        products=inputs.products,
        versions=inputs.versions,
        scopes=scopes,
        pair_item=joined[0],
        pair_scope=joined[1],
    )


def releases_on(frame: pd.DataFrame, day: date, look_back: int) -> list[Release]:
    """The releases told of in the look-back up to a day, each once: its first time, all its regions."""
    first = day - timedelta(days=look_back)
    found: dict[str, Release] = {}
    rows = [row for row in records(frame) if first <= row["day"] <= day]
    for row in sorted(rows, key=lambda row: (row["at"], row["event_id"])):
        told = frozenset(fold(region) for region in json.loads(text_or_none(row["regions"]) or "[]"))
        key = str(row["release_id"])
        if key in found:
            old = found[key]
            everywhere = not old.regions or not told
            told = frozenset[str]() if everywhere else old.regions | told
            found[key] = Release(**{**vars(old), "regions": told})
            continue
        found[key] = Release(
            release_id=key, kind=str(row["kind"]), name=str(row["name"]), version=text_or_none(row["version"]),
            version_key=text_or_none(row["version_key"]), at=row["at"].to_pydatetime(), regions=told,
            product_id=text_or_none(row["product_id"]), commits=text_or_none(row["commits"]),
        )  # fmt: skip
    return list(found.values())


def _numbered(series: pd.Series) -> tuple[Ints, list[str]]:
    """Numbers from 0 in the order of the names, so that they do not depend on which days are read; -1 for none."""
    codes, names = pd.factorize(series, sort=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _placed(frame: pd.DataFrame, item_of: dict[str, int]) -> pd.DataFrame:
    item = frame["event_id"].map(item_of)
    kept = frame[item.notna()]
    return kept.assign(item=item[item.notna()].astype(np.int64))


def _within(frame: pd.DataFrame, new_number: Ints) -> pd.DataFrame:
    item = new_number[frame["item"].to_numpy(dtype=np.int64)]
    return frame[item >= 0].assign(item=item[item >= 0])


def _states(rows: list[dict[str, Any]], day: date, first: date) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The newest row of each cluster up to a day, and which cluster a merged one became part of."""
    states: dict[str, dict[str, Any]] = {}
    heirs: dict[str, str] = {}
    for row in rows:
        if first <= row["day"] <= day:
            states[str(row["cluster_id"])] = row
            if row["status"] == "merged" and text_or_none(row["merged_into"]):
                heirs[str(row["cluster_id"])] = str(row["merged_into"])
    return states, heirs


def _heir(cluster: str, heirs: dict[str, str]) -> str:
    seen: set[str] = set()
    while cluster in heirs and cluster not in seen:
        seen.add(cluster)
        cluster = heirs[cluster]
    return cluster


def _scope_of(cluster_id: str, state: dict[str, Any]) -> Scope:
    return Scope("cluster", cluster_id, str(state["title"]), str(state["category"]), text_or_none(state["product_id"]))


def _pairs(items: pd.Series, values: pd.Series, scope: str, number: dict[tuple[str, str], int]) -> Ints:
    place = np.array([number.get((scope, str(value)), -1) for value in values], dtype=np.int64)
    known = place >= 0
    return np.stack([items.to_numpy(dtype=np.int64)[known], place[known]])
