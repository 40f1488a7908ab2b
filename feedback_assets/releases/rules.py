"""The numbers of the releases room, read from the `releases` section of thresholds.yaml.

Only their types and checks; what they do is in `jumps.py`, `onset.py`, `versions.py` and `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from feedback_assets.config.thresholds import Section, ThresholdsError
from feedback_assets.tables import RELEASE_KINDS


@dataclass(frozen=True)
class ReleaseRules:
    """All numbers of the section; the reasons stand in thresholds.yaml. Windows are in days."""

    window_days: int
    baseline_days: int
    least_baseline: int
    least_after: int
    least_complaints: int
    weekday_prior: float
    drift_shape: float
    exposure_prior: float
    false_discovery: float
    least_ratio: float
    least_version_ratio: float
    onset_lag: int
    lag_penalty: float
    onset_gap: float
    least_named: int
    version_tie: float
    touches: Mapping[str, frozenset[str]]
    derive_items: int
    derive_days: int
    derive_history: int


def release_rules(section: Section) -> ReleaseRules:
    """Read and check the section.

    Raises:
        ThresholdsError: A number is missing or out of range, or a kind of release is not known.
    """
    return ReleaseRules(
        window_days=section.count("window_days", 1, 14),
        baseline_days=section.count("baseline_days", 1, 28),
        least_baseline=section.count("least_baseline"),
        least_after=section.count("least_after"),
        least_complaints=section.count("least_complaints"),
        weekday_prior=section.number("weekday_prior", 0.01),
        drift_shape=section.number("drift_shape", 1),
        exposure_prior=section.number("exposure_prior", 1),
        false_discovery=section.number("false_discovery", 0, 1),
        least_ratio=section.number("least_ratio", 1),
        least_version_ratio=section.number("least_version_ratio", 1),
        onset_lag=section.count("onset_lag", 0),
        lag_penalty=section.number("lag_penalty", 0),
        onset_gap=section.number("onset_gap", 0),
        least_named=section.count("least_named"),
        version_tie=section.number("version_tie", 0),
        touches=_touches(section),
        derive_items=section.count("derive_items"),
        derive_days=section.count("derive_days"),
        derive_history=section.count("derive_history"),
    )


def _touches(section: Section) -> Mapping[str, frozenset[str]]:
    told = cast("Mapping[str, list[str]]", section.values.get("touches", {}))
    for kind in told:
        if kind not in RELEASE_KINDS:
            known = ", ".join(RELEASE_KINDS)
            raise ThresholdsError(f"{section.origin}: releases.touches has no kind {kind!r}; write one of {known}")
    return {kind: frozenset(told.get(kind, [])) for kind in RELEASE_KINDS}
