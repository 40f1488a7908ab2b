"""The trivial alternatives that a model has to beat: stars alone, vaderSentiment, TF-IDF with a linear classifier.

Each as its documentation has it or as a first attempt looks; nothing is tuned. How they are compared stands in
`comparison.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import numpy as np
import sklearn.feature_extraction.text  # pyright: ignore[reportMissingTypeStubs]
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
import sklearn.pipeline  # pyright: ignore[reportMissingTypeStubs]
import sklearn.svm  # pyright: ignore[reportMissingTypeStubs]

from feedback_assets.evaluation.readings import Reading

TfidfVectorizer = cast("Any", sklearn.feature_extraction.text).TfidfVectorizer  # it has no stubs
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression
LinearSVC = cast("Any", sklearn.svm).LinearSVC
make_pipeline = cast("Any", sklearn.pipeline).make_pipeline
make_union = cast("Any", sklearn.pipeline).make_union

# The one language vaderSentiment has words of.
VADER_LANGUAGE = "en"
# As its readme says: negative from -0.05 of the compound down, positive from 0.05 up.
VADER_NEGATIVE = -0.05
# Of five stars, three and fewer are what shops ask about.
MOST_STARS_OF_A_COMPLAINT = 3.0


def stars_alone(ratings: Sequence[float | None]) -> Reading:
    """The rating read as polarity: the fewer stars the more it complains, three and fewer are a complaint."""
    complaint = np.array([np.nan if stars is None else -stars for stars in ratings], dtype=np.float64)
    return Reading(complaint, [None if stars is None else stars <= MOST_STARS_OF_A_COMPLAINT for stars in ratings])


def vader(texts: Sequence[str], languages: Sequence[str]) -> Reading:
    """The compound of vaderSentiment at its own thresholds, for English texts."""
    from vaderSentiment.vaderSentiment import (  # pyright: ignore[reportMissingTypeStubs]
        SentimentIntensityAnalyzer,  # pyright: ignore[reportUnknownVariableType]
    )

    analyzer = cast("Any", SentimentIntensityAnalyzer)()
    compound = np.array(
        [
            -float(analyzer.polarity_scores(text)["compound"]) if language == VADER_LANGUAGE else np.nan
            for text, language in zip(texts, languages, strict=True)
        ],
        dtype=np.float64,
    )
    return Reading(compound, [None if np.isnan(value) else bool(value >= -VADER_NEGATIVE) for value in compound])


class TfidfLogisticRegression:
    """TF-IDF of words and characters with logistic regression, as scikit-learn's own pipeline."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from labelled texts; deterministic."""
        self._pipeline = make_pipeline(_tfidf(), LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000))
        self._pipeline.fit(list(texts), list(labels))

    def __call__(self, texts: Sequence[str], no_complaint: Collection[str] = ()) -> Reading:
        """Answer texts.

        Args:
            texts: What to label.
            no_complaint: Categories that are no complaint; the others' probabilities add up to that of a complaint.
        """
        chance = np.asarray(self._pipeline.predict_proba(list(texts)), dtype=np.float64)
        labels = [str(label) for label in self._pipeline.classes_]
        complaint = 1 - chance[:, [place for place, name in enumerate(labels) if name in no_complaint]].sum(axis=1)
        best = chance.argmax(axis=1)
        category = [labels[int(place)] for place in best]
        return Reading(complaint, [name not in no_complaint for name in category], category, chance.max(axis=1), True)


class TfidfSvm:
    """The same features with a linear support vector machine; it gives no probability."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from labelled texts; deterministic."""
        self._pipeline = make_pipeline(_tfidf(), LinearSVC(random_state=0))
        self._pipeline.fit(list(texts), list(labels))

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """The category of each text."""
        return [str(label) for label in self._pipeline.predict(list(texts))]


def _tfidf() -> Any:
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True),
    )
