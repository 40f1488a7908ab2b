"""`feedback top` over a small lake: what it shows, and that it starts without heavy libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from feedback_assets import tables
from feedback_assets.errors import OutsideError
from feedback_assets.lake.store import Lake
from feedback_assets.priority.score import score
from feedback_assets.priority.top import top, top_command
from feedback_assets_tests.clusters.story import issue, run
from feedback_assets_tests.priority.story import FIRST, RULES, Story, day


@pytest.fixture
def filled(lake: Lake) -> Lake:
    rows = [issue(n, 28 + n % 3, "sizing_fit", "much too tight", "runs_small", "p1") for n in range(12)]
    rows += [issue(100 + n, 28 + n % 3, "app_usability", "too many adverts", "adverts") for n in range(5)]
    walked = run(rows, range(28, 31))
    clusters = walked.clusters.assign(
        domain=walked.clusters["domain"].where(walked.clusters["category"] != "app_usability", "none")
    )
    story = Story()
    for on in range(31):
        story.praise(on, 30)
    frame = pd.DataFrame(rows).assign(sentiment="negative", severity=3.0, churn_intent=None, owner="design")
    frames = story.frames()
    items = frame.assign(
        customer_ref=frame["event_id"], order_ref=None, customer_tier=None, customer_value=None, return_reason=None,
        unit_margin=None,
    )[list(frames.feedback.columns)]  # fmt: skip
    inputs = type(frames)(
        walked.members, frame, clusters, pd.concat([frames.feedback, items], ignore_index=True), frames.commerce
    )
    window = FIRST, day(40)
    for table, content in (
        (tables.GOLD_CLUSTERS, clusters),
        (tables.GOLD_CLUSTER_MEMBERS, walked.members),
        (tables.GOLD_PRIORITY, score(inputs, [day(29), day(30)], RULES)),
        (tables.GOLD_ISSUES, _stored(frame, tables.GOLD_ISSUES)),
        (tables.SILVER_FEEDBACK, _stored(frame.assign(text=frame["quote"], source="shop"), tables.SILVER_FEEDBACK)),
    ):
        report = lake.write_days(table, content, *window, {})
        assert not report.failures
    return lake


def _stored(frame: pd.DataFrame, table: tables.Table) -> pd.DataFrame:
    """The frame with something for every column that may not be null."""
    fill = {"string": "x", "int": 1, "float": 1.0, "bool": False}
    missing = {
        c.name: (c.allowed or (fill.get(c.kind),))[0]
        for c in table.columns
        if not c.nullable and c.name not in frame.columns
    }
    known = [c.name for c in table.columns if c.name in frame.columns]
    return frame[known].assign(**missing)


def test_the_first_problem_of_the_week_comes_first_with_its_owner(filled: Lake) -> None:
    found = top(filled.root)
    assert found.day == str(day(30))
    assert [problem.category for problem in found.problems] == ["sizing_fit"]
    first = found.problems[0]
    assert (first.rank, first.issues, first.owner, first.decision) == (1, 12, "design", "ticket")


def test_wishes_and_vague_anger_show_only_when_asked_for(filled: Lake) -> None:
    assert [p.category for p in top(filled.root, category="app_usability").problems] == ["app_usability"]


def test_members_are_drawn_at_random_and_the_same_seed_draws_the_same(filled: Lake) -> None:
    drawn = top(filled.root, members=5, seed=3).problems[0].members
    assert drawn == top(filled.root, members=5, seed=3).problems[0].members
    assert len({quote.issue_id for quote in drawn}) == 5
    assert {quote.text for quote in drawn} == {"much too tight"}


def test_an_earlier_day_shows_what_was_known_then(filled: Lake) -> None:
    found = top(filled.root, day=day(29))
    assert (found.day, found.problems[0].issues) == (str(day(29)), 8)


def test_an_empty_lake_has_no_problems(tmp_path: Path) -> None:
    assert top(str(tmp_path)).problems == ()


def test_the_command_prints_one_json_object(filled: Lake, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(top_command)
    answer = CliRunner().invoke(app, ["--json"], env={"FEEDBACK_LAKE_URL": filled.root})
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["problems"][0]["title"].startswith("Sizing")
    shown = CliRunner().invoke(app, ["--members", "2"], env={"FEEDBACK_LAKE_URL": filled.root, "COLUMNS": "160"})
    assert "much too tight" in shown.output
    wrong = CliRunner().invoke(app, ["--day", "yesterday"], env={"FEEDBACK_LAKE_URL": filled.root})
    assert wrong.exit_code == 2


def test_it_starts_without_the_heavy_libraries(filled: Lake) -> None:
    program = (
        "import sys; from feedback_assets.priority.top import top; "
        f"assert top({filled.root!r}).problems; "
        "print(sorted({'pandas', 'pyarrow', 'dagster', 'sklearn', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_a_corrupt_log_is_told_with_its_table_and_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "lake" / "gold" / "priority" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("garbage{")
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    app = typer.Typer()
    app.command()(top_command)
    called = CliRunner().invoke(app, [])
    assert isinstance(called.exception, OutsideError)
    assert "gold/priority: cannot be opened" in str(called.exception) and "_delta_log" in str(called.exception)
