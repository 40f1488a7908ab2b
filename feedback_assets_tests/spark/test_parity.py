"""Silver on Spark is silver in this process, row by row, over a real Spark Connect server."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feedback_assets import tables
from feedback_assets.lake.store import DayConflictError, Lake
from feedback_assets.silver.clean_rows import CleanRow
from feedback_assets.silver.feedback import clean_in_process, redactors_of
from feedback_assets.silver.products import Catalogs
from feedback_assets.spark.batches import RowTask, decode, encode, line_ranges, to_batch
from feedback_assets.spark.engine import SparkEngine, match_rows
from feedback_assets.spark.parity import agree, compare
from feedback_assets.spark.session import SparkUnreachableError, connect
from feedback_assets_tests.silver.rows import DAY, frame
from feedback_assets_tests.spark.conftest import free_port
from feedback_assets_tests.spark.nasty import RULES, bronze, fill

LAST = DAY + timedelta(days=2)
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


def parts_of(lake: Lake) -> list[CleanRow]:
    days = [DAY, DAY + timedelta(days=1), LAST]
    redactors = redactors_of(Catalogs(lake.read(tables.SILVER_CATALOG)), days, RULES)
    return clean_in_process(lake.read(tables.BRONZE_FEEDBACK), RULES, redactors)


def test_the_nastiest_rows_are_the_same_by_hash_on_both_engines(lake: Lake, spark_remote: str) -> None:
    fill(lake)
    compared = compare(lake, DAY, LAST, RULES, SparkEngine(spark_remote))
    assert agree(compared), compared
    rows = {one.table: one.rows_on_spark for one in compared}
    assert sum(rows.values()) == len(bronze())
    assert all(rows.values()), "every table must have rows to compare"


def test_days_before_the_first_are_only_compared_with_and_cost_no_cleaning(lake: Lake, spark_remote: str) -> None:
    fill(lake)
    assert agree(compare(lake, LAST, LAST, RULES, SparkEngine(spark_remote)))


def test_of_a_day_partly_known_only_the_wanted_rows_are_computed(lake: Lake, spark_remote: str) -> None:
    fill(lake)
    rows = lake.read(tables.BRONZE_FEEDBACK)
    wanted = rows.iloc[::3]
    redactors = redactors_of(Catalogs(lake.read(tables.SILVER_CATALOG)), [LAST], RULES)
    found = SparkEngine(spark_remote).cleaner(None, lake)(wanted, RULES, redactors)
    assert repr(found) == repr(clean_in_process(wanted, RULES, redactors))


def test_a_cleaned_row_survives_its_journey_unchanged(lake: Lake) -> None:
    fill(lake)
    for part in parts_of(lake):
        back = decode(part.day, part.landing_object, part.line, encode(part))
        assert repr(back) == repr(part)  # NaN equals itself only in writing


def test_rows_that_another_engine_saw_differently_are_refused(lake: Lake) -> None:
    import pyarrow as pa

    fill(lake)
    rows = lake.read(tables.BRONZE_FEEDBACK)
    parts = parts_of(lake)
    whole = pa.Table.from_batches([to_batch(parts)])
    assert match_rows([whole], rows) == sorted(parts, key=lambda part: (part.day, part.landing_object, part.line))
    with pytest.raises(DayConflictError, match="run the days again"):
        match_rows([whole.slice(1)], rows)
    changed = pa.Table.from_batches([to_batch([replace(parts[0], checksum="other"), *parts[1:]])])
    with pytest.raises(DayConflictError):
        match_rows([changed], rows)


def test_a_row_that_breaks_a_worker_is_named(lake: Lake) -> None:
    rows = frame(bronze()[:1], tables.BRONZE_FEEDBACK).assign(payload=[7], occurred_at=["no time"])
    import pyarrow as pa

    batch = pa.RecordBatch.from_pandas(rows)
    with pytest.raises(AttributeError) as raised:
        list(RowTask(RULES, {}, line_ranges(rows["landing_object"], rows["line"]))([batch]))
    assert "line" in raised.value.__notes__[0]


def test_a_server_nobody_runs_is_named_without_its_token() -> None:
    with pytest.raises(SparkUnreachableError) as raised:
        connect(f"sc://127.0.0.1:{free_port()}/;user_id=secret-user")
    assert "secret-user" not in str(raised.value)
    assert "FEEDBACK_SPARK_REMOTE" in str(raised.value)


def test_the_command_prints_the_parity_table(lake: Lake, spark_remote: str, tmp_path: Path) -> None:
    fill(lake)
    environment = {
        "FEEDBACK_HOME": str(tmp_path),
        "FEEDBACK_SPARK_REMOTE": spark_remote,
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
    }
    call = [sys.executable, "-m", "feedback_assets.cli.main", "parity", "--from", str(DAY), "--to", str(LAST)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:]] == ["yes", "yes", "yes"]
    assert not done.stderr
