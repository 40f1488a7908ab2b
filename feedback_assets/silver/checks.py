"""Advisory checks of the silver room; what must hold is checked on the assets themselves."""

from datetime import timedelta

import dagster as dg

from feedback_assets import tables
from feedback_assets.lake.store import Lake
from feedback_assets.silver.volume import compare_volume


@dg.asset_check(asset=dg.AssetKey(list(tables.SILVER_FEEDBACK.key)))
def volume(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """The newest day with feedback brought about as much as the 28 days before it."""
    days = lake.days(tables.SILVER_FEEDBACK)
    if not days:
        return dg.AssetCheckResult(passed=True, description="no feedback yet")
    newest = max(days)
    rows = lake.read(tables.SILVER_FEEDBACK, newest - timedelta(days=28), newest + timedelta(days=1), ["day"])
    result = compare_volume({day: int(count) for day, count in rows["day"].value_counts().items()}, newest)  # pyright: ignore
    return dg.AssetCheckResult(
        passed=result.ordinary,
        severity=dg.AssetCheckSeverity.WARN,
        description=result.reason,
        metadata={"rows": result.rows, "mean": round(result.mean, 2)},
    )
