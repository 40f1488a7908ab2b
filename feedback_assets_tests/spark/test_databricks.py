"""`silver/feedback` through a Databricks job: launched by Pipes over a real socket, run in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

import feedback_assets
from feedback_assets import tables
from feedback_assets.config.hash_key import hashing_key
from feedback_assets.config.settings import load
from feedback_assets.definitions import build_resources
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets.silver.assets import silver_feedback
from feedback_assets.spark.launcher import DatabricksRefusedError
from feedback_assets_tests.silver.rows import DAY
from feedback_assets_tests.spark.nasty import bronze, fill
from feedback_assets_tests.spark.workspace import Fault, Workspace

TOKEN = "dapi-of-the-test"
SILVER = (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    fill(Lake(str(tmp_path / "lake")))
    for day, rows in _lines().items():
        folder = tmp_path / "landing" / "feedback" / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "shop-1.jsonl").write_text("{}\n" * rows, encoding="utf-8")
    return tmp_path


def _lines() -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in bronze():
        counts[str(row["day"])] = counts.get(str(row["day"]), 0) + 1
    return counts


@pytest.fixture
def workspace(home: Path, spark_remote: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    volume = home / "Volumes" / "main" / "feedback"
    volume.mkdir(parents=True)
    key = hashing_key(load().key_file).hex()
    server = Workspace(volume, spark_remote, TOKEN, {("feedback", "hash_key"): key})
    told = {
        "ENGINE": "databricks",
        "DATABRICKS_HOST": server.url,
        "DATABRICKS_TOKEN": TOKEN,
        "DATABRICKS_VOLUME": str(volume),
        "DATABRICKS_WHEEL": f"{volume}/feedback_assets-0.1.0-py3-none-any.whl",
        "DATABRICKS_NODE_TYPE": "Standard_D4ds_v5",
        "DATABRICKS_POLL_SECONDS": "0.2",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"FEEDBACK_{name}", value)
    yield server
    server.close()


def run(home: Path, instance: dg.DagsterInstance | None = None) -> dg.ExecuteInProcessResult:
    resources = build_resources(load())
    tags = {
        "dagster/asset_partition_range_start": str(DAY),
        "dagster/asset_partition_range_end": str(DAY + timedelta(days=2)),
    }
    return dg.materialize([silver_feedback], resources=resources, tags=tags, raise_on_error=False, instance=instance)


def hashes(home: Path) -> dict[str, str]:
    lake = Lake(str(home / "lake"))
    return {table.name: table_hash(lake.read(table), table) for table in SILVER}


def staging(home: Path) -> list[Path]:
    return [path for path in (home / "lake" / "bronze").glob("row_parts_*/**/*") if path.is_file()]


def log_of(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> str:
    return "\n".join(entry.user_message for entry in instance.all_logs(result.run_id))


def test_a_job_makes_the_same_tables_as_this_process_and_reports_logs_and_metadata(
    home: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(home, instance)
        log = log_of(result, instance)
    assert result.success, log
    on_databricks = hashes(home)
    assert "rows read and cleaned" in log
    event = result.asset_materializations_for_node("silver_feedback")[-1]
    materialized = {
        event.asset_key.to_user_string(): event for event in result.asset_materializations_for_node("silver_feedback")
    }
    metadata = materialized["silver/feedback"].metadata
    assert metadata["rows_on_databricks"].value == len(bronze())
    assert metadata["Databricks Job Run URL"].value.startswith(workspace.url)
    assert event.partition
    assert not staging(home), "the staging table must be removed"
    assert not list((workspace.volume / "tmp").iterdir()), "Pipes' files must be removed"

    monkeypatch.setenv("FEEDBACK_ENGINE", "local")
    assert run(home).success
    assert hashes(home) == on_databricks


def test_the_job_is_submitted_once_with_the_wheel_and_a_secret_nobody_wrote_down(
    home: Path, workspace: Workspace
) -> None:
    workspace.fail(
        "POST",
        "/api/2.2/jobs/runs/submit",
        Fault(429, '{"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"}', {"Retry-After": "1"}),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(home, instance)
        log = log_of(result, instance)
    assert result.success, log
    assert workspace.calls["POST", "/api/2.2/jobs/runs/submit"] == 2
    (job,) = workspace.jobs.values()
    (task,) = job.submitted["tasks"]
    assert task["libraries"] == [{"whl": load().databricks_wheel}]
    assert task["new_cluster"]["spark_env_vars"]["FEEDBACK_HASH_KEY"] == "{{secrets/feedback/hash_key}}"
    key = hashing_key(load().key_file).hex()
    assert key not in str(job.submitted) + log
    assert TOKEN not in str(job.submitted) + log


def test_a_failure_shows_the_remote_traceback_and_writes_nothing(home: Path, workspace: Workspace) -> None:
    workspace.secrets["feedback", "hash_key"] = "00" * 32
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(home, instance)
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        (observed,) = instance.fetch_observations(dg.AssetKey(["silver", "feedback"]), limit=9).records
        errors = [
            entry.dagster_event.event_specific_data.error
            for entry in instance.all_logs(result.run_id)
            if entry.dagster_event and entry.dagster_event.is_engine_event
        ]
    assert not result.success
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "not the one of this installation" in (told.description or "")
    assert "feedback_assets/spark/task.py" in str(told.metadata["remote_traceback"].value)
    on_the_asset_page = observed.asset_observation
    assert on_the_asset_page is not None and on_the_asset_page.partition == str(DAY + timedelta(days=2))
    assert on_the_asset_page.metadata["remote_traceback"] == told.metadata["remote_traceback"]
    assert any(error and "not the one of this installation" in error.message for error in errors)
    assert not (home / "lake" / "silver" / "feedback").exists()
    assert not staging(home)


def test_a_wheel_of_another_version_is_refused(home: Path, workspace: Workspace, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "other"
    package = Path(feedback_assets.__file__).parent
    shutil.copytree(package, other / "feedback_assets", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "feedback_assets" / "silver" / "language.py").open("a", encoding="utf-8") as file:
        file.write("\n# another version\n")
    workspace.environment["PYTHONPATH"] = str(other)
    result = run(home)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "FEEDBACK_DATABRICKS_WHEEL" in str(failure.step_failure_data)


@pytest.mark.parametrize(
    ("path", "fault", "mend"),
    [
        ("/api/2.2/jobs/runs/submit", Fault(403, '{"error_code": "PERMISSION_DENIED", "message": "no"}'), "submit job"),
        ("/api/2.2/jobs/runs/submit", Fault(200, "<html>we are down</html>"), "try again"),
        ("/api/2.0/fs/files", Fault(403, '{"error_code": "PERMISSION_DENIED", "message": "no"}'), "the volume"),
    ],
)
def test_a_workspace_that_refuses_or_talks_nonsense_is_named_with_the_mend(
    home: Path, workspace: Workspace, path: str, fault: Fault, mend: str
) -> None:
    workspace.fail("PUT" if "files" in path else "POST", path, fault)
    result = run(home)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    error = failure.step_failure_data.error
    assert error is not None
    cause = error.cause or error
    assert DatabricksRefusedError.__name__ in str(error), str(error)[:2000]
    assert mend in str(error)
    assert workspace.url in str(cause.message) + str(error.message)
    assert TOKEN not in str(error)
    assert not (home / "lake" / "silver" / "feedback").exists()


def test_a_wrong_token_is_refused_by_the_workspace(
    home: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBACK_DATABRICKS_TOKEN", "another")
    result = run(home)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "PermissionDenied" in str(failure.step_failure_data.error)
    assert not workspace.jobs
