"""`gold/release_impact` of some days: every release whose window is open against all complaints, categories, clusters.

Each day is computed alone from its own window, so a range gives what its days give. The order of steps is here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.lake.frames import conform, empty
from feedback_assets.releases.counts import Frames, Inputs, Release, Window, prepare, releases_on, window
from feedback_assets.releases.evidence import Evidence, gather
from feedback_assets.releases.verdict import Case, Verdict, case, enough, judge, plausible
from feedback_assets.statistics import benjamini_hochberg

# Days that are looked back on, as the partition mappings of the asset give them.
CLUSTERS_LOOK_BACK, RELEASES_LOOK_BACK = 56, 28
_DIGITS = 6
# A region is named when it has so many times its share of the items, and so many complaints.
_REGION_LIFT, _REGION_COMPLAINTS = 1.5, 5
Record = dict[str, Any]


def release_impact(frames: Frames, days: Sequence[date], rules: ReleaseRules) -> pd.DataFrame:
    """Rows of `gold/release_impact` for the days asked for.

    Args:
        frames: The inputs over the days and their look-back.
        days: The days, ascending.
        rules: Windows and limits.
    """
    inputs = prepare(frames)
    rows = [row for day in days for row in _one_day(inputs, frames.releases, day, rules)]
    if not rows:
        return empty(tables.GOLD_RELEASE_IMPACT)
    return conform(pd.DataFrame(rows), tables.GOLD_RELEASE_IMPACT)


def _one_day(inputs: Inputs, told: pd.DataFrame, day: date, rules: ReleaseRules) -> list[Record]:
    known = releases_on(told, day, RELEASES_LOOK_BACK)
    open_now = [one for one in known if one.at.date() <= day < one.first_after + timedelta(days=rules.window_days)]
    if not open_now:
        return []
    seen = window(inputs, day, rules.baseline_days + rules.window_days + 1, CLUSTERS_LOOK_BACK)
    products = len(np.unique(seen.item_product[seen.item_product >= 0]))
    gathered = [(one, gather(seen, one, _on_trial(one, known, rules), rules)) for one in open_now]
    cases = [
        (found, place, case(seen, one, found, place, _product_share(seen, one, found, place), products))
        for one, found in gathered
        for place in range(len(seen.scopes))
        if found.concerned[place] and (found.after[place] > 0 or seen.scopes[place].scope != "cluster")
    ]
    standing = _standing([one for _, _, one in cases], rules)
    kept = [
        (found, place, one, stood)
        for (found, place, one), stood in zip(cases, standing, strict=True)
        if one.scope.scope != "cluster" or enough(one, rules)
    ]
    verdicts = [judge(one, stood, rules) for _, _, one, stood in kept]
    verdicts = _explained_away([one for _, _, one, _ in kept], verdicts, rules)
    ranks = _ranks([one for _, _, one, _ in kept], verdicts)
    return [
        _row(day, seen, found, place, one, stood, verdict, rank)
        for (found, place, one, stood), verdict, rank in zip(kept, verdicts, ranks, strict=True)
    ]


def _on_trial(release: Release, known: Sequence[Release], rules: ReleaseRules) -> list[str]:
    """Versions of other releases that were not out for a whole window when this one came."""
    youngest = release.first_after - timedelta(days=rules.window_days)
    return [
        one.version_key
        for one in known
        if one.version_key and one.version_key != release.version_key and one.first_after > youngest
    ]


def _product_share(seen: Window, release: Release, found: Evidence, place: int) -> float:
    """Share of a scope's complaints since the release that are about its product."""
    if not release.product_id:
        return 0.0
    mine = seen.pair_item[seen.pair_scope == place]
    day = seen.item_day[mine]
    since = mine[(day >= found.span.since) & (day < found.span.end)]
    about = seen.item_product[since] == seen.products.get(release.product_id, -2)
    return float(about.mean()) if len(since) else 0.0


def _standing(cases: Sequence[Case], rules: ReleaseRules) -> list[bool]:
    """Which cases stand at the limit, a third of it for each question.

    Did complaints as a whole rise; did what such a change can break; did anything else. Asked together, the many of the
    last would drown the few of the others.
    """
    standing = np.zeros(len(cases), dtype=bool)
    whole = np.array([one.scope.scope == "all" for one in cases], dtype=bool)
    can = np.array([plausible(one, rules) for one in cases], dtype=bool)
    chances = np.array([one.tested if enough(one, rules) else 1.0 for one in cases], dtype=np.float64)
    for family in (whole, can & ~whole, ~can & ~whole):
        standing[family] = benjamini_hochberg(chances[family], rules.false_discovery / 3)
    return [bool(stood) for stood in standing]


