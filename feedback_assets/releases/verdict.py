"""What is said of a release and one kind of complaint: suspect, coincides, no sign or too little data, with the reason.

Pure; the numbers come from `evidence.py`, the limits from thresholds.yaml.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from feedback_assets.config.sections.releases import ReleaseRules
from feedback_assets.releases.counts import Release, Scope, Window
from feedback_assets.releases.evidence import Evidence

_SURE = 0.05


@dataclass(frozen=True)
class Verdict:
    """One decision; `evidence` orders the releases that may explain the same complaints."""

    verdict: str
    evidence: float
    reason: str


@dataclass(frozen=True)
class Case:
    """One release and one scope: everything a verdict needs, as plain numbers."""

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


def case(window: Window, release: Release, found: Evidence, place: int, product_share: float, products: int) -> Case:
    """The numbers of one scope out of the arrays of a release.

    Args:
        window: For scopes and dates.
        release: The release.
        found: Its evidence.
        place: Number of the scope.
        product_share: Share of the complaints since that are about the release's product.
        products: How many products items tell of.
    """
    told, jump = found.named, found.jump
    nothing = math.nan
    return Case(
        release=release,
        scope=window.scopes[place],
        days_before=found.span.days_before,
        days_after=found.span.days_after,
        before=int(found.before[place]),
        after=int(found.after[place]),
        expected=float(found.expected[place]),
        ratio=float(jump.ratio[place]),
        low=float(jump.low[place]),
        high=float(jump.high[place]),
        p_value=float(jump.p_value[place]),
        onset_gain=float(found.onset_gain[place]),
        onset_gap=float(found.onset_gap[place]),
        onset_day=window.first + timedelta(days=int(found.onset_day[place])),
        named=int(told.named[place]) if told else 0,
        named_any=int(told.named_any[place]) if told else 0,
        share=float(told.share[place]) if told else nothing,
        items_share=float(told.items_share[place]) if told else nothing,
        version_ratio=float(told.against_before.ratio[place]) if told else nothing,
        version_low=float(told.against_before.low[place]) if told else nothing,
        version_high=float(told.against_before.high[place]) if told else nothing,
        version_p=float(told.against_before.p_value[place]) if told else 1.0,
        same_time_ratio=float(told.same_time_ratio[place]) if told else nothing,
        same_time_p=float(told.same_time_p[place]) if told else 1.0,
        version_log_likelihood=float(told.log_likelihood[place]) if told else 0.0,
        product_share=product_share,
        products=products,
    )


def enough(one: Case, rules: ReleaseRules) -> bool:
    """Whether there are days and complaints to say anything at all."""
    days = one.days_before >= rules.least_baseline and one.days_after >= rules.least_after
    return days and one.after >= rules.least_complaints


def plausible(one: Case, rules: ReleaseRules) -> bool:
    """Whether such a change can break such a thing at all, before any count is looked at.

    A change of a product can break what is told of that product; a change of everything what its kind touches, and no
    single product.
    """
    scope, release = one.scope, one.release
    if release.product_id and scope.scope == "cluster":
        return scope.product_id == release.product_id
    if not release.product_id and scope.product_id:
        return False
    return scope.scope == "all" or (scope.category or "") in rules.touches[release.kind]


def judge(one: Case, beyond_chance: bool, rules: ReleaseRules) -> Verdict:
    """The verdict on one release and one scope.

    Args:
        one: The numbers.
        beyond_chance: Whether its chance stands at the day's false-discovery limit.
        rules: The limits.
    """
    evidence = _evidence(one, rules)
    if not enough(one, rules):
        return Verdict("too_little_data", evidence, _too_little(one, rules))
    jumped, told = _jumped(one, rules), _told_by_version(one, rules)
    if not beyond_chance or not (jumped or told):
        return Verdict("no_sign", evidence, f"{_rise(one)}: {_why_not(one, beyond_chance, rules)}")
    tie = _tie(one, told, rules)
    if tie is None:
        return Verdict("coincides", evidence, f"{_rise(one)}, but nothing ties it to this change{_named(one)}")
    rise = _rise(one) if jumped else _rise_of_version(one)
    return Verdict("suspect", evidence, f"{rise}, {tie}{_named(one)}")


def _jumped(one: Case, rules: ReleaseRules) -> bool:
    """A rise against before that begins at the release."""
    high_enough = not one.ratio < rules.least_ratio and one.low > 1
    return high_enough and one.p_value < rules.false_discovery and one.onset_gap <= rules.onset_gap


def _told_by_version(one: Case, rules: ReleaseRules) -> bool:
    """Items that name the version complain more than others of the same days, and more than anybody before."""
    at_one_time = one.named >= rules.least_complaints and one.same_time_p < rules.false_discovery
    higher = one.same_time_ratio >= rules.least_version_ratio and one.version_ratio >= rules.least_version_ratio
    return at_one_time and higher and one.version_p < rules.false_discovery


def _tie(one: Case, told: bool, rules: ReleaseRules) -> str | None:
    """What ties the complaints to this change besides time, in words; None when nothing does."""
    if one.release.product_id:
        whole = plausible(one, rules) or (one.scope.scope == "cluster" and one.product_share >= 0.5)
        return "and they are about the product changed" if whole else None
    if told or (one.named_any >= rules.least_named and one.version_log_likelihood >= rules.version_tie):
        return "and complaints name the version"
    if one.release.version_key and one.named_any >= rules.least_named and one.version_log_likelihood < 0:
        return None
    return f"which a change of this kind ({one.release.kind}) can break" if plausible(one, rules) else None


def _evidence(one: Case, rules: ReleaseRules) -> float:
    """Log of how much better the release explains the complaints than its absence.

    A change of everything that breaks one product of many had to hit just that one; of a change of that product it is
    expected. Versions count as they are named.
    """
    score = one.onset_gain
    if one.release.product_id is None and one.scope.product_id is not None:
        score -= math.log(max(one.products, 1))
    if one.scope.scope != "all" and not one.release.product_id:
        category = one.scope.category or ""
        # A kind of change that cannot break this comes after one that can, whatever its day.
        score -= 0.0 if category in rules.touches[one.release.kind] else math.log(20)
    return round(score + one.version_log_likelihood, 6)


def _rise(one: Case) -> str:
    since = one.release.version or f"{one.release.name}"
    if not math.isfinite(one.ratio):
        return f"{one.after} after {since}, none before" if one.after else f"none after {since}"
    ends = f"[{one.low:.1f}, {one.high:.1f}]" if math.isfinite(one.high) else f"[{one.low:.1f}, …]"
    return f"{one.ratio:.1f}x after {since} {ends}"


def _rise_of_version(one: Case) -> str:
    """A staged rollout: what rose is the rate of those who have it, not that of all."""
    ends = f"[{one.version_low:.1f}, {one.version_high:.1f}]"
    return f"{one.version_ratio:.1f}x among those who name {one.release.version} {ends}"


def _named(one: Case) -> str:
    if not one.named_any or one.release.version is None:
        return ""
    others = f" (of other items {one.items_share:.0%})" if math.isfinite(one.items_share) else ""
    same = ""
    if one.same_time_p < _SURE and math.isfinite(one.same_time_ratio):
        same = f", {one.same_time_ratio:.1f}x other versions of the same days"
    return f"; {one.share:.0%} name {one.release.version}{others}{same}"


def _why_not(one: Case, beyond_chance: bool, rules: ReleaseRules) -> str:
    if not beyond_chance:
        return f"within what chance does (p {one.p_value:.2g} against all tests of the day)"
    if one.onset_gap > rules.onset_gap:
        return f"the rise is better dated {one.onset_day}"
    return f"below {rules.least_ratio:g}x"


def _too_little(one: Case, rules: ReleaseRules) -> str:
    if one.days_before < rules.least_baseline:
        return f"too little data: {one.days_before} days before it, {rules.least_baseline} are needed"
    if one.days_after < rules.least_after:
        return "too little data: no whole day since it"
    return f"too little data: {one.after} complaints since it, {rules.least_complaints} are needed"
