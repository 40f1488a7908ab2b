"""The embedded tracker: one Markdown file a ticket, with the evidence beside it as JSON Lines.

Every action leaves its stamp in the file as a comment, and a file changes by one rename, so a crash leaves either the
old file or the new one. A ticket's own id is its key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback_assets.config.settings import Settings
from feedback_assets.files.whole_files import write_whole
from feedback_assets.tables import Level, TicketAction
from feedback_assets.tickets.markdown import one_line, render
from feedback_assets.tickets.tracker import (
    Comment,
    EvidenceRow,
    Stamp,
    TicketContent,
    TrackedTicket,
    TrackerError,
    TrackerStatus,
)

_HEADINGS = {
    TicketAction.ADD_EVIDENCE: "New evidence",
    TicketAction.RAISE: "Raised",
    TicketAction.REOPEN: "Reopened",
    TicketAction.MERGE: "Merged",
}
# Words of customers stand in quotes, tables and lists, never alone on a line; `render` also breaks comments in them.
_STATUS = re.compile(r"^<!-- (?P<status>withdrawn|duplicate|closed) -->\n?", re.MULTILINE)
_WITHDRAWN = re.compile(r"\n*^## Withdrawn\n.*?(?=^<!-- withdrawn -->)", re.MULTILINE | re.DOTALL)
_STAMP = re.compile(r"^<!-- (?P<marker>\S+/\d{4}-\d\d-\d\d/\w+)(?: (?P<fingerprint>\w+))? -->$", re.MULTILINE)
_CREATED = re.compile(r"^<!-- \S+/create\b[^>]*-->$", re.MULTILINE)
_SECTION = re.compile(
    rf"\n*^## (?:{'|'.join(_HEADINGS.values())}) \d{{4}}-.*?^<!-- (?P<marker>\S+)[^>]*-->", re.MULTILINE | re.DOTALL
)
_TITLE_LEVEL = re.compile(r"\A# \[(?P<level>P\d)\]")
_LEVEL_ROW = re.compile(r"^\| Level \| P\d \|$", re.MULTILINE)


def open_tracker(settings: Settings) -> FileTracker:
    """The tracker in the home's folder of tickets."""
    return FileTracker(settings.tickets_dir)


