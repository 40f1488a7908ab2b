"""What holds of each key on some days, read at a cost that does not grow with the days before.

For tables whose newest row of a key holds: `silver/catalog`, which a source may send whole every day, and
`gold/clusters`, whose newest rows are the state that the next day starts from. Every 28 days there may be a snapshot:
of each key its newest row of all days before, and its first where that is asked for. A snapshot is made when it is
first needed, bears the fingerprint of the data files it was made of, and is made anew when they are others; so nothing
here is ever out of date, and deleting `_snapshots` costs time and nothing else. No day is computed here.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileSystem, LocalFileSystem, SubTreeFileSystem

from feedback_assets.lake.filesystems import open_folder
from feedback_assets.lake.store import Lake
from feedback_assets.tables import Table

Bools = npt.NDArray[np.bool_]
FOLDER = "_snapshots"
# Rows of at most so many days are read beside a snapshot; a longer stretch makes fewer snapshots and longer reads.
STRETCH = timedelta(days=28)
# What makes one row newer than another, as far as the table has it.
_ORDER = ("day", "occurred_at", "event_id")


def rows_that_hold(
    lake: Lake,
    table: Table,
    key: str,
    days: tuple[date, date],
    columns: Sequence[str] | None = None,
    known: str | None = None,
) -> pd.DataFrame:
    """The rows that tell what holds of each key on the days, sorted by day, `occurred_at` and `event_id`.

    Of each key: the newest row before the days, all rows of the days, and where there is neither, the first row after
    them. Whoever takes the newest row up to a day, and else the first of all, finds what the whole table would tell.

    Args:
        lake: Where the table is.
        table: A table by day with the columns `occurred_at` and `event_id`.
        key: The column that names what rows are about.
        days: The first and the last day.
        columns: Only these; all of the table when not given.
        known: Only rows in which this column has a value count.

    Raises:
        LakeError: The table is there but cannot be read.
        OSError: A snapshot cannot be written.
    """
    first, last = days
    wanted = list(columns) if columns is not None else list(table.column_names)
    files = lake.files_by_day(table)
    if not files:
        return lake.read(table, first, first, wanted)
    history = _History(lake, table, key, known, files)
    begin = _stretch_of(first)
    before = history.up_to(begin)
    rows = _joined([before, history.read(begin, last + timedelta(days=1))])
    newest = max(files)
    if newest > last:
        end = max(_stretch_of(newest), last + timedelta(days=1))
        later = _joined([history.up_to(_stretch_of(newest)), history.read(end, newest + timedelta(days=1))])
        later = later[_after(later, last)]
        rows = _joined([rows, later[~later[key].isin(set(rows[key]))]])
    rows = _ordered(rows)
    inside = ~_before(rows, first)
    earlier = rows[~inside].drop_duplicates(key, keep="last")
    after = _after(rows, last)
    result = _joined([earlier, rows[inside & ~after], rows[after].drop_duplicates(key, keep="first")])
    return result[wanted].reset_index(drop=True)


def newest_rows_before(lake: Lake, table: Table, key: str, day: date) -> pd.DataFrame:
    """Of each key the newest row before a day, with all columns.

    Args:
        lake: Where the table is.
        table: A table by day; of several rows of a key on one day the last by `_ORDER` is the newest.
        key: The column that names what rows are about.
        day: Rows of this day and of later ones do not count.

    Raises:
        LakeError: The table is there but cannot be read.
        OSError: A snapshot cannot be read or written.
    """
    files = {when: names for when, names in lake.files_by_day(table).items() if when < day}
    if not files:
        return lake.read(table, day, day)
    history = _History(lake, table, key, None, files, with_first=False)
    begin = _stretch_of(day)
    rows = _ordered(_joined([history.up_to(begin), history.read(begin, day)]))
    return rows.drop_duplicates(key, keep="last").reset_index(drop=True)


class _History:
    """The snapshots of one table, made where they are missing.

    Args:
        lake: Where the table is.
        table: The table.
        key: The column that names what rows are about.
        known: The column that must have a value, if one must.
        files: Its data files by day.
        with_first: Whether a snapshot holds the first row of each key beside the newest.
    """

    def __init__(
        self,
        lake: Lake,
        table: Table,
        key: str,
        known: str | None,
        files: dict[date, frozenset[str]],
        *,
        with_first: bool = True,
    ) -> None:
        self._lake, self._table, self._key, self._known = lake, table, key, known
        self._sides: tuple[Literal["first", "last"], ...] = ("first", "last") if with_first else ("last",)
        self._days = sorted(files)
        self._files = files
        kind = () if with_first else ("newest",)
        self._folder = f"{FOLDER}/{'.'.join((*table.key, key, *((known,) if known else ()), *kind))}"
        self._root = open_folder(lake.root, lake.storage_options)
        self._prints = self._fingerprints()

    def read(self, start: date, end: date) -> pd.DataFrame:
        """The rows of the days in [start, end) that count."""
        rows = self._lake.read(self._table, start, end)
        return rows if self._known is None else rows[rows[self._known].notna()].reset_index(drop=True)

    def up_to(self, end: date) -> pd.DataFrame:
        """Of each key the newest row, and the first if wanted, before a day where a stretch begins."""
        if not self._days or end <= self._days[0]:
            return self.read(end, end)
        names = {info.base_name for info in self._root.get_file_info(FileSelector(self._folder, allow_not_found=True))}
        begin = end
        while self._name(begin) not in names and begin > self._days[0]:
            begin -= STRETCH
        if begin > self._days[0]:
            rows = pq.read_table(f"{self._folder}/{self._name(begin)}", filesystem=self._root).to_pandas()
        else:
            rows, begin = self.read(end, end), _stretch_of(self._days[0])
        if begin < end:
            while begin < end:
                rows = self._ends(_joined([rows, self.read(begin, begin + STRETCH)]))
                begin += STRETCH
            self._keep(end, rows, names)
        return rows

    def _ends(self, rows: pd.DataFrame) -> pd.DataFrame:
        ordered = _ordered(rows)
        ends = [~ordered.duplicated(self._key, keep=side) for side in self._sides]
        return ordered[np.logical_or.reduce(ends)].reset_index(drop=True)

    def _keep(self, end: date, rows: pd.DataFrame, names: set[str]) -> None:
        self._root.create_dir(self._folder, recursive=True)
        data = pa.Table.from_pandas(rows, schema=self._table.arrow_schema(), preserve_index=False)
        path = f"{self._folder}/{self._name(end)}"
        local = _is_local(self._root)
        # A local file gets its name when it is whole; an object store needs no help.
        target = f"{path}.{uuid.uuid4().hex}" if local else path
        with self._root.open_output_stream(target) as stream:
            pq.write_table(data, stream, compression="zstd")
        if local:
            self._root.move(target, path)
        for name in names:
            if name.startswith(f"{end}-") and name != self._name(end):
                self._root.delete_file(f"{self._folder}/{name}")

    def _name(self, end: date) -> str:
        before = sum(day < end for day in self._days)
        return f"{end}-{self._prints[before - 1] if before else 'empty'}.parquet"

    def _fingerprints(self) -> list[str]:
        """For each day with rows, a hash of the columns and of the data files up to it."""
        digest = hashlib.blake2b(repr(self._table.column_names).encode(), digest_size=8)
        prints: list[str] = []
        for day in self._days:
            digest.update("\n".join(sorted(self._files[day])).encode())
            prints.append(digest.hexdigest())
        return prints


def _stretch_of(day: date) -> date:
    """The day on which the stretch of a day begins."""
    return date.fromordinal(day.toordinal() - day.toordinal() % STRETCH.days)


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    order = [name for name in _ORDER if name in rows.columns]
    return rows.sort_values(order, kind="stable", na_position="first", ignore_index=True)


def _before(rows: pd.DataFrame, day: date) -> Bools:
    return np.array([value < day for value in rows["day"]], dtype=np.bool_)


def _after(rows: pd.DataFrame, day: date) -> Bools:
    return np.array([value > day for value in rows["day"]], dtype=np.bool_)


def _is_local(root: FileSystem) -> bool:
    return isinstance(root, SubTreeFileSystem) and isinstance(root.base_fs, LocalFileSystem)
