"""Keeps the impact of releases going on days nobody writes: silence after a release is told too.

Days with feedback, and release events however late, are asked for by `new_feedback`; this asks for what is left.
"""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.config.thresholds import load_thresholds
from feedback_assets.dagster_kit.partitions import DAYS
from feedback_assets.lake.store import Lake
from feedback_assets.releases.counts import releases_on
from feedback_assets.releases.quiet import quiet_days
from feedback_assets.releases.rules import release_rules

_IMPACT = dg.AssetKey(list(tables.GOLD_RELEASE_IMPACT.key))
# A release told of in the last four weeks may have its window open; the same as partitions.last_28_days.
_LOOK_BACK = 28


@dg.sensor(
    name="open_releases",
    asset_selection=dg.AssetSelection.assets(_IMPACT),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=3600,
    description="Asks for the impact of releases on days of their windows on which nothing came in.",
)
def open_releases(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for each whole day of an open window that was never computed, once a day."""
    last = DAYS.get_last_partition_key()
    if last is None:
        return dg.SkipReason("there are no partitions yet")
    today, settings = date.fromisoformat(last), load()
    rules = release_rules(load_thresholds(settings.prompts_dir / "thresholds.yaml").section("releases"))
    told = Lake(settings.lake_root, settings.storage).read(
        tables.SILVER_RELEASES, start=today - timedelta(days=_LOOK_BACK)
    )
    done = {date.fromisoformat(key) for key in context.instance.get_materialized_partitions(_IMPACT)}
    waiting = quiet_days(releases_on(told, today, _LOOK_BACK), done, today, rules.window_days)
    if not waiting:
        return dg.SkipReason("every day of an open window was computed")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=f"{today}/{day}", partition_key=str(day)) for day in waiting]
    )
