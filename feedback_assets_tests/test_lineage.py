from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.lineage import ClusterRow, Lineage, Merge, cluster_rows

DAY = date(2026, 3, 1)


def _day(number: int) -> date:
    return DAY + timedelta(days=number)


def _rows(*rows: tuple[int, str, str | None]) -> Lineage[date, str]:
    return Lineage(ClusterRow(_day(day), cluster, into, f"{cluster} of {day}") for day, cluster, into in rows)


CHAIN = ((0, "a", None), (0, "b", None), (1, "c", None), (3, "c", "b"), (6, "b", "a"))


def test_a_chain_of_merges_leads_to_its_last_cluster() -> None:
    lineage = _rows(*CHAIN).as_of(_day(6))
    assert [lineage.root(cluster) for cluster in "abc"] == ["a", "a", "a"]
    assert lineage.ancestors("a") == {"b", "c"}
    assert lineage.ancestors("b") == {"c"}
    assert lineage.ancestors("c") == frozenset()


def test_a_merge_dated_later_than_the_day_asked_for_is_not_known_yet() -> None:
    lineage = _rows(*CHAIN)
    assert lineage.as_of(_day(5)).root("c") == "b"
    assert lineage.as_of(_day(2)).root("c") == "c"
    assert lineage.as_of(_day(2)).ancestors("b") == frozenset()
    assert lineage.as_of(_day(0)).row("c") is None


def test_the_lineage_of_an_earlier_day_stays_as_it_was_when_a_later_day_is_asked_for() -> None:
    lineage = _rows(*CHAIN)
    early = lineage.as_of(_day(2))
    late = lineage.as_of(_day(6))
    assert (early.root("c"), late.root("c"), early.root("b")) == ("c", "a", "b")
    assert lineage.as_of(_day(3)).root("b") == "b"


def test_clusters_that_became_part_of_each_other_share_one_root() -> None:
    lineage = _rows((0, "b", "c"), (0, "c", "a"), (1, "a", "b"), (1, "d", "c"), (1, "e", "e")).as_of(_day(1))
    assert {lineage.root(cluster) for cluster in "abcd"} == {"a"}
    assert lineage.ancestors("a") == {"b", "c", "d"}


def test_a_record_that_names_itself_is_part_of_nothing() -> None:
    records = [{"day": "2026-03-01", "cluster_id": "e", "status": "merged", "merged_into": "e"}]
    assert Lineage(cluster_rows(records)).as_of("2026-03-01").root("e") == "e"


def test_a_cluster_whose_newest_row_is_active_again_stands_for_itself() -> None:
    lineage = _rows((0, "a", None), (1, "b", "a"), (4, "b", None))
    assert lineage.as_of(_day(3)).root("b") == "a"
    assert lineage.as_of(_day(4)).root("b") == "b"


def test_rows_before_the_window_count_as_not_read() -> None:
    lineage = _rows(*CHAIN)
    windowed = lineage.as_of(_day(6), since=_day(4))
    assert windowed.root("c") == "c"
    assert windowed.root("b") == "a"
    assert windowed.row("c") is None
    assert windowed.row("b") == "b of 6"


def test_a_merge_into_a_cluster_that_no_row_names_is_followed() -> None:
    lineage = _rows((2, "b", "gone")).as_of(_day(2))
    assert lineage.root("b") == "gone"
    assert lineage.row("gone") is None
    assert lineage.ancestors("gone") == {"b"}


def test_merges_are_listed_in_order_between_two_days() -> None:
    lineage = _rows(*CHAIN)
    assert lineage.merges(None, _day(9)) == [Merge(_day(3), "c", "b"), Merge(_day(6), "b", "a")]
    assert lineage.merges(_day(3), _day(6)) == [Merge(_day(6), "b", "a")]
    assert lineage.merges(_day(3), _day(5)) == []


def test_days_may_be_texts_as_queries_give_them() -> None:
    records = [
        {"day": "2026-03-01", "cluster_id": "a", "status": "active", "merged_into": None},
        {"day": "2026-03-02", "cluster_id": "b", "status": "merged", "merged_into": "a"},
        {"day": "2026-03-02", "cluster_id": "c", "status": "active", "merged_into": "a"},
        {"day": "2026-03-02", "cluster_id": "d", "status": "merged", "merged_into": float("nan")},
    ]
    lineage = Lineage(cluster_rows(records)).as_of("2026-03-02")
    assert [lineage.root(cluster) for cluster in "abcd"] == ["a", "a", "c", "d"]
    assert lineage.row("a") == records[0]


_CLUSTER = st.sampled_from("abcdef")
_ROWS = st.lists(st.tuples(st.integers(0, 6), _CLUSTER, st.none() | _CLUSTER), max_size=14, unique_by=lambda r: r[:2])


@given(_ROWS, st.integers(0, 6), st.none() | st.integers(0, 6))
def test_asked_in_any_order_a_day_tells_the_same_and_roots_and_ancestors_agree(
    rows: list[tuple[int, str, str | None]], day: int, since: int | None
) -> None:
    first = None if since is None else _day(since)
    walked = _rows(*rows)
    for earlier in range(day + 1):
        walked.as_of(_day(earlier))
    lineage = walked.as_of(_day(day), first)
    read = [row for row in rows if row[0] <= day and (since is None or row[0] >= since)]
    alone = _rows(*read).as_of(_day(day))
    late = _rows(*rows)
    late.as_of(_day(6))
    for cluster in "abcdef":
        root = lineage.root(cluster)
        assert root == alone.root(cluster) == late.as_of(_day(day), first).root(cluster)
        assert lineage.row(cluster) == alone.row(cluster)
        assert lineage.root(root) == root
        assert cluster == root or cluster in lineage.ancestors(root)
        assert lineage.ancestors(cluster) == alone.ancestors(cluster)


def test_it_starts_without_pandas_and_dagster() -> None:
    code = (
        "import sys, feedback_assets.lineage; assert not {'pandas', 'pyarrow', 'dagster', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
