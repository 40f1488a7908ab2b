"""Saved column mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.config.mappings import Constant, Mapping, MappingError, load, load_all, save


def test_a_mapping_saved_is_the_mapping_loaded(tmp_path: Path) -> None:
    mapping = Mapping(
        name="play",
        source="play",
        event_id=["id"],
        fields={"text": ["a", "b"], "rating": "score", "store": Constant(constant="play")},
    )
    assert load(save(mapping, tmp_path)) == mapping


def test_columns_are_read_joined_nested_and_constant() -> None:
    mapping = Mapping(
        name="m",
        source="s",
        rating_scale=10,
        fields={"text": ["plus", "minus"], "device": "meta.device", "store": Constant(constant="x"), "sku": "gone"},
    )
    read = mapping.read({"plus": "good", "minus": "slow ", "meta": {"device": "phone"}})
    assert read == {"rating_scale": 10.0, "text": "good. slow", "device": "phone", "store": "x"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("source: x\nfields: {txt: a}\n", 2, "'txt' is no field of feedback; did you mean 'text'"),
        (
            "source: x\nfields:\n  text: a\n  raiting: b\n",
            4,
            "'raiting' is no field of feedback; did you mean 'rating'",
        ),
        ("source: x\nfeilds: {text: a}\n", 2, "feilds: is unknown; did you mean 'fields'"),
        ("sourec: x\n", 1, "sourec: is unknown; did you mean 'source'"),
        ("source: x\nstream: commerc\n", 2, "did you mean 'commerce'"),
        ("source: x\nchannel: surve\n", 2, "'surve' is no channel; did you mean 'survey'"),
        ("source: x\nstream: catalog\nfields: {pric: a}\n", 3, "'pric' is no field of catalog; did you mean 'price'"),
        (
            "source: x\nfields:\n  store: {constnat: a}\n",
            3,
            "fields.store: 'constnat' is unknown; did you mean 'constant'",
        ),
        ("source: x\nfields:\n  store: 3\n", 3, "fields.store: is no column, no list of columns"),
        ("source: x\nfields:\n  store:\n", 3, "fields.store: is no column, no list of columns"),
        ("source: x\nno: 3\n", 2, "False: is no text: YAML takes it for False"),
        ("fields: {text: a}\n", 1, "source: is missing"),
        ("source: x\nname: other\n", 2, "'other' is not the file's; write 'bad'"),
    ],
)
def test_a_broken_mapping_names_file_line_field_and_fix(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as raised:
        load(path)
    assert f"{path}: line {line}: " in str(raised.value) and message in str(raised.value)
    assert set(load_all(tmp_path)[1]) == {"bad"}


@pytest.mark.parametrize(("text", "message"), [("- a\n", "holds no mapping"), ("a: [\n", "not YAML")])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=message):
        load(path)


def test_a_catalog_may_have_fields_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "goods.yaml"
    path.write_text("source: x\nstream: catalog\nfields: {sku: a, colour: b}\n", encoding="utf-8")
    assert load(path).fields == {"sku": "a", "colour": "b"}
