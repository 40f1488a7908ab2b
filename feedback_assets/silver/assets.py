"""Wiring of the silver room: catalog, commerce, and feedback with its duplicates and quarantine."""

from __future__ import annotations

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.config import mappings
from feedback_assets.config.hash_key import hashing_key
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.day_assets import day_asset, day_multi_asset, run_days, show_on_page
from feedback_assets.dagster_kit.partitions import last_7_days, last_56_days, last_120_days, same_day
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.contract import DayCheck
from feedback_assets.lake.store import Lake
from feedback_assets.silver.active_releases import add_releases
from feedback_assets.silver.cached_rows import silver_cache
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.engine import RowEngine
from feedback_assets.silver.events import build_catalog, build_commerce
from feedback_assets.silver.feedback import build
from feedback_assets.silver.fields import Mappings
from feedback_assets.silver.products import catalog_of
from feedback_assets.silver.reconcile import all_accounted, personal_data, reconcile
from feedback_assets.silver.releases import build_releases

# What a payload's reading needs; `raw` is only shown of lines nobody could read.
_BRONZE_COLUMNS = tables.BRONZE_FEEDBACK.column_names


@day_asset(tables.SILVER_CATALOG, ins={"events": (tables.BRONZE_CATALOG, same_day)})
def silver_catalog(context: dg.AssetExecutionContext, settings: Settings, events: pd.DataFrame) -> pd.DataFrame:
    """Read the catalog events of the days as products."""
    frame, left_out = build_catalog(events, run_days(context), _mappings(settings))
    context.log.info("%d products, %d rows left out: unreadable, repeated or without a product", len(frame), left_out)
    return frame


@day_asset(tables.SILVER_COMMERCE, ins={"events": (tables.BRONZE_COMMERCE, same_day)})
def silver_commerce(context: dg.AssetExecutionContext, settings: Settings, events: pd.DataFrame) -> pd.DataFrame:
    """Read orders, returns, refunds and deliveries of the days; customers and orders become keyed hashes."""
    key = hashing_key(settings.key_file)
    frame, left_out = build_commerce(events, run_days(context), _mappings(settings), key, settings.timezone)
    context.log.info("%d commerce events, %d rows left out: unreadable or repeated", len(frame), left_out)
    return frame


@day_asset(
    tables.SILVER_RELEASES,
    ins={"events": (tables.BRONZE_RELEASES, same_day)},
    deps=[(tables.SILVER_CATALOG, same_day)],
    checks=["reconciliation"],
)
def silver_releases(
    context: dg.AssetExecutionContext, settings: Settings, landing: Landing, lake: Lake, events: pd.DataFrame
) -> tuple[pd.DataFrame, list[DayCheck]]:
    """Read what was shipped on the days; a change of a product is resolved against the whole catalog."""
    days = run_days(context)
    read = build_releases(events, catalog_of(lake, days), days, _mappings(settings), settings.timezone)
    failures = all_accounted(
        read.frame, read.left_out_by_day, days,
        lambda day: landing.count_lines("releases", day),
    )  # fmt: skip
    counts: dict[str, int | float | str] = {"releases": len(read.frame), **read.left_out}
    context.log.info("releases read and left out by reason: %s", counts)
    return read.frame, [DayCheck("reconciliation", failures, counts)]


@day_multi_asset(
    [tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE],
    ins={
        "events": (tables.BRONZE_FEEDBACK, last_7_days, _BRONZE_COLUMNS),
        "commerce": (tables.SILVER_COMMERCE, last_120_days),
        "releases": (tables.SILVER_RELEASES, last_56_days),
    },
    # Who a product is does not depend on the day the catalog was sent: its newest row is read, today's are waited for.
    deps=[(tables.SILVER_CATALOG, same_day)],
    checks=["reconciliation", "personal_data"],
)
def silver_feedback(
    context: dg.AssetExecutionContext,
    settings: Settings,
    landing: Landing,
    lake: Lake,
    row_engine: RowEngine,
    events: pd.DataFrame,
    commerce: pd.DataFrame,
    releases: pd.DataFrame,
) -> tuple[dict[str, pd.DataFrame], list[DayCheck]]:
    """Bring each item to one canonical row without personal data, or to the repeats, or to quarantine."""
    days = run_days(context)
    rules = ReadingRules(hashing_key(settings.key_file), _mappings(settings), settings.low_trust_sources)
    cleaner = row_engine.cleaner(context, lake)
    silver = build(events, catalog_of(lake, days), commerce, days, rules, cleaner, silver_cache(lake))
    frames = silver.frames()
    frames[tables.SILVER_FEEDBACK.name] = add_releases(silver.feedback, releases)
    failures, totals = reconcile(frames, days, lambda day: landing.count_lines("feedback", day))
    # Cached rows passed this check when they were computed, also those that then repeated another.
    personal = personal_data({**frames, tables.SILVER_FEEDBACK.name: silver.computed}, silver.redactors)
    silver.cached.save(failing=personal)
    show_on_page(context, tables.SILVER_FEEDBACK, silver.cached.counts.metadata())
    return frames, [DayCheck("reconciliation", failures, {**totals}), DayCheck("personal_data", personal)]


def _mappings(settings: Settings) -> Mappings:
    return Mappings(*mappings.load_all(settings.mappings_dir))
