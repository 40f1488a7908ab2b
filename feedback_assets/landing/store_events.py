"""Lands events of an import day by day, each once: what is there already is counted as repeated.

Buffers, digests and objects; rows, mappings and times are settled by the callers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from feedback_assets.files.landing_files import Landing, folder
from feedback_assets.landing import envelope, writer

# Bytes held before objects are written: a file below lands as one object a day.
_HELD_BYTES = 64 << 20
# Writing waits for the disk or the network, not for the processor.
_WRITERS = 16


@dataclass
class Landed:
    """What came of the events handed over.

    Attributes:
        days: The days events happened on; `filed_days` those that others were filed under.
        read_by: Names of the mappings that events landed before are read by.
    """

    landed: int = 0
    repeated: int = 0
    objects: int = 0
    days: set[date] = field(default_factory=set[date])
    filed_days: set[date] = field(default_factory=set[date])
    read_by: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class _PlannedObject:
    """One object to be written."""

    day: date
    name: str
    lines: list[bytes]


class EventStore:
    """Takes lines with their digests and lands them. `flush` must be called at the end."""

    def __init__(
        self, landing: Landing, stream: str, source: str, *, dry: bool = False, held_bytes: int = _HELD_BYTES
    ) -> None:
        """Land, or with `dry` only count what would land. Writes whenever it holds `held_bytes`."""
        self._landing, self._stream, self._source, self._dry = landing, stream, source, dry
        self._held: dict[tuple[date, bool], list[tuple[bytes, bytes]]] = {}
        self._bytes, self._most = 0, held_bytes
        self._known: dict[date, set[bytes]] = {}
        self._filed: set[bytes] | None = None
        self._mapping_of: dict[bytes, str] = {}
        self.result = Landed()

    def add(self, day: date, digest: bytes, line: bytes, *, filed: bool = False) -> None:
        """Hand over one line; `filed` when the day is that of arrival because the event's own is not known."""
        self._held.setdefault((day, filed), []).append((digest, line))
        self._bytes += len(line)
        if self._bytes > self._most:
            self.flush()

    def flush(self) -> Landed:
        """Write what is held."""
        planned_objects = [
            planned for (day, filed), held in self._held.items() if (planned := self._plan_object(day, held, filed))
        ]
        self._held, self._bytes = {}, 0
        with ThreadPoolExecutor(_WRITERS) as pool:
            for planned, landed in zip(planned_objects, pool.map(self._write, planned_objects), strict=True):
                self._count(planned, landed)
        return self.result

    def _plan_object(self, day: date, held: list[tuple[bytes, bytes]], filed: bool) -> _PlannedObject | None:
        """What of a day's events is new; None when nothing is."""
        once = dict(held)
        (self.result.filed_days if filed else self.result.days).add(day)
        name = writer.object_name(self._source, once, filed=filed)
        if filed:
            known = self._filed_before()
        elif day not in self._known and writer.exists(self._landing, self._stream, day, name):
            known = set(once)
            self._mapping_of.update(dict.fromkeys(once, self._first_mapping(day, name) or ""))
        else:
            known = self._day_before(day)
        new = {digest: line for digest, line in once.items() if digest not in known}
        self.result.repeated += len(held) - len(new)
        self.result.read_by |= {self._mapping_of.get(digest, "") for digest in once if digest in known} - {""}
        if not new:
            return None
        (self._filed_before() if filed else self._day_before(day)).update(new)
        return _PlannedObject(day, writer.object_name(self._source, new, filed=filed), list(new.values()))

    def _write(self, planned: _PlannedObject) -> bool:
        return self._dry or writer.write_object(self._landing, self._stream, planned.day, planned.name, planned.lines)

    def _count(self, planned: _PlannedObject, landed: bool) -> None:
        if landed:
            self.result.landed += len(planned.lines)
            self.result.objects += 1
        else:  # another import landed the same just now
            self.result.repeated += len(planned.lines)

    def _day_before(self, day: date) -> set[bytes]:
        """Digests of what this source landed on a day of its own; what was filed there meanwhile may come back in."""
        if day not in self._known:
            mine, filed = f"{writer.slug(self._source)}-", f"{writer.slug(self._source)}-{writer.FILED}"
            listed = self._landing.list_objects(self._stream, day)
            paths = [item.path for item in listed if item.name.startswith(mine) and not item.name.startswith(filed)]
            self._known[day] = set(self._digests(paths))
        return self._known[day]

    def _filed_before(self) -> set[bytes]:
        """Digests of what this source ever had filed under a day of arrival, whichever day that was."""
        if self._filed is None:
            prefix = f"{writer.slug(self._source)}-{writer.FILED}"
            listed = self._landing.list_objects(self._stream)
            self._filed = set(self._digests(item.path for item in listed if item.name.startswith(prefix)))
        return self._filed

    def _digests(self, paths: Iterable[str]) -> Iterable[bytes]:
        seen: Counter[bytes] = Counter()
        for path in paths:
            for _, line in self._landing.read_lines(path):
                plain, read = envelope.line_digest(line)
                seen[plain] += 1
                if read.mapping:
                    self._mapping_of[plain] = read.mapping
                yield plain if read.problem is None else numbered(plain, seen[plain])

    def _first_mapping(self, day: date, name: str) -> str | None:
        """The mapping of an object's first event; one import writes all by one mapping."""
        path = f"{folder(self._stream, day)}/{name}"
        first = next(self._landing.read_lines(path), None)
        return envelope.parse(first[1]).mapping if first else None


def numbered(digest: bytes, ordinal: int) -> bytes:
    """A digest for the first, second… of equal lines that have no id to tell them apart."""
    return digest if ordinal == 1 else digest + ordinal.to_bytes(8, "big")
