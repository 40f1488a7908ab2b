"""Learning the local model from examples, and measuring it on examples it has not seen.

Everything that is fitted (blend, temperature, thresholds) is fitted on held-out scores of the training
examples; golden items are never read here. What the model does in use stands in `local_model.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from feedback_assets.classification import blend as learner
from feedback_assets.classification.blend import Linear, blend, fit_parts, mix, probabilities
from feedback_assets.classification.calibration import fit_curve, fold_numbers
from feedback_assets.classification.examples import Example, ExamplesError, load_examples
from feedback_assets.classification.features import ConceptReader, LexiconEntries, TextFeatures
from feedback_assets.classification.fields import Choice, HeldOut, fit_choice, fit_further
from feedback_assets.classification.local_model import LocalModel, Parts
from feedback_assets.classification.measures import (
    accuracy,
    calibration_error,
    class_scores,
    interval,
    macro_f1,
    macro_f1_of_indices,
    precision_by_confidence,
)
from feedback_assets.settings import Settings
from feedback_assets.tables import SENTIMENTS
from feedback_assets.taxonomy import Taxonomy, load_taxonomy

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]
Progress = Callable[[str], None]
_Fresh = Callable[[], TextFeatures]
_YAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Raised by hand when the code learns something else from the same examples.
CODE_VERSION = 5
# Part of the way from the frequencies of the labels to treating all alike: finds rare categories at no cost in
# accuracy on two public sets; 0.15 to 0.25 are equally good.
LEAN = 0.2
# More folds train on more and take longer; from four on the fitted blend no longer moves.
INNER_FOLDS = 4
# Fewer plain examples than this give no curve of their own; then all examples calibrate.
_FEWEST_TO_CALIBRATE = 150
# A field learned from fewer examples would be guesswork.
_FEWEST_OF_A_FIELD = 12
_STEPS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.99)


@dataclass(frozen=True)
class Recipe:
    """What a model is learned with besides its examples."""

    labels: tuple[str, ...]
    domains: Mapping[str, str]
    sub_labels: Mapping[str, tuple[str, ...]]
    lexicon: LexiconEntries | None = None
    # Word pairs seen once are noise in a set of many languages, and half of its size.
    min_pairs: int = 1

    @classmethod
    def of(cls, taxonomy: Taxonomy, lexicon: LexiconEntries | None = None, min_pairs: int = 1) -> Recipe:
        """The recipe of a taxonomy."""
        return cls(
            labels=taxonomy.labels,
            domains={name: category.domain for name, category in taxonomy.categories.items()},
            sub_labels={name: category.sub_labels for name, category in taxonomy.categories.items()},
            lexicon=lexicon,
            min_pairs=min_pairs,
        )


@dataclass(frozen=True)
class _Learned:
    parts: Parts
    truth: Indices
    said: Indices
    confidence: Numbers
    calibrates: NDArray[np.bool_]


def load_or_train(
    settings: Settings, corrections: Sequence[Example] | None = None, progress: Progress | None = None
) -> LocalModel:
    """The local model of the prompts folder: loaded when this very one was trained before, else trained and kept.

    Raises:
        CallError: Taxonomy, lexicon or examples are wrong; the message names file, line, field and the mend.
    """
    examples, recipe = _to_learn(settings, corrections)
    folder = settings.models_dir / version_of(examples, recipe)
    if (folder / "model.joblib").is_file():
        return LocalModel.load(folder)
    if progress:
        progress(f"training the local model on {len(examples)} examples")
    model = train(examples, recipe)
    model.save(folder)
    return model


def confusion_of(settings: Settings, progress: Progress | None = None) -> dict[str, dict[str, int]]:
    """What the local model of the prompts folder took for what, out of fold; see `confused`.

    An artefact trained before this was measured is trained once more: the same version gives the same model.
    """
    model = load_or_train(settings, progress=progress)
    if "confused" not in model.metadata:
        if progress:
            progress("training the local model once more, to measure what it confuses")
        model = train(*_to_learn(settings, None))
        model.save(settings.models_dir / model.version)
    return model.metadata["confused"]


def version_to_train(settings: Settings) -> str:
    """The version that training on the prompts folder would give; nothing is trained."""
    return version_of(*_to_learn(settings, None))


def _to_learn(settings: Settings, corrections: Sequence[Example] | None) -> tuple[list[Example], Recipe]:
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    lexicon = read_lexicon(settings.prompts_dir / "lexicon.yaml")
    examples = [*load_examples(settings.prompts_dir / "examples", taxonomy), *(corrections or ())]
    return examples, Recipe.of(taxonomy, lexicon, min_pairs=2)


def read_lexicon(path: Path) -> LexiconEntries | None:
    """The concepts of the lexicon file; None when there is none."""
    if not path.is_file():
        return None
    content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML)  # noqa: S506, the safe loader in C
    entries = content.get("concepts", content) if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise ExamplesError(f"{path}: holds no mapping; write `concepts:` and below it `name: {{en: [stem*, …]}}`")
    return {str(name): spec for name, spec in entries.items() if isinstance(spec, dict)}


def version_of(examples: Sequence[Example], recipe: Recipe) -> str:
    """Content hash of examples, labels, lexicon and the constants of the code: same version, same model."""
    constants = [CODE_VERSION, LEAN, INNER_FOLDS, *learner.CONSTANTS]
    content = json.dumps([[asdict(e) for e in examples], asdict(recipe), constants], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


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
    learned = _learn(examples, recipe, seed, categories_only)
    metadata = {
        "version": version_of(examples, recipe),
        "trained_on": {
            "examples": len(examples),
            "by_category": _counts([example.category for example in examples]),
            "by_language": _counts([example.language for example in examples]),
        },
        "measured_on": len(examples),
        "cross_validated": scores_of(recipe.labels, learned.truth, learned.said, learned.confidence, seed),
        "calibrated_on": scores_of(
            recipe.labels,
            learned.truth[learned.calibrates],
            learned.said[learned.calibrates],
            learned.confidence[learned.calibrates],
            seed,
        ),
        "thresholds": precision_by_confidence(
            learned.confidence, learned.said == learned.truth, _weights(learned.calibrates), _STEPS
        ),
        "confused": confused(recipe.labels, learned.truth, learned.said),
        "lexicon_concepts": len(recipe.lexicon or ()),
        "features": learned.parts.features.size,
    }
    return LocalModel(learned.parts, metadata)


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
    truth = _numbers(examples, recipe.labels)
    said, confidence = np.zeros_like(truth), np.zeros(len(truth))
    for number, unseen in enumerate(folds, start=1):
        if progress:
            progress(f"fold {number} of {len(folds)}")
        held = set(unseen.tolist())
        learned = _learn([e for row, e in enumerate(examples) if row not in held], recipe, 0, categories_only=True)
        model = LocalModel(learned.parts, {})
        said[unseen], confidence[unseen], _ = model.decide(
            model.parts.features.transform([examples[row].text for row in unseen.tolist()])
        )
    return truth, said, confidence


def scores_of(
    labels: Sequence[str], truth: Indices, said: Indices, confidence: Numbers, seed: int = 0
) -> dict[str, Any]:
    """Accuracy, macro-F1 and calibration error with 95 % intervals, and every class."""
    right = said == truth
    names, answers = names_of(labels, truth), names_of(labels, said)
    draw = partial(interval, size=len(truth), seed=seed)
    by_category = {
        row.label: {
            "items": row.items,
            "precision": round(row.precision, 4),
            "recall": round(row.recall, 4),
            "f1": round(row.f1, 4),
            "mean_confidence": round(float(confidence[said == labels.index(row.label)].mean()), 4)
            if (said == labels.index(row.label)).any()
            else None,
        }
        for row in class_scores(names, answers)
    }
    return {
        "items": len(truth),
        "accuracy": round(accuracy(names, answers), 4),
        "accuracy_interval": _rounded(draw(lambda rows: float(right[rows].mean()))),
        "macro_f1": round(macro_f1(names, answers), 4),
        "macro_f1_interval": _rounded(draw(lambda rows: macro_f1_of_indices(truth[rows], said[rows], len(labels)))),
        "calibration_error": round(calibration_error(confidence, right), 4),
        "calibration_error_interval": _rounded(draw(lambda rows: calibration_error(confidence[rows], right[rows]))),
        "by_category": by_category,
    }


def confused(labels: Sequence[str], truth: Indices, said: Indices) -> dict[str, dict[str, int]]:
    """For each category, how many of its examples were taken for which category, itself included."""
    pairs = list(zip(names_of(labels, truth), names_of(labels, said), strict=True))
    return {name: _counts([answer for true, answer in pairs if true == name]) for name in sorted(set(labels))}


def names_of(labels: Sequence[str], numbers: Indices) -> list[str]:
    """The labels, or texts, of these numbers."""
    return [labels[int(number)] for number in numbers]


def _learn(examples: Sequence[Example], recipe: Recipe, seed: int, categories_only: bool = False) -> _Learned:
    truth = _numbers(examples, recipe.labels)
    if len(np.unique(truth)) < 2:
        raise ExamplesError("the examples hold fewer than two categories; add examples of another")
    texts = [example.text for example in examples]
    groups = [example.group or str(row) for row, example in enumerate(examples)]
    folds = _folds(truth, groups, seed)
    reader = ConceptReader(recipe.lexicon) if recipe.lexicon else None
    fresh = partial(TextFeatures, reader, recipe.min_pairs)
    scores = _held_out_scores(texts, truth, folds, len(recipe.labels), fresh)
    weight, offset = mix(scores, truth)
    mixed = sum(w * kept for w, kept in zip(weight, scores, strict=True)) + offset
    lean = -LEAN * np.log(np.maximum(np.bincount(truth, minlength=len(recipe.labels)), 1) / len(truth))
    said = (mixed + lean).argmax(axis=1)
    raw = probabilities(mixed)[np.arange(len(said)), said]
    calibrates = _calibrating(examples)
    curve = fit_curve(raw[calibrates], (said == truth)[calibrates])
    features = fresh()
    matrix = features.fit(texts)
    category = blend(fit_parts(matrix, truth, len(recipe.labels)), weight, offset)
    parts = Parts(features, recipe.labels, recipe.domains, category, lean, curve)
    if not categories_only:
        parts = _with_fields(parts, examples, recipe, said, HeldOut(matrix, folds))
    return _Learned(parts, truth, said, curve(raw), calibrates)


def _calibrating(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Which examples the confidence is fitted on: those written plainly, where there are enough, else all."""
    plainly = np.array([example.calibrates for example in examples])
    return plainly if plainly.sum() >= _FEWEST_TO_CALIBRATE else np.ones_like(plainly)


