"""Dagster asset of classification: items and issues of each day, labelled by its active version sets."""

# pyright: basic

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.active_versions import (
    ActiveVersions,
    LabelRequest,
    Override,
    ensure_active,
    keep_version_files,
    promotions,
    scope_of,
    version_set_by_prompt,
)
from feedback_assets.classification.label_cache import CachedLabels, label_cache
from feedback_assets.classification.labelling import GOLD, concat_frames, label_days, set_aside_unloadable, summary
from feedback_assets.classification.loader import ClassifierRegistry, check_scope, open_client, version_sets_dir
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.day_assets import day_multi_asset, run_days, show_on_page
from feedback_assets.dagster_kit.partitions import same_day
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.dagster_kit.run_tags import BY_AUTOMATION, PROMPT, SCOPE
from feedback_assets.lake.store import Lake


@day_multi_asset(
    [tables.GOLD_ITEMS, tables.GOLD_ISSUES],
    ins={"feedback": (tables.SILVER_FEEDBACK, same_day)},
    kinds=["scikitlearn", "openai"],
)
def gold_labels(
    context: dg.AssetExecutionContext, settings: Settings, lake: Lake, clock: Clock, feedback: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Label each item by rules, ledger, local model and language model; each issue in it gets its own row."""
    days, now = run_days(context), clock()
    registry = ClassifierRegistry(settings)
    in_force = _active_versions(context.run.tags, lake, registry, days, now)
    window = (days[0], days[-1] + timedelta(days=1))
    stays, rows, active, left = set_aside_unloadable(
        feedback, in_force, registry, lambda: {table.name: lake.read(table, *window) for table in GOLD}, registry.today
    )
    for group in left:
        context.log.warning(
            "%d days from %s on keep their labels, only items without one are labelled, by the prompts of today: %s",
            len(group.days), group.days[0], group.reason,
        )  # fmt: skip
    older = sorted(day for day, held in in_force.items() if held != (Override(registry.today),))
    if older:
        context.log.warning(
            "%d days are not labelled by the prompts of today alone, the first is %s; `feedback prompts plan` shows "
            "what they would change", len(older), older[0],
        )  # fmt: skip
    client = open_client(settings, lake, context.run.run_id, len(days), context.log.warning)
    cached = CachedLabels(label_cache(lake), client)
    try:
        corrections = lake.read(tables.SILVER_CORRECTIONS, *window)
        labelled = label_days(rows, corrections, active, registry, client, now, cached)
    finally:
        client.ledger.close()
    for message in client.errors.sentences():
        context.log.warning("%s", message)
    show_on_page(context, tables.GOLD_ITEMS, cached.counts.metadata())
    frames = concat_frames([stays, labelled])
    context.log.info("%s", summary(frames[tables.GOLD_ITEMS.name]))
    return frames


def _active_versions(
    tags: Mapping[str, str], lake: Lake, registry: ClassifierRegistry, days: list[date], now: datetime
) -> dict[date, ActiveVersions]:
    """What labels each day: as it is in force, or as a backfill or a person wants it."""
    settings = registry.settings
    asked = LabelRequest(BY_AUTOMATION not in tags, PROMPT in tags or SCOPE in tags, scope_of(tags.get(SCOPE)))
    check_scope(asked.scope, registry(registry.today).taxonomy)
    wanted = version_set_by_prompt(promotions(lake), registry.today, tags.get(PROMPT))
    keep_version_files(settings.prompts_dir, version_sets_dir(settings), registry.today)
    return ensure_active(lake, wanted, days, settings.first_day, now, asked)
