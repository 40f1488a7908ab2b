"""Whether every landed line is in exactly one table, and whether any personal value is left.

Both look at finished frames only; what landed is counted by the caller from the landing objects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pandas as pd

from feedback_assets import tables
from feedback_assets.silver.redact import Redactor

Failures = dict[date, list[str]]
# Columns that came from customers or sources as text.
_TEXT_COLUMNS: dict[str, tuple[str, ...]] = {
    tables.SILVER_FEEDBACK.name: (
        "text", "variant", "region", "store", "carrier", "device", "customer_tier", "return_reason", "app_version",
    ),
    tables.SILVER_DUPLICATES.name: ("evidence",),
    tables.SILVER_QUARANTINE.name: ("detail", "excerpt"),
}  # fmt: skip


def reconcile(
    frames: Mapping[str, pd.DataFrame], days: Sequence[date], landed: Callable[[date], int]
) -> tuple[Failures, dict[str, int]]:
    """The days on which landed is not silver + duplicates + quarantine, and the counts of all days together.

    Args:
        frames: The three frames by table name.
        days: The days computed.
        landed: How many lines the landing objects of a day hold.
    """
    counts = {name: Counter(frame["day"]) for name, frame in frames.items()}
    failures: Failures = {}
    totals = dict.fromkeys(("landed", *(name.split("/")[1] for name in frames)), 0)
    for day in days:
        lines = landed(day)
        rows = {name.split("/")[1]: by_day[day] for name, by_day in counts.items()}
        for name, number in (("landed", lines), *rows.items()):
            totals[name] += number
        if lines != sum(rows.values()):
            parts = " + ".join(f"{name} {number}" for name, number in rows.items())
            failures[day] = [
                f"landed {lines}, but {parts} = {sum(rows.values())}; run bronze/feedback of {day} again, then silver"
            ]
    return failures, totals


def all_accounted(
    frame: pd.DataFrame, left_out: Mapping[date, int], days: Sequence[date], landed: Callable[[date], int]
) -> Failures:
    """The days on which landed is not what was read and what was left out for a reason.

    Args:
        frame: The rows of the days.
        left_out: Lines left out, by day.
        days: The days computed.
        landed: How many lines the landing objects of a day hold.
    """
    read = Counter(frame["day"])
    failures: Failures = {}
    for day in days:
        lines, known = landed(day), read[day] + left_out.get(day, 0)
        if lines != known:
            parts = f"landed {lines}, but {read[day]} read + {left_out.get(day, 0)} left out = {known}"
            failures[day] = [f"{parts}; run the bronze table of {day} again, then this one"]
    return failures


def personal_data(frames: Mapping[str, pd.DataFrame], redactors: Mapping[date, Redactor]) -> Failures:
    """The days with a personal value left in a text column; named by table, column and kind, never by value."""
    failures: Failures = {}
    for name, columns in _TEXT_COLUMNS.items():
        frame = frames[name]
        versions = frame["app_version"] if "app_version" in frame.columns else [None] * len(frame)
        for column in columns:
            # The same few sentences say why most rows repeat another: each is looked at once.
            for day, text, version in set(zip(frame["day"], frame[column], versions, strict=True)):
                if isinstance(text, str) and text:
                    known = (version,) if isinstance(version, str) else ()
                    failures.setdefault(day, []).extend(
                        f"{name}.{column} holds a value of kind {span.kind}; fix the recogniser, run the day again"
                        for span in redactors[day].find(text, known)
                    )
    return {day: sorted(set(texts)) for day, texts in failures.items() if texts}
