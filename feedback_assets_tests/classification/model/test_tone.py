"""Sentiment agrees with the rating unless the words are clear, and words that nobody knows move nothing."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_assets.classification.model.tone import Tone, fit_tone, of_ratings
from feedback_assets.classification.model.valence import COLUMNS
from feedback_assets.tables import SENTIMENTS, Sentiment

NEGATIVE, MIXED, NEUTRAL, POSITIVE = (
    SENTIMENTS.index(mood) for mood in (Sentiment.NEGATIVE, Sentiment.MIXED, Sentiment.NEUTRAL, Sentiment.POSITIVE)
)
NONE = np.array([np.nan])


def _valence(*compound: float) -> np.ndarray:
    valence = np.zeros((len(compound), len(COLUMNS)))
    valence[:, 0] = compound
    return valence


def _learned() -> Tone:
    """Taught by texts that complain and say bad words, texts that say good ones, and texts that say neither."""
    chance = np.random.default_rng(0)
    mood = np.repeat([NEGATIVE, POSITIVE, NEUTRAL], 100)
    complains = np.repeat([3.0, -3.0, -3.0], 100) + chance.normal(size=300)
    return fit_tone(complains, _valence(*np.repeat([-0.6, 0.6, 0.0], 100)), mood)


def test_it_follows_complaint_and_words() -> None:
    tone, none = _learned(), np.full(3, np.nan)
    told = tone.chances(np.array([3.0, -3.0, -3.0]), _valence(-0.6, 0.6, 0.0), none)
    assert told.argmax(axis=1).tolist() == [NEGATIVE, POSITIVE, NEUTRAL]
    assert told.sum(axis=1) == pytest.approx([1, 1, 1])


def test_a_sentiment_that_was_never_taught_is_never_told() -> None:
    assert _learned().chances(np.array([0.0]), _valence(0.0), NONE)[0, MIXED] < 0.01


def test_two_sentiments_are_enough_to_learn_from() -> None:
    tone = fit_tone(np.array([3.0, -3.0] * 20), _valence(*[-0.6, 0.6] * 20), np.array([NEGATIVE, POSITIVE] * 20))
    told = tone.chances(np.array([3.0, -3.0]), _valence(-0.6, 0.6), np.full(2, np.nan))
    assert told.argmax(axis=1).tolist() == [NEGATIVE, POSITIVE]


def test_more_stars_are_never_less_positive_nor_more_negative() -> None:
    told = _learned().chances(np.full(5, 0.0), _valence(*[0.0] * 5), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (np.diff(told[:, POSITIVE]) >= -1e-9).all() and (np.diff(told[:, NEGATIVE]) <= 1e-9).all()
    assert told[0].argmax() == NEGATIVE and told[4, POSITIVE] > 10 * told[4, NEGATIVE]


def test_clear_words_stand_against_the_stars() -> None:
    told = _learned().chances(np.array([6.0, -6.0]), _valence(-0.9, 0.9), np.array([5.0, 1.0]))
    assert told[0].argmax() == NEGATIVE and told[1].argmax() == POSITIVE


def test_no_rating_adds_nothing() -> None:
    assert not of_ratings(NONE).any()


def test_log_odds_beyond_what_is_certain_say_no_more() -> None:
    tone = _learned()
    far, farther = (tone.chances(np.array([odds]), _valence(0.0), NONE) for odds in (6.0, 60.0))
    assert far == pytest.approx(farther)
