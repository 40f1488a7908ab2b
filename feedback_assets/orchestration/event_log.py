"""Makes Dagster's SQLite storage quick enough for ranges of hundreds of days, and says what is wrong with it.

Dagster commits several times for every asset and day, and SQLite waits for the disk at each commit: a range of two
years of days would wait longer than it computes. What is lost by not waiting is bounded: a killed process loses
nothing, a power cut may lose the instance's history of runs. The tables are the record, never the event log.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

# What SQLite says, and what to do about it; of a full disk it often says no more than "disk I/O error".
_FIXES = {
    "disk I/O error": "free space in the home or make it writable",
    "disk is full": "free space in the home",
    "readonly database": "make the home writable",
    "unable to open database file": "make the home writable",
    "locked": "another process writes there; wait for it",
    "malformed": "move the folder dagster/history away, the tables do not need it",
    "not a database": "move the folder dagster/history away, the tables do not need it",
}


def refusal(error: Exception) -> str | None:
    """What SQLite refused, with the fix: a full or read-only disk, a damaged or busy file; None for other errors."""
    if not isinstance(error, (DatabaseError, sqlite3.DatabaseError)):
        return None
    cause = str(error.orig if isinstance(error, DatabaseError) else error)
    fix = next((fix for sign, fix in _FIXES.items() if sign in cause), None)
    if fix is None:
        return None
    return (
        f"the history of runs cannot be read or written: {cause}; {fix}, and run again: what was committed stays, and "
        "the rest is computed then"
    )


def commit_without_waiting() -> None:
    """Let every SQLite connection this process opens from now on leave flushing to the operating system."""
    if not event.contains(Engine, "connect", _set_synchronous):
        event.listen(Engine, "connect", _set_synchronous)


def _set_synchronous(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
