"""The story's clock: which 30 days, how busy each is, what hour things happen; all from the seed, none from now."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS = 30
# All days lie in 2025, before any clock that runs this.
_EPOCH = date(2025, 1, 6)
_SPREAD_DAYS = 210
# People write by day and in the evening.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 11, 11, 10, 10, 10, 10, 11, 12, 13, 12, 9, 5, 2)


@dataclass(frozen=True)
class Calendar:
    """The days of the story and how busy they are; `season` is the half-open range of the seasonal days."""

    first_day: date
    season: tuple[int, int]
    volume: tuple[float, ...]

    @property
    def zone(self) -> tzinfo:
        """The zone of all times: UTC."""
        return UTC

    @property
    def last_day(self) -> date:
        """The last day of the story."""
        return self.first_day + timedelta(days=DAYS - 1)

    def day(self, number: int) -> date:
        """The date of a day by its number from 0."""
        return self.first_day + timedelta(days=number)

    def moment(self, rng: random.Random, number: int) -> datetime:
        """A time of that day, at the hours people write."""
        hour = rng.choices(range(24), _HOURS)[0]
        at = time(hour, rng.randrange(60), rng.randrange(60), tzinfo=UTC)
        return datetime.combine(self.day(number), at)

    def some_day(self, rng: random.Random) -> int:
        """A day drawn by how busy the days are."""
        return rng.choices(range(DAYS), self.volume)[0]


def plan(rng: random.Random, seed: int) -> Calendar:
    """The calendar of a seed: weekends quieter, and one week in which everything rises with the orders."""
    first_day = _EPOCH + timedelta(days=seed * 37 % _SPREAD_DAYS)
    start = rng.randint(7, 20)
    season = (start, start + 7)
    rise = rng.uniform(1.6, 1.8)
    volume: list[float] = []
    for number in range(DAYS):
        weekend = (first_day + timedelta(days=number)).weekday() >= 5
        volume.append((0.85 if weekend else 1.0) * (rise if season[0] <= number < season[1] else 1.0))
    return Calendar(first_day, season, tuple(volume))
