"""What a text looks like to the local model."""

from __future__ import annotations

import pickle

import pytest

from feedback_assets.classification.model.features import ConceptReader, TextFeatures, content_words, plain, words
from feedback_assets.errors import CallError

LEXICON = {"late": {"en": ["late", "delayed"], "de": ["verspätet*"]}, "parcel": {"en": ["parcel*"], "de": ["paket*"]}}


def test_raw_and_redacted_texts_look_alike() -> None:
    raw = "Write to jo@example.org about order 10023345, see https://example.org/x"
    redacted = "Write to <EMAIL> about order <ORDER>, see <URL>"
    assert plain(raw).replace(",", "") == plain(redacted).replace(",", "")


def test_a_name_taken_out_leaves_nothing_behind() -> None:
    assert plain("Thanks, <NAME>!") == "thanks, !"


def test_accents_case_entities_and_stretching_do_not_matter() -> None:
    assert plain("CAF&Eacute; suuuuuper") == "cafe suuper"


def test_signs_and_faces_count_as_words_and_neighbours_as_pairs() -> None:
    assert words("late again !! 😡") == ["late", "again", "!!", "😡", "late again", "again !!", "!! 😡"]


def test_function_words_of_every_language_are_left_out_of_the_content() -> None:
    found = content_words("das paket ist nicht angekommen and the box was empty")
    assert found == ["paket", "nicht", "angekommen", "box"]


def test_a_concept_is_found_in_whatever_language_and_survives_pickling() -> None:
    classifier = pickle.loads(pickle.dumps(ConceptReader(LEXICON)))
    assert classifier("verspätetes Paket") == classifier("delayed parcel") == ["late", "parcel", "late>parcel"]


def test_words_never_seen_change_no_shape() -> None:
    features = TextFeatures(ConceptReader(LEXICON))
    learned = features.fit(["late parcel", "late parcel again", "nice parcel"])
    assert features.transform(["xyzzy", ""]).shape == (2, learned.shape[1]) == (2, features.size)


def test_texts_of_function_words_in_an_unknown_language_are_still_read() -> None:
    assert TextFeatures(ConceptReader(LEXICON)).fit(["the and of", "of the"]).shape[0] == 2


def test_texts_without_any_word_are_refused_with_the_mend() -> None:
    with pytest.raises(CallError, match="name the column of the text by --text"):
        TextFeatures().fit(["", "-"])
