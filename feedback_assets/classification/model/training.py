"""Learning the local model from examples, and measuring it on examples it has not seen.

Everything that is fitted (blend, temperature, thresholds) is fitted on held-out scores of the training
examples; golden items are never read here. Which examples, and where the model is kept, stands in `trained.py`; what
the model does in use in `local_model.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import threadpoolctl  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model import blend as learner
from feedback_assets.classification.model import composites, field_gate, polarity, questions, tone
from feedback_assets.classification.model.artefact import rounded
from feedback_assets.classification.model.blend import blend, fit_parts, mix, probabilities
from feedback_assets.classification.model.calibration import Curve, fit_curve, fold_numbers
from feedback_assets.classification.model.composites import compose
from feedback_assets.classification.model.encoder_topics import ASKED_BELOW, EncoderTopics
from feedback_assets.classification.model.examples import Example, ExamplesError
from feedback_assets.classification.model.features import CountedTexts, Vocabulary
from feedback_assets.classification.model.fields import HeldOut
from feedback_assets.classification.model.judgement import fit_confidence, joined, taken
from feedback_assets.classification.model.learned_fields import with_fields
from feedback_assets.classification.model.local_model import LocalModel, Parts
from feedback_assets.classification.model.measures import accuracy, macro_f1, precision_by_confidence
from feedback_assets.classification.model.questions import LEAN, Questions, can_learn, lean_of
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training_scores import confused, counted, names_of, scores_of

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Progress = Callable[[str], None]

# Raised by hand when the code learns something else from the same examples.
CODE_VERSION = 13
# More folds train on more and take longer; from four on the fitted blend no longer moves.
INNER_FOLDS = 4
# Fewer plain examples than this give no curve of their own; then all examples calibrate.
_FEWEST_TO_CALIBRATE = 150
_STEPS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.99)


# The matrices are too narrow for threads to gain anything: they wait for each other, most of all where other processes
# are at work. On one thread sums are added in the same order whatever the number of cores.
_on_one_thread = cast("Any", threadpoolctl).threadpool_limits.wrap(limits=1, user_api="blas")


@dataclass(frozen=True)
class _Otherwise:
    """What held-out examples would be answered if the encoder were asked about none, and about all."""

    without_encoder: Indices
    for_all: Indices
    asked: NDArray[np.bool_]


@dataclass(frozen=True)
class _Learned:
    parts: Parts
    vocabulary: Vocabulary
    truth: Indices
    predicted: Indices
    confidence: Numbers
    calibrates: NDArray[np.bool_]
    otherwise: _Otherwise | None = None


def version_of(examples: Sequence[Example], recipe: Recipe) -> str:
    """Content hash of examples, labels, lexicon and the constants of the code: same version, same model."""
    constants = [
        CODE_VERSION, LEAN, INNER_FOLDS, *learner.CONSTANTS, *polarity.CONSTANTS, *field_gate.CONSTANTS,
        *tone.CONSTANTS, *composites.CONSTANTS, *questions.CONSTANTS,
    ]  # fmt: skip
    content = json.dumps([[vars(e) for e in examples], recipe.content, constants], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


@_on_one_thread
def train(examples: Sequence[Example], recipe: Recipe, seed: int = 0, categories_only: bool = False) -> LocalModel:
    """Learn a model; deterministic.

    Args:
        examples: What to learn from.
        recipe: Labels and features.
        seed: Seed of the folds that hold out.
        categories_only: Leave out the other fields, where the examples do not have them.

    Raises:
        ExamplesError: Fewer than two categories have examples.
    """
    learned = _learn(examples, _count(examples, recipe), recipe, seed, categories_only=categories_only)
    metadata = {
        "version": version_of(examples, recipe),
        "trained_on": {
            "examples": len(examples),
            "by_category": counted(example.category for example in examples),
            "by_language": counted(example.language for example in examples),
        },
        "measured_on": len(examples),
        "cross_validated": scores_of(recipe.labels, learned.truth, learned.predicted, learned.confidence, seed),
        "calibrated_on": scores_of(
            recipe.labels,
            learned.truth[learned.calibrates],
            learned.predicted[learned.calibrates],
            learned.confidence[learned.calibrates],
            seed,
        ),
        "thresholds": precision_by_confidence(
            learned.confidence, learned.predicted == learned.truth, _weights(learned.calibrates), _STEPS
        ),
        "confused": confused(recipe.labels, learned.truth, learned.predicted),
        "lexicon_concepts": len(recipe.lexicon or ()),
        "features": learned.parts.features.size,
        "no_issue": recipe.no_issue,
        "catch_all": recipe.catch_all,
        "wish": recipe.wish,
        "slices": _slices(examples, recipe, learned),
    }
    if learned.otherwise is not None:
        metadata |= {
            "encoder_asked": round(float(learned.otherwise.asked.mean()), 4),
            "cross_validated_without_encoder": _short_scores(
                recipe.labels, learned.truth, learned.otherwise.without_encoder
            ),
            "cross_validated_encoder_for_all": _short_scores(recipe.labels, learned.truth, learned.otherwise.for_all),
        }
    return LocalModel(learned.parts, metadata)


@_on_one_thread
def cross_validate(
    examples: Sequence[Example], recipe: Recipe, folds: Sequence[Indices], progress: Progress | None = None
) -> tuple[Indices, Indices, Numbers]:
    """Train on all but one fold and answer it, for each: truth, answer and confidence, row for row.

    Blend, temperature and everything else is fitted inside the training part of each fold.

    Args:
        examples: All examples.
        recipe: Labels and features.
        folds: Row numbers of each fold held out.
        progress: Told which fold is being trained.
    """
    truth, counted_texts = _numbers(examples, recipe.labels), _count(examples, recipe)
    predicted, confidence = np.zeros_like(truth), np.zeros(len(truth))
    for number, unseen in enumerate(folds, start=1):
        if progress:
            progress(f"fold {number} of {len(folds)}")
        seen = np.setdiff1d(np.arange(len(examples)), unseen)
        learned = _learn(
            [examples[int(row)] for row in seen], counted_texts.take(seen), recipe, 0, categories_only=True
        )
        model = LocalModel(learned.parts, {})
        predicted[unseen], confidence[unseen], _ = model.decide(counted_texts.matrix(learned.vocabulary, unseen))
    return truth, predicted, confidence


def _count(examples: Sequence[Example], recipe: Recipe) -> CountedTexts:
    return CountedTexts.of([example.text for example in examples], recipe.lexicon, recipe.min_pairs)


def _learn(
    examples: Sequence[Example], texts: CountedTexts, recipe: Recipe, seed: int, *, categories_only: bool
) -> _Learned:
    """Learn from examples whose texts are counted, in the same order."""
    truth = _numbers(examples, recipe.labels)
    if len(np.unique(truth)) < 2:
        raise ExamplesError("the examples hold fewer than two categories; add examples of another")
    if not categories_only and can_learn(examples, recipe):
        return _learn_questions(examples, recipe, truth, seed)
    groups = [example.group or str(row) for row, example in enumerate(examples)]
    folds = _folds(truth, groups, seed)
    scores = _held_out_scores(texts, truth, folds, len(recipe.labels))
    weight, offset = mix(scores, truth)
    mixed = sum(w * part for w, part in zip(weight, scores, strict=True)) + offset
    lean = lean_of(truth, len(recipe.labels))
    predicted = (mixed + lean).argmax(axis=1)
    raw = probabilities(mixed)[np.arange(len(predicted)), predicted]
    calibrates = _calibrating(examples)
    curve = fit_curve(raw[calibrates], (predicted == truth)[calibrates])
    rows = np.arange(len(examples))
    vocabulary = texts.vocabulary(rows)
    matrix = texts.matrix(vocabulary, rows)
    category = blend(fit_parts(matrix, truth, len(recipe.labels)), weight, offset)
    parts = Parts(texts.features(vocabulary), recipe.labels, recipe.domains, category, lean, curve)
    if not categories_only:
        parts = with_fields(parts, examples, recipe, predicted, HeldOut(matrix, folds))
    return _Learned(rounded(parts), vocabulary, truth, predicted, curve(raw), calibrates)


def _learn_questions(examples: Sequence[Example], recipe: Recipe, truth: Indices, seed: int) -> _Learned:
    """Learn whether a text complains, what it is about and whether it is of the field, each apart."""
    groups = [example.group or str(row) for row, example in enumerate(examples)]
    fold = fold_numbers(truth, INNER_FOLDS, seed, groups)
    made, fold_made = compose(examples, fold, recipe.no_issue, recipe.catch_all, recipe.wish, seed)
    every, folds = [*examples, *made], _pairs(np.concatenate([fold, fold_made]))
    asked = Questions.of(every, recipe, _numbers(every, recipe.labels))
    answers = asked.fit(asked.held_out(folds))
    calibrates, no_issue = _calibrating(every), asked.roles.no_issue
    right = answers.judged.category == asked.truth
    # Of a text out of the field every topic is wrong; such texts count as often as they are taken to come in.
    others = answers.others_judged
    harmless = np.isin(others.category, [no_issue, asked.roles.catch_all])
    share = field_gate.PRIOR / (1 - field_gate.PRIOR) * calibrates.sum() / max(len(harmless), 1)
    weight = np.concatenate([calibrates.astype(np.float64), np.full(len(harmless), share)])
    confidence = fit_confidence(joined(answers.judged, others), np.concatenate([right, harmless]), weight, no_issue)
    parts = Parts(
        answers.features, recipe.labels, recipe.domains, answers.category, answers.lean, Curve(),
        polarity=answers.polarity, clause_category=answers.clause_category, gate=answers.gate, confidence=confidence,
        valence=asked.valence_words, tone=answers.tone,
    )  # fmt: skip
    own = slice(len(examples))
    predicted, sure, otherwise = answers.judged.category, confidence(answers.judged, no_issue), None
    if answers.second_look is not None and recipe.encoder is not None:
        again, others_again = answers.second_look.judged, answers.second_look.others_judged
        unsure = np.concatenate([sure, confidence(others, no_issue)]) < ASKED_BELOW
        right_again = np.concatenate([again.category == asked.truth, harmless])
        both = joined(again, others_again)
        second = fit_confidence(taken(both, unsure), right_again[unsure], weight[unsure], no_issue)
        parts = replace(
            parts,
            encoder=EncoderTopics(recipe.encoder, answers.second_look.vectors, answers.second_look.words, second),
        )
        mine = unsure[: len(sure)]
        otherwise = _Otherwise(predicted[own], again.category[own], mine[own])
        predicted = np.where(mine, again.category, predicted)
        sure = np.where(mine, second(again, no_issue), sure)
    predicted, sure = predicted[own], sure[own]
    parts = with_fields(parts, examples, recipe, predicted, HeldOut(answers.matrix[own], _pairs(fold)))
    return _Learned(
        rounded(replace(parts, sentiment=None)), answers.vocabulary, truth, predicted, sure, calibrates[own], otherwise
    )


def _short_scores(labels: Sequence[str], truth: Indices, predicted: Indices) -> dict[str, float]:
    answers = names_of(labels, truth), names_of(labels, predicted)
    return {"accuracy": round(accuracy(*answers), 4), "macro_f1": round(macro_f1(*answers), 4)}


def _calibrating(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Which examples the confidence is fitted on: those written plainly, where there are enough, else all."""
    plainly = np.array([example.calibrates for example in examples])
    return plainly if plainly.sum() >= _FEWEST_TO_CALIBRATE else np.ones_like(plainly)


