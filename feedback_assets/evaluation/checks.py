"""Advisory asset checks: latency of items to each hop, and drift of texts and labels."""

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
        result = measure_latency(lake, landing, hop, rules)
        day_lines = {
            str(day.day): f"p50 {day.p50:g} min, p95 {day.p95:g} min, {day.items} items" for day in result.days
        }
        return dg.AssetCheckResult(
            passed=result.within_budget,
            severity=dg.AssetCheckSeverity.WARN,
            description=result.reason,
            metadata={"budget_minutes": getattr(rules, hop.budget), **day_lines},
        )

    return latency


latency_checks = [_latency_check(hop) for hop in HOPS]


@dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=_ITEMS, description=text) for name, text in WATCHED.items()])
def drift(lake: dg.ResourceParam[Lake], prompts: dg.ResourceParam[Path]) -> Iterator[dg.AssetCheckResult]:
    """Compare the newest week of items with the four weeks before it."""
    config = load_config(prompts)
    for result in check_drift(lake, prompts, config.thresholds.drift, config.taxonomy.catch_all):
        yield _result(result)


def _result(result: DriftResult) -> dg.AssetCheckResult:
    rows = [
        f"| {slice_move.name} | {slice_move.move.size:.3f} | {slice_move.move.chance:.2g} "
        f"| {slice_move.items} | {slice_move.before} "
        f"| {'; '.join(slice_move.details())} |"
        for slice_move in result.slices
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
