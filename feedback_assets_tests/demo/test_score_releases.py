"""Scoring release suspects against the truth."""

from __future__ import annotations

from datetime import date

import pandas as pd

from feedback_assets.demo import story
from feedback_assets.demo.score_releases import score_releases
from feedback_assets.demo.truth import Planted, Truth

TRUTH = Truth(
    seed=3, first_day="2025-01-06", last_day="2025-02-04", items=20,
    planted=(
        Planted("planted-1", "sizing_error", "P1", "Boot", "sizing_fit", "2025-01-20", None, {}, ("a1", "a2"), "rel-2"),
        Planted("planted-3", "carrier_delay", None, None, "delivery", "2025-01-22", None, {}, ("b1", "b2")),
    ),
    decoys=(), values=(), labels={},
)  # fmt: skip
MEMBERS = pd.DataFrame(
    {"event_id": ["a1", "a2", "b1", "b2", "x1", "x2"], "cluster_id": ["C1", "C1", "C2", "C2", "C3", "C1"]}
)


def row(release: str, value: str, evidence: float, **more: object) -> dict[str, object]:
    return {
        "day": date(2025, 1, 25), "release_id": release, "scope": "cluster", "value": value, "title": value,
        "category": "sizing_fit", "verdict": "suspect", "evidence": evidence, "reason": "2x",
    } | more  # fmt: skip


def test_the_first_suspect_of_the_cluster_that_holds_most_of_a_problem_counts() -> None:
    impact = pd.DataFrame([row("rel-1", "C1", 3.0), row("rel-2", "C1", 5.0), row("rel-9", "C3", 9.0)])
    [one] = score_releases(TRUTH, impact, MEMBERS).problems
    assert (one.planted, one.suspected, one.right) == ("rel-2", "rel-2", True)
    assert one.at == "cluster C1 (2 of its 2 items)"


def test_another_suspect_or_none_is_not_right() -> None:
    wrong = score_releases(TRUTH, pd.DataFrame([row("rel-1", "C1", 3.0)]), MEMBERS).problems[0]
    assert (wrong.suspected, wrong.right) == ("rel-1", False)
    none = score_releases(TRUTH, pd.DataFrame([row("rel-2", "C1", 3.0, verdict="coincides")]), MEMBERS).problems[0]
    assert (none.suspected, none.right) == (None, False)


def test_the_season_raises_a_release_on_its_category_or_a_cluster_of_it_without_a_planted_problem() -> None:
    impact = pd.DataFrame([
        row("rel-1", "C2", 3.0, category="delivery"), row("rel-1", "C3", 3.0, category="delivery"),
        row("rel-4", "delivery", 3.0, category="delivery", scope="category"),
        row("rel-5", "delivery", 3.0, category="delivery", scope="category", verdict="coincides"),
    ])  # fmt: skip
    found = score_releases(TRUTH, impact, MEMBERS)
    assert [told.split(":")[0] for told in found.season_raised] == ["rel-1 on cluster C3", "rel-4 on category delivery"]
    assert [told.split(":")[0] for told in found.season_coincides] == ["rel-5 on category delivery"]


def test_each_problem_a_change_causes_knows_its_release_and_the_others_none(tmp_path) -> None:
    told = story.generate(11, str(tmp_path)).truth.planted
    caused = {problem.kind for problem in told if problem.release}
    assert caused == {"payment_regression", "sizing_error", "misleading_listing", "account_lockout"}
    assert len({problem.release for problem in told if problem.release}) == 4
