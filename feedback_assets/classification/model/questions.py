"""Learns the three questions of a text: does it complain, what is it about, is it feedback on our field.

Each has its own model and is asked of texts that the model has not seen, clause by clause where it matters. What comes
out of the answers is decided in `judgement.py`; files and versions stay in `training.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model import encoder_topics, field_gate, polarity
from feedback_assets.classification.model.blend import Linear, Matrix, blend, fit_parts, mix
from feedback_assets.classification.model.encoder import Vectors, encode
from feedback_assets.classification.model.examples import Example
from feedback_assets.classification.model.features import CountedTexts, TextFeatures, Vocabulary
from feedback_assets.classification.model.field_gate import FieldGate
from feedback_assets.classification.model.judgement import Judgement, Roles, against, judge
from feedback_assets.classification.model.polarity import ClauseRows, Polarity, by_clauses
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.tone import Tone, fit_tone
from feedback_assets.classification.model.valence import ValenceWords
from feedback_assets.tables import SENTIMENTS

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
Folds = Sequence[tuple[Indices, Indices]]

# Fewer texts out of the field than this teach nothing about it.
_FEWEST_OUTSIDE = 50
# An example written as customers write counts for so many that were written to be hard. A judgement.
_PLAIN = 2.0
CONSTANTS = (_PLAIN,)
# Part of the way from the frequencies of the labels to treating all alike: finds rare categories at no cost in
# accuracy on two public sets; 0.15 to 0.25 are equally good.
LEAN = 0.2


@dataclass(frozen=True)
class HeldOutScores:
    """Scores by models that have not seen the rows.

    Attributes:
        topics: Of the two models of the topic, each of shape (examples, categories).
        clause_topics: Of the first of them for each clause, shape (clauses, categories).
        complains: Log-odds by the words, shape (examples,).
        clause_complains: The same of each clause, shape (clauses,).
        outside: Log-odds of being out of the field: of the examples, then of the texts out of it.
        unknown: Share of new words of the same rows.
        others_topics: As `topics`, of the texts out of the field, shape (others, categories).
        others_complain: As `complains`, of the texts out of the field, shape (others,).
        encoder_topics: Of the topic by the sentence encoder: of the examples, then of the texts out of the field; None
            where no encoder is asked.
    """

    topics: list[Numbers]
    clause_topics: Numbers
    complains: Numbers
    clause_complains: Numbers
    outside: Numbers
    unknown: Numbers
    others_topics: list[Numbers]
    others_complain: Numbers
    encoder_topics: Numbers | None = None


@dataclass(frozen=True)
class SecondLook:
    """The topics by words and encoder, and what they judged of the same texts as `Learned` has; see `EncoderTopics`."""

    vectors: Linear
    words: float
    judged: Judgement
    others_judged: Judgement


@dataclass(frozen=True)
class Learned:
    """The models of the questions, learned from all examples, and what they judged of texts held out.

    Attributes:
        judged: Of the examples.
        others_judged: Of the texts out of the field, each by models that saw nothing of its field.
        second_look: With the sentence encoder; None where none is asked.
    """

    features: TextFeatures
    vocabulary: Vocabulary
    matrix: Matrix
    category: Linear
    clause_category: Linear
    lean: Numbers
    polarity: Polarity
    gate: FieldGate | None
    tone: Tone | None
    judged: Judgement
    others_judged: Judgement
    second_look: SecondLook | None = None


@dataclass(frozen=True)
class _Models:
    vocabulary: Vocabulary
    topics: list[Linear]
    complains: tuple[NDArray[np.float32], Numbers, float]
    outside: tuple[NDArray[np.float32], float] | None
    encoder_topics: Linear | None


def lean_of(truth: Indices, classes: int) -> Numbers:
    """What is added to the scores of the classes before one is chosen, shape (classes,): more for the rare ones."""
    return -LEAN * np.log(np.maximum(np.bincount(truth, minlength=classes), 1) / len(truth))


def can_learn(examples: Sequence[Example], recipe: Recipe) -> bool:
    """Whether the examples tell complaints from texts without an issue, and at least two topics."""
    issues = {example.category for example in examples} - {recipe.no_issue}
    return (
        recipe.catch_all in recipe.labels and len(issues) > 1 and any(e.category == recipe.no_issue for e in examples)
    )


@dataclass(frozen=True)
class Questions:
    """Examples, their clauses and texts out of the field, counted once, with what is known of each."""

    examples: Sequence[Example]
    recipe: Recipe
    truth: Indices
    clauses: ClauseRows
    counted: CountedTexts
    valence: Numbers
    vectors: Vectors | None = None

    @classmethod
    def of(cls, examples: Sequence[Example], recipe: Recipe, truth: Indices) -> Questions:
        """Read everything that is learned from.

        Args:
            examples: What to learn from.
            recipe: Labels, lexicons and texts out of the field.
            truth: Category number of each example.

        Raises:
            EncoderError: The recipe asks a sentence encoder, which is not installed.
        """
        texts = [example.text for example in examples]
        pieces = ClauseRows.of(texts)
        others = [text.text for text in recipe.out_of_field]
        counted = CountedTexts.of([*texts, *pieces.texts, *others], recipe.lexicon, recipe.min_pairs)
        languages = [example.language for example in examples]
        of_pieces = [languages[int(row)] for row in pieces.owner]
        valence = ValenceWords(recipe.valence or {}).measure(
            [*texts, *pieces.texts, *others], [*languages, *of_pieces, *(text.language for text in recipe.out_of_field)]
        )
        # Whole texts only: asked of each clause as well, held-out examples gain 0.1 points at twice the cost.
        vectors = encode([*texts, *others]) if recipe.encoder else None
        return cls(examples, recipe, truth, pieces, counted, valence, vectors)

    @property
    def valence_words(self) -> ValenceWords:
        """The words of valence that were used."""
        return ValenceWords(self.recipe.valence or {})

    @cached_property
    def roles(self) -> Roles:
        """The numbers of the categories with a role."""
        labels = self.recipe.labels
        wish = labels.index(self.recipe.wish) if self.recipe.wish in labels else None
        return Roles(labels.index(self.recipe.no_issue), labels.index(self.recipe.catch_all), wish)

    @cached_property
    def complains(self) -> Flags:
        """Whether each example complains, shape (examples,)."""
        return ~np.isin(self.truth, self.roles.quiet)

    @cached_property
    def weight(self) -> Numbers:
        """How much each example counts for the polarity: real feedback consists mostly of what is written plainly."""
        return np.where([example.calibrates for example in self.examples], _PLAIN, 1.0)

    def held_out(self, folds: Folds) -> HeldOutScores:
        """Ask about the examples of each fold, and about a part of the fields, by models that have not seen them."""
        size, classes, others = len(self.examples), len(self.recipe.labels), len(self.recipe.out_of_field)
        clauses = len(self.clauses.texts)
        scores = HeldOutScores(
            [np.zeros((size, classes)) for _ in range(2)], np.zeros((clauses, classes)), np.zeros(size),
            np.zeros(clauses), np.zeros(size + others), np.full(size + others, 0.5),
            [np.zeros((others, classes)) for _ in range(2)], np.zeros(others),
            None if self.vectors is None else np.zeros((size + others, classes)),
        )  # fmt: skip
        field_folds = self._field_folds(len(folds))
        for number, (seen, unseen) in enumerate(folds):
            away = np.flatnonzero(field_folds == number)
            models = self._fit(seen, np.flatnonzero(field_folds != number))
            asked = self.counted.matrix(models.vocabulary, unseen)
            for part_scores, part in zip(scores.topics, models.topics, strict=True):
                part_scores[unseen] = part.scores(asked)
            scores.complains[unseen] = _polarity(models, asked, self.valence[unseen])
            mine = np.flatnonzero(np.isin(self.clauses.owner, unseen))
            of_clauses = self.counted.matrix(models.vocabulary, size + mine)
            scores.clause_topics[mine] = models.topics[0].scores(of_clauses)
            scores.clause_complains[mine] = _polarity(models, of_clauses, self.valence[size + mine])
            of_others = self._others(models.vocabulary, away)
            for part_scores, part in zip(scores.others_topics, models.topics, strict=True):
                part_scores[away] = part.scores(of_others)
            scores.others_complain[away] = _polarity(models, of_others, self.valence[size + clauses + away])
            if scores.encoder_topics is not None and self.vectors is not None and models.encoder_topics is not None:
                for rows in (unseen, size + away):
                    scores.encoder_topics[rows] = models.encoder_topics.scores(self.vectors[rows])
            if models.outside is not None:
                weights, offset = models.outside
                for rows, counted in ((unseen, asked), (size + away, of_others)):
                    scores.outside[rows] = np.asarray(counted @ weights, dtype=np.float64) + offset
                scores.unknown[unseen] = self.counted.unknown(models.vocabulary, unseen)
                scores.unknown[size + away] = self.counted.unknown(models.vocabulary, size + clauses + away)
        return scores

    def fit(self, held: HeldOutScores) -> Learned:
        """Learn from all examples; how the models are weighed is fitted on scores of held out examples."""
        size, rows = len(self.examples), np.arange(len(self.examples))
        of_clauses = by_clauses(held.topics[0], held.clause_topics, held.clause_complains, self.clauses.owner)
        parts = [*held.topics, of_clauses]
        weight, offset = mix(parts, self.truth)
        mixed = sum(w * part for w, part in zip(weight, parts, strict=True)) + offset
        signs = polarity.cues_of(
            held.complains, held.clause_complains, self.clauses.owner, against(mixed, self.roles.quiet)
        )
        cues, shift = polarity.fit_cues(signs, self.complains)
        complains = signs @ cues + shift
        # A text out of the field is asked as one clause: what it says where does not matter.
        first, second = held.others_topics
        others_mixed = (weight[0] + weight[2]) * first + weight[1] * second + offset
        others_signs = polarity.cues_of(
            held.others_complain, np.zeros(0), np.zeros(0, dtype=np.int64), against(others_mixed, self.roles.quiet)
        )
        models = self._fit(rows, np.arange(len(self.recipe.out_of_field)))
        gate = None
        outside = np.zeros(len(held.outside))
        if models.outside is not None:
            is_outside = np.arange(len(held.outside)) >= size
            signs, bias = field_gate.fit_signs(held.outside, held.unknown, is_outside)
            gate = FieldGate(*models.outside, signs, bias)
            outside = gate.chance(held.outside, held.unknown)
        lean = lean_of(self.truth, len(self.recipe.labels))
        words, of_valence, start = models.complains
        others_complain = others_signs @ cues + shift

        def judged(topics: Numbers, others_topics: Numbers) -> tuple[Judgement, Judgement]:
            return (
                judge(topics, lean, complains, outside[:size], held.unknown[:size], self.roles),
                judge(others_topics, lean, others_complain, outside[size:], held.unknown[size:], self.roles),
            )

        second_look = None
        if held.encoder_topics is not None and models.encoder_topics is not None:
            own, of_others = held.encoder_topics[:size], held.encoder_topics[size:]
            (by_words, by_vectors), start_again = mix([mixed, own], self.truth)
            second_look = SecondLook(
                blend([models.encoder_topics], np.array([by_vectors]), start_again),
                float(by_words),
                *judged(
                    by_words * mixed + by_vectors * own + start_again,
                    by_words * others_mixed + by_vectors * of_others + start_again,
                ),
            )
        first_look = judged(mixed, others_mixed)
        return Learned(
            features=self.counted.features(models.vocabulary),
            vocabulary=models.vocabulary,
            matrix=self.counted.matrix(models.vocabulary, rows),
            category=blend(models.topics, weight[:2], offset),
            clause_category=blend(models.topics[:1], weight[2:], np.zeros_like(offset)),
            lean=lean,
            polarity=Polarity(words, of_valence, start, cues, shift),
            gate=gate,
            tone=self._tone(complains),
            judged=first_look[0],
            others_judged=first_look[1],
            second_look=second_look,
        )

    def _fit(self, rows: Indices, others: Indices) -> _Models:
        vocabulary = self.counted.vocabulary(rows)
        features = self.counted.matrix(vocabulary, rows)
        topics = fit_parts(features, self.truth[rows], len(self.recipe.labels))
        complains = polarity.fit_words(features, self.valence[rows], self.complains[rows], self.weight[rows])
        outside = None
        if len(others) >= _FEWEST_OUTSIDE:
            every = field_gate.stack([features, self._others(vocabulary, others)])
            outside = field_gate.fit_words(every, np.arange(len(rows) + len(others)) >= len(rows))
        by_encoder = None
        if self.vectors is not None:
            by_encoder = encoder_topics.fit_topics(self.vectors[rows], self.truth[rows], len(self.recipe.labels))
        return _Models(vocabulary, topics, complains, outside, by_encoder)

    def _others(self, vocabulary: Vocabulary, others: Indices) -> Matrix:
        return self.counted.matrix(vocabulary, len(self.examples) + len(self.clauses.texts) + others)

    def _field_folds(self, folds: int) -> Indices:
        """A fold for each text out of the field; texts of one field stay together."""
        fields = sorted({text.field for text in self.recipe.out_of_field})
        return np.array([fields.index(text.field) % folds for text in self.recipe.out_of_field], dtype=np.int64)

    def _tone(self, complains: Numbers) -> Tone | None:
        told = {name: number for number, name in enumerate(SENTIMENTS)}
        known = [row for row, example in enumerate(self.examples) if example.sentiment in told]
        sentiment = np.array([told[str(self.examples[row].sentiment)] for row in known], dtype=np.int64)
        if len(np.unique(sentiment)) < 2:
            return None
        return fit_tone(complains[known], self.valence[known], sentiment)


def _polarity(models: _Models, features: Matrix, valence: Numbers) -> Numbers:
    words, of_valence, offset = models.complains
    return np.asarray(features @ words, dtype=np.float64) + polarity.signed(valence) @ of_valence + offset
