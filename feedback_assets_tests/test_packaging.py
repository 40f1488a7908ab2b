from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from itertools import chain
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


# Declared, and imported by none of our files.
_NOT_IMPORTED = {
    "dagster-webserver": "started by `make ui` and by `feedback serve`",
    "dagster-dg-cli": "the command `dg`, which `make ui` runs",
    "s3fs": "universal-pathlib opens s3:// through it",
    "pytest-benchmark": "the fixture `benchmark` of benchmarks/",
    "ruff": "a command of the Makefile",
    "pyright": "a command of the Makefile",
    "build": "a command that makes the wheel",
    "uv": "a command of the Makefile",
    "pandas-stubs": "types only",
    "types-pyyaml": "types only",
}


def test_every_declared_dependency_is_imported_or_says_why_not():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dev = project["optional-dependencies"].pop("dev")
    shipped = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    ours = _imported(["feedback_assets"])
    both = ours | _imported(["feedback_assets_tests", "benchmarks"])
    unused = {_name(line) for line in shipped if not _modules(line) & ours}
    unused |= {_name(line) for line in dev if not _modules(line) & both}
    assert unused - set(_NOT_IMPORTED) == set()
    assert set(_NOT_IMPORTED) - unused == set(), "these are imported: take them off the list"


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=~!;]", requirement)[0].strip()


def _modules(requirement: str) -> set[str]:
    """What a distribution may be imported as; an installation without it says nothing."""
    wanted = _name(requirement).lower().replace("_", "-")
    return {
        module
        for module, distributions in metadata.packages_distributions().items()
        if wanted in (distribution.lower().replace("_", "-") for distribution in distributions)
    }


_BY_NAME = ("import_module", "importorskip")


def _imported(folders: list[str]) -> set[str]:
    names: set[str] = set()
    for file in chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _BY_NAME:
                names |= {
                    str(argument.value).split(".")[0] for argument in node.args if isinstance(argument, ast.Constant)
                }
    return names


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
    lists = {f"feedback_assets/words/{file.name}" for file in (ROOT / "feedback_assets" / "words").glob("*.txt")}
    prompts = {f"feedback_assets/{file.relative_to(ROOT)}" for file in (ROOT / "prompts").rglob("*") if file.is_file()}
    model = ROOT / "feedback_assets" / "classification" / "model" / "shipped"
    shipped = {str(file.relative_to(ROOT)) for file in model.iterdir()}
    assert shipped and {*prompts, *lists, *shipped} <= set(names)
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
    (kept,) = (tmp_path / "home" / "models").iterdir()
    assert (kept / "model.npz").read_bytes() == (model / "model.npz").read_bytes(), "a first use trained"
