"""Wiring of the classification room: items and issues of each day, labelled under what is in force for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.in_force import edition_of, ensure_in_force, keep_files
from feedback_assets.classification.labelling import label, summary
from feedback_assets.classification.opening import editions_dir, open_asking, open_reader, reopen_reader
from feedback_assets.classification.recalled import Recalled
from feedback_assets.lake.io_manager import day_multi_asset, days_of, tell
from feedback_assets.lake.memo import Memo
from feedback_assets.lake.store import Lake
from feedback_assets.partitions import same_day
from feedback_assets.settings import load

_BY_AUTOMATION = "dagster/from_automation_condition"


@day_multi_asset(
    [tables.GOLD_ITEMS, tables.GOLD_ISSUES],
    ins={"feedback": (tables.SILVER_FEEDBACK, same_day)},
    kinds=["scikitlearn", "openai"],
)
def gold_labels(context: dg.AssetExecutionContext, lake: Lake, feedback: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Label each item by rules, ledger, local model and language model; each issue in it gets its own row."""
    settings, days, now = load(), days_of(context), datetime.now(UTC)
    on_disk = open_reader(settings)
    edition = edition_of(on_disk)
    by_person = _BY_AUTOMATION not in context.run.tags
    in_force = ensure_in_force(lake, edition, days, settings.first_day, now, asked_by_person=by_person)
    keep_files(settings.prompts_dir, editions_dir(settings), edition)
    older = sorted(day for day, promotion in in_force.items() if promotion.edition != edition)
    if older:
        context.log.warning(
            "%d days keep an older edition of the prompts, the first is %s; to label them anew, run "
            "`feedback run --from %s --to %s`", len(older), older[0], older[0], older[-1],
        )  # fmt: skip
    asking = open_asking(settings, lake, context.run.run_id, len(days), context.log.warning)
    recalled = Recalled(Memo(lake, "labels"), asking)
    try:
        frames = label(
            feedback,
            lake.read(tables.SILVER_CORRECTIONS, days[0], days[-1] + timedelta(days=1)),
            {day: promotion.edition for day, promotion in in_force.items()},
            lambda wanted: on_disk if wanted == edition else reopen_reader(settings, wanted),
            asking,
            now,
            recalled,
        )
    finally:
        asking.ledger.close()
    if asking.model is not None and asking.model.down:
        context.log.warning("%s. The local model's answers stand, marked.", asking.model.down)
    tell(context, tables.GOLD_ITEMS, recalled.work.metadata())
    context.log.info("%s", summary(frames[tables.GOLD_ITEMS.name]))
    return frames
