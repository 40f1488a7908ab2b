"""The verdict on one release and one scope: suspect, coincides, no sign or too little data, with the reason.

Pure; the numbers come from `comparison.py`, the limits from thresholds.yaml.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.releases.comparison import ReleaseComparison
from feedback_assets.releases.inputs import Release, Scope, Window
from feedback_assets.tables import ImpactScope, ReleaseVerdict

_SURE = 0.05


@dataclass(frozen=True)
class Assessment:
    """One verdict; `evidence` orders the releases that may explain the same complaints."""

    verdict: ReleaseVerdict
    evidence: float
    reason: str


@dataclass(frozen=True)
class Case:
    """One release and one scope: everything a verdict needs, as plain numbers. See `gold/release_impact`."""

    release: Release
    scope: Scope
    days_before: int
    days_after: int
    before: int
    after: int
    expected: float
    ratio: float
    low: float
    high: float
    p_value: float
    onset_gain: float
    onset_gap: float
    onset_day: date
    named: int
    named_any: int
    share: float
    items_share: float
    version_ratio: float
    version_low: float
    version_high: float
    version_p: float
    same_time_ratio: float
    same_time_p: float
    version_log_likelihood: float
    product_share: float
    products: int

    @property
    def tested(self) -> float:
        """The chance that goes into the day's false-discovery limit: the best of three looks, three times."""
        looks = (self.p_value, self.same_time_p, self.version_p)
        return min(1.0, 3 * min(looks)) if self.named else self.p_value


def build_case(
    window: Window, release: Release, comparison: ReleaseComparison, place: int, product_share: float, products: int
) -> Case:
    """The numbers of one scope out of the arrays of a release.

    Args:
        window: For scopes and dates.
        release: The release.
        comparison: Its numbers.
        place: Number of the scope.
        product_share: Share of the complaints since that are about the release's product.
        products: How many products the items are about.
    """
    versions, ratio = comparison.named, comparison.rate_ratio
    nothing = math.nan
    return Case(
        release=release,
        scope=window.scopes[place],
        days_before=comparison.span.days_before,
        days_after=comparison.span.days_after,
        before=int(comparison.before[place]),
        after=int(comparison.after[place]),
        expected=float(comparison.expected[place]),
        ratio=float(ratio.ratio[place]),
        low=float(ratio.low[place]),
        high=float(ratio.high[place]),
        p_value=float(ratio.p_value[place]),
        onset_gain=float(comparison.onset_gain[place]),
        onset_gap=float(comparison.onset_gap[place]),
        onset_day=window.first + timedelta(days=int(comparison.onset_day[place])),
        named=int(versions.named[place]) if versions else 0,
        named_any=int(versions.named_any[place]) if versions else 0,
        share=float(versions.share[place]) if versions else nothing,
        items_share=float(versions.items_share[place]) if versions else nothing,
        version_ratio=float(versions.against_before.ratio[place]) if versions else nothing,
        version_low=float(versions.against_before.low[place]) if versions else nothing,
        version_high=float(versions.against_before.high[place]) if versions else nothing,
        version_p=float(versions.against_before.p_value[place]) if versions else 1.0,
        same_time_ratio=float(versions.same_time_ratio[place]) if versions else nothing,
        same_time_p=float(versions.same_time_p[place]) if versions else 1.0,
        version_log_likelihood=float(versions.log_likelihood[place]) if versions else 0.0,
        product_share=product_share,
        products=products,
    )


def has_enough_data(case: Case, rules: ReleaseRules) -> bool:
    """Whether there are days and complaints to say anything at all."""
    days = case.days_before >= rules.least_baseline and case.days_after >= rules.least_after
    return days and case.after >= rules.least_complaints


def is_plausible(case: Case, rules: ReleaseRules) -> bool:
    """Whether such a change can break such a thing at all, before any count is looked at.

    A change of a product can break that product; a change of everything what its kind touches, and no single product.
    """
    scope, release = case.scope, case.release
    if release.product_id and scope.scope == ImpactScope.CLUSTER:
        return scope.product_id == release.product_id
    if not release.product_id and scope.product_id:
        return False
    return scope.scope == ImpactScope.ALL or (scope.category or "") in rules.touches[release.kind]


