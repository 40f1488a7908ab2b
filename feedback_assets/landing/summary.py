"""What an import did, as data and as a table a person can read.

No decisions: the numbers come from `importer`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

# Examples of unreadable rows shown a reason; the rest can be found in the lake.
EXAMPLES = 3


@dataclass
class Reason:
    """Why rows could not be understood, how many, and where the first are (`file:line`)."""

    count: int = 0
    examples: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class ImportSummary:
    """The account of one imported file: `rows` = `landed` + `repeated`; `unreadable` rows are among them.

    Attributes:
        zone: The zone times were read in and what that rests on.
        fields: Our fields and the columns they are read from, `*` behind those guessed.
        unreadable: Rows kept but not understood, by reason; all landed under the day of arrival.
        broken: Why the file breaks off, empty when it is whole.
    """

    file: str
    stream: str
    source: str
    channel: str
    format: str
    encoding: str
    delimiter: str
    zone: str
    mapping: str
    fields: dict[str, str]
    rows: int
    landed: int
    repeated: int
    objects: int
    unreadable: dict[str, Reason]
    first_day: date | None
    last_day: date | None
    filed_day: date | None = None
    broken: str = ""
    notes: tuple[str, ...] = ()
    dry_run: bool = False
    next_command: str = ""

    @property
    def unreadable_rows(self) -> int:
        """Rows kept but not understood."""
        return sum(reason.count for reason in self.unreadable.values())

    @property
    def exit_code(self) -> int:
        """0 when the file was read to its end; 1 when it broke off or not one row could be understood."""
        return int(bool(self.broken) or (self.rows > 0 and self.unreadable_rows == self.rows))

    def as_json(self) -> dict[str, Any]:
        """The account as JSON can hold it."""
        plain = asdict(self)
        plain["first_day"] = self.first_day.isoformat() if self.first_day else None
        plain["last_day"] = self.last_day.isoformat() if self.last_day else None
        plain["filed_day"] = self.filed_day.isoformat() if self.filed_day else None
        return {**plain, "unreadable_rows": self.unreadable_rows}


def show(summary: ImportSummary, console: Console) -> None:
    """Print the account."""
    console.print(render(summary))


def render(summary: ImportSummary) -> RenderableType:
    """The account as a table, with notes and the next command under it."""
    table = Table(
        title=summary.file, title_justify="left", show_header=False, title_style="bold", box=None, pad_edge=False
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _lines(summary):
        table.add_row(name, Text(value))
    parts: list[RenderableType] = [table]
    if summary.broken:
        again = "Fetch the file again and import it: no row lands twice"
        parts.append(Text(f"! {summary.broken}; what came before has landed. {again}", style="red"))
    parts += [Text(f"! {note}", style="yellow") for note in summary.notes]
    if summary.next_command:
        parts.append(Text(f"next: {summary.next_command}", style="green"))
    return Group(*parts, Text(""))


def _lines(summary: ImportSummary) -> list[tuple[str, str]]:
    lines = [
        ("format", summary.format),
        ("encoding", summary.encoding),
        ("delimiter", summary.delimiter),
        ("zone", summary.zone),
        ("stream", _stream(summary)),
        ("mapping", summary.mapping),
        *(("", f"{name} ← {column}") for name, column in summary.fields.items()),
        ("rows", f"{summary.rows:,}"),
        ("would land" if summary.dry_run else "landed", _landed(summary)),
        (
            "repeated",
            f"{summary.repeated:,}" + (" (already landed before, or twice in the file)" if summary.repeated else ""),
        ),
        ("unreadable", f"{summary.unreadable_rows:,}" + _filed_under(summary)),
    ]
    for reason, group in summary.unreadable.items():
        lines.append(
            ("", f"{group.count:,} × {reason}: {', '.join(group.examples)}{' …' if group.count > EXAMPLES else ''}")
        )
    if summary.first_day is not None:
        lines.append(("days", f"{summary.first_day} to {summary.last_day}"))
    return [(name, value) for name, value in lines if value]


def _stream(summary: ImportSummary) -> str:
    if not summary.source:  # an empty file has none
        return summary.stream
    return f"{summary.stream} · source {summary.source} · channel {summary.channel}"


def _filed_under(summary: ImportSummary) -> str:
    return f" (kept under the day of arrival, {summary.filed_day})" if summary.unreadable_rows else ""


def _landed(summary: ImportSummary) -> str:
    return f"{summary.landed:,}" + (f" in {summary.objects:,} objects" if summary.objects else "")
