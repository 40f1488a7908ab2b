"""Changes of the room's tables and files that a home of an older version goes through; each is safe to run twice.

When they are asked for, and in what order, stands in `orchestration/upgrade.py`.
"""

# pyright: basic

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow

from feedback_assets.classification.ledger import ROWS_A_GROUP, split_messages
from feedback_assets.lake.store import Lake
from feedback_assets.tables import ACTIVE_VERSIONS, LEDGER, LEDGER_PROMPTS

pa: Any = pyarrow  # it has no stubs
# What `ledger/active_versions` was called.
_IN_FORCE = replace(ACTIVE_VERSIONS, key=("ledger", "in_force"))
_ROWS_AT_ONCE = 1_000


def has_whole_requests(lake: Lake) -> bool:
    """Whether the ledger still keeps the prompt with each answer."""
    dataset: Any = lake.dataset(LEDGER)
    return dataset is not None and "prompt_hash" not in dataset.schema.names


def split_requests(lake: Lake) -> str:
    """Keep each prompt of the ledger once, and with each answer only what is its own.

    The prompts are written first, then all answers in one commit: a reader sees the table before or after it.
    """
    dataset: Any = lake.dataset(LEDGER)
    if dataset is None:
        return "no ledger"
    prompts: dict[str, dict[str, Any]] = {}
    answers = 0
    for batch in dataset.to_batches(columns=["request"], batch_size=_ROWS_AT_ONCE):
        answers += len(batch)
        for request in batch.column("request").to_pylist():
            prompt, _ = split_messages(json.loads(request), None)
            prompts[prompt["prompt_hash"]] = prompt
    if prompts:
        lake.append_missing(LEDGER_PROMPTS, pd.DataFrame(list(prompts.values())), {"asset": LEDGER_PROMPTS.name})
    schema: Any = LEDGER.arrow_schema()

    def rewritten() -> Iterator[Any]:
        for batch in dataset.to_batches(batch_size=_ROWS_AT_ONCE):
            rows = cast("list[dict[str, Any]]", batch.to_pylist())
            for row in rows:
                row |= split_messages(json.loads(row["request"]), None)[1]
            yield pa.RecordBatch.from_pylist(rows, schema=schema)

    lake.rewrite(
        LEDGER, lambda: pa.RecordBatchReader.from_batches(schema, rewritten()), {"asset": LEDGER.name}, ROWS_A_GROUP
    )
    return f"{answers} answers rewritten, {len(prompts)} prompts kept once"


def has_in_force(lake: Lake) -> bool:
    """Whether the promotions still lie in `ledger/in_force`."""
    return lake.dataset(_IN_FORCE) is not None


def rename_in_force(lake: Lake) -> str:
    """Move the promotions from `ledger/in_force` to `ledger/active_versions`; what was moved before is left out."""
    rows = lake.read(_IN_FORCE)
    moved = lake.append_missing(ACTIVE_VERSIONS, rows, {"asset": ACTIVE_VERSIONS.name})
    lake.remove(_IN_FORCE)
    return f"{moved} promotions moved"


def has_pickled_models(models: Path) -> bool:
    """Whether a trained model is kept as a pickle."""
    return any(models.glob("*/model.joblib"))


def rewrite_models(models: Path) -> str:
    """Keep each trained model as JSON and arrays, with the same answers.

    One that cannot be read, which no version could use, is set aside under another name, so that this ends.
    """
    # Imported here: scikit-learn takes seconds to import, and whether a home is of today is asked before each run.
    from feedback_assets.classification.model.artefact import ModelFileError
    from feedback_assets.classification.model.older_artefact import rewrite

    rewritten = 0
    unreadable: list[str] = []
    for path in sorted(models.glob("*/model.joblib")):
        try:
            rewrite(path.parent)
            rewritten += 1
        except ModelFileError:
            unreadable.append(str(path.replace(path.with_name(f"{path.name}.unreadable"))))
    return f"{rewritten} rewritten" + (f", unreadable and set aside: {', '.join(unreadable)}" if unreadable else "")
