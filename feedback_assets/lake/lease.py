"""A lease in the lake: one holder at a time, for a limited time, on a disk or an object store alike.

Only the lease. A holder that dies on this machine is recognised and its lease taken over at once; one that dies on
another holds it until it expires, not for ever. Each lease taken is an object of the next number, created only if it
is not there yet; so of two that see an expired lease only one gets the next, and nobody deletes what another just made.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feedback_assets.errors import OutsideError
from feedback_assets.files import object_stores, processes

_STARTING = timedelta(minutes=1)
# What is done under a lease takes seconds: looking once a second loses little.
_LOOK_SECONDS = 1.0


class LeaseHeldError(OutsideError):
    """Somebody else holds the lease; the message says who and until when."""


@dataclass(frozen=True)
class Lease:
    """A lease that was taken.

    Attributes:
        folder: Where leases are.
        name: What is leased.
        number: Counts all holders of that name.
        owner: Who holds it, such as a run id.
        expires_at: Until when.
        taken_at: Since when.
        host: The machine of the process that took it; empty when not known.
        pid: Its process id there.
        token: Tells this taking from any other, also by the same owner.
    """

    folder: str
    name: str
    number: int
    owner: str
    expires_at: datetime
    taken_at: datetime | None = None
    host: str = ""
    pid: int = 0
    token: str = ""

    def is_free(self, now: datetime) -> bool:
        """Whether its time is over, or the process that took it is known to be dead."""
        dead = self.taken_at is not None and processes.is_dead(self.host, self.pid, self.taken_at)
        return dead or self.expires_at <= now


def take(
    root: str, name: str, owner: str, now: datetime, seconds: float, options: dict[str, str] | None = None
) -> Lease:
    """Take the lease, or take it over when its holder died or let it expire.

    Args:
        root: Root of the lake, a path or URL.
        name: What is leased.
        owner: Who takes it, such as a run id; the same owner may take it again.
        now: The time, with a zone.
        seconds: How long it holds.
        options: Storage options of an object store.

    Raises:
        LeaseHeldError: Somebody else holds it.
    """
    files, folder = _open(root, options)
    held = _newest(files, folder, name)
    if held is not None and held.owner != owner and not held.is_free(now):
        raise LeaseHeldError(
            f"{name}: held by {held.owner}{f' on {held.host}' if held.host else ''} "
            f"until {held.expires_at:%Y-%m-%d %H:%M:%S %Z}; wait for that run, or until the lease expires"
        )
    host, pid = processes.here()
    number = held.number + 1 if held else 1
    lease = Lease(folder, name, number, owner, now + timedelta(seconds=seconds), now, host, pid, uuid.uuid4().hex)
    files.makedirs(folder, exist_ok=True)
    try:
        _create(files, lease)
    except FileExistsError as error:
        # A store may have kept it and its answer got lost; then what is there is ours.
        if _read(files, lease.folder, name, number).token != lease.token:
            raise LeaseHeldError(f"{name}: another run took it this very moment; try again") from error
    _forget_older(files, lease)
    return lease


def release(root: str, lease: Lease, now: datetime, options: dict[str, str] | None = None) -> None:
    """Give the lease back; nothing happens when it was taken over meanwhile."""
    files, folder = _open(root, options)
    held = _newest(files, folder, lease.name)
    if held is not None and held.number == lease.number:
        _replace(files, Lease(folder, lease.name, lease.number, lease.owner, now))


@contextmanager
def held(
    root: str,
    name: str,
    owner: str,
    clock: Callable[[], datetime],
    seconds: float,
    options: dict[str, str] | None = None,
    *,
    patience: float = 0.0,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Lease]:
    """Hold the lease while the block runs.

    Args:
        root: Root of the lake, a path or URL.
        name: What is leased.
        owner: Who takes it.
        clock: Tells the time, with a zone.
        seconds: How long it holds.
        options: Storage options of an object store.
        patience: Seconds to wait for another holder.
        on_wait: Told once, by whom it is held, when there is need to wait.

    Raises:
        LeaseHeldError: Somebody else held it all the while.
    """
    lease = _wait(root, name, owner, clock, seconds, options, patience, on_wait)
    try:
        yield lease
    finally:
        release(root, lease, clock(), options)


def _wait(
    root: str, name: str, owner: str, clock: Callable[[], datetime], seconds: float, options: dict[str, str] | None,
    patience: float, on_wait: Callable[[str], None] | None,
) -> Lease:  # fmt: skip
    until, is_announced = clock() + timedelta(seconds=patience), False
    while True:
        try:
            return take(root, name, owner, clock(), seconds, options)
        except LeaseHeldError as error:
            if clock() >= until:
                raise
            if on_wait is not None and not is_announced:
                on_wait(str(error))
            is_announced = True
        time.sleep(_LOOK_SECONDS)


def _open(root: str, options: dict[str, str] | None) -> tuple[Any, str]:
    files, path = object_stores.file_system(root, options or {})
    # Listings are cached by some stores; another's lease must be seen.
    files.invalidate_cache()
    return files, f"{path.rstrip('/')}/_leases"


def _newest(files: Any, folder: str, name: str) -> Lease | None:
    try:
        listed = files.ls(folder, detail=False)
    except FileNotFoundError:
        return None
    newest = max((number for path in listed if (number := _number(path, name)) is not None), default=None)
    return None if newest is None else _read(files, folder, name, newest)


def _read(files: Any, folder: str, name: str, number: int) -> Lease:
    path = f"{folder}/{name}.{number:08d}.json"
    written: bytes = files.cat_file(path)
    if not written:
        # Created but not yet filled; its holder has a minute to do so before it counts as dead.
        return Lease(folder, name, number, "a run that is starting", files.modified(path) + _STARTING)
    content = json.loads(written)
    taken = content.get("taken_at")
    return Lease(
        folder,
        name,
        number,
        content["owner"],
        datetime.fromisoformat(content["expires_at"]),
        datetime.fromisoformat(taken) if taken else None,
        content.get("host", ""),
        int(content.get("pid", 0)),
        content.get("token", ""),
    )


def _create(files: Any, lease: Lease) -> None:
    if "file" not in files.protocol:
        # Refused by the store itself when the name is taken: S3 is asked with If-None-Match.
        files.pipe_file(_path(lease), _content(lease), mode="create")
        return
    # On a disk the content appears with the name: written aside first, then linked, which fails if the name is taken.
    aside = _aside(lease)
    try:
        Path(_path(lease)).hardlink_to(aside)
    finally:
        aside.unlink()


def _replace(files: Any, lease: Lease) -> None:
    if "file" not in files.protocol:
        files.pipe_file(_path(lease), _content(lease))
    else:
        _aside(lease).replace(_path(lease))


def _aside(lease: Lease) -> Path:
    aside = Path(f"{_path(lease)}.{uuid.uuid4().hex}")
    aside.write_bytes(_content(lease))
    return aside


def _number(path: str, name: str, *, aside: bool = False) -> int | None:
    """The number of a lease of that name, or of one written aside; None for anything else."""
    parts = path.rsplit("/", 1)[-1].split(".")
    return int(parts[1]) if len(parts) == 3 + aside and parts[0] == name and parts[1].isdigit() else None


def _path(lease: Lease) -> str:
    return f"{lease.folder}/{lease.name}.{lease.number:08d}.json"


def _content(lease: Lease) -> bytes:
    fields = {name: value for name, value in asdict(lease).items() if name not in ("folder", "name", "number")}
    return json.dumps(fields, default=lambda moment: moment.isoformat()).encode()


def _forget_older(files: Any, lease: Lease) -> None:
    """Remove all but the last two, so that numbers never start again, and what killed holders had written aside."""
    for path in files.ls(lease.folder, detail=False):
        number = _number(path, lease.name) or _number(path, lease.name, aside=True)
        if number is not None and number < lease.number - 1:
            files.rm_file(path)
