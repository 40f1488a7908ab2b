"""Wiring of the classification room: items and issues of each day, labelled under what is in force for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.active_versions import (
    Asked,
    Layer,
    Layers,
    ensure_in_force,
    keep_files,
    named_edition,
    promotions,
    scope_of,
)
from feedback_assets.classification.labelling import GOLD, joined, keep_unreadable, label, summary
from feedback_assets.classification.loader import Readers, check_scope, editions_dir, open_asking
from feedback_assets.classification.recalled import Recalled, memo_of
from feedback_assets.config.settings import load
from feedback_assets.dagster_kit.io_manager import day_multi_asset, days_of, tell
from feedback_assets.dagster_kit.partitions import same_day
from feedback_assets.dagster_kit.run_tags import BY_AUTOMATION, PROMPT, SCOPE
from feedback_assets.lake.store import Lake


@day_multi_asset(
    [tables.GOLD_ITEMS, tables.GOLD_ISSUES],
    ins={"feedback": (tables.SILVER_FEEDBACK, same_day)},
    kinds=["scikitlearn", "openai"],
)
def gold_labels(context: dg.AssetExecutionContext, lake: Lake, feedback: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Label each item by rules, ledger, local model and language model; each issue in it gets its own row."""
    settings, days, now = load(), days_of(context), datetime.now(UTC)
    readers = Readers(settings)
    in_force = _in_force(context.run.tags, lake, readers, days, now)
    window = (days[0], days[-1] + timedelta(days=1))
    stays, rows, layers, left = keep_unreadable(
        feedback, in_force, readers, lambda: {table.name: lake.read(table, *window) for table in GOLD}, readers.today
    )
    for group in left:
        context.log.warning(
            "%d days from %s on keep their labels, only items without one are labelled, by the prompts of today: %s",
            len(group.days), group.days[0], group.reason,
        )  # fmt: skip
    older = sorted(day for day, held in in_force.items() if held != (Layer(readers.today),))
    if older:
        context.log.warning(
            "%d days are not labelled by the prompts of today alone, the first is %s; `feedback prompts plan` shows "
            "what they would change", len(older), older[0],
        )  # fmt: skip
    asking = open_asking(settings, lake, context.run.run_id, len(days), context.log.warning)
    recalled = Recalled(memo_of(lake), asking)
    try:
        corrections = lake.read(tables.SILVER_CORRECTIONS, *window)
        labelled = label(rows, corrections, layers, readers, asking, now, recalled)
    finally:
        asking.ledger.close()
    for trouble in asking.troubles.told():
        context.log.warning("%s", trouble)
    tell(context, tables.GOLD_ITEMS, recalled.work.metadata())
    frames = joined([stays, labelled])
    context.log.info("%s", summary(frames[tables.GOLD_ITEMS.name]))
    return frames


def _in_force(
    tags: Mapping[str, str], lake: Lake, readers: Readers, days: list[date], now: datetime
) -> dict[date, Layers]:
    """What labels each day: as it is in force, or as a backfill or a person wants it."""
    settings = readers.settings
    asked = Asked(BY_AUTOMATION not in tags, PROMPT in tags or SCOPE in tags, scope_of(tags.get(SCOPE)))
    check_scope(asked.scope, readers(readers.today).taxonomy)
    wanted = named_edition(promotions(lake), readers.today, tags.get(PROMPT))
    keep_files(settings.prompts_dir, editions_dir(settings), readers.today)
    return ensure_in_force(lake, wanted, days, settings.first_day, now, asked)
