from __future__ import annotations

import configparser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_of_the_tree_is_shipped():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    shipped = set(config["options"]["packages"].split())
    tree = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "feedback_assets").rglob("__init__.py")}
    assert shipped == tree | {"feedback_assets.prompts"}


def test_the_two_locks_name_the_same_versions_and_no_index():
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")}

    assert pins("requirements-run.lock") <= pins("requirements.lock")
    for name in ("requirements.lock", "requirements-run.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_classifies_a_text(tmp_path: Path):
    run = subprocess.run(
        [sys.executable, "-m", "uv", "build", "-q", "--wheel", "-o", str(tmp_path / "dist"), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    wheel = next((tmp_path / "dist").glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert {"feedback_assets/prompts/taxonomy.yaml", "feedback_assets/words/stop_words.txt"} <= set(names)
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "uv", "venv", "-q", "--python", sys.executable, str(tmp_path / "bare")], check=True
    )
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), str(wheel)], check=True
    )
    done = subprocess.run(
        [str(python.parent / "feedback"), "classify", "--json", "The zip broke on the second day"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "FEEDBACK_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "defect" in done.stdout
