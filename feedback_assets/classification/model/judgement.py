"""From scores to one category and a probability that it is right: pure arithmetic over rows.

Three questions are asked apart and put together here: does the text complain, what is it about, and is it feedback on
our field at all. Training and use decide by this same code.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
import scipy.special  # pyright: ignore[reportMissingTypeStubs]
import sklearn.linear_model  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import probabilities
from feedback_assets.classification.model.calibration import log_odds

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
special = cast("Any", scipy.special)
LogisticRegression = cast("Any", sklearn.linear_model).LogisticRegression  # it has no stubs

# From here a text counts as out of the field, as a complaint, or as a wish.
_HALF = 0.5
_SIGNS = 6


@dataclass(frozen=True)
class Judgement:
    """What was decided for each text; all arrays have the shape (texts,).

    Attributes:
        category: Category number.
        raw: Probability of it as the models say, before it is calibrated.
        complains: Probability that the text complains.
        outside: Probability that it is out of the field.
        unknown: Share of its words that are new.
    """

    category: Indices
    raw: Numbers
    complains: Numbers
    outside: Numbers
    unknown: Numbers


def joined(one: Judgement, other: Judgement) -> Judgement:
    """The texts of both, one after the other."""
    names = [field.name for field in fields(Judgement)]
    return Judgement(**{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names})


def taken(one: Judgement, rows: Flags | Indices) -> Judgement:
    """Only these texts."""
    return Judgement(**{field.name: getattr(one, field.name)[rows] for field in fields(Judgement)})


def replaced(one: Judgement, rows: Indices, by: Judgement) -> Judgement:
    """The texts with those of some rows judged otherwise."""
    names = [field.name for field in fields(Judgement)]
    changed = {name: getattr(one, name).copy() for name in names}
    for name in names:
        changed[name][rows] = getattr(by, name)
    return Judgement(**changed)


@dataclass(frozen=True)
class Roles:
    """The numbers of the categories that mean something to the arithmetic; `wish` is None where none does."""

    no_issue: int
    catch_all: int
    wish: int | None = None

    @property
    def quiet(self) -> list[int]:
        """The categories of texts that do not complain."""
        return [self.no_issue] if self.wish is None else [self.no_issue, self.wish]


def against(topics: Numbers, quiet: list[int]) -> Numbers:
    """Log-odds of a complaint, by scores of all categories; shape (texts,).

    Args:
        topics: Shape (texts, categories).
        quiet: The categories of texts that do not complain.
    """
    others: Numbers = special.logsumexp(np.delete(topics, quiet, axis=1), axis=1)
    return others - np.asarray(special.logsumexp(topics[:, quiet], axis=1))


def judge(
    topics: Numbers, lean: Numbers, complains: Numbers, outside: Numbers, unknown: Numbers, roles: Roles
) -> Judgement:
    """Decide.

    Args:
        topics: Score of each category, shape (texts, categories).
        lean: Added to the scores of complaints before the decision, not to the probability, shape (categories,).
        complains: Log-odds that the text complains, shape (texts,).
        outside: Probability that it is out of the field, shape (texts,).
        unknown: Share of its words that are new, shape (texts,).
        roles: Which categories stand for no issue, for a wish, and for a complaint about nothing named.
    """
    rows = np.arange(len(topics))
    chance = 1 / (1 + np.exp(-complains))
    wished = np.zeros(len(topics)) if roles.wish is None else _share(topics[:, roles.wish], topics[:, roles.no_issue])
    topics = topics.copy()
    topics[:, roles.quiet] = -np.inf
    topic = (topics + lean).argmax(axis=1)
    told = probabilities(topics)[rows, topic]
    refused, complaint, wish = outside >= _HALF, chance >= _HALF, wished >= _HALF
    quiet = np.where(wish & ~refused, roles.no_issue if roles.wish is None else roles.wish, roles.no_issue)
    category = np.where(complaint, np.where(refused, roles.catch_all, topic), quiet)
    # What is refused gets no topic, so only its polarity and the refusal itself can be wrong.
    of_complaint = np.where(refused, outside * chance, (1 - outside) * chance * told)
    of_quiet = (1 - chance) * np.where(refused, 1.0, np.where(wish, (1 - outside) * wished, 1 - wished))
    return Judgement(category, np.where(complaint, of_complaint, of_quiet), chance, outside, unknown)


def _share(one: Numbers, other: Numbers) -> Numbers:
    return 1 / (1 + np.exp(other - one))


@dataclass(frozen=True)
class Confidence:
    """A logistic curve from a judgement to the probability that its category is right.

    Attributes:
        signs: Weights of the log-odds of the raw probability and of the share of new words, each for issues and
            for no issue, and of being no issue; shape (6,).
        shift: Added at the end.
    """

    signs: Numbers
    shift: float

    def __call__(self, judgement: Judgement, no_issue: int) -> Numbers:
        """The calibrated probability, shape (texts,)."""
        return 1 / (1 + np.exp(-(_signs(judgement, no_issue) @ self.signs + self.shift)))


def fit_confidence(judgement: Judgement, right: Flags, weight: Numbers, no_issue: int) -> Confidence:
    """Fit the curve on held-out judgements.

    Args:
        judgement: Of texts that the models had not seen.
        right: Whether each category was right, shape (texts,).
        weight: How much each counts, shape (texts,).
        no_issue: Number of the category of texts without an issue.
    """
    if right.all() or not right.any():
        return Confidence(np.eye(_SIGNS)[0], 0.0)  # nothing can be learned: what the models say stands
    model = LogisticRegression(C=10.0, max_iter=1000).fit(_signs(judgement, no_issue), right, sample_weight=weight)
    return Confidence(np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0]))


def _signs(judgement: Judgement, no_issue: int) -> Numbers:
    praise = (judgement.category == no_issue).astype(float)
    raw = log_odds(judgement.raw)
    return np.column_stack(
        [
            raw,
            raw * praise,
            judgement.unknown,
            judgement.unknown * praise,
            praise,
            log_odds(judgement.outside) / 10,
        ]
    )
