"""The Delta store: read a window of days, replace a window of days, insert what is missing.

Everything learned about Delta the hard way is here and nowhere else. No dagster, no business rules.
"""

from __future__ import annotations

import random
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from feedback_assets.files import object_stores
from feedback_assets.files.store_marker import StoreError
from feedback_assets.lake import arrow, delta_log, frames, layout, schemas
from feedback_assets.lake.delta_log import Commit
from feedback_assets.lake.errors import ContractError, DayConflictError, LakeError, fix_for, fix_for_entry, words_of
from feedback_assets.lake.filesystems import open_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd
    import pyarrow.dataset as ds
    from pyarrow.fs import FileSystem

    from feedback_assets.lake.contract import ContractResult
    from feedback_assets.tables import Table

_T = TypeVar("_T")

# A lost race costs milliseconds; twelve tries let a dozen writers through one after the other.
_ATTEMPTS = 12
# Days of a busy lake; each commit is a file of the log to read.
COMMITS_READ = 200
_CONFIGURATION = {"delta.enableDeletionVectors": "false"}  # pyarrow cannot read deletion vectors


@dataclass(frozen=True)
class WriteReport:
    """What one write did.

    Attributes:
        rows: Rows written for each day of the window that was written, 0 for a day without any.
        failures: Why days were not written, in words.
        new_columns: Columns the table did not know.
    """

    rows: dict[date, int]
    failures: dict[date, list[str]]
    new_columns: tuple[str, ...]


def days_between(start: date, end: date) -> list[date]:
    """The days of the half-open window [start, end)."""
    return [start + timedelta(days=offset) for offset in range((end - start).days)]


