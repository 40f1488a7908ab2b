"""Wiring of evaluation: the scores of the model in use on the golden set, appended, old ones kept."""

# Without `from __future__ import annotations`: Dagster wants the context's annotation as a type, not as text.

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from feedback_assets import tables
from feedback_assets.lake.assets import asset_spec
from feedback_assets.lake.store import Lake
from feedback_assets.settings import load


def _page() -> dict[str, Any]:
    """What the table registry says of the table's page; a spec at module level would be found as a second asset."""
    spec = asset_spec(tables.GOLDEN_SCORES, [], ["scikitlearn"], "1", None)
    return {
        "key": spec.key,
        "description": spec.description,
        "group_name": spec.group_name,
        "owners": list(spec.owners),
        "kinds": spec.kinds,
        "metadata": {name: value for name, value in spec.metadata.items() if not name.startswith("dagster/io_manager")},
        "code_version": spec.code_version,
    }


@dg.asset(**_page())
def golden_scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Score the local model of the prompts folder on the golden set; the same versions again add nothing."""
    from feedback_assets.evaluation.measuring import measure_golden

    settings = load()
    result, rows = measure_golden(settings, datetime.now(UTC), context.log.info)
    added = Lake(settings.lake_root).append_missing(
        tables.GOLDEN_SCORES, rows, {"asset": tables.GOLDEN_SCORES.name, "run_id": context.run.run_id}
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "rows_added": added,
            "macro_f1": result["macro_f1"],
            "macro_f1_low": result["macro_f1_interval"][0],
            "calibration_error": result["calibration_error"],
        }
    )
