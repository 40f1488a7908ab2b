"""A lease in the lake: one holder at a time, for a limited time, on a disk or an object store alike.

Only the lease. A holder that dies holds it until it expires, not for ever. Each lease taken is an object of the
next number, created only if it is not there yet; so of two that see an expired lease only one gets the next,
and nobody deletes what another just made.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec

_STARTING = timedelta(minutes=1)


class LeaseHeldError(RuntimeError):
    """Somebody else holds the lease; the message says who and until when."""


@dataclass(frozen=True)
class Lease:
    """A lease that was taken. `number` counts all holders of that name."""

    folder: str
    name: str
    number: int
    owner: str
    expires_at: datetime


def take(root: str, name: str, owner: str, now: datetime, seconds: float) -> Lease:
    """Take the lease, or take it over when its holder let it expire.

    Args:
        root: Root of the lake, a path or URL.
        name: What is leased.
        owner: Who takes it, such as a run id; the same owner may take it again.
        now: The time, with a zone.
        seconds: How long it holds.

    Raises:
        LeaseHeldError: Somebody else holds it.
    """
    files, folder = _open(root)
    held = _newest(files, folder, name)
    if held is not None and held.owner != owner and held.expires_at > now:
        raise LeaseHeldError(
            f"{name}: held by {held.owner} until {held.expires_at:%Y-%m-%d %H:%M:%S %Z}; "
            "wait for that run, or until the lease expires"
        )
    lease = Lease(folder, name, held.number + 1 if held else 1, owner, now + timedelta(seconds=seconds))
    files.makedirs(folder, exist_ok=True)
    try:
        _create(files, lease)
    except FileExistsError as error:
        raise LeaseHeldError(f"{name}: another run took it this very moment; try again") from error
    _forget_older(files, lease)
    return lease


def release(root: str, lease: Lease, now: datetime) -> None:
    """Give the lease back; nothing happens when it was taken over meanwhile."""
    files, folder = _open(root)
    held = _newest(files, folder, lease.name)
    if held is not None and held.number == lease.number:
        files.pipe_file(_path(lease), _content(Lease(folder, lease.name, lease.number, lease.owner, now)))


@contextmanager
def held(root: str, name: str, owner: str, clock: Callable[[], datetime], seconds: float) -> Iterator[Lease]:
    """Hold the lease while the block runs.

    Raises:
        LeaseHeldError: Somebody else holds it.
    """
    lease = take(root, name, owner, clock(), seconds)
    try:
        yield lease
    finally:
        release(root, lease, clock())


def _open(root: str) -> tuple[Any, str]:
    files, path = fsspec.core.url_to_fs(root)
    # Listings are cached by some stores; another's lease must be seen.
    files.invalidate_cache()
    return files, f"{path.rstrip('/')}/_leases"


def _newest(files: Any, folder: str, name: str) -> Lease | None:
    if not files.exists(folder):
        return None
    numbers = [_number(path, name) for path in files.ls(folder, detail=False)]
    newest = max((number for number in numbers if number is not None), default=None)
    if newest is None:
        return None
    path = f"{folder}/{name}.{newest:08d}.json"
    written: bytes = files.cat_file(path)
    if not written:
        # Created but not yet filled; its holder has a minute to do so before it counts as dead.
        return Lease(folder, name, newest, "a run that is starting", files.modified(path) + _STARTING)
    content = json.loads(written)
    return Lease(folder, name, newest, content["owner"], datetime.fromisoformat(content["expires_at"]))


def _create(files: Any, lease: Lease) -> None:
    if "file" not in files.protocol:
        files.pipe_file(_path(lease), _content(lease), mode="create")
        return
    # On a disk the content appears with the name: written aside first, then linked, which fails if the name is taken.
    aside = Path(f"{_path(lease)}.{uuid.uuid4().hex}")
    aside.write_bytes(_content(lease))
    try:
        Path(_path(lease)).hardlink_to(aside)
    finally:
        aside.unlink()


def _number(path: str, name: str) -> int | None:
    parts = path.rsplit("/", 1)[-1].split(".")
    return int(parts[1]) if len(parts) == 3 and parts[0] == name and parts[1].isdigit() else None


def _path(lease: Lease) -> str:
    return f"{lease.folder}/{lease.name}.{lease.number:08d}.json"


def _content(lease: Lease) -> bytes:
    return json.dumps({"owner": lease.owner, "expires_at": lease.expires_at.isoformat()}).encode()


def _forget_older(files: Any, lease: Lease) -> None:
    """Remove all but the last two: the newest is never removed, so numbers never start again."""
    for path in files.ls(lease.folder, detail=False):
        number = _number(path, lease.name)
        if number is not None and number < lease.number - 1:
            files.rm_file(path)
