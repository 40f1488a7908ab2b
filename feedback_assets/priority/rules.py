"""The numbers of the priority room, read from the `priority` section of thresholds.yaml.

Only their types and checks; what they do is in `baseline.py`, `score.py` and `decision.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from feedback_assets.config.thresholds import Section, ThresholdsError
from feedback_assets.priority.decision import Row, decision_table


@dataclass(frozen=True)
class Override:
    """What a kind of override looks for, and how many credible reports a week ask a person."""

    kind: str
    sub_labels: frozenset[str]
    concepts: frozenset[str]
    reports: int


@dataclass(frozen=True)
class PriorityRules:
    """All numbers of the section; the reasons stand in thresholds.yaml. Windows are in days."""

    recent_days: int
    sudden_days: int
    baseline_days: int
    order_days: int
    prior_shape: float
    most_shape: float
    least_expected: float
    least_history: int
    exposure_prior: float
    false_discovery: float
    tested_from: int
    reach_customers: float
    recency_half_life: float
    confidence_members: int
    cohesion_full: float
    valuable_tiers: frozenset[str]
    valuable_from: float
    never_ticketed: frozenset[str]
    overrides: tuple[Override, ...]
    override_share: float
    credible: float
    decisions: tuple[Row, ...]


def priority_rules(section: Section) -> PriorityRules:
    """Read and check the section.

    Raises:
        ThresholdsError: A number is missing or out of range, or a row of the decision table cannot be used.
    """

    def names(name: str) -> frozenset[str]:
        return frozenset(cast("list[str]", section.values.get(name, [])))

    return PriorityRules(
        recent_days=section.count("recent_days"),
        sudden_days=section.count("sudden_days"),
        baseline_days=section.count("baseline_days"),
        order_days=section.count("order_days"),
        prior_shape=section.number("prior_shape", 0.01),
        most_shape=section.number("most_shape", 1),
        least_expected=section.number("least_expected", 0.01),
        least_history=section.count("least_history"),
        exposure_prior=section.number("exposure_prior", 0),
        false_discovery=section.number("false_discovery", 0, 1),
        tested_from=section.count("tested_from"),
        reach_customers=section.number("reach_customers", 1),
        recency_half_life=section.number("recency_half_life", 0.1),
        confidence_members=section.count("confidence_members"),
        cohesion_full=section.number("cohesion_full", 0.01, 1),
        valuable_tiers=names("valuable_tiers"),
        valuable_from=section.number("valuable_from", 0),
        never_ticketed=names("never_ticketed"),
        overrides=_overrides(section),
        override_share=section.number("override_share", 0, 1),
        credible=section.number("credible", 0, 1),
        decisions=decision_table(section.values.get("decisions"), section.origin),
    )


def _overrides(section: Section) -> tuple[Override, ...]:
    kinds = cast("Mapping[str, Mapping[str, list[str]]]", section.values.get("overrides", {}))
    reports = cast("Mapping[str, int]", section.values.get("override_reports", {}))
    for kind in kinds:
        if kind not in reports:
            raise ThresholdsError(f"{section.origin}: priority.override_reports has no {kind!r}; write `{kind}: 1`")
    return tuple(
        Override(kind, frozenset(spec.get("sub_labels", [])), frozenset(spec.get("concepts", [])), reports[kind])
        for kind, spec in kinds.items()
    )
