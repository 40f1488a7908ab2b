"""A home with few examples, so that a real local model is trained in a second or two."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from feedback_assets_tests.classification.standins import PROMPTS

# Enough for a model that knows every category a little.
EXAMPLES_EACH = 12


@pytest.fixture
def small_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sets FEEDBACK_HOME and FEEDBACK_PROMPTS below the folder it returns: `home/` and `prompts/`."""
    prompts = tmp_path / "prompts"
    shutil.copytree(PROMPTS, prompts, ignore=shutil.ignore_patterns("golden*", "examples"))
    few: dict[str, list[str]] = {}
    for line in (PROMPTS / "examples" / "en.jsonl").read_text(encoding="utf-8").splitlines():
        few.setdefault(json.loads(line)["issues"][0]["category"], []).append(line)
    (prompts / "examples").mkdir()
    kept = [line for lines in few.values() for line in lines[:EXAMPLES_EACH]]
    (prompts / "examples" / "en.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(prompts))
    return tmp_path
