"""The polarity set: its shares, and every line is checked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.evaluation.golden import GoldenError
from feedback_assets.evaluation.golden_polarity import (
    Kind,
    PolarityItem,
    golden_polarity_version,
    load_golden_polarity,
)

PROMPTS = Path(__file__).parents[2] / "prompts"
TAXONOMY = load_taxonomy(PROMPTS / "taxonomy.yaml")
LATE = {
    "id": "en-1", "text": "It said tomorrow on Monday.", "language": "en", "channel": "chat", "rating": None,
    "complains": True, "kind": "understated_complaint", "about": "delivery", "sentiment": "negative",
    "issues": [{"category": "delivery", "sub_label": "late"}],
}  # fmt: skip
QUICK = {
    "id": "en-2", "text": "It came on Monday!", "language": "en", "channel": "survey", "rating": 5,
    "complains": False, "kind": "topical_praise", "about": "delivery", "sentiment": "positive",
    "issues": [{"category": "no_issue", "sub_label": "praise"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def items() -> list[PolarityItem]:
    return load_golden_polarity(PROMPTS / "golden_polarity", TAXONOMY)


def _folder(tmp_path: Path, *rows: object) -> Path:
    (tmp_path / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_the_frozen_set_has_640_short_texts_of_six_languages(items: list[PolarityItem]) -> None:
    languages = Counter(item.language for item in items)
    assert len(items) >= 640 and languages["en"] >= 240 and languages["hi"] >= 40
    assert all(languages[language] >= 90 for language in ("de", "es", "fr", "pt"))
    assert max(len(item.text.split()) for item in items) <= 40


def test_each_kind_has_its_share_and_each_topic_is_praised_and_complained_of(items: list[PolarityItem]) -> None:
    kinds = Counter(item.kind for item in items)
    shares = {kind: count / len(items) for kind, count in kinds.items()}
    praise = shares[Kind.TOPICAL_PRAISE] + shares[Kind.NEGATED_PRAISE]
    assert set(kinds) == set(Kind) and 0.3 < praise < 0.35 and shares[Kind.NEGATED_PRAISE] > 0.1
    assert 0.14 < shares[Kind.TOPICAL_REMARK] + shares[Kind.QUESTION] < 0.18
    assert 0.1 < shares[Kind.MIXED] < 0.14 < shares[Kind.UNDERSTATED_COMPLAINT] < 0.18
    topics = set(TAXONOMY.labels) - TAXONOMY.unactionable
    for complains in (True, False):
        assert topics <= {item.about for item in items if item.complains is complains}


def test_its_version_follows_texts_and_labels(items: list[PolarityItem]) -> None:
    version = golden_polarity_version(items)
    assert version == golden_polarity_version(list(items)) != golden_polarity_version(items[1:])
    changed = replace(items[0], complains=not items[0].complains)
    assert golden_polarity_version([changed, *items[1:]]) != version


def test_a_good_line_keeps_what_it_says(tmp_path: Path) -> None:
    late, quick = load_golden_polarity(_folder(tmp_path, LATE, QUICK), TAXONOMY)
    assert (late.complains, late.category, late.rating) == (True, "delivery", None)
    assert (quick.kind, quick.about, quick.rating) == (Kind.TOPICAL_PRAISE, "delivery", 5)


@pytest.mark.parametrize(
    ("row", "change", "told"),
    [
        (LATE, {"text": " "}, "field text: ' '; write a text"),
        (LATE, {"language": None}, "field language: None"),
        (LATE, {"channel": "fax"}, "field channel: 'fax'; there are"),
        (LATE, {"sentiment": "negativ"}, "field sentiment: 'negativ'; did you mean 'negative'?"),
        (LATE, {"kind": "mixd"}, "field kind: 'mixd'; did you mean 'mixed'?"),
        (LATE, {"rating": 6}, "field rating: 6; write stars from 1 to 5 or null"),
        (LATE, {"rating": True}, "field rating: True; write stars"),
        (LATE, {"complains": "yes"}, "field complains: 'yes'; write true or false"),
        (LATE, {"complains": False}, "field complains: kind understated_complaint is always true"),
        (LATE, {"about": "delivry"}, "field about: the taxonomy has no 'delivry'; did you mean 'delivery'?"),
        (LATE, {"about": None}, "field about: None, but the first issue is 'delivery'"),
        (LATE, {"about": 3}, "field about: 3; write a category"),
        (LATE, {"issues": []}, "field issues: []; write"),
        (LATE, {"issues": [{"category": "delivery"}]}, "field issues: [{'category': 'delivery'}]; write"),
        (LATE, {"issues": [{"category": "delivry", "sub_label": "late"}]}, "did you mean 'delivery'?"),
        (LATE, {"issues": [{"category": "no_issue", "sub_label": "praise"}]}, "categories of complaints only"),
        (QUICK, {"issues": LATE["issues"]}, "field issues: kind topical_praise is always no_issue"),
        (QUICK, {"kind": "wish"}, "field issues: kind wish is always feature_request"),
    ],
)
def test_a_wrong_line_is_named_with_its_field_and_fix(
    tmp_path: Path, row: dict[str, object], change: dict[str, object], told: str
) -> None:
    first = {**QUICK, "id": "en-0", "text": "First."}
    with pytest.raises(GoldenError) as raised:
        load_golden_polarity(_folder(tmp_path, first, {**row, **change}), TAXONOMY)
    assert f"{tmp_path / 'en.jsonl'}: line 2: " in str(raised.value) and told in str(raised.value)


@pytest.mark.parametrize(("field", "change"), [("id", {"text": "Another."}), ("text", {"id": "en-3"})])
def test_an_id_or_a_text_that_stands_twice_is_refused(tmp_path: Path, field: str, change: dict[str, object]) -> None:
    with pytest.raises(GoldenError, match=rf"line 3: field {field}: .* stands in .*line 1 too; drop one"):
        load_golden_polarity(_folder(tmp_path, LATE, QUICK, {**LATE, **change}), TAXONOMY)


def test_an_empty_folder_is_no_polarity_set(tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match="holds no polarity items"):
        load_golden_polarity(tmp_path, TAXONOMY)
