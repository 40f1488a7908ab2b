"""The section `priority` of the thresholds: how urgent a cluster is, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import model_validator

from feedback_assets.config.strict import (
    Count,
    Number,
    Strict,
    SubLabelName,
    Words,
    setting,
)

OverrideKind = Literal["safety", "security", "privacy", "billing", "regulatory"]
HarmName = Literal["danger", "loss"]
_AT_LEAST = "It is at least so much."


@dataclass(frozen=True)
class Override:
    """What a kind of override looks for, and how many credible reports a week ask a person."""

    kind: OverrideKind
    sub_labels: frozenset[str]
    harm: HarmName | None
    reports: int


class OverrideNames(Strict):
    """What tells that an issue is of this kind."""

    sub_labels: frozenset[SubLabelName] = setting(
        "sub-labels",
        "Only an issue with one of these is of the kind. None: any issue with the harm, and without a harm no issue.",
    )
    harm: HarmName | None = setting(
        "danger or loss",
        "Only an issue whose own words say that this happened is of the kind. Not written: its sub-label is enough.",
        default=None,
    )


class Overrides(Strict):
    """What decides first, whatever the score. One credible report goes to a person, never straight to a ticket."""

    safety: OverrideNames = setting("sub-labels and harm", "Somebody may be hurt.")
    security: OverrideNames = setting("sub-labels and harm", "Somebody attacks customers or systems.")
    privacy: OverrideNames = setting("sub-labels and harm", "Personal data is misused.")
    billing: OverrideNames = setting("sub-labels and harm", "Money was taken wrongly.")
    regulatory: OverrideNames = setting("sub-labels and harm", "A law may be broken.")


class OverrideReports(Strict):
    """Credible reports in 7 days from which a person is asked."""

    safety: Count = setting("reports", "The first one.", ge=1)
    security: Count = setting("reports", "The first one.", ge=1)
    privacy: Count = setting("reports", "The first one.", ge=1)
    billing: Count = setting("reports", "As many as one angry customer does not write.", ge=1)
    regulatory: Count = setting("reports", "As many as one angry customer does not write.", ge=1)


class Conditions(Strict):
    """What a row of the decision table asks. What is not written is not asked."""

    ticketable: bool | None = setting("true or false", "Its category may have tickets.", default=None)
    specific: bool | None = setting("true or false", "Its members tell one thing.", default=None)
    rising: bool | None = setting("true or false", "More issues than chance allows.", default=None)
    override: tuple[OverrideKind, ...] | None = setting("kinds", "One of these decides first.", default=None)
    overriding: bool | None = setting("true or false", "Enough credible reports speak for it.", default=None)
    members_7d: Number | None = setting("issues in 7 days", _AT_LEAST, default=None)
    customers_7d: Number | None = setting("customers in 7 days", _AT_LEAST, default=None)
    members_28d: Number | None = setting("issues in 28 days", _AT_LEAST, default=None)
    share_28d: Number | None = setting("share of items with a complaint", _AT_LEAST, default=None)
    weeks_seen: Number | None = setting("weeks of the last four", _AT_LEAST, default=None)
    severity: Number | None = setting("1 to 5", _AT_LEAST, default=None)
    confidence: Number | None = setting("0 to 1", _AT_LEAST, default=None)
    lift: Number | None = setting("times expected", _AT_LEAST, default=None)
    expected_7d: Number | None = setting("issues expected in 7 days", _AT_LEAST, default=None)
    p_value: Number | None = setting("chance", _AT_LEAST, default=None)
    peak_6h: Number | None = setting("times expected in six hours", _AT_LEAST, default=None)
    customer_lift: Number | None = setting("1 to 1.5", _AT_LEAST, default=None)
    revenue_weight: Number | None = setting("0.5 to 2", _AT_LEAST, default=None)
    score: Number | None = setting("score", _AT_LEAST, default=None)

    @cached_property
    def asked(self) -> tuple[tuple[str, bool | float | tuple[str, ...]], ...]:
        """The conditions that are written: name and what is asked."""
        return tuple((name, bound) for name in type(self).model_fields if (bound := getattr(self, name)) is not None)


class DecisionRow(Strict):
    """One row of the decision table: all its conditions must hold."""

    decision: Literal["ticket", "approval", "digest", "watch"] = setting("word", "What follows.")
    level: Literal["P1", "P2", "P3", "P4"] | None = setting(
        "word", "How urgent the ticket is. Must be there for a ticket.", default=None
    )
    why: Words = setting("words", "The reason people read.")
    when: Conditions = setting("conditions", "What must hold. `{}` always holds.")

    @model_validator(mode="after")
    def _ticket_has_level(self) -> DecisionRow:
        if self.decision == "ticket" and self.level is None:
            raise ValueError("a ticket has no level; write `level: P1` to `P4`")
        return self


class PriorityRules(Strict):
    """How urgent a cluster is. Windows are in days."""

    recent_days: Count = setting("days", "The week that is judged.", ge=1)
    sudden_days: Count = setting("days", "The sudden window.", ge=1)
    baseline_days: Count = setting("days", "The weeks before as the baseline.", ge=1)
    order_days: Count = setting("days", "A complaint follows its order by about so long.", ge=1)
    prior_shape: Number = setting(
        "shape of a gamma distribution", "How far problems differ before anything is known of one.", ge=0.01
    )
    most_shape: Number = setting(
        "shape of a gamma distribution", "Counts move by about a fifth without a cause; 20 is that spread.", ge=1
    )
    least_expected: Number = setting("issues", "Expected at least of a problem nobody has seen.", ge=0.01)
    least_history: Count = setting("days", "With less history before the week nothing can be said to rise.", ge=1)
    exposure_prior: Number = setting(
        "items or orders", "From so many a product's own volume counts as much as the shop's.", ge=0
    )
    false_discovery: Number = setting("rate", "Of a day's clusters. They are tested every day.", ge=0, le=1)
    tested_from: Count = setting("issues in 7 days", "A cluster with fewer is not tested.", ge=1)
    reach_customers: Number = setting("customers", "Of a week; at so many reach is 63 %.", ge=1)
    recency_half_life: Number = setting("days", "In which recency halves.", ge=0.1)
    cohesion_full: Number = setting("cosine", "From here members are taken to speak of one thing.", ge=0.01, le=1)
    valuable_tiers: frozenset[Words] = setting("customer tiers", "Customers of these are valuable.")
    valuable_from: Number = setting("money", "A customer of this value is valuable without a tier.", ge=0)
    override_names: Overrides = setting("sub-labels and harm by kind", "What decides first.", alias="overrides")
    override_reports: OverrideReports = setting("reports by kind", "From so many an override asks a person.")
    override_share: Number = setting(
        "share of a week's members", "So many must carry an override for it to speak for the cluster.", ge=0, le=1
    )
    credible: Number = setting("confidence", "From here a report is credible.", ge=0, le=1)
    decisions: tuple[DecisionRow, ...] = setting(
        "rows", "The decision table, read from the top. The first row whose conditions all hold decides.", min_length=1
    )

    @model_validator(mode="after")
    def _always_decides(self) -> PriorityRules:
        if self.decisions[-1].when.asked:
            raise ValueError("decisions: the last row has conditions; end with `when: {}`")
        return self

    @cached_property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides, the gravest first: where two speak, the first one counts."""
        kinds: tuple[OverrideKind, ...] = ("safety", "security", "privacy", "billing", "regulatory")
        names = {kind: getattr(self.override_names, kind) for kind in kinds}
        return tuple(
            Override(kind, names[kind].sub_labels, names[kind].harm, getattr(self.override_reports, kind))
            for kind in kinds
        )
