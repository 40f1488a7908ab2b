"""Rows of a table by their key: only the groups of rows that may hold a key are read, and of those only the keys.

For tables without days that grow for ever and are asked for a few keys. Writing them stands in `store.py`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.compute

from feedback_assets.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from feedback_assets.lake.store import Lake
    from feedback_assets.tables import Table

# Without stubs; the functions of `compute` are made when it is imported.
pa: Any = pyarrow
pc: Any = pyarrow.compute


def read_keys(lake: Lake, table: Table, keys: Iterable[str], columns: Sequence[str]) -> Any:
    """The rows of these keys; a key that the table does not have gives none.

    Each group of rows of a file tells its smallest and largest key. A group that may hold a key has its keys read;
    only where one is there, the other columns too. So memory holds one group and the rows found.

    Args:
        lake: Where the table is.
        table: Its primary key is one column of text.
        keys: The keys.
        columns: Columns of the rows.

    Returns:
        A pyarrow table with these columns, in no order.

    Raises:
        LakeError: The table is there but cannot be opened.
        OutsideError: It cannot be read.
    """
    (key,) = table.primary_key
    stored_as: Any = table.arrow_schema()
    schema = pa.schema([stored_as.field(name) for name in columns])
    asked = sorted(set(keys))
    dataset: Any = lake.dataset(table) if asked else None
    parts: list[Any] = []
    try:
        for fragment in dataset.get_fragments() if dataset is not None else ():
            for group in fragment.split_by_row_group():
                wanted = _between(asked, group, key)
                if not wanted:
                    continue
                stored = group.to_table(columns=[key], use_threads=False).column(key).cast(pa.string())
                rows = pc.indices_nonzero(pc.is_in(stored, value_set=pa.array(wanted, pa.string())))
                if len(rows):
                    parts.append(_columns(group, schema).take(rows))
    except OSError as error:
        raise OutsideError(
            f"{lake.url(table)}: cannot be read: {error}; look at the storage, then run again"
        ) from error
    return pa.concat_tables(parts) if parts else schema.empty_table()


def read_where(lake: Lake, table: Table, columns: Sequence[str], since: tuple[str, datetime], **equal: str) -> Any:
    """A pyarrow table of some columns of the rows since a time that have these values; files before it are not read.

    Args:
        lake: Where the table is.
        table: What to read.
        columns: Columns of the rows.
        since: A column of times, and the earliest.
        equal: Value of a column.
    """
    dataset: Any = lake.dataset(table)
    stored_as: Any = table.arrow_schema()
    if dataset is None:
        return pa.schema([stored_as.field(name) for name in columns]).empty_table()
    chosen = pc.field(since[0]) >= since[1]
    for name, value in equal.items():
        chosen &= pc.field(name) == value
    return dataset.to_table(columns=list(columns), filter=chosen)


def has_rows(lake: Lake, table: Table) -> bool:
    """Whether the table has a row."""
    dataset: Any = lake.dataset(table)
    return dataset is not None and any(fragment.count_rows() for fragment in dataset.get_fragments())


def _between(asked: Sequence[str], group: Any, key: str) -> Sequence[str]:
    """The keys that a group of rows may hold, by what its file says of it."""
    limits = group.row_groups[0].statistics.get(key) if group.row_groups[0].statistics else None
    if limits is None:
        return asked
    return asked[bisect_left(asked, limits["min"]) : bisect_right(asked, limits["max"])]


def _columns(group: Any, schema: Any) -> Any:
    there = [name for name in schema.names if name in group.physical_schema.names]
    read = group.to_table(columns=there, use_threads=False)
    arrays = [
        read.column(field.name).cast(field.type) if field.name in there else pa.nulls(len(read), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
