"""Whether a text is out of the field: by its words, by how many of them are new, and by how rare that is."""

from __future__ import annotations

import numpy as np
import pytest

from feedback_assets.classification.model.features import CountedTexts
from feedback_assets.classification.model.field_gate import FieldGate, fit_signs, fit_words, stack

OURS = ["parcel late", "torn parcel", "lovely parcel", "lid broken", "lid fine"] * 6
OTHERS = ["goal in extra time", "rain over the hills", "train to the hills"] * 3
OUTSIDE = np.arange(len(OURS) + len(OTHERS)) >= len(OURS)


def _gate() -> tuple[FieldGate, CountedTexts]:
    counted, rows = CountedTexts.of([*OURS, *OTHERS]), np.arange(len(OUTSIDE))
    features = counted.matrix(counted.vocabulary(rows), rows)
    words, offset = fit_words(features, OUTSIDE)
    scores = np.asarray(features @ words, dtype=float) + offset
    noise = np.random.default_rng(0).normal(scale=1.0, size=len(scores))
    signs, shift = fit_signs(scores + noise, np.where(OUTSIDE, 0.6, 0.2) + noise / 5, OUTSIDE)
    return FieldGate(words, offset, signs, shift), counted


def test_words_of_other_fields_are_told_from_ours() -> None:
    gate, counted = _gate()
    read = counted.features(counted.vocabulary(np.arange(len(OUTSIDE))))
    ours, other = gate.scores(read.transform(["late torn parcel", "rain and a train"]))
    assert ours < 0 < other


def test_new_words_raise_the_chance_of_being_outside() -> None:
    gate, _ = _gate()
    chance = gate.chance(np.zeros(3), np.array([0.0, 0.5, 1.0]))
    assert chance[0] < chance[1] < chance[2] and ((chance > 0) & (chance < 1)).all()


def test_signs_that_say_nothing_leave_what_is_known_before_reading() -> None:
    nothing = np.zeros(200)
    signs, shift = fit_signs(nothing, nothing, np.arange(200) < 150)
    assert FieldGate(np.zeros(1, dtype=np.float32), 0.0, signs, shift).chance(nothing, nothing) == pytest.approx(0.05)


def test_matrices_are_stacked_row_by_row() -> None:
    counted = CountedTexts.of(OURS)
    vocabulary = counted.vocabulary(np.arange(len(OURS)))
    first, second = counted.matrix(vocabulary, np.arange(2)), counted.matrix(vocabulary, np.arange(2, 5))
    assert (stack([first, second]) != counted.matrix(vocabulary, np.arange(5))).nnz == 0
