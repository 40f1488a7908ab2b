"""Scoring tickets against the truth."""

import json
from datetime import date

import pandas as pd

from feedback_assets.demo.score import Stage, score
from feedback_assets.demo.truth import Decoy, Planted, Truth

TRUTH = Truth(
    seed=3, first_day="2025-01-06", last_day="2025-02-04", items=20,
    planted=(
        Planted("planted-1", "sizing_error", "P1", "Velmora Boot", "sizing_fit", "2025-01-20", None, {},
                ("a1", "a2", "a3")),
        Planted("planted-3", "carrier_delay", None, None, "delivery", "2025-01-22", None, {}, ("b1", "b2", "b3", "b4")),
    ),
    decoys=(Decoy("decoy-campaign", "campaign", ("c1", "c2", "c3")),), values=(), labels={},
)  # fmt: skip
MEMBERS = pd.DataFrame(
    {"issue_id": [f"{e}:0" for e in ("a1", "a2", "a3", "b1", "b2", "b3", "b4", "c1", "c2", "c3", "x1")]}
)
MEMBERS["event_id"] = MEMBERS["issue_id"].str.removesuffix(":0")


def _row(key: str, category: str, product: str | None, events: list[str], **more: object) -> dict[str, object]:
    row = {
        "day": date(2025, 1, 25), "ticket_key": key, "action": "create", "state": "ready", "parent_key": None,
        "title": key, "category": category, "product_id": product, "members": json.dumps([f"{e}:0" for e in events]),
    }  # fmt: skip
    return row | more


def test_a_ticket_with_product_category_and_half_its_members_is_found() -> None:
    result = score(TRUTH, pd.DataFrame([_row("t1", "sizing_fit", "P1", ["a1", "x1"])]), MEMBERS)
    assert [(f.id, f.found, f.ticket) for f in result.planted] == [
        ("planted-1", True, "t1"),
        ("planted-3", False, None),
    ]
    assert (result.tickets, result.unmatched_tickets, result.decoys_ticketed) == (1, 0, 0)


def test_another_product_or_category_or_too_few_members_match_nothing() -> None:
    rows = [
        _row("t1", "sizing_fit", None, ["a1", "a2"]),
        _row("t2", "defect", "P1", ["a1", "a2"]),
        _row("t3", "sizing_fit", "P1", ["a1", "x1", "x2"]),
        _row("t4", "delivery", "P1", ["b1", "b2"]),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert result.unmatched_tickets == 4 and not any(found.found for found in result.planted)
    assert "but that is sizing_fit of Velmora Boot" in result.matches[0].reason


def test_no_product_matches_no_product_however_the_frame_says_none() -> None:
    for nothing in (None, float("nan"), pd.NA, ""):
        result = score(TRUTH, pd.DataFrame([_row("t1", "delivery", nothing, ["b1", "b2", "x1"])]), MEMBERS)  # type: ignore[arg-type]
        assert result.planted[1].found


def test_evidence_of_later_days_counts_and_a_proposal_is_no_ticket() -> None:
    rows = [
        _row("t1", "delivery", None, ["x1", "x2"]),
        _row("t1", "delivery", None, ["b1", "b2"], day=date(2025, 1, 27), action="add_evidence"),
        _row("t2", "sizing_fit", "P1", ["a1"], state="needs_approval"),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert result.tickets == 1 and result.planted[1].found and not result.planted[0].found


def test_children_count_with_their_parent() -> None:
    rows = [
        _row("t1", "delivery", None, ["b1", "b2"]),
        _row("t1-app", "app_usability", None, ["b3"], parent_key="t1"),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert (result.tickets, result.unmatched_tickets) == (1, 0)


def test_a_ticket_for_the_campaign_is_counted_as_a_decoy() -> None:
    result = score(TRUTH, pd.DataFrame([_row("t1", "trust_fraud", "P9", ["c1", "c2", "x1"])]), MEMBERS)
    assert (result.unmatched_tickets, result.decoys_ticketed) == (1, 1)


def test_no_tickets_find_nothing_and_the_object_has_every_key() -> None:
    batch = pd.DataFrame([_row("t", "delivery", None, [])]).iloc[:0]
    found = score(TRUTH, batch, MEMBERS).with_run([Stage("silver", 10, 0.5)], 2).as_dict()
    assert found["tickets"] == 0 and found["personal_values_leaked"] == 2
    assert found["stages"] == ({"name": "silver", "rows": 10, "seconds": 0.5},)
    assert set(found) >= {"seed", "items", "planted", "unmatched_tickets", "decoys_ticketed"}
    assert json.loads(json.dumps(found))["planted"][0].keys() >= {
        "id",
        "kind",
        "product",
        "category",
        "found",
        "ticket",
    }


def test_every_ticket_that_tells_of_a_problem_counts_against_it() -> None:
    rows = [
        _row("t1", "delivery", None, ["b1", "b2"]),
        _row("t2", "packaging", "P1", ["b3", "b4", "x1"]),
        _row("t3", "sizing_fit", "P1", ["a1", "a2"]),
        _row("t4", "sizing_fit", "P1", ["x1"]),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert [match.tells_of for match in result.matches] == ["planted-3", "planted-3", "planted-1", None]
    assert result.tickets_per_problem == 1.5
