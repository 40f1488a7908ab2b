"""How good or bad words are: by the lexicon, what stands around them, and nothing that is not a word of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.classification.model.valence import COLUMNS, ValenceWords

WORDS = ValenceWords(
    {
        "3": {"en": ["splendid*", "top notch", ":)"], "de": ["prächtig*"]},
        "2": {"en": ["fine"], "de": ["gefällt"]},
        "-2": {"en": ["dreary", "notch"], "de": ["öde"], "hi": ["bekar"]},
        "-3": {"en": [":("]},
        "negators": {"en": ["not"], "de": ["nicht"], "hi": ["nahi"]},
        "boosters": {"en": ["very"]},
        "dampers": {"en": ["rather"]},
        "turns": {"en": ["but"]},
    }
)


def _column(name: str, text: str, language: str = "en") -> float:
    return float(WORDS.measure([text], [language])[0, COLUMNS.index(name)])


def _compound(text: str, language: str = "en") -> float:
    return _column("compound", text, language)


def test_good_words_are_above_nothing_and_bad_ones_below() -> None:
    assert _compound("splendidly done") > _compound("a fine hat") > 0
    assert _compound("a dreary hat") < 0
    assert WORDS.measure(["vrelk the hat"], ["en"]).tolist() == [[0.0] * len(COLUMNS)]


@pytest.mark.parametrize(
    ("text", "language"), [("not splendid", "en"), ("not at all splendid", "en"), ("gefällt mir nicht", "de")]
)
def test_a_negator_before_or_after_turns_a_word_into_less_than_its_opposite(text: str, language: str) -> None:
    plain = text.replace("not", "").replace("nicht", "")
    assert -_compound(plain, language) < _compound(text, language) < 0


def test_a_bad_word_negated_is_mildly_good() -> None:
    assert 0 < _compound("bekar nahi", "hi") < -_compound("bekar", "hi")


def test_a_negator_out_of_reach_turns_nothing() -> None:
    assert _compound("not that I ever asked, a splendid hat") > 0


def test_a_booster_strengthens_and_a_damper_weakens_less_the_farther_away() -> None:
    assert _compound("very fine") > _compound("very much fine") > _compound("fine") > _compound("rather fine") > 0
    assert _compound("very dreary") < _compound("dreary") < _compound("rather dreary") < 0


def test_what_follows_a_turn_counts_more_than_what_stands_before_it() -> None:
    assert _compound("fine but dreary") < 0 < _compound("dreary but fine")
    assert _compound("fine and dreary") == pytest.approx(0)


def test_of_two_phrases_at_one_place_the_longer_is_read() -> None:
    assert _compound("top notch") == _compound("splendid") and _compound("notch") < 0


def test_a_word_counts_in_its_language_and_where_the_language_is_not_known() -> None:
    assert _compound("prächtig", "de") > 0 and _compound("prächtig", "und") > 0
    assert _compound("prächtig", "en") == _compound("splendid", "de") == 0


def test_accents_and_case_do_not_matter() -> None:
    assert _compound("GEFALLT", "de") == _compound("gefällt", "de") > 0


def test_a_face_means_the_same_in_every_language() -> None:
    assert _compound("hut :)", "de") == _compound("hat :)", "en") > 0 > _compound("chapeau :(", "fr")


def test_the_last_and_the_worst_clause_are_told_apart() -> None:
    text = "That was a splendid hat. That was a dreary coat. That was a fine shoe."
    assert _column("last_clause", text) > 0 > _column("worst_clause", text)
    assert _column("good", text) > _column("bad", text) > 0


def test_the_english_columns_are_read_of_english_and_of_unknown_languages_only() -> None:
    known = {language: _column("english", "I love it", language) for language in ("en", "und", "de", "fr")}
    assert known["en"] == known["und"] > 0 == known["de"] == known["fr"]


@given(
    st.lists(
        st.sampled_from(
            ["splendid", "fine", "dreary", "not", "very", "rather", "but", "hat", ".", ":)", ":(", "gefällt"]
        ),
        max_size=30,
    )
)
def test_every_number_is_bounded_and_a_text_alone_is_measured_as_among_others(told: list[str]) -> None:
    text = " ".join(told)
    alone = WORDS.measure([text], ["und"])
    assert np.abs(alone).max(initial=0) <= 1
    assert WORDS.measure(["splendid", text], ["und", "und"])[1].tolist() == alone[0].tolist()


def test_no_words_and_no_texts_give_nothing() -> None:
    assert ValenceWords({}).measure(["schön"], ["de"]).tolist() == [[0.0] * len(COLUMNS)]
    assert WORDS.measure([], []).shape == (0, len(COLUMNS))


@pytest.mark.parametrize(("sign", "text"), [("a+", "a hat"), ("<3", "3 hats"), (":D", "size d"), ("\\o/", "o hat")])
def test_a_sign_is_not_the_letter_or_number_in_it(sign: str, text: str) -> None:
    words = ValenceWords({"3": {"en": [sign]}})
    assert words.measure([text], ["en"])[0, 0] == 0
    assert words.measure([f"hat {sign}"], ["en"])[0, 0] > 0
