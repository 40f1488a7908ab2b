"""Folding, keys and the lexicon."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.text import Lexicon, fold, sparkline, text_key, text_or_none, tokens

ENTRIES = {
    "late": {"en": ["late", "delay*", "behind schedule"], "de": ["verspät*", "*verspätung", "kommt nicht an"]},
    "broken": {"en": ["doesn't work*"], "fr": ["cassé*"]},
}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Caf&eacute;  LATTE, bitte!", "cafe latte bitte"),
        ("ﬁne Straße", "fine strasse"),
        ("don't l'été", "don t l ete"),
        ("a_b-c", "a b c"),
        ("हिन्दी में", "हिन्दी में"),
        ("👍", ""),
    ],
)
def test_folding_takes_away_case_accents_entities_and_punctuation(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_words_again_changes_nothing(text: str) -> None:
    assert tokens(" ".join(tokens(text))) == tokens(" ".join(tokens(" ".join(tokens(text)))))


@pytest.mark.parametrize("cell", [None, float("nan"), pd.NA, pd.NaT, ""])
def test_a_cell_that_is_missing_or_empty_holds_no_text(cell: object) -> None:
    assert text_or_none(cell) is None
    assert text_or_none("late") == "late"


def test_a_sparkline_has_a_bar_for_each_count() -> None:
    assert sparkline([0, 1, 2, 7]) == "▁▂▃█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_equal_wording_has_an_equal_key_and_two_emoji_have_not() -> None:
    assert text_key("Too LATE!") == text_key("too   late")
    assert text_key("👍") != text_key("👎")


def test_stems_phrases_and_accents_are_found_in_order_of_mention() -> None:
    lexicon = Lexicon(ENTRIES)
    assert lexicon.concepts("It doesnt working, and it was DELAYED") == ["broken", "late"]
    assert lexicon.concepts("C'est casse") == ["broken"]
    assert lexicon.concepts("Die Lieferverspätung!") == ["late"]
    assert lexicon.concepts("later") == []


def test_a_known_language_matches_its_own_words_only_and_an_unknown_one_all() -> None:
    lexicon = Lexicon(ENTRIES)
    assert lexicon.concepts("late cassé", "fr") == ["broken"]
    assert lexicon.concepts("late cassé", "xx") == ["late", "broken"]
    assert lexicon.concepts("late cassé", None) == ["late", "broken"]


def test_a_match_tells_which_words_it_is() -> None:
    found = Lexicon(ENTRIES).matches("well, behind schedule")
    assert [(match.concept, match.start, match.end) for match in found] == [("late", 1, 3)]
