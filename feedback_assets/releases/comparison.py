"""Complaints after a release compared with those before it: which days and items, and by what measure.

Complaints are measured by the other items of the same days, so a week in which everything rises raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.releases.inputs import Release, Window
from feedback_assets.releases.onset import Onsets, scan_onsets
from feedback_assets.releases.rate_ratio import RateRatio, compare_rates, estimate_dispersion
from feedback_assets.releases.versions import VersionCounts, VersionEvidence, compare_versions
from feedback_assets.statistics import Bools, Floats, Ints
from feedback_assets.tables import ImpactScope

_LEAST_EXPECTED = 0.5


@dataclass(frozen=True)
class Span:
    """Days by their number in the window: baseline [before, until), since the release [since, end)."""

    before: int
    until: int
    since: int
    end: int

    @property
    def days_before(self) -> int:
        """Days of the baseline."""
        return max(self.until - self.before, 0)

    @property
    def days_after(self) -> int:
        """Days since the release."""
        return max(self.end - self.since, 0)


@dataclass(frozen=True)
class ReleaseComparison:
    """All numbers of one release, for each scope of the window; `onset_day` is a number of the window."""

    span: Span
    before: Floats
    after: Floats
    items_before: int
    items_after: int
    expected: Floats
    rate_ratio: RateRatio
    dispersion: Floats
    onset_gain: Floats
    onset_gap: Floats
    onset_day: Ints
    named: VersionEvidence | None
    concerned: Bools


def compare_release(
    window: Window, release: Release, new_versions: Sequence[str], rules: ReleaseRules
) -> ReleaseComparison:
    """Compare the complaints since a release with those before it.

    Args:
        window: Items and complaints up to the day.
        release: The release; of some regions or one product only, only their items count.
        new_versions: Version keys of other releases too young to be compared with.
        rules: Windows and priors.
    """
    place, own = _where(window, release), np.ones(len(window.item_day), dtype=bool)
    if release.product_id:
        own = window.item_product == window.products.get(release.product_id, -2)
    span = _span(window, release, rules)
    everywhere = window.complaints(place)
    counts = window.complaints(place & own) if release.product_id else everywhere
    weekdays = _weekdays(window, everywhere, window.items(place), span, rules)
    exposure = _exposure(window.items(place), window.items(place & own), counts, span, rules) * weekdays
    before, after = slice(span.before, span.until), slice(span.since, span.end)
    a, b = counts[:, after].sum(axis=1), counts[:, before].sum(axis=1)
    ea, eb = exposure[:, after].sum(axis=1), exposure[:, before].sum(axis=1)
    expected = np.where(eb > 0, b * ea / np.where(eb > 0, eb, 1.0), 0.0)
    own_spread = estimate_dispersion(counts[:, before], exposure[:, before], np.zeros(len(a)), rules.drift_shape)
    spread = own_spread + expected / rules.drift_shape
    onsets = scan_onsets(counts[:, span.before : span.end], exposure[:, span.before : span.end], own_spread)
    first = span.since - span.before
    items = window.items(place & own)
    return ReleaseComparison(
        span=span,
        before=b,
        after=a,
        items_before=int(items[before].sum()),
        items_after=int(items[after].sum()),
        expected=expected,
        rate_ratio=compare_rates(a, b, ea, eb, spread, _prior(window, release, everywhere, place, b, eb, span)),
        dispersion=spread,
        onset_gain=onsets.at(first, rules.onset_lag, rules.lag_penalty),
        onset_gap=onsets.gap(first, rules.onset_lag),
        onset_day=_best(onsets) + span.before,
        named=_compare_versions(window, release, place & own, new_versions, span, own_spread),
        concerned=np.array([not (release.product_id and s.product_id not in (None, release.product_id))
                            for s in window.scopes], dtype=bool),
    )  # fmt: skip


def _prior(
    window: Window, release: Release, counts: Floats, place: Bools, own: Floats, exposure: Floats, span: Span
) -> Floats:
    """Exposure in which one of its kind has one complaint: what a product or cluster nobody knows starts from.

    Its kind are the other items of its category for a change of one product, else the other clusters of the category.
    A few quiet days say little about a product few write of; that hundreds like it are quiet too says more.
    """
    base = slice(span.before, span.until)
    total, items = counts[:, base].sum(axis=1), window.items(place)[base].sum()
    of_category = {scope.value: n for n, scope in enumerate(window.scopes) if scope.scope == ImpactScope.CATEGORY}
    clusters = Counter(scope.category for scope in window.scopes if scope.scope == ImpactScope.CLUSTER)
    prior = np.zeros(len(counts))
    for n, scope in enumerate(window.scopes):
        if (scope.scope == ImpactScope.CLUSTER and scope.category in of_category) or (
            release.product_id and scope.category
        ):
            others = 1 if release.product_id else max(clusters[scope.category] - 1, 1)
            rate = max(total[of_category[scope.category or ""]] - own[n], 0.0) / others / max(items, 1.0)
            # Never rarer than half a complaint in the baseline, or the first would alarm.
            prior[n] = 1.0 / max(rate, _LEAST_EXPECTED / max(exposure[n], 1.0))
    return prior


def _best(onsets: Onsets) -> Ints:
    return onsets.best_day() if onsets.gain.shape[1] else np.zeros(len(onsets.gain), dtype=np.int64)


def _where(window: Window, release: Release) -> Bools:
    if not release.regions:
        return np.ones(len(window.item_day), dtype=bool)
    numbers = [number for number, region in enumerate(window.regions) if region in release.regions]
    return np.isin(window.item_region, numbers)


def _span(window: Window, release: Release, rules: ReleaseRules) -> Span:
    """The release's own day is left out where it happened in its second half."""
    since = (release.first_after - window.first).days
    until = (release.at.date() - window.first).days
    seen = int(window.item_day.min()) if len(window.item_day) else window.days
    before = max(until - rules.baseline_days, seen, 0)
    end = min(since + rules.window_days, window.days)
    return Span(min(before, max(until, 0)), max(until, 0), min(since, end), end)


