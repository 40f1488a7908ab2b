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
        ({"about": "delivry"}, "field about: no category 'delivry'; did you mean 'delivery'"),
    ],
)
def test_a_wrong_line_is_named_with_its_field_and_mend(
    tmp_path: Path, taxonomy: Taxonomy, change: dict[str, object], told: str
) -> None:
    with pytest.raises(ExamplesError) as raised:
        load_examples(_folder(tmp_path, GOOD, {**GOOD, **change}), taxonomy)
    assert f"{tmp_path / 'en.jsonl'}: line 2: " in str(raised.value) and told in str(raised.value)


def test_alike_examples_of_one_sub_label_are_held_out_together_wherever_they_stand(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    between = [{**GOOD, "text": f"Other text {number}."} for number in range(16)]
    lost = {**GOOD, "text": "Never came.", "issues": [{"category": "delivery", "sub_label": "never_arrived"}]}
    rows = [{**GOOD, "alike": True}, *between, {**GOOD, "text": "Zu spät.", "alike": True}, {**lost, "alike": True}]
    first, *others, second, third = load_examples(_folder(tmp_path, *rows), taxonomy)[: len(rows)]
    assert first.group == second.group != third.group
    assert first.group not in {example.group for example in others}


def test_neighbouring_lines_are_held_out_together_and_far_ones_apart(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rows = [{**GOOD, "text": f"Late by {number} days."} for number in range(20)]
    groups = [example.group for example in load_examples(_folder(tmp_path, *rows), taxonomy)[:20]]
    assert groups[1] == groups[2] and groups[0] != groups[19]


def test_a_line_says_what_it_is_about_and_whether_it_calibrates(tmp_path: Path, taxonomy: Taxonomy) -> None:
    praise = {**GOOD, "issues": [{"category": "no_issue"}], "about": "delivery", "calibrates": True}
    silent, told = load_examples(_folder(tmp_path, GOOD, praise), taxonomy)[:2]
    assert (silent.about, silent.calibrates) == (None, False)
    assert (told.category, told.about, told.calibrates) == ("no_issue", "delivery", True)
