"""Labelling: the rows of a run's days, each day under what is in force for it.

A day's labels are a function of its silver rows, its layers of editions, the ledger's answers and people's corrections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.active_versions import Edition, EditionError, Layer, Layers
from feedback_assets.classification.cascade.cascade import Asking
from feedback_assets.classification.classifier import Reader
from feedback_assets.classification.overrides import Labelled, classify_under
from feedback_assets.classification.recalled import Recalled
from feedback_assets.classification.rows import decisions, gold, items_of, overridden
from feedback_assets.lake.frames import empty

GOLD = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class LeftAlone:
    """Days whose edition cannot be opened any more: their labels stay as they are, and why."""

    days: tuple[date, ...]
    reason: str


def label(
    feedback: pd.DataFrame,
    corrections: pd.DataFrame,
    in_force: Mapping[date, Layers],
    reader_of: Callable[[Edition], Reader],
    asking: Asking | None,
    now: datetime,
    recalled: Recalled | None = None,
) -> Frames:
    """Label all items of the days; the texts of all days under the same layers are answered at once.

    Args:
        feedback: Rows of `silver/feedback`.
        corrections: Rows of `silver/corrections` of the same days.
        in_force: The layers in force for each day of the run.
        reader_of: Opens an edition.
        asking: The ledger and the language model.
        now: When.
        recalled: Labels given before, if any are to be used.

    Returns:
        The rows of `gold/items` and `gold/issues`; an item without a complaint has no issue.
    """
    decided = decisions(corrections)
    parts: list[Frames] = []
    for layers in dict.fromkeys(in_force.values()):
        rows = feedback[feedback["day"].isin([day for day, held in in_force.items() if held == layers])]
        if rows.empty:
            continue
        answered = partial(_answered, decided, reader_of, layers, asking, now)
        parts.append(recalled.label(rows, decided, layers, answered) if recalled else answered(rows))
    return joined(parts)


def keep_unreadable(
    feedback: pd.DataFrame,
    in_force: Mapping[date, Layers],
    reader_of: Callable[[Edition], Reader],
    kept: Callable[[], Frames],
    today: Edition,
) -> tuple[Frames, pd.DataFrame, dict[date, Layers], list[LeftAlone]]:
    """Set aside the days whose edition cannot be opened any more, so that the others go on.

    Their labels stay as they are: labelling them with other prompts would change history silently, and stopping would
    stop the days beside them. Only items that have no label yet are labelled, with today's edition.

    Args:
        feedback: Rows of `silver/feedback`.
        in_force: The layers in force for each day.
        reader_of: Opens an edition; raises EditionError where that cannot be.
        kept: Reads the rows of `gold/items` and `gold/issues` of these days, as they are; seldom called.
        today: The edition in the prompts folder.

    Returns:
        Rows that stay, rows of silver that are to be labelled, the layers to label each day with, and what was left.
    """
    left: list[LeftAlone] = []
    layers_of = dict(in_force)
    for layers in dict.fromkeys(in_force.values()):
        try:
            for layer in layers:
                reader_of(layer.edition)
        except EditionError as error:
            days = tuple(sorted(day for day, held in in_force.items() if held == layers))
            left.append(LeftAlone(days, str(error)))
            layers_of |= dict.fromkeys(days, (Layer(today),))
    if not left:
        return {table.name: empty(table) for table in GOLD}, feedback, layers_of, []
    days, found = [day for group in left for day in group.days], kept()
    here = set(feedback.loc[feedback["day"].isin(days), "event_id"])
    stays = {
        table.name: found[table.name][found[table.name]["day"].isin(days) & found[table.name]["event_id"].isin(here)]
        for table in GOLD
    }
    known = set(stays[tables.GOLD_ITEMS.name]["event_id"])
    return stays, feedback[~feedback["event_id"].isin(known)], layers_of, left


def joined(parts: Sequence[Frames]) -> Frames:
    """The rows of both tables of all parts."""
    return {table.name: _joined([part[table.name] for part in parts], table) for table in GOLD}


def _answered(
    decided: Mapping[str, Any],
    reader_of: Callable[[Edition], Reader],
    layers: Layers,
    asking: Asking | None,
    now: datetime,
    rows: pd.DataFrame,
) -> Frames:
    """The rows of items under the same layers; those of each layer name its versions."""
    items = items_of(rows)
    events = rows["event_id"].tolist()
    found = classify_under(items, layers, reader_of, asking)
    final = [
        Labelled(overridden(one.answer, item, decided[event], one.reader), one.reader, one.layer)
        if event in decided
        else one
        for event, item, one in zip(events, items, found, strict=True)
    ]
    parts: list[Frames] = []
    for number in range(len(layers)):
        places = [place for place, one in enumerate(final) if one.layer == number]
        if places:
            answers = [final[place].answer for place in places]
            parts.append(gold(rows.iloc[places], answers, final[places[0]].reader, now))
    return joined(parts)


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
