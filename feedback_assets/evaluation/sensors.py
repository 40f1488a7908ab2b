"""The sensor of prompt changes: requests a plan when the rendered prompt changed."""

# pyright: basic

# Without `from __future__ import annotations`: Dagster wants the annotation of a resource as a type, not as text.

from pathlib import Path

import dagster as dg

from feedback_assets import tables
from feedback_assets.classification.active_versions import promotions
from feedback_assets.classification.llm.prompt import load_prompt
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.dagster_kit.specs import asset_key
from feedback_assets.errors import CallError
from feedback_assets.lake.store import Lake


@dg.sensor(
    name="prompt_change",
    target=dg.AssetSelection.assets(asset_key(tables.PROMPT_PLAN)),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=60,
    description="Plans what a change of prompt, taxonomy or examples in it would send, when the rendered text changed.",
)
def prompt_change(
    context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], prompts: dg.ResourceParam[Path]
) -> dg.SensorResult | dg.SkipReason:
    """Compare the rendered prompt and schema with what was seen last, and ask for a plan when they differ.

    It proposes and does not start: a backfill asks the language model thousands of questions, and who pays wants to
    see the price first and to narrow it. A file that is being edited and cannot be read is no change yet.
    """
    try:
        taxonomy = load_taxonomy(prompts / "taxonomy.yaml")
        version = load_prompt(prompts / "classify.md", taxonomy).version
    except CallError as error:
        return dg.SkipReason(f"the prompts cannot be read: {error}")
    seen = context.cursor or _newest_prompt_version(lake)
    if seen in (None, version):
        return dg.SensorResult(skip_reason=f"prompt {version} is planned or in force", cursor=version)
    request = dg.RunRequest(asset_selection=[asset_key(tables.PROMPT_PLAN)], tags={"feedback/changed_from": str(seen)})
    return dg.SensorResult(run_requests=[request], cursor=version)


def _newest_prompt_version(lake: Lake) -> str | None:
    """The prompt version promoted last; None before the first run."""
    known = promotions(lake)
    return known[-1].version_set.prompt_version if known else None
