"""Whether a text is out of the field: no feedback on what the taxonomy is about, or nothing like what was learned from.

Two signs: a linear model that tells such texts from examples, and how many of the words are new. Fitted with whole
fields left out, such as all news, so that it is measured on kinds of texts it has never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.sparse  # pyright: ignore[reportMissingTypeStubs]
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Matrix

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
sp = cast("Any", scipy.sparse)
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs

_C = 1.0
# One text in so many that come in is taken to be out of the field before it is read. A judgement: a shop's channels
# carry some spam and chat; a higher number refuses more feedback, a lower one labels more that is none.
PRIOR = 0.05
CONSTANTS = (_C, PRIOR)


@dataclass(frozen=True)
class FieldGate:
    """Probability that a text is out of the field.

    Attributes:
        words: Weight of each feature of a text, shape (features,).
        offset: Added to the score of the words.
        signs: Weights of the score of the words and of the share of new words, shape (2,).
        shift: Added at the end; holds the prior.
    """

    words: NDArray[np.float32]
    offset: float
    signs: Numbers
    shift: float

    def scores(self, features: Matrix) -> Numbers:
        """Log-odds by the words alone, shape (texts,)."""
        return np.asarray(features @ self.words, dtype=np.float64) + self.offset

    def chance(self, scores: Numbers, unknown: Numbers) -> Numbers:
        """Probability of being out of the field, shape (texts,)."""
        return 1 / (1 + np.exp(-(np.column_stack([scores, unknown]) @ self.signs + self.shift)))


def stack(matrices: list[Matrix]) -> Matrix:
    """The rows of matrices one below the other."""
    return sp.vstack(matrices, format="csr")


def fit_words(features: Matrix, outside: Flags) -> tuple[NDArray[np.float32], float]:
    """The weights of words and the offset; texts in and out of the field count as much as each other."""
    model = LogisticRegression(
        C=_C, class_weight="balanced", solver="liblinear", dual=True, tol=1e-2, random_state=0
    ).fit(features.astype(np.float64), outside)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def fit_signs(scores: Numbers, unknown: Numbers, outside: Flags) -> tuple[Numbers, float]:
    """The weights of the two signs, from scores by models that saw neither the text nor its field."""
    signs = np.column_stack([scores, unknown])
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000).fit(signs, outside)
    shift = float(model.intercept_[0]) + float(np.log(PRIOR / (1 - PRIOR)))
    return np.asarray(model.coef_[0], dtype=np.float64), shift