def _weights(calibrates: NDArray[np.bool_]) -> Numbers:
    """Plain examples are easier than life and the others harder: each kind counts for half."""
    plain, other = max(int(calibrates.sum()), 1), max(int((~calibrates).sum()), 1)
    return np.where(calibrates, 0.5 / plain, 0.5 / other)


def _folds(truth: Indices, groups: Sequence[str], seed: int) -> list[tuple[Indices, Indices]]:
    """Rows trained on and rows held out, for each fold that has both."""
    fold = fold_numbers(truth, INNER_FOLDS, seed, groups)
    pairs = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(INNER_FOLDS)]
    return [(seen, unseen) for seen, unseen in pairs if len(seen) and len(unseen)]


def _held_out_scores(
    texts: Sequence[str], truth: Indices, folds: Sequence[tuple[Indices, Indices]], classes: int, fresh: _Fresh
) -> list[Numbers]:
    """Scores of each part of the blend, by models that saw neither the row nor its words."""
    scores = [np.zeros((len(texts), classes)) for _ in range(2)]
    for seen, unseen in folds:
        features = fresh()
        learned, asked = features.fit(names_of(texts, seen)), features.transform(names_of(texts, unseen))
        for kept, part in zip(scores, fit_parts(learned, truth[seen], classes), strict=True):
            kept[unseen] = part.scores(asked)
    return scores


