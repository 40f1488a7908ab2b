"""The code location: every room's assets, checks and sensors, the one job over them, and the resources they share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import dagster as dg

from feedback_assets.config.settings import Settings, load
from feedback_assets.dagster_kit import resources as keys
from feedback_assets.dagster_kit.automation import EVALUATION, last_assets, when_landing_changes
from feedback_assets.dagster_kit.io_manager import lake_resources
from feedback_assets.dagster_kit.partitions import day_partitions
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake
from feedback_assets.orchestration.dead_runs import dead_runs
from feedback_assets.orchestration.event_log import commit_without_waiting
from feedback_assets.orchestration.runner import JOB
from feedback_assets.spark.resources import row_engine
from feedback_assets.tickets.trackers import open_tracker

# Left to right, as a day walks through them. A test fails when a folder with an assets.py is missing here.
ROOMS = ("landing", "silver", "classification", "clusters", "priority", "releases", "tickets", EVALUATION)
_WIRING = ("assets", "checks", "sensors")


def room_modules(rooms: tuple[str, ...] = ROOMS) -> list[ModuleType]:
    """The wiring modules of the rooms, those that exist."""
    modules: list[ModuleType] = []
    for room in rooms:
        package = import_module(f"feedback_assets.{room}")
        for folder in package.__path__:
            names = [name for name in _WIRING if Path(folder, f"{name}.py").is_file()]
            modules += [import_module(f"feedback_assets.{room}.{name}") for name in names]
    return modules


def build_resources(settings: Settings) -> dict[str, object]:
    """Everything outside the graph that assets, checks and sensors of an installation use, by its key."""
    return {
        keys.SETTINGS: settings,
        keys.PROMPTS: settings.prompts_dir,
        keys.LANDING: Landing(settings.landing_root, settings.storage),
        **lake_resources(Lake(settings.lake_root, settings.storage)),
        # Opened by the steps that need it: one that refuses its settings must not keep the others from running.
        keys.TRACKER: dg.ResourceDefinition(lambda _: open_tracker(settings)),
        keys.ROW_ENGINE: row_engine(settings),
        keys.CLOCK: keys.utc_now,
    }


def build_defs(settings: Settings, resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """The definitions for one installation.

    Args:
        settings: Of the installation; partitions begin at its first day.
        resource_overrides: Resources by key that replace the real ones, such as another tracker or clock in a test.
    """
    # The default automation sensor starts stopped; this one runs. 15 s keeps a dropped file under a minute.
    changed_days = dg.AutomationConditionSensorDefinition(
        "changed_days",
        target=dg.AssetSelection.all().materializable(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=15,
        description="Asks for every day whose inputs changed, the whole chain at once.",
    )
    every_room = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all().materializable() - dg.AssetSelection.groups(EVALUATION),
        description="Walk the chosen days from landing to tickets.",
        executor_def=dg.in_process_executor,
    )
    own = dg.Definitions(
        jobs=[every_room],
        sensors=[changed_days, dead_runs],
        resources={**build_resources(settings), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )
    with warnings.catch_warnings():
        # Loading from modules and mapping specs are in preview: they may change with a minor version, which is pinned.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        rooms = dg.load_definitions_from_modules(room_modules())
        return _for_installation(dg.Definitions.merge(rooms, own), settings)


def _for_installation(defs: dg.Definitions, settings: Settings) -> dg.Definitions:
    """Give every asset by day the partitions of the settings, and the condition that waits for the graph's last assets.

    Dagster binds both where an asset is declared, at import; there neither settings nor the other rooms are known.
    """
    graph = defs.resolve_asset_graph()
    condition, days = when_landing_changes(last_assets(graph)), day_partitions(settings.first_day)

    def of_installation(spec: dg.AssetSpec) -> dg.AssetSpec:
        if spec.partitions_def is None:
            return spec
        if spec.key not in graph.materializable_asset_keys:
            return spec.replace_attributes(partitions_def=days)
        return spec.replace_attributes(partitions_def=days, automation_condition=condition)

    return defs.map_asset_specs(func=of_installation)


@dg.definitions
def defs() -> dg.Definitions:
    """What the code server loads: the definitions for the settings of its process."""
    commit_without_waiting()
    return build_defs(load())
