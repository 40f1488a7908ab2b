"""`feedback classify`: texts from the call, a file or standard input, as a table or JSON, without Dagster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feedback_assets.classification.cli import classify_command
from feedback_assets.config.settings import load
from feedback_assets.installation import Installation

RUNNER = CliRunner()


@pytest.fixture
def app(small_home: Path) -> typer.Typer:
    app = typer.Typer()
    app.command()(classify_command)
    return app


def test_texts_of_the_call_a_file_and_standard_input_are_labelled_alike(app: typer.Typer, tmp_path: Path) -> None:
    text = "The app crashes every time I open it"
    (tmp_path / "texts.txt").write_text(f"{text}\n\ngood\n", encoding="utf-8")
    called = json.loads(RUNNER.invoke(app, [text, "good", "--json"], obj=Installation(load)).stdout)
    from_file = json.loads(
        RUNNER.invoke(app, ["--file", str(tmp_path / "texts.txt"), "--json"], obj=Installation(load)).stdout
    )
    piped = json.loads(RUNNER.invoke(app, ["--json"], input=f"{text}\ngood\n", obj=Installation(load)).stdout)
    assert called == from_file == piped
    assert [row["answered_by"] for row in called] == ["local_model", "rules"]
    assert called[0]["issues"][0]["owner"] != ""


def test_without_json_each_text_is_told_with_its_labels_and_why(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, ["good"], obj=Installation(load))
    assert result.exit_code == 0
    assert "no_issue" in result.stdout


def test_no_text_at_all_is_a_wrong_call(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, [], input="\n", obj=Installation(load))
    assert result.exit_code == 2


def test_the_command_does_not_import_dagster() -> None:
    code = (
        "import sys, feedback_assets.classification.cli, feedback_assets.classification.loader, "
        "feedback_assets.classification.cascade.cascade; sys.exit('dagster' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
