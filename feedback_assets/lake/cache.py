"""Cache of row-wise work: what a stage made of a row, by stage and day beside the tables, found again by content.

One Parquet file a stage and day, replaced whole when the day is computed again, so it holds what the day holds and no
more. Rows are found by a hash of everything they were made of, the version of the code included; so nothing here is
ever out of date, and deleting `_cache` costs time and nothing else. What a row means is the rooms' business: a room
names the columns a row is made of, computes what is `missing`, and saves.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileType, LocalFileSystem, SubTreeFileSystem

from feedback_assets.lake.filesystems import open_folder
from feedback_assets.lake.frames import rows_where

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

    from feedback_assets.lake.store import Lake

# Its functions are made when it is imported, which type checkers cannot see.
pc: Any = pyarrow.compute
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

FOLDER = "_cache"
# Where versions before this one had it.
_FORMER = "_memo"
KEY = "cache_key"
_SUFFIX = ".parquet"
_PACKAGE = Path(__file__).resolve().parent.parent
# Waiting for an object store; decoding has Arrow's own threads, which a single day needs as well.
_THREADS = 8
# What `_write` calls a file it has not finished, and how old one is that nobody finishes any more: a machine may sleep
# for hours in the middle of writing.
_UNFINISHED = re.compile(r"\.\d{4}-\d\d-\d\d\.parquet\.[0-9a-f]{32}")
_LEFT_BEHIND = timedelta(days=1)


@dataclass(frozen=True)
class CacheCounts:
    """How many rows a run computed, and how many it found in the cache."""

    computed: int = 0
    cached: int = 0

    def metadata(self) -> dict[str, int]:
        """As the asset page shows it."""
        return {"rows_computed": self.computed, "rows_cached": self.cached}

    def __add__(self, other: CacheCounts) -> CacheCounts:
        return CacheCounts(self.computed + other.computed, self.cached + other.cached)


class RowCache:
    """What one stage made of its rows before.

    Args:
        lake: The lake it is kept in.
        stage: Name of the stage, a folder.
        sources: Modules, files and folders of this package that make the rows; see `code_version`.
        libraries: Distributions that do.
    """

    def __init__(self, lake: Lake, stage: str, sources: tuple[str, ...], libraries: tuple[str, ...]) -> None:
        self.code = code_version(sources, libraries)
        self._root, self._options = lake.root, lake.storage_options
        self._stage = f"{FOLDER}/{stage}"

    def find(
        self, rows: pd.DataFrame, columns: Sequence[str], version: str, *, days: Iterable[date], secret: bytes = b""
    ) -> CachedRows:
        """Which of the rows are in the cache.

        Args:
            rows: Rows with their `day`.
            columns: What the outcome depends on.
            version: Of all else it depends on, besides the code.
            days: The days of the run: what of them is cached and in no row any more, leaves the cache.
            secret: See `row_keys`.
        """
        keys = row_keys(rows, columns, f"{self.code} {version}", secret)
        return CachedRows(self, self.load(sorted({*rows["day"], *days})), keys, frozenset(days))

    def load(self, days: Iterable[date], columns: Sequence[str] | None = None) -> pd.DataFrame:
        """What is cached of some days, with its keys in `cache_key`; without any column when nothing is.

        A file that cannot be read is as good as none: its rows are computed again.
        """
        root = self._open()
        there = {info.path for info in root.get_file_info(FileSelector(self._stage, allow_not_found=True))}
        paths = [path for path in map(self._path, days) if path in there]
        wanted = None if columns is None else [KEY, *columns]
        with ThreadPoolExecutor(_THREADS) as pool:
            jobs = [pool.submit(_read, root, path, wanted) for path in paths]
            read = [table for table in (job.result() for job in jobs) if table is not None]
        return pa.concat_tables(read, promote_options="permissive").to_pandas() if read else pa.table({}).to_pandas()

    def save(self, frames: Mapping[date, pd.DataFrame]) -> None:
        """Replace what is cached of each day by a frame with its keys in `cache_key`.

        Raises:
            OSError: The disk or object store refused.
        """
        root = self._open()
        root.create_dir(self._stage, recursive=True)
        with ThreadPoolExecutor(_THREADS) as pool:
            jobs = [pool.submit(_write, root, self._path(day), frame) for day, frame in frames.items()]
            for job in jobs:
                job.result()
        if root.get_file_info(_FORMER).type == FileType.Directory:
            root.delete_dir(_FORMER)
        if _is_local(root):
            _sweep(root, self._stage)

    def _path(self, day: date) -> str:
        return f"{self._stage}/{day}{_SUFFIX}"

    def _open(self) -> FileSystem:
        return open_folder(self._root, self._options)


class CachedRows:
    """The rows of a run, and which of them the cache has.

    Args:
        cache: Where they are.
        cached: All that it has of the rows' days.
        keys: Key of each row.
        days: The days of the run.
    """

    def __init__(self, cache: RowCache, cached: pd.DataFrame, keys: Sequence[bytes], days: frozenset[date]) -> None:
        self._cache, self._cached, self._days = cache, cached, days
        self.keys = np.empty(len(keys), dtype=object)
        self.keys[:] = keys
        self._at = positions(cached, keys)

    @property
    def missing(self) -> Mask:
        """Which rows have to be computed."""
        return self._at < 0

    @property
    def counts(self) -> CacheCounts:
        """How many rows have to be computed, and how many are cached."""
        missing = int(self.missing.sum())
        return CacheCounts(missing, len(self._at) - missing)

    def first(self) -> pd.DataFrame:
        """What is cached of each row that is not missing, in the order of the rows."""
        return self._cached.iloc[self._at[~self.missing]].reset_index(drop=True)

    def everything(self) -> pd.DataFrame:
        """All that is cached of the rows that are not missing, where a stage makes several of one."""
        return with_keys(self._cached, self.keys[~self.missing]) if KEY in self._cached.columns else self._cached

    def reject(self, unfit: Mask) -> None:
        """Compute rows although they are cached.

        Args:
            unfit: One for each row that is not missing, as `first` has them.
        """
        self._at[np.flatnonzero(~self.missing)[unfit]] = -1

    def save(self, computed: pd.DataFrame, failing: Iterable[date] = ()) -> None:
        """Add what was computed and drop what is of no row any more; days that did not change are left alone.

        Args:
            computed: With the rows' keys in `cache_key`, and their `day`.
            failing: Days that are not to be cached: what was wrong with them is to be noticed again.

        Raises:
            OSError: The disk or object store refused.
        """
        used = self.everything()
        # What left the day leaves the cache too: a person's words must not outlast them here.
        dropped: set[date] = set()
        if len(used) < len(self._cached):
            mine = set(used[KEY].tolist())
            entries = zip(self._cached["day"].tolist(), self._cached[KEY].tolist(), strict=True)
            dropped = {day for day, key in entries if key not in mine}
        changed = ({*computed["day"], *dropped} & self._days) - set(failing)
        filled = [part for part in (computed, used) if len(part)]
        rows = pd.concat(filled, ignore_index=True) if filled else computed
        if changed:
            self._cache.save({day: rows_where(rows, (rows["day"] == day).to_numpy(dtype=bool)) for day in changed})


def row_keys(frame: pd.DataFrame, columns: Sequence[str], version: str, secret: bytes = b"") -> list[bytes]:
    """For each row the hash of the named columns and the version, 16 bytes: equal only for equal content.

    Args:
        frame: Any number of rows.
        columns: What the outcome depends on.
        version: Of the code and of all that it reads besides the rows.
        secret: The installation's key, where the columns hold raw text, so that nobody can guess it from the hash.
    """
    # A length before each value: no two rows read alike, whatever their values hold.
    parts: list[pa.Array] = []
    kinds: list[str] = []
    for column in columns:
        values = pa.array(frame[column], from_pandas=True)
        kinds.append(str(values.type))
        if pa.types.is_timestamp(values.type):  # a number is as good as a date and time, and ten times as fast to write
            values = pc.cast(values, pa.int64())
        text = pc.cast(values, pa.large_string())
        length = pc.cast(pc.fill_null(pc.binary_length(text), -1), pa.large_string())
        parts += [length, pc.fill_null(text, "")]
    joined = pc.binary_join_element_wise(*parts, pa.scalar("\x1f", pa.large_string()))
    seed = hashlib.blake2b(f"{version} {kinds}".encode(), key=secret, digest_size=16)
    keys: list[bytes] = []
    for row in pc.cast(joined, pa.large_binary()).to_pylist():
        digest = seed.copy()
        digest.update(row)
        keys.append(digest.digest())
    return keys


def with_keys(cached: pd.DataFrame, keys: Iterable[bytes]) -> pd.DataFrame:
    """The cached rows whose key is among these.

    Not by `Series.isin`: pandas gives bytes to numpy, which drops the zero bytes a key ends in, and loses the row.
    """
    wanted = set(keys)
    return rows_where(cached, [key in wanted for key in cached[KEY].tolist()])


def positions(cached: pd.DataFrame, keys: Sequence[bytes]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each key stands in what is cached, -1 for one that does not; of equal keys the first counts."""
    if KEY not in cached.columns:
        return np.full(len(keys), -1, dtype=np.int64)
    place: dict[bytes, int] = {}
    for position, key in enumerate(cached[KEY].tolist()):
        place.setdefault(key, position)
    return np.fromiter((place.get(key, -1) for key in keys), dtype=np.int64, count=len(keys))


