"""The code location: every room's assets, checks and sensors, the one job over them, and the lake they share."""

from __future__ import annotations

import warnings
from importlib import import_module
from types import ModuleType

import dagster as dg

from feedback_assets.config.settings import Settings, load
from feedback_assets.dagster_kit.io_manager import IO_KEY, LakeIOManager
from feedback_assets.orchestration.dead_runs import dead_runs
from feedback_assets.orchestration.event_log import commit_without_waiting
from feedback_assets.silver.engine import ROW_ENGINE
from feedback_assets.spark.resources import row_engine

# Left to right, as a day walks through them. A test fails when a folder with an assets.py is missing here.
ROOMS = ("landing", "silver", "classification", "clusters", "priority", "releases", "tickets", "evaluation")
_WIRING = ("assets", "checks", "sensors")


def room_modules(rooms: tuple[str, ...] = ROOMS) -> list[ModuleType]:
    """The wiring modules of the rooms, those that exist."""
    found: list[ModuleType] = []
    for room in rooms:
        package = import_module(f"feedback_assets.{room}")
        for folder in package.__path__:
            found += [import_module(f"feedback_assets.{room}.{name}") for name in _WIRING if _is_file(folder, name)]
    return found


def build_defs(settings: Settings, resource_overrides: dict[str, object] | None = None) -> dg.Definitions:
    """The definitions for one installation; tests pass other resources and nothing else.

    Args:
        settings: Where lake and landing are.
        resource_overrides: Resources by key that replace the real ones.
    """
    resources: dict[str, object] = {
        IO_KEY: LakeIOManager(root=settings.lake_root),
        ROW_ENGINE: row_engine(settings),
    }
    every_room = dg.define_asset_job(
        "every_room",
        selection=dg.AssetSelection.all().materializable() - dg.AssetSelection.groups("evaluation"),
        description="Walk the chosen days from landing to tickets.",
        executor_def=dg.in_process_executor,
    )
    # The default automation sensor starts stopped; this one runs. 15 s keeps a dropped file under a minute.
    changed_days = dg.AutomationConditionSensorDefinition(
        "changed_days",
        target=dg.AssetSelection.all().materializable(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=15,
        description="Asks for every day whose inputs changed, the whole chain at once.",
    )
    own = dg.Definitions(
        jobs=[every_room],
        sensors=[changed_days, dead_runs],
        resources={**resources, **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )
    with warnings.catch_warnings():
        # In preview: it may change with a minor version, which is pinned.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        rooms = dg.load_definitions_from_modules(room_modules())
    return dg.Definitions.merge(rooms, own)


def _is_file(folder: str, name: str) -> bool:
    from pathlib import Path

    return (Path(folder) / f"{name}.py").is_file()


commit_without_waiting()
defs = build_defs(load())
