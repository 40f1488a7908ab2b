"""Whether a text complains, apart from what it is about: asked of the whole text and of each of its clauses.

A linear model of the words and of their valence scores texts and clauses alike; a second, tiny one weighs the text
against its clauses, so that "great picture, but the app freezes" is a complaint. Fitting is in `training.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.sparse  # pyright: ignore[reportMissingTypeStubs]
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Matrix
from feedback_assets.classification.model.clauses import clauses

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
sp = cast("Any", scipy.sparse)
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs

# How strongly the words' weights are pulled to zero. Chosen on held-out examples: flat between 0.5 and 2.
_C = 1.0
# How much more the valence of the words counts than was learned beside the words themselves: those know the topics of
# the examples, not those of another shop. With the topics held out in turn, plain opinions are told apart better up to
# twice as much, and hard texts worse from the start; at this all together are as good as before.
_VALENCE = 1.5
# So many texts are taken to complain before they are read, whatever share of the examples does. A judgement: in doubt
# a person reads a text rather than nobody.
_COMPLAINTS = 0.6
# What a text is weighed by: its own score, how far its worst, last and mildest clause lie from it, whether it has
# several, and what the model of the topics says against there being no issue.
_CUES = 6
# Log-odds of a complaint where nothing else was seen.
_CERTAIN = 3.0
CONSTANTS = (_C, _VALENCE, _COMPLAINTS, _CUES)


@dataclass(frozen=True)
class ClauseRows:
    """The clauses of texts that have several, one after the other.

    Attributes:
        texts: The clauses.
        owner: Row number of the text of each clause, shape (clauses,), rising.
    """

    texts: list[str]
    owner: Indices

    @classmethod
    def of(cls, texts: Sequence[str]) -> ClauseRows:
        """Cut texts; those of one clause have none here."""
        flat: list[str] = []
        owner: list[int] = []
        for row, text in enumerate(texts):
            pieces = clauses(text)
            if len(pieces) > 1:
                flat += pieces
                owner += [row] * len(pieces)
        return cls(flat, np.array(owner, dtype=np.int64))


@dataclass(frozen=True)
class Polarity:
    """Log-odds that a text complains.

    Attributes:
        words: Weight of each feature of a text, shape (features,).
        valence: Weight of each column of `valence.COLUMNS`, positive parts and then negative, shape (2 columns,).
        offset: Added to the score of a text or clause.
        cues: Weights of what `cues_of` gives, shape (6,).
        shift: Added at the end.
    """

    words: NDArray[np.float32]
    valence: Numbers
    offset: float
    cues: Numbers
    shift: float

    def scores(self, features: Matrix, valence: Numbers) -> Numbers:
        """Log-odds of texts or clauses by their words alone, shape (rows,)."""
        return np.asarray(features @ self.words, dtype=np.float64) + signed(valence) @ self.valence + self.offset

    def combine(self, cues: Numbers) -> Numbers:
        """Log-odds of texts from what `cues_of` gives, shape (texts,)."""
        return cues @ self.cues + self.shift


def signed(valence: Numbers) -> Numbers:
    """The positive parts of the columns and then the negative ones, so that good and bad count each for itself."""
    return np.hstack([np.maximum(valence, 0), np.maximum(-valence, 0)])


def fit_words(
    features: Matrix, valence: Numbers, complains: Flags, weight: Numbers
) -> tuple[NDArray[np.float32], Numbers, float]:
    """The weights of words and valence, and the offset; complaints and the rest count as much as each other.

    Where all complain, or none, the offset says so alone.

    Args:
        features: Of the texts, shape (texts, features).
        valence: As `valence.ValenceWords.measure` gives it.
        complains: Whether each text complains, shape (texts,).
        weight: How much each text counts, shape (texts,).
    """
    if complains.all() or not complains.any():
        nothing = np.zeros(features.shape[1], dtype=np.float32), np.zeros(2 * valence.shape[1])
        return *nothing, _CERTAIN if complains.all() else -_CERTAIN
    wide = sp.hstack([features, sp.csr_matrix(signed(valence))], format="csr").astype(np.float64)
    model = LogisticRegression(
        C=_C, class_weight="balanced", solver="liblinear", dual=True, tol=1e-2, random_state=0
    ).fit(wide, complains, sample_weight=weight)
    weights = model.coef_[0]
    cut = features.shape[1]
    return weights[:cut].astype(np.float32), _VALENCE * weights[cut:], float(model.intercept_[0])


def fit_cues(cues: Numbers, complains: Flags) -> tuple[Numbers, float]:
    """How a text is weighed against its clauses, from scores by models that have not seen it."""
    weight = {True: _COMPLAINTS / complains.mean(), False: (1 - _COMPLAINTS) / (1 - complains.mean())}
    model = LogisticRegression(C=1.0, max_iter=1000, class_weight=weight).fit(cues, complains)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def cues_of(whole: Numbers, pieces: Numbers, owner: Indices, topics: Numbers) -> Numbers:
    """What a text is weighed by, shape (texts, 6); the distances are 0 for a text of one clause.

    Args:
        whole: Score of each text, shape (texts,).
        pieces: Score of each clause of the texts with several, shape (clauses,).
        owner: Row of the text of each clause, rising.
        topics: Log-odds of there being an issue, by the model of the topics; shape (texts,).
    """
    cues = np.zeros((len(whole), _CUES))
    cues[:, 0], cues[:, 5] = whole, topics
    if len(owner):
        rows, first = np.unique(owner, return_index=True)
        last = np.append(first[1:], len(owner)) - 1
        cues[rows, 1] = np.maximum.reduceat(pieces, first) - whole[rows]
        cues[rows, 2] = pieces[last] - whole[rows]
        cues[rows, 3] = np.minimum.reduceat(pieces, first) - whole[rows]
        cues[rows, 4] = 1.0
    return cues


def by_clauses(whole: Numbers, of_clauses: Numbers, complains: Numbers, owner: Indices) -> Numbers:
    """Topic scores of texts by their clauses: each counts as much as it complains, shape (texts, categories).

    Args:
        whole: Scores of the whole texts: what stands for a text of one clause.
        of_clauses: Scores of the clauses of the others, shape (clauses, categories).
        complains: Log-odds that each clause complains, shape (clauses,).
        owner: Row of the text of each clause, rising.
    """
    scores = whole.copy()
    if len(owner):
        rows, first = np.unique(owner, return_index=True)
        chance = 1 / (1 + np.exp(-complains))
        share = chance / np.repeat(np.add.reduceat(chance, first), np.diff(np.append(first, len(owner))))
        scores[rows] = np.add.reduceat(share[:, None] * of_clauses, first, axis=0)
    return scores
