"""A second look at the topic of texts that the words leave unsure, by a sentence encoder.

The encoder costs more for each text than all the rest, so it is asked only below a confidence. Its scores are added to
those of the words, by weights fitted on held-out examples. Whether a text complains is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Linear, linear_of
from feedback_assets.classification.model.encoder import Vectors
from feedback_assets.classification.model.judgement import Confidence

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs

# How strongly weights are pulled to zero. Chosen on held-out examples: flat from 3 to 30.
_C = 10.0
# Asked below this confidence of the words alone: a third of what is written plainly. Chosen on held-out examples, where
# it keeps nine tenths of what asking about every text gains.
ASKED_BELOW = 0.7
CONSTANTS = (_C, ASKED_BELOW)


@dataclass(frozen=True)
class EncoderTopics:
    """Topics by words and encoder together.

    Attributes:
        encoder: Name and version of the encoder.
        vectors: Scores of the categories by the vector of a text, and the offset of the sum; shape (512, categories).
        words: What the scores by words are multiplied by.
        confidence: From the second judgement to the chance that it is right.
        below: Texts are asked about below this confidence of the first judgement.
    """

    encoder: str
    vectors: Linear
    words: float
    confidence: Confidence
    below: float = ASKED_BELOW

    def scores(self, by_words: Numbers, vectors: Vectors) -> Numbers:
        """Scores of the categories, shape (texts, categories).

        Args:
            by_words: The same by the words alone.
            vectors: Of the texts, shape (texts, 512).
        """
        # One row at a time: a product of many rows adds up in another order than that of one.
        rows = [self.vectors.scores(vectors[row : row + 1]) for row in range(len(vectors))]
        return self.words * by_words + np.concatenate([np.zeros((0, by_words.shape[1])), *rows])


def fit_topics(vectors: Vectors, label: Indices, classes: int) -> Linear:
    """Scores of the categories by the vectors alone.

    Args:
        vectors: Of the texts, shape (texts, 512).
        label: Category number of each text, shape (texts,); two or more differ.
        classes: How many categories there are, also those no text has.
    """
    model = LogisticRegression(C=_C, max_iter=200, tol=1e-3).fit(vectors, label)
    return linear_of(model.coef_, model.intercept_, classes, np.unique(label))
