from __future__ import annotations

import dataclasses
import multiprocessing
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from deltalake import DeltaTable
from pytest_httpserver import HTTPServer

from feedback_assets import tables
from feedback_assets.lake.frames import OutsideWindowError, table_hash
from feedback_assets.lake.store import ContractError, DayConflictError, Lake, LakeError
from feedback_assets.tables import Column
from feedback_assets_tests.lake import rows
from feedback_assets_tests.lake.rows import TABLE, day, trends


def put(lake: Lake, days: list[date], issues: int = 1) -> None:
    lake.write_days(TABLE, trends(days, issues), days[0], days[-1] + timedelta(days=1), {})


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def at_once(target: object, arguments: list[tuple[object, ...]]) -> list[int | None]:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(len(arguments))
    running = [context.Process(target=target, args=(*each, gate)) for each in arguments]  # type: ignore[arg-type]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    return [process.exitcode for process in running]


def test_a_table_that_does_not_exist_reads_as_an_empty_typed_frame(lake: Lake) -> None:
    frame = lake.read(TABLE)
    assert list(frame.columns) == list(TABLE.column_names)
    assert str(frame["issues"].dtype) == "int64"
    assert lake.dataset(TABLE) is None
    assert lake.days(TABLE) == set()


def test_rows_come_back_with_the_types_pandas_3_gives_them(lake: Lake) -> None:
    put(lake, [day(0)])
    frame = lake.read(TABLE)
    assert [str(kind) for kind in frame.dtypes] == ["object", "str", "str", "int64", "float64", "float64", "float64"]
    assert frame["day"].tolist() == [day(0), day(0)]
    assert {str(field.type) for field in lake.dataset(TABLE).schema} == {"date32[day]", "string", "int64", "double"}  # type: ignore[union-attr]


def test_reading_takes_only_the_days_and_columns_asked_for(lake: Lake) -> None:
    put(lake, [day(0), day(1), day(2)])
    frame = lake.read(TABLE, day(1), day(2), ["product_id", "day"])
    assert list(frame.columns) == ["product_id", "day"]
    assert frame["product_id"].tolist() == ["p1", "p2"]
    assert set(frame["day"]) == {day(1)}


def test_a_range_written_at_once_equals_the_same_days_one_by_one(tmp_path: Path) -> None:
    days = [day(0), day(1), day(2)]
    range_lake, day_lake = Lake(str(tmp_path / "range")), Lake(str(tmp_path / "days"))
    put(range_lake, days)
    for each in reversed(days):
        put(day_lake, [each])
    assert table_hash(range_lake.read(TABLE), TABLE) == table_hash(day_lake.read(TABLE), TABLE)
    put(day_lake, [day(1)], issues=9)
    assert table_hash(range_lake.read(TABLE), TABLE) != table_hash(day_lake.read(TABLE), TABLE)


def test_writing_a_day_again_replaces_it_and_leaves_its_neighbours(lake: Lake) -> None:
    put(lake, [day(0), day(1), day(2)])
    put(lake, [day(1)], issues=7)
    put(lake, [day(1)], issues=8)
    frame = lake.read(TABLE)
    assert frame.groupby("day")["issues"].agg(list).to_dict() == {day(0): [1, 1], day(1): [8, 8], day(2): [1, 1]}


def test_a_day_without_rows_ends_up_empty(lake: Lake) -> None:
    put(lake, [day(0), day(1)])
    report = lake.write_days(TABLE, trends([day(0)]), day(0), day(2), {})
    assert report.rows == {day(0): 2, day(1): 0}
    assert lake.days(TABLE) == {day(0)}
    assert lake.write_days(TABLE, pd.DataFrame(), day(0), day(1), {}).rows == {day(0): 0}
    assert lake.days(TABLE) == set()


