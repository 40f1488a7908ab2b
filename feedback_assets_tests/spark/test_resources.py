"""Which engine the settings choose, and that the graph is the same with each."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from feedback_assets.config.settings import Settings, load
from feedback_assets.definitions import build_defs
from feedback_assets.silver.engine import InProcessEngine
from feedback_assets.spark.engine import SparkEngine
from feedback_assets.spark.resources import row_engine

SPARK = {"engine": "spark", "spark_remote": "sc://cluster:15002/;token=not-to-be-seen"}
DATABRICKS = {
    "engine": "databricks",
    "databricks_host": "https://adb-1.azuredatabricks.net",
    "databricks_token": "dapi-not-to-be-seen",
    "databricks_volume": "/Volumes/main/feedback/work",
    "databricks_wheel": "/Volumes/main/feedback/wheels/feedback_assets-0.1.0-py3-none-any.whl",
    "databricks_cluster_id": "0101-1",
}


def graph(settings: Settings) -> dict[str, Any]:
    """All that Dagster knows of the assets, as plain values."""
    found = build_defs(settings).resolve_asset_graph()
    nodes = {key: found.get(key) for key in found.get_all_asset_keys()}
    assets = {
        key.to_user_string(): (
            sorted(parent.to_user_string() for parent in node.parent_keys),
            sorted(f"{check.asset_key.to_user_string()} {check.name}" for check in node.check_keys),
            node.group_name,
            str(node.partitions_def),
            node.code_version,
            str(node.automation_condition),
        )
        for key, node in nodes.items()
    }  # fmt: skip
    mappings = {
        f"{key.to_user_string()} <- {parent.to_user_string()}": str(node.partition_mappings.get(parent))
        for key, node in nodes.items()
        for parent in node.parent_keys
    }
    return {"assets": assets, "mappings": mappings}


@pytest.mark.parametrize("told", [SPARK, DATABRICKS], ids=["spark", "databricks"])
def test_the_graph_is_the_same_whichever_engine_is_chosen(told: dict[str, str]) -> None:
    local, other = graph(load(engine="local")), graph(load(**told))
    assert len(local["assets"]) > 15
    assert other == local


def test_the_settings_choose_the_engine_and_no_secret_is_shown() -> None:
    assert isinstance(row_engine(load(engine="local")), InProcessEngine)
    spark = row_engine(load(**SPARK))
    assert isinstance(spark, SparkEngine)
    databricks = row_engine(load(**DATABRICKS))
    assert type(databricks).__name__ == "DatabricksEngine"
    shown = f"{spark!r} {databricks!r} {load(**SPARK)!r} {load(**DATABRICKS)!r}"
    assert "not-to-be-seen" not in shown


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"engine": "spark"}, "FEEDBACK_SPARK_REMOTE"),
        ({**DATABRICKS, "databricks_host": ""}, "FEEDBACK_DATABRICKS_HOST"),
        ({**DATABRICKS, "databricks_cluster_id": ""}, "FEEDBACK_DATABRICKS_NODE_TYPE"),
        ({**DATABRICKS, "databricks_token": None}, "FEEDBACK_DATABRICKS_CLIENT_ID"),
    ],
)
def test_an_engine_without_what_it_needs_names_the_variable(told: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        load(**told)


def test_the_location_loads_without_spark_or_databricks_unless_they_are_chosen() -> None:
    code = (
        "import sys, feedback_assets.definitions; "
        "print(sorted({'pyspark', 'databricks', 'dagster_databricks', 'grpc'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() in ("[]", "['grpc']"), done.stderr  # Dagster itself brings grpc
