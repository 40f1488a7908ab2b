"""The log of a Delta table, read file by file: which commits there are and who made them.

Read through a filesystem of our own: `history()` of delta-rs holds the interpreter while the store answers, so that
nothing else in the process goes on. Nothing here opens a table or writes.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pyarrow.fs import FileSelector, FileType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyarrow.fs import FileSystem

FOLDER = "_delta_log"
# The key of our own in the metadata of a commit: tells whose commit it is when its answer got lost.
WRITE_ID = "write_id"
# Entries read at once: waiting for an object store.
_THREADS = 16


@dataclass(frozen=True)
class Commit:
    """When days were written, both included."""

    at: datetime
    first: date
    last: date


def has_log(folder: FileSystem) -> bool:
    """Whether a folder has the log of a table."""
    files: Any = folder.get_file_info(FileSelector(FOLDER, allow_not_found=True))
    return any(info.base_name.endswith((".json", ".parquet")) for info in files)


def newest_commits(folder: FileSystem, version: int, limit: int) -> list[Commit]:
    """The newest commits of days, newest first, as far back as the log goes and the limit reaches.

    Args:
        folder: Where the table is.
        version: Its newest version.
        limit: How many entries of the log to look at.

    Raises:
        OSError: The log cannot be read.
    """
    commits: list[Commit] = []
    oldest = max(version - limit + 1, 0)
    with ThreadPoolExecutor(_THREADS) as pool:
        for last in range(version, oldest - 1, -_THREADS):
            batch = range(last, max(last - _THREADS, oldest - 1), -1)
            for info in pool.map(partial(commit_info, folder), batch):
                if info is None:  # older entries are cleaned up
                    return commits
                commit = _commit(info)
                if commit is not None:
                    commits.append(commit)
    return commits


def find_write(folder: FileSystem, write_id: str, after: int) -> dict[str, Any] | None:
    """What the log says of the commit with a write id of ours; None when there is no such commit.

    Args:
        folder: Where the table is.
        write_id: The id in the metadata of the commit.
        after: The version before which it cannot be.

    Raises:
        OSError: The log cannot be read.
    """
    return next((info for info in _infos_after(folder, after) if info.get(WRITE_ID) == write_id), None)


def rows_inserted(info: dict[str, Any]) -> int:
    """How many rows a merge inserted, by what its commit says of itself."""
    return int(info.get("operationMetrics", {}).get("num_target_rows_inserted", 0))


def has_version(folder: FileSystem, version: int) -> bool:
    """Whether somebody committed a version.

    Raises:
        OSError: The store does not answer.
    """
    info: Any = folder.get_file_info(_path(version))
    return info.type == FileType.File


def commit_info(folder: FileSystem, version: int) -> dict[str, Any] | None:
    """What a commit says of itself; empty where it says nothing, None when there is no such version.

    Raises:
        OSError: The log cannot be read.
    """
    try:
        with folder.open_input_stream(_path(version)) as stream:
            content = stream.read()
    except FileNotFoundError:
        return None
    for line in content.split(b"\n"):
        if b'"commitInfo"' in line:
            action: Any = json.loads(line)
            if "commitInfo" in action:
                return action["commitInfo"]
    return {}


def first_bad_line(folder: FileSystem) -> tuple[str, int, bool] | None:
    """The first line of the log that is no JSON: path below the table, line, and whether the entry is the newest."""
    files: Any = folder.get_file_info(FileSelector(FOLDER, allow_not_found=True))
    entries = sorted(info.path for info in files if info.path.endswith(".json"))
    for entry in entries:
        with folder.open_input_stream(entry) as stream:
            lines = stream.read().splitlines()
        for number, line in enumerate(lines, start=1):
            if not _is_json(line):
                return entry, number, entry == entries[-1]
    return None


def _infos_after(folder: FileSystem, version: int) -> Iterator[dict[str, Any]]:
    while (info := commit_info(folder, version := version + 1)) is not None:
        yield info


def _commit(info: dict[str, Any]) -> Commit | None:
    first, _, last = str(info.get("partition", "")).partition("...")
    if not first:
        return None
    at = datetime.fromtimestamp(info["timestamp"] / 1000, UTC)
    return Commit(at, date.fromisoformat(first), date.fromisoformat(last or first))


def _path(version: int) -> str:
    return f"{FOLDER}/{version:020}.json"


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
