from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets import definitions, tables
from feedback_assets.cli import main as cli
from feedback_assets.config.settings import Settings, load
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake
from feedback_assets.landing.writer import write_object

PACKAGE = Path(definitions.__file__).parent


@pytest.fixture(scope="module")
def graph():
    return definitions.build_defs(load()).resolve_asset_graph()


def test_every_room_with_assets_is_part_of_the_location():
    rooms = {path.parent.name for path in PACKAGE.glob("*/assets.py") if path.parent.name != "lake"}
    assert rooms == set(definitions.ROOMS)


def test_every_computed_table_is_an_asset_with_owner_description_and_columns(graph):
    written_by_people = {"silver/corrections", "ledger/answers", "ledger/prompts", "ledger/active_versions"}
    for table in tables.ALL:
        if table.name in written_by_people:
            continue
        node = graph.get(dg.AssetKey(list(table.key)))
        assert node.description
        assert node.owners
        assert node.group_name == table.group
        assert "deltalake" in node.kinds


def test_every_asset_by_day_has_the_same_partitions_and_one_run_a_range(graph):
    by_day = [graph.get(key) for key in graph.materializable_asset_keys if graph.get(key).is_partitioned]
    assert len({node.partitions_def for node in by_day}) == 1
    assert {node.backfill_policy for node in by_day} == {dg.BackfillPolicy.single_run()}


def test_every_table_by_day_has_a_blocking_contract_check(graph):
    contracts = {key.asset_key for key in graph.asset_check_keys if key.name == "contract" and graph.get(key).blocking}
    for table in tables.ALL:
        if table.by_day and table.name != "silver/corrections":
            assert dg.AssetKey(list(table.key)) in contracts


def test_what_reaches_a_tracker_is_guarded_by_reconciliation_and_personal_data(graph):
    names = {key.name for key in graph.asset_check_keys if key.asset_key == dg.AssetKey(["silver", "feedback"])}
    assert {"contract", "reconciliation", "personal_data"} <= names


def test_partitions_begin_at_the_first_day_of_the_settings(tmp_path: Path):
    defs = definitions.build_defs(Settings(home=tmp_path, first_day=date(2024, 5, 1)))
    graph = defs.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert {node.partitions_def.get_first_partition_key() for node in nodes if node.is_partitioned} == {"2024-05-01"}
    assert defs.resolve_job_def("every_room").partitions_def.get_first_partition_key() == "2024-05-01"


def test_what_replaces_a_resource_reaches_assets_checks_and_sensors(tmp_path: Path):
    landing, lake = Landing(str(tmp_path / "other")), Lake(str(tmp_path / "other lake"))
    write_object(landing, "feedback", date(2025, 3, 1), "s-1.jsonl", [b'{"event_id":"1","source":"s","payload":{}}'])
    noon = datetime(2025, 3, 1, 12, tzinfo=UTC)
    replaced = {"landing": landing, "lake": lake, "clock": lambda: noon}
    defs = definitions.build_defs(Settings(home=tmp_path / "home"), replaced)
    keys = [dg.AssetKey(["bronze", "feedback"])]
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("every_room").execute_in_process(
            instance=instance, asset_selection=keys, partition_key="2025-03-01"
        )
    assert done.success
    assert len(lake.read(tables.BRONZE_FEEDBACK)) == 1
    assert not (tmp_path / "home").exists()


def test_the_location_loads_in_a_fresh_interpreter_without_a_warning():
    code = "import feedback_assets.definitions as d; d.defs().resolve_job_def('every_room'); print('loaded')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "loaded", done.stderr
    assert not done.stderr


def test_a_home_may_have_the_name_of_a_command(tmp_path: Path):
    command = [sys.executable, "-m", "feedback_assets.cli.main", "--home", "run", "tickets", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.parametrize("words", [["top", "--json"], ["tickets", "--json"], ["releases", "--json"]])
def test_a_command_that_reads_ends_without_having_loaded_dagster(tmp_path: Path, words: list[str]):
    code = (
        "import atexit, os, sys; from feedback_assets.cli import main; "
        "atexit.register(lambda: 'dagster' in sys.modules and os._exit(9)); "
        f"sys.argv = ['feedback', '--home', {str(tmp_path)!r}, *{words!r}]; main.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_every_command_is_where_the_table_says():
    for name in cli.COMMANDS:
        cli.build(name)


def test_commands_that_read_start_without_dagster():
    code = (
        "import sys; from feedback_assets.cli import main as cli; "
        "[cli.build(name) for name in ('top', 'classify', 'tickets', 'releases', 'doctor')]; "
        "sys.exit('dagster' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
