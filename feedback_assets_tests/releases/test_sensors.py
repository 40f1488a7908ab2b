"""The sensor that keeps the impact of releases going on quiet days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.lake.frames import conform
from feedback_assets.lake.store import Lake
from feedback_assets.releases.sensors import open_releases

IMPACT = dg.AssetKey(["gold", "release_impact"])


def test_quiet_days_since_a_release_are_asked_for_until_they_are_computed(tmp_path) -> None:
    today = date(2025, 3, 20)
    lake = Lake(str(tmp_path / "lake"))
    resources = {
        "lake": lake, "prompts": Settings(home=tmp_path).prompts_dir,
        "clock": lambda: datetime(2025, 3, 20, 9, tzinfo=UTC),
    }  # fmt: skip
    out = today - timedelta(days=3)
    row = {
        "day": out, "event_id": "e", "source": "log", "release_id": "r", "kind": "site", "name": "w1",
        "at": datetime.combine(out, datetime.min.time(), UTC), "derived": False,
    }  # fmt: skip
    frame = conform(
        pd.DataFrame([row], columns=list(tables.SILVER_RELEASES.column_names)), tables.SILVER_RELEASES
    )  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(open_releases(dg.build_sensor_context(instance, resources=resources)), dg.SkipReason)
        lake.write_days(tables.SILVER_RELEASES, frame, out, out + timedelta(days=1), {})
        instance.report_runless_asset_event(dg.AssetMaterialization(IMPACT, partition=str(out + timedelta(days=1))))
        asked = open_releases(dg.build_sensor_context(instance, resources=resources))
        assert isinstance(asked, dg.SensorResult)
        assert [request.partition_key for request in asked.run_requests or ()] == [
            str(out), str(out + timedelta(days=2))]  # fmt: skip
