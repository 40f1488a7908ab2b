"""Which days of landing a tick of the sensor looks at, and how far it comes in its time.

A tick lists the folders of days, which is cheap, and then the objects of some days, in this order:

1. the newest days of each stream, and on a disk every day whose folder changed: a new file there is seen at once;
2. days that are not known yet, the newest first;
3. the other days, in slices, one round after the other: so a late file on an old day of an object store, where
   folders do not tell that they changed, is seen within a round. A round begins at most every ten minutes.

Nothing here reports or keeps anything; that is the sensor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.day_fingerprints import short

# Dagster gives a sensor sixty seconds; a slow store may take some more for what is asked when they are over.
BUDGET_SECONDS = 20.0
ROUND = timedelta(minutes=10)
_NEWEST_DAYS = 3
# Folders of one file system are compared with each other; some keep times to two seconds only.
_SAME_TIME_NS = 2_000_000_000
# Days listed at once: in an object store at the same time, each is a request.
_BATCH = 16

Place = tuple[str, date]
Known = Mapping[str, Mapping[date, str]]


@dataclass(frozen=True)
class Cursor:
    """What a sensor keeps in Dagster between two ticks: short, and read from what older versions wrote.

    Attributes:
        place: Which of the two places holds the known fingerprints; empty at the very first tick.
        known_hash: Their hash.
        position: Behind which place the round goes on, as `stream/day`; empty between two rounds.
        round_began: When the newest round began, in seconds since 1970.
        newest_change: When the newest folder changed that was looked at, in nanoseconds since 1970.
    """

    place: str = ""
    known_hash: str = ""
    position: str = ""
    round_began: int = 0
    newest_change: int = 0

    def to_text(self) -> str:
        """The cursor as Dagster keeps it."""
        return f"{self.place}:{self.known_hash}:{self.position}:{self.round_began}:{self.newest_change}"


def parse_cursor(text: str | None) -> Cursor:
    """What `to_text` or an older version wrote; the beginning where it is neither."""
    parts = (text or "").split(":")
    if len(parts) == 2:  # the versions before wrote place and hash only
        return Cursor(parts[0], parts[1])
    if len(parts) != 5 or not (parts[3].isdigit() and parts[4].isdigit()):
        return Cursor()
    return Cursor(parts[0], parts[1], parts[2], int(parts[3]), int(parts[4]))


@dataclass(frozen=True)
class Seen:
    """What a tick saw.

    Attributes:
        fingerprints: Fingerprints of the days it looked at, empty where a day has no objects any more.
        cursor: Where the next tick goes on; its `place` and `known_hash` are the old ones.
    """

    fingerprints: Mapping[Place, str]
    cursor: Cursor


@dataclass
class _Slice:
    """Looks at days, batch by batch, until the time is over."""

    landing: Landing
    deadline: float
    clock: Callable[[], float]
    fingerprints: dict[Place, str] = field(default_factory=dict[Place, str])

    def look(self, places: Sequence[Place], *, at_least_one: bool = False) -> int:
        """Look at days in order; how many of them are done. The first batch is looked at in any case if asked so."""
        done = 0
        for batch in _batches(places):
            if self.clock() >= self.deadline and not (at_least_one and done == 0):
                break
            new = [place for place in batch if place not in self.fingerprints]
            self.fingerprints.update(zip(new, self.landing.fingerprints(new), strict=True))
            done += len(batch)
        return done


def look(
    landing: Landing, known: Known, cursor: Cursor, now: datetime, streams: Sequence[str], clock: Callable[[], float],
    budget: float = BUDGET_SECONDS,
) -> Seen:  # fmt: skip
    """Look at as many days as the time allows, the most promising first.

    Args:
        landing: Where the objects are.
        known: Stream -> day -> fingerprint, as known before.
        cursor: Where the tick before ended.
        now: The time.
        streams: The streams, in order.
        clock: Seconds that only go forward.
        budget: Seconds after which no more days are asked for.

    Raises:
        StoreError: Something else answers than the store that is meant.
        OSError: The disk or object store refuses.
    """
    part = _Slice(landing, clock() + budget, clock)
    folders = landing.day_folders(streams)
    for stream in streams:
        gone = known.get(stream, {}).keys() - folders[stream].keys()
        part.fingerprints.update({(stream, day): "" for day in gone})
    first = _first(folders, known, cursor, streams)
    all_first = part.look(first, at_least_one=True) == len(first)
    began, position = cursor.round_began, cursor.position
    if not position and now.timestamp() - began >= ROUND.total_seconds():
        began, position = int(now.timestamp()), "/"
    if position:
        rest = _behind(folders, streams, position)
        done = part.look(rest, at_least_one=True)
        position = "" if done == len(rest) else f"{rest[done - 1][0]}/{rest[done - 1][1]}"
    newest = max((changed for days in folders.values() for changed in days.values()), default=0)
    return Seen(
        {place: short(value) for place, value in part.fingerprints.items()},
        replace(
            cursor,
            position=position,
            round_began=began,
            newest_change=max(newest, cursor.newest_change) if all_first else cursor.newest_change,
        ),
    )


def _first(
    folders: Mapping[str, Mapping[date, int]], known: Known, cursor: Cursor, streams: Sequence[str]
) -> list[Place]:
    """The newest days, those whose folders changed, and those not known: in this order, each the newest first."""
    newest = [(stream, day) for stream in streams for day in sorted(folders[stream])[-_NEWEST_DAYS:]]
    since = cursor.newest_change - _SAME_TIME_NS
    changed = [
        (stream, day)
        for stream in streams
        for day, at in folders[stream].items()
        if cursor.newest_change and at >= since and day in known.get(stream, {})
    ]
    unknown = [(stream, day) for stream in streams for day in folders[stream] if day not in known.get(stream, {})]
    by_day = [sorted(group, key=lambda place: place[1], reverse=True) for group in (newest, changed, unknown)]
    return list(dict.fromkeys(place for group in by_day for place in group))


def _behind(folders: Mapping[str, Mapping[date, int]], streams: Sequence[str], position: str) -> list[Place]:
    """The days behind a position, in order of streams and days; all of them behind "/"."""
    stream, _, day = position.partition("/")
    places = [(name, each) for name in streams for each in sorted(folders[name])]
    if stream not in streams:
        return places
    order = {name: number for number, name in enumerate(streams)}
    behind = (order[stream], date.fromisoformat(day))
    return [place for place in places if (order[place[0]], place[1]) > behind]


def _batches(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for start in range(0, len(places), _BATCH):
        yield places[start : start + _BATCH]
