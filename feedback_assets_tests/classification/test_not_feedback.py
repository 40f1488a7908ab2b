"""The texts that are no feedback: as many of each field in each language, and the model learns from none."""

from __future__ import annotations

import json
from collections import Counter

from feedback_assets.classification.model.examples import leaks
from feedback_assets_tests.classification.not_feedback import foreign_texts
from feedback_assets_tests.classification.standins import PROMPTS

LANGUAGES = ("en", "de", "es", "fr", "pt")


def test_there_are_sixty_texts_of_each_language_and_every_field_in_each() -> None:
    texts = foreign_texts()
    assert Counter(text.language for text in texts) == dict.fromkeys(LANGUAGES, 60)
    assert len({text.text for text in texts}) == 300
    fields = Counter((text.field, text.language) for text in texts)
    names = {field for field, _ in fields}
    assert len(names) == 16
    for field in names:
        assert len({fields[field, language] for language in LANGUAGES}) == 1, field
    assert all(4 <= len(text.text.split()) <= 40 for text in texts)


def test_complaints_about_trains_and_hospitals_are_among_them() -> None:
    complaints = Counter(text.field for text in foreign_texts() if text.complains)
    assert complaints["transport_complaint"] == complaints["hospital_complaint"] == 30
    assert sum(complaints.values()) == 80


def test_nothing_the_model_learns_from_gives_one_away() -> None:
    learnt = [
        json.loads(line)["text"]
        for folder in ("examples", "out_of_field")
        for path in sorted((PROMPTS / folder).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert learnt and leaks(learnt, [text.text for text in foreign_texts()]) == []