@lru_cache
def code_version(sources: tuple[str, ...], libraries: tuple[str, ...] = ()) -> str:
    """A hash of source files and of the versions of libraries: another one may give other rows.

    Args:
        sources: Modules and folders of this package, such as `text.py` and `silver`.
        libraries: Names of distributions; one that is not installed counts as that.
    """
    digest = hashlib.blake2b(digest_size=8)
    for source in sources:
        path = _PACKAGE / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(_PACKAGE).as_posix().encode())
            digest.update(file.read_bytes())
    for library in libraries:
        digest.update(f"{library} {_installed(library)}".encode())
    return digest.hexdigest()


def _installed(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "none"


def _read(root: FileSystem, path: str, columns: list[str] | None) -> pa.Table | None:
    try:
        return pq.read_table(path, filesystem=root, columns=columns)
    except (OSError, pa.ArrowInvalid):
        return None


def _sweep(root: FileSystem, folder: str) -> None:
    """Remove the unfinished files that killed writers left; who may not, or comes too late, leaves them there."""
    oldest = datetime.now(UTC) - _LEFT_BEHIND
    with suppress(OSError):
        for info in root.get_file_info(FileSelector(folder)):
            if info.type == FileType.File and _UNFINISHED.fullmatch(info.base_name) and info.mtime < oldest:
                root.delete_file(info.path)


def _is_local(root: FileSystem) -> bool:
    return isinstance(root, SubTreeFileSystem) and isinstance(root.base_fs, LocalFileSystem)


def _write(root: FileSystem, path: str, frame: pd.DataFrame) -> None:
    """One file, whole or not at all: a local one gets its name when it is finished, an object store needs no help."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for number, column in enumerate(table.columns):
        if column.null_count == len(column):  # else pandas' guess of a type would not fit the other days
            table = table.set_column(number, table.column_names[number], pa.nulls(len(column)))
    local = _is_local(root)
    folder, _, name = path.rpartition("/")
    target = f"{folder}/.{name}.{uuid.uuid4().hex}" if local else path
    with root.open_output_stream(target) as stream:
        pq.write_table(table, stream, compression="zstd")
    if local:
        root.move(target, path)
