"""The embedded tracker: one Markdown file a ticket, with the evidence beside it as JSON Lines.

Every action leaves its marker in the file, and the file changes by one rename, so a crash leaves either
the old file or the new one and a repeated delivery finds what it did.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from feedback_assets.tickets.tracker import Receipt, TicketText, TrackerError

_HEADINGS = {"add_evidence": "New evidence", "raise": "Raised", "reopen": "Reopened"}


class FileTracker:
    """Tickets as Markdown files in a folder."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, text: TicketText) -> Receipt | None:
        """The receipt when the ticket's file holds this action's marker."""
        path = self._path(text.key)
        if not path.exists() or _marker(text) not in path.read_text(encoding="utf-8"):
            return None
        return Receipt(text.key, str(path))

    def deliver(self, text: TicketText) -> Receipt:
        """Write or extend the ticket's file, the evidence first so that the ticket never points at nothing.

        Raises:
            TrackerError: The file cannot be written, or an action names a ticket that has no file.
        """
        path = self._path(text.key)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._add_evidence(text)
            _replace(path, self._next_content(path, text))
        except OSError as error:
            raise TrackerError(f"{path}: {error.strerror}; make the folder writable and run again") from error
        return Receipt(text.key, str(path))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.md"

    def _next_content(self, path: Path, text: TicketText) -> str:
        if text.action == "create":
            return f"{text.body.rstrip()}\n\n{_marker(text)}\n"
        if not path.exists():
            raise TrackerError(
                f"{path} is gone but {text.key} should be open; restore it or land a `closed` ticket event"
            )
        heading = f"## {_HEADINGS[text.action]} {text.day.isoformat()} ({text.level})"
        return f"{path.read_text(encoding='utf-8').rstrip()}\n\n{heading}\n\n{text.reason}\n\n{_marker(text)}\n"

    def _add_evidence(self, text: TicketText) -> None:
        path = self._folder / f"{text.key}.evidence.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        known = {json.loads(line)["issue_id"] for line in lines}
        fresh = [row for row in text.evidence if row["issue_id"] not in known]
        if fresh or not path.exists():
            lines += [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in fresh]
            _replace(path, "".join(f"{line}\n" for line in lines))


def _marker(text: TicketText) -> str:
    return f"<!-- {text.marker} -->"


def _replace(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
