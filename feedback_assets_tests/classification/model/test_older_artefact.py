"""A model kept as a pickle by an older version answers as it did, after `feedback upgrade`."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

from feedback_assets.classification.model.artefact import ARRAYS_FILE, JSON_FILE, ModelFileError
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.older_artefact import rewrite
from feedback_assets.classification.upgrade import has_pickled_models, rewrite_models

# Trained by the code of that time on the examples of `test_local_model.py`, with a lexicon; and what it answered.
OLDER = Path(__file__).parent / "older_artefact"


def _older(models: Path) -> Path:
    folder = models / "0123456789ab"
    folder.mkdir(parents=True)
    shutil.copy(OLDER / "metadata.json", folder)
    (folder / "model.joblib").write_bytes(gzip.decompress((OLDER / "model.joblib.gz").read_bytes()))
    return folder


def test_it_answers_as_it_did(tmp_path: Path) -> None:
    folder = _older(tmp_path)
    assert has_pickled_models(tmp_path) and rewrite_models(tmp_path) == "1 rewritten"
    assert sorted(file.name for file in folder.iterdir()) == [JSON_FILE, ARRAYS_FILE]
    assert not has_pickled_models(tmp_path)
    rows = [json.loads(line) for line in (OLDER / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    model = LocalModel.load(folder)
    assert model.version == json.loads((OLDER / "metadata.json").read_text(encoding="utf-8"))["version"]
    for row, answer in zip(rows, model.answer([row["text"] for row in rows]), strict=True):
        assert answer.confidence == pytest.approx(row["confidence"], abs=1e-5)
        for name in ("category", "domain", "sub_label", "sentiment"):
            assert getattr(answer, name) == row[name]
        assert (answer.sentiment_score, answer.urgency) == pytest.approx(
            (row["sentiment_score"], row["urgency"]), abs=0.01
        )
        assert [(s.category, s.sub_label) for s in answer.secondary] == [
            (s["category"], s["sub_label"]) for s in row["secondary"]
        ]


def test_after_a_kill_between_the_two_files_the_older_one_is_only_removed(tmp_path: Path) -> None:
    folder = _older(tmp_path)
    rewrite(folder)
    before = (folder / JSON_FILE).read_bytes()
    (folder / "model.joblib").write_bytes(b"")
    rewrite(folder)
    assert (folder / JSON_FILE).read_bytes() == before and not has_pickled_models(tmp_path)


class _Command:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made-by-a-pickle",)


def test_nothing_a_pickle_names_is_run_and_an_unreadable_one_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = _older(tmp_path)
    (folder / "model.joblib").write_bytes(pickle.dumps(_Command()))
    with pytest.raises(ModelFileError, match=r"it names posix\.mkdir, which no artefact of ours does"):
        rewrite(folder)
    told = rewrite_models(tmp_path)
    assert told.startswith("0 rewritten, unreadable and set aside: ") and told.endswith("model.joblib.unreadable")
    assert not has_pickled_models(tmp_path) and not (tmp_path / "made-by-a-pickle").exists()
