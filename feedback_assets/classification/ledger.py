"""The ledger: stores every answer of a language model under the hash of its request, by way of a journal.

A run appends each answer to its own journal as it arrives (durable at once) and folds it into the Delta table in
one commit at its end; the journal of a run that died is found and folded by the next. Only the keys asked for are
read. The prompt, which most of a request is, is kept once in `ledger/prompts`. No asking, no checking.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TextIO, cast

import pandas as pd

from feedback_assets.classification.llm.language_model import Request
from feedback_assets.classification.llm.model_client import StoredAnswer
from feedback_assets.lake.keyed_rows import has_rows, read_keys, read_where
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER, LEDGER_PROMPTS

Row = dict[str, Any]
# What the cascade reads of an answer.
_READ = tuple(StoredAnswer.__annotations__)
# Folding takes seconds; a fold that died on this machine is noticed at once, elsewhere after this long.
_LEASE_SECONDS = 600.0
_WAIT_SECONDS = 900.0
# Small groups of rows sorted by key: of a few keys most groups need not be read. Few files: each is opened.
ROWS_A_GROUP = 2_000
_MOST_FILES = 64


class Journal:
    """The answers of one run until they are in the table: JSON Lines, flushed to disk one by one.

    The file stays locked while the run lives, so that another run can tell a dead journal from a living one.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{run_id}.jsonl"
        self._file = self._open_locked()
        self._lock = Lock()

    def _open_locked(self) -> TextIO:
        """The file, locked; opened anew when a fold took it away between opening and locking."""
        while True:
            file = self.path.open("a", encoding="utf-8")
            fcntl.flock(file, fcntl.LOCK_EX)
            if self.path.exists():
                return file
            file.close()

    def append(self, row: Mapping[str, Any]) -> None:
        """Append one line; it is on disk when this returns."""
        line = json.dumps(row, ensure_ascii=False, sort_keys=True, default=_iso)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; it stays until it is folded."""
        self._file.close()


class Ledger:
    """Stored answers, and the journal for new ones; see `AnswerStore`.

    Args:
        lake: Where the tables are.
        folder: Where journals are.
        run_id: Name of this run's journal.
    """

    def __init__(self, lake: Lake, folder: Path, run_id: str) -> None:
        self._lake = lake
        self._folder = folder
        fold(lake, folder)
        self._known: dict[str, StoredAnswer | None] = {}
        self._new: set[str] = set()
        self._prompts: set[str] = set()
        self._run_id = run_id
        self._journal: Journal | None = None

    def is_empty(self) -> bool:
        """Whether there is no answer at all, of this run or an earlier one."""
        return not self._new and not has_rows(self._lake, LEDGER)

    def load(self, keys: Iterable[str]) -> None:
        """Read the answers to these keys that were not looked up before."""
        missing = {key for key in keys if key not in self._known}
        if not missing:
            return
        self._known |= dict.fromkeys(missing)
        for row in cast("list[StoredAnswer]", read_keys(self._lake, LEDGER, missing, _READ).to_pylist()):
            known = self._known[row["ledger_key"]]
            # Folds wait for each other; where two could not, the first answer stands.
            if known is None or row["answered_at"] < known["answered_at"]:
                self._known[row["ledger_key"]] = row

    def find(self, key: str) -> StoredAnswer | None:
        """The answer given before, by this run or an earlier one."""
        if key not in self._known:
            self.load([key])
        return self._known[key]

    def add(self, request: Request, answer: StoredAnswer) -> None:
        """Keep an answer as it arrives."""
        if self._journal is None:
            self._journal = Journal(self._folder, self._run_id)
        prompt, own = split_request(request)
        if prompt["prompt_hash"] not in self._prompts:
            self._journal.append(prompt)
            self._prompts.add(prompt["prompt_hash"])
        self._journal.append({**answer, **own})
        self._known[request.key] = answer
        self._new.add(request.key)

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


def split_request(request: Request) -> tuple[Row, Row]:
    """A request as a row of `ledger/prompts` and the columns of `ledger/answers` that tell the rest of it."""
    return split_messages(request.messages, json.dumps(request.schema, sort_keys=True, ensure_ascii=False))


def split_messages(messages: Sequence[Mapping[str, str]], schema: str | None) -> tuple[Row, Row]:
    """Messages as a row of `ledger/prompts` and the columns of `ledger/answers` that tell the rest of them.

    Args:
        messages: As sent; the prompt is the first of them if its role is `system`.
        schema: Of the answer, as JSON text; None where it was not kept.
    """
    has_prompt = bool(messages) and messages[0].get("role") == "system"
    prompt = messages[0]["content"] if has_prompt else ""
    digest = hashlib.sha256(json.dumps([prompt, schema], ensure_ascii=False).encode()).hexdigest()[:32]
    own = messages[1:] if has_prompt else messages
    return (
        {"prompt_hash": digest, "prompt": prompt, "response_schema": schema},
        {"prompt_hash": digest, "request": messages_json(own), "request_characters": len(messages_json(messages))},
    )


def messages_json(messages: Sequence[Mapping[str, str]]) -> str:
    """Messages as JSON text."""
    return json.dumps([dict(message) for message in messages], ensure_ascii=False)


def read_requests(lake: Lake, keys: Iterable[str]) -> dict[str, str]:
    """The messages that were sent, as JSON text, to the byte, by ledger key."""
    rows = cast("list[Row]", read_keys(lake, LEDGER, keys, ("ledger_key", "prompt_hash", "request")).to_pylist())
    prompts: dict[str, str] = {
        row["prompt_hash"]: row["prompt"]
        for row in read_keys(
            lake, LEDGER_PROMPTS, {row["prompt_hash"] for row in rows}, ("prompt_hash", "prompt")
        ).to_pylist()
    }
    requests: dict[str, str] = {}
    for row in rows:
        prompt, own = prompts[row["prompt_hash"]], cast("list[dict[str, str]]", json.loads(row["request"]))
        requests[row["ledger_key"]] = messages_json([{"role": "system", "content": prompt}, *own] if prompt else own)
    return requests


def fold(lake: Lake, folder: Path) -> int:
    """Bring every journal no living run holds into the tables; returns how many answers were new.

    A last line cut short by a crash is left out: its answer is asked again. Prompts are written first, so that no
    answer is ever without its prompt; and under a lease, so that two runs that got the same answer keep it once.
    """
    if not folder.is_dir():
        return 0
    prompts: dict[str, Row] = {}
    answers: dict[str, Row] = {}
    files: list[tuple[Path, TextIO]] = []
    for path in sorted(folder.glob("*.jsonl")):
        file = path.open(encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        files.append((path, file))
        for row in _rows(file):
            if "ledger_key" not in row:
                prompts[row["prompt_hash"]] = row
                continue
            if "prompt_hash" not in row:  # of a run of a version that kept whole requests
                prompt, own = split_messages(json.loads(row["request"]), None)
                prompts[prompt["prompt_hash"]] = prompt
                row |= own
            answers[row["ledger_key"]] = row
    inserted = _insert(lake, prompts, answers) if answers else 0
    for path, file in files:
        path.unlink(missing_ok=True)
        file.close()
    return inserted


def _insert(lake: Lake, prompts: Mapping[str, Row], answers: Mapping[str, Row]) -> int:
    metadata = {"asset": LEDGER.name}
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - an argument
    with held(lake.root, "ledger", uuid.uuid4().hex, clock, _LEASE_SECONDS, lake.options, patience=_WAIT_SECONDS):
        if prompts:
            lake.append_missing(LEDGER_PROMPTS, pd.DataFrame(list(prompts.values())), metadata)
        there = set(read_keys(lake, LEDGER, answers, ("ledger_key",)).column("ledger_key").to_pylist())
        rows = [row for key, row in sorted(answers.items()) if key not in there]
        if rows:
            frame = pd.DataFrame(rows)
            frame["answered_at"] = pd.to_datetime(frame["answered_at"], utc=True, format="ISO8601")
            lake.append(LEDGER, frame, metadata, ROWS_A_GROUP)
            lake.compact(LEDGER, metadata, _MOST_FILES, ROWS_A_GROUP)
    return len(rows)


def read_usage(lake: Lake, model: str, since: datetime) -> pd.DataFrame:
    """Columns `request_characters`, `tokens_in` and `tokens_out` of what one model answered since a time."""
    columns = ("request_characters", "tokens_in", "tokens_out")
    return read_where(lake, LEDGER, columns, ("answered_at", since), model=model).to_pandas()


def _rows(file: TextIO) -> Iterator[Row]:
    for line in file:
        if line.endswith("\n"):
            yield cast("Row", json.loads(line))


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a journal holds text and numbers, not {type(value).__name__}")
