"""Learns the fields beside the category, where the examples have them.

How a field is fitted and used stands in `fields.py`; here examples become its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.blend import Linear
from feedback_assets.classification.model.examples import Example
from feedback_assets.classification.model.fields import Choice, HeldOut, fit_choice, fit_further
from feedback_assets.classification.model.local_model import Parts
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.tables import SENTIMENTS

Indices = NDArray[np.int64]

# A field learned from fewer examples would be guesswork.
_FEWEST_OF_A_FIELD = 12


def with_fields(parts: Parts, examples: Sequence[Example], recipe: Recipe, predicted: Indices, held: HeldOut) -> Parts:
    """The parts with sub-labels, sentiment, urgency and further issues.

    Args:
        parts: What answers the category.
        examples: What the model is learned from.
        recipe: Labels and sub-labels.
        predicted: Number of the category predicted out of fold, for each example.
        held: Learns and scores by the same folds.
    """
    issues = np.array([[float(any(c == name for c, _ in e.issues)) for name in recipe.labels] for e in examples])
    moods = np.array([[float(e.sentiment == name) for name in SENTIMENTS] for e in examples])
    known: NDArray[np.bool_] = moods.sum(axis=1) > 0
    urgent = np.array([np.nan if e.urgency is None else e.urgency for e in examples])[:, None]
    has_urgency: NDArray[np.bool_] = ~np.isnan(urgent[:, 0])
    # Where a field is not known its mean stands in, which teaches nothing: so one solution serves all fields.
    target = np.hstack(
        [
            np.where(known[:, None], moods, moods[known].mean(axis=0) if known.any() else 0.0),
            np.where(has_urgency[:, None], urgent, urgent[has_urgency].mean() if has_urgency.any() else 0.0),
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
        urgency=_part(model, cut, cut + 1) if has_urgency.sum() >= _FEWEST_OF_A_FIELD else None,
        further=fit_further(_part(model, cut + 1, None), raw[:, cut + 1 :], issues, predicted)
        if issues.sum(axis=1).max() > 1
        else None,
    )


def _part(model: Linear, first: int, last: int | None) -> Linear:
    return Linear(np.ascontiguousarray(model.weights[:, first:last]), model.offset[first:last])


def _sub_labels(examples: Sequence[Example], recipe: Recipe, held: HeldOut) -> dict[str, Choice]:
    choices: dict[str, Choice] = {}
    for name in recipe.labels:
        named = {row: e.issues[0][1] for row, e in enumerate(examples) if e.category == name and e.issues[0][1]}
        present = tuple(label for label in recipe.sub_labels.get(name, ()) if label in set(named.values()))
        if len(named) < _FEWEST_OF_A_FIELD or len(present) < 2:
            continue
        rows = np.array(list(named), dtype=np.int64)
        label = np.array([present.index(str(label)) for label in named.values()])
        target = np.eye(len(present))[label]
        choices[name] = fit_choice(present, held.learn(rows, target), held.scores(rows, target), label)
    return choices
