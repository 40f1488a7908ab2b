"""What somebody says of texts: whether each complains, its category, how sure that is, and whether people look at it.

The one shape in which the product and the trivial alternatives are compared; here also how the product fills it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.cascade.cascade import classify
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Item
from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.tables import Triage

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What is said of each text; NaN and None where nothing is said.

    Attributes:
        complaint: Rising with how likely the text complains, shape (texts,); NaN where it cannot tell.
        complains: Whether it is read as a complaint, at the reader's own threshold; None where it cannot tell.
        category: The category; None for what knows none.
        confidence: Probability that the category is right, shape (texts,); None for what knows none.
        is_probability: `complaint` is a probability, not only an order.
        automatic: No person looks at the label, shape (texts,); None for what does not decide that.
    """

    complaint: Numbers
    complains: list[bool | None]
    category: list[str] | None = None
    confidence: Numbers | None = None
    is_probability: bool = False
    automatic: Flags | None = None


def no_complaint(taxonomy: Taxonomy) -> frozenset[str]:
    """The categories of texts that do not complain: no issue, and a wish."""
    return frozenset(name for name in (taxonomy.no_issue, taxonomy.wish) if name is not None)


def of_local(answers: Sequence[LocalAnswer], taxonomy: Taxonomy) -> Reading:
    """What the local model alone says."""
    quiet = no_complaint(taxonomy)
    category = [answer.category for answer in answers]
    return Reading(
        complaint=complaint_chances(answers, quiet),
        complains=[name not in quiet for name in category],
        category=category,
        confidence=np.array([answer.confidence for answer in answers], dtype=np.float64),
        is_probability=True,
    )


def of_product(items: Sequence[Item], classifier: Classifier) -> Reading:
    """What the product says without a language model: rules, then the local model, then the bands."""
    quiet = no_complaint(classifier.taxonomy)
    answers = classify(items, classifier, None)
    local = classifier.local.answer(
        [item.text for item in items],
        [item.language for item in items],
        [item.rating for item in items],
        [item.channel for item in items],
    )
    category = [answer.category for answer in answers]
    return Reading(
        complaint=complaint_chances(local, quiet),
        complains=[name not in quiet for name in category],
        category=category,
        confidence=np.array([answer.confidence for answer in answers], dtype=np.float64),
        is_probability=True,
        automatic=np.array([answer.triage.triage == Triage.AUTOMATIC for answer in answers], dtype=np.bool_),
    )


def complaint_chances(answers: Sequence[LocalAnswer], quiet: frozenset[str]) -> Numbers:
    """Probability that each text complains; of a model that was not taught it, from category and confidence.

    Then it is never on the other side of even chances than the category: who is not sure of what a complaint is about
    may well be sure that it is one.
    """
    return np.array([_complaint(answer, quiet) for answer in answers], dtype=np.float64)


def _complaint(answer: LocalAnswer, quiet: frozenset[str]) -> float:
    if answer.complaint is not None:
        return answer.complaint
    return min(1 - answer.confidence, 0.5) if answer.category in quiet else max(answer.confidence, 0.5)
