"""Starting a planned prompt backfill: here, block by block, or on a running Dagster by the mutation its UI uses.

What is planned and why stands in `evaluation/prompt_plan.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import httpx2

from feedback_assets import tables
from feedback_assets.dagster_kit.run_tags import PROMPT, SCOPE
from feedback_assets.errors import OutsideError
from feedback_assets.evaluation.prompt_plan import PromptPlan
from feedback_assets.orchestration.runner import Block, BlockResult, RunEnvironment, run_block

_LABELS = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
# The fields that the UI asks for too; the params are those of its dialog.
MUTATION = """mutation LaunchPartitionBackfill($backfillParams: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfillParams) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on PartitionSetNotFoundError { message }
    ... on InvalidSubsetError { message }
    ... on RunConflict { message }
    ... on ConflictingExecutionParamsError { message }
  }
}"""
_SECONDS = 60.0


def assets_to_run(defs: dg.Definitions) -> list[dg.AssetKey]:
    """Labels and every table by day that follows from them."""
    graph = defs.resolve_asset_graph()
    labels = dg.AssetSelection.assets(*(dg.AssetKey(list(table.key)) for table in _LABELS))
    reached = labels.downstream().resolve(graph)
    return sorted(key for key in reached if graph.get(key).is_partitioned and graph.get(key).is_materializable)


def tags_of(planned: PromptPlan) -> dict[str, str]:
    """The tags of its runs: which prompt labels, and what it is narrowed to."""
    scope = {SCOPE: ", ".join(planned.scope.categories)} if planned.scope.categories else {}
    return {PROMPT: planned.prompt_after, **scope}


def backfill_params(planned: PromptPlan, assets: list[dg.AssetKey]) -> dict[str, Any]:
    """`LaunchBackfillParams`: every asset for exactly the affected days, so that nothing beside them runs."""
    ranges = [{"start": str(first), "end": str(last)} for first, last in planned.blocks]
    return {
        "partitionsByAssets": [
            {"assetKey": {"path": list(key.path)}, "partitions": {"ranges": ranges}} for key in assets
        ],
        "tags": [{"key": key, "value": value} for key, value in tags_of(planned).items()],
        "title": f"prompt {planned.prompt_after}",
        "description": planned.reason,
    }


def run_here(
    planned: PromptPlan, environment: RunEnvironment, on_step: Callable[[str, str], None]
) -> list[BlockResult]:
    """Run the blocks one after the other in this process; stops at the first that fails.

    Args:
        planned: What to run.
        environment: What runs it, and where Dagster writes what happened.
        on_step: Called with block and step as each finishes.
    """
    assets, results = assets_to_run(environment.defs), list[BlockResult]()
    for first, last in planned.blocks:
        block = Block(first, last)
        results.append(
            run_block(block, environment, lambda step, name=str(block): on_step(name, step), assets, tags_of(planned))
        )
        if not results[-1].success:
            break
    return results


def launch(planned: PromptPlan, defs: dg.Definitions, url: str) -> str:
    """Ask a running Dagster to start it, as its UI would; returns the id of the backfill.

    Args:
        planned: What to run; at least one block.
        defs: The definitions of this installation, which are those of the Dagster there.
        url: Where its UI is, such as http://127.0.0.1:3000.

    Raises:
        OutsideError: Nothing answers there, or it refuses.
    """
    variables = {"backfillParams": backfill_params(planned, assets_to_run(defs))}
    try:
        reply = httpx2.post(
            f"{url.rstrip('/')}/graphql", json={"query": MUTATION, "variables": variables}, timeout=_SECONDS
        )
        answer: Any = reply.raise_for_status().json()
    except httpx2.TimeoutException as error:
        raise OutsideError(
            f"{url}: no answer within {_SECONDS:g} s; it may have started: look at {url.rstrip('/')}/runs before you "
            "try again"
        ) from error
    except (httpx2.HTTPStatusError, ValueError) as error:
        raise OutsideError(f"{url}: {error}; that is not the UI of this installation, see what runs there") from error
    except httpx2.HTTPError as error:
        raise OutsideError(f"{url}: {error}; start it with `make ui`, or leave out --ui to run here") from error
    result = ((answer.get("data") or {}).get("launchPartitionBackfill")) or {"message": str(answer.get("errors"))}
    if "backfillId" not in result:
        raise OutsideError(f"{url}: the backfill was refused: {result.get('message', result)}")
    return str(result["backfillId"])
