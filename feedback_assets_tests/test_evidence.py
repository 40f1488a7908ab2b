"""Which words are shown: whole, certain, in the reader's languages, of different customers, no copies, or none."""

from __future__ import annotations

import pytest

from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.evidence import Statement, choose, is_certain, main_labels, whole_words

RULES = EvidenceRules(most=3, languages=("en",), label_share=0.25, least_closeness=0.5, copy_likeness=0.85)


def said(source: str, words: str, language: str = "en", clarity: float = 0.8, customer: str | None = None) -> Statement:
    return Statement(source, words, language, clarity, customer)


def test_the_readers_language_comes_first_then_what_customers_write_most() -> None:
    statements = [
        said("a", "Der Reißverschluss klemmt oben", "de", 0.99), said("b", "La fermeture se bloque vite", "fr", 0.9),
        said("c", "Nach zwei Tagen ging er nicht mehr zu", "de", 0.7), said("d", "The zip jams half way up", "en", 0.6),
    ]  # fmt: skip
    assert [each.source for each in choose(statements, RULES)] == ["d", "a", "c"]


def test_the_clearest_of_a_language_come_first_in_whatever_order_they_are_given() -> None:
    statements = [said("a", "The zip jams half way up", clarity=0.5), said("b", "It will not close any more at all")]
    assert [each.source for each in choose(statements, RULES)] == ["b", "a"]
    assert choose(statements, RULES) == choose(statements[::-1], RULES)


def test_one_customer_is_quoted_once_and_unknown_ones_count_as_different() -> None:
    words = ("The zip jams half way up", "It will not close any more", "Stuck again since this morning")
    of_one = [said(str(n), text, customer="angry") for n, text in enumerate(words)]
    unknown = [said(str(n), text) for n, text in enumerate(words)]
    assert len(choose(of_one, RULES)) == 1
    assert len(choose(unknown, RULES)) == 3


def test_near_copies_are_shown_once() -> None:
    statements = [said("a", "The zip jams half way up!"), said("b", "the zip jams  half way up"),
                  said("c", "Half way up the zip jams."), said("d", "It will not close any more")]  # fmt: skip
    assert {each.source for each in choose(statements, RULES)} == {"a", "d"}


def test_where_nothing_is_good_nothing_is_shown() -> None:
    assert choose([], RULES) == []


@pytest.mark.parametrize(
    ("triage", "sentiment", "certain"),
    [("automatic", "negative", True), ("automatic", None, True), ("automatic", "positive", False),
     ("review", "negative", False), ("signal", "negative", False), ("people", "negative", False)],
)  # fmt: skip
def test_what_somebody_must_look_at_or_what_praises_is_in_doubt(triage: str, sentiment: object, certain: bool) -> None:
    assert is_certain(triage, sentiment) is certain


def test_a_label_names_a_problem_when_it_is_the_first_or_has_its_share() -> None:
    assert main_labels({"small": 12, "large": 3, "odd": 5}, 0.25) == {"small", "odd"}
    assert main_labels({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, 0.25) == set("abcde")
    assert main_labels({}, 0.25) == set()


def test_words_are_cut_only_where_a_sentence_ends() -> None:
    sentence = "The zip jams half way up and then nothing moves. "
    assert whole_words(sentence * 8) == (sentence * 5).strip()
    assert whole_words("so it went on and on " * 20) is None
    assert whole_words("The zip jams and then…") is None
    assert whole_words("The zip jams and then...") is None
    assert whole_words("  ") is None
    assert whole_words("ज़िप अटक जाती है। " * 30) is not None
