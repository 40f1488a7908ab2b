"""`gold/release_impact` of some days: every open release against all complaints, categories and clusters.

Each day is computed alone from its own window, so a range equals its days one by one. The order of steps is here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.lake.frames import conform, empty
from feedback_assets.releases.assessment import Assessment, Case, assess, build_case, has_enough_data, is_plausible
from feedback_assets.releases.comparison import ReleaseComparison, compare_release
from feedback_assets.releases.inputs import (
    NumberedFrames,
    Release,
    ReleaseFrames,
    Window,
    number_frames,
    releases_up_to,
    window_up_to,
)
from feedback_assets.statistics import benjamini_hochberg
from feedback_assets.tables import ImpactScope, ReleaseVerdict

# Days that are looked back on, as the partition mappings of the asset give them.
CLUSTERS_LOOK_BACK, RELEASES_LOOK_BACK = 56, 28
_DIGITS = 6
# A region is named when it has so many times its share of the items, and so many complaints.
_REGION_LIFT, _REGION_COMPLAINTS = 1.5, 5


@dataclass(frozen=True)
class _Row:
    """One release and one scope of a day, on its way to the table; `place` is the number of the scope."""

    comparison: ReleaseComparison
    place: int
    case: Case
    beyond_chance: bool
    assessment: Assessment

    @property
    def scope(self) -> tuple[str, str]:
        return self.case.scope.scope, self.case.scope.value


def release_impact(frames: ReleaseFrames, days: Sequence[date], rules: ReleaseRules) -> pd.DataFrame:
    """Rows of `gold/release_impact` for the days asked for.

    Args:
        frames: The inputs over the days and their look-back.
        days: The days, ascending.
        rules: Windows and limits.
    """
    inputs = number_frames(frames)
    rows = [row for day in days for row in _day_rows(inputs, frames.releases, day, rules)]
    if not rows:
        return empty(tables.GOLD_RELEASE_IMPACT)
    return conform(pd.DataFrame(rows), tables.GOLD_RELEASE_IMPACT)


def _day_rows(
    inputs: NumberedFrames, releases: pd.DataFrame, day: date, rules: ReleaseRules
) -> list[dict[str, object]]:
    known = releases_up_to(releases, day, RELEASES_LOOK_BACK)
    window_length = timedelta(days=rules.window_days)
    open_now = [release for release in known if release.at.date() <= day < release.first_after + window_length]
    if not open_now:
        return []
    window = window_up_to(inputs, day, rules.baseline_days + rules.window_days + 1, CLUSTERS_LOOK_BACK)
    rows = _separate_causes(_assess_all(_build_cases(window, open_now, known, rules), rules), rules)
    ranks = _ranks(rows)
    return [_table_row(day, window, row, rank) for row, rank in zip(rows, ranks, strict=True)]


def _build_cases(
    window: Window, open_now: Sequence[Release], known: Sequence[Release], rules: ReleaseRules
) -> list[tuple[ReleaseComparison, int, Case]]:
    """Every open release with every scope it can concern; clusters only where they have complaints since."""
    products = len(np.unique(window.item_product[window.item_product >= 0]))
    cases: list[tuple[ReleaseComparison, int, Case]] = []
    for release in open_now:
        comparison = compare_release(window, release, _new_versions(release, known, rules), rules)
        for place, scope in enumerate(window.scopes):
            if comparison.concerned[place] and (comparison.after[place] > 0 or scope.scope != ImpactScope.CLUSTER):
                share = _product_share(window, release, comparison, place)
                cases.append((comparison, place, build_case(window, release, comparison, place, share, products)))
    return cases


def _assess_all(cases: Sequence[tuple[ReleaseComparison, int, Case]], rules: ReleaseRules) -> list[_Row]:
    """The cases with their verdicts, clusters without enough data left out."""
    significant = _beyond_chance([case for _, _, case in cases], rules)
    return [
        _Row(comparison, place, case, beyond_chance, assess(case, beyond_chance, rules))
        for (comparison, place, case), beyond_chance in zip(cases, significant, strict=True)
        if case.scope.scope != ImpactScope.CLUSTER or has_enough_data(case, rules)
    ]


def _new_versions(release: Release, known: Sequence[Release], rules: ReleaseRules) -> list[str]:
    """Versions of other releases that were not out for a whole window when this one came."""
    youngest = release.first_after - timedelta(days=rules.window_days)
    return [
        other.version_key
        for other in known
        if other.version_key and other.version_key != release.version_key and other.first_after > youngest
    ]


def _product_share(window: Window, release: Release, comparison: ReleaseComparison, place: int) -> float:
    """Share of a scope's complaints since the release that are about its product."""
    if not release.product_id:
        return 0.0
    mine = window.pair_item[window.pair_scope == place]
    day = window.item_day[mine]
    since = mine[(day >= comparison.span.since) & (day < comparison.span.end)]
    about = window.item_product[since] == window.products.get(release.product_id, -2)
    return float(about.mean()) if len(since) else 0.0