class Lake:
    """All Delta tables below one root, a local path or the URL of an object store."""

    def __init__(
        self,
        root: str,
        storage_options: dict[str, str] | None = None,
        *,
        changes: Sequence[str] | None = layout.CHANGES,
    ) -> None:
        """A lake; only `feedback upgrade` writes into one of another layout, without the check.

        Args:
            root: A local path, or the URL of an object store.
            storage_options: How to reach an object store, with the names delta-rs uses.
            changes: What a lake must have been through before anything is written into it, see `layout`; None to
                write into any.

        Raises:
            StoreUrlError: The root is a URL of an unknown scheme.
        """
        object_stores.refuse_unknown_scheme(root)
        self.root = root.rstrip("/")
        self._changes = changes
        self.options = dict(storage_options or {})
        self.storage_options = object_stores.delta_options(self.root, self.options)

    def url(self, table: Table) -> str:
        """Where the table is."""
        return f"{self.root}/{table.name}"

    def claim_layout(self) -> None:
        """Refuse a lake that another version made, before anything is computed for it; mark an empty one as ours.

        Raises:
            LayoutError: It names what the lake lacks and the command.
        """
        if self._changes is not None:
            changes = self._changes
            self._layout(lambda: layout.claim(self.root, self.options, changes))
            self._changes = None  # once is enough: nobody upgrades a lake while a run writes into it

    def missing_changes(self, changes: Sequence[str]) -> list[str]:
        """Those of the changes that the lake has not been through; none for an empty one.

        Raises:
            LayoutError: A newer version wrote it, or its mark is not one of ours.
            LakeError: The store does not answer.
        """
        return self._layout(lambda: layout.missing(self.root, self.options, changes))

    def record_change(self, change: str) -> None:
        """Mark that the lake has been through one more change.

        Raises:
            LakeError: The mark cannot be written.
        """
        known = self._layout(lambda: layout.recorded(self.root, self.options)) or ()
        self._layout(lambda: layout.record(self.root, self.options, [*known, change]))

    def _layout(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except (OSError, StoreError) as error:
            raise LakeError(
                f"{self.root}/{layout.FILE}: cannot be opened, nothing was changed: "
                f"{words_of(error)}; {fix_for(error, 'then run again')}"
            ) from error

    def read(
        self,
        table: Table,
        start: date | None = None,
        end: date | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """The rows of the days in [start, end), empty and typed when there is no table yet.

        Args:
            table: What to read.
            start: First day, or from the beginning.
            end: The day after the last, or to the end.
            columns: Only these; all columns, new ones last, when not given.

        Raises:
            KeyError: The table has no such column.
            LakeError: The table is there but cannot be opened.
        """
        dataset = self.dataset(table, start, end)
        if dataset is None:
            return frames.empty(table, columns)
        known = set(table.column_names)
        wanted = (
            list(columns)
            if columns is not None
            else [
                *table.column_names,
                *(name for name in dataset.schema.names if name not in known),
            ]
        )
        # Files come in any order; sorted rows make the same input for a day and for a range.
        keys = list(dict.fromkeys((*(("day",) if table.by_day else ()), *table.primary_key)))
        stored = [name for name in dict.fromkeys((*wanted, *keys)) if name in dataset.schema.names]
        try:
            data = dataset.to_table(columns=stored, filter=_day_filter(start, end))
        except OSError as error:
            raise LakeError(f"{self.url(table)}: cannot be read: {words_of(error)}; {fix_for(error)}") from error
        data = data.sort_by([(key, "ascending") for key in keys if key in stored])
        schema = table.arrow_schema()
        arrays = [
            data.column(name) if name in stored else pa.nulls(len(data), schema.field(name).type) for name in wanted
        ]
        return pa.Table.from_arrays(arrays, names=wanted).to_pandas()

    def dataset(self, table: Table, start: date | None = None, end: date | None = None) -> ds.Dataset | None:
        """The table as a pyarrow dataset, for DuckDB and streaming; None when there is no table yet.

        It holds the files of the days in [start, end) alone: to look at every file of a long past takes seconds.
        """
        delta = self._open(table)
        if delta is None:
            return None
        days = [("day", sign, str(day)) for sign, day in ((">=", start), ("<", end)) if day is not None]
        return arrow.open_dataset(delta, self._folder(table), days)

    def days(self, table: Table) -> set[date]:
        """The days that have rows."""
        delta = self._open(table)
        if delta is None:
            return set()
        actions = pa.table(delta.get_add_actions(flatten=True))
        return {
            day
            for day, rows in zip(
                actions.column("partition.day").to_pylist(), actions.column("num_records").to_pylist(), strict=True
            )
            if rows
        }

    def files(self, table: Table, start: date, end: date) -> frozenset[str]:
        """The data files of the days in [start, end): what two looks at the same days have in common."""
        delta = self._open(table)
        return frozenset() if delta is None else _files(delta, start, end)

    def files_by_day(self, table: Table) -> dict[date, frozenset[str]]:
        """The data files of each day that has rows."""
        delta = self._open(table)
        if delta is None:
            return {}
        actions = pa.table(delta.get_add_actions(flatten=True))
        files: dict[date, set[str]] = {}
        columns = (actions.column(name).to_pylist() for name in ("partition.day", "path", "num_records"))
        for day, path, rows in zip(*columns, strict=True):
            if rows:
                files.setdefault(day, set()).add(path)
        return {day: frozenset(paths) for day, paths in files.items()}

    def commits(self, table: Table, limit: int = COMMITS_READ) -> list[Commit]:
        """The newest commits of days, newest first, as far back as the log goes.

        Args:
            table: A table by day.
            limit: How many entries of the log to look at, from the newest.

        Raises:
            LakeError: The table is there but its log cannot be read.
        """
        delta = self._open(table)
        if delta is None:
            return []
        try:
            return delta_log.newest_commits(self._folder(table), delta.version(), limit)
        except OSError as error:
            raise LakeError(f"{self.url(table)}: cannot be read: {words_of(error)}; {fix_for(error)}") from error

    def write_days(
        self,
        table: Table,
        frame: pd.DataFrame,
        start: date,
        end: date,
        metadata: dict[str, str],
        *,
        seen: frozenset[str] | None = None,
        failing: Iterable[date] = (),
        checked: ContractResult | None = None,
    ) -> WriteReport:
        """Replace the days [start, end) by the rows of the frame, in one commit.

        Types are compared before, see `schemas`. Days that break the contract are left as they are, the others are
        written; a day without rows ends up empty. A conflict with a writer of other days is retried. On the same days
        the last writer wins whole, unless `seen` tells which files the rows were computed against.

        Args:
            table: A table by day.
            frame: Rows whose `day` lies in the window; columns the table does not know are added to it.
            start: First day.
            end: The day after the last.
            metadata: Run, asset, partition, code version: kept with the commit.
            seen: What `files` said before the rows were computed; if the days changed since, nothing is written.
            failing: Days not to be written for reasons of the caller's own.
            checked: The contract result of this very frame, when it was checked already.

        Raises:
            OutsideWindowError: A row lies outside the window; nothing was written.
            ColumnTypeError: A column does not fit the table; nothing was written.
            DayConflictError: The days changed since `seen`; nothing was written.
            LakeError: The table is there but cannot be opened or written.
        """
        from feedback_assets.lake import contract  # with pandas and pandera: what only reads starts without

        frame = frames.with_days(frame, table)
        frames.refuse_outside(frame, table, start, end)
        checked = checked or contract.check_contract(frame, table)
        held_back = {*checked.failures, *failing}
        good = [day for day in days_between(start, end) if day not in held_back]
        if good:
            rows = frame[frame["day"].isin(set(good))] if held_back else frame
            self._replace(table, frames.to_arrow(rows, table, extra=True), start, end, held_back, metadata, seen)
        counts = frame["day"].value_counts()
        return WriteReport({day: int(counts.get(day, 0)) for day in good}, checked.failures, checked.new_columns)

    def remove(self, table: Table) -> None:
        """Delete a table whole, with its history: for what was only passed on. Nothing happens when it is not there."""
        with suppress(FileNotFoundError):
            open_folder(self.root, self.storage_options).delete_dir(table.name)

    def append_missing(self, table: Table, frame: pd.DataFrame, metadata: dict[str, str]) -> int:
        """Insert the rows whose primary key the table does not have; of equal keys in the frame the first.

        Returns:
            How many rows were inserted.

        Raises:
            ContractError: A row breaks the contract; nothing was written.
            ColumnTypeError: A column does not fit the table; nothing was written.
            LakeError: The table is there but cannot be opened or written.
        """
        from feedback_assets.lake import contract

        frame = frame.drop_duplicates(list(table.primary_key)) if len(frame) else frame
        failures = contract.check_contract(frame, table).failures
        if failures:
            raise ContractError("; ".join(text for texts in failures.values() for text in texts))
        data = frames.to_arrow(frame, table)
        same_key = " AND ".join(f"there.{key} = new.{key}" for key in table.primary_key)

        def insert(delta: DeltaTable, properties: CommitProperties) -> int:
            if not len(data):
                return 0
            merge = delta.merge(
                schemas.fit(data, arrow.stored_schema(delta), table),
                same_key,
                source_alias="new",
                target_alias="there",
                merge_schema=True,  # a table made by an older version lacks the newest columns
                commit_properties=properties,
            )
            return int(merge.when_not_matched_insert_all().execute()["num_target_rows_inserted"])

        return self._commit(table, metadata, insert, lambda info: delta_log.rows_inserted(info))

    def append(self, table: Table, frame: pd.DataFrame, metadata: dict[str, str], rows_a_group: int) -> None:
        """Append rows whose keys the caller knows to be new.

        `append_missing` finds that out itself, but reads the whole table for it.

        Args:
            table: A table without days.
            frame: The rows, sorted by key.
            metadata: Kept with the commit.
            rows_a_group: Rows of a group of the file; of a few keys only the groups that may hold them are read.

        Raises:
            ContractError: A row breaks the contract; nothing was written.
            LakeError: The table is there but cannot be opened; nothing was written.
        """
        from feedback_assets.lake import contract

        failures = contract.check_contract(frame, table).failures
        if failures:
            raise ContractError("; ".join(text for texts in failures.values() for text in texts))
        data = frames.to_arrow(frame, table)

        def add(delta: DeltaTable, properties: CommitProperties) -> None:
            write_deltalake(
                delta,
                schemas.fit(data, arrow.stored_schema(delta), table),
                mode="append",
                schema_mode="merge",
                writer_properties=WriterProperties(max_row_group_size=rows_a_group),
                commit_properties=properties,
            )

        self._commit(table, metadata, add, lambda info: None)

    def rewrite(
        self, table: Table, batches: Callable[[], pa.RecordBatchReader], metadata: dict[str, str], rows_a_group: int
    ) -> None:
        """Replace all rows of a table without days, and its columns by those of the data, in one commit.

        Args:
            table: A table without days.
            batches: Reads the data; called again when the commit has to be tried again.
            metadata: Kept with the commit.
            rows_a_group: As for `append`.

        Raises:
            LakeError: The table cannot be opened or written.
        """

        def overwrite(delta: DeltaTable, properties: CommitProperties) -> None:
            write_deltalake(
                delta,
                batches(),
                mode="overwrite",
                schema_mode="overwrite",
                writer_properties=WriterProperties(max_row_group_size=rows_a_group),
                commit_properties=properties,
            )

        self._commit(table, metadata, overwrite, lambda info: None)

    def compact(self, table: Table, metadata: dict[str, str], most_files: int, rows_a_group: int) -> None:
        """Join small files where there are more than so many; the rows stay the same.

        Raises:
            LakeError: The table cannot be opened or written.
        """

        def join(delta: DeltaTable, properties: CommitProperties) -> None:
            if len(delta.file_uris()) > most_files:
                delta.optimize.compact(
                    max_concurrent_tasks=1,
                    writer_properties=WriterProperties(max_row_group_size=rows_a_group),
                    commit_properties=properties,
                )

        self._commit(table, metadata, join, lambda info: None)

    def _replace(
        self,
        table: Table,
        data: pa.Table,
        start: date,
        end: date,
        held_back: set[date],
        metadata: dict[str, str],
        seen: frozenset[str] | None,
    ) -> None:
        untouched = "".join(f" AND day != '{day}'" for day in sorted(held_back) if start <= day < end)
        predicate = f"day >= '{start}' AND day < '{end}'{untouched}"

        def replace(delta: DeltaTable, properties: CommitProperties) -> None:
            if seen is not None and _files(delta, start, end) != seen:
                raise DayConflictError(
                    f"{self.url(table)}: days {start} to {end} (not included) were written by another run meanwhile; "
                    "compute them again"
                )
            write_deltalake(
                delta,
                schemas.fit(data, arrow.stored_schema(delta), table),
                mode="overwrite",
                predicate=predicate,
                schema_mode="merge",
                commit_properties=properties,
            )

        self._commit(table, metadata, replace, lambda info: None)

    def _commit(
        self,
        table: Table,
        metadata: dict[str, str],
        write: Callable[[DeltaTable, CommitProperties], _T],
        result_of: Callable[[dict[str, Any]], _T],
    ) -> _T:
        """Write in one commit, and once: again after a lost race, not after a commit whose answer got lost.

        Args:
            table: Where to.
            metadata: Kept with the commit, and an id of this write with it.
            write: Writes into the table as it is opened.
            result_of: What `write` would have returned, by what the log says of the commit.

        Raises:
            LakeError: What went wrong, in words; `ColumnTypeError` and `DayConflictError` of `write` among it.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            delta = self._open_or_create(table)
            version, write_id = delta.version(), uuid.uuid4().hex
            properties = CommitProperties(custom_metadata={**metadata, delta_log.WRITE_ID: write_id})
            try:
                return write(delta, properties)
            except LakeError:
                raise
            except Exception as error:
                # delta-rs raises what it cannot cast as an exception of no type of its own.
                if not isinstance(error, (DeltaError, OSError)) and type(error) is not Exception:
                    raise
                own = self._own_commit(table, write_id, version, error)
                if own is not None:
                    return result_of(own)
                lost_race = isinstance(error, CommitFailedError) and delta_log.has_version(
                    self._folder(table), version + 1
                )
                if not lost_race or attempt == _ATTEMPTS:
                    raise LakeError(
                        f"{self.url(table)}: cannot be written, nothing was changed: "
                        f"{words_of(error)}; {fix_for(error)}"
                    ) from error
            time.sleep(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311  spreads the writers, no secret
        raise AssertionError("the last attempt returns or raises")

    def _own_commit(self, table: Table, write_id: str, version: int, error: Exception) -> dict[str, Any] | None:
        """What the log says of a commit whose answer got lost; None when it was not made.

        Raises:
            LakeError: The log cannot be read, so nobody knows.
        """
        try:
            return delta_log.find_write(self._folder(table), write_id, version)
        except OSError as unread:
            raise LakeError(
                f"{self.url(table)}: cannot be written, and its log cannot be read to see whether it was: "
                f"{words_of(error)}; {fix_for(error)}"
            ) from unread

    def _open_or_create(self, table: Table) -> DeltaTable:
        self.claim_layout()
        delta = self._open(table)
        if delta is not None:
            return delta
        try:
            DeltaTable.create(
                self.url(table),
                pa.schema([field.with_nullable(True) for field in table.arrow_schema()]),
                mode="ignore",
                partition_by=["day"] if table.by_day else None,
                name=table.name,
                description=table.description,
                configuration=_CONFIGURATION,
                storage_options=self.storage_options,
            )
        except (DeltaError, OSError) as error:
            made = self._open(table)  # by another run, or by this one and the answer got lost
            if made is None:
                raise LakeError(
                    f"{self.url(table)}: cannot be made, nothing was changed: {words_of(error)}; {fix_for(error)}"
                ) from error
            return made
        return DeltaTable(self.url(table), storage_options=self.storage_options)

    def _open(self, table: Table) -> DeltaTable | None:
        """The table, or None when there is none; anything else that goes wrong is raised."""
        try:
            delta = DeltaTable(self.url(table), storage_options=self.storage_options)
            self._refuse_empty_entry(table, delta.version())
            return delta
        except TableNotFoundError as error:
            # delta-rs says "not found" too when a folder may not be read, so ask whether a log is there.
            if not delta_log.has_log(self._folder(table)):
                self._refuse_wrong_store()
                return None
            try:
                return DeltaTable(self.url(table), storage_options=self.storage_options)
            except TableNotFoundError:
                raise LakeError(f"{self.url(table)}: has a log that cannot be read: {words_of(error)}") from error
        except (DeltaError, OSError) as error:
            raise LakeError(
                f"{self.url(table)}: cannot be opened, nothing was changed: {words_of(error)}; "
                f"{fix_for(error, self._fix_for_log(table, error))}"
            ) from error

    def _refuse_wrong_store(self) -> None:
        """A table that is not there proves nothing: whatever answers with 200 reads as empty. So ask for the marker.

        A disk answers for itself.
        """
        if "://" in self.root:
            self._layout(lambda: layout.recorded(self.root, self.options))

    def _refuse_empty_entry(self, table: Table, version: int) -> None:
        """A machine that loses power leaves an entry of no bytes, and delta-rs takes it for a commit of nothing.

        Object stores write whole objects, so only a lake on a disk is looked at: one look at a file's size.
        """
        entry = Path(self.root, table.name, "_delta_log", f"{version:020}.json")
        if "://" not in self.root and entry.exists() and not entry.stat().st_size:
            raise LakeError(f"{entry}: is empty, what it committed is lost; {fix_for_entry(table, newest=True)}")

    def _fix_for_log(self, table: Table, error: Exception) -> str:
        """What to do about a log that cannot be opened; of an entry that is no JSON its file and line."""
        bad = delta_log.first_bad_line(self._folder(table)) if "json" in str(error).lower() else None
        if bad is None:
            place = layout.fix_for_store(self.root, self.options) if "://" in self.root else "the storage itself"
            return f"look at _delta_log and at {place}, then run again"
        entry, number, newest = bad
        return f"{self.url(table)}/{entry}, line {number}, is no JSON: {fix_for_entry(table, newest=newest)}"

    def _folder(self, table: Table) -> FileSystem:
        return open_folder(self.url(table), self.options)


def _files(delta: DeltaTable, start: date, end: date) -> frozenset[str]:
    actions = pa.table(delta.get_add_actions(flatten=True))
    if not len(actions):
        return frozenset()
    days = actions.column("partition.day").to_pylist()
    paths = actions.column("path").to_pylist()
    return frozenset(path for day, path in zip(days, paths, strict=True) if start <= day < end)


def _day_filter(start: date | None, end: date | None) -> pc.Expression | None:
    since = None if start is None else pc.field("day") >= pa.scalar(start)
    until = None if end is None else pc.field("day") < pa.scalar(end)
    return since if until is None else until if since is None else since & until
