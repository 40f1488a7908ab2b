"""Delta tables between the engines, both ways, over a real Spark Connect server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from deltalake import DeltaTable

from feedback_assets import tables
from feedback_assets.lake.frames import table_hash, to_arrow
from feedback_assets.lake.store import Lake
from feedback_assets.spark.session import _unreachable, append, connect, read_days
from feedback_assets_tests.silver.rows import DAY
from feedback_assets_tests.spark.nasty import fill

BRONZE = tables.BRONZE_FEEDBACK
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


def test_what_delta_rs_wrote_spark_reads_and_only_the_days_asked_for(lake: Lake, spark_remote: str) -> None:
    fill(lake)
    spark = connect(spark_remote)
    try:
        whole = read_days(spark, lake.url(BRONZE), DAY, DAY + timedelta(days=2)).toArrow().to_pandas()
        one = read_days(spark, lake.url(BRONZE), DAY, DAY).toArrow().to_pandas()
    finally:
        spark.stop()
    assert table_hash(whole, BRONZE) == table_hash(lake.read(BRONZE), BRONZE)
    assert set(one["day"]) == {DAY}


def test_what_spark_appends_the_lake_reads_with_plain_strings_and_no_deletion_vectors(
    lake: Lake, spark_remote: str
) -> None:
    fill(lake)
    rows = lake.read(BRONZE)
    other = Lake(f"{lake.root}-other")
    other.claim_layout()
    spark = connect(spark_remote)
    try:
        for day in sorted(set(rows["day"])):
            append(spark.createDataFrame(to_arrow(rows[rows["day"] == day], BRONZE)), other.url(BRONZE))
    finally:
        spark.stop()
    assert table_hash(other.read(BRONZE), BRONZE) == table_hash(rows, BRONZE)
    delta = DeltaTable(other.url(BRONZE))
    assert delta.version() == 2, "three appends"
    assert "deletionVectors" not in (delta.protocol().reader_features or [])
    assert delta.metadata().configuration.get("delta.enableDeletionVectors", "false") == "false"


def test_delta_rs_goes_on_with_a_table_that_spark_made(lake: Lake, spark_remote: str) -> None:
    fill(lake)
    rows = lake.read(BRONZE)
    other = Lake(f"{lake.root}-other")
    other.claim_layout()
    spark = connect(spark_remote)
    try:
        append(spark.createDataFrame(to_arrow(rows, BRONZE)), other.url(BRONZE))
        last = DAY + timedelta(days=2)
        fewer = rows[rows["day"] == last].head(3)
        other.write_days(BRONZE, fewer, last, last + timedelta(days=1), {})
        seen = read_days(spark, other.url(BRONZE), last, last).toArrow().to_pandas()
    finally:
        spark.stop()
    assert table_hash(seen, BRONZE) == table_hash(fewer, BRONZE)
    kept = other.read(BRONZE, DAY, last)
    assert table_hash(kept, BRONZE) == table_hash(rows[rows["day"] < last], BRONZE)


def test_the_token_of_an_address_is_not_repeated() -> None:
    remote = "sc://127.0.0.1:1/;token=TOPSECRET==;use_ssl"
    told = str(_unreachable(remote, ValueError("Parameter 'token=TOPSECRET==' should be provided as a pair")))
    assert "TOPSECRET" not in told and told.startswith("sc://127.0.0.1:1: ") and "FEEDBACK_SPARK_REMOTE" in told
