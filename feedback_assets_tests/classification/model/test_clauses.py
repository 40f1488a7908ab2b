"""C3: the evidence quote is a verbatim piece of the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.classification.model.clauses import clauses


@given(st.text(max_size=400))
def test_every_clause_stands_in_the_text(text: str) -> None:
    assert all(clause in text for clause in clauses(text))


@given(st.text(alphabet="abc .,;!?\n", min_size=1, max_size=200).filter(lambda text: any(s in "abc" for s in text)))
def test_a_text_with_words_has_a_clause(text: str) -> None:
    assert clauses(text)


def test_sentences_and_turns_are_cut_in_several_languages() -> None:
    assert clauses("The dress is lovely but the seam came open. Support never replied!") == [
        "The dress is lovely",
        "but the seam came open.",
        "Support never replied!",
    ]
    assert clauses("Das Kleid ist schön, aber der Reißverschluss klemmt") == [
        "Das Kleid ist schön",
        "aber der Reißverschluss klemmt",
    ]


def test_a_piece_of_one_or_two_words_stays_with_its_neighbour() -> None:
    assert clauses("Broken. It never worked at all. Sad.") == ["Broken. It never worked at all. Sad."]
