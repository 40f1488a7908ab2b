"""Advisory checks of the classification room; what must hold is checked on the assets themselves."""

import dagster as dg

from feedback_assets import tables
from feedback_assets.classification.review_queue import check_review_queue
from feedback_assets.config.settings import load
from feedback_assets.config.thresholds import load_thresholds
from feedback_assets.dagster_kit.io_manager import IO_KEY
from feedback_assets.lake.store import Lake


@dg.asset_check(asset=dg.AssetKey(list(tables.GOLD_ITEMS.key)), required_resource_keys={IO_KEY})
def review_share(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """People can read what waits for them on the newest day: its share is below the threshold."""
    lake: Lake = getattr(context.resources, IO_KEY).lake
    section = load_thresholds(load().prompts_dir / "thresholds.yaml").section("classification")
    found = check_review_queue(lake, section.number("review_share", 0, 1))
    return dg.AssetCheckResult(
        passed=found.acceptable,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.reason,
        metadata={"items": found.items, "waiting": found.waiting},
    )
