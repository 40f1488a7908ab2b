"""Wiring of the door: the landing folders as external assets, and the five bronze tables read from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.dagster_kit.automation import landing_key
from feedback_assets.dagster_kit.day_assets import day_asset, run_days
from feedback_assets.dagster_kit.partitions import DAYS, same_day
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.bronze import Line, bronze_frame


def _landing_asset(stream: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        landing_key(stream),
        description=f"Landing objects of the stream {stream}: immutable JSON Lines by UTC day. "
        "Imports, the webhook and connectors write them; the sensor `new_feedback` reports days that changed.",
        group_name="landing",
        owners=[f"team:{tables.BRONZE[stream].owner}"],
        kinds={"json"},
        partitions_def=DAYS,
    )


def _bronze_asset(stream: str) -> dg.AssetsDefinition:
    table = tables.BRONZE[stream]

    def bronze(context: dg.AssetExecutionContext, landing: Landing) -> pd.DataFrame:
        return bronze_frame(_lines(landing, stream, run_days(context)), table)

    bronze.__name__ = f"bronze_{stream}"
    bronze.__doc__ = f"Read every landing object of the days: {table.description}"
    declare = day_asset(
        table,
        deps=[dg.AssetDep(landing_key(stream), partition_mapping=same_day)],
    )
    return declare(bronze)


def _lines(landing: Landing, stream: str, days: list[date]) -> Iterator[Line]:
    for day in days:
        for item in landing.list_objects(stream, day):
            for number, line in landing.read_lines(item.path):
                yield day, item.path, number, line


landing = [_landing_asset(stream) for stream in tables.STREAMS]
bronze = [_bronze_asset(stream) for stream in tables.STREAMS]
