"""Releases derived from the versions that customers name, for shops without a log of releases.

Pure. The command lands what was derived.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.statistics import Ints
from feedback_assets.text import version_key

# "Hardly anybody": testers and staff name a version before it is out, a tenth of what names it then at most.
_TESTERS = 0.1


@dataclass(frozen=True)
class DerivedRelease:
    """A version and the first day on which enough items name it."""

    version: str
    version_key: str
    day: date
    named: int
    naming_any: int
    reason: str


def derive_releases(feedback: pd.DataFrame, known: Collection[str], rules: ReleaseRules) -> list[DerivedRelease]:
    """The versions that came out within the days seen, oldest first.

    What was there when the history begins came out before it, so a version needs a week of items without it. Only days
    up to its first few decide, so that later feedback dates it no differently.

    Args:
        feedback: `day` and `app_version` of `silver/feedback`.
        known: Version keys there is a release for already.
        rules: How many items in how many days, and how much history.
    """
    naming = feedback[feedback["app_version"].notna()]
    if naming.empty:
        return []
    first: date = min(naming["day"])
    days = (max(naming["day"]) - first).days + 1
    number = np.array([(day - first).days for day in naming["day"]], dtype=np.int64)
    keys = naming["app_version"].map(version_key)
    every = np.bincount(number, minlength=days)
    releases: list[DerivedRelease] = []
    for key, places in keys.groupby(keys).indices.items():
        if not key or key in known:
            continue
        counts = np.bincount(number[places], minlength=days)
        out = _first_out(counts, rules)
        if out is None:
            continue
        window = slice(out, out + rules.derive_days)
        named, any_version = int(counts[window].sum()), int(every[window].sum())
        day = first + timedelta(days=out)
        spelled = str(naming["app_version"].iloc[places].value_counts().sort_index().idxmax())
        reason = f"named by {named} of {any_version} items in {rules.derive_days} days from {day}, by hardly any before"
        releases.append(DerivedRelease(spelled, str(key), day, named, any_version, reason))
    return sorted(releases, key=lambda release: (release.day, release.version_key))


def _first_out(counts: Ints, rules: ReleaseRules) -> int | None:
    """The first day of enough mentions after hardly any; None where there is none, or no history before it."""
    for day in np.flatnonzero(counts):
        named = int(counts[day : day + rules.derive_days].sum())
        if named < rules.derive_items:
            continue
        before = int(counts[max(day - rules.derive_history, 0) : day].sum())
        return int(day) if day >= rules.least_baseline and before <= _TESTERS * named else None
    return None
