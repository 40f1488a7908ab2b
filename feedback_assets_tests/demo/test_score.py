"""Scoring tickets against the truth."""

import json
from dataclasses import replace
from datetime import date

import pandas as pd

from feedback_assets.demo.score import Stage, score
from feedback_assets.demo.score_clusters import ClusterScore
from feedback_assets.demo.score_labels import score_labels
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


def test_members_of_another_problem_and_of_none_are_foreign() -> None:
    rows = [
        _row("t1", "delivery", None, ["b1", "b2", "b3", "a1"]),
        _row("t2", "sizing_fit", "P1", ["a1", "a2", "a3"]),
        _row("t3", "other", None, ["x1"]),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert [match.foreign_members for match in result.matches] == [0.25, 0.0, 1.0]
    # A ticket that tells of no planted problem is counted as unmatched, not as mixed.
    assert [match.mixed for match in result.matches] == [True, False, False]
    assert (result.worst_foreign_members, result.tickets_mixed, result.unmatched_tickets) == (0.25, 1, 1)


def test_a_quote_is_right_where_its_item_was_planted_for_the_problem_the_ticket_tells_of() -> None:
    rows = [
        _row("t1", "delivery", None, ["b1", "b2", "b3"], fields=_quotes("b1", "a1", "b2", "x1")),
        _row("t1", "delivery", None, ["b4"], action="add_evidence", fields="{}"),
        _row("t2", "other", None, ["x1"], fields=_quotes("x1")),
        _row("t3", "sizing_fit", "P1", ["a1", "a2"], state="needs_approval", fields=_quotes("x1")),
    ]
    result = score(TRUTH, pd.DataFrame(rows), MEMBERS)
    assert [(match.quotes, match.right_quotes) for match in result.matches] == [(4, 2), (1, 0)]
    assert result.evidence_precision == 0.5
    assert score(TRUTH, pd.DataFrame(rows[2:3]), MEMBERS).evidence_precision is None


def test_the_scores_of_labels_and_clusters_stand_beside_the_others() -> None:
    items = pd.DataFrame({"event_id": ["b1"], "category": ["delivery"], "confidence": [0.9]})
    known = replace(TRUTH, labels={"b1": "delivery"})
    scored = score(known, pd.DataFrame([_row("t1", "delivery", None, ["b1", "b2"])]), MEMBERS)
    told = replace(scored, labels=score_labels(known, items), clusters=ClusterScore(0.9, 4)).as_dict()
    assert (told["item_accuracy"], told["right_at_0_9"], told["cluster_purity"]) == (1.0, 1.0, 0.9)
    assert "labels" not in told and "clusters" not in told and told["tickets_per_problem"] == 1.0
    assert json.loads(json.dumps(told))["reliability"] == [[0.9, 1, 1]]


def _quotes(*events: str) -> str:
    return json.dumps({"quotes": [{"quote": "x", "issue_id": f"{event}:0"} for event in events]})
