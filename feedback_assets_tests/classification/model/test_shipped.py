"""The model that comes with the program is that of the prompts and code beside it, and a first use need not train."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_assets.classification.model import artefact, trained
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.shipped import SHIPPED, build, install
from feedback_assets.config.settings import Settings
from feedback_assets_tests.classification.standins import PROMPTS

DUE = "prompts or training code changed since it was built: run `make model`"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", prompts=PROMPTS)


def test_it_is_of_the_version_that_training_on_the_prompts_would_give(settings: Settings) -> None:
    assert artefact.metadata_of(SHIPPED)["version"] == trained.version_to_train(settings), DUE


def test_the_first_use_copies_it_and_trains_nothing(settings: Settings) -> None:
    version = artefact.metadata_of(SHIPPED)["version"]
    told: list[str] = []
    model = trained.load_or_train(settings, progress=told.append)
    assert told == [], DUE
    (late,) = model.answer(["My parcel is a week late and still has not arrived."])
    assert late.category == "delivery"
    kept = settings.models_dir / version
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == {
        file.name: file.read_bytes() for file in SHIPPED.iterdir()
    }


def test_another_version_is_not_answered_by_it(tmp_path: Path) -> None:
    assert not install("0123456789ab", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_training_again_gives_it_again(settings: Settings, tmp_path: Path) -> None:
    built = build(*trained.to_learn(settings), folder=tmp_path / "built")
    assert built == artefact.metadata_of(SHIPPED)["version"], DUE
    shipped, again = LocalModel.load(SHIPPED), LocalModel.load(tmp_path / "built")
    assert again.metadata["features"] == shipped.metadata["features"]
    _compare(again.parts, shipped.parts, "parts")
    texts = [example.text for example in trained.to_learn(settings)[0]]
    here, there = again.answer(texts), shipped.answer(texts)
    assert np.mean([a.category == b.category for a, b in zip(here, there, strict=True)]) > 0.999
    assert max(abs(a.confidence - b.confidence) for a, b in zip(here, there, strict=True)) < 0.02


def _compare(built: Any, shipped: Any, where: str) -> None:
    """Texts and vocabularies are the same, numbers are near.

    The order in which a machine adds changes last digits, and a weight between two steps is rounded to the other one.
    """
    if isinstance(built, np.ndarray):
        assert built.shape == shipped.shape, where
        size = np.sqrt((shipped.astype(np.float64) ** 2).mean())
        assert np.abs(built - shipped).max() <= 0.1 * size, where
        assert np.abs(built - shipped).mean() <= 0.01 * size, f"{where}: raise CODE_VERSION and run `make model`"
    elif is_dataclass(built):
        for field in fields(built):
            _compare(getattr(built, field.name), getattr(shipped, field.name), f"{where}.{field.name}")
    elif isinstance(built, dict):
        assert built.keys() == shipped.keys(), where
        for name, part in built.items():
            _compare(part, shipped[name], f"{where}.{name}")
    elif isinstance(built, tuple) and built and not isinstance(built[0], str):
        assert len(built) == len(shipped), where
        for place, (one, other) in enumerate(zip(built, shipped, strict=True)):
            _compare(one, other, f"{where}[{place}]")
    else:
        assert built == (pytest.approx(shipped, rel=0.01) if isinstance(built, float) else shipped), where
