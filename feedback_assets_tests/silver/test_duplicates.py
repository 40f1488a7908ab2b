"""What counts as a repeat, and what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from feedback_assets_tests.silver.rows import DAY, at, bronze_row, silver

SENTENCE = "the zip of the jacket broke on day one"
LONG = "the zip of the jacket broke on day one and nobody at the shop answers my mails"


def repeats(*rows: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = silver(list(rows))
    return sorted(
        (row["event_id"], row["original_event_id"], row["kind"]) for row in found.duplicates.to_dict("records")
    )


def test_the_same_event_again_points_at_the_first() -> None:
    assert repeats(bronze_row("e1", line=1), bronze_row("e1", when=at(13), line=2)) == [("e1", "e1", "same_event")]


def test_a_text_mirrored_by_the_same_person_on_another_channel_counts_once() -> None:
    first = bronze_row("a", {"text": SENTENCE, "customer_id": "c1"})
    second = bronze_row("b", {"text": SENTENCE.upper() + "!", "customer_id": "c1"}, channel="chat", when=at(13))
    assert repeats(first, second) == [("b", "a", "mirror")]


def test_a_long_text_on_another_channel_counts_once_even_without_a_name() -> None:
    first, second = bronze_row("a", {"text": LONG}), bronze_row("b", {"text": LONG}, channel="social", when=at(13))
    assert repeats(first, second) == [("b", "a", "mirror")]
    assert repeats(bronze_row("a", {"text": SENTENCE}), bronze_row("b", {"text": SENTENCE}, channel="social")) == []


def test_a_mirror_named_by_the_source_counts_once_whatever_came_first() -> None:
    one = bronze_row("a", {"text": "Kaputt", "mirror_of": "b"})
    other = bronze_row("b", {"text": "kaputt."}, when=at(13))
    assert repeats(one, other) == [("b", "a", "mirror")]


@pytest.mark.parametrize("tie", ["customer_id", "order_id", "author"])
def test_a_near_copy_by_the_same_person_counts_once(tie: str) -> None:
    first = bronze_row("a", {"text": SENTENCE, tie: "Anna Schmidt"})
    second = bronze_row("b", {"text": SENTENCE + " :(", tie: "Anna Schmidt"}, when=at(13))
    assert repeats(first, second) == [("b", "a", "near_copy")]


def test_different_customers_saying_the_same_thing_each_count() -> None:
    rows = [bronze_row(f"e{n}", {"text": "does not work", "customer_id": f"c{n}"}, when=at(n)) for n in range(10)]
    rows += [bronze_row(f"f{n}", {"text": LONG, "customer_id": f"d{n}"}, when=at(n)) for n in range(5)]
    assert repeats(*rows) == []


def test_a_namesake_saying_the_same_short_thing_counts() -> None:
    rows = [bronze_row(f"e{n}", {"text": "good app", "author": "Anna"}, when=at(n)) for n in range(3)]
    assert repeats(*rows) == []


def test_ratings_without_words_are_no_copies_of_each_other() -> None:
    assert repeats(*[bronze_row(f"e{n}", {"rating": 1, "customer_id": "c1"}, when=at(n)) for n in range(3)]) == []


def test_an_author_who_is_a_crowd_ties_nothing() -> None:
    rows = [bronze_row(f"e{n}", {"text": SENTENCE, "author": "A Google user"}, when=at(n)) for n in range(3)]
    assert repeats(*rows) == []


def test_a_copy_after_more_than_a_week_is_a_new_complaint() -> None:
    first = bronze_row("a", {"text": SENTENCE, "customer_id": "c1"}, when=at(day=DAY - timedelta(days=8)))
    assert repeats(first, bronze_row("b", {"text": SENTENCE, "customer_id": "c1"})) == []


def test_a_copy_stays_on_its_own_day_and_names_the_originals() -> None:
    first = bronze_row("a", {"text": SENTENCE, "customer_id": "c1"}, when=at(day=DAY - timedelta(days=2)))
    found = silver([first, bronze_row("b", {"text": SENTENCE, "customer_id": "c1"})])
    [row] = found.duplicates.to_dict("records")
    assert (row["day"], row["original_day"]) == (DAY, DAY - timedelta(days=2))


def test_copies_of_copies_point_at_the_first_of_all() -> None:
    rows = [bronze_row(name, {"text": SENTENCE, "customer_id": "c1"}, when=at(n)) for n, name in enumerate("abc")]
    assert repeats(*rows) == [("b", "a", "near_copy"), ("c", "a", "near_copy")]


def test_one_person_posting_hundreds_of_times_is_judged_quickly() -> None:
    rows = [
        bronze_row(f"e{n}", {"text": f"{SENTENCE} and number {n % 7}", "customer_id": "c1"}, when=at(n / 100))
        for n in range(600)
    ]
    assert len(repeats(*rows)) >= 590
