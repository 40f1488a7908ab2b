"""The ledger: every answer of a language model by what exactly was asked, and the journal it passes through.

A run appends each answer to its own journal as it arrives (durable at once) and folds it into the Delta table in
one commit at its end; the journal of a run that died is found and folded by the next. No asking, no judging.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, TextIO, cast

import pandas as pd

from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER

Row = dict[str, Any]


def ledger_key(
    messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], model: str, sampling: Mapping[str, Any]
) -> str:
    """SHA-256 of exactly what is sent; versions are columns and not part of it."""
    sent = json.dumps([list(messages), schema, model, sampling], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(sent.encode()).hexdigest()


class Journal:
    """The answers of one run on their way to the table: JSON Lines, flushed to disk one by one.

    The file stays locked while the run lives, so that another run can tell a dead journal from a living one.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{run_id}.jsonl"
        self._file = self._opened()
        self._lock = Lock()

    def _opened(self) -> TextIO:
        """The file, locked; opened anew when a fold took it away between opening and locking."""
        while True:
            file = self.path.open("a", encoding="utf-8")
            fcntl.flock(file, fcntl.LOCK_EX)
            if self.path.exists():
                return file
            file.close()

    def append(self, row: Row) -> None:
        """Keep one answer; it is on disk when this returns."""
        line = json.dumps(row, ensure_ascii=False, sort_keys=True, default=_iso)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file; it stays until it is folded."""
        self._file.close()


class Ledger:
    """What was already answered, and the journal for what is answered now.

    Args:
        lake: Where the table is.
        folder: Where journals are.
        run_id: Name of this run's journal.
    """

    def __init__(self, lake: Lake, folder: Path, run_id: str) -> None:
        self._lake = lake
        self._folder = folder
        fold(lake, folder)
        rows = cast("list[Row]", lake.read(LEDGER).to_dict("records"))
        self._known: dict[str, Row] = {row["ledger_key"]: row for row in rows}
        self._new: set[str] = set()
        self._run_id = run_id
        self._journal: Journal | None = None

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: str) -> Row | None:
        """The row of an answer given before, by this run or an earlier one."""
        return self._known.get(key)

    def add(self, row: Row) -> None:
        """Keep an answer as it arrives."""
        if self._journal is None:
            self._journal = Journal(self._folder, self._run_id)
        self._journal.append(row)
        self._known[row["ledger_key"]] = row
        self._new.add(row["ledger_key"])

    def is_new(self, key: str) -> bool:
        """Whether this run got, and paid for, the answer."""
        return key in self._new

    def close(self) -> int:
        """Fold this run's journal into the table; returns how many answers were new there."""
        if self._journal is None:
            return 0
        self._journal.close()
        self._journal = None
        return fold(self._lake, self._folder)


def fold(lake: Lake, folder: Path) -> int:
    """Bring every journal no living run holds into the table in one commit; returns how many answers were new.

    A last line cut short by a crash is left out: its answer is asked again.
    """
    if not folder.is_dir():
        return 0
    rows: dict[str, Row] = {}
    held: list[tuple[Path, TextIO]] = []
    for path in sorted(folder.glob("*.jsonl")):
        file = path.open(encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        held.append((path, file))
        rows |= {row["ledger_key"]: row for row in _rows(file)}
    inserted = 0
    if rows:
        frame = pd.DataFrame(list(rows.values()))
        frame["answered_at"] = pd.to_datetime(frame["answered_at"], utc=True, format="ISO8601")
        inserted = lake.append_missing(LEDGER, frame, {"asset": LEDGER.name})
    for path, file in held:
        path.unlink(missing_ok=True)
        file.close()
    return inserted


def _rows(file: TextIO) -> list[Row]:
    rows: list[Row] = []
    for line in file:
        if not line.endswith("\n"):
            continue
        rows.append(cast("Row", json.loads(line)))
    return rows


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a journal holds text and numbers, not {type(value).__name__}")
