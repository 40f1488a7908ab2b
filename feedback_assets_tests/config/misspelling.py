"""Misspelt configuration: every key, and every value that names something declared elsewhere, one at a time.

Keys come from the files themselves and values from the models, so that a new one is covered without a change here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.config.documents import Document, Lines, Place, read_document
from feedback_assets.config.names import uses
from feedback_assets.config.prompts_folder import CHECKS, STARTS


@dataclass(frozen=True)
class Misspelling:
    """A name at a place of a file, and how it is written wrongly."""

    file: str
    place: Place
    right: str
    wrong: str
    line: int
    is_key: bool


def documents(prompts: Path) -> dict[str, Document]:
    return {name: read_document(prompts / f"{name}.yaml", start) for name, start in STARTS.items()}


def wrongly(name: str, rng: random.Random) -> str:
    """A letter dropped, doubled, or swapped with the next; another name in any case."""
    at = rng.randrange(len(name))
    ways = [name[:at] + name[at] + name[at:]]
    if len(name) > 1:
        ways.append(name[:at] + name[at + 1 :])
        first = rng.randrange(len(name) - 1)
        ways.append(name[:first] + name[first + 1] + name[first] + name[first + 2 :])
    return rng.choice([way for way in ways if way != name])


def misspellings(docs: Mapping[str, Document], rng: random.Random) -> Iterator[Misspelling]:
    for file, document in docs.items():
        used = list(uses(CHECKS[file](document), document))
        in_lists = {use.place for use in used if use.name == str(use.place[-1])}
        for place, is_key in _names(document.content):
            if is_key or place in in_lists:
                yield _misspelling(file, document, place, str(place[-1]), rng, is_key)
        for use in used:
            if use.name != str(use.place[-1]):
                yield _misspelling(file, document, use.place, use.name, rng, False)


def _misspelling(
    file: str, document: Document, place: Place, right: str, rng: random.Random, is_key: bool
) -> Misspelling:
    taken = _siblings(document.content, place)
    while (wrong := wrongly(right, rng)) in taken:
        pass  # Another right name of the same place: nobody can know which is meant.
    return Misspelling(file, place, right, wrong, document.line(place), is_key)


def misspelt(document: Document, how: Misspelling) -> Document:
    """The document with that one name written wrongly, its lines where they were."""
    changed = Document(document.path, _replaced(document.content, how.place, how), document.text)
    moves = how.right == str(how.place[-1])
    changed.__dict__["lines"] = _renamed(document.lines, how.place, how.wrong) if moves else document.lines
    return changed


def _names(content: object, place: Place = ()) -> Iterator[tuple[Place, bool]]:
    """Every key, and every text in a list by its text, with whether it is a key."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield (*place, key), True
            yield from _names(value, (*place, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            if isinstance(value, str):
                yield (*place, value), False
            else:
                yield from _names(value, (*place, number))


def _siblings(content: object, place: Place) -> set[str]:
    around = _value(content, place[:-1])
    return {str(name) for name in around} if isinstance(around, dict | list) else set()


def _value(content: Any, place: Place) -> object:
    for part in place:
        if isinstance(content, list) and isinstance(part, str):
            return part if part in content else None
        content = content[part]
    return content


def _replaced(content: Any, place: Place, how: Misspelling) -> Any:
    here, rest = place[0], place[1:]
    if isinstance(content, list):
        if isinstance(here, str):
            return [how.wrong if entry == here else entry for entry in content]
        return [_replaced(entry, rest, how) if number == here else entry for number, entry in enumerate(content)]
    if rest:
        return {key: _replaced(value, rest, how) if key == here else value for key, value in content.items()}
    if how.is_key:
        return {how.wrong if key == here else key: value for key, value in content.items()}
    return {key: how.wrong if key == here else value for key, value in content.items()}


def _renamed(lines: Lines, place: Place, wrong: str) -> Lines:
    inside = dict(lines.inside)
    if len(place) > 1:
        inside[str(place[0])] = _renamed(inside[str(place[0])], place[1:], wrong)
    else:
        inside[wrong] = inside.pop(str(place[0]))
    return Lines(lines.line, inside)
