"""Cuts text into CSV rows without ever losing one: a row that does not fit is handed out as it is.

Pure over an iterator of lines. Header names, formats and encodings are found elsewhere.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator

# One row may hold a field of tens of megabytes; a quote that is never closed must not swallow a whole file.
_ROW_CHARACTERS = 64 << 20
# Sloppy quoting inside a text of a few lines is common; a longer row that is not well formed is a lost quote.
_LENIENT_LINES = 50
_NOTHING: list[str] = []
csv.field_size_limit(sys.maxsize)


class _Lines:
    """The lines of a file, remembering those of the row being read, so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > _ROW_CHARACTERS:
            raise StopIteration
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines, None)
            if line is None:
                raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line

    def start(self) -> None:
        """Forget the row before."""
        self.taken, self._size = [], 0

    def give_back(self, lines: list[str]) -> None:
        """Let these be read again."""
        self._again.extendleft(reversed(lines))


def split(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Rows as (line number of their first line from 1, lines they span, fields). Blank lines are none.

    The first row tells how many fields a row has. A row over several lines that is not well formed is cut
    after its first line and the rest is read anew, so that one stray quote costs one row and not the file.
    """
    source = _Lines(lines)
    number, width = 1, 0
    while True:
        fields = _next_row(source, delimiter, width)
        if fields is None:
            return
        if fields:
            width = width or len(fields)
            yield number, len(source.taken), fields
        number += len(source.taken)


def _next_row(source: _Lines, delimiter: str, width: int) -> list[str] | None:
    source.start()
    try:
        fields = next(csv.reader(source, delimiter=delimiter, strict=True), None)
        if fields is None or not fields or len(source.taken) == 1 or not width or len(fields) == width:
            return fields
    except csv.Error:
        pass
    return _repair_row(source, delimiter, width)


def _repair_row(source: _Lines, delimiter: str, width: int) -> list[str]:
    """Fields of a row that is not well formed: whichever of its first line or all its lines has the right number."""
    first, rest = source.taken[:1], source.taken[1:]
    alone = next(csv.reader(first, delimiter=delimiter), _NOTHING)
    if not rest or (width and len(alone) == width and '"' not in alone[-1]):
        source.give_back(rest)
        source.taken = first
        return [*alone[:-1], alone[-1].rstrip("\r\n")] if alone else alone
    together = next(csv.reader(source.taken, delimiter=delimiter), _NOTHING)
    if width and len(together) == width and len(source.taken) <= _LENIENT_LINES:
        return together
    source.give_back(rest)
    source.taken = first
    return alone