def _explained_away(cases: Sequence[Case], verdicts: Sequence[Verdict], rules: ReleaseRules) -> list[Verdict]:
    """The verdicts, without suspects that another release explains far better: one rise, one cause."""
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for one, verdict in zip(cases, verdicts, strict=True):
        key = (one.scope.scope, one.scope.value)
        if verdict.verdict == "suspect":
            best[key] = max(best.get(key, (-math.inf, "")), (verdict.evidence, one.release.version or one.release.name))
    judged: list[Verdict] = []
    for one, verdict in zip(cases, verdicts, strict=True):
        evidence, name = best.get((one.scope.scope, one.scope.value), (-math.inf, ""))
        if verdict.verdict == "suspect" and evidence - verdict.evidence > rules.onset_gap:
            verdict = Verdict("coincides", verdict.evidence, f"{verdict.reason}; far better explained by {name}")
        judged.append(verdict)
    return judged


def _ranks(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> list[int | None]:
    """1 for the release that explains a scope best: suspects first, then what coincides, each by evidence."""
    order = {"suspect": 0, "coincides": 1}
    ranks: list[int | None] = [None] * len(cases)
    by_scope: dict[tuple[str, str], list[int]] = {}
    for number, (one, verdict) in enumerate(zip(cases, verdicts, strict=True)):
        if verdict.verdict in order:
            by_scope.setdefault((one.scope.scope, one.scope.value), []).append(number)
    for places in by_scope.values():
        places.sort(key=lambda n: (order[verdicts[n].verdict], -verdicts[n].evidence, cases[n].release.release_id))
        for rank, number in enumerate(places, start=1):
            ranks[number] = rank
    return ranks


def _row(
    day: date, seen: Window, found: Evidence, place: int, one: Case, stood: bool, verdict: Verdict, rank: int | None
) -> Record:
    release, scope = one.release, one.scope
    return {
        "day": day, "release_id": release.release_id, "kind": release.kind, "name": release.name,
        "version": release.version, "released_at": release.at, "commits": release.commits,
        "scope": scope.scope, "value": scope.value,
        "title": scope.title, "category": scope.category, "product_id": scope.product_id,
        "days_before": one.days_before, "days_after": one.days_after, "complaints_before": one.before,
        "complaints_after": one.after, "items_before": found.items_before, "items_after": found.items_after,
        "expected_after": _number(one.expected), "rate_ratio": _number(one.ratio), "ratio_low": _number(one.low),
        "ratio_high": _number(one.high), "dispersion": _number(float(found.dispersion[place])),
        "p_value": _number(one.p_value), "onset_gap": _number(one.onset_gap), "onset_day": one.onset_day,
        "named": one.named, "named_any": one.named_any, "named_share": _number(one.share),
        "items_named_share": _number(one.items_share), "version_ratio": _number(one.version_ratio),
        "version_low": _number(one.version_low), "version_high": _number(one.version_high),
        "version_p_value": _number(one.version_p) if found.named else None,
        "same_time_ratio": _number(one.same_time_ratio),
        "same_time_p_value": _number(one.same_time_p) if found.named else None,
        "regions": _regions(seen, found, place) if rank is not None else None,
        "beyond_chance": stood, "evidence": verdict.evidence, "rank": rank, "verdict": verdict.verdict,
        "reason": verdict.reason,
    }  # fmt: skip


def _number(value: float) -> float | None:
    """Rounded to twelve significant digits' worth of rest; nothing for what is not a number or unbounded."""
    if not math.isfinite(value):
        return None
    return float(f"{value:.6g}") if 0 < abs(value) < 1e-4 else round(value, _DIGITS)


def _regions(seen: Window, found: Evidence, place: int) -> str | None:
    """Regions with clearly more than their share of the complaints since, as shares of both."""
    since, end = found.span.since, found.span.end
    mine = seen.pair_item[seen.pair_scope == place]
    mine = mine[(seen.item_day[mine] >= since) & (seen.item_day[mine] < end)]
    every = (seen.item_day >= since) & (seen.item_day < end)
    numbers = len(seen.regions)
    complaints = np.bincount(seen.item_region[mine][seen.item_region[mine] >= 0], minlength=numbers)
    items = np.bincount(seen.item_region[every & (seen.item_region >= 0)], minlength=numbers)
    if not complaints.sum() or not items.sum():
        return None
    shares, usual = complaints / complaints.sum(), items / items.sum()
    told = {
        seen.regions[n]: [round(float(shares[n]), 3), round(float(usual[n]), 3)]
        for n in range(numbers)
        if complaints[n] >= _REGION_COMPLAINTS and shares[n] >= _REGION_LIFT * usual[n]
    }
    return json.dumps(told, sort_keys=True, ensure_ascii=False) if told else None
