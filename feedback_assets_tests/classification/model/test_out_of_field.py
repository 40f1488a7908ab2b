"""C1, C11: texts out of the field are checked line by line, cover many fields, and give no golden text away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedback_assets.classification.model.examples import Example, leaks
from feedback_assets.classification.model.out_of_field import OutOfFieldError, OutOfFieldText, load_out_of_field
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training import version_of
from feedback_assets_tests.classification.standins import PROMPTS

GOOD = {"text": "The 17:04 is late again.", "language": "en", "field": "railway", "complains": True}
SHIPPED = load_out_of_field(PROMPTS / "out_of_field")


def _file(folder: Path, name: str, *rows: object) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _texts(folder: str) -> list[str]:
    return [
        json.loads(line)["text"]
        for path in sorted((PROMPTS / folder).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_a_line_becomes_a_text_with_its_field(tmp_path: Path) -> None:
    _file(tmp_path, "en.jsonl", GOOD)
    assert load_out_of_field(tmp_path) == (OutOfFieldText("The 17:04 is late again.", "en", "railway", True),)


def test_a_folder_that_is_not_there_means_no_texts(tmp_path: Path) -> None:
    assert load_out_of_field(tmp_path / "out_of_field") == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": " "}, "field text is missing; write what somebody wrote"),
        ({"text": None}, "field text is missing"),
        ({"language": "english"}, "field language: 'english'; write a code such as en"),
        ({"language": None}, "field language: None"),
        ({"field": ""}, "field field: ''; write what the text is"),
        ({"field": "Job advert"}, "field field: 'Job advert'"),
        ({"complains": None}, "field complains: None; write true"),
        ({"complains": "no"}, "field complains: 'no'; write true"),
        ({"complain": True}, "field complain is unknown; did you mean 'complains'"),
    ],
)
def test_a_wrong_line_is_named_with_file_line_field_and_fix(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    path = _file(tmp_path, "en.jsonl", GOOD, {**GOOD, "text": "Another.", **change})
    with pytest.raises(OutOfFieldError) as raised:
        load_out_of_field(tmp_path)
    assert str(raised.value).startswith(f"{path}: line 2: ") and told in str(raised.value)


def test_a_text_that_stands_twice_is_named_with_both_places(tmp_path: Path) -> None:
    first = _file(tmp_path, "de.jsonl", GOOD)
    second = _file(tmp_path, "en.jsonl", {**GOOD, "complains": False})
    with pytest.raises(OutOfFieldError) as raised:
        load_out_of_field(tmp_path)
    assert str(raised.value).startswith(f"{second}: line 1: field text: stands already in {first}: line 1; remove")


def test_a_model_depends_on_these_texts_and_without_any_keeps_the_version_of_before() -> None:
    examples = [Example("Too late.", (("delivery", "late"),))]
    without = Recipe(("delivery",), {}, {})
    one, other = (
        Recipe(("delivery",), {}, {}, out_of_field=(OutOfFieldText("Rain.", "en", "weather", complains),))
        for complains in (True, False)
    )
    assert "out_of_field" not in without.content
    assert len({version_of(examples, recipe) for recipe in (without, one, other)}) == 3


def test_no_golden_text_and_no_example_stands_among_the_texts_out_of_field() -> None:
    ours = [text.text for text in SHIPPED]
    assert leaks(ours, [*_texts("golden"), *_texts("golden_polarity")]) == []
    assert leaks(ours, _texts("examples")) == []


def test_there_are_many_fields_each_in_several_languages_with_and_without_complaints() -> None:
    languages: dict[str, set[str]] = {}
    for text in SHIPPED:
        languages.setdefault(text.field, set()).add(text.language)
    assert len(languages) >= 24
    assert min(len(spoken) for spoken in languages.values()) >= 3
    assert 0.2 < sum(text.complains for text in SHIPPED) / len(SHIPPED) < 0.5
