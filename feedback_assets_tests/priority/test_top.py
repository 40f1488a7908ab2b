"""The top problems of a small lake, and that the question starts without heavy libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.store import Lake
from feedback_assets.priority.score import score_clusters
from feedback_assets.priority.top import Top, top_problems
from feedback_assets_tests.clusters.story import issue, run
from feedback_assets_tests.priority.story import FIRST, RULES, TAXONOMY, Story, day


@pytest.fixture
def filled(lake: Lake) -> Lake:
    rows = [issue(n, 28 + n % 3, "sizing_fit", "much too tight", "runs_small", "p1") for n in range(12)]
    rows += [issue(100 + n, 28 + n % 3, "app_usability", "too many adverts", "adverts") for n in range(5)]
    result = run(rows, range(28, 31))
    story = Story()
    for on in range(31):
        story.praise(on, 30)
    frame = pd.DataFrame(rows).assign(sentiment="negative", severity=3.0, harm=None, churn_intent=None, owner="design")
    frames = story.frames()
    items = frame.assign(
        customer_ref=frame["event_id"], order_ref=None, customer_tier=None, customer_value=None, return_reason=None,
        unit_margin=None,
    )[list(frames.feedback.columns)]  # fmt: skip
    inputs = type(frames)(
        result.members, frame, result.clusters, pd.concat([frames.feedback, items], ignore_index=True), frames.commerce
    )
    window = FIRST, day(40)
    for table, content in (
        (tables.GOLD_CLUSTERS, result.clusters),
        (tables.GOLD_CLUSTER_MEMBERS, result.members),
        (tables.GOLD_PRIORITY, score_clusters(inputs, [day(29), day(30)], RULES, TAXONOMY)),
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


def top_of(lake: Lake, **more: Any) -> Top:
    """Leaves out the category of the adverts, as wishes and vague anger are left out."""
    return top_problems(lake.root, left_out={"app_usability"}, **more)


def test_the_first_problem_of_the_week_comes_first_with_its_owner(filled: Lake) -> None:
    top = top_of(filled)
    assert top.day == str(day(30))
    assert [problem.category for problem in top.problems] == ["sizing_fit"]
    first = top.problems[0]
    assert (first.rank, first.issues, first.owner, first.decision) == (1, 12, "design", "ticket")


def test_a_problem_shows_the_ticket_of_a_cluster_that_became_part_of_it(filled: Lake) -> None:
    problem = top_of(filled).problems[0].cluster_id
    newest = filled.read(tables.GOLD_CLUSTERS).iloc[-1:]
    merged = newest.assign(
        day=[day(29)], cluster_id="c-younger", status="merged", merged_into=problem, event="merged", members_today=0
    )
    rows = pd.concat([filled.read(tables.GOLD_CLUSTERS), merged])
    assert not filled.write_days(tables.GOLD_CLUSTERS, rows, FIRST, day(40), {}).failures
    planned = {"day": day(28), "ticket_key": "FB-1", "clusters": '["c-younger"]', "action": "create", "due": day(35)}
    batch = _stored(pd.DataFrame([planned]), tables.TICKET_BATCH)
    assert not filled.write_days(tables.TICKET_BATCH, batch, FIRST, day(40), {}).failures
    assert top_of(filled).problems[0].ticket == "FB-1"


def test_wishes_and_vague_anger_show_only_when_asked_for(filled: Lake) -> None:
    assert [p.category for p in top_of(filled, category="app_usability").problems] == ["app_usability"]


def test_members_are_drawn_at_random_and_the_same_seed_draws_the_same(filled: Lake) -> None:
    drawn = top_of(filled, members=5, seed=3).problems[0].members
    assert drawn == top_of(filled, members=5, seed=3).problems[0].members
    assert len({quote.issue_id for quote in drawn}) == 5
    assert {quote.text for quote in drawn} == {"much too tight"}


def test_an_earlier_day_shows_what_was_known_then(filled: Lake) -> None:
    top = top_of(filled, day=day(29))
    assert (top.day, top.problems[0].issues) == (str(day(29)), 8)


def test_an_empty_lake_has_no_problems(tmp_path: Path) -> None:
    assert top_problems(str(tmp_path)).problems == ()


def test_it_starts_without_the_heavy_libraries(filled: Lake) -> None:
    program = (
        "import sys; from feedback_assets.priority.top import top_problems; "
        f"assert top_problems({filled.root!r}).problems; "
        "print(sorted({'pandas', 'pyarrow', 'dagster', 'sklearn', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_a_problem_shows_its_clear_quotes_and_none_that_an_older_version_chose(filled: Lake) -> None:
    assert top_problems(filled.root).problems[0].quotes == ("much too tight",)
    clusters = filled.read(tables.GOLD_CLUSTERS)
    old = clusters.assign(quotes='[{"event_id": "e1", "quote": "lovely", "language": "en"}]')
    filled.write_days(tables.GOLD_CLUSTERS, old, FIRST, day(40), {})
    assert top_problems(filled.root).problems[0].quotes == ()
