"""Columns of other types: the same table day by day and as one range, or refused by both."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_assets import tables
from feedback_assets.lake.errors import ColumnTypeError
from feedback_assets.lake.store import Lake
from feedback_assets_tests.lake.rows import TABLE, day, trends
from feedback_assets_tests.lake.test_store import in_force

ZONED = datetime(2024, 3, 1, 12, tzinfo=UTC)
# What one day holds in an undeclared column, for the two rows of the day.
VALUES: dict[str, list[object]] = {
    "whole": [4, 5], "broken": [4.5, 1.25], "text": ["00123", "7"], "yes": [True, False],
    "time": [ZONED, ZONED + timedelta(seconds=1)], "day": [date(2024, 1, 1), date(2024, 1, 2)],
    "nothing": [None, None], "nan": [float("nan"), float("nan")], "gap": [4, None], "text and gap": ["a", None],
}  # fmt: skip


def frame(number: int, values: list[object], name: str = "stars") -> pd.DataFrame:
    return trends([day(number)]).assign(**{name: pd.Series(values, dtype=object)})


def by_day(root: Path, days: list[list[object]]) -> Lake:
    lake = Lake(str(root))
    for number, values in enumerate(days):
        lake.write_days(TABLE, frame(number, values), day(number), day(number + 1), {})
    return lake


def as_range(root: Path, days: list[list[object]]) -> Lake:
    lake = Lake(str(root))
    whole = pd.concat([frame(number, values) for number, values in enumerate(days)], ignore_index=True)
    # As pandas makes a frame out of rows: numbers become numbers.
    whole = whole.assign(stars=pd.Series(whole["stars"].tolist()))
    lake.write_days(TABLE, whole, day(0), day(len(days)), {})
    return lake


def stored(lake: Lake) -> list[object]:
    rows = lake.read(TABLE)
    values = rows["stars"].tolist() if "stars" in rows.columns else [None] * len(rows)
    return [None if pd.isna(value) else value for value in values]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "kinds",
    [("whole", "broken"), ("broken", "whole"), ("nothing", "text"), ("nothing", "broken"), ("nan", "text"),
     ("text", "nothing"), ("nothing", "nothing"), ("gap", "broken"), ("whole", "nan", "whole"), ("nothing", "yes"),
     ("nothing", "time", "nothing"), ("day", "nothing"), ("text and gap", "text")],
)  # fmt: skip
def test_day_by_day_and_as_one_range_store_the_same_values(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    days = [VALUES[kind] for kind in kinds]
    one, other = by_day(tmp_path / "days", days), as_range(tmp_path / "range", days)
    expected = [None if value is None or value != value else value for values in days for value in values]
    assert stored(one) == stored(other) == expected
    assert one.dataset(TABLE).schema == other.dataset(TABLE).schema  # type: ignore[union-attr]


@pytest.mark.parametrize("first", ["broken", "text", "yes", "time", "day"])
@pytest.mark.parametrize("second", ["broken", "text", "yes", "time", "day"])
def test_a_column_of_another_kind_is_refused_by_day_and_by_range_alike(tmp_path: Path, first: str, second: str) -> None:
    days = [VALUES[first], VALUES[second]]
    if first == second:
        assert stored(by_day(tmp_path / "days", days)) == stored(as_range(tmp_path / "range", days))
        return
    with pytest.raises(ColumnTypeError, match=r"gold/trends: column 'stars' holds .+ and .+nothing was written; conv"):
        by_day(tmp_path / "days", days)
    with pytest.raises(ColumnTypeError, match=r"gold/trends: column 'stars' holds .+ and .+nothing was written; conv"):
        as_range(tmp_path / "range", days)
    assert stored(Lake(str(tmp_path / "days"))) == VALUES[first]
    assert Lake(str(tmp_path / "range")).dataset(TABLE) is None


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.sampled_from(sorted(VALUES)), min_size=2, max_size=4))
def test_whatever_the_days_hold_both_ways_agree(tmp_path_factory: pytest.TempPathFactory, days: list[str]) -> None:
    values = [VALUES[kind] for kind in days]
    results: list[object] = []
    for write in (by_day, as_range):
        try:
            results.append(stored(write(tmp_path_factory.mktemp("lake") / "lake", values)))
        except ColumnTypeError:
            results.append("refused")
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("values", "words"),
    [([Decimal("1.5"), Decimal("1.25")], "decimal128"), ([[1], [2]], "list"), ([{"a": 1}, None], "struct"),
     ([datetime(2024, 1, 1), None], "times without a zone.*give the times a zone"), ([timedelta(1), None], "duration"),
     ([2**60, 1], "beyond 9007199254740992"), ([2**70, 1], "cannot be stored"), ([1, "a"], "numbers and texts"),
     ([True, 1], "numbers and yes/no values"), ([date(2024, 1, 1), ZONED], "days and times"),
     (["a", b"b"], "texts and values of the type bytes"), ([object(), None], "cannot be stored")],
)  # fmt: skip
def test_what_no_undeclared_column_may_hold_is_refused_with_the_fix(
    tmp_path: Path, values: list[object], words: str
) -> None:
    with pytest.raises(ColumnTypeError, match=rf"gold/trends: column 'stars' .*{words}"):
        by_day(tmp_path, [values])
    assert Lake(str(tmp_path)).dataset(TABLE) is None


def test_categories_and_small_numbers_of_pandas_are_stored_as_texts_and_numbers(lake: Lake) -> None:
    more = {
        "kind": pd.Series(["a", None], dtype="category"), "small": np.array([1, 2], "int8"),
        "maybe": pd.array([1, None], "Int64"), "flag": pd.array([True, None], "boolean"),
    }  # fmt: skip
    lake.write_days(TABLE, trends([day(0)]).assign(**more), day(0), day(1), {})
    schema = lake.dataset(TABLE).schema  # type: ignore[union-attr]
    assert [str(schema.field(name).type) for name in more] == ["string", "double", "double", "bool"]


def test_a_name_that_differs_in_letter_case_only_is_refused(lake: Lake) -> None:
    lake.write_days(TABLE, frame(0, [4, 5], "stars"), day(0), day(1), {})
    with pytest.raises(ColumnTypeError, match="'Stars' has the name of the column 'stars' but for letter case"):
        lake.write_days(TABLE, frame(1, [4, 5], "Stars"), day(1), day(2), {})
    with pytest.raises(ColumnTypeError, match="'Issues' has the name of the column 'issues'"):
        lake.write_days(TABLE, frame(1, [4, 5], "Issues"), day(1), day(2), {})


def older_table(lake: Lake, **columns: pa.Array) -> None:
    """A table as an older version made it: with whatever types the first day gave."""
    lake.write_days(TABLE, trends([day(0)]), day(0), day(1), {})
    first = lake.dataset(TABLE).to_table()  # type: ignore[union-attr]
    for name, values in columns.items():
        index = first.schema.get_field_index(name)
        first = first.append_column(name, values) if index < 0 else first.set_column(index, name, values)
    write_deltalake(lake.url(TABLE), first, mode="overwrite", schema_mode="overwrite", partition_by=["day"])


def test_a_table_of_an_older_version_with_whole_numbers_takes_whole_ones_and_refuses_broken_ones(lake: Lake) -> None:
    older_table(lake, stars=pa.array([4, 5]))
    lake.write_days(TABLE, frame(1, [3, None]), day(1), day(2), {})
    assert stored(lake) == [4, 5, 3, None]
    with pytest.raises(ColumnTypeError, match=r"'stars' holds numbers \(double\).*holds numbers \(int64\) there"):
        lake.write_days(TABLE, frame(2, [4.5, 1]), day(2), day(3), {})
    assert stored(lake) == [4, 5, 3, None]


def test_a_column_without_a_type_of_an_older_version_takes_the_first_that_comes(lake: Lake) -> None:
    older_table(lake, stars=pa.nulls(2))
    lake.write_days(TABLE, frame(1, ["00123", None]), day(1), day(2), {})
    assert stored(lake) == [None, None, "00123", None]


def test_a_declared_column_that_is_stored_with_another_type_is_refused_and_not_cast(lake: Lake) -> None:
    older_table(lake, mean_28d=pa.array([1, 2]))
    with pytest.raises(ColumnTypeError, match=r"'mean_28d' holds numbers \(double\).*`feedback upgrade`"):
        lake.write_days(TABLE, trends([day(1)]), day(1), day(2), {})  # 1.5
    assert len(lake.read(TABLE)) == 2


def test_an_insert_compares_types_too(lake: Lake) -> None:
    table = tables.ACTIVE_VERSIONS
    schema = [
        pa.field(field.name, pa.int64() if field.name == "reason" else field.type) for field in table.arrow_schema()
    ]
    lake.claim_layout()
    DeltaTable.create(lake.url(table), pa.schema(schema))
    with pytest.raises(ColumnTypeError, match=r"column 'reason' holds texts \(string\).*numbers \(int64\)"):
        lake.append_missing(table, in_force(0, 2), {})
    assert lake.read(table).empty


def test_each_commit_says_whose_write_it_was(lake: Lake) -> None:
    for number in range(2):
        lake.write_days(TABLE, trends([day(number)]), day(number), day(number + 1), {"run_id": "r"})
    log = Path(lake.url(TABLE), "_delta_log")
    infos = [
        json.loads(line)["commitInfo"]
        for path in sorted(log.glob("*.json"))
        for line in path.read_text().splitlines()
        if "commitInfo" in line
    ]
    ids = [info["write_id"] for info in infos if "write_id" in info]
    assert len(set(ids)) == len(ids) == 2
