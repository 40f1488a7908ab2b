"""Scoring labels against the truth."""

from typing import NamedTuple

import pandas as pd
import pytest

from feedback_assets.demo.score_labels import Reliability, pooled_calibration_error, score_labels
from feedback_assets.demo.truth import Decoy, Planted, Truth

TRUTH = Truth(
    seed=3, first_day="2025-01-06", last_day="2025-02-04", items=10,
    planted=(
        Planted("planted-7", "product_defect", "P1", "Velmora Boot", "defect", "2025-01-20", None, {}, ("d1", "d2")),
    ),
    decoys=(
        Decoy("decoy-abuse", "abuse", ("a1",)), Decoy("decoy-campaign", "campaign", ("c1",)),
        Decoy("decoy-injection", "injection", ("i1",)),
    ),
    values=(),
    labels={
        "d1": "defect", "d2": "defect", "p1": "no_issue", "p2": "no_issue", "q1": "no_issue", "q2": "no_issue",
        "a1": "other", "c1": "other", "i1": "no_issue", "u1": "unreadable",
    },
    praise=("p1", "p2"),
)  # fmt: skip


class _Item(NamedTuple):
    event_id: str
    category: str
    confidence: float = 0.8


def _items(*rows: _Item) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(_Item._fields))


def test_an_item_is_right_where_its_category_is_the_one_it_was_written_for() -> None:
    found = score_labels(TRUTH, _items(_Item("d1", "defect"), _Item("d2", "delivery"), _Item("p1", "no_issue")))
    assert (found.item_accuracy, found.items_judged) == (0.6667, 3)
    assert found.right_of_planted == {"planted-7": (2, 1)}


def test_abuse_and_injection_count_as_written_and_campaign_blank_and_unknown_items_do_not_count() -> None:
    rows = [_Item("a1", "other"), _Item("i1", "delivery"), _Item("c1", "trust_fraud"), _Item("u1", "other")]
    found = score_labels(TRUTH, _items(*rows, _Item("who?", "defect")))
    assert (found.item_accuracy, found.items_judged) == (0.5, 2)


def test_praise_and_remarks_with_any_category_are_read_as_a_complaint_and_injected_orders_are_neither() -> None:
    rows = [_Item("p1", "delivery"), _Item("p2", "no_issue"), _Item("q1", "no_issue"), _Item("q2", "no_issue")]
    found = score_labels(TRUTH, _items(*rows, _Item("i1", "delivery"), _Item("d1", "defect")))
    assert (found.praise_read_as_complaint, found.quiet_items) == (0.25, 4)
    assert (found.praise_alone_read_as_complaint, found.praise_items) == (0.5, 2)


def test_a_truth_that_does_not_tell_praise_gives_no_share_of_it() -> None:
    old = Truth(**{name: value for name, value in vars(TRUTH).items() if name != "praise"})
    found = score_labels(old, _items(_Item("p1", "delivery")))
    assert (found.praise_read_as_complaint, found.praise_alone_read_as_complaint) == (1.0, None)


def test_the_surest_are_judged_from_a_confidence_of_nine_tenths_on() -> None:
    found = score_labels(TRUTH, _items(_Item("d1", "defect", 0.9), _Item("d2", "other", 0.95), _Item("p1", "x", 0.89)))
    assert (found.right_at_0_9, found.items_at_0_9) == (0.5, 2)


def test_the_calibration_error_is_the_mean_gap_of_confidence_and_share_right() -> None:
    rows = [_Item("d1", "defect", 0.9), _Item("d2", "other", 0.9), _Item("p1", "no_issue", 0.6)]
    assert score_labels(TRUTH, _items(*rows)).calibration_error == pytest.approx((0.1 + 0.9 + 0.4) / 3, abs=1e-4)


def test_the_calibration_error_of_pooled_stories_is_that_of_all_their_items() -> None:
    first = score_labels(TRUTH, _items(_Item("d1", "defect", 0.75), _Item("d2", "other", 0.75))).reliability
    second = score_labels(TRUTH, _items(_Item("p1", "no_issue", 0.75), _Item("p2", "no_issue", 0.75))).reliability
    assert first == (Reliability(1.5, 2, 1),)
    # 3 of 4 right at 0.75: each story alone is off by a quarter, both together by nothing.
    assert pooled_calibration_error([first]) == pytest.approx(0.25)
    assert pooled_calibration_error([first, second]) == pytest.approx(0.0)
    assert pooled_calibration_error([]) is None


def test_a_certain_item_has_a_step_too_and_no_items_give_no_shares() -> None:
    assert score_labels(TRUTH, _items(_Item("d1", "defect", 1.0))).reliability == (Reliability(1.0, 1, 1),)
    nothing = score_labels(TRUTH, _items())
    assert (nothing.item_accuracy, nothing.calibration_error, nothing.right_at_0_9) == (None, None, None)