def _slices(examples: Sequence[Example], recipe: Recipe, learned: _Learned) -> dict[str, dict[str, dict[str, Any]]]:
    """Precision by confidence of each predicted category and of each language, as `thresholds` has it of all."""
    right, weight = learned.predicted == learned.truth, _weights(learned.calibrates)
    languages = np.array([example.language for example in examples])
    rows = {
        "category": {name: learned.predicted == number for number, name in enumerate(recipe.labels)},
        "language": {str(name): languages == name for name in np.unique(languages)},
    }
    return {
        slicing: {
            name: {
                "examples": int(own.sum()),
                "thresholds": precision_by_confidence(learned.confidence[own], right[own], weight[own], _STEPS),
            }
            for name, own in slices.items()
            if own.any()
        }
        for slicing, slices in rows.items()
    }


def _weights(calibrates: NDArray[np.bool_]) -> Numbers:
    """Plain examples are easier than life and the others harder: each kind counts for half."""
    plain, other = max(int(calibrates.sum()), 1), max(int((~calibrates).sum()), 1)
    return np.where(calibrates, 0.5 / plain, 0.5 / other)


def _folds(truth: Indices, groups: Sequence[str], seed: int) -> list[tuple[Indices, Indices]]:
    """Rows trained on and rows held out, for each fold that has both."""
    return _pairs(fold_numbers(truth, INNER_FOLDS, seed, groups))


def _pairs(fold: Indices) -> list[tuple[Indices, Indices]]:
    pairs = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(INNER_FOLDS)]
    return [(seen, unseen) for seen, unseen in pairs if len(seen) and len(unseen)]


def _held_out_scores(
    texts: CountedTexts, truth: Indices, folds: Sequence[tuple[Indices, Indices]], classes: int
) -> list[Numbers]:
    """Scores of each part of the blend, by models that saw neither the row nor its words."""
    scores = [np.zeros((len(truth), classes)) for _ in range(2)]
    for seen, unseen in folds:
        vocabulary = texts.vocabulary(seen)
        learned, asked = texts.matrix(vocabulary, seen), texts.matrix(vocabulary, unseen)
        for part_scores, part in zip(scores, fit_parts(learned, truth[seen], classes), strict=True):
            part_scores[unseen] = part.scores(asked)
    return scores


def _numbers(examples: Sequence[Example], labels: tuple[str, ...]) -> Indices:
    place = {name: number for number, name in enumerate(labels)}
    return np.array([place[example.category] for example in examples], dtype=np.int64)
