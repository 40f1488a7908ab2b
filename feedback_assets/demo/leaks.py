"""Looks for planted personal values wherever none may be: tables after bronze, tickets, event log, logs, models.

Only reading. Landing, bronze and the truth hold raw values by design and are left out.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from feedback_assets.demo.truth import FILE, PlantedValue
from feedback_assets.text import fold

# Raw by design: what arrived, and the truth beside it.
_RAW = ("landing", "bronze")
_SQLITE = b"SQLite format 3\x00"
# Binary formats that hold no text to search.
_SKIPPED = (".joblib", ".pkl", ".npy", ".npz", ".key", ".pyc", ".lock")
# Numbers shorter than this occur by chance.
_SHORTEST_NUMBER = 9
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])\+?\d(?:[ \-./()]{0,2}\d){8,40}")
# A measured number or a time in seconds, of which a log holds thousands.
_FRACTION = re.compile(r"\d+\.\d+")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_CONTROL = re.compile(r"\\+[nrt]")


@dataclass(frozen=True)
class Leak:
    """A planted value found where none may be."""

    where: str
    kind: str
    event_id: str
    digits: bool

    @property
    def reason(self) -> str:
        """What was found, without the value itself."""
        form = "its digits" if self.digits else "its words"
        return f"{self.where} holds {form} of the {self.kind} planted in {self.event_id}"


class Searcher:
    """Finds planted values in texts: as words whatever the punctuation, and numbers as digits alone."""

    def __init__(self, values: Sequence[PlantedValue]) -> None:
        self._by_words: dict[str, PlantedValue] = {}
        self._by_digits: dict[str, PlantedValue] = {}
        for value in values:
            self._by_words.setdefault(fold(value.value), value)
            number = re.sub(r"\D", "", value.value)
            if value.kind in ("phone", "card", "iban", "order") and len(number) >= _SHORTEST_NUMBER:
                self._by_digits.setdefault(number, value)
        # The rarest way in: a value can only be there when its longest word is.
        self._by_longest: dict[str, list[str]] = defaultdict(list)
        for words in self._by_words:
            self._by_longest[max(words.split(), key=len)].append(words)
        self._lengths = sorted({len(number) for number in self._by_digits})

    def search(self, where: str, text: str) -> list[Leak]:
        """The planted values in one text, each once."""
        plain = _plain(text)
        folded = f" {fold(plain)} "
        leaks = [
            Leak(where, self._by_words[words].kind, self._by_words[words].event_id, digits=False)
            for word in self._by_longest.keys() & set(folded.split())
            for words in self._by_longest[word]
            if f" {words} " in folded
        ]
        return leaks + [Leak(where, v.kind, v.event_id, digits=True) for v in self._numbers(plain)]

    def _numbers(self, text: str) -> list[PlantedValue]:
        values: dict[str, PlantedValue] = {}
        for match in _NUMBER.finditer(text):
            if _FRACTION.fullmatch(match.group()):
                continue
            number = re.sub(r"\D", "", match.group())
            for length in self._lengths:
                for start in range(len(number) - length + 1):
                    value = self._by_digits.get(number[start : start + length])
                    if value is not None:
                        values[value.value] = value
        return list(values.values())


def find_leaks(values: Sequence[PlantedValue], folders: Iterable[Path]) -> list[Leak]:
    """Every planted value found below some folders, sorted by place; each value once a file.

    Args:
        values: What was planted.
        folders: Homes, `DAGSTER_HOME` and log folders; what does not exist holds nothing.

    Raises:
        OSError: A file cannot be read.
    """
    searcher = Searcher(values)
    leaks: dict[tuple[str, str, str], Leak] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not _is_raw(path.relative_to(folder)):
                for text in _texts(path):
                    for leak in searcher.search(str(path), text):
                        leaks.setdefault((leak.where, leak.kind, leak.event_id), leak)
    return [leaks[key] for key in sorted(leaks)]


def count_leaked(values: Sequence[PlantedValue], leaks: Sequence[Leak]) -> int:
    """How many different planted values were found at least once."""
    leaked = {(leak.kind, leak.event_id) for leak in leaks}
    return len({value.value for value in values if (value.kind, value.event_id) in leaked})


def _is_raw(path: Path) -> bool:
    return any(part in _RAW for part in path.parts) or path.name == FILE or path.suffix in _SKIPPED


def _texts(path: Path) -> Iterator[str]:
    """The texts of one file: columns of a Parquet file, cells of a database, else the whole file."""
    if path.suffix == ".parquet":
        yield from _of_parquet(path)
        return
    content = path.read_bytes()
    if content.startswith(_SQLITE):
        yield from _of_database(path)
    else:
        yield content.decode("utf-8", "replace")


def _of_parquet(path: Path) -> Iterator[str]:
    table: pa.Table = pq.ParquetFile(path).read()
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield "\n".join(str(value) for value in column.unique().to_pylist() if value is not None)


def _of_database(path: Path) -> Iterator[str]:
    """Every cell that is text; a database still being written is read as it stands."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = _decoded
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            quoted = str(name).replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - a table's own name, quoted
                cells = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in row]
                yield "\n".join(str(cell) for cell in cells if isinstance(cell, str))
    finally:
        connection.close()


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _plain(text: str) -> str:
    """The text with JSON's escapes undone, however often they were applied."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), _CONTROL.sub(" ", text))
