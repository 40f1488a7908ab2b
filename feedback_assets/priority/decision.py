"""The decision table: what follows from the facts about a cluster, and the rule that said so.

Pure and small; facts are computed elsewhere, rows come from the `priority` section of thresholds.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

from feedback_assets.config.thresholds import ThresholdsError
from feedback_assets.tables import DECISIONS, LEVELS


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


@dataclass(frozen=True)
class Row:
    """One row of the table: all conditions must hold."""

    decision: str
    level: str | None
    why: str
    when: Mapping[str, Any]


_FACTS = frozenset(field.name for field in fields(Facts))


def decision_table(entries: object, origin: str) -> tuple[Row, ...]:
    """Read and check the rows.

    Raises:
        ThresholdsError: A row decides something unknown, asks for an unknown fact, or the last row has conditions.
    """
    if not isinstance(entries, list) or not entries:
        least = "- {decision: watch, when: {}}"
        raise ThresholdsError(f"{origin}: priority.decisions is no list; write at least `{least}`")
    rows = tuple(
        _row(cast("Mapping[str, Any]", entry), f"{origin}: priority.decisions[{number}]")
        for number, entry in enumerate(cast("list[object]", entries), start=1)
    )
    if rows[-1].when:
        raise ThresholdsError(f"{origin}: priority.decisions: the last row has conditions; end with `when: {{}}`")
    return rows


def decide(facts: Facts, table: Sequence[Row]) -> Decision:
    """The first row whose conditions all hold."""
    row = next(row for row in table if all(_holds(facts, name, bound) for name, bound in row.when.items()))
    return Decision(row.decision, row.level, _sentence(row, facts))


def _holds(facts: Facts, name: str, bound: object) -> bool:
    value = getattr(facts, name)
    if isinstance(bound, bool):
        return bool(value) is bound
    if isinstance(bound, list):
        return value in bound
    return value >= bound


def _sentence(row: Row, facts: Facts) -> str:
    head = row.decision.capitalize() + (f" {row.level}" if row.level else "")
    why = f"{row.why} ({facts.override})" if facts.override and "override" in row.when else row.why
    expected = f"where {facts.expected_7d:.1f} were expected"
    issues, customers = _plural(facts.members_7d, "issue"), _plural(facts.customers_7d, "customer")
    rest = f"severity {facts.severity:.1f}, confidence {facts.confidence:.2f}, score {facts.score:.2f}"
    return f"{head}: {why}; {issues} of {customers} in 7 days {expected} (p {facts.p_value:.1g}), {rest}."


def _plural(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _row(entry: Mapping[str, Any], where: str) -> Row:
    when = cast("Mapping[str, Any]", entry.get("when", {}))
    decision, level = entry.get("decision"), entry.get("level")
    if decision not in DECISIONS:
        raise ThresholdsError(f"{where}: decision is {decision!r}; write one of {', '.join(DECISIONS)}")
    if (level is not None and level not in LEVELS) or (decision == "ticket" and level is None):
        raise ThresholdsError(f"{where}: level is {level!r}; write one of {', '.join(LEVELS)}")
    for name, bound in when.items():
        if name not in _FACTS:
            raise ThresholdsError(f"{where}: there is no fact {name!r}; there are {', '.join(sorted(_FACTS))}")
        if not isinstance(bound, bool | int | float | list):
            raise ThresholdsError(f"{where}: {name} is {bound!r}; write a number, true, false or a list")
    return Row(str(decision), cast("str | None", level), str(entry.get("why", "")), when)
