"""Word lists: text files of the package, in the folder `words`, one entry on each line.

Only reading belongs here. What a list is used for stands in its first lines, and in the module that reads it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from feedback_assets.errors import CallError

FOLDER = "words"


class WordListError(CallError):
    """A word list cannot be read; the message names file, line and fix."""


def word_list(name: str) -> frozenset[str]:
    """The entries of all sections of a list.

    Args:
        name: Name of the list, without folder and ending.

    Raises:
        WordListError: There is no such list, or a line of it cannot be read.
    """
    return frozenset[str]().union(*word_sections(name).values())


@cache
def word_sections(name: str) -> dict[str, frozenset[str]]:
    """The entries of a list by section; the section of lines before the first heading is called "".

    A line is an entry, a heading `[section]`, a comment that begins with `#`, or blank.

    Args:
        name: Name of the list, without folder and ending.

    Raises:
        WordListError: There is no such list, or a line of it cannot be read.
    """
    file = files("feedback_assets") / FOLDER / f"{name}.txt"
    if not file.is_file():
        raise WordListError(f"{file}: no such word list; install the package again")
    return parse(file.read_text(encoding="utf-8"), str(file))


def parse(text: str, origin: str) -> dict[str, frozenset[str]]:
    """The entries of a list by section.

    Args:
        text: Lines of a list.
        origin: Where it comes from, for messages.

    Raises:
        WordListError: An entry or a heading stands twice.
    """
    sections: dict[str, set[str]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if entry.startswith("[") and entry.endswith("]"):
            section = entry[1:-1]
            if section in sections:
                raise WordListError(f"{origin}: line {number}: section {section!r} stands twice; join the two")
            sections[section] = set()
        elif entry in sections.setdefault(section, set()):
            raise WordListError(f"{origin}: line {number}: {entry!r} stands twice in {section!r}; remove one")
        else:
            sections[section].add(entry)
    return {name: frozenset(entries) for name, entries in sections.items()}
