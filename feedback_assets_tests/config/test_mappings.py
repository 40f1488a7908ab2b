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
    ("text", "told"),
    [
        ("source: x\nfields: {txt: a}\n", "'txt' is no field of feedback; use one of"),
        ("source: x\nfeilds: {text: a}\n", "feilds: .*remove it or correct its name"),
        ("fields: {text: a}\n", "source: .*add it"),
        ("- a\n", "holds no mapping"),
        ("a: [\n", "not YAML"),
        ("name: other\nsource: x\n", "is not the file's"),
    ],
)
def test_a_broken_mapping_names_file_field_and_mend(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=told) as raised:
        load(path)
    assert str(path) in str(raised.value)
    assert set(load_all(tmp_path)[1]) == {"bad"}
