"""Runs the drift checks on the lake: reads a bounded sample of each day of the last weeks.

The one place of the drift checks that reads files; what is compared and how stands in `drift_detection.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets import tables
from feedback_assets.clusters.embedding import ConceptEmbedding, Issue
from feedback_assets.config.sections.watching import DriftRules
from feedback_assets.config.word_files import load_lexicon
from feedback_assets.evaluation.drift_detection import WATCHED, DriftResult, detect_drift
from feedback_assets.evaluation.drift_items import COLUMNS, Embed
from feedback_assets.lake.store import Lake
from feedback_assets.text import content_words

_OF_FEEDBACK = ("day", "event_id", "text", "language", "channel", "product_family")
_OF_LABELS = ("event_id", "category", "confidence", "model_version")
_WEEK = 7


def check_drift(lake: Lake, prompts: Path, rules: DriftRules, catch_all: str) -> list[DriftResult]:
    """Judge the newest week that has items against the weeks before it.

    Args:
        lake: Where `silver/feedback` and `gold/items` are.
        prompts: The folder with the lexicon.
        rules: Windows and thresholds.
        catch_all: The category that gathers what fits no other.
    """
    days = lake.days(tables.GOLD_ITEMS)
    if not days:
        return [DriftResult(name, "too_few", 0, rules.warn, "no items yet", 0, "", "") for name in WATCHED]
    newest = max(days)
    first = newest - timedelta(days=rules.recent_days + rules.baseline_days - 1)
    items = read_items(lake, first, newest, rules.rows_a_day)
    return detect_drift(items, newest, rules, catch_all, text_places(prompts), content_words)


def read_items(lake: Lake, first: date, last: date, rows_a_day: int) -> pd.DataFrame:
    """Items of the days from `first` to `last` with their labels, of each day at most so many.

    Which ones is decided by the hash of the id: the same ones in every run, and no kind of item more than another.
    Read week by week, so that a month of a large lake is never in memory at once.
    """
    parts: list[pd.DataFrame] = []
    for start in (first + timedelta(days=n) for n in range(0, (last - first).days + 1, _WEEK)):
        end = min(start + timedelta(days=_WEEK), last + timedelta(days=1))
        drawn = _drawn(lake.read(tables.SILVER_FEEDBACK, start, end, _OF_FEEDBACK), rows_a_day)
        labels = lake.read(tables.GOLD_ITEMS, start, end, _OF_LABELS)
        parts.append(drawn.merge(labels, on="event_id"))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _drawn(frame: pd.DataFrame, rows_a_day: int) -> pd.DataFrame:
    hashes = pd.util.hash_array(frame["event_id"].to_numpy(object))
    ranked = pd.Series(hashes, index=frame.index).groupby(frame["day"]).rank(method="first")
    return frame[ranked <= rows_a_day]


def text_places(prompts: Path) -> Embed:
    """Places texts by concept and word alone: no label has a say, so that only what is written can move."""
    embedding = _embedding(prompts / "lexicon.yaml", (prompts / "lexicon.yaml").stat().st_mtime)

    def embed(texts: Sequence[str], languages: Sequence[str]) -> NDArray[np.float32]:
        return embedding.vectors([Issue(a, b, "", None) for a, b in zip(texts, languages, strict=True)])

    return embed


@lru_cache(maxsize=1)
def _embedding(lexicon: Path, changed: float) -> ConceptEmbedding:
    return ConceptEmbedding.fit(load_lexicon(lexicon), [])
