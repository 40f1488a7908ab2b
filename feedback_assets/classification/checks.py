"""Advisory checks of the classification room; what must hold is checked on the assets themselves."""

# pyright: basic

from pathlib import Path

import dagster as dg

from feedback_assets import tables
from feedback_assets.classification.review_queue import check_review_queue
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.lake.store import Lake


@dg.asset_check(asset=dg.AssetKey(list(tables.GOLD_ITEMS.key)))
def review_share(lake: dg.ResourceParam[Lake], prompts: dg.ResourceParam[Path]) -> dg.AssetCheckResult:
    """People can read what waits for them on the newest day: its share is below the threshold."""
    rules = load_config(prompts).thresholds.classification
    result = check_review_queue(lake, rules.review_share)
    return dg.AssetCheckResult(
        passed=result.acceptable,
        severity=dg.AssetCheckSeverity.WARN,
        description=result.reason,
        metadata={"items": result.items, "waiting": result.waiting},
    )