@pytest.mark.parametrize("wrong", [day(-1), day(2), None, pd.NaT, "2024-03-01"])
def test_a_row_outside_the_window_is_refused_before_anything_is_written(lake: Lake, wrong: object) -> None:
    put(lake, [day(0), day(1)])
    before = snapshot(Path(lake.root))
    frame = trends([day(0), day(1)], issues=5)
    frame["day"] = frame["day"].astype(object)
    frame.loc[3, "day"] = wrong
    with pytest.raises(OutsideWindowError, match=r"gold/trends: 1 rows.*nothing was written"):
        lake.write_days(TABLE, frame, day(0), day(2), {})
    assert snapshot(Path(lake.root)) == before


def test_a_row_outside_the_window_does_not_even_create_the_table(lake: Lake) -> None:
    with pytest.raises(OutsideWindowError):
        lake.write_days(TABLE, trends([day(3)]), day(0), day(1), {})
    assert not Path(lake.root).exists()


def test_a_new_column_is_merged_and_old_days_read_back_with_nulls(lake: Lake) -> None:
    put(lake, [day(0)])
    report = lake.write_days(TABLE, trends([day(1)]).assign(shop="Lyon"), day(1), day(2), {})
    assert report.new_columns == ("shop",)
    put(lake, [day(2)])
    frame = lake.read(TABLE)
    assert frame.groupby("day")["shop"].agg(lambda shops: shops.dropna().tolist()).to_dict() == {
        day(0): [],
        day(1): ["Lyon", "Lyon"],
        day(2): [],
    }


def test_a_column_added_to_the_registry_reads_as_null_from_an_old_table(lake: Lake) -> None:
    put(lake, [day(0)])
    grown = dataclasses.replace(TABLE, columns=(*TABLE.columns, Column("seasonal", "float", "Share of the season.")))
    frame = lake.read(grown)
    assert frame["seasonal"].isna().all()
    assert str(frame["seasonal"].dtype) == "float64"
    lake.write_days(grown, trends([day(1)]).assign(seasonal=0.5), day(1), day(2), {})
    assert lake.read(grown)["seasonal"].dropna().tolist() == [0.5, 0.5]


def test_a_day_that_breaks_the_contract_keeps_its_old_rows_while_the_others_are_written(lake: Lake) -> None:
    put(lake, [day(0), day(1), day(2)])
    frame = trends([day(0), day(1), day(2)], issues=4)
    frame.loc[frame["day"] == day(1), "rise"] = -2.0
    report = lake.write_days(TABLE, frame, day(0), day(3), {})
    assert list(report.failures) == [day(1)]
    assert report.rows == {day(0): 2, day(2): 2}
    assert lake.read(TABLE).groupby("day")["issues"].first().to_dict() == {day(0): 4, day(1): 1, day(2): 4}


def test_when_every_day_fails_there_is_no_commit(lake: Lake) -> None:
    put(lake, [day(0)])
    before = snapshot(Path(lake.root))
    report = lake.write_days(TABLE, trends([day(0)]).assign(issues="many"), day(0), day(1), {})
    assert report.rows == {}
    assert snapshot(Path(lake.root)) == before


def test_the_commit_says_who_wrote_what(lake: Lake) -> None:
    told = {"run_id": "r1", "asset": TABLE.name, "partition": "2024-03-01", "code_version": "3"}
    lake.write_days(TABLE, trends([day(0)]), day(0), day(1), told)
    delta = DeltaTable(lake.url(TABLE))
    newest = delta.history(1)[0]
    assert {key: newest[key] for key in told} == told
    assert delta.metadata().configuration["delta.enableDeletionVectors"] == "false"
    assert delta.metadata().partition_columns == ["day"]


