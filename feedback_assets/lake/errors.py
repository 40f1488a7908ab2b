"""What can go wrong with a table, and what a person can do about what the system says.

Only the errors and their words; who raises them is `store`, `schemas` and `log`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feedback_assets.errors import OutsideError

if TYPE_CHECKING:
    from feedback_assets.tables import Table

# What to do about what the system says; looked for in the text, as delta-rs hands on no number.
_FIXES = (
    ("no space left", "the disk is full: free space there"),
    ("disk quota exceeded", "the quota is used up: free space there"),
    ("read-only file system", "the place is read-only: make it writable, or name another with FEEDBACK_LAKE_URL"),
    ("permission denied", "this user may not write there: make it writable, or name another with FEEDBACK_LAKE_URL"),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TRACE = re.compile(r"\d+: |at \S+:\d+")


class LakeError(OutsideError):
    """A table cannot be opened, read or written; the text says which and what to do."""


class ColumnTypeError(LakeError):
    """A column does not fit the table; the message names table, column, both types and the fix. Nothing was written."""


class ContractError(ValueError):
    """Rows break the contract of a table that has no days; nothing was written."""


class DayConflictError(LakeError):
    """Somebody else wrote the same days since they were looked at; compute them again."""


def fix_for(error: BaseException, otherwise: str = "look at the storage itself, then run again") -> str:
    """What to do about an error of the storage.

    Args:
        error: What was raised.
        otherwise: What to do where the text of the error is not known.
    """
    text = str(error).lower()
    known = next((fix for sign, fix in _FIXES if sign in text), None)
    return f"{known}, then run again; what was committed stays" if known else otherwise


def fix_for_entry(table: Table, *, newest: bool) -> str:
    """What to do about an entry of a table's log that is lost."""
    # What people decided and what was paid for is computed by no run.
    if not (newest and table.by_day):
        return "restore it from a backup"
    return (
        "restore it from a backup, or delete it, as it is the newest, and run the days again that the run of that time "
        "was for (the UI's page of runs tells)"
    )


def words_of(error: BaseException) -> str:
    """What a library says in one line, without the colours and the trace it adds."""
    lines = [_COLOUR.sub("", line).strip() for line in str(error).splitlines()]
    text = " ".join(line for line in lines if line and not _TRACE.match(line))
    return text[:400] or type(error).__name__
