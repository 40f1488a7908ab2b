"""Complaints that name a release's version, compared with other versions of the same days and with the time before.

A staged rollout moves few customers a day, so a version is compared with versions of the same days that are not new
themselves. Pure numpy over the arrays of one release.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, ndtr  # type: ignore[reportUnknownVariableType]

from feedback_assets.releases.rate_ratio import RateRatio, compare_rates
from feedback_assets.statistics import Floats

# Mantel's and Fleiss's rule: from this variance on the normal approximation holds.
_ENOUGH_VARIANCE = 5.0


@dataclass(frozen=True)
class VersionCounts:
    """Complaints and items since the release by the version they name; per scope and day, items per day.

    `before` and `items_before` are those that named any version before the release.
    """

    own: Floats
    established: Floats
    any: Floats
    items_own: Floats
    items_established: Floats
    items_any: Floats
    before: Floats
    items_before: Floats


@dataclass(frozen=True)
class VersionEvidence:
    """Per scope. `log_likelihood` is for the release when positive, against it when negative."""

    named: Floats
    named_any: Floats
    share: Floats
    items_share: Floats
    against_before: RateRatio
    same_time_ratio: Floats
    same_time_p: Floats
    log_likelihood: Floats


def compare_versions(counts: VersionCounts, dispersion: Floats) -> VersionEvidence:
    """Compare complaints that name the version with those that name others.

    Args:
        counts: The counts.
        dispersion: Variance over mean of the baseline, shape (scopes,).
    """
    own, every = counts.own.sum(axis=1), counts.any.sum(axis=1)
    rest_own, rest_every = counts.items_own.sum() - own, counts.items_any.sum() - every
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(every > 0, own / every, np.nan)
        items_share = np.where(rest_every > 0, rest_own / rest_every, np.nan)
    exposure = np.full(len(own), counts.items_own.sum()), np.full(len(own), counts.items_before.sum())
    ratio, p_value = _same_time(counts)
    return VersionEvidence(
        named=own,
        named_any=every,
        share=share,
        items_share=items_share,
        against_before=compare_rates(own, counts.before.sum(axis=1), *exposure, dispersion),
        same_time_ratio=ratio,
        same_time_p=p_value,
        log_likelihood=_log_likelihood(own, every, items_share),
    )


def _same_time(counts: VersionCounts) -> tuple[Floats, Floats]:
    """Mantel and Haenszel over the days: the ratio of rates, and its one-sided chance."""
    items = counts.items_own + counts.items_established
    both = (counts.items_own > 0) & (counts.items_established > 0)
    own, other = counts.own[:, both], counts.established[:, both]
    if not both.any():
        nothing = np.full(len(counts.own), np.nan)
        return nothing, np.ones(len(counts.own))
    n, m, t = counts.items_own[both], counts.items_established[both], items[both]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (own * m / t).sum(axis=1) / (other * n / t).sum(axis=1)
    events = own + other
    expected = (events * n / t).sum(axis=1)
    variance = (events * n * m * np.maximum(t - events, 0) / (t * t * np.maximum(t - 1, 1))).sum(axis=1)
    normal = ndtr(-(own.sum(axis=1) - expected - 0.5) / np.sqrt(np.maximum(variance, 1e-9)))
    total = events.sum(axis=1)
    chance = np.clip(expected / np.maximum(total, 1), 1e-9, 1 - 1e-9)
    count = own.sum(axis=1)
    exact = np.where(count > 0, betainc(np.maximum(count, 1), total - count + 1, chance), 1.0)
    p_value = np.where(total > 0, np.where(variance >= _ENOUGH_VARIANCE, normal, exact), 1.0)
    return np.where(np.isfinite(ratio), ratio, np.nan), np.clip(p_value, 0.0, 1.0)


def _log_likelihood(own: Floats, every: Floats, items_share: Floats) -> Floats:
    """Log-likelihood of the share that names the version over that of the other items, signed by its direction."""
    base = np.clip(np.nan_to_num(items_share, nan=0.5), 0.01, 0.99)
    share = np.clip(own / np.maximum(every, 1), 1e-6, 1 - 1e-6)
    gain = own * np.log(share / base) + (every - own) * np.log((1 - share) / (1 - base))
    return np.where((every > 0) & np.isfinite(items_share), np.where(share >= base, gain, -gain), 0.0)