def _weekdays(window: Window, counts: Floats, items: Floats, span: Span, rules: ReleaseRules) -> Floats:
    """How much more each scope is complained of on a weekday than items alone say, shape (scopes, days).

    Clusters take their category's, as they are too small for one of their own.
    """
    weekday = np.array([(window.first + timedelta(days=number)).weekday() for number in range(window.days)])
    base = slice(span.before, span.until)
    total, volume = counts[:, base].sum(axis=1), items[base].sum()
    rate = total / volume if volume else np.zeros(len(total))
    factors = np.ones((len(counts), 7))
    for number in range(7):
        days = weekday[base] == number
        expected = rate * items[base][days].sum()
        factors[:, number] = (counts[:, base][:, days].sum(axis=1) + rules.weekday_prior) / (
            expected + rules.weekday_prior
        )
    of_category = {scope.value: n for n, scope in enumerate(window.scopes) if scope.scope == ImpactScope.CATEGORY}
    source = [
        of_category.get(scope.category or "", n) if scope.scope == ImpactScope.CLUSTER else n
        for n, scope in enumerate(window.scopes)
    ]
    return factors[source][:, weekday]


def _exposure(shop: Floats, own: Floats, counts: Floats, span: Span, rules: ReleaseRules) -> Floats:
    """The items a scope's complaints are measured by: the others of the same days, shape (scopes, days).

    A product's few items a day are drawn to the shop's; `own` and `shop` are the same for a change of everything.
    """
    rest = np.maximum(own - counts, 0.0)
    if own is shop or np.array_equal(own, shop):
        return rest
    both = np.r_[span.before : span.until, span.since : span.end]
    usual = max(rest[:, both].sum(), 1.0) / len(counts) / max(shop[both].sum(), 1.0)
    exposure = np.zeros_like(counts)
    for days in (slice(span.before, span.until), slice(span.since, span.end)):
        drawn = rest[:, days].sum(axis=1) + rules.exposure_prior
        share = drawn / (shop[days].sum() + rules.exposure_prior / usual)
        exposure[:, days] = share[:, None] * shop[days]
    return exposure


def _compare_versions(
    window: Window, release: Release, mask: Bools, new_versions: Sequence[str], span: Span, spread: Floats
) -> VersionEvidence | None:
    """None where the release has no version, or no item names it."""
    number = window.versions.get(release.version_key or "", -2)
    own = mask & (window.item_version == number)
    if not own.any():
        return None
    new = [window.versions[key] for key in new_versions if key in window.versions]
    names = mask & (window.item_version >= 0)
    others = names & ~own & ~np.isin(window.item_version, new)
    if not others.any():
        others = names & ~own  # a young shop has young versions only
    before, after = slice(span.before, span.until), slice(span.since, span.end)
    any_counts, any_items = window.complaints(names), window.items(names)
    counts = VersionCounts(
        own=window.complaints(own)[:, after],
        established=window.complaints(others)[:, after],
        any=any_counts[:, after],
        items_own=window.items(own)[after],
        items_established=window.items(others)[after],
        items_any=any_items[after],
        before=any_counts[:, before],
        items_before=any_items[before],
    )
    return compare_versions(counts, spread)
