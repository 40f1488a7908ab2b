"""The local model: labels texts with calibrated confidence; stored as one versioned artefact.

How it is learned stands in `training.py`. It answers only what it was taught, and leaves the rest empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.artefact import ModelFileError
from feedback_assets.classification.model.blend import Linear, probabilities
from feedback_assets.classification.model.calibration import Curve
from feedback_assets.classification.model.clauses import clauses
from feedback_assets.classification.model.encoder import ENCODER, check_installed, encode
from feedback_assets.classification.model.encoder_topics import EncoderTopics
from feedback_assets.classification.model.features import Matrix, TextFeatures, plain
from feedback_assets.classification.model.field_gate import FieldGate
from feedback_assets.classification.model.fields import Choice, Further, as_chance
from feedback_assets.classification.model.judgement import Confidence, Judgement, Roles, against, judge, replaced
from feedback_assets.classification.model.local_answer import LocalAnswer, SecondaryIssue
from feedback_assets.classification.model.polarity import ClauseRows, Polarity, by_clauses, cues_of
from feedback_assets.classification.model.tone import Tone
from feedback_assets.classification.model.valence import ValenceWords
from feedback_assets.files.word_lists import word_list
from feedback_assets.tables import SENTIMENTS, Sentiment
from feedback_assets.text import fold

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
# Log-odds that a rating adds to those of a complaint, from so many stars on. A judgement, and less than the stars of
# shops would justify, since some complain politely under five stars and some mistake one star for the best.
_BY_RATING = (
    (4.5, -float(np.log(8.0))),
    (3.5, -float(np.log(2.0))),
    (2.5, float(np.log(1.5))),
    (0.0, float(np.log(8.0))),
)
# The same of the channel: who is asked why goods come back mostly says what was wrong with them; in a chat, a forum and
# a post people ask and tell as much as they complain. A judgement.
_BY_CHANNEL = {
    "return_reason": float(np.log(3.0)),
    "chat": -float(np.log(2.0)),
    "forum": -float(np.log(2.0)),
    "social": -float(np.log(2.0)),
}
# What an artefact means that was trained before taxonomies declared roles.
_OLDER_NO_ISSUE, _OLDER_CATCH_ALL = "no_issue", "other"
_HALF = 0.5
_PERSONAL = re.compile(r"<[A-Z]+>")
_NO_CONTENT = word_list("no_content")
# So much of a text is new when none of its words is known.
_ALL_NEW = 0.7


@dataclass(frozen=True)
class Parts:
    """Everything the artefact holds.

    Attributes:
        labels: Categories; the columns of `category`, `lean` and `further`.
        domains: Domain of each category; empty when the model has no taxonomy.
        lean: Added to the scores before the decision, so that rare categories are found; not to the confidence.
        curve: From the probability of a category to the chance that it is right, where `confidence` is None.
        urgency: Expected urgency, one column; None when it was not taught.
        polarity: Whether a text complains; None in a model that answers categories only, and in older ones.
        clause_category: Scores of the categories that are added clause by clause.
        gate: Whether a text is out of the field; None when it was not taught.
        confidence: From a judgement to the chance that it is right.
        valence: The words that say good or bad.
        tone: The sentiment; without it `sentiment` says it.
        encoder: A second look at the topic of what is unsure, by a sentence encoder; None where none is asked.
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
    polarity: Polarity | None = None
    clause_category: Linear | None = None
    gate: FieldGate | None = None
    confidence: Confidence | None = None
    valence: ValenceWords | None = None
    tone: Tone | None = None
    encoder: EncoderTopics | None = None


