"""`feedback top` as a person and a program call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feedback_assets.config.settings import load
from feedback_assets.errors import OutsideError
from feedback_assets.installation import Installation
from feedback_assets.lake.store import Lake
from feedback_assets.priority.cli import top_command
from feedback_assets_tests.priority.test_top import filled

__all__ = ["filled"]


def test_the_command_prints_one_json_object(filled: Lake, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(top_command)
    answer = CliRunner().invoke(app, ["--json"], env={"FEEDBACK_LAKE_URL": filled.root}, obj=Installation(load))
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["problems"][0]["title"].startswith("Sizing")
    shown = CliRunner().invoke(
        app, ["--members", "2"], env={"FEEDBACK_LAKE_URL": filled.root, "COLUMNS": "160"}, obj=Installation(load)
    )
    assert "much too tight" in shown.output
    wrong = CliRunner().invoke(
        app, ["--day", "yesterday"], env={"FEEDBACK_LAKE_URL": filled.root}, obj=Installation(load)
    )
    assert wrong.exit_code == 2


def test_a_corrupt_log_is_told_with_its_table_and_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "lake" / "gold" / "priority" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("garbage{")
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    app = typer.Typer()
    app.command()(top_command)
    called = CliRunner().invoke(app, [], obj=Installation(load))
    assert isinstance(called.exception, OutsideError)
    assert "gold/priority: cannot be opened" in str(called.exception) and "_delta_log" in str(called.exception)
