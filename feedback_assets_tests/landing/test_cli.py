from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feedback_assets.config.settings import load
from feedback_assets.installation import Installation
from feedback_assets.landing.cli import import_command

REVIEWS = "review_id,text,stars,created_at\nr1,too small,1,2026-03-01 10:00\nr2,fits,5\n"
app = typer.Typer()
app.command()(import_command)


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS)
    return path


def test_the_account_shows_what_was_found_and_what_to_do_next(reviews: Path) -> None:
    result = CliRunner().invoke(app, [str(reviews)], obj=Installation(load))
    assert result.exit_code == 0
    for shown in (
        "CSV", "utf-8 (valid throughout)", "comma", "UTC (assumed; state it with --timezone)", "text ← text *",
        "rating ← stars *", "landed      2", "1 × 3 fields where the header has 4: reviews.csv:3", "next: feedback run",
    ):  # fmt: skip
        assert shown in result.output


def test_json_holds_the_same_account(reviews: Path) -> None:
    told = json.loads(CliRunner().invoke(app, [str(reviews), "--json"], obj=Installation(load)).output)
    assert (told["rows"], told["landed"], told["unreadable_rows"], told["first_day"]) == (2, 2, 1, "2026-03-01")


def test_a_wrong_column_is_a_wrong_call(reviews: Path) -> None:
    result = CliRunner().invoke(app, [str(reviews), "--map", "text=texd"], obj=Installation(load))
    assert result.exit_code == 2 and "did you mean 'text'" in result.stderr


def test_a_landing_place_that_cannot_be_used_is_an_outside_failure(
    reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FEEDBACK_LANDING_URL", str(tmp_path / "file" / "landing"))
    result = CliRunner().invoke(app, [str(reviews)], obj=Installation(load))
    assert result.exit_code == 3 and "cannot be used" in result.stderr


def test_one_bad_file_does_not_stop_the_others(reviews: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "none.csv"), str(reviews), "--json"], obj=Installation(load))
    assert result.exit_code == 2
    assert [entry.get("landed") for entry in json.loads(result.stdout)] == [None, 2]


def test_importing_needs_no_dagster() -> None:
    code = (
        "import sys, feedback_assets.landing.importer, feedback_assets.landing.cli; sys.exit('dagster' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
