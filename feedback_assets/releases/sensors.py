"""The sensor that asks for the impact of releases on days without feedback: silence after a release counts too.

Days with feedback, and late release events, are asked for by `new_feedback`. This asks for what is left.
"""

# pyright: basic

# Without `from __future__ import annotations`: Dagster wants the annotation of a resource as a type, not as text.

from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.lake.store import Lake
from feedback_assets.releases.inputs import releases_up_to
from feedback_assets.releases.missing_days import missing_days

_IMPACT = dg.AssetKey(list(tables.GOLD_RELEASE_IMPACT.key))
# A release of the last four weeks may have its window open; the same as partitions.last_28_days.
_LOOK_BACK = 28


@dg.sensor(
    name="open_releases",
    asset_selection=dg.AssetSelection.assets(_IMPACT),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=3600,
    description="Asks for the impact of releases on days of their windows on which nothing came in.",
)
def open_releases(
    context: dg.SensorEvaluationContext,
    lake: dg.ResourceParam[Lake],
    prompts: dg.ResourceParam[Path],
    clock: dg.ResourceParam[Clock],
) -> dg.SensorResult | dg.SkipReason:
    """Ask for each whole day of an open window that was never computed, once a day."""
    today = clock().date()
    rules = load_config(prompts).thresholds.releases
    shipped = lake.read(tables.SILVER_RELEASES, start=today - timedelta(days=_LOOK_BACK))
    done = {date.fromisoformat(key) for key in context.instance.get_materialized_partitions(_IMPACT)}
    waiting = missing_days(releases_up_to(shipped, today, _LOOK_BACK), done, today, rules.window_days)
    if not waiting:
        return dg.SkipReason("every day of an open window was computed")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"{today}/{day}", partition_key=str(day)) for day in waiting]
    )