def _with_fields(parts: Parts, examples: Sequence[Example], recipe: Recipe, said: Indices, held: HeldOut) -> Parts:
    issues = np.array([[float(any(c == name for c, _ in e.issues)) for name in recipe.labels] for e in examples])
    moods = np.array([[float(e.sentiment == name) for name in SENTIMENTS] for e in examples])
    known: NDArray[np.bool_] = moods.sum(axis=1) > 0
    urgent = np.array([np.nan if e.urgency is None else e.urgency for e in examples])[:, None]
    told: NDArray[np.bool_] = ~np.isnan(urgent[:, 0])
    # Where a field is not known its mean stands in, which teaches nothing: so one solution serves all fields.
    target = np.hstack(
        [
            np.where(known[:, None], moods, moods[known].mean(axis=0) if known.any() else 0.0),
            np.where(told[:, None], urgent, urgent[told].mean() if told.any() else 0.0),
            issues,
        ]
    )
    rows, cut = np.arange(len(examples)), len(SENTIMENTS)
    raw, model = held.scores(rows, target), held.learn(rows, target)
    mood = np.flatnonzero(known)
    return replace(
        parts,
        sub_labels=_sub_labels(examples, recipe, held),
        sentiment=fit_choice(SENTIMENTS, _part(model, 0, cut), raw[mood, :cut], moods[mood].argmax(axis=1))
        if len(mood) >= _FEWEST_OF_A_FIELD
        else None,
        urgency=_part(model, cut, cut + 1) if told.sum() >= _FEWEST_OF_A_FIELD else None,
        further=fit_further(_part(model, cut + 1, None), raw[:, cut + 1 :], issues, said)
        if issues.sum(axis=1).max() > 1
        else None,
    )


def _part(model: Linear, first: int, last: int | None) -> Linear:
    return Linear(np.ascontiguousarray(model.weights[:, first:last]), model.offset[first:last])


def _sub_labels(examples: Sequence[Example], recipe: Recipe, held: HeldOut) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    for name in recipe.labels:
        named = {row: e.issues[0][1] for row, e in enumerate(examples) if e.category == name and e.issues[0][1]}
        present = tuple(label for label in recipe.sub_labels.get(name, ()) if label in set(named.values()))
        if len(named) < _FEWEST_OF_A_FIELD or len(present) < 2:
            continue
        rows = np.array(list(named), dtype=np.int64)
        label = np.array([present.index(str(label)) for label in named.values()])
        target = np.eye(len(present))[label]
        found[name] = fit_choice(present, held.learn(rows, target), held.scores(rows, target), label)
    return found


def _numbers(examples: Sequence[Example], labels: tuple[str, ...]) -> Indices:
    place = {name: number for number, name in enumerate(labels)}
    return np.array([place[example.category] for example in examples], dtype=np.int64)


def _counts(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _rounded(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]