@dataclass(frozen=True)
class _Texts:
    """What is asked at once: texts with what is known of each, and their features."""

    texts: Sequence[str]
    languages: Sequence[str]
    stars: Numbers
    channels: Sequence[str]
    features: Matrix


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
    def slices(self) -> dict[str, dict[str, Any]]:
        """The same of each category and language, with how many examples there were; empty in older artefacts."""
        return dict(self.metadata.get("slices", {}))

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

        The language says which words are good or bad; short texts are often detected wrongly, so it says nothing
        else. Of the channels only return reasons count: what the examples teach about one holds for the others.
        """
        if not len(texts):
            return []
        known: list[str] = [language or "und" for language in languages or [""] * len(texts)]
        stars = np.array([np.nan if value is None else value for value in ratings or [None] * len(texts)], dtype=float)
        features = self.parts.features.transform(texts)
        polarity, by_clause = self.parts.polarity, self.parts.clause_category
        if polarity is None or by_clause is None:
            predicted, confidence, _ = self.decide(features, ratings)
            moods, chances = self._moods(features), None
            self._cache_clauses(texts)
        else:
            asked = _Texts(texts, known, stars, channels or [""] * len(texts), features)
            judged, confidence, moods = self._judge(asked, polarity, by_clause)
            predicted, chances = judged.category, judged
        sub_labels = self._sub_labels(features, predicted)
        urgency = self._urgency(features)
        further = self._further(features, predicted)
        answers = [
            LocalAnswer(
                category=self.labels[int(number)],
                confidence=float(confidence[row]),
                domain=self.parts.domains.get(self.labels[int(number)]),
                sub_label=sub_labels[row],
                sentiment=moods[row][0],
                sentiment_score=moods[row][1],
                urgency=urgency[row],
                secondary=further[row],
                complaint=None if chances is None else float(chances.complains[row]),
                outside=None if chances is None else float(chances.outside[row]),
                unknown=None if chances is None else float(chances.unknown[row]),
            )
            for row, number in enumerate(predicted)
        ]
        silent = [number for number, text in enumerate(texts) if not _has_content(text)]
        for number in silent:
            answers[number] = self._answer_by_rating(ratings[number] if ratings is not None else None, answers[number])
        return answers

    def decide(
        self, features: Matrix, ratings: Sequence[float | None] | None = None
    ) -> tuple[Indices, Numbers, Numbers]:
        """Category number, its calibrated probability, and the raw probabilities of all, by the categories alone.

        Args:
            features: Of the texts, shape (texts, features).
            ratings: 1 to 5 or None, one for each text; they speak for or against there being no issue only.
        """
        scores = self.parts.category.scores(features)
        if ratings is not None and self.no_issue in self.labels:
            stars = np.array([np.nan if value is None else value for value in ratings], dtype=float)
            scores[:, self.labels.index(self.no_issue)] -= from_rating(stars)
        predicted = (scores + self.parts.lean).argmax(axis=1)
        chance = probabilities(scores)
        return predicted, self.parts.curve(chance[np.arange(len(predicted)), predicted]), chance

    def _judge(
        self, asked: _Texts, polarity: Polarity, clause_category: Linear
    ) -> tuple[Judgement, Numbers, list[tuple[Sentiment | None, float | None]]]:
        """What each text complains of, if it does, how sure that is, and its tone."""
        parts, words, texts = self.parts, self.parts.valence or ValenceWords({}), asked.texts
        pieces = ClauseRows.of(texts)
        of_pieces = [asked.languages[int(row)] for row in pieces.owner]
        valence = words.measure([*texts, *pieces.texts], [*asked.languages, *of_pieces])
        own = valence[: len(texts)]
        whole = polarity.scores(asked.features, own)
        topics = parts.category.scores(asked.features)
        by_clause = clause_category.scores(asked.features)
        complaining = np.zeros(0)
        if pieces.texts:
            counted = parts.features.transform(pieces.texts)
            complaining = polarity.scores(counted, valence[len(texts) :])
            scores = clause_category.scores(counted)
            by_clause = by_clauses(by_clause, scores, complaining, pieces.owner)
            self._keep_clauses(texts, pieces, parts.category.scores(counted) + scores, complaining)
        topics, roles = topics + by_clause, self._roles()
        complains = polarity.combine(cues_of(whole, complaining, pieces.owner, against(topics, roles.quiet)))
        unknown = parts.features.unknown(texts)
        gate = parts.gate
        outside = np.zeros(len(texts)) if gate is None else gate.chance(gate.scores(asked.features), unknown)
        known = complains + from_rating(asked.stars) + from_channel(asked.channels)
        judged = judge(topics, parts.lean, known, outside, unknown, roles)
        confidence = self._confidence(judged)
        if parts.encoder is not None:
            unsure = np.flatnonzero(confidence < parts.encoder.below)
            by_both = parts.encoder.scores(topics[unsure], encode([texts[int(row)] for row in unsure]))
            again = judge(by_both, parts.lean, known[unsure], outside[unsure], unknown[unsure], roles)
            judged = replaced(judged, unsure, again)
            confidence[unsure] = parts.encoder.confidence(again, roles.no_issue)
        return judged, confidence, self._tones(complains, own, asked.stars, judged)

    def _roles(self) -> Roles:
        wish = self.metadata.get("wish")
        number = self.labels.index(wish) if wish in self.labels else None
        return Roles(self.labels.index(self.no_issue), self.labels.index(self.catch_all), number)

    def _confidence(self, judged: Judgement) -> Numbers:
        return judged.raw if self.parts.confidence is None else self.parts.confidence(judged, self._roles().no_issue)

    def _tones(
        self, complains: Numbers, valence: Numbers, stars: Numbers, judged: Judgement
    ) -> list[tuple[Sentiment | None, float | None]]:
        """Sentiments that do not contradict what was decided; none for words that nobody knows, without a rating."""
        if self.parts.tone is None:
            return [(None, None)] * len(stars)
        chances = self.parts.tone.chances(complains, valence, stars)
        worth = np.array([_SENTIMENT_SCORES[Sentiment(name)] for name in SENTIMENTS])
        silent = (judged.unknown >= _ALL_NEW) & (valence == 0).all(axis=1)
        roles = self._roles()
        no_issue = judged.category == roles.no_issue
        negative, mixed, positive = (
            SENTIMENTS.index(name) for name in (Sentiment.NEGATIVE, Sentiment.MIXED, Sentiment.POSITIVE)
        )
        # Praise is not negative, and a complaint is not all positive.
        chances[np.ix_(no_issue, [negative, mixed])] = 0.0
        complaint = ~np.isin(judged.category, roles.quiet) & (judged.outside < _HALF)
        chances[complaint, positive] = 0.0
        chances /= chances.sum(axis=1, keepdims=True)
        moods: list[tuple[Sentiment | None, float | None]] = []
        for row in range(len(stars)):
            if silent[row]:
                mood = _sentiment_of_rating(None if np.isnan(stars[row]) else float(stars[row]))
                moods.append((mood, _SENTIMENT_SCORES[mood] if mood else None))
            else:
                name = Sentiment(SENTIMENTS[int(chances[row].argmax())])
                moods.append((name, round(float(chances[row] @ worth), 4)))
        return moods

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
            EncoderError: It asks a sentence encoder, which is not installed.
        """
        parts, metadata = artefact.read(folder, Parts)
        if parts.encoder is not None:
            if parts.encoder.encoder != ENCODER:
                raise ModelFileError(
                    f"{folder}: was trained with {parts.encoder.encoder}, and this code knows {ENCODER}; "
                    f"run `feedback train --output {folder}` again"
                )
            check_installed()
        return cls(parts, metadata)

    @property
    def without_encoder(self) -> LocalModel:
        """The same, asking no sentence encoder."""
        return LocalModel(replace(self.parts, encoder=None), self.metadata)

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

    def _keep_clauses(self, texts: Sequence[str], pieces: ClauseRows, scores: Numbers, complains: Numbers) -> None:
        """Remember what each clause of these texts is about, times the chance that it complains, for `quote`."""
        if len(self._clauses) + len(texts) > _CLAUSES_CACHED:
            self._clauses.clear()
        chance = _of_complaint(scores, complains)
        rows, first = np.unique(pieces.owner, return_index=True)
        for row, start, end in zip(rows, first, np.append(first[1:], len(pieces.owner)), strict=True):
            self._clauses[texts[int(row)]] = (pieces.texts[start:end], chance[start:end])

    def _score_clauses(self, texts: Sequence[str], pieces: Sequence[list[str]]) -> None:
        flat = [piece for row in pieces for piece in row]
        if not flat:
            return
        counted = self.parts.features.transform(flat)
        scores = self.parts.category.scores(counted)
        if self.parts.polarity is not None and self.parts.clause_category is not None:
            words = self.parts.valence or ValenceWords({})
            told = self.parts.polarity.scores(counted, words.measure(flat, ["und"] * len(flat)))
            scores = scores + self.parts.clause_category.scores(counted)
            chance = _of_complaint(scores, told)
        else:
            chance = probabilities(scores)
        start = 0
        for text, row in zip(texts, pieces, strict=True):
            self._clauses[text] = (row, chance[start : start + len(row)])
            start += len(row)


