"""The files of a trained model: whole or refused, nothing in them is run, and what they hold is what was trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feedback_assets.classification.model import artefact
from feedback_assets.classification.model.artefact import ModelFileError

JsonFile = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Layer:
    weights: NDArray[np.float32]
    offset: NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    name: str
    layers: tuple[Layer, ...]
    by_word: Mapping[str, Layer] = field(default_factory=dict[str, Layer])
    least: float = 0.0
    rows: int = 0
    spare: Layer | None = None
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict[str, dict[str, tuple[str, ...]]])


def _layer(*numbers: float) -> Layer:
    return Layer(np.array([numbers], dtype=np.float32), np.array([0.1, 1 / 3]))


MODEL = Model("m", (_layer(0.5, 2.0), _layer(1 / 3, 1e-9)), {"größe": _layer(7.0)}, 0.6, 3, None, {"a": {"b": ("c",)}})


def _written(folder: Path, change: JsonFile | None = None) -> Path:
    artefact.write(folder, MODEL, {"version": "1"})
    if change is not None:
        path = folder / artefact.JSON_FILE
        described = json.loads(path.read_text(encoding="utf-8"))
        change(described)
        path.write_text(json.dumps(described), encoding="utf-8")
    return folder


def test_what_is_read_is_what_was_written_number_for_number(tmp_path: Path) -> None:
    read, metadata = artefact.read(_written(tmp_path / "made"), Model)
    assert metadata == {"version": "1"}
    assert (read.name, read.least, read.rows, read.spare, read.words) == ("m", 0.6, 3, None, {"a": {"b": ("c",)}})
    pairs = [*zip(read.layers, MODEL.layers, strict=True), (read.by_word["größe"], MODEL.by_word["größe"])]
    for back, layer in pairs:
        assert np.array_equal(back.weights, layer.weights) and back.weights.dtype == np.float32
        assert np.array_equal(back.offset, layer.offset) and back.offset.dtype == np.float64


def test_an_array_takes_half_the_space_where_that_loses_nothing(tmp_path: Path) -> None:
    _written(tmp_path)
    with np.load(tmp_path / artefact.ARRAYS_FILE) as arrays:
        kinds = {name: arrays[name].dtype.name for name in arrays.files}
    assert (kinds["layers.0.weights"], kinds["layers.1.weights"]) == ("float16", "float32")
    assert kinds["layers.0.offset"] == "float64"


def test_rounded_weights_are_near_take_less_space_and_are_the_same_whatever_the_last_digits() -> None:
    weights = np.random.default_rng(0).normal(scale=0.3, size=(200, 5)).astype(np.float32)
    layer = artefact.rounded(Layer(weights, np.array([1 / 3])))
    assert layer.offset == 1 / 3  # not a float32 array
    assert np.abs(layer.weights - weights).max() <= 0.3 / 64
    assert 50 < len(np.unique(layer.weights)) < 600
    assert np.array_equal(layer.weights.astype(np.float16).astype(np.float32), layer.weights)
    elsewhere = artefact.rounded(Layer(weights * np.float32(1 + 1e-7), layer.offset))
    assert (elsewhere.weights != layer.weights).mean() < 0.002


def test_what_cannot_be_rounded_stays_as_it_is() -> None:
    model = artefact.rounded(Model("m", (_layer(1e9, 1 / 3), _layer(0.0, 0.0)), {"a": _layer(1 / 3)}))
    assert np.array_equal(model.layers[0].weights, _layer(1e9, 1 / 3).weights)
    assert np.array_equal(model.layers[1].weights, _layer(0.0, 0.0).weights)
    assert model.by_word["a"].weights[0, 0] == pytest.approx(1 / 3, abs=1 / 256)


def test_the_same_model_gives_the_same_files_and_nothing_else_is_left(tmp_path: Path) -> None:
    for name in ("first", "second", "second"):
        _written(tmp_path / name)
    first, second = ({file.name: file.read_bytes() for file in (tmp_path / n).iterdir()} for n in ("first", "second"))
    assert first == second and set(first) == {artefact.JSON_FILE, artefact.ARRAYS_FILE}


def test_a_folder_without_an_artefact_is_named_with_the_fix(tmp_path: Path) -> None:
    assert not artefact.exists(tmp_path)
    with pytest.raises(ModelFileError, match=f"no such artefact; run `feedback train --output {tmp_path}` first"):
        artefact.read(tmp_path, Model)


def _without(name: str) -> JsonFile:
    return lambda described: described["parts"].pop(name)


def _with(name: str, value: object) -> JsonFile:
    return lambda described: described["parts"].update({name: value})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without("layers"), "field parts: lacks layers"),
        (_with("gate", 1), "field parts: holds gate, which this code does not know"),
        (_with("rows", "three"), "field parts.rows: 'three' is no int"),
        (_with("rows", True), "field parts.rows: 'True' is no int"),
        (_with("name", None), "field parts.name: 'None' is no str"),
        (_with("layers", {}), "field parts.layers: '{}' is no list"),
        (_with("layers", [{"weights": "elsewhere", "offset": "layers.0.offset"}]), r"layers\[0\].weights: no array"),
        (lambda described: described.update(format=99), "field format: 99 is not 1"),
        (lambda described: described.pop("parts"), "cannot be read: KeyError"),
    ],
)
def test_other_parts_than_the_code_knows_are_refused_by_name(tmp_path: Path, change: JsonFile, told: str) -> None:
    with pytest.raises(ModelFileError, match=f"{artefact.JSON_FILE}: .*{told}.*; run `feedback train --output"):
        artefact.read(_written(tmp_path, change), Model)


def test_a_part_that_older_artefacts_lack_has_its_default(tmp_path: Path) -> None:
    assert artefact.read(_written(tmp_path, _without("least")), Model)[0].least == 0.0


def test_files_of_two_artefacts_or_half_a_file_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "half", "none"):
        _written(tmp_path / folder)
    artefact.write(tmp_path / "other", Model("m", ()), {})
    (tmp_path / "other" / artefact.ARRAYS_FILE).replace(tmp_path / "one" / artefact.ARRAYS_FILE)
    (tmp_path / "half" / artefact.JSON_FILE).write_text('{"format": 1', encoding="utf-8")
    (tmp_path / "none" / artefact.ARRAYS_FILE).unlink()
    with pytest.raises(ModelFileError, match=r"model\.npz: is not the file that model\.json was written with"):
        artefact.read(tmp_path / "one", Model)
    for folder in ("half", "none"):
        with pytest.raises(ModelFileError, match="cannot be read"):
            artefact.read(tmp_path / folder, Model)


def test_an_array_of_objects_which_would_run_code_when_read_is_not_read(tmp_path: Path) -> None:
    import hashlib

    _written(tmp_path)
    np.savez(tmp_path / artefact.ARRAYS_FILE, **{"layers.0.weights": np.array([{}], dtype=object)})
    digest = hashlib.sha256((tmp_path / artefact.ARRAYS_FILE).read_bytes()).hexdigest()
    path = tmp_path / artefact.JSON_FILE
    described = {**json.loads(path.read_text(encoding="utf-8")), "arrays_sha256": digest}
    path.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(ModelFileError, match="cannot be read"):
        artefact.read(tmp_path, Model)
