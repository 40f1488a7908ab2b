"""SPEC C1, M1: a local model for any other labels, measured on texts it has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
import yaml
from typer.testing import CliRunner

from feedback_assets.classification.cli import train_command
from feedback_assets.classification.model.labels_file import read_labels
from feedback_assets.config.settings import load
from feedback_assets.errors import CallError
from feedback_assets.installation import Installation
from feedback_assets_tests.classification.standins import PROMPTS

KINDS = {"BILL": "invoice charged money fee", "CARE": "nurse friendly kind doctor", "ROOM": "room cold bed window"}


def _file(tmp_path: Path, label: str = "reason") -> Path:
    rows = [
        {"id": n, "body": f"{words.split()[n % 4]} {words.split()[(n + 1) % 4]} number {n} &amp; more", label: kind}
        for n, (kind, words) in enumerate(list(KINDS.items()) * 8)
    ]
    rows += [{"id": 90, "body": "nobody labelled this", label: None}, {**rows[0], "id": 91}]
    path = tmp_path / "labels.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def _run(*arguments: str) -> dict[str, object]:
    app = typer.Typer()
    app.command()(train_command)
    result = CliRunner().invoke(app, [*arguments, "--json"], obj=Installation(load))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_columns_are_guessed_and_named_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    told = _run("--labels", str(_file(tmp_path)), "--output", str(tmp_path / "model"), "--folds", "3")
    assert (told["text_column"], told["label_column"]) == ("body", "reason")
    assert (told["items"], told["left_out_without_text_or_label"], told["left_out_repeated"]) == (24, 1, 1)
    assert told["accuracy"] == 1.0 and (tmp_path / "model" / "model.json").is_file()


def test_the_same_call_gives_the_same_model_and_scores(tmp_path: Path) -> None:
    call = ("--labels", str(_file(tmp_path)), "--output", str(tmp_path / "model"), "--folds", "2")
    assert _run(*call) == _run(*call)


def test_labels_outside_a_given_taxonomy_are_listed_with_the_closest(tmp_path: Path) -> None:
    content = yaml.safe_load((PROMPTS / "taxonomy.yaml").read_text(encoding="utf-8"))
    category = content["categories"]["defect"]
    roles = {"BILLS": "no_issue", "CARE": "catch_all", "ROOM": None}
    content["categories"] = {name: {**category, "role": role} for name, role in roles.items()}
    taxonomy = tmp_path / "taxonomy.yaml"
    taxonomy.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CallError, match="'BILL'; did you mean 'BILLS'"):
        _run("--labels", str(_file(tmp_path)), "--taxonomy", str(taxonomy), "--output", str(tmp_path / "m"))


def test_a_label_rarer_than_the_folds_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="a label has only 8 texts; say --folds 8"):
        _run("--labels", str(_file(tmp_path)), "--folds", "9", "--output", str(tmp_path / "m"))


def test_a_column_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no column 'topic'; --label must be one of id, body, reason"):
        read_labels(_file(tmp_path), label="topic")
    with pytest.raises(CallError, match="no such file"):
        read_labels(tmp_path / "none.csv")


def test_json_lines_of_the_projects_own_form_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    rows = [
        {"text": f"text number {n}", "issues": [{"category": "defect" if n % 2 else "other", "sub_label": None}]}
        for n in range(6)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert read_labels(path).labels == ["other", "defect"] * 3