def _sentiment_of_rating(stars: float | None) -> Sentiment | None:
    """The tone that stars alone tell of."""
    if stars is None:
        return None
    return Sentiment.POSITIVE if stars >= 4 else Sentiment.NEGATIVE if stars <= 2 else Sentiment.NEUTRAL


def from_rating(stars: Numbers) -> Numbers:
    """What ratings add to the log-odds of a complaint, shape (texts,); 0 where there is none, which is NaN."""
    added = np.zeros(len(stars))
    left = ~np.isnan(stars)
    for least, change in _BY_RATING:
        rows = left & (stars >= least)
        added[rows] = change
        left &= ~rows
    return added


def from_channel(channels: Sequence[str]) -> Numbers:
    """What the channels add to the log-odds of a complaint, shape (texts,)."""
    return np.array([_BY_CHANNEL.get(channel, 0.0) for channel in channels])


def _of_complaint(scores: Numbers, complains: Numbers) -> Numbers:
    """Probability of each category times that of a complaint, shape (clauses, categories)."""
    return probabilities(scores) / (1 + np.exp(-complains[:, None]))


def _has_content(text: str) -> bool:
    """Whether it says something beside personal values, and not what an empty field or a mail says by itself."""
    if not any(sign.isalnum() or ord(sign) > 0x2600 for sign in plain(text)):
        return False
    return fold(_PERSONAL.sub(" ", text)) not in _NO_CONTENT
