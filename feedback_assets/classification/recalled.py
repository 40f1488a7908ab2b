"""Labels given before: items whose labels nothing has changed are recalled, the others are labelled.

Only what the rows and the versions settle is recalled. With a language model at hand, or answers of one in the
ledger, the local model's word is not the last one; then what rules and the language model said is recalled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.lake.frames import conform, rows_where
from feedback_assets.lake.memo import KEY, Memo, Work, code_version, having, keys_of, positions
from feedback_assets.lake.store import Lake

Frames = dict[str, pd.DataFrame]
GOLD = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
# Columns of `silver/feedback` that a label may depend on; the others are not shown to whoever labels.
USED = (
    "day", "event_id", "text", "language", "rating", "channel", "product_id", "product_name", "variant", "store",
    "region", "carrier", "app_version",
)  # fmt: skip
SOURCES = (
    "classification", "lake/frames.py", "tables", "personal.py", "config", "text.py", "files/text_files.py",
)  # fmt: skip
LIBRARIES = ("scikit-learn", "numpy", "pandas", "alt-profanity-check")
_TABLE = "memo_table"
_ALWAYS = ("rules", "language_model")


def memo_of(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> Memo:
    """The memo of this stage, under the version of the code here and of the libraries it works with."""
    return Memo(lake, "labels", code_version(SOURCES, libraries))


class Recalled:
    """Labels by way of the memo.

    Args:
        memo: Where labels given before are.
        client: What else may answer.
    """

    def __init__(self, memo: Memo, client: ModelClient | None) -> None:
        self._memo = memo
        self._settled = client is None or (client.model is None and client.ledger.is_empty())
        asked = "" if client is None or self._settled else f"{client.name} {json.dumps(dict(client.sampling))}"
        self._version = f"{memo.code} {asked}"
        self.work = Work(0, 0)

    def label(
        self,
        rows: pd.DataFrame,
        decided: Mapping[str, Mapping[str, Any]],
        versions: object,
        answered: Callable[[pd.DataFrame], Frames],
    ) -> Frames:
        """The rows of `gold/items` and `gold/issues` for whole days of `silver/feedback`.

        Args:
            rows: Items of days that are labelled under the same versions.
            decided: People's decisions by event id.
            versions: What the days are labelled under; its text tells it apart from others.
            answered: Labels the rows that have to be labelled.
        """
        rows = rows[list(USED)]
        days = sorted(set(rows["day"]))
        decisions = [
            json.dumps(decided[event], default=str, sort_keys=True) if event in decided else "null"
            for event in rows["event_id"].tolist()
        ]
        keys = np.array(
            keys_of(rows.assign(decision=decisions), [*USED, "decision"], f"{self._version} {versions}"), dtype=object
        )
        known = self._memo.recall(days)
        missing = positions(known, list(keys)) < 0
        found = _recalled(known, set(keys[~missing]))
        fresh = answered(rows[missing]) if missing.any() else {}
        self.work += Work(int(missing.sum()), int((~missing).sum()))
        if missing.any() or (found is not None and len(found) < len(known)):
            self._keep(known, rows[["day", "event_id"]].assign(**{KEY: keys}), fresh)
        return {table.name: _joined(found, fresh, table) for table in GOLD}

    def _keep(self, known: pd.DataFrame, rows: pd.DataFrame, fresh: Frames) -> None:
        parts = [having(known, rows[KEY])] if KEY in known.columns else []
        for table in GOLD if fresh else ():
            frame = fresh[table.name]
            frame = frame if self._settled else frame[frame["answered_by"].isin(_ALWAYS)]
            parts.append(frame.merge(rows, on=["day", "event_id"]).assign(**{_TABLE: table.name}))
        filled = [part for part in parts if len(part)]
        kept = pd.concat(filled) if filled else parts[-1]
        days = set(rows["day"])
        self._memo.keep({day: rows_where(kept, (kept["day"] == day).to_numpy(dtype=bool)) for day in days})


def _recalled(known: pd.DataFrame, keys: set[bytes]) -> pd.DataFrame | None:
    if not keys:
        return None
    rows = having(known, keys)
    # Whatever was paid for them was paid by the run that asked.
    return rows.assign(tokens_in=0, tokens_out=0, cost=0.0)


def _joined(found: pd.DataFrame | None, fresh: Frames, table: tables.Table) -> pd.DataFrame:
    parts = [] if found is None else [conform(found[found[_TABLE] == table.name], table)]
    parts += [fresh[table.name]] if table.name in fresh else []
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]
