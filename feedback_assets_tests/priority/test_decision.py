"""The decision table of the project, case by case, and what a table that cannot be used is told."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from feedback_assets.config.sections.priority import Conditions
from feedback_assets.priority.decision import Facts, decide
from feedback_assets_tests.priority.story import RULES

CALM = Facts(
    ticketable=True, specific=True, rising=False, override="", overriding=False, members_7d=3, customers_7d=3,
    members_28d=8, share_28d=0.004, weeks_seen=1, severity=3.0, confidence=0.9, lift=1.1, expected_7d=2.7, p_value=0.4,
    peak_6h=0.5, customer_lift=1.0, revenue_weight=1.0, score=0.3,
)  # fmt: skip
RISING = replace(CALM, rising=True, members_7d=14, customers_7d=13, lift=5.0, p_value=1e-7, peak_6h=1.5)

SAFETY = {"override": "safety", "overriding": True}
LARGE = replace(CALM, share_28d=0.1, members_28d=60, members_7d=15, customers_7d=15, weeks_seen=4)

CASES = [
    ("nothing to see", CALM, "watch", None),
    ("a small rise", replace(RISING, members_7d=9, customers_7d=8), "ticket", "P3"),
    ("a rise of one household", replace(RISING, customers_7d=2), "digest", None),
    ("a rise too small in number", replace(RISING, members_7d=6, customers_7d=6), "digest", None),
    ("a rise of doubtful labels", replace(RISING, confidence=0.4), "digest", None),
    ("a clear rise", RISING, "ticket", "P2"),
    ("a clear rise that is not sure enough to go out as P2", replace(RISING, confidence=0.85), "ticket", "P3"),
    ("a clear rise that calmed down in the last hours", replace(RISING, peak_6h=1.1), "ticket", "P3"),
    ("a severe wide rise", replace(RISING, severity=4.2, members_7d=40, customers_7d=38), "ticket", "P1"),
    ("one safety report", replace(CALM, **SAFETY), "approval", "P1"),
    ("a safety rise", replace(RISING, **SAFETY), "ticket", "P1"),
    ("a safety rise of doubtful labels", replace(RISING, confidence=0.6, **SAFETY), "approval", "P1"),
    ("one customer charged twice", replace(CALM, override="billing", members_7d=1), "watch", None),
    ("three customers charged twice", replace(CALM, override="billing", overriding=True), "approval", "P2"),
    ("many customers charged twice", replace(RISING, override="billing", overriding=True), "ticket", "P2"),
    ("vague anger that rises", replace(RISING, ticketable=False), "digest", None),
    ("vague anger", replace(CALM, ticketable=False), "watch", None),
    ("a rise told vaguely", replace(RISING, specific=False), "ticket", "P2"),
    ("vague complaints that are large for weeks", replace(LARGE, specific=False), "digest", None),
    ("a safety report among the vague", replace(CALM, specific=False, **SAFETY), "approval", "P1"),
    ("large for weeks", LARGE, "ticket", "P3"),
    ("large for weeks and mild", replace(LARGE, severity=2.0), "ticket", "P4"),
    ("large this week only", replace(LARGE, weeks_seen=1), "digest", None),
    ("severe for several", replace(CALM, severity=4.5, customers_7d=5, members_7d=5), "digest", None),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "decision", "level"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_table_decides(facts: Facts, decision: str, level: str | None) -> None:
    found = decide(facts, RULES.decisions)
    assert (found.decision, found.level) == (decision, level)
    assert found.reason.endswith(".")
    assert f"{facts.members_7d} issue" in found.reason


def test_every_condition_asks_for_a_fact_and_every_fact_can_be_asked_for() -> None:
    assert set(Conditions.model_fields) == {field.name for field in fields(Facts)}
