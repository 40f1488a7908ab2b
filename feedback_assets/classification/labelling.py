"""Labelling: the rows of a run's days, each day under the edition that is in force for it.

A day's labels are a function of its silver rows, that edition, the ledger's answers and people's corrections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.cascade import Asking, classify
from feedback_assets.classification.in_force import Edition
from feedback_assets.classification.reader import Reader
from feedback_assets.classification.recalled import Recalled
from feedback_assets.classification.rows import decisions, gold, items_of, overridden
from feedback_assets.lake.frames import empty

GOLD = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)


def label(
    feedback: pd.DataFrame,
    corrections: pd.DataFrame,
    editions: Mapping[date, Edition],
    reader_of: Callable[[Edition], Reader],
    asking: Asking | None,
    now: datetime,
    recalled: Recalled | None = None,
) -> dict[str, pd.DataFrame]:
    """Label all items of the days; the texts of all days under one edition are answered at once.

    Args:
        feedback: Rows of `silver/feedback`.
        corrections: Rows of `silver/corrections` of the same days.
        editions: The edition in force for each day of the run.
        reader_of: Opens an edition.
        asking: The ledger and the language model.
        now: When.
        recalled: Labels given before, if any are to be used.

    Returns:
        The rows of `gold/items` and `gold/issues`; an item without a complaint has no issue.
    """
    decided = decisions(corrections)
    parts: list[dict[str, pd.DataFrame]] = []
    for edition in dict.fromkeys(editions.values()):
        days = [day for day, in_force in editions.items() if in_force == edition]
        rows = feedback[feedback["day"].isin(days)]
        if rows.empty:
            continue
        answered = partial(_answered, decided, reader_of, edition, asking, now)
        parts.append(recalled.label(rows, decided, edition, answered) if recalled else answered(rows))
    return {table.name: _joined([part[table.name] for part in parts], table) for table in GOLD}


def _answered(
    decided: Mapping[str, Any],
    reader_of: Callable[[Edition], Reader],
    edition: Edition,
    asking: Asking | None,
    now: datetime,
    rows: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    reader = reader_of(edition)
    items = items_of(rows)
    answers = [
        overridden(answer, item, decided[event_id], reader) if event_id in decided else answer
        for event_id, item, answer in zip(
            rows["event_id"].tolist(), items, classify(items, reader, asking), strict=True
        )
    ]
    return gold(rows, answers, reader, now)


def _joined(frames: Sequence[pd.DataFrame], table: tables.Table) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty(table)


def summary(items: pd.DataFrame) -> dict[str, str]:
    """Who answered and where it went, in words: what a run tells about itself; counts only, no text."""
    if items.empty:
        return {"items": "0"}
    told = {"items": str(len(items)), "answered_by": _shares(items["answered_by"]), "triage": _shares(items["triage"])}
    moderated = items["moderation"].dropna()
    return {**told, "moderation": _shares(moderated)} if len(moderated) else told


def _shares(column: pd.Series[str]) -> str:
    counts = column.value_counts().sort_index()
    return ", ".join(f"{name} {count}" for name, count in counts.items())
