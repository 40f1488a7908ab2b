"""What a text looks like to the local model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from feedback_assets.classification.model.features import (
    ConceptReader,
    CountedTexts,
    content_words,
    negated_words,
    plain,
    words,
)
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


def test_a_concept_is_found_in_whatever_language() -> None:
    reader = ConceptReader(LEXICON)
    assert reader("verspätetes Paket") == reader("delayed parcel") == ["late", "parcel", "late>parcel"]


TEXTS = ["late parcel", "late parcel again", "nice parcel", "parcel never came, never", "nice box", "das paket"]


def test_words_never_seen_change_no_shape() -> None:
    counted = CountedTexts.of(TEXTS, LEXICON)
    vocabulary = counted.vocabulary(np.arange(3))
    features = counted.features(vocabulary)
    assert features.transform(["xyzzy", ""]).shape == (2, features.size)
    assert counted.matrix(vocabulary, np.arange(6)).shape == (6, features.size)


def test_a_text_looks_the_same_to_the_learner_and_in_use() -> None:
    counted = CountedTexts.of(TEXTS, LEXICON)
    vocabulary = counted.vocabulary(np.array([0, 1, 3]))
    learned, used = counted.matrix(vocabulary, np.arange(6)), counted.features(vocabulary).transform(TEXTS)
    assert learned.dtype == used.dtype == np.float32
    assert (learned != used).nnz == 0


@pytest.mark.parametrize(("reader", "analyzer"), [("words", words), ("content_words", content_words)])
def test_words_and_rarity_are_learned_from_the_rows_named_and_from_no_other(reader: str, analyzer: object) -> None:
    seen = [0, 1, 3]
    counted = CountedTexts.of(TEXTS, LEXICON)
    features = counted.features(counted.vocabulary(np.array(seen)))
    (view,) = (view for view in features.views if view.reader == reader)
    alone = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True).fit([TEXTS[row] for row in seen])
    assert list(view.terms) == alone.get_feature_names_out().tolist()
    assert view.idf == pytest.approx(alone.idf_)


def test_rows_taken_are_learned_from_as_if_there_were_no_others() -> None:
    rows = np.array([1, 3, 5])
    taken = CountedTexts.of(TEXTS, LEXICON, 2).take(rows)
    alone = CountedTexts.of([TEXTS[row] for row in rows], LEXICON, 2)
    among, whole = taken.features(taken.vocabulary(np.arange(3))), alone.features(alone.vocabulary(np.arange(3)))
    assert [view.terms for view in among.views] == [view.terms for view in whole.views]


def test_a_pair_of_words_must_stand_in_as_many_of_the_texts_named_as_asked() -> None:
    counted = CountedTexts.of(TEXTS, None, fewest_of_pairs=2)
    views = {view.reader: view.terms for view in counted.features(counted.vocabulary(np.array([0, 1, 2]))).views}
    assert views["words"] == ("late", "late parcel", "parcel")


def test_texts_of_function_words_in_an_unknown_language_are_still_read() -> None:
    counted = CountedTexts.of(["the and of", "of the", "of it"], LEXICON)
    views = counted.features(counted.vocabulary(np.arange(3))).views
    assert {view.reader for view in views} == {"words", "pieces"}


def test_texts_without_any_word_are_refused_with_the_mend() -> None:
    with pytest.raises(CallError, match="name the column of the text by --text"):
        CountedTexts.of(["", "-"]).vocabulary(np.arange(2))


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("no dents at all, works", ["not dents", "not at", "not all"]),
        ("it doesn't work", ["not work"]),
        ("it doesn’t work", ["not work"]),
        ("not late but broken", ["not late"]),
        ("nicht kaputt aber teuer", ["not kaputt"]),
        ("never. works", []),
        ("not never late", ["not late"]),
        ("works, no", []),
        ("the knots hold", []),
    ],
)
def test_a_negator_reaches_three_words_of_its_clause(text: str, reached: list[str]) -> None:
    assert negated_words(plain(text)) == reached


def test_a_text_is_as_new_as_the_share_of_its_content_words_that_nobody_had() -> None:
    counted = CountedTexts.of(["late parcel", "torn parcel", "goal rain"])
    features = counted.features(counted.vocabulary(np.array([0, 1])))
    known, half, new, nothing = features.unknown(["the late parcel", "late xyzzy", "xyzzy plugh", "the and"])
    assert known < half < new and nothing == half == 0.5
    assert features.unknown(["late late late late"])[0] < known < features.unknown(["the parcel"])[0]


def test_learner_and_user_agree_on_how_new_a_text_is() -> None:
    counted = CountedTexts.of(TEXTS, LEXICON)
    vocabulary = counted.vocabulary(np.array([0, 2]))
    told = counted.unknown(vocabulary, np.arange(len(TEXTS)))
    assert told == pytest.approx(counted.features(vocabulary).unknown(TEXTS))
    assert told[4] > told[1]


def test_negated_words_are_read_where_there_is_a_lexicon_and_not_for_labels_of_another_file() -> None:
    texts = ["no late parcel", "no late parcel", "no late parcel"]
    for lexicon, there in ((LEXICON, True), (None, False)):
        counted = CountedTexts.of(texts, lexicon)
        views = counted.features(counted.vocabulary(np.arange(3))).views
        assert ("negated_words" in {view.reader for view in views}) is there
