"""M1: scores overall and by slice, each with its interval, old ones kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feedback_assets import tables
from feedback_assets.classification.model.examples import Example
from feedback_assets.classification.model.local_answer import LocalAnswer, SecondaryIssue
from feedback_assets.classification.model.recipe import Recipe
from feedback_assets.classification.model.training import train
from feedback_assets.config.settings import load
from feedback_assets.evaluation.cli import evaluate_command
from feedback_assets.evaluation.golden import GoldenItem
from feedback_assets.evaluation.scores import score_golden, score_rows
from feedback_assets.installation import Installation
from feedback_assets.lake.store import Lake

NOW = datetime(2024, 5, 1, tzinfo=UTC)
VERSIONS = {"golden_version": "g", "model_version": "m", "taxonomy_version": "t", "thresholds_version": "h"}


def _item(number: int, category: str, language: str = "en", *further: str) -> GoldenItem:
    issues = tuple((name, None) for name in (category, *further))
    return GoldenItem(f"{language}-{number}", "text", language, "chat", None, issues, "negative", 3.0, ())


def _answer(category: str, confidence: float, *further: str) -> LocalAnswer:
    secondary = tuple(SecondaryIssue(name, None, 0.8) for name in further)
    return LocalAnswer(category, confidence, None, None, "negative", -1.0, 2.0, secondary)


ITEMS = [_item(1, "defect"), _item(2, "defect", "de"), _item(3, "delivery", "de", "packaging"), _item(4, "other")]
ANSWERS = [
    _answer("defect", 0.9),
    _answer("delivery", 0.6),
    _answer("delivery", 0.8, "packaging"),
    _answer("other", 0.7),
]


def test_every_number_comes_with_its_interval_and_by_slice() -> None:
    result = score_golden(ITEMS, ANSWERS)
    assert result["accuracy"] == 0.75
    assert result["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3, abs=1e-4)
    assert result["macro_f1_interval"][0] <= result["macro_f1"] <= result["macro_f1_interval"][1]
    assert set(result["by_category"]) == {"defect", "delivery", "other"}
    assert result["by_language"]["de"]["accuracy"] == 0.5
    assert result["by_channel"]["chat"]["items"] == 4
    assert result["further_issues"] == {"said": 1, "there": 1, "precision": 1.0, "recall": 1.0}
    assert result["urgency_mean_error"] == 1.0


def test_the_same_versions_again_add_nothing_and_others_are_kept_beside(lake: Lake) -> None:
    result = score_golden(ITEMS, ANSWERS)
    rows = score_rows(result, VERSIONS, NOW)
    assert lake.append_missing(tables.GOLDEN_SCORES, rows, {}) == len(rows) == 1 + 3 + 2 + 1
    assert lake.append_missing(tables.GOLDEN_SCORES, score_rows(result, VERSIONS, datetime.now(UTC)), {}) == 0
    other = score_rows(result, {**VERSIONS, "model_version": "n"}, NOW)
    assert lake.append_missing(tables.GOLDEN_SCORES, other, {}) == len(rows)


def test_an_artefact_is_measured_on_other_labels(tmp_path: Path) -> None:
    examples = [Example(f"{kind} word {n}", ((kind, None),)) for n in range(8) for kind in ("bill", "room")]
    train(examples, Recipe(("bill", "room"), {}, {}), categories_only=True).save(tmp_path / "model")
    labels = tmp_path / "other.csv"
    labels.write_text("text,label\nbill again,bill\nthe room,room\nroom here,bill\n", encoding="utf-8")
    app = typer.Typer()
    app.command()(evaluate_command)
    called = CliRunner().invoke(
        app, ["--labels", str(labels), "--model", str(tmp_path / "model"), "--json"], obj=Installation(load)
    )
    told = json.loads(called.stdout)
    assert (told["items"], told["accuracy"]) == (3, pytest.approx(2 / 3, abs=1e-3))
    assert {"macro_f1", "macro_f1_interval", "calibration_error", "by_category"} <= set(told)