class FileTracker:
    """Tickets as Markdown files in a folder."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> TrackedTicket | None:
        """The ticket whose file has this name."""
        content = _read(self._path(key))
        if not content:
            return None
        level = _TITLE_LEVEL.search(content)
        return TrackedTicket(
            external_id=key,
            location=str(self._path(key)),
            status=_status(content),
            level=Level(level["level"]) if level else Level.P4,
            fingerprints={stamp["marker"]: stamp["fingerprint"] or "" for stamp in _STAMP.finditer(content)},
        )

    def status(self, external_id: str) -> TrackedTicket | None:
        """The same: a ticket's own id is its key."""
        return self.find(external_id)

    def keys(self) -> frozenset[str]:
        """Keys of the files that are not withdrawn."""
        keys = [path.stem for path in self._folder.glob("FB-*.md")]
        return frozenset(key for key in keys if _status(_read(self._path(key))) != TrackerStatus.WITHDRAWN)

    def create(self, content: TicketContent, stamp: Stamp) -> TrackedTicket:
        """Write the ticket's file."""
        self._write(content.key, _top(content, stamp))
        return TrackedTicket(
            content.key,
            str(self._path(content.key)),
            TrackerStatus.OPEN,
            content.level,
            {stamp.marker: stamp.fingerprint},
        )

    def update(self, external_id: str, content: TicketContent, stamp: Stamp) -> None:
        """Write the ticket's text again, up to its stamp; what was added below it stays."""
        text = self._text(external_id)
        created = _CREATED.search(text)
        below = text[created.end() :].strip() if created else ""
        self._write(external_id, _top(content, stamp) + (f"\n{below}\n" if below else ""))

    def set_level(self, external_id: str, level: Level) -> None:
        """Change the level in the title and in the table."""
        text = _TITLE_LEVEL.sub(f"# [{level}]", self._text(external_id), count=1)
        self._write(external_id, _LEVEL_ROW.sub(f"| Level | {level} |", text, count=1))

    def comment(self, external_id: str, comment: Comment) -> None:
        """Add a section at the end, or write the one with this stamp again."""
        text, stamp = self._text(external_id), comment.stamp
        heading = f"## {_HEADINGS[comment.action]} {comment.day.isoformat()}"
        words = one_line(comment.text)
        if comment.merged_into:
            words = words.replace(comment.merged_into, f"[{comment.merged_into}]({comment.merged_into}.md)")
        section = f"{heading} ({comment.level})\n\n{words}\n\n{_line(stamp)}"
        before = re.compile(rf"^{heading} .*?^<!-- {re.escape(stamp.marker)}\b[^>]*-->", re.MULTILINE | re.DOTALL)
        if before.search(text):
            self._write(external_id, before.sub(lambda _: section, text, count=1))
        else:
            self._write(external_id, f"{text.rstrip()}\n\n{section}\n")

    def remove_comment(self, external_id: str, marker: str) -> None:
        """Take the section with this stamp out."""
        text = self._text(external_id)
        without = _SECTION.sub(lambda section: "" if section["marker"] == marker else section[0], text)
        if without != text:
            self._write(external_id, without)

    def transition(self, external_id: str, status: TrackerStatus, reason: str) -> None:
        """End the file with the status; a withdrawn ticket says why."""
        text = self._text(external_id)
        if _status(text) == status:
            return
        open_text = _STATUS.sub("", _WITHDRAWN.sub("\n", text)).rstrip()
        if status == TrackerStatus.OPEN:
            self._write(external_id, f"{open_text}\n")
            return
        why = f"## Withdrawn\n\n{one_line(reason)}\n\n" if status == TrackerStatus.WITHDRAWN else ""
        self._write(external_id, f"{open_text}\n\n{why}<!-- {status} -->\n")

    def attach(self, external_id: str, evidence: Sequence[EvidenceRow]) -> None:
        """Write the file beside the ticket."""
        lines = (json.dumps(dict(row), ensure_ascii=False, sort_keys=True) for row in evidence)
        _replace(self._evidence_path(external_id), "".join(f"{line}\n" for line in lines))

    def evidence(self, external_id: str) -> list[EvidenceRow]:
        """The lines of the file beside the ticket."""
        path = self._evidence_path(external_id)
        rows: list[EvidenceRow] = []
        # Not `splitlines`: customers' words may hold the line separators of Unicode.
        for number, line in enumerate(_read(path).split("\n"), start=1):
            if not line.strip():
                continue
            try:
                row: dict[str, Any] = json.loads(line)
                rows.append({"issue_id": "", **row})
            except (ValueError, TypeError) as error:
                raise TrackerError(
                    f"{path}, line {number}: is no JSON object; correct or delete the line, and run again"
                ) from error
        return rows

    def restamp(self, key: str, changes: Mapping[str, str]) -> bool:
        """Replace stamps of an older version; whether the file had one of them."""
        text = _read(self._path(key))
        after = "\n".join(changes.get(line, line) for line in text.split("\n"))
        if after != text:
            self._write(key, after)
        return after != text

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.md"

    def _evidence_path(self, key: str) -> Path:
        return self._folder / f"{key}.evidence.jsonl"

    def _text(self, key: str) -> str:
        text = _read(self._path(key))
        if not text:
            raise TrackerError(
                f"{self._path(key)} is gone but {key} should be open; restore it or land a `closed` ticket event"
            )
        return text

    def _write(self, key: str, content: str) -> None:
        _replace(self._path(key), content)


def _top(content: TicketContent, stamp: Stamp) -> str:
    evidence = f"{content.key}.evidence.jsonl"
    return f"{render(content, f'[{evidence}]({evidence})').rstrip()}\n\n{_line(stamp)}\n"


def _line(stamp: Stamp) -> str:
    return f"<!-- {stamp.marker} {stamp.fingerprint} -->"


def _status(text: str) -> TrackerStatus:
    # The last one holds: somebody may have written above it.
    statuses = [match["status"] for match in _STATUS.finditer(text)]
    return TrackerStatus(statuses[-1]) if statuses else TrackerStatus.OPEN


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
