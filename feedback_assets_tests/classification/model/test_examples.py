"""M1, C1: what the model learns from is checked line by line and gives no golden text away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedback_assets.classification.model.examples import ExamplesError, leaks, load_examples
from feedback_assets.config.taxonomy import Taxonomy, load_taxonomy
from feedback_assets_tests.classification.standins import PROMPTS

GOOD = {"text": "Too late.", "language": "en", "issues": [{"category": "delivery", "sub_label": "late"}]}


@pytest.fixture
def taxonomy() -> Taxonomy:
    return load_taxonomy(PROMPTS / "taxonomy.yaml")


def _folder(tmp_path: Path, *rows: object) -> Path:
    (tmp_path / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def _texts(folder: str) -> list[str]:
    return [
        json.loads(line)["text"]
        for path in sorted((PROMPTS / folder).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.parametrize("folder", ["golden", "golden_polarity"])
def test_no_training_example_gives_a_golden_text_away(folder: str) -> None:
    golden = _texts(folder)
    assert golden and leaks(_texts("examples"), golden) == []


def test_the_leak_check_sees_other_order_case_and_a_changed_word() -> None:
    golden = ["The parcel never arrived and nobody answers my mails about it"]
    assert leaks(["nobody answers my mails, is my parcel ever going to come?"], golden) == []
    assert leaks(["And nobody answers my mails about it, the parcel never arrived!"], golden)
    assert leaks(["the parcel never arrived and nobody answered my mails about it"], golden)


def test_there_are_at_least_800_examples_of_every_category_and_six_languages(taxonomy: Taxonomy) -> None:
    examples = load_examples(PROMPTS / "examples", taxonomy)
    assert len(examples) >= 800
    assert {example.category for example in examples} == set(taxonomy.labels)
    assert {"en", "de", "es", "fr", "pt", "hi"} <= {example.language for example in examples}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": " "}, "field text is missing"),
        ({"issues": []}, "field issues is empty"),
        ({"issues": [{"category": "delivry"}]}, "no category 'delivry'; did you mean 'delivery'"),
        ({"issues": [{"category": "delivery", "sub_label": "rude"}]}, "delivery has no sub-label 'rude'"),
        ({"sentiment": "angry"}, "field sentiment: 'angry'"),
        ({"urgency": 9}, "field urgency: 9"),
    ],
)
def test_a_wrong_line_is_named_with_its_field_and_mend(
    tmp_path: Path, taxonomy: Taxonomy, change: dict[str, object], told: str
) -> None:
    with pytest.raises(ExamplesError) as raised:
        load_examples(_folder(tmp_path, GOOD, {**GOOD, **change}), taxonomy)
    assert f"{tmp_path / 'en.jsonl'}: line 2: " in str(raised.value) and told in str(raised.value)


def test_plain_examples_of_one_sub_label_are_held_out_together(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rows = [{**GOOD, "calibrates": True}, {**GOOD, "text": "Zu spät.", "language": "de", "calibrates": True}]
    first, second = load_examples(_folder(tmp_path, *rows), taxonomy)
    assert first.calibrates and first.group == second.group
