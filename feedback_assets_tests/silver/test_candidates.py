"""What tells apart at a glance: it may let a pair through that is not alike, never keep one back that is."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from feedback_assets.silver.candidates import Candidate, letters_of, may_be_near, similarity
from feedback_assets_tests.silver.rows import DAY, at

_WORDS = st.text(st.sampled_from("abcde 0123éß😀"), max_size=60)


def item(folded: str) -> Candidate:
    told: dict[str, Any] = dict.fromkeys(
        ("event_id", "public_id", "landing_object", "source", "channel", "author", "customer", "order", "event_ref",
         "mirror_of", "wording"), "x",
    )  # fmt: skip
    return Candidate(day=DAY, occurred_at=at(9), line=1, words=1, letters=letters_of(folded), folded=folded, **told)


@given(_WORDS, _WORDS)
@example("", "")
@example("a" * 300, "a" * 400)
@example("the zip broke on day 1", "the zip broke on day 2!")
def test_what_is_nearly_equal_is_never_told_apart_by_its_letters(one: str, other: str):
    pairs = [(item(one), item(other)), (item(other), item(one)), (item(one), item(one))]
    there, back, itself = may_be_near(pairs)
    assert (there or not similarity(one, other)) and there == back and itself


def test_other_words_are_told_apart():
    pair = (item("the zip of the jacket broke on day one"), item("nobody answers my mails any more"))
    assert may_be_near([pair, pair[::-1]]) == [False, False]
    assert may_be_near([]) == []


def test_digits_are_counted_together():
    assert letters_of("call 030 123") == letters_of("call 999 999")
