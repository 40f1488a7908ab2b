"""The local model: labels texts with calibrated confidence; stored as one versioned artefact.

How it is learned stands in `training.py`. It answers only what it was taught, and leaves the rest empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.blend import Linear, probabilities
from feedback_assets.classification.model.calibration import Curve
from feedback_assets.classification.model.clauses import clauses
from feedback_assets.classification.model.features import Matrix, TextFeatures, plain
from feedback_assets.classification.model.fields import Choice, Further, as_chance
from feedback_assets.classification.model.local_answer import LocalAnswer, SecondaryIssue
from feedback_assets.tables import Sentiment

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]

_SENTIMENT_SCORES = {
    Sentiment.NEGATIVE: -1.0,
    Sentiment.MIXED: -0.2,
    Sentiment.NEUTRAL: 0.0,
    Sentiment.POSITIVE: 1.0,
}
# Texts of one day with several clauses; more are scored again when asked for.
_CLAUSES_CACHED = 20_000
# A text without a word says nothing itself: with many stars there is nothing to act on, with few there is a
# complaint without a subject. How often that is right was not measured: the number is a judgement.
_CONFIDENCE_WITHOUT_TEXT = 0.85
# Who gives five stars complains about a quarter as often as the words alone say, who gives one or two praises a quarter
# as often: "chegou antes do prazo" with one star is no praise of the carrier. Less than the stars of shops would
# justify, since some complain politely under five stars and some mistake one star for the best.
_RATING_LOG_ODDS = float(np.log(4.0))
_DELIGHTED, _ANGRY = 5.0, 2.0
# What an artefact means that was trained before taxonomies declared roles.
_OLDER_NO_ISSUE, _OLDER_CATCH_ALL = "no_issue", "other"


@dataclass(frozen=True)
class Parts:
    """Everything the artefact holds.

    Attributes:
        labels: Categories; the columns of `category`, `lean` and `further`.
        domains: Domain of each category; empty when the model has no taxonomy.
        lean: Added to the scores before the decision, so that rare categories are found; not to the confidence.
        urgency: Expected urgency, one column; None when it was not taught.
    """

    features: TextFeatures
    labels: tuple[str, ...]
    domains: Mapping[str, str]
    category: Linear
    lean: Numbers
    curve: Curve
    sub_labels: Mapping[str, Choice] = field(default_factory=dict[str, Choice])
    sentiment: Choice | None = None
    urgency: Linear | None = None
    further: Further | None = None


class LocalModel:
    """Answers texts; see `LocalClassifier` for what the cascade asks of it."""

    def __init__(self, parts: Parts, metadata: Mapping[str, Any]) -> None:
        self.parts = parts
        self.metadata = metadata
        self._clauses: dict[str, tuple[list[str], Numbers]] = {}

    @property
    def version(self) -> str:
        """Content hash of examples, corrections, taxonomy, lexicon and code."""
        return str(self.metadata["version"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The categories it knows."""
        return self.parts.labels

    @property
    def precision_by_confidence(self) -> list[dict[str, float]]:
        """For each least confidence: share of held-out answers at or above it, and share of those right."""
        return list(self.metadata["thresholds"])

    @property
    def no_issue(self) -> str:
        """The category of a text without anything to act on."""
        return str(self.metadata.get("no_issue", _OLDER_NO_ISSUE))

    @property
    def catch_all(self) -> str:
        """The category of a complaint that does not say of what."""
        return str(self.metadata.get("catch_all", _OLDER_CATCH_ALL))

    @property
    def measured_on(self) -> int:
        """How many held-out answers that was measured on."""
        return int(self.metadata["measured_on"])

    def answer(
        self,
        texts: Sequence[str],
        languages: Sequence[str] | None = None,
        ratings: Sequence[float | None] | None = None,
        channels: Sequence[str] | None = None,
    ) -> list[LocalAnswer]:
        """One answer for each text; all sequences have the same length. Ratings are 1 to 5 or None.

        Language and channel are taken for the interface's sake: short texts are often detected wrongly, and
        what the examples teach about one channel holds for the others.
        """
        if not len(texts):
            return []
        features = self.parts.features.transform(texts)
        predicted, confidence, _ = self.decide(features, ratings)
        sub_labels = self._sub_labels(features, predicted)
        moods = self._moods(features)
        urgency = self._urgency(features)
        further = self._further(features, predicted)
        answers = [
            LocalAnswer(
                category=self.labels[int(number)],
                confidence=float(sure),
                domain=self.parts.domains.get(self.labels[int(number)]),
                sub_label=sub_label,
                sentiment=mood[0],
                sentiment_score=mood[1],
                urgency=urge,
                secondary=rest,
            )
            for number, sure, sub_label, mood, urge, rest in zip(
                predicted, confidence, sub_labels, moods, urgency, further, strict=True
            )
        ]
        self._cache_clauses(texts)
        silent = [number for number, text in enumerate(texts) if not _has_content(text)]
        for number in silent:
            answers[number] = self._answer_by_rating(ratings[number] if ratings is not None else None, answers[number])
        return answers

    def decide(
        self, features: Matrix, ratings: Sequence[float | None] | None = None
    ) -> tuple[Indices, Numbers, Numbers]:
        """Category number, its calibrated probability, and the raw probabilities of all, row for row.

        Args:
            features: Of the texts, shape (texts, features).
            ratings: 1 to 5 or None, one for each text; they speak for or against there being no issue only.
        """
        scores = self.parts.category.scores(features)
        if ratings is not None and self.no_issue in self.labels:
            scores[:, self.labels.index(self.no_issue)] += [_from_rating(stars) for stars in ratings]
        predicted = (scores + self.parts.lean).argmax(axis=1)
        chance = probabilities(scores)
        return predicted, self.parts.curve(chance[np.arange(len(predicted)), predicted]), chance

    def quote(self, text: str, category: str) -> str:
        """The clause of the text that speaks most for the category, verbatim; the text itself when it has but one."""
        pieces = clauses(text)
        if len(pieces) < 2 or category not in self.labels:
            return pieces[0] if pieces else text
        if text not in self._clauses:
            self._score_clauses([text], [pieces])
        cut, chance = self._clauses[text]
        return cut[int(chance[:, self.labels.index(category)].argmax())]

    def save(self, folder: Path) -> None:
        """Write the artefact; a reader sees all of it or nothing."""
        artefact.write(folder, self.parts, self.metadata)

    @classmethod
    def load(cls, folder: Path) -> LocalModel:
        """Read an artefact.

        Raises:
            ModelFileError: There is none, or the code that made it no longer fits.
        """
        return cls(*artefact.read(folder, Parts))

    def _sub_labels(self, features: Matrix, predicted: Indices) -> list[str | None]:
        labels: list[str | None] = [None] * len(predicted)
        for number in np.unique(predicted):
            choice = self.parts.sub_labels.get(self.labels[int(number)])
            if choice is not None:
                rows = np.flatnonzero(predicted == number)
                for row, label in zip(rows, choice.predict(features[rows]), strict=True):
                    labels[row] = label
        return labels

    def _moods(self, features: Matrix) -> list[tuple[Sentiment | None, float | None]]:
        mood = self.parts.sentiment
        if mood is None:
            return [(None, None)] * features.shape[0]
        worth = np.array([_SENTIMENT_SCORES[Sentiment(label)] for label in mood.labels])
        expected = mood.chances(features) @ worth
        return [
            (Sentiment(label), round(float(score), 4)) if label is not None else (None, None)
            for label, score in zip(mood.predict(features), expected, strict=True)
        ]

    def _urgency(self, features: Matrix) -> list[float | None]:
        urgency = self.parts.urgency
        if urgency is None:
            return [None] * features.shape[0]
        raw = np.asarray(features @ urgency.weights)[:, 0] + urgency.offset[0]
        return [round(float(value), 2) for value in np.clip(raw, 1, 5)]

    def _further(self, features: Matrix, predicted: Indices) -> list[tuple[SecondaryIssue, ...]]:
        further = self.parts.further
        if further is None:
            return [()] * len(predicted)
        scores = np.asarray(features @ further.model.weights) + further.model.offset
        chance = further.curve(as_chance(scores))
        chance[np.arange(len(predicted)), predicted] = 0.0
        further_issues: list[tuple[SecondaryIssue, ...]] = [()] * len(predicted)
        for row in np.flatnonzero((chance >= further.least).any(axis=1)):
            order = np.argsort(-chance[row], kind="stable")
            likely = [int(number) for number in order if chance[row, number] >= further.least]
            further_issues[row] = tuple(
                self._secondary(features[row], number, float(chance[row, number])) for number in likely
            )
        return further_issues

    def _secondary(self, features: Matrix, number: int, chance: float) -> SecondaryIssue:
        category = self.labels[number]
        choice = self.parts.sub_labels.get(category)
        return SecondaryIssue(category, choice.predict(features)[0] if choice else None, chance)

    def _answer_by_rating(self, stars: float | None, answer: LocalAnswer) -> LocalAnswer:
        complains = stars is not None and stars <= 2
        category = self.catch_all if complains else self.no_issue
        if category not in self.labels:
            return answer
        mood = _sentiment_of_rating(stars)
        return LocalAnswer(
            category=category,
            confidence=_CONFIDENCE_WITHOUT_TEXT,
            domain=self.parts.domains.get(category),
            sub_label=None,
            sentiment=mood,
            sentiment_score=_SENTIMENT_SCORES[mood] if mood else None,
            urgency=None,
        )

    def _cache_clauses(self, texts: Sequence[str]) -> None:
        cut = {text: pieces for text in texts if len(pieces := clauses(text)) > 1}
        if len(self._clauses) + len(cut) > _CLAUSES_CACHED:
            self._clauses.clear()
        self._score_clauses(list(cut), list(cut.values()))

    def _score_clauses(self, texts: Sequence[str], pieces: Sequence[list[str]]) -> None:
        flat = [piece for row in pieces for piece in row]
        if not flat:
            return
        chance = probabilities(self.parts.category.scores(self.parts.features.transform(flat)))
        start = 0
        for text, row in zip(texts, pieces, strict=True):
            self._clauses[text] = (row, chance[start : start + len(row)])
            start += len(row)


def _sentiment_of_rating(stars: float | None) -> Sentiment | None:
    """The tone that stars alone tell of."""
    if stars is None:
        return None
    return Sentiment.POSITIVE if stars >= 4 else Sentiment.NEGATIVE if stars <= 2 else Sentiment.NEUTRAL


def _from_rating(stars: float | None) -> float:
    """What a rating adds to the score of there being no issue."""
    if stars is None or _ANGRY < stars < _DELIGHTED:
        return 0.0
    return _RATING_LOG_ODDS if stars >= _DELIGHTED else -_RATING_LOG_ODDS


def _has_content(text: str) -> bool:
    """Whether there is a letter, digit or face beside personal values."""
    return any(sign.isalnum() or ord(sign) > 0x2600 for sign in plain(text))