def _beyond_chance(cases: Sequence[Case], rules: ReleaseRules) -> list[bool]:
    """Which cases are significant at the limit, a third of it for each question.

    Did complaints as a whole rise; did what such a change can break; did anything else. Asked together, the many of the
    last would drown the few of the others.
    """
    significant = np.zeros(len(cases), dtype=np.bool_)
    whole = np.array([case.scope.scope == ImpactScope.ALL for case in cases], dtype=np.bool_)
    can = np.array([is_plausible(case, rules) for case in cases], dtype=np.bool_)
    chances = np.array([case.tested if has_enough_data(case, rules) else 1.0 for case in cases], dtype=np.float64)
    for family in (whole, can & ~whole, ~can & ~whole):
        significant[family] = benjamini_hochberg(chances[family], rules.false_discovery / 3)
    return [bool(value) for value in significant]


def _separate_causes(rows: Sequence[_Row], rules: ReleaseRules) -> list[_Row]:
    """The rows, where suspects that another release explains far better only coincide: one rise, one cause."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for row in rows:
        if row.assessment.verdict == ReleaseVerdict.SUSPECT:
            name = row.case.release.version or row.case.release.name
            best[row.scope] = max(best.get(row.scope, (-math.inf, "")), (row.assessment.evidence, name))
    separated: list[_Row] = []
    for row in rows:
        evidence, name = best.get(row.scope, (-math.inf, ""))
        own = row.assessment
        if own.verdict == ReleaseVerdict.SUSPECT and evidence - own.evidence > rules.onset_gap:
            reason = f"{own.reason}; far better explained by {name}"
            row = replace(row, assessment=Assessment(ReleaseVerdict.COINCIDES, own.evidence, reason))
        separated.append(row)
    return separated


_RANKED: Mapping[ReleaseVerdict, int] = {ReleaseVerdict.SUSPECT: 0, ReleaseVerdict.COINCIDES: 1}


def _ranks(rows: Sequence[_Row]) -> list[int | None]:
    """1 for the release that explains a scope best: suspects first, then what coincides, each by evidence."""
    ranks: list[int | None] = [None] * len(rows)
    by_scope: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows):
        if row.assessment.verdict in _RANKED:
            by_scope.setdefault(row.scope, []).append(number)

    def order(number: int) -> tuple[int, float, str]:
        assessment = rows[number].assessment
        return _RANKED[assessment.verdict], -assessment.evidence, rows[number].case.release.release_id

    for places in by_scope.values():
        for rank, number in enumerate(sorted(places, key=order), start=1):
            ranks[number] = rank
    return ranks


def _table_row(day: date, window: Window, row: _Row, rank: int | None) -> dict[str, object]:
    case, comparison = row.case, row.comparison
    release, scope = case.release, case.scope
    return {
        "day": day, "release_id": release.release_id, "kind": release.kind, "name": release.name,
        "version": release.version, "released_at": release.at, "commits": release.commits,
        "scope": scope.scope, "value": scope.value,
        "title": scope.title, "category": scope.category, "product_id": scope.product_id,
        "days_before": case.days_before, "days_after": case.days_after, "complaints_before": case.before,
        "complaints_after": case.after, "items_before": comparison.items_before,
        "items_after": comparison.items_after,
        "expected_after": _number(case.expected), "rate_ratio": _number(case.ratio), "ratio_low": _number(case.low),
        "ratio_high": _number(case.high), "dispersion": _number(float(comparison.dispersion[row.place])),
        "p_value": _number(case.p_value), "onset_gap": _number(case.onset_gap), "onset_day": case.onset_day,
        "named": case.named, "named_any": case.named_any, "named_share": _number(case.share),
        "items_named_share": _number(case.items_share), "version_ratio": _number(case.version_ratio),
        "version_low": _number(case.version_low), "version_high": _number(case.version_high),
        "version_p_value": _number(case.version_p) if comparison.named else None,
        "same_time_ratio": _number(case.same_time_ratio),
        "same_time_p_value": _number(case.same_time_p) if comparison.named else None,
        "regions": _regions(window, comparison, row.place) if rank is not None else None,
        "beyond_chance": row.beyond_chance, "evidence": row.assessment.evidence, "rank": rank,
        "verdict": row.assessment.verdict, "reason": row.assessment.reason,
    }  # fmt: skip


def _number(value: float) -> float | None:
    """Rounded for the table; None for what is not a number or unbounded."""
    if not math.isfinite(value):
        return None
    return float(f"{value:.6g}") if 0 < abs(value) < 1e-4 else round(value, _DIGITS)


def _regions(window: Window, comparison: ReleaseComparison, place: int) -> str | None:
    """Regions with clearly more than their share of the complaints since, as shares of both."""
    since, end = comparison.span.since, comparison.span.end
    mine = window.pair_item[window.pair_scope == place]
    mine = mine[(window.item_day[mine] >= since) & (window.item_day[mine] < end)]
    every = (window.item_day >= since) & (window.item_day < end)
    numbers = len(window.regions)
    complaints = np.bincount(window.item_region[mine][window.item_region[mine] >= 0], minlength=numbers)
    items = np.bincount(window.item_region[every & (window.item_region >= 0)], minlength=numbers)
    if not complaints.sum() or not items.sum():
        return None
    shares, usual = complaints / complaints.sum(), items / items.sum()
    named = {
        window.regions[n]: [round(float(shares[n]), 3), round(float(usual[n]), 3)]
        for n in range(numbers)
        if complaints[n] >= _REGION_COMPLAINTS and shares[n] >= _REGION_LIFT * usual[n]
    }
    return json.dumps(named, sort_keys=True, ensure_ascii=False) if named else None