def test_an_unreadable_log_raises_and_changes_nothing(lake: Lake) -> None:
    put(lake, [day(0), day(1)])
    entry = sorted((Path(lake.url(TABLE)) / "_delta_log").glob("*.json"))[-1]
    good = entry.read_text()
    entry.write_text(good[: len(good) // 2])
    before = snapshot(Path(lake.root))
    for act in (lambda: put(lake, [day(0)], issues=5), lambda: lake.read(TABLE), lambda: lake.days(TABLE)):
        with pytest.raises(LakeError, match=r"gold/trends: cannot be opened, nothing was changed") as found:
            act()
        assert re.search(rf"{entry.name}, line \d+, is no JSON: restore it .+ as it is the newest", str(found.value))
    assert snapshot(Path(lake.root)) == before
    entry.write_text(good)
    assert lake.days(TABLE) == {day(0), day(1)}


def test_an_entry_without_a_byte_is_no_commit_of_nothing(lake: Lake) -> None:
    put(lake, [day(0)])
    put(lake, [day(1)])
    entry = sorted((Path(lake.url(TABLE)) / "_delta_log").glob("*.json"))[-1]
    entry.write_bytes(b"")
    with pytest.raises(LakeError, match=rf"{entry.name}: is empty, what it committed is lost; restore it .+ delete it"):
        lake.read(TABLE)
    entry.unlink()
    assert lake.days(TABLE) == {day(0)}


def test_a_log_whose_beginning_is_missing_is_not_taken_for_no_table(lake: Lake) -> None:
    put(lake, [day(0), day(1)])
    first = Path(lake.url(TABLE)) / "_delta_log" / f"{0:020}.json"
    first.rename(first.with_suffix(".away"))
    before = snapshot(Path(lake.root))
    with pytest.raises(LakeError):
        put(lake, [day(0)], issues=5)
    assert snapshot(Path(lake.root)) == before


def test_a_store_that_answers_500_raises_and_is_sent_no_write(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("busy", status=500)
    lake = Lake(
        "s3://bucket/lake",
        {
            "AWS_ENDPOINT_URL": httpserver.url_for("").rstrip("/"),
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
            "max_retries": "0",
        },
    )
    with pytest.raises(LakeError, match=r"s3://bucket/lake/\S+: cannot be opened, nothing was changed"):
        put(lake, [day(0)])
    assert {request.method for request, _ in httpserver.log} <= {"GET", "HEAD"}


def test_four_processes_creating_the_table_at_once_on_different_days_all_land(lake: Lake) -> None:
    codes = at_once(rows.write, [(lake.root, [day(offset)], offset + 1, 3) for offset in range(4)])
    assert codes == [0, 0, 0, 0]
    found = lake.read(TABLE).groupby("day")["issues"].agg(list).to_dict()
    assert found == {day(offset): [offset + 1] * 3 for offset in range(4)}


def test_on_the_same_day_one_writer_wins_whole(lake: Lake) -> None:
    put(lake, [day(0), day(5)])
    codes = at_once(rows.write, [(lake.root, [day(0)], issues, 40) for issues in (11, 12, 13)])
    assert codes == [0, 0, 0]
    frame = lake.read(TABLE, day(0), day(1))
    assert len(frame) == 40
    assert frame["issues"].nunique() == 1
    assert lake.read(TABLE, day(5), day(6))["issues"].tolist() == [1, 1]


def test_rows_computed_before_somebody_else_wrote_the_day_are_not_written(lake: Lake) -> None:
    put(lake, [day(0), day(1)])
    seen = lake.files(TABLE, day(0), day(1))
    put(lake, [day(1)], issues=3)
    lake.write_days(TABLE, trends([day(0)], 4), day(0), day(1), {}, seen=seen)
    with pytest.raises(DayConflictError, match="compute them again"):
        lake.write_days(TABLE, trends([day(0)], 5), day(0), day(1), {}, seen=seen)
    assert lake.read(TABLE, day(0), day(1))["issues"].tolist() == [4, 4]


class Overtaken(Lake):
    """A writer that is overtaken by another one right after it has opened the table, once."""

    def __init__(self, root: str, other: list[date]) -> None:
        super().__init__(root)
        self.other = other

    def _open_or_create(self, table: tables.Table) -> DeltaTable:
        delta = super()._open_or_create(table)
        if self.other:
            days, self.other = self.other, []
            put(Lake(self.root), days, issues=60)
        return delta


def test_a_writer_overtaken_on_its_day_writes_again_and_wins_whole(lake: Lake) -> None:
    put(lake, [day(0)])
    put(Overtaken(lake.root, [day(0)]), [day(0)], issues=70)
    assert lake.read(TABLE)["issues"].tolist() == [70, 70]
    assert len(DeltaTable(lake.url(TABLE)).history()) == 4


def test_a_writer_overtaken_on_another_day_leaves_that_day_alone(lake: Lake) -> None:
    put(lake, [day(0)])
    put(Overtaken(lake.root, [day(1)]), [day(0)], issues=70)
    assert lake.read(TABLE)["issues"].tolist() == [70, 70, 60, 60]


def test_a_writer_overtaken_on_the_days_it_looked_at_does_not_write_stale_rows(lake: Lake) -> None:
    put(lake, [day(0)])
    seen = lake.files(TABLE, day(0), day(1))
    with pytest.raises(DayConflictError):
        Overtaken(lake.root, [day(0)]).write_days(TABLE, trends([day(0)], 70), day(0), day(1), {}, seen=seen)
    assert lake.read(TABLE)["issues"].tolist() == [60, 60]


def in_force(first: int, count: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "effective_day": day(offset),
                **{name: f"v{offset}" for name in tables.ACTIVE_VERSIONS.column_names if name.endswith("_version")},
                "promoted_by": "ana",
                "reason": "first",
                "promoted_at": pd.Timestamp("2024-03-01", tz="UTC"),
            }
            for offset in range(first, first + count)
        ]
    )


def test_only_rows_whose_key_is_missing_are_inserted(lake: Lake) -> None:
    assert lake.append_missing(tables.ACTIVE_VERSIONS, in_force(0, 2), {}) == 2
    changed = in_force(0, 3).assign(promoted_by="ben")
    assert lake.append_missing(tables.ACTIVE_VERSIONS, pd.concat([changed, changed]), {}) == 1
    assert lake.append_missing(tables.ACTIVE_VERSIONS, in_force(0, 0), {}) == 0
    assert lake.read(tables.ACTIVE_VERSIONS)["promoted_by"].tolist() == ["ana", "ana", "ben"]


def test_two_processes_inserting_the_same_keys_insert_them_once(lake: Lake) -> None:
    codes = at_once(rows.append, [(lake.root, in_force(0, 3)), (lake.root, in_force(0, 3))])
    assert codes == [0, 0]
    assert len(lake.read(tables.ACTIVE_VERSIONS)) == 3


def test_a_row_that_breaks_the_contract_of_a_table_without_days_is_refused(lake: Lake) -> None:
    with pytest.raises(ContractError, match="ledger/active_versions, column reason: 1 of 1 rows are null"):
        lake.append_missing(tables.ACTIVE_VERSIONS, in_force(0, 1).assign(reason=None), {})
    assert lake.read(tables.ACTIVE_VERSIONS).empty


def test_duckdb_queries_the_dataset(lake: Lake) -> None:
    put(lake, [day(0), day(1)])
    trend_rows = lake.dataset(TABLE)
    assert trend_rows is not None
    found = duckdb.sql("select sum(issues) from trend_rows where day = date '2024-03-02'").fetchall()
    assert found == [(2,)]


def test_twenty_reading_processes_exit_0(lake: Lake) -> None:
    put(lake, [day(offset) for offset in range(12)])
    code = (
        "import sys; from feedback_assets.lake.store import Lake; from feedback_assets import tables; "
        "assert len(Lake(sys.argv[1]).read(tables.GOLD_TRENDS)) == 24"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, lake.root]) for _ in range(20)]
    assert [process.wait(120) for process in running] == [0] * 20


def test_reading_starts_without_pandas_contracts_or_dagster() -> None:
    code = (
        "import sys; import feedback_assets.lake.store; "
        "print(sorted({'dagster', 'pandera', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_column_described_anew_is_written_into_the_table_of_an_older_version(lake: Lake) -> None:
    columns = [
        dataclasses.replace(column, description=f"{column.description} As it was put before.")
        for column in TABLE.columns
    ]
    lake.write_days(dataclasses.replace(TABLE, columns=tuple(columns)), trends([day(0)]), day(0), day(1), {})
    lake.write_days(TABLE, trends([day(1)]), day(1), day(2), {})
    assert lake.days(TABLE) == {day(0), day(1)}
