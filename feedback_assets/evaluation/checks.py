"""Advisory checks that watch all rooms: how long items take to each hop, and drift of what is written and labelled."""

# pyright: basic

# Without `from __future__ import annotations`: Dagster wants the context's annotation as a type, not as text.

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.evaluation.drift_detection import WATCHED, DriftResult
from feedback_assets.evaluation.drift_sample import check_drift
from feedback_assets.evaluation.latency import HOPS, Hop, measure_latency
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.store import Lake

_ITEMS = dg.AssetKey(list(tables.GOLD_ITEMS.key))


def _latency_check(hop: Hop) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(list(hop.table.key)),
        name="latency",
        description=f"Of every day, 95 of 100 items are {hop.name} within the budget, counted from being received.",
    )
    def latency(
        lake: dg.ResourceParam[Lake], landing: dg.ResourceParam[Landing], prompts: dg.ResourceParam[Path]
    ) -> dg.AssetCheckResult:
        rules = load_config(prompts).thresholds.latency
        found = measure_latency(lake, landing, hop, rules)
        told = {str(one.day): f"p50 {one.p50:g} min, p95 {one.p95:g} min, {one.items} items" for one in found.days}
        return dg.AssetCheckResult(
            passed=found.within_budget,
            severity=dg.AssetCheckSeverity.WARN,
            description=found.reason,
            metadata={"budget_minutes": getattr(rules, hop.budget), **told},
        )

    return latency


latency_checks = [_latency_check(hop) for hop in HOPS]


@dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=_ITEMS, description=told) for name, told in WATCHED.items()])
def drift(lake: dg.ResourceParam[Lake], prompts: dg.ResourceParam[Path]) -> Iterator[dg.AssetCheckResult]:
    """Hold the newest week of items against the four weeks before it."""
    config = load_config(prompts)
    for result in check_drift(lake, prompts, config.thresholds.drift, config.taxonomy.catch_all):
        yield _result(result)


def _result(result: DriftResult) -> dg.AssetCheckResult:
    rows = [
        f"| {one.name} | {one.move.size:.3f} | {one.move.chance:.2g} | {one.items} | {one.before} "
        f"| {'; '.join(one.details())} |"
        for one in result.slices
    ]
    return dg.AssetCheckResult(
        check_name=result.name,
        asset_key=_ITEMS,
        passed=result.level not in ("warn", "fail"),
        severity=dg.AssetCheckSeverity.ERROR if result.level == "fail" else dg.AssetCheckSeverity.WARN,
        description=result.reason,
        metadata={
            "value": round(result.value, 4),
            "threshold": result.threshold,
            "items": result.items,
            "window": result.window,
            "baseline": result.baseline,
            "slices_judged": result.judged,
            "most_moved": dg.MetadataValue.md(
                "\n".join(["| slice | move | chance | items | before | bins |", "|---|---|---|---|---|---|", *rows])
            ),
        },
    )
