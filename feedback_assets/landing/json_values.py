"""Takes JSON values out of text one by one: arrays, documents with one list of records, values behind each other.

Pure over text; files and encodings are opened elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO, cast

_BLOCK = 1 << 16
_SPACE = re.compile(r"[\s,\ufeff]*")
_LINE_END = re.compile(r"[\r\n]+")
# What JSON has no number for (NaN, Infinity) is kept as its name.
_DECODER = json.JSONDecoder(parse_constant=str)
# Lines looked at to tell JSON Lines from one document over many lines.
_LINES = 20


def loads(text: str) -> Any:
    """One JSON value.

    Raises:
        ValueError: It is none; the message says where.
    """
    try:
        return json.loads(text, parse_constant=str)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_json_lines(sample: str) -> bool:
    """Whether each line is a value by itself. One line alone that wraps a list of records is a document."""
    text = sample.lstrip("\ufeff \t\r\n")
    # Not `splitlines`: inside a JSON text the line separators of Unicode may stand as they are.
    lines = [line for line in _LINE_END.split(text) if line.strip()]
    try:
        first, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):  # the first value is broken, or longer than the sample
        parsed = [_object(line) for line in lines[:_LINES]]
        return sum(value is not None for value in parsed) * 2 >= len(parsed)
    if "\n" in text[:end]:
        return False
    if len(lines) > 1:
        return True
    return isinstance(first, dict) and records_in(cast("dict[str, Any]", first)) is None


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = loads(line.lstrip("\ufeff"))
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def records_in(document: Mapping[str, Any]) -> list[Any] | None:
    """The list of records a document wraps, as `{"reviews": [{…}, …]}`; None when it is a record itself."""
    lists = [cast("list[Any]", value) for value in document.values() if isinstance(value, list)]
    row_lists = [items for items in lists if items and all(isinstance(item, dict) for item in items)]
    return row_lists[0] if len(row_lists) == 1 else None


def values(text: TextIO) -> Iterator[tuple[int, Any]]:
    """Records with their number from 1: items of an array, or values one behind the other. Reads as it goes.

    Raises:
        ValueError: The text breaks off or is no JSON; what came before has been handed out.
    """
    source = _Text(text)
    number = 0
    in_array = source.peek() == "["
    if in_array:
        source.skip(1)
    while (sign := source.peek()) not in {"", "]"}:
        value = source.value()
        alone = not in_array and not number and not source.peek()
        records = records_in(cast("dict[str, Any]", value)) if alone and isinstance(value, dict) else None
        items = records if records is not None else [cast("Any", value)]
        for item in items:
            number += 1
            yield number, item
    if in_array and sign == "":
        raise ValueError("the list is not closed")


class _Text:
    """Text read in blocks, from whose start values are taken."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._held = ""
        self._at = 0
        self._all = False

    def _more(self) -> bool:
        block = self._text.read(max(_BLOCK, len(self._held) - self._at))
        self._held = self._held[self._at :] + block
        self._at = 0
        self._all = not block
        return bool(block)

    def peek(self) -> str:
        """The next character that is no space or comma; empty at the end."""
        while True:
            blank = _SPACE.match(self._held, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def skip(self, count: int) -> None:
        """Go past some characters."""
        self._at += count

    def value(self) -> Any:
        """The next value, reading on until it is whole."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if self._all or not self._more():
                    raise ValueError(error.msg) from error
                continue
            except RecursionError as error:
                raise ValueError("nested too deeply") from error
            # A number at the end of the block may go on in the next one.
            if end == len(self._held) and not self._all and self._more():
                continue
            self._at = end
            return value


def columns_of(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every key of the rows, nested objects as dotted paths, in the order first seen."""
    seen: dict[str, None] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, dict) and value:
                inner = columns_of([cast("dict[str, Any]", value)])
                seen.update(dict.fromkeys(f"{key}.{name}" for name in inner))
            else:
                seen.setdefault(key)
    return tuple(seen)
