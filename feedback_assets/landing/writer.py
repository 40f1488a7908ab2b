"""Puts lines into landing as one whole object, or not at all, and never over one that is there.

Only the atomic write and the names of objects; what the lines hold is decided by the callers.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from feedback_assets.files.landing_files import SUFFIX, Landing, folder
from feedback_assets.files.whole_files import beside, forget, sweep, write_through

# Marks objects of events filed under the day they arrived on, so that a later import finds them on whatever day.
FILED = "filed-"


def slug(source: str) -> str:
    """A source's name as file names may hold it."""
    return re.sub(r"[^A-Za-z0-9_.]+", "_", source).strip("._") or "source"


def object_name(source: str, digests: Iterable[bytes], *, filed: bool = False) -> str:
    """`<source>-<hash of the events>.jsonl`: the same events have the same name, whenever they arrived."""
    content = hashlib.sha256(b"".join(digests)).hexdigest()[:20]
    return f"{slug(source)}-{FILED if filed else ''}{content}{SUFFIX}"


def exists(landing: Landing, stream: str, day: date, name: str) -> bool:
    """Whether the object is there.

    Raises:
        StoreError: Something else answers than the store that is meant.
    """
    path = f"{folder(stream, day)}/{name}"
    if landing.is_local:
        return landing.local_path(path).exists()
    landing.refuse_wrong_store()
    system, base = landing.file_system()
    return bool(system.exists(f"{base}/{path}"))


def write_object(landing: Landing, stream: str, day: date, name: str, lines: Sequence[bytes]) -> bool:
    """Land one object durably. False when an object of that name was there already; it is left as it is.

    Args:
        landing: Where to.
        stream: The stream.
        day: The UTC day the events happened on.
        name: From `object_name`.
        lines: Lines of bytes, each with or without its line end.

    Raises:
        OSError: The disk or object store refused.
        StoreError: Something else answers than the store that is meant.
    """
    data = b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)
    place = folder(stream, day)
    if landing.is_local:
        return _write_local(landing.local_path(place), name, data)
    return _write_remote(landing, f"{place}/{name}", data)


def _write_local(where: Path, name: str, data: bytes) -> bool:
    if not where.is_dir():
        where.mkdir(parents=True, exist_ok=True)
        _sync_folder(where.parent)
    temporary = beside(where / name)
    try:
        write_through(temporary, data)
        landed = _appear(temporary, where / name)
    finally:
        forget(temporary)
    if landed:
        _sync_folder(where)
    sweep(where, SUFFIX)
    return landed


def _appear(temporary: Path, final: Path) -> bool:
    """Give a finished file its name. A hard link, unlike a rename, does not replace what another writer landed."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if final.exists():
            return False
        temporary.replace(final)
    return True


def _sync_folder(where: Path) -> None:
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_remote(landing: Landing, path: str, data: bytes) -> bool:
    """One PUT that refuses to replace, where the store can; an object store shows an object whole or not at all."""
    landing.ensure_marker()
    system, base = landing.file_system()
    if system.exists(f"{base}/{path}"):
        return False
    try:
        system.pipe_file(f"{base}/{path}", data, mode="create")
    except FileExistsError:
        return False
    return True
