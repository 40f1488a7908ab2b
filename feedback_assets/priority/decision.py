"""The decision table: what follows from the facts about a cluster, and the rule that said so.

Pure and small; facts are computed elsewhere, rows come from the `priority` section of thresholds.yaml.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feedback_assets.config.sections.priority import DecisionRow


@dataclass(frozen=True)
class Facts:
    """What the table may ask about a cluster on a day.

    Attributes:
        ticketable: Its category may have tickets.
        specific: Its members tell one thing; else it gathers what is too vague to act on.
        rising: More issues than chance allows, after correction for all clusters of the day.
        override: Kind of the rule that decides first, empty for none.
        overriding: Enough credible reports speak for the override.
        members_7d: Issues in 7 days.
        customers_7d: Distinct customers in 7 days.
        members_28d: Issues in 28 days.
        share_28d: Share of all items with a complaint in 28 days.
        weeks_seen: In how many of the last four weeks it was told several times.
        severity: 1 to 5.
        confidence: 0 to 1.
        lift: Issues over what was expected, in 7 days or in the last two, the greater.
        expected_7d: Issues expected in 7 days.
        p_value: Chance of so many without a cause.
        peak_6h: Most issues in six hours over what was expected.
        customer_lift: 1 to 1.5.
        revenue_weight: 0.5 to 2.
        score: The product of the factors.
    """

    ticketable: bool
    specific: bool
    rising: bool
    override: str
    overriding: bool
    members_7d: int
    customers_7d: int
    members_28d: int
    share_28d: float
    weeks_seen: int
    severity: float
    confidence: float
    lift: float
    expected_7d: float
    p_value: float
    peak_6h: float
    customer_lift: float
    revenue_weight: float
    score: float


@dataclass(frozen=True)
class Decision:
    """What follows, and why in one sentence. `level` only where something is written or approved."""

    decision: str
    level: str | None
    reason: str


def decide(facts: Facts, table: Sequence[DecisionRow]) -> Decision:
    """The first row whose conditions all hold; the last row of a table that was read always does."""
    row = next(row for row in table if all(_holds(facts, name, bound) for name, bound in row.when.asked))
    return Decision(row.decision, row.level, _sentence(row, facts))


def _holds(facts: Facts, name: str, bound: bool | float | tuple[str, ...]) -> bool:
    value = getattr(facts, name)
    if isinstance(bound, bool):
        return bool(value) is bound
    if isinstance(bound, tuple):
        return value in bound
    return value >= bound


def _sentence(row: DecisionRow, facts: Facts) -> str:
    head = row.decision.capitalize() + (f" {row.level}" if row.level else "")
    why = f"{row.why} ({facts.override})" if facts.override and row.when.override else row.why
    expected = f"where {facts.expected_7d:.1f} were expected"
    issues, customers = _plural(facts.members_7d, "issue"), _plural(facts.customers_7d, "customer")
    rest = f"severity {facts.severity:.1f}, confidence {facts.confidence:.2f}, score {facts.score:.2f}"
    return f"{head}: {why}; {issues} of {customers} in 7 days {expected} (p {facts.p_value:.1g}), {rest}."


def _plural(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
