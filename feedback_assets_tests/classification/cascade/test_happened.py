"""Danger and loss count where a clause says that they happened; figures, fears, questions and negations do not.

`danger_cases.jsonl` was written from that definition: 258 texts in six languages. `happened` is true where somebody was
hurt or made ill, something burned, smoked, sparked, exploded, melted or gave a shock, or money, data, goods or an
account were taken or lost. `kind` is the harm, or what makes it none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from feedback_assets.classification.cascade.cues import Cues, cues_of
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.word_files import CLAUSE_CUES, CueWords
from feedback_assets_tests.classification.standins import PROMPTS

WORDS = load_config(PROMPTS).cues
CUES = cues_of(WORDS)


@dataclass(frozen=True)
class Case:
    text: str
    language: str
    happened: bool
    kind: str


def cases() -> list[Case]:
    path = Path(__file__).with_name("danger_cases.jsonl")
    return [Case(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def harm(text: str, language: str | None = "en", cues: Cues = CUES) -> str | None:
    return cues.read(text, language).harm


def precision_and_recall(of: Sequence[Case]) -> tuple[float, float]:
    found = [case for case in of if harm(case.text, case.language)]
    right = sum(case.happened for case in found)
    return right / len(found), right / sum(case.happened for case in of)


def test_the_cases_are_as_many_that_happened_as_not_in_each_language() -> None:
    for language in ("en", "de", "es", "fr", "pt", "hi"):
        happened = [case.happened for case in cases() if case.language == language]
        assert len(happened) >= 40
        assert 0.4 <= sum(happened) / len(happened) <= 0.6


def test_of_what_is_found_nearly_all_happened_and_of_what_happened_most_is_found() -> None:
    precision, recall = precision_and_recall(cases())
    assert precision >= 0.95
    assert recall >= 0.85


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "hi"])
def test_no_language_is_far_behind(language: str) -> None:
    precision, recall = precision_and_recall([case for case in cases() if case.language == language])
    assert precision >= 0.9
    assert recall >= 0.75


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The plug caught fire", "danger"),
        ("The plug did not catch fire", None),
        ("It is not even a week old and caught fire", "danger"),
        ("I can't believe it caught fire", "danger"),
        ("It could catch fire", None),
        ("It could be nice, but it caught fire", "danger"),
        ("If it caught fire, who would pay", None),
        ("Will it catch fire?", None),
        ("Ever seen that yours caught fire?", None),
        ("Why did it catch fire?", "danger"),
        ("It caught fire, what now?", "danger"),
        ('The label says "caught fire" in red', None),
        ('"The plug caught fire and I want my money back"', "danger"),
        ("Fire all of them", None),
        ("Fire all of them, the plug caught fire", "danger"),
        ("Smoke and mirrors", None),
        ("There was smoke around the charger", "danger"),
        ("There was smoke in the story, and much later in a chapter that I skipped the charger of a phone", None),
    ],
)
def test_each_clause_is_read_by_itself(text: str, said: str | None) -> None:
    assert harm(text) == said


def test_a_clause_longer_than_a_quote_is_read_to_its_end() -> None:
    assert harm("I bought this lamp " + "for my old desk at home " * 20 + "and the cable burst into flames") == "danger"


def test_danger_is_graver_than_loss() -> None:
    assert harm("My card was stolen. The charger caught fire.") == "danger"


def test_a_language_without_words_is_read_with_those_of_all() -> None:
    assert harm("El cargador explotó", "nl") == harm("El cargador explotó", None) == "danger"


def test_a_charge_feared_raises_no_severity_and_one_that_happened_does() -> None:
    severity = [
        CUES.severity("other", 1, CUES.read(text, "en"))
        for text in ("I was charged twice", "I fear I may be charged twice")
    ]
    assert severity == [4, 1]


def test_words_of_a_kept_edition_without_the_lists_of_clauses_count_wherever_they_stand() -> None:
    kept = CueWords({name: spec for name, spec in WORDS.root.items() if name not in CLAUSE_CUES})
    assert harm("It did not catch fire", cues=cues_of(kept)) == "danger"
