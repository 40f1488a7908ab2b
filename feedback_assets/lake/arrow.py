"""The few calls of pyarrow whose types pyarrow does not tell, each with its types, so that the callers are checked.

Only calls handed on; no decision belongs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow.dataset as ds
    from deltalake import DeltaTable
    from pyarrow.fs import FileSystem

# Its functions are made when it is imported, which type checkers cannot see.
_pc: Any = pyarrow.compute


def from_series(values: pd.Series) -> pa.Array:
    """A column of a frame with the type that Arrow chooses; NaN and NaT of objects become nulls."""
    array: Any = pa.array(values, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def nulls(rows: int, kind: pa.DataType) -> pa.ChunkedArray:
    """A column of nulls."""
    return pa.chunked_array([pa.nulls(rows, kind)])


def min_max(array: pa.Array) -> tuple[int, int]:
    """Smallest and largest of whole numbers, of which at least one is no null."""
    result = cast("dict[str, int]", _pc.min_max(array).as_py())
    return result["min"], result["max"]


def are_equal(first: pa.ChunkedArray, second: pa.ChunkedArray) -> bool:
    """Whether two columns of one type hold the same values, NaN being equal to NaN."""
    same = _pc.equal(first, second)
    if pa.types.is_floating(first.type):
        same = _pc.or_(same, _pc.and_(_pc.is_nan(first), _pc.is_nan(second)))
    return bool(_pc.all(_pc.fill_null(same, True)).as_py()) and first.null_count == second.null_count


def stored_schema(delta: DeltaTable) -> pa.Schema:
    """The schema of a table as it is stored."""
    return pa.schema(cast("Any", delta.schema().to_arrow()))


def open_dataset(delta: DeltaTable, folder: FileSystem, files: Sequence[tuple[str, str, str]] = ()) -> ds.Dataset:
    """The files of a table as one dataset, read through a filesystem.

    Args:
        delta: The table.
        folder: Where it is.
        files: Which of its files, by conditions on the partition, all of which hold; all files without any.
    """
    table: Any = delta
    dataset = table.to_pyarrow_dataset(filesystem=folder, file_pruning_predicate=list(files) or None)
    return cast("ds.Dataset", dataset)
