"""Dagster assets of evaluation: golden scores, plans of prompt changes, old and new labels side by side."""

# pyright: basic

# Without `from __future__ import annotations`: Dagster wants the context's annotation as a type, not as text.

from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.dagster_kit.resources import Clock
from feedback_assets.dagster_kit.run_tags import PROMPT, SCOPE
from feedback_assets.dagster_kit.specs import asset_spec
from feedback_assets.lake.store import Lake

if TYPE_CHECKING:
    from feedback_assets.evaluation.prompt_plan import PromptPlan

# Metadata lives in the event log; the rest is in the table.
_ROWS_SHOWN = 20


class ScopeConfig(dg.Config):
    """Run configuration: the categories of a plan or comparison, named as the options of `feedback prompts`."""

    scope: str = Field("", description="Category whose words changed, with its close alternatives; empty for all.")
    alternatives: list[str] = Field([], description="Alternatives to take instead of the measured ones.")


def _page(table: tables.Table, kinds: list[str]) -> dict[str, Any]:
    """Arguments of `dg.asset` from the table registry; a spec at module level would be loaded as a second asset."""
    spec = asset_spec(table, [], kinds, "1")
    return {
        "key": spec.key,
        "description": spec.description,
        "group_name": spec.group_name,
        "owners": list(spec.owners),
        "kinds": spec.kinds,
        "metadata": {name: value for name, value in spec.metadata.items() if not name.startswith("dagster/io_manager")},
        "code_version": spec.code_version,
    }


@dg.asset(**_page(tables.GOLDEN_SCORES, ["scikitlearn"]))
def golden_scores(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
) -> dg.MaterializeResult:
    """Score the local model of the prompts folder on the golden set; the same versions again add nothing."""
    from feedback_assets.evaluation.golden_evaluation import measure_golden
    from feedback_assets.evaluation.reliability import Bin, page

    result, rows = measure_golden(settings, clock(), context.log.info)
    added = lake.append_missing(
        tables.GOLDEN_SCORES, rows, {"asset": tables.GOLDEN_SCORES.name, "run_id": context.run.run_id}
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "rows_added": added,
            "macro_f1": result["macro_f1"],
            "macro_f1_low": result["macro_f1_interval"][0],
            "calibration_error": result["calibration_error"],
            "reliability": dg.MetadataValue.md(page([Bin(**entry) for entry in result["reliability"]])),
        }
    )


@dg.asset(**_page(tables.PROMPT_PLAN, ["scikitlearn"]))
def prompt_plan(
    context: dg.AssetExecutionContext,
    config: ScopeConfig,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
) -> dg.MaterializeResult:
    """Plan labelling history with the prompts of the folder: days, requests, price, flips; nothing is sent."""
    from feedback_assets.evaluation import prompt_golden, prompt_report

    now = clock()
    planned = _planned(context, config, settings, lake, now)
    report = prompt_report.as_dict(planned)
    rows = prompt_report.plan_rows(planned, now)
    lake.append_missing(tables.PROMPT_PLAN, rows, {"asset": tables.PROMPT_PLAN.name, "run_id": context.run.run_id})
    context.log.info("%s", planned.reason)
    shown = ("reason", "prompt_after", "model", "texts", "requests", "tokens_in", "tokens_out", "price", "not_counted")
    return dg.MaterializeResult(
        metadata={
            **{name: report[name] for name in shown},
            "cost": "not known" if report["cost"] is None else report["cost"],
            "prompt_before": ", ".join(planned.prompt_before),
            "scope": planned.scope.reason,
            "runs": dg.MetadataValue.json(report["runs"]),
            "flips_known": dg.MetadataValue.json(report["flips"][:_ROWS_SHOWN]),
            "unknown_until_asked": report["unknown"],
            "left_out": dg.MetadataValue.json(_shortened(report["left_out"])),
            "golden": dg.MetadataValue.json(prompt_golden.golden_scores(settings, lake, planned)),
            "to_start_it": f"feedback prompts backfill{_options(config)}; or launch a backfill of these days on "
            f"gold/items and what follows it, with the tags {backfill_tags(planned)}",
        }
    )


@dg.asset(**_page(tables.LABEL_CHANGES, ["scikitlearn"]))
def label_changes(
    context: dg.AssetExecutionContext,
    config: ScopeConfig,
    settings: dg.ResourceParam[Settings],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
) -> dg.MaterializeResult:
    """Put the labels of the old prompt and the new side by side, as far as both were asked; nothing is sent."""
    from feedback_assets.evaluation import prompt_report

    now = clock()
    planned = _planned(context, config, settings, lake, now)
    rows = prompt_report.change_rows(planned.held, now)
    added = lake.append_missing(
        tables.LABEL_CHANGES, rows, {"asset": tables.LABEL_CHANGES.name, "run_id": context.run.run_id}
    )
    agreement = prompt_report.agreement(planned.held)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "rows_added": added,
            "agreement": "nothing to compare yet" if agreement is None else agreement,
            "flips": dg.MetadataValue.json(prompt_report.flips_of(planned.held)[:_ROWS_SHOWN]),
            "unknown_until_asked": sum(day.unknown for day in planned.days),
        }
    )


def _planned(
    context: dg.AssetExecutionContext, config: ScopeConfig, settings: Settings, lake: Lake, now: datetime
) -> "PromptPlan":
    from feedback_assets.evaluation.prompt_plan import plan_prompt_change, scope_named

    scope = scope_named(settings, config.scope or None, config.alternatives, context.log.info)
    return plan_prompt_change(settings, lake, now, scope, progress=context.log.info)


def backfill_tags(planned: "PromptPlan") -> str:
    """The run tags to type in the UI when a backfill of the plan is launched there."""
    scope = f", {SCOPE}: {', '.join(planned.scope.categories)}" if planned.scope.categories else ""
    return f"{PROMPT}: {planned.prompt_after}{scope}"


def _options(config: ScopeConfig) -> str:
    return (f" --scope {config.scope}" if config.scope else "") + "".join(
        f" --alternative {name}" for name in config.alternatives
    )


def _shortened(left_out: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"prompt_versions": group["prompt_versions"], "days": len(group["days"]), "first": group["days"][0]}
        for group in left_out
    ]
