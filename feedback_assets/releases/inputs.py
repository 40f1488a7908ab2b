"""The inputs of release impact as arrays: releases, and items and complaints by day and scope.

Scopes are all complaints, each category, each cluster. Joining and counting only; nothing is compared here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.lake.frames import records
from feedback_assets.lineage import ClusterRow, Lineage, cluster_rows
from feedback_assets.statistics import Bools, Floats, Ints
from feedback_assets.tables import ImpactScope, ReleaseKind
from feedback_assets.text import fold, text_or_none, version_key

# What is read of each input.
COLUMNS: dict[str, tuple[str, ...]] = {
    "feedback": ("day", "event_id", "region", "app_version", "product_id"),
    "issues": ("day", "issue_id", "event_id", "category"),
    "members": ("day", "issue_id", "event_id", "cluster_id"),
    "clusters": ("day", "cluster_id", "status", "merged_into", "category", "product_id", "title"),
}


@dataclass(frozen=True)
class ReleaseFrames:
    """The inputs over [first day - 56, last day], and `silver/releases` over [first day - 28, last day]."""

    releases: pd.DataFrame
    feedback: pd.DataFrame
    issues: pd.DataFrame
    members: pd.DataFrame
    clusters: pd.DataFrame


@dataclass(frozen=True)
class Release:
    """One release as known on a day; no regions means everywhere."""

    release_id: str
    kind: ReleaseKind
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
class ClusterState:
    """What is read of a row of `gold/clusters`."""

    cluster_id: str
    category: str
    product_id: str | None
    title: str


@dataclass(frozen=True)
class Scope:
    """What is compared: all complaints, a category, a cluster."""

    scope: ImpactScope
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


@dataclass(frozen=True)
class NumberedFrames:
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
    lineage: Lineage[date, ClusterState]


def number_frames(frames: ReleaseFrames) -> NumberedFrames:
    """Number items, regions, products and versions once."""
    feedback = frames.feedback.drop_duplicates("event_id").reset_index(drop=True)
    region, regions = _numbered(feedback["region"].map(lambda name: fold(name) if isinstance(name, str) else None))
    product, products = _numbered(feedback["product_id"])
    version, versions = _numbered(
        feedback["app_version"].map(lambda name: version_key(name) or None if isinstance(name, str) else None)
    )
    item_of = {str(event): number for number, event in enumerate(feedback["event_id"])}
    return NumberedFrames(
        feedback=feedback,
        item_of=item_of,
        item_day=feedback["day"].to_numpy(dtype="datetime64[D]"),
        region=region,
        product=product,
        version=version,
        regions=regions,
        products={name: number for number, name in enumerate(products)},
        versions={name: number for number, name in enumerate(versions)},
        issues=_with_item_numbers(frames.issues, item_of),
        members=_with_item_numbers(frames.members, item_of),
        lineage=_lineage(frames.clusters),
    )


def window_up_to(inputs: NumberedFrames, day: date, days: int, look_back: int) -> Window:
    """The window of `days` days up to a day, with clusters as of the day.

    Args:
        inputs: The numbered frames.
        day: The last day.
        days: Length of the window.
        look_back: Rows of clusters from so many days before count.
    """
    first = day - timedelta(days=days - 1)
    inside = (inputs.item_day >= np.datetime64(first)) & (inputs.item_day <= np.datetime64(day))
    chosen = np.flatnonzero(inside)
    new_number = np.full(len(inside), -1, dtype=np.int64)
    new_number[chosen] = np.arange(len(chosen))
    issues, members = (_within(frame, new_number) for frame in (inputs.issues, inputs.members))
    as_of = inputs.lineage.as_of(day, since=day - timedelta(days=look_back))
    categories: list[str] = sorted(set(issues["category"]))
    clusters = members["cluster_id"].map(lambda cluster: as_of.root(str(cluster))).astype(object)
    states = [state for cluster in sorted(set(clusters)) if (state := as_of.row(cluster)) is not None]
    scopes = [Scope(ImpactScope.ALL, "*", "all complaints", None, None)]
    scopes += [Scope(ImpactScope.CATEGORY, category, category, category, None) for category in categories]
    scopes += [
        Scope(ImpactScope.CLUSTER, state.cluster_id, state.title, state.category, state.product_id) for state in states
    ]
    number = {(scope.scope, scope.value): place for place, scope in enumerate(scopes)}
    pairs = [np.stack([issues["item"].to_numpy(dtype=np.int64), np.zeros(len(issues), dtype=np.int64)])]
    pairs.append(_pairs(issues["item"], issues["category"], ImpactScope.CATEGORY, number))
    pairs.append(_pairs(members["item"], clusters, ImpactScope.CLUSTER, number))
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


def releases_up_to(frame: pd.DataFrame, day: date, look_back: int) -> list[Release]:
    """The releases of the look-back up to a day, each once: with its first time and all its regions."""
    first = day - timedelta(days=look_back)
    releases: dict[str, Release] = {}
    rows = [row for row in records(frame) if first <= row["day"] <= day]
    for row in sorted(rows, key=lambda row: (row["at"], row["event_id"])):
        regions = frozenset(fold(region) for region in json.loads(text_or_none(row["regions"]) or "[]"))
        key = str(row["release_id"])
        if key in releases:
            known = releases[key].regions
            everywhere = not known or not regions
            releases[key] = replace(releases[key], regions=frozenset[str]() if everywhere else known | regions)
            continue
        releases[key] = Release(
            release_id=key, kind=ReleaseKind(row["kind"]), name=str(row["name"]), version=text_or_none(row["version"]),
            version_key=text_or_none(row["version_key"]), at=row["at"].to_pydatetime(), regions=regions,
            product_id=text_or_none(row["product_id"]), commits=text_or_none(row["commits"]),
        )  # fmt: skip
    return list(releases.values())


def _numbered(series: pd.Series) -> tuple[Ints, list[str]]:
    """Numbers from 0 in the order of the names, so that they do not depend on which days are read; -1 for none."""
    codes, names = pd.factorize(series, sort=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _with_item_numbers(frame: pd.DataFrame, item_of: dict[str, int]) -> pd.DataFrame:
    item = frame["event_id"].map(item_of)
    known = item.notna()
    return frame[known].assign(item=item[known].astype(np.int64))


def _within(frame: pd.DataFrame, new_number: Ints) -> pd.DataFrame:
    item = new_number[frame["item"].to_numpy(dtype=np.int64)]
    return frame[item >= 0].assign(item=item[item >= 0])


def _lineage(clusters: pd.DataFrame) -> Lineage[date, ClusterState]:
    return Lineage(
        ClusterRow(
            day,
            cluster,
            into,
            ClusterState(cluster, str(row["category"]), text_or_none(row["product_id"]), str(row["title"])),
        )
        for day, cluster, into, row in cluster_rows(records(clusters))
    )


def _pairs(items: pd.Series, values: pd.Series, scope: ImpactScope, number: dict[tuple[ImpactScope, str], int]) -> Ints:
    place = np.array([number.get((scope, str(value)), -1) for value in values], dtype=np.int64)
    known = place >= 0
    return np.stack([items.to_numpy(dtype=np.int64)[known], place[known]])
