"""The layout of landing: where objects of a day are, what they are called, how their lines are read and counted.

Only listing and reading; nothing is written here (see `landing.writer`) and no line is judged.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, cast

from feedback_assets.config.settings import load
from feedback_assets.files import object_stores

_DAY = "day="
SUFFIX = ".jsonl"


@dataclass(frozen=True)
class LandingObject:
    """One object: its path below the landing root and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """The file name alone, `<source>-<id>.jsonl`."""
        return self.path.rpartition("/")[2]


def is_local(root: str) -> bool:
    """Whether the landing root is a folder of this machine."""
    return "://" not in root


def folder(stream: str, day: date) -> str:
    """Where objects of a stream and day are, below the landing root."""
    return f"{stream}/{_DAY}{day.isoformat()}"


def join(root: str, path: str) -> str:
    """An object's path below the landing root as one its file system understands."""
    return f"{root.rstrip('/')}/{path}"


def file_system(root: str) -> tuple[Any, str]:
    """The fsspec file system of a landing URL, and the root's path in it.

    Raises:
        ImportError: The driver for this kind of URL is not installed; it names the package.
    """
    files, path = object_stores.file_system(root, load().storage)
    return files, path.rstrip("/")


def list_objects(root: str, stream: str, day: date | None = None) -> list[LandingObject]:
    """The objects of a stream, of one day or of all, sorted by path. Names with a leading dot are not there yet."""
    folders = [folder(stream, day)] if day is not None else list(_day_folders(root, stream).values())
    found = [item for place in folders for item in _objects(root, place)]
    return sorted(found, key=lambda item: item.path)


def days(root: str, stream: str) -> dict[date, str]:
    """Every day with objects and its fingerprint: a hash of the objects' names and sizes. In order of days."""
    if not is_local(root):
        by_day: dict[date, list[LandingObject]] = {}
        for item in _remote_objects(root, stream):
            day = _day_of(item.path.split("/")[1]) if item.path.count("/") == 2 else None
            if day is not None:
                by_day.setdefault(day, []).append(item)
    else:
        by_day = {day: _objects(root, place) for day, place in _day_folders(root, stream).items()}
    return {day: fingerprint(by_day[day]) for day in sorted(by_day) if by_day[day]}


def fingerprint(objects: list[LandingObject]) -> str:
    """A hash of names and sizes, the same whatever the order; 12 hexadecimal digits."""
    listed = "\n".join(sorted(f"{item.name} {item.size}" for item in objects))
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def read_lines(root: str, path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of an object with their numbers from 1, without line ends; blank lines are none."""
    with open_object(root, path) as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                yield number, line.removesuffix(b"\n")


def count_lines(root: str, stream: str, day: date) -> int:
    """How many lines landed that day: the count that silver, duplicates and quarantine must add up to."""
    return sum(1 for item in list_objects(root, stream, day) for _ in read_lines(root, item.path))


def open_object(root: str, path: str) -> IO[bytes]:
    """An object opened for reading bytes."""
    if is_local(root):
        return Path(join(root, path)).open("rb")
    system, base = file_system(root)
    return cast("IO[bytes]", system.open(f"{base}/{path}", "rb"))


def landed_at(root: str, path: str) -> datetime | None:
    """When an object landed; None when it is gone."""
    if is_local(root):
        try:
            return datetime.fromtimestamp(Path(join(root, path)).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
    system, base = file_system(root)
    try:
        at = cast("datetime", system.modified(f"{base}/{path}"))
    except FileNotFoundError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _day_of(name: str) -> date | None:
    if not name.startswith(_DAY):
        return None
    try:
        return date.fromisoformat(name.removeprefix(_DAY))
    except ValueError:
        return None


def _day_folders(root: str, stream: str) -> dict[date, str]:
    """Folders of days below a stream; what is not called `day=YYYY-MM-DD` is none."""
    if is_local(root):
        names = _scan_names(join(root, stream))
    else:
        system, base = file_system(root)
        try:
            names = [path.rstrip("/").rpartition("/")[2] for path in system.ls(f"{base}/{stream}", detail=False)]
        except FileNotFoundError:
            names = []
    found = {day: f"{stream}/{name}" for name in names if (day := _day_of(name)) is not None}
    return dict(sorted(found.items()))


def _scan_names(where: str) -> list[str]:
    try:
        with os.scandir(where) as entries:
            return [entry.name for entry in entries]
    except FileNotFoundError:
        return []


def _objects(root: str, place: str) -> list[LandingObject]:
    if not is_local(root):
        return [item for item in _remote_objects(root, place) if item.path.rpartition("/")[0] == place]
    try:
        with os.scandir(join(root, place)) as entries:
            return [LandingObject(f"{place}/{e.name}", e.stat().st_size) for e in entries if _is_object(e.name)]
    except FileNotFoundError:
        return []


def _remote_objects(root: str, place: str) -> list[LandingObject]:
    system, base = file_system(root)
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


def _is_object(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith((".", "_"))
