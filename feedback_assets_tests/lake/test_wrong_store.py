"""A store that is not the one that was meant: refused by name, never read as an empty lake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.errors import CallError, OutsideError
from feedback_assets.files.landing_files import Landing
from feedback_assets.files.store_marker import Marker, StoreError
from feedback_assets.lake import layout
from feedback_assets.lake.errors import ColumnTypeError
from feedback_assets.lake.store import Lake, LakeError
from feedback_assets.landing.choose import Wanted
from feedback_assets.landing.cli import import_files
from feedback_assets.landing.writer import write_object
from feedback_assets_tests.crash.proxy import Proxy
from feedback_assets_tests.lake import stores
from feedback_assets_tests.lake.rows import TABLE, day, trends
from feedback_assets_tests.lake.test_store import in_force

DAY = date(2024, 3, 1)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """URLs by kind of server, each in a process of its own, and `dead`, where nobody listens."""
    pytest.importorskip("moto.server", reason="needs moto[server]")
    with ExitStack() as stack:
        urls = {kind: stack.enter_context(stores.serving(kind)) for kind in ("html", "html404", "moto")}
        stores.make_bucket(urls["moto"], "bucket")
        yield {**urls, "dead": "http://127.0.0.1:9"}


def put(lake: Lake) -> None:
    lake.write_days(TABLE, trends([day(0)]), day(0), day(1), {})


@pytest.mark.parametrize("kind", ["html", "html404", "dead"])
@pytest.mark.parametrize("root", ["s3://bucket/lake", "s3a://bucket/lake"])
def test_an_endpoint_that_is_no_store_is_refused_by_name_by_all_who_read_or_write(
    servers: dict[str, str], kind: str, root: str
) -> None:
    lake = Lake(root, stores.options(servers[kind]))
    for act in (lambda: lake.read(TABLE), lambda: lake.days(TABLE), lambda: lake.commits(TABLE), lambda: put(lake)):
        with pytest.raises(OutsideError if kind != "html" else (LakeError, CallError)) as raised:
            act()
        assert servers[kind] in str(raised.value) and "FEEDBACK_LAKE_URL" in str(raised.value)
        assert "AWS_ENDPOINT_URL" in str(raised.value)


def test_a_bucket_that_is_missing_is_refused_and_not_read_as_empty(servers: dict[str, str]) -> None:
    lake = Lake("s3://bucet/lake", stores.options(servers["moto"]))
    for act in (lambda: lake.read(TABLE), lambda: put(lake)):
        with pytest.raises(LakeError, match=r"bucet.*FEEDBACK_LAKE_URL"):
            act()


@pytest.mark.parametrize(
    ("root", "fix"),
    [("s4://b/lake", "did you mean s3"), ("S3://b/lake", "did you mean s3"), ("s3:/b/lake", "write s3://"),
     ("https://b/lake", "unknown scheme 'https'"), ("abfs:/c/lake", "write abfs://")],
)  # fmt: skip
def test_a_mistyped_scheme_is_refused_before_anything_is_asked(root: str, fix: str) -> None:
    for make in (Lake, Landing):
        with pytest.raises(CallError, match=fix):
            make(root)


def test_a_real_store_without_a_lake_reads_as_empty_and_the_first_write_marks_it(servers: dict[str, str]) -> None:
    lake = Lake("s3://bucket/new", stores.options(servers["moto"]))
    assert lake.read(TABLE).empty
    assert layout.recorded(lake.root, lake.options) is None
    put(lake)
    assert layout.recorded(lake.root, lake.options) == layout.CHANGES
    assert Lake("s3://bucket/new", stores.options(servers["moto"])).days(TABLE) == {day(0)}


def test_a_store_that_ignores_if_none_match_is_refused_before_the_first_commit(servers: dict[str, str]) -> None:
    with Proxy(servers["moto"]).serving() as proxy:
        proxy.drop_headers = ("if-none-match",)
        lake = Lake("s3://bucket/unsafe", stores.options(proxy.url))
        with pytest.raises(LakeError, match=rf"{proxy.url}: ignores If-None-Match.*FEEDBACK_LAKE_URL"):
            put(lake)
    assert not Lake("s3://bucket/unsafe", stores.options(servers["moto"])).days(TABLE)


def test_a_marker_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / layout.FILE).write_text("<html>")
    with pytest.raises(layout.LayoutError, match=r"_layout\.json: is not a layout mark.*FEEDBACK_LAKE_URL"):
        put(Lake(str(tmp_path)))
    assert (tmp_path / layout.FILE).read_text() == "<html>"


def test_a_store_that_forgets_what_was_written_is_refused(tmp_path: Path) -> None:
    marker = Marker(str(tmp_path), "_m.json", "FEEDBACK_LAKE_URL")
    assert marker.read() is None
    assert marker.create(b"x") and not marker.create(b"y")
    assert marker.read() == b"x"


@pytest.mark.parametrize("kind", ["html", "html404", "dead"])
def test_landing_at_an_endpoint_that_is_no_store_is_refused_and_not_read_as_empty(
    servers: dict[str, str], kind: str
) -> None:
    landing = Landing("s3://bucket/landing", stores.options(servers[kind]))
    acts = [
        lambda: landing.days("feedback"),
        lambda: landing.list_objects("feedback"),
        lambda: landing.list_objects("feedback", DAY),
        lambda: landing.count_lines("feedback", DAY),
        lambda: write_object(landing, "feedback", DAY, "s-1.jsonl", [b"{}"]),
    ]
    for act in acts[:1] if kind == "dead" else acts:  # its client waits nine seconds each time
        with pytest.raises(StoreError) as raised:
            act()
        assert servers[kind] in str(raised.value) and "FEEDBACK_LANDING_URL" in str(raised.value)


def test_landing_in_a_missing_bucket_is_refused_and_in_a_real_one_it_is_marked(servers: dict[str, str]) -> None:
    with pytest.raises(StoreError, match="no such bucket"):
        Landing("s3://bucet/landing", stores.options(servers["moto"])).days("feedback")
    landing = Landing("s3://bucket/landing", stores.options(servers["moto"]))
    assert landing.days("feedback") == {}
    assert write_object(landing, "feedback", DAY, "s-1.jsonl", [b"{}"])
    again = Landing("s3://bucket/landing", stores.options(servers["moto"]))
    assert list(again.days("feedback")) == [DAY]
    files, base = again.file_system()
    assert json.loads(files.cat_file(f"{base}/_landing.json"))["kind"] == "landing"


def test_a_commit_whose_answer_is_lost_is_ours_and_nothing_is_written_twice(servers: dict[str, str]) -> None:
    with Proxy(servers["moto"]).serving() as proxy:
        lake = Lake("s3://bucket/lost", stores.options(proxy.url))
        put(lake)
        lost: list[str] = []

        def lose_each_commit_once(method: str, path: str) -> str | None:
            is_new_commit = method == "PUT" and "_delta_log/" in path and path not in lost
            if is_new_commit:
                lost.append(path)
            return "lost" if is_new_commit else None

        proxy.decide = lose_each_commit_once  # type: ignore[assignment]
        for number in range(1, 4):
            report = lake.write_days(
                TABLE, trends([day(number)], number), day(number), day(number + 1), {}, seen=frozenset()
            )
            assert report.rows == {day(number): 2}
        assert len(lost) == 3
        versions = [path.rpartition("/")[2] for path in lost]
        assert versions == [f"{number:020}.json" for number in range(2, 5)]
    there = Lake("s3://bucket/lost", stores.options(servers["moto"]))
    assert there.read(TABLE)["issues"].tolist() == [1, 1, 1, 1, 2, 2, 3, 3]
    delta = DeltaTable(there.url(TABLE), storage_options=there.storage_options)
    assert delta.version() == 4


def test_rows_of_an_insert_whose_answer_is_lost_stand_once_and_are_counted(servers: dict[str, str]) -> None:
    table = tables.ACTIVE_VERSIONS
    with Proxy(servers["moto"]).serving() as proxy:
        lake = Lake("s3://bucket/insert", stores.options(proxy.url))
        assert lake.append_missing(table, in_force(0, 1), {}) == 1
        lost: list[str] = []

        def lose_the_commit(method: str, path: str) -> str | None:
            if method == "PUT" and "_delta_log/" in path and not lost:
                lost.append(path)
                return "lost"
            return None

        proxy.decide = lose_the_commit  # type: ignore[assignment]
        assert lake.append_missing(table, in_force(0, 3), {}) == 2
        assert lost
    there = Lake("s3://bucket/insert", stores.options(servers["moto"]))
    assert len(there.read(table)) == 3 == len(there.read(table).drop_duplicates(list(table.primary_key)))


def test_commits_are_told_while_other_threads_go_on(servers: dict[str, str]) -> None:
    """The proxy is a thread of this process: a call that holds the interpreter would wait for itself for ever."""
    with Proxy(servers["moto"]).serving() as proxy:
        lake = Lake("s3://bucket/commits", stores.options(proxy.url))
        for number in range(20):
            lake.write_days(TABLE, trends([day(number)]), day(number), day(number + 1), {"partition": str(day(number))})
        asked: list[str] = []
        proxy.decide = lambda method, path: asked.append(path)  # type: ignore[func-returns-value]
        commits = lake.commits(TABLE, limit=6)
        assert [commit.first for commit in commits] == [day(number) for number in range(19, 13, -1)]
        assert commits[0].at >= commits[-1].at
        read = {path for path in asked if path.rpartition("/")[2].startswith("0") and path.endswith(".json")}
        assert len({path for path in read if int(path.rpartition("/")[2][:20]) > 14}) == 6
    assert timedelta(0) <= commits[0].at - commits[-1].at < timedelta(minutes=5)


def test_two_columns_of_one_name_added_at_once_with_other_types_are_not_mixed(servers: dict[str, str]) -> None:
    """The second writer has compared types and writes its file when the first adds the column: it looks again."""
    first = Lake("s3://bucket/race", stores.options(servers["moto"]))
    put(first)
    added: list[str] = []

    def add_meanwhile(method: str, path: str) -> None:
        if method == "PUT" and path.endswith(".parquet") and not added:
            added.append(path)
            first.write_days(TABLE, trends([day(1)]).assign(stars=4.5), day(1), day(2), {})

    with Proxy(servers["moto"]).serving() as proxy:
        proxy.decide = add_meanwhile  # type: ignore[assignment]
        second = Lake("s3://bucket/race", stores.options(proxy.url))
        with pytest.raises(ColumnTypeError, match=r"'stars' holds texts .*numbers \(double\)"):
            second.write_days(TABLE, trends([day(2)]).assign(stars="00123"), day(2), day(3), {})
    assert added
    assert first.read(TABLE)["stars"].dropna().tolist() == [4.5, 4.5]


def test_an_import_to_an_endpoint_that_is_no_store_says_which_setting_is_wrong_and_exits_3(
    servers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (
        ("FEEDBACK_HOME", str(tmp_path)), ("FEEDBACK_LANDING_URL", "s3://bucket/landing"),
        ("AWS_ENDPOINT_URL", servers["html"]), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    file = tmp_path / "feedback.csv"
    file.write_text("id,text,created_at\n1,late parcel,2024-03-01T10:00:00Z\n2,broken cup,2024-03-01T11:00:00Z\n")
    assert import_files(load(), [file], Wanted(), as_json=False, now=datetime(2024, 3, 2, tzinfo=UTC)) == 3
    message = capsys.readouterr().err
    assert servers["html"] in message and "FEEDBACK_LANDING_URL" in message and "no row lands twice" in message
