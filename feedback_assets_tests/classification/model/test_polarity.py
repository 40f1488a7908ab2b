"""Whether a text complains: the words of texts and clauses, and how a text is weighed against its clauses."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_assets.classification.model.features import CountedTexts
from feedback_assets.classification.model.polarity import (
    ClauseRows,
    Polarity,
    by_clauses,
    cues_of,
    fit_cues,
    fit_words,
    signed,
)
from feedback_assets.classification.model.valence import COLUMNS


def test_only_texts_of_several_clauses_are_cut_and_each_clause_knows_its_text() -> None:
    rows = ClauseRows.of(["Late again", "The hat is lovely, but the box was torn. Nobody ever replied.", ""])
    assert rows.texts == ["The hat is lovely", "but the box was torn.", "Nobody ever replied."]
    assert rows.owner.tolist() == [1, 1, 1]


def test_good_and_bad_count_each_for_itself() -> None:
    assert signed(np.array([[0.5, -0.25]])).tolist() == [[0.5, 0.0, 0.0, 0.25]]


def test_a_text_is_weighed_by_its_worst_last_and_mildest_clause_and_by_its_topics() -> None:
    whole, topics = np.array([1.0, 2.0, 0.0]), np.array([0.1, 0.2, 0.3])
    cues = cues_of(whole, np.array([5.0, -1.0, 3.0]), np.array([1, 1, 1]), topics)
    assert cues.tolist() == [[1, 0, 0, 0, 0, 0.1], [2, 3, 1, -3, 1, 0.2], [0, 0, 0, 0, 0, 0.3]]


def test_without_any_clause_the_text_speaks_alone() -> None:
    nothing = np.zeros(0)
    assert cues_of(np.array([1.0]), nothing, nothing.astype(np.int64), np.array([2.0])).tolist() == [[1, 0, 0, 0, 0, 2]]


def test_a_text_is_about_what_its_complaining_clauses_are_about() -> None:
    whole = np.array([[9.0, 9.0], [0.0, 0.0]])
    of_clauses = np.array([[4.0, 0.0], [0.0, 4.0]])
    scores = by_clauses(whole, of_clauses, np.array([-6.0, 6.0]), np.array([1, 1]))
    assert scores[0].tolist() == [9, 9]  # of one clause: the text itself stands
    assert scores[1] == pytest.approx([0.0, 4.0], abs=0.02)
    assert whole[1].tolist() == [0, 0]


TEXTS = ["broken lid", "torn box", "late parcel", "lovely hat", "quick parcel", "fine box"] * 4
COMPLAINS = np.array([True, True, True, False, False, False] * 4)


def _fitted(valence: np.ndarray) -> tuple[Polarity, CountedTexts, np.ndarray]:
    counted, rows = CountedTexts.of(TEXTS), np.arange(len(TEXTS))
    features = counted.matrix(counted.vocabulary(rows), rows)
    words, of_valence, offset = fit_words(features, valence, COMPLAINS, np.ones(len(TEXTS)))
    return Polarity(words, of_valence, offset, np.eye(6)[0], 0.0), counted, features


def test_words_are_learned_apart_from_what_they_are_said_of() -> None:
    valence = np.zeros((len(TEXTS), len(COLUMNS)))
    model, counted, features = _fitted(valence)
    assert ((model.scores(features, valence) > 0) == COMPLAINS).all()
    asked = counted.features(counted.vocabulary(np.arange(len(TEXTS)))).transform(["lovely parcel", "torn hat"])
    good, bad = model.scores(asked, np.zeros((2, len(COLUMNS))))
    assert good < 0 < bad


def test_a_good_or_bad_word_that_no_example_had_still_counts() -> None:
    valence = np.zeros((len(TEXTS), len(COLUMNS)))
    valence[:, 0] = np.where(COMPLAINS, -0.6, 0.6)
    model, _, features = _fitted(valence)
    nothing_known = features[:2] * 0
    told = np.zeros((2, len(COLUMNS)))
    told[:, 0] = [0.6, -0.6]
    good, bad = model.scores(nothing_known, told)
    assert good < 0 < bad


@pytest.mark.parametrize("all_complain", [True, False])
def test_where_all_complain_or_none_the_words_say_nothing(all_complain: bool) -> None:
    counted, rows = CountedTexts.of(TEXTS), np.arange(len(TEXTS))
    features = counted.matrix(counted.vocabulary(rows), rows)
    flags = np.full(len(TEXTS), all_complain)
    words, valence, offset = fit_words(features, np.zeros((len(TEXTS), len(COLUMNS))), flags, np.ones(len(TEXTS)))
    assert not words.any() and not valence.any() and (offset > 0) == all_complain


@pytest.mark.parametrize("each", [2, 4, 10])
def test_how_many_of_the_examples_complain_does_not_decide_how_many_texts_do(each: int) -> None:
    cues = np.zeros((400, 6))
    weights, shift = fit_cues(cues, np.arange(400) % each == 0)
    assert 1 / (1 + np.exp(-shift)) == pytest.approx(0.6, abs=0.01) and not weights.any()
