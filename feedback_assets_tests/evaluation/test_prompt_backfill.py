"""The story's thirty days under changed words, for everything and narrowed, started in Dagster as its UI does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from feedback_assets_tests.azure import azure
from feedback_assets_tests.evaluation.prompt_story import CATEGORY, NEW_WORDS, TAKES_OVER, Found, backfill, tell

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Found]]:
    """Both backfills over the same labelled history, each on its own copy of it."""
    folder = tmp_path_factory.mktemp("story")
    with azure({NEW_WORDS: (CATEGORY, TAKES_OVER)}) as server:
        whole = tell(folder / "whole", server, seed=7, every=8, examples_each=12)
        narrowed = whole.copied(folder / "narrowed")
        for home in (whole, narrowed):
            home.change_words()
        # A dozen examples of each category measure nothing about which are close, so the alternative is named.
        scope = ("--scope", CATEGORY, "--alternative", TAKES_OVER)
        yield {"whole": backfill(whole), "narrowed": backfill(narrowed, *scope)}


@pytest.fixture(params=["whole", "narrowed"])
def one(found: dict[str, Found], request: pytest.FixtureRequest) -> Found:
    return found[request.param]


def days(found: Found) -> set[str]:
    return {day["day"] for day in found.plan["days"]}


def test_the_plan_is_what_the_server_counted_to_the_request(one: Found) -> None:
    assert one.asked == one.plan["requests"] > 0
    assert one.texts_asked == one.asked


def test_each_block_of_neighbouring_days_is_one_run(one: Found) -> None:
    planned = [(block["from"], block["to"]) for block in one.plan["runs"]]
    assert one.runs == planned
    covered = [
        str(date.fromisoformat(first) + timedelta(days=n))
        for first, last in planned
        for n in range((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
    ]
    assert sorted(days(one)) == covered


def test_a_day_outside_has_no_new_materialisation_of_any_table(one: Found) -> None:
    assert one.new_days == days(one)


def test_every_row_names_the_prompt_version_that_labelled_it(found: dict[str, Found]) -> None:
    whole, narrowed = found["whole"], found["narrowed"]
    new, [old] = whole.plan["prompt_after"], whole.plan["prompt_before"]
    assert all(whole.versions[day] == {new} for day in days(whole))
    assert all(narrowed.versions[day] == {old, new} or narrowed.versions[day] == {new} for day in days(narrowed))
    assert all(narrowed.versions[day] == {old} for day in set(narrowed.versions) - days(narrowed))
    left = {day for group in narrowed.plan["left_out"] for day in group["days"]}
    assert left == set(narrowed.versions) - days(narrowed)


def test_the_scope_leaves_days_out_and_asks_less(found: dict[str, Found]) -> None:
    narrowed = found["narrowed"].plan
    assert narrowed["scope"] == sorted([CATEGORY, TAKES_OVER])
    assert len(narrowed["runs"]) > 1
    assert narrowed["left_out"]
    assert narrowed["requests"] < found["whole"].plan["requests"]


def test_old_and_new_labels_can_be_read_side_by_side(one: Found) -> None:
    assert one.diff["compared"] == len(one.diff["items"]) > 0
    assert one.diff["unknown"] == 0
    assert {(row["from"], row["to"]) for row in one.diff["flips"]} == {(CATEGORY, TAKES_OVER)}


def test_a_prompt_backfill_only_proposes(one: Found) -> None:
    assert one.receipts <= {"proposed"}
