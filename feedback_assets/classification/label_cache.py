"""The label cache: reuses the labels of unchanged items and labels the others.

Only what the rows and the versions decide is cached. With a language model at hand, or answers of one in the ledger,
the local model's word is not the last one; then what rules and the language model said is cached.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.lake.cache import KEY, CacheCounts, RowCache
from feedback_assets.lake.frames import conform, empty
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
    "files/word_lists.py", "words",
)  # fmt: skip
LIBRARIES = ("scikit-learn", "numpy", "pandas", "alt-profanity-check")
_TABLE = "cache_table"
_ALWAYS = (tables.AnsweredBy.RULES, tables.AnsweredBy.LANGUAGE_MODEL)


def label_cache(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> RowCache:
    """The cache of this stage, under the version of the code here and of the libraries it works with."""
    return RowCache(lake, "labels", SOURCES, libraries)


class CachedLabels:
    """Labels items through the cache.

    Args:
        cache: Where labels given before are.
        client: What else may answer.
    """

    def __init__(self, cache: RowCache, client: ModelClient | None) -> None:
        self._cache = cache
        self._is_final = client is None or (client.model is None and client.ledger.is_empty())
        self._asked = "" if client is None or self._is_final else f"{client.name} {json.dumps(dict(client.sampling))}"
        self.counts = CacheCounts()

    def label(
        self,
        rows: pd.DataFrame,
        decided: Mapping[str, Mapping[str, Any]],
        versions: object,
        compute: Callable[[pd.DataFrame], Frames],
    ) -> Frames:
        """The rows of `gold/items` and `gold/issues` for whole days of `silver/feedback`.

        Args:
            rows: Items of days that are labelled under the same versions.
            decided: People's decisions by event id.
            versions: What the days are labelled under; its text tells it apart from others.
            compute: Labels the rows that have to be labelled.
        """
        rows = rows[list(USED)]
        decisions = [
            json.dumps(decided[event], default=str, sort_keys=True) if event in decided else "null"
            for event in rows["event_id"].tolist()
        ]
        entries = rows.assign(decision=decisions)
        lookup = self._cache.find(
            entries, [*USED, "decision"], f"{self._asked} {versions}", days=sorted(set(rows["day"]))
        )
        computed = compute(rows[lookup.missing]) if lookup.missing.any() else {}
        self.counts += lookup.counts
        lookup.save(self._entries(computed, rows[["day", "event_id"]].assign(**{KEY: lookup.keys})))
        # Whatever was paid for what is cached was paid by the run that asked.
        cached = lookup.everything().assign(tokens_in=0, tokens_out=0, cost=0.0)
        return {table.name: _joined(cached, computed, table) for table in GOLD}

    def _entries(self, computed: Frames, keys: pd.DataFrame) -> pd.DataFrame:
        """What is worth caching, as one frame: each row with its key and the table it is of."""
        parts = [keys.iloc[:0]]
        for table in GOLD if computed else ():
            frame = computed[table.name]
            frame = frame if self._is_final else frame[frame["answered_by"].isin(_ALWAYS)]
            parts.append(frame.merge(keys, on=["day", "event_id"]).assign(**{_TABLE: table.name}))
        filled = [part for part in parts if len(part)]
        return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _joined(cached: pd.DataFrame, computed: Frames, table: tables.Table) -> pd.DataFrame:
    parts = [conform(cached[cached[_TABLE] == table.name], table)] if len(cached) else []
    parts += [computed[table.name]] if table.name in computed else []
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else (parts or [empty(table)])[0]
