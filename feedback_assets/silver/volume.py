"""Whether a day brought about as much feedback as the days before it. Counts only, no texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

# Four whole weeks, so that every weekday counts alike.
_WINDOW = 28
# Under a week of history any share would be noise.
_FEWEST_DAYS = 7
# A lost source shows as less than a third, a source read twice as more than three times.
_LEAST, _MOST = 1 / 3, 3.0


@dataclass(frozen=True)
class Volume:
    """Whether the day is ordinary, and why in words."""

    ordinary: bool
    rows: int
    mean: float
    reason: str


def compare_volume(rows: Mapping[date, int], day: date) -> Volume:
    """The day's rows against the mean of the 28 days before it; days without rows count as none.

    Args:
        rows: Rows of the days that have any.
        day: The day to judge.
    """
    first = min(rows, default=day)
    before = [day - timedelta(days=back) for back in range(1, _WINDOW + 1)]
    before = [earlier for earlier in before if earlier >= first]
    here = rows.get(day, 0)
    mean = sum(rows.get(earlier, 0) for earlier in before) / len(before) if before else 0.0
    if len(before) < _FEWEST_DAYS or not mean:
        return Volume(True, here, mean, f"{here} rows on {day}; {len(before)} days before it are too few to compare")
    reason = f"{here} rows on {day}, {here / mean:.2f} times the mean of {mean:.1f} of the {len(before)} days before"
    return Volume(_LEAST <= here / mean <= _MOST, here, mean, reason)
