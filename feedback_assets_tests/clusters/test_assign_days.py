"""Assigning days: who belongs together, ids that last, merges and splits, and what a row says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets import tables
from feedback_assets.clusters.assign_days import ClusterResult
from feedback_assets.clusters.state import Cluster
from feedback_assets.clusters.summary import CategoryTotals, title
from feedback_assets.lake.frames import table_hash
from feedback_assets_tests.clusters.story import RULES, TITLES, day, issue, run

TIGHT = [("the shoe is too tight", "en"), ("viel zu eng", "de"), ("trop serre", "fr"), ("so narrow", "en")]


def tight(first: int, on: int, count: int = 4, product: str = "p1") -> list[dict[str, object]]:
    return [
        issue(first + n, on, "sizing_fit", TIGHT[n % 4][0], "runs_small", product, TIGHT[n % 4][1])
        for n in range(count)
    ]


def by_days(rows: Sequence[dict[str, object]], days: Sequence[int]) -> ClusterResult:
    """The same days one by one, each from what the ones before wrote."""
    clusters, members = run([], []).clusters, run([], []).members
    for on in days:
        result = run(rows, [on], clusters)
        clusters = pd.concat([clusters, result.clusters], ignore_index=True) if len(clusters) else result.clusters
        members = pd.concat([members, result.members], ignore_index=True) if len(members) else result.members
    return ClusterResult(clusters, members)


def same(one: ClusterResult, other: ClusterResult) -> None:
    assert table_hash(one.clusters, tables.GOLD_CLUSTERS) == table_hash(other.clusters, tables.GOLD_CLUSTERS)
    assert table_hash(one.members, tables.GOLD_CLUSTER_MEMBERS) == table_hash(
        other.members, tables.GOLD_CLUSTER_MEMBERS
    )


def test_one_problem_in_three_languages_and_several_wordings_is_one_cluster() -> None:
    result = run([*tight(0, 0), *tight(10, 1)], [0, 1])
    assert result.members["cluster_id"].nunique() == 1
    newest = result.clusters.iloc[-1]
    assert newest["members_total"] == 8
    assert json.loads(newest["languages"]) == {"de": 2, "en": 4, "fr": 2}
    assert (newest["first_seen"], newest["last_seen"], newest["event"]) == (day(0), day(1), "grew")


def test_the_same_fault_of_two_products_is_two_clusters() -> None:
    result = run([*tight(0, 0), *tight(10, 0, product="p2")], [0])
    assert result.clusters["product_id"].tolist() == ["p1", "p2"] or set(result.clusters["product_id"]) == {"p1", "p2"}
    assert result.members["cluster_id"].nunique() == 2


def test_too_tight_and_too_wide_of_one_product_stay_apart() -> None:
    wide = [issue(20 + n, 0, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(3)]
    assert run([*tight(0, 0), *wide], [0]).members["cluster_id"].nunique() == 2


def test_adverts_and_crashes_of_an_app_without_products_stay_apart() -> None:
    rows = [issue(n, 0, "app_usability", "too many adverts", "adverts") for n in range(3)]
    rows += [issue(10 + n, 0, "app_usability", "app crashes", "crash") for n in range(3)]
    result = run(rows, [0])
    assert sorted(result.clusters["title"]) == ["App: crash", "App: too many adverts"]


def test_a_handful_whose_theme_no_word_bears_out_bears_its_category_alone() -> None:
    guessed = [issue(n, 0, "app_usability", "grau und schwer", "adverts") for n in range(4)]
    borne_out = [issue(n, 0, "app_usability", "ads, ads everywhere", "adverts") for n in range(4)]
    doubted = [{**row, "confidence": 0.6} for row in borne_out]
    many = [issue(n, 0, "app_usability", "grau und schwer", "adverts") for n in range(RULES.title_members)]
    assert run(guessed, [0]).clusters["title"].tolist() == ["App"]
    assert run(doubted, [0]).clusters["title"].tolist() == ["App"]
    assert run(borne_out, [0]).clusters["title"].tolist() == ["App: too many adverts"]
    assert run(many, [0]).clusters["title"].tolist() == ["App: too many adverts"]


def test_a_word_in_parentheses_is_borne_out_by_most_members() -> None:
    elsewhere = CategoryTotals(1000, {"concepts": Counter({"crash": 50, "adverts": 900}), "terms": Counter()})
    cluster = Cluster(
        "c1", "app_usability", "site_and_app", "app_usability", day(0), day(0), np.zeros(4, np.float32),
        members_total=20,
    )  # fmt: skip
    cluster.counts["sub_labels"].update({"slow": 20})
    cluster.counts["concepts"].update({"crash": 14})
    assert title(cluster, elsewhere, RULES, TITLES) == "App: slow"
    cluster.counts["concepts"].update({"crash": 2})
    assert title(cluster, elsewhere, RULES, TITLES) == "App: slow (crash)"
    assert title(cluster, elsewhere, RULES.model_copy(update={"vague": frozenset({"crash"})}), TITLES) == "App: slow"


def test_a_theme_that_half_of_the_members_carry_names_none_of_them() -> None:
    cluster = Cluster(
        "c1", "app_usability", "site_and_app", "app_usability", day(0), day(0), np.zeros(4, np.float32),
        members_total=20,
    )  # fmt: skip
    cluster.counts["sub_labels"].update({"adverts": 10, "slow": 10})
    assert title(cluster, CategoryTotals(), RULES, TITLES) == "App: various complaints"
    cluster.onset = day(0)
    assert title(cluster, CategoryTotals(), RULES, TITLES) == "App: too many adverts"
    cluster.onset = None
    cluster.counts["sub_labels"].update({"adverts": 2})
    assert title(cluster, CategoryTotals(), RULES, TITLES) == "App: too many adverts"


def test_the_products_own_name_is_no_word_for_what_is_wrong_with_it() -> None:
    cluster = Cluster(
        "c1", "app_usability", "site_and_app", "app_usability", day(0), day(0), np.zeros(4, np.float32),
        members_total=20, product_name="Torgane Blender",
    )  # fmt: skip
    cluster.counts["sub_labels"].update({"adverts": 10, "slow": 10})
    cluster.counts["terms"].update({"blender": 20, "torgane": 19, "carton": 16})
    elsewhere = CategoryTotals(
        1000, {"concepts": Counter(), "terms": Counter({"blender": 20, "torgane": 20, "carton": 30})}
    )
    assert title(cluster, elsewhere, RULES, TITLES) == "App: carton · Torgane Blender"
    cluster.counts["terms"].clear()
    assert title(cluster, elsewhere, RULES, TITLES) == "App: various complaints · Torgane Blender"
    cluster.product_id = "P1"
    assert title(cluster, elsewhere, RULES, TITLES) == "App: too many adverts, slow · Torgane Blender"


def test_an_anonymous_product_id_narrows_to_the_family_only() -> None:
    rows = [issue(n, 0, "sizing_fit", "too tight", "runs_small", f"{n}") for n in range(4)]
    for row in rows:
        row["product_name"] = None
    result = run(rows, [0])
    assert result.clusters["scope"].tolist() == ["sizing_fit|family=shoes"]
    assert result.clusters["product_id"].isna().all()


def test_praise_makes_no_cluster() -> None:
    assert run([issue(0, 0, "no_issue", "lovely")], [0]).clusters.empty


def test_an_unsure_issue_joins_but_never_founds_a_cluster() -> None:
    unsure = issue(9, 0, "sizing_fit", "too tight", "runs_small", "p1", triage="signal")
    assert run([unsure], [0]).clusters.empty
    joined = run([*tight(0, 0), unsure], [0])
    assert "e0009-0" in set(joined.members["issue_id"])


def test_a_range_equals_the_same_days_one_by_one() -> None:
    rows = [*tight(0, 0), *tight(10, 2), *tight(30, 2, product="p2"), *tight(50, 5, 9)]
    rows += [issue(100 + n, n % 6, "app_usability", "too many adverts really", "adverts") for n in range(12)]
    same(run(rows, range(6)), by_days(rows, range(6)))


QUOTES = st.sampled_from(
    [
        ("sizing_fit", "too tight", "runs_small"), ("sizing_fit", "far too wide", None), ("sizing_fit", "meh", None),
        ("app_usability", "too many adverts", "adverts"), ("app_usability", "app crashes", None),
        ("app_usability", "adverts and it crashed", "crash"), ("delivery", "parcel late", "late"),
    ]
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 3), QUOTES, st.sampled_from(["p1", "p2", None])), max_size=30))
def test_any_range_equals_day_by_day_and_replays_to_the_same_ids(
    cases: list[tuple[int, tuple[str, str, str | None], str | None]],
) -> None:
    rows = [issue(n, on, quote[0], quote[1], quote[2], product) for n, (on, quote, product) in enumerate(cases)]
    whole = run(rows, range(4))
    same(whole, by_days(rows, range(4)))
    same(whole, run(list(reversed(rows)), range(4)))
    assert set(whole.members["issue_id"]) <= {str(row["issue_id"]) for row in rows}


def test_a_late_first_report_keeps_the_clusters_id() -> None:
    before = run(tight(10, 3), [3])
    late = run([*tight(0, 1, 1), *tight(10, 3)], [1, 2, 3])
    assert set(late.clusters["cluster_id"]) == set(before.clusters["cluster_id"])
    assert late.clusters["first_seen"].min() == day(1)


def told_in_two_ways(onset: int, other: int, days: int = 12) -> list[dict[str, object]]:
    """A product told of in two ways from two days on, two a day each; beside it another product as ever."""
    rows = [issue(1000 + n, n, "sizing_fit", "far too wide", "runs_large", "p2") for n in range(days)]
    for on in range(onset, days):
        rows += tight(100 + 10 * on, on, 2)
    for on in range(other, days):
        rows += [issue(500 + 10 * on + n, on, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(2)]
    return rows


def test_what_begins_on_one_day_about_one_product_is_one_cluster_in_however_many_ways_it_is_told() -> None:
    rows = told_in_two_ways(8, 8)
    result = run(rows, range(12))
    newest = result.clusters[result.clusters["product_id"] == "p1"].iloc[-1]
    assert (newest["members_total"], newest["onset"], newest["specific"]) == (16, day(8), True)
    assert {"absorbed", "merged"} <= set(result.clusters["event"])
    same(result, by_days(rows, range(12)))


def test_what_a_product_is_told_of_all_along_stays_apart_from_what_begins() -> None:
    result = run(told_in_two_ways(8, 0), range(12))
    last = result.clusters[(result.clusters["product_id"] == "p1") & (result.clusters["day"] == day(11))]
    assert sorted(last["members_total"]) == [8, 24]
    assert last["onset"].isna().all()


def test_rows_of_an_older_version_without_daily_counts_are_no_sudden_rise() -> None:
    rows = told_in_two_ways(0, 0)
    old = run(rows, range(10)).clusters.assign(by_day=None, onset=None)
    result = run(rows, range(10, 12), old)
    assert result.clusters["onset"].isna().all()
    assert set(result.clusters["event"]) == {"grew"}


def test_a_dormant_cluster_is_found_again() -> None:
    result = run([*tight(0, 0), *tight(10, 90)], [0, 90])
    assert result.members["cluster_id"].nunique() == 1
    assert result.clusters["event"].tolist() == ["born", "grew"]


def test_two_clusters_that_grow_alike_merge_into_the_older_and_it_is_told() -> None:
    older = run([issue(n, 0, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(3)], [0])
    younger = run(tight(10, 1), [1])
    twisted = younger.clusters.assign(centre=[older.clusters["centre"].iloc[0]])
    before = pd.concat([older.clusters, twisted], ignore_index=True)
    result = run([issue(30, 2, "sizing_fit", "too loose for me", "runs_large", "p1")], [2], before)
    rows, kept = result.clusters.set_index("event"), older.clusters["cluster_id"].iloc[0]
    assert rows.loc["merged", "merged_into"] == rows.loc["absorbed", "cluster_id"] == kept
    assert rows.loc["absorbed", "members_total"] == 8
    assert rows.loc["merged", "status"] == "merged"
    assert set(result.members["cluster_id"]) == {kept}


def test_a_merged_cluster_takes_no_more_members() -> None:
    older = run([issue(n, 0, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(3)], [0])
    gone = run(tight(10, 1), [1]).clusters.assign(
        status="merged", merged_into=older.clusters["cluster_id"].iloc[0], event="merged"
    )
    before = pd.concat([older.clusters, gone], ignore_index=True)
    result = run(tight(30, 2), [2], before)
    assert gone["cluster_id"].iloc[0] not in set(result.clusters["cluster_id"])


def test_members_that_tell_another_problem_split_off() -> None:
    mixed = run(tight(0, 0), [0]).clusters
    middle = [0.7 * a + 0.7 * b for a, b in zip(
        mixed["centre"].iloc[0],
        run([issue(1, 0, "sizing_fit", "far too wide", "runs_large", "p1")], [0]).clusters["centre"].iloc[0],
        strict=True,
    )]  # fmt: skip
    before = mixed.assign(centre=[middle])
    wide = [issue(50 + n, 1, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(4)]
    result = run([*tight(30, 1), *wide], [1], before)
    assert sorted(result.clusters["event"]) == ["grew", "split"]
    assert result.members["cluster_id"].nunique() == 2


def test_quotes_are_verbatim_and_in_several_languages() -> None:
    result = run([*tight(0, 0), *tight(10, 1)], [0, 1])
    quotes = json.loads(result.clusters.iloc[-1]["quotes"])
    assert {quote["quote"] for quote in quotes} <= {text for text, _ in TIGHT}
    assert len({quote["language"] for quote in quotes}) == 3


def test_doubtful_members_are_never_quoted() -> None:
    doubtful = [
        {**tight(1, 0, 1)[0], "sentiment": "positive", "quote": "lovely, not too tight"},
        {**tight(2, 0, 1)[0], "triage": "review", "quote": "somewhat too tight maybe"},
        {**tight(3, 0, 1)[0], "quote": "the shoe is too tight and then..."},
    ]
    newest = run([*tight(10, 0), *doubtful], [0]).clusters.iloc[-1]
    assert newest["members_total"] == 7
    assert {quote["quote"] for quote in json.loads(newest["quotes"])} == {text for text, _ in TIGHT}
    assert json.loads(run(doubtful, [0]).clusters.iloc[-1]["quotes"]) == []


def test_a_member_with_another_theme_is_not_quoted() -> None:
    odd = issue(90, 0, "sizing_fit", "too tight and narrow at the tongue", "cut_or_shape", "p1")
    newest = run([*tight(0, 0, 8), odd], [0]).clusters.iloc[-1]
    assert newest["members_total"] == 9
    assert odd["quote"] not in {quote["quote"] for quote in json.loads(newest["quotes"])}


def test_quotes_without_a_clarity_as_older_versions_wrote_them_are_chosen_anew() -> None:
    before = run(tight(0, 0), [0]).clusters
    old = json.dumps([{"event_id": "e0", "quote": "lovely shoe", "language": "en"}])
    newest = run(tight(10, 1), [1], before.assign(quotes=old)).clusters.iloc[-1]
    assert "lovely shoe" not in newest["quotes"]
    assert len(json.loads(newest["quotes"])) == 4


def test_a_cluster_without_a_quote_is_placed_by_the_words_of_its_members() -> None:
    doubtful = [{**row, "triage": "review"} for row in tight(0, 0)]
    before = run(doubtful, [0]).clusters.assign(embedding_version="older")
    assert before["quotes"].tolist() == ["[]"]
    result = run(tight(10, 1), [1], before)
    assert set(result.clusters["cluster_id"]) == set(before["cluster_id"])


def test_a_summary_holds_only_counted_numbers() -> None:
    newest = run([*tight(0, 0), *tight(10, 1)], [0, 1]).clusters.iloc[-1]
    assert "8 issues from 2026-03-01 to 2026-03-02, 4 on the last day." in newest["summary"]
    assert "Languages: en 4, de 2, fr 2." in newest["summary"]


def test_a_change_of_the_embedding_places_old_centres_anew_from_their_quotes() -> None:
    before = run(tight(0, 0), [0]).clusters.assign(embedding_version="older")
    result = run(tight(10, 1), [1], before)
    assert set(result.clusters["cluster_id"]) == set(before["cluster_id"])
