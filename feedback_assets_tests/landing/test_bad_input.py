"""Bad files, one case each: what is wrong is said with its mend, and every row has landed, counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from feedback_assets.config.settings import load
from feedback_assets.installation import Installation
from feedback_assets_tests.landing.test_cli import app

HEAD = "review_id,date,text,rating\n"
ROWS = "".join(f"rev-000000{n},2025-03-01,Late parcel {n},2\n" for n in range(4))
DATES = ("2025-03-01", "03/14/2025", "14 March 2025", "1741000000", "20250302", "2025-02-30", "31/31/2025", "soon")
DATED = "".join(f"rev-000000{n},{at},Late parcel {n},2\n" for n, at in enumerate(DATES))
ROUNDED = "1.23457E+12,2025-03-01,Late parcel,2\n"

# name, bytes, exit code, rows landed, rows unreadable, what is said
CASES: dict[str, tuple[str, bytes, int, int, int, str]] = {
    "empty": ("a.csv", b"", 0, 0, 0, "the file is empty: nothing to land"),
    "header only": ("a.csv", HEAD.encode(), 0, 0, 0, "has column names and no rows"),
    "wrong encoding": (
        "a.csv",
        (HEAD + ROWS + "rev-0000009,2025-03-01,Schöne Grüße,2\n").encode("cp1252"),
        0,
        5,
        0,
        "cp1252",
    ),
    "mixed line ends": (
        "a.csv",
        (HEAD + ROWS.replace("\n", "\r\n", 1) + ROWS.replace("000000", "111111").replace("\n", "\r")).encode(),
        0,
        8,
        0,
        "",
    ),
    "a field of 10 MB": (
        "a.csv",
        (HEAD + f'rev-0000001,2025-03-01,"{"late " * 2_100_000}",2\n').encode(),
        0,
        1,
        0,
        "over 1 MB, the first is a.csv:2",
    ),
    "NUL bytes": (
        "a.csv",
        (HEAD + ROWS.replace("parcel 2", "par\0cel 2")).encode(),
        0,
        4,
        0,
        "NUL bytes, the first is a.csv:4",
    ),
    "a column twice": (
        "a.csv",
        b"review_id,date,text,text\nrev-0000001,2025-03-01,Late parcel,blue\n",
        0,
        1,
        0,
        "now called text_2",
    ),
    "impossible dates": ("a.csv", (HEAD + DATED).encode(), 0, 8, 3, "a.csv:7 '2025-02-30'"),
    "rounded ids": (
        "a.csv",
        (HEAD + ROUNDED * 2 + ROUNDED.replace("Late", "Lost")).encode(),
        0,
        3,
        0,
        "rounded by a spreadsheet",
    ),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.parametrize("case", list(CASES))
def test_a_bad_file_is_told_with_its_mend_and_loses_nothing(case: str, tmp_path: Path) -> None:
    name, content, code, landed, unreadable, told = CASES[case]
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(app, [str(tmp_path / name), "--json"], obj=Installation(load))
    account = json.loads(result.stdout)
    assert result.exit_code == code
    assert (account["rows"], account["landed"], account["unreadable_rows"]) == (landed, landed, unreadable)
    assert told in json.dumps(account, ensure_ascii=False)
    lines = [line for path in (tmp_path / "home").rglob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len({json.loads(line)["event_id"] for line in lines}) == len(lines) == landed


def test_a_gzip_that_breaks_off_says_to_fetch_it_again(tmp_path: Path) -> None:
    rows = "".join(f"rev-{n * 7919 % 10007:07d},2025-03-01,Late parcel {n},2\n" for n in range(3000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((HEAD + rows).encode())[:-2000])
    result = CliRunner().invoke(app, [str(tmp_path / "a.csv.gz")], obj=Installation(load))
    assert result.exit_code == 1
    assert "breaks off" in result.stdout and "Fetch the file again and import it" in result.stdout


def test_a_mapping_that_names_a_missing_column_is_a_wrong_call_and_lands_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + ROWS)
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(
        "name: shop\nstream: feedback\nsource: shop\nchannel: survey\nevent_id: [review_id]\n"
        "occurred_at: date\nfields: {text: comment}\n"
    )
    result = CliRunner().invoke(app, [str(tmp_path / "a.csv"), "--mapping", str(mapping)], obj=Installation(load))
    assert result.exit_code == 2 and "fields.text: a.csv has no column 'comment'" in result.stderr
    assert "say --map text=COLUMN" in result.stderr
    assert not list((tmp_path / "home").rglob("*.jsonl"))
