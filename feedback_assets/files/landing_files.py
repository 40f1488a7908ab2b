"""The layout of landing: where objects of a day are, what they are called, how their lines are read and counted.

Only listing and reading; nothing is written here (see `landing.writer`) and no line is judged.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from feedback_assets.files import object_stores
from feedback_assets.files.store_marker import Marker, StoreError

_DAY = "day="
SUFFIX = ".jsonl"
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
            StoreError: Something else answers than the store that is meant; see `has_marker`.
        """
        _ = self.has_marker
        files, path = object_stores.file_system(self.root, dict(self.options))
        return files, path.rstrip("/")

    @cached_property
    def has_marker(self) -> bool:
        """Whether an object store has the marker of landing; asked once. A disk answers for itself and has none.

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
        """What a writer does first: mark landing in an object store, and read the marker back.

        Raises:
            StoreError: The store does not keep what is written, or see `has_marker`.
        """
        if self.is_local or self.has_marker:
            return
        marker = self._marker()
        marker.create(_MARKER_CONTENT)
        self.__dict__.pop("has_marker", None)  # the kept answer, to ask again
        if not self.has_marker:
            raise StoreError(marker.lost_content())

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
        try:
            at = cast("datetime", system.modified(f"{base}/{path}"))
        except FileNotFoundError:
            return None
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

    def _day_folders(self, stream: str) -> dict[date, str]:
        """Folders of days below a stream; what is not called `day=YYYY-MM-DD` is none."""
        if self.is_local:
            names = _scan_names(self.local_path(stream))
        else:
            system, base = self.file_system()
            try:
                names = [path.rstrip("/").rpartition("/")[2] for path in system.ls(f"{base}/{stream}", detail=False)]
            except FileNotFoundError:
                names = []
        folders = {day: f"{stream}/{name}" for name in names if (day := _day_of(name)) is not None}
        return dict(sorted(folders.items()))

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
        try:
            listed: dict[str, dict[str, Any]] = system.find(f"{base}/{place}", detail=True)
        except FileNotFoundError:
            return []
        start = len(base) + 1
        return [
            LandingObject(path[start:], int(info["size"]))
            for path, info in listed.items()
            if _is_object(path.rpartition("/")[2])
        ]


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


def _scan_names(where: Path) -> list[str]:
    try:
        with os.scandir(where) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []


def _is_object(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith((".", "_"))
