"""Which releases were active when an item was written: by the version it names, else by time, region and product.

Pure over frames. Only releases reported in the eight weeks before the item count, so that a release that is reported
late counts on the same days as one that was reported at once.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from feedback_assets.lake.frames import records
from feedback_assets.text import fold, text_or_none, version_key

# As far as a release is looked back on; the same as partitions.last_56_days.
LOOK_BACK = timedelta(days=56)


@dataclass(frozen=True)
class Release:
    """One row of `silver/releases`; no regions means everywhere."""

    day: date
    at: datetime
    release_id: str
    kind: str
    version_key: str | None
    regions: frozenset[str]
    product_id: str | None


@dataclass(frozen=True)
class ActiveReleases:
    """What is written on an item: the release, how it was decided, and the newest of each kind as JSON."""

    release_id: str | None
    match: str | None
    all: str | None


_NONE = ActiveReleases(None, None, None)
_COLUMNS = ("release_id", "release_match", "releases_in_force")


def add_releases(feedback: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    """`silver/feedback` with the columns release_id, release_match and releases_in_force filled.

    Args:
        feedback: Rows of any days.
        releases: `silver/releases` of those days and of the 56 days before the first.
    """
    if releases.empty:
        return feedback.assign(**{name: pd.Series(None, index=feedback.index, dtype=object) for name in _COLUMNS})
    known = read_releases(releases)
    columns = ("day", "occurred_at", "app_version", "region", "product_id")
    rows = zip(*(feedback[column].astype(object).tolist() for column in columns), strict=True)
    results = [
        active_releases(day, at, text_or_none(version), text_or_none(region), text_or_none(product), known)
        for day, at, version, region, product in rows
    ]
    return feedback.assign(
        release_id=pd.Series([result.release_id for result in results], index=feedback.index, dtype=object),
        release_match=pd.Series([result.match for result in results], index=feedback.index, dtype=object),
        releases_in_force=pd.Series([result.all for result in results], index=feedback.index, dtype=object),
    )


class ReleaseIndex:
    """Releases in order of time, and those that can concern an item of a day, place, product and version."""

    def __init__(self, releases: Sequence[Release]) -> None:
        self._releases = sorted(releases, key=lambda release: (release.at, release.release_id))
        self._chosen: dict[tuple[date, str | None, str | None, str | None], _Concerning] = {}

    def choice(self, day: date, version: str | None, region: str | None, product: str | None) -> _Concerning:
        """The releases that can concern such items, prepared once."""
        key = (day, version, region, product)
        if key not in self._chosen:
            mine = [
                release
                for release in self._releases
                if day - LOOK_BACK <= release.day <= day and _concerns(release, *key[1:])
            ]
            self._chosen[key] = _Concerning(mine, version)
        return self._chosen[key]


class _Concerning:
    def __init__(self, releases: Sequence[Release], version: str | None) -> None:
        self._releases = releases
        self._times = [release.at for release in releases]
        self._version = version
        self._made: dict[int, ActiveReleases] = {}

    def at(self, moment: datetime) -> ActiveReleases:
        """What is in force at a moment; nothing changes between two releases."""
        place = bisect_right(self._times, moment)
        if place not in self._made:
            self._made[place] = self._decide(self._releases[:place])
        return self._made[place]

    def _decide(self, before: Sequence[Release]) -> ActiveReleases:
        # A version is in force on who names it, also where the log dates its release later.
        named = [release for release in before if self._named(release)] or [
            release for release in self._releases if self._named(release)
        ][:1]
        others = [release for release in before if not (release.kind == "app" and self._version)]
        by_kind = {release.kind: release.release_id for release in [*others, *named[-1:]]}
        every = json.dumps(by_kind, sort_keys=True) if by_kind else None
        for match, fitting in (
            ("version", named),
            ("product", [release for release in others if release.product_id]),
            ("time", [release for release in others if not release.product_id]),
        ):
            if fitting:
                return ActiveReleases(fitting[-1].release_id, match, every)
        return _NONE

    def _named(self, release: Release) -> bool:
        return self._version is not None and release.version_key == self._version


def active_releases(
    day: date, occurred_at: datetime, version: str | None, region: str | None, product: str | None, known: ReleaseIndex
) -> ActiveReleases:
    """The release in force on one item.

    Args:
        day: The item's day.
        occurred_at: When it was written.
        version: App version as the item names it.
        region: Where the customer is; where it is not known, releases of some regions only do not count.
        product: The product it is about; releases of another product do not count.
        known: All releases.
    """
    key = version_key(version) if version else None
    place = fold(region) if region else None
    return known.choice(day, key or None, place, product).at(occurred_at)


def read_releases(frame: pd.DataFrame) -> ReleaseIndex:
    """The releases of a frame of `silver/releases`."""
    return ReleaseIndex(
        [
            Release(
                day=row["day"],
                at=row["at"],
                release_id=str(row["release_id"]),
                kind=str(row["kind"]),
                version_key=text_or_none(row["version_key"]),
                regions=frozenset(fold(region) for region in json.loads(text_or_none(row["regions"]) or "[]")),
                product_id=text_or_none(row["product_id"]),
            )
            for row in records(frame)
        ]
    )


def _concerns(release: Release, version: str | None, region: str | None, product: str | None) -> bool:
    if release.product_id and release.product_id != product:
        return False
    return not release.regions or region in release.regions or (version is not None and release.version_key == version)
