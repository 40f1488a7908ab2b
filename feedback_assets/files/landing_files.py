"""The layout of landing: where objects of a day are, what they are called, how their lines are read and counted.

Only listing and reading; nothing is written here (see `landing.writer`) and no line is judged.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from feedback_assets.files import object_stores
from feedback_assets.files.store_marker import Marker, StoreError

_T = TypeVar("_T")
_DAY = "day="
SUFFIX = ".jsonl"
# Requests to an object store at the same time.
_REQUESTS = 16
# How long an empty answer is believed without looking for the marker again.
_PROOF_SECONDS = 10.0
_READABLE, _WRITABLE = "readable", "writable"
_MARKER = "_landing.json"
_MARKER_CONTENT = b'{"kind": "landing", "format": 1}\n'


@dataclass(frozen=True)
class LandingObject:
    """One object: its path below the landing root and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """The file name alone, `<source>-<id>.jsonl`."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Landing:
    """The landing objects below one root.

    Attributes:
        root: A local path, or the URL of a folder in an object store.
        options: Storage options of an object store, as delta-rs names them; they may hold secrets.
    """

    root: str
    options: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    _proved_at: dict[str, float] = field(default_factory=dict[str, float], init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object_stores.refuse_unknown_scheme(self.root)

    @property
    def is_local(self) -> bool:
        """Whether the root is a folder of this machine."""
        return "://" not in self.root

    def local_path(self, path: str) -> Path:
        """The file of an object or folder below a local root."""
        return Path(self.root, path)

    def file_system(self) -> tuple[Any, str]:
        """The fsspec file system of the root, and the root's path in it without a final slash.

        Raises:
            ImportError: The driver for this kind of URL is not installed; it names the package.
        """
        files, path = object_stores.file_system(self.root, dict(self.options))
        return files, path.rstrip("/")

    def has_marker(self) -> bool:
        """Whether an object store has the marker of landing. A disk answers for itself and has none.

        Raises:
            StoreError: Something else answers, the bucket is missing, or nothing answers.
        """
        if self.is_local:
            return False
        marker = self._marker()
        content = marker.read()
        if content is not None and content != _MARKER_CONTENT:
            raise StoreError(marker.wrong_content(content, "the marker of landing"))
        return content is not None

    def ensure_marker(self) -> None:
        """What a writer does first: mark landing in an object store, and read the marker back. Once for each value.

        Raises:
            StoreError: The store does not keep what is written, or see `has_marker`.
        """
        if self.is_local or _WRITABLE in self._proved_at:
            return
        if not self.has_marker():
            marker = self._marker()
            marker.create(_MARKER_CONTENT)
            if not self.has_marker():
                raise StoreError(marker.lost_content())
        self._proved_at[_WRITABLE] = time.monotonic()

    def day_folders(self, streams: Sequence[str]) -> dict[str, dict[date, int]]:
        """The days of each stream that have a folder, in order.

        Args:
            streams: The streams; those of an object store are asked at once.

        Returns:
            Stream -> day -> when the folder last changed, in nanoseconds since 1970; 0 in an object store, which does
            not tell.

        Raises:
            StoreError: Something else answers than the store that is meant.
        """
        if self.is_local:
            return {stream: _local_days(self.local_path(stream)) for stream in streams}
        with ThreadPoolExecutor(_REQUESTS) as pool:
            folders = list(pool.map(self._day_folders, streams))
        return {stream: dict.fromkeys(days, 0) for stream, days in zip(streams, folders, strict=True)}

    def fingerprints(self, places: Sequence[tuple[str, date]]) -> list[str]:
        """The fingerprints of some days, each a stream and a day; empty where a day has no objects.

        Raises:
            StoreError: Something else answers than the store that is meant.
        """
        folders = [folder(stream, day) for stream, day in places]
        if self.is_local or not folders:
            listed = [self._objects(place) for place in folders]
        else:
            with ThreadPoolExecutor(_REQUESTS) as pool:
                listed = list(pool.map(self._objects, folders))
        return [fingerprint(objects) if objects else "" for objects in listed]

    def _marker(self) -> Marker:
        return Marker(self.root, _MARKER, "FEEDBACK_LANDING_URL or FEEDBACK_HOME", self.options)

    def list_objects(self, stream: str, day: date | None = None) -> list[LandingObject]:
        """The objects of a stream, of one day or of all, sorted by path.

        Names with a leading dot belong to unfinished objects and are left out.
        """
        folders = [folder(stream, day)] if day is not None else list(self._day_folders(stream).values())
        objects = [item for place in folders for item in self._objects(place)]
        return sorted(objects, key=lambda item: item.path)

    def days(self, stream: str) -> dict[date, str]:
        """Every day with objects and its fingerprint: a hash of the objects' names and sizes. In order of days."""
        if not self.is_local:
            by_day: dict[date, list[LandingObject]] = {}
            for item in self._remote_objects(stream):
                day = _day_of(item.path.split("/")[1]) if item.path.count("/") == 2 else None
                if day is not None:
                    by_day.setdefault(day, []).append(item)
        else:
            by_day = {day: self._objects(place) for day, place in self._day_folders(stream).items()}
        return {day: fingerprint(by_day[day]) for day in sorted(by_day) if by_day[day]}

    def read_lines(self, path: str) -> Iterator[tuple[int, bytes]]:
        """The lines of an object with their numbers from 1, without line ends; blank lines are left out."""
        with self.open_object(path) as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield number, line.removesuffix(b"\n")

    def count_lines(self, stream: str, day: date) -> int:
        """How many lines landed that day: the count that silver, duplicates and quarantine must add up to."""
        return sum(1 for item in self.list_objects(stream, day) for _ in self.read_lines(item.path))

    def open_object(self, path: str) -> IO[bytes]:
        """An object opened for reading bytes."""
        if self.is_local:
            return self.local_path(path).open("rb")
        system, base = self.file_system()
        return cast("IO[bytes]", system.open(f"{base}/{path}", "rb"))

    def landed_at(self, path: str) -> datetime | None:
        """When an object landed; None when it is gone."""
        if self.is_local:
            try:
                return datetime.fromtimestamp(self.local_path(path).stat().st_mtime, UTC)
            except FileNotFoundError:
                return None
        system, base = self.file_system()
        at: datetime | None = self._ask(lambda: system.modified(f"{base}/{path}"), None)
        if at is None:
            return None
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

    def _day_folders(self, stream: str) -> dict[date, str]:
        """Folders of days below a stream, in order; what is not called `day=YYYY-MM-DD` is none."""
        if self.is_local:
            return {day: folder(stream, day) for day in _local_days(self.local_path(stream))}
        system, base = self.file_system()
        system.invalidate_cache()  # others write here
        nothing: list[str] = []
        paths = self._ask(lambda: system.ls(f"{base}/{stream}", detail=False), nothing)
        names = [path.rstrip("/").rpartition("/")[2] for path in paths]
        days = sorted(day for name in names if (day := _day_of(name)) is not None)
        if not days:
            self.refuse_wrong_store()
        return {day: folder(stream, day) for day in days}

    def _ask(self, request: Callable[[], _T], nothing: _T) -> _T:
        """What the driver of an object store answers, or `nothing` where it finds nothing.

        Raises:
            StoreError: The store refuses or does not answer; each driver has errors of its own for that.
        """
        try:
            return request()
        except FileNotFoundError:
            return nothing
        except object_stores.errors(self.root) as error:
            raise self._marker().unreadable(error) from error

    def refuse_wrong_store(self) -> None:
        """Ask for the marker, at most every ten seconds: nothing listed and "is there" alone prove nothing.

        Whatever answers with 200 lists nothing and has every object that is asked for.

        Raises:
            StoreError: Something else answers than the store that is meant.
        """
        if time.monotonic() - self._proved_at.get(_READABLE, -_PROOF_SECONDS) >= _PROOF_SECONDS:
            self.has_marker()
            self._proved_at[_READABLE] = time.monotonic()

    def _objects(self, place: str) -> list[LandingObject]:
        if not self.is_local:
            return [item for item in self._remote_objects(place) if item.path.rpartition("/")[0] == place]
        try:
            with os.scandir(self.local_path(place)) as entries:
                return [LandingObject(f"{place}/{e.name}", e.stat().st_size) for e in entries if _is_object(e.name)]
        except FileNotFoundError:
            return []

    def _remote_objects(self, place: str) -> list[LandingObject]:
        system, base = self.file_system()
        system.invalidate_cache()
        nothing: dict[str, dict[str, Any]] = {}
        listed = self._ask(lambda: system.find(f"{base}/{place}", detail=True), nothing)
        start = len(base) + 1
        objects = [
            LandingObject(path[start:], int(info["size"]))
            for path, info in listed.items()
            if _is_object(path.rpartition("/")[2])
        ]
        if not objects:
            self.refuse_wrong_store()
        return objects


def folder(stream: str, day: date) -> str:
    """Where objects of a stream and day are, below the landing root."""
    return f"{stream}/{_DAY}{day.isoformat()}"


def fingerprint(objects: list[LandingObject]) -> str:
    """A hash of names and sizes, the same whatever the order; 12 hexadecimal digits."""
    listed = "\n".join(sorted(f"{item.name} {item.size}" for item in objects))
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def _day_of(name: str) -> date | None:
    if not name.startswith(_DAY):
        return None
    try:
        return date.fromisoformat(name.removeprefix(_DAY))
    except ValueError:
        return None


def _local_days(where: Path) -> dict[date, int]:
    """The days that have a folder, in order, each with when the folder last changed in nanoseconds since 1970."""
    try:
        with os.scandir(where) as entries:
            days = {day: entry.stat().st_mtime_ns for entry in entries if (day := _day_of(entry.name)) is not None}
    except FileNotFoundError:
        return {}
    return dict(sorted(days.items()))


def _is_object(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith((".", "_"))