def assess(case: Case, beyond_chance: bool, rules: ReleaseRules) -> Assessment:
    """The verdict on one release and one scope.

    Args:
        case: The numbers.
        beyond_chance: Whether its chance stands at the day's false-discovery limit.
        rules: The limits.
    """
    evidence = _evidence_score(case, rules)
    if not has_enough_data(case, rules):
        return Assessment(ReleaseVerdict.TOO_LITTLE_DATA, evidence, _too_little_text(case, rules))
    rose, by_version = _rose(case, rules), _rose_by_version(case, rules)
    if not beyond_chance or not (rose or by_version):
        return Assessment(
            ReleaseVerdict.NO_SIGN, evidence, f"{_rise_text(case)}: {_no_sign_text(case, beyond_chance, rules)}"
        )
    tie = _tie(case, by_version, rules)
    if tie is None:
        return Assessment(
            ReleaseVerdict.COINCIDES,
            evidence,
            f"{_rise_text(case)}, but nothing ties it to this change{_version_text(case)}",
        )
    rise = _rise_text(case) if rose else _version_rise_text(case)
    return Assessment(ReleaseVerdict.SUSPECT, evidence, f"{rise}, {tie}{_version_text(case)}")


def _rose(case: Case, rules: ReleaseRules) -> bool:
    """A rise against before that begins at the release."""
    high_enough = not case.ratio < rules.least_ratio and case.low > 1
    return high_enough and case.p_value < rules.false_discovery and case.onset_gap <= rules.onset_gap


def _rose_by_version(case: Case, rules: ReleaseRules) -> bool:
    """Items that name the version complain more than others of the same days, and more than anybody before."""
    at_one_time = case.named >= rules.least_complaints and case.same_time_p < rules.false_discovery
    higher = case.same_time_ratio >= rules.least_version_ratio and case.version_ratio >= rules.least_version_ratio
    return at_one_time and higher and case.version_p < rules.false_discovery


def _tie(case: Case, by_version: bool, rules: ReleaseRules) -> str | None:
    """What ties the complaints to this change besides time, in words; None when nothing does."""
    if case.release.product_id:
        whole = is_plausible(case, rules) or (case.scope.scope == ImpactScope.CLUSTER and case.product_share >= 0.5)
        return "and they are about the product changed" if whole else None
    if by_version or (case.named_any >= rules.least_named and case.version_log_likelihood >= rules.version_tie):
        return "and complaints name the version"
    if case.release.version_key and case.named_any >= rules.least_named and case.version_log_likelihood < 0:
        return None
    return f"which a change of this kind ({case.release.kind}) can break" if is_plausible(case, rules) else None


def _evidence_score(case: Case, rules: ReleaseRules) -> float:
    """Log of how much better the release explains the complaints than its absence.

    A change of everything that breaks one product of many had to hit just that one; of a change of that product it is
    expected. Versions count as they are named.
    """
    score = case.onset_gain
    if case.release.product_id is None and case.scope.product_id is not None:
        score -= math.log(max(case.products, 1))
    if case.scope.scope != ImpactScope.ALL and not case.release.product_id:
        category = case.scope.category or ""
        # A kind of change that cannot break this comes after one that can, whatever its day.
        score -= 0.0 if category in rules.touches[case.release.kind] else math.log(20)
    return round(score + case.version_log_likelihood, 6)


def _rise_text(case: Case) -> str:
    since = case.release.version or f"{case.release.name}"
    if not math.isfinite(case.ratio):
        return f"{case.after} after {since}, none before" if case.after else f"none after {since}"
    ends = f"[{case.low:.1f}, {case.high:.1f}]" if math.isfinite(case.high) else f"[{case.low:.1f}, …]"
    return f"{case.ratio:.1f}x after {since} {ends}"


def _version_rise_text(case: Case) -> str:
    """A staged rollout: what rose is the rate of those who have it, not that of all."""
    ends = f"[{case.version_low:.1f}, {case.version_high:.1f}]"
    return f"{case.version_ratio:.1f}x among those who name {case.release.version} {ends}"


def _version_text(case: Case) -> str:
    if not case.named_any or case.release.version is None:
        return ""
    others = f" (of other items {case.items_share:.0%})" if math.isfinite(case.items_share) else ""
    same = ""
    if case.same_time_p < _SURE and math.isfinite(case.same_time_ratio):
        same = f", {case.same_time_ratio:.1f}x other versions of the same days"
    return f"; {case.share:.0%} name {case.release.version}{others}{same}"


def _no_sign_text(case: Case, beyond_chance: bool, rules: ReleaseRules) -> str:
    if not beyond_chance:
        return f"within what chance does (p {case.p_value:.2g} against all tests of the day)"
    if case.onset_gap > rules.onset_gap:
        return f"the rise is better dated {case.onset_day}"
    return f"below {rules.least_ratio:g}x"


def _too_little_text(case: Case, rules: ReleaseRules) -> str:
    if case.days_before < rules.least_baseline:
        return f"too little data: {case.days_before} days before it, {rules.least_baseline} are needed"
    if case.days_after < rules.least_after:
        return "too little data: no whole day since it"
    return f"too little data: {case.after} complaints since it, {rules.least_complaints} are needed"
