"""Three answers become one category: does it complain, what is it about, is it of our field; and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.classification.model.judgement import Judgement, Roles, against, fit_confidence, judge

# Categories: 0 delivery, 1 defect, 2 no issue, 3 a complaint about nothing named, 4 a wish.
DELIVERY, DEFECT, FINE, OTHER, WISH = range(5)
ROLES = Roles(FINE, OTHER, WISH)


def _judge(topics: list[float], complains: float, outside: float = 0.0, lean: list[float] | None = None) -> Judgement:
    one = np.array([complains]), np.array([outside]), np.array([0.1])
    return judge(np.array([topics]), np.array(lean or [0.0] * 5), *one, ROLES)


def test_praise_of_a_topic_is_no_issue_whatever_the_topic() -> None:
    praise = _judge([9.0, 0, 0, 0, -9], complains=-3.0)
    assert praise.category[0] == FINE and praise.raw[0] > 0.9


def test_a_complaint_has_the_topic_that_scores_best_and_never_a_quiet_one() -> None:
    assert _judge([3.0, 1, 9, 0, 9], complains=3.0).category[0] == DELIVERY


def test_a_text_that_does_not_complain_is_a_wish_where_the_topics_say_so() -> None:
    assert _judge([9.0, 0, 1, 0, 3], complains=-3.0).category[0] == WISH


def test_without_a_category_of_wishes_it_is_no_issue() -> None:
    quiet = np.array([-3.0]), np.array([0.0]), np.array([0.0])
    judged = judge(np.array([[0.0, 0, 0, 0, 9]]), np.zeros(5), *quiet, Roles(FINE, OTHER))
    assert judged.category[0] == FINE


@pytest.mark.parametrize(("complains", "category"), [(3.0, OTHER), (-3.0, FINE)])
def test_out_of_the_field_there_is_no_topic_and_no_wish(complains: float, category: int) -> None:
    assert _judge([9.0, 0, 0, 0, 9], complains, outside=0.8).category[0] == category


def test_a_topic_is_the_less_probable_the_farther_the_text_is_from_the_field() -> None:
    raw = [_judge([5.0, 0, 0, 0, 0], complains=3.0, outside=outside).raw[0] for outside in (0.0, 0.2, 0.4)]
    assert raw[0] > raw[1] > raw[2]


def test_the_lean_decides_between_topics_and_leaves_the_probability_alone() -> None:
    plain = _judge([1.0, 0.9, 0, 0, 0], complains=3.0)
    leaning = _judge([1.0, 0.9, 0, 0, 0], complains=3.0, lean=[0, 0.2, 0, 0, 0])
    assert (plain.category[0], leaning.category[0]) == (DELIVERY, DEFECT)
    assert leaning.raw[0] < plain.raw[0]


@given(
    st.lists(st.floats(-20, 20), min_size=5, max_size=5),
    st.floats(-20, 20),
    st.floats(0, 1),
)
def test_every_probability_lies_between_none_and_all(topics: list[float], complains: float, outside: float) -> None:
    judged = _judge(topics, complains, outside)
    assert 0 <= judged.raw[0] <= 1 and 0 <= judged.complains[0] <= 1
    assert (judged.category[0] in (FINE, WISH)) == (judged.complains[0] < 0.5)


def test_the_topics_say_against_no_issue_what_all_complaints_weigh_together() -> None:
    assert against(np.array([[1.0, 1, 1, 1, -99]]), [FINE, WISH])[0] == pytest.approx(np.log(3))


def _judged(raw: np.ndarray, category: int = DELIVERY, unknown: float = 0.1) -> Judgement:
    size = len(raw)
    return Judgement(np.full(size, category), raw, np.full(size, 0.9), np.full(size, 0.05), np.full(size, unknown))


def test_confidence_learns_how_often_a_judgement_is_right() -> None:
    chance = np.random.default_rng(0)
    raw = chance.uniform(0.5, 0.99, 4000)
    right = chance.uniform(size=4000) < raw - 0.2
    confidence = fit_confidence(_judged(raw), right, np.ones(4000), FINE)
    told = confidence(_judged(raw), FINE)
    assert told.mean() == pytest.approx(right.mean(), abs=0.02)
    assert confidence(_judged(np.array([0.6, 0.7, 0.8, 0.95])), FINE) == pytest.approx([0.4, 0.5, 0.6, 0.75], abs=0.07)


def test_new_words_lower_the_confidence_where_they_made_answers_wrong() -> None:
    chance = np.random.default_rng(1)
    unknown = chance.uniform(0, 1, 4000)
    alike = [np.full(4000, value) for value in (0.8, 0.9, 0.05)]
    judged = Judgement(np.full(4000, DELIVERY), *alike, unknown)
    confidence = fit_confidence(judged, chance.uniform(size=4000) < 0.9 - 0.6 * unknown, np.ones(4000), FINE)
    known, new = (confidence(_judged(np.array([0.8]), unknown=share), FINE)[0] for share in (0.0, 1.0))
    assert new < 0.45 and known > 0.75


def test_what_counts_more_is_followed_more() -> None:
    raw = np.full(200, 0.8)
    right = np.arange(200) < 100
    confidence = fit_confidence(_judged(raw), right, np.where(right, 9.0, 1.0), FINE)
    assert confidence(_judged(np.array([0.8])), FINE)[0] == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("right", [True, False])
def test_answers_that_are_all_right_or_all_wrong_teach_nothing(right: bool) -> None:
    raw = np.array([0.3, 0.8])
    confidence = fit_confidence(_judged(raw), np.array([right, right]), np.ones(2), FINE)
    assert confidence(_judged(raw), FINE) == pytest.approx(raw)
