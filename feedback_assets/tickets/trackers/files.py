"""The embedded tracker: one Markdown file a ticket, with the evidence beside it as JSON Lines.

Every action leaves its marker in the file, and the file changes by one rename, so a crash leaves either
the old file or the new one and a repeated delivery finds what it did. A marker holds a hash of what was said: planned
otherwise, that part is written again, and the rest of the file stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from feedback_assets.files.whole_files import write_whole
from feedback_assets.tickets.tracker import Receipt, TicketText, TrackerError

_HEADINGS = {"add_evidence": "New evidence", "raise": "Raised", "reopen": "Reopened"}
_WITHDRAWN = "<!-- withdrawn -->"
# Words of customers stand in quotes, tables and lists, never alone on a line; `render` also breaks comments in them.
_IS_WITHDRAWN = re.compile(rf"^{_WITHDRAWN}$", re.MULTILINE)
_CREATED = re.compile(r"^<!-- \S+/create\b[^>]*-->$", re.MULTILINE)
_SECTION = re.compile(
    rf"\n*^## (?:{'|'.join(_HEADINGS.values())}) \d{{4}}-.*?^<!-- (?P<marker>\S+)[^>]*-->", re.MULTILINE | re.DOTALL
)


class FileTracker:
    """Tickets as Markdown files in a folder."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, text: TicketText) -> Receipt | None:
        """The receipt when the ticket's file holds this action's marker."""
        content = self._content(text.key)
        if _marker(text) not in content or _is_withdrawn(content):
            return None
        return Receipt(text.key, str(self._path(text.key)))

    def deliver(self, text: TicketText) -> Receipt:
        """Write or extend the ticket's file, the evidence first so that the ticket never points at nothing.

        Raises:
            TrackerError: The file cannot be written, or an action names a ticket that has no file.
        """
        path, content = self._path(text.key), self._content(text.key)
        self._add_evidence(text, [] if _is_withdrawn(content) else self._shown(text.key))
        _replace(path, self._next_content(path, content, text))
        return Receipt(text.key, str(path))

    def standing(self) -> frozenset[str]:
        """Keys of the files that are not withdrawn."""
        keys = [path.stem for path in self._folder.glob("FB-*.md")]
        return frozenset(key for key in keys if not _is_withdrawn(self._content(key)))

    def evidence(self, key: str) -> frozenset[str]:
        """Ids of the issues in the file beside the ticket."""
        return frozenset(row["issue_id"] for row in self._shown(key))

    def settle(self, key: str, evidence: Mapping[str, dict[str, object] | None], actions: Collection[str]) -> None:
        """Drop the lines of issues and the sections of actions that are not among these; bring lines up to date.

        Raises:
            TrackerError: A file cannot be read or written.
        """
        shown, content = self._shown(key), self._content(key)
        kept = [evidence[row["issue_id"]] or row for row in shown if row["issue_id"] in evidence]
        # The sections first: found without one, an action is carried out again, and brings its evidence.
        told = _SECTION.sub(lambda found: found[0] if found["marker"] in actions else "", content)
        if told != content:
            _replace(self._path(key), told)
        if kept != shown:
            self._write_evidence(key, kept)

    def withdraw(self, key: str, reason: str) -> None:
        """End the file with the reason.

        Raises:
            TrackerError: The file cannot be written.
        """
        content = self._content(key).rstrip()
        _replace(self._path(key), f"{content}\n\n## Withdrawn\n\n{reason}\n\n{_WITHDRAWN}\n")

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.md"

    def _content(self, key: str) -> str:
        return _read(self._path(key))

    def _next_content(self, path: Path, content: str, text: TicketText) -> str:
        if text.action == "create":
            known = None if _is_withdrawn(content) else _CREATED.search(content)
            below = content[known.end() :].strip() if known else ""
            return f"{text.body.rstrip()}\n\n{_marker(text)}\n" + (f"\n{below}\n" if below else "")
        if not content:
            raise TrackerError(
                f"{path} is gone but {text.key} should be open; restore it or land a `closed` ticket event"
            )
        section = f"## {_HEADINGS[text.action]} {text.day.isoformat()}"
        told = f"{section} ({text.level})\n\n{text.reason}\n\n{_marker(text)}"
        before = re.compile(rf"^{section} .*?^<!-- {text.marker}\b[^>]*-->", re.MULTILINE | re.DOTALL)
        if before.search(content):
            return before.sub(lambda _: told, content, count=1)
        return f"{content.rstrip()}\n\n{told}\n"

    def _evidence_path(self, key: str) -> Path:
        return self._folder / f"{key}.evidence.jsonl"

    def _shown(self, key: str) -> list[dict[str, Any]]:
        path = self._evidence_path(key)
        rows: list[dict[str, Any]] = []
        # Not `splitlines`: customers' words may hold the line separators of Unicode.
        for number, line in enumerate(_read(path).split("\n"), start=1):
            if not line.strip():
                continue
            try:
                rows.append({"issue_id": "", **json.loads(line)})
            except (ValueError, TypeError) as error:
                raise TrackerError(
                    f"{path}, line {number}: is no JSON object; correct or delete the line, and run again"
                ) from error
        return rows

    def _add_evidence(self, text: TicketText, shown: list[dict[str, Any]]) -> None:
        known = {row["issue_id"] for row in shown}
        self._write_evidence(text.key, [*shown, *(row for row in text.evidence if row["issue_id"] not in known)])

    def _write_evidence(self, key: str, rows: list[dict[str, Any]]) -> None:
        lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
        _replace(self._evidence_path(key), "".join(f"{line}\n" for line in lines))


def _marker(text: TicketText) -> str:
    said = [
        text.body if text.action == "create" else text.reason,
        *sorted(str(row["issue_id"]) for row in text.evidence),
    ]
    return f"<!-- {text.marker} {hashlib.blake2b(json.dumps(said).encode(), digest_size=4).hexdigest()} -->"


def _is_withdrawn(content: str) -> bool:
    return _IS_WITHDRAWN.search(content) is not None


def _read(path: Path) -> str:
    """The text of a file, empty when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError as error:
        raise TrackerError(f"{path}: is not UTF-8 at byte {error.start}; save it as UTF-8, and run again") from error
    except OSError as error:
        raise TrackerError(f"{path}: {error.strerror}; make it readable and run again") from error


def _replace(path: Path, content: str) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise TrackerError(f"{path}: {error.strerror}; make the folder writable and run again") from error
