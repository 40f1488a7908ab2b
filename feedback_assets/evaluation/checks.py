"""Advisory checks that watch all rooms: how long items take to each hop."""

import dagster as dg

from feedback_assets.evaluation.latency import HOPS, Hop, look
from feedback_assets.lake.io_manager import IO_KEY
from feedback_assets.lake.store import Lake
from feedback_assets.settings import load
from feedback_assets.thresholds import load_thresholds


def _latency_check(hop: Hop) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(list(hop.table.key)),
        name="latency",
        description=f"Of every day, 95 of 100 items are {hop.name} within the budget, counted from being received.",
        required_resource_keys={IO_KEY},
    )
    def latency(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        lake: Lake = getattr(context.resources, IO_KEY).lake
        settings = load()
        section = load_thresholds(settings.prompts_dir / "thresholds.yaml").section("latency")
        found = look(lake, settings.landing_root, hop, section)
        told = {str(one.day): f"p50 {one.p50:g} min, p95 {one.p95:g} min, {one.items} items" for one in found.days}
        return dg.AssetCheckResult(
            passed=found.kept,
            severity=dg.AssetCheckSeverity.WARN,
            description=found.reason,
            metadata={"budget_minutes": section.number(hop.budget, 0), **told},
        )

    return latency


latency_checks = [_latency_check(hop) for hop in HOPS]
