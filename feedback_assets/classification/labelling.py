"""Labelling: the rows of a run's days, each day under its active version sets.

A day's labels are a function of its silver rows, its active version sets, the ledger and people's corrections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.active_versions import ActiveVersions, Override, VersionSet, VersionSetError
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.label_cache import CachedLabels
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.classification.overrides import classify_with_overrides
from feedback_assets.classification.rows import apply_decision, decisions, gold_rows, items_of
from feedback_assets.lake.frames import empty

GOLD = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class SkippedDays:
    """Days whose version set cannot be loaded any more: their labels stay as they are, and why."""

    days: tuple[date, ...]
    reason: str


def label_days(
    feedback: pd.DataFrame,
    corrections: pd.DataFrame,
    active: Mapping[date, ActiveVersions],
    classifier_of: Callable[[VersionSet], Classifier],
    client: ModelClient | None,
    now: datetime,
    cached: CachedLabels | None = None,
) -> Frames:
    """Label all items of the days; the texts of all days under the same version sets are answered at once.

    Args:
        feedback: Rows of `silver/feedback`.
        corrections: Rows of `silver/corrections` of the same days.
        active: The active version sets of each day of the run.
        classifier_of: Loads the classifier of a version set.
        client: The ledger and the language model.
        now: When.
        cached: Labels given before, if any are to be used.

    Returns:
        The rows of `gold/items` and `gold/issues`; an item without a complaint has no issue.
    """
    decided = decisions(corrections)
    parts: list[Frames] = []
    for versions in dict.fromkeys(active.values()):
        rows = feedback[feedback["day"].isin([day for day, held in active.items() if held == versions])]
        if rows.empty:
            continue
        label_rows = partial(_label_rows, decided, classifier_of, versions, client, now)
        parts.append(cached.label(rows, decided, versions, label_rows) if cached else label_rows(rows))
    return concat_frames(parts)


def set_aside_unloadable(
    feedback: pd.DataFrame,
    active: Mapping[date, ActiveVersions],
    classifier_of: Callable[[VersionSet], Classifier],
    read_labels: Callable[[], Frames],
    today: VersionSet,
) -> tuple[Frames, pd.DataFrame, dict[date, ActiveVersions], list[SkippedDays]]:
    """Set aside the days whose version set cannot be loaded any more, so that the others go on.

    Their labels stay as they are: labelling them with other prompts would change history silently, and stopping would
    stop the days beside them. Only items that have no label yet are labelled, with today's version set.

    Args:
        feedback: Rows of `silver/feedback`.
        active: The active version sets of each day.
        classifier_of: Loads the classifier of a version set; raises VersionSetError where that cannot be.
        read_labels: Reads the rows of `gold/items` and `gold/issues` of these days, as they are; seldom called.
        today: The version set of the prompts folder.

    Returns:
        Rows that stay, rows of silver to label, the version sets to label each day with, and the days set aside.
    """
    skipped: list[SkippedDays] = []
    usable = dict(active)
    for versions in dict.fromkeys(active.values()):
        try:
            for override in versions:
                classifier_of(override.version_set)
        except VersionSetError as error:
            days = tuple(sorted(day for day, held in active.items() if held == versions))
            skipped.append(SkippedDays(days, str(error)))
            usable |= dict.fromkeys(days, (Override(today),))
    if not skipped:
        return {table.name: empty(table) for table in GOLD}, feedback, usable, []
    days, labels = [day for group in skipped for day in group.days], read_labels()
    events = set(feedback.loc[feedback["day"].isin(days), "event_id"])
    stays = {
        table.name: labels[table.name][
            labels[table.name]["day"].isin(days) & labels[table.name]["event_id"].isin(events)
        ]
        for table in GOLD
    }
    labelled = set(stays[tables.GOLD_ITEMS.name]["event_id"])
    return stays, feedback[~feedback["event_id"].isin(labelled)], usable, skipped


def concat_frames(parts: Sequence[Frames]) -> Frames:
    """The rows of both tables of all parts."""
    return {table.name: _concat([part[table.name] for part in parts], table) for table in GOLD}


def _label_rows(
    decided: Mapping[str, Any],
    classifier_of: Callable[[VersionSet], Classifier],
    active: ActiveVersions,
    client: ModelClient | None,
    now: datetime,
    rows: pd.DataFrame,
) -> Frames:
    """Label items under the same version sets; the rows of each set name its versions."""
    items = items_of(rows)
    events = rows["event_id"].tolist()
    labelled = classify_with_overrides(items, active, classifier_of, client)
    final = [
        replace(label, answer=apply_decision(label.answer, item, decided[event], label.classifier))
        if event in decided
        else label
        for event, item, label in zip(events, items, labelled, strict=True)
    ]
    parts: list[Frames] = []
    for level in range(len(active)):
        places = [place for place, label in enumerate(final) if label.level == level]
        if places:
            answers = [final[place].answer for place in places]
            parts.append(gold_rows(rows.iloc[places], answers, final[places[0]].classifier, now))
    return concat_frames(parts)


def _concat(frames: Sequence[pd.DataFrame], table: tables.Table) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty(table)


def summary(items: pd.DataFrame) -> dict[str, str]:
    """Counts of items by who answered and by triage, as a line for the log; no text of customers."""
    if items.empty:
        return {"items": "0"}
    counts = {name: _shares(items[name]) for name in ("answered_by", "triage")}
    moderated = items["moderation"].dropna()
    moderation = {"moderation": _shares(moderated)} if len(moderated) else {}
    return {"items": str(len(items)), **counts, **moderation}


def _shares(column: pd.Series[str]) -> str:
    counts = column.value_counts().sort_index()
    return ", ".join(f"{name} {count}" for name, count in counts.items())
