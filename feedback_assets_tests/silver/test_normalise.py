"""Normalising text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets.silver.normalise import CUT_MARK, LONGEST, normalise


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("", "NÃ£o chegou, pÃ©ssimo", "Não chegou, péssimo"),
        ("", "<p>It broke<br/>twice &amp; again</p>", "It broke\ntwice & again"),
        ("", "I <3 it, 5 > 4", "I <3 it, 5 > 4"),
        ("", "a\x00b\u200bc \t d", "abc d"),
        ("", "&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("", "𝚂𝚝𝚛𝚎𝚊𝚖 ﬁne ２", "Stream fine 2"),
        ("Bad", "It broke", "Bad. It broke"),
        ("Bad!", "It broke", "Bad! It broke"),
        ("It broke", "It broke on day one", "It broke on day one"),
        ("Only a title", "", "Only a title"),
        ("", "It broke.\n\nSent from my iPhone", "It broke."),
        ("", "Kaputt. Von meinem iPhone gesendet", "Kaputt"),
        ("", "Roto.\nEnviado desde mi iPhone", "Roto."),
        ("", "Cassé.\nEnvoyé de mon iPhone", "Cassé."),
        ("", "Quebrado.\nEnviado do meu iPhone", "Quebrado."),
        ("", "My words\n> your words\n> more", "My words"),
        ("", "My words\nOn Tue, 3 Mar 2026, Shop wrote:\nyour words", "My words"),
        ("", "Meine Worte\n-----Ursprüngliche Nachricht-----\neure", "Meine Worte"),
        ("", "Words\n-- \nJohn Smith\nCEO", "Words"),
        ("", "> only a quote", "> only a quote"),
        ("", "(Translated by Google) Bad\n\n(Original)\nSchlecht", "Schlecht"),
        ("", "see <EMAIL> and <NAME>", "see <EMAIL> and <NAME>"),
    ],
)
def test_a_text_reads_as_the_customer_meant_it(title: str, text: str, expected: str) -> None:
    assert normalise(title, text) == expected


def test_a_paste_is_cut_at_a_word_and_marked() -> None:
    cut = normalise("", "word " * 10_000)
    assert cut.endswith("word" + CUT_MARK) and len(cut) <= LONGEST + len(CUT_MARK)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_normalising_never_fails_and_leaves_no_control_characters(text: str) -> None:
    found = normalise("", text)
    assert "\x00" not in found and found == found.strip()
    assert "  " not in found
