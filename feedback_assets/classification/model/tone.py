"""The sentiment of a text: negative, mixed, neutral or positive, from how it complains, its valence and its rating.

A tiny model over few numbers, so that a word nobody taught moves nothing. Fitting is here, use in `local_model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import probabilities
from feedback_assets.classification.model.polarity import signed
from feedback_assets.tables import SENTIMENTS, Sentiment

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs

_C = 1.0
# Beyond this the log-odds of a complaint say no more.
_MOST = 6.0
CONSTANTS = (_C, _MOST)
# What a rating adds to the scores. A judgement: who gives five stars is seldom negative, who gives one seldom positive,
# unless the words are clear.
_BY_RATING: tuple[tuple[float, dict[Sentiment, float]], ...] = (
    (4.5, {Sentiment.POSITIVE: 2.0, Sentiment.NEGATIVE: -2.5, Sentiment.MIXED: -0.5}),
    (3.5, {Sentiment.POSITIVE: 1.0, Sentiment.NEGATIVE: -1.5}),
    (2.5, {Sentiment.MIXED: 0.5}),
    (0.0, {Sentiment.POSITIVE: -2.5, Sentiment.NEGATIVE: 2.0, Sentiment.NEUTRAL: -0.5}),
)


@dataclass(frozen=True)
class Tone:
    """Scores of the sentiments, in the order of `tables.SENTIMENTS`.

    Attributes:
        weights: Of the log-odds that the text complains, of its clauses' spread, and of the signed valence; shape
            (signs, sentiments).
        offset: Shape (sentiments,).
    """

    weights: Numbers
    offset: Numbers

    def chances(self, complains: Numbers, valence: Numbers, ratings: Numbers) -> Numbers:
        """Probability of each sentiment, shape (texts, sentiments).

        Args:
            complains: Log-odds that each text complains, by its words; shape (texts,).
            valence: As `valence.ValenceWords.measure` gives it.
            ratings: 1 to 5, NaN where there is none; shape (texts,).
        """
        scores = _signs(complains, valence) @ self.weights + self.offset
        return probabilities(scores + of_ratings(ratings))


def of_ratings(ratings: Numbers) -> Numbers:
    """What the ratings add to the score of each sentiment, shape (texts, sentiments); 0 where there is none."""
    added = np.zeros((len(ratings), len(SENTIMENTS)))
    left = ~np.isnan(ratings)
    for least, change in _BY_RATING:
        rows = left & (ratings >= least)
        added[rows] = [change.get(Sentiment(name), 0.0) for name in SENTIMENTS]
        left &= ~rows
    return added


def fit_tone(complains: Numbers, valence: Numbers, sentiment: Indices) -> Tone:
    """Learn from log-odds by models that have not seen the texts.

    Args:
        complains: Shape (texts,).
        valence: Shape (texts, columns).
        sentiment: Number of the sentiment of each text, in the order of `tables.SENTIMENTS`.
    """
    model = LogisticRegression(C=_C, class_weight="balanced", max_iter=2000).fit(_signs(complains, valence), sentiment)
    weights = np.zeros((model.coef_.shape[1], len(SENTIMENTS)))
    offset = np.full(len(SENTIMENTS), -10.0)
    if len(model.classes_) == 2:
        weights[:, model.classes_] = np.vstack([-model.coef_[0], model.coef_[0]]).T / 2
        offset[model.classes_] = np.array([-model.intercept_[0], model.intercept_[0]]) / 2
    else:
        weights[:, model.classes_], offset[model.classes_] = model.coef_.T, model.intercept_
    return Tone(weights, offset)


def _signs(complains: Numbers, valence: Numbers) -> Numbers:
    return np.column_stack([np.clip(complains, -_MOST, _MOST), signed(valence)])
