"""M1: the golden set is large, of several languages, and every line is checked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.evaluation.golden import GoldenError, golden_version, load_golden

PROMPTS = Path(__file__).parents[2] / "prompts"
TAXONOMY = load_taxonomy(PROMPTS / "taxonomy.yaml")
GOOD = {
    "id": "en-1", "text": "Late.", "language": "en", "channel": "chat", "rating": None, "sentiment": "negative",
    "urgency": 3, "issues": [{"category": "delivery", "sub_label": "late"}], "traits": [],
}  # fmt: skip


def test_the_frozen_set_has_800_items_a_third_not_english_and_60_of_each_language() -> None:
    items = load_golden(PROMPTS / "golden", TAXONOMY)
    languages = Counter(item.language for item in items)
    assert len(items) >= 800 and languages["en"] <= len(items) * 2 / 3
    assert all(languages[language] >= 60 for language in ("de", "es", "fr", "pt"))
    assert {item.category for item in items} == set(TAXONOMY.labels)
    traits = {trait for item in items for trait in item.traits}
    assert {"sarcasm", "mixed", "multi", "praise", "injection", "abuse", "personal_data"} <= traits
    assert len({item.id for item in items}) == len(items)


def test_its_version_follows_texts_and_labels() -> None:
    items = load_golden(PROMPTS / "golden", TAXONOMY)
    assert golden_version(items) == golden_version(list(items)) != golden_version(items[1:])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"channel": "fax"}, "field channel: 'fax'"),
        ({"issues": [{"category": "defekt"}]}, "did you mean 'defect'"),
        ({"sentiment": None, "urgency": "soon"}, "is missing or wrong"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change: dict[str, object], told: str) -> None:
    (tmp_path / "en.jsonl").write_text(json.dumps({**GOOD, **change}) + "\n", encoding="utf-8")
    with pytest.raises(GoldenError, match=r"en\.jsonl: line 1") as raised:
        load_golden(tmp_path, TAXONOMY)
    assert told in str(raised.value)


def test_an_empty_folder_is_no_golden_set(tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match="holds no golden items"):
        load_golden(tmp_path, TAXONOMY)
