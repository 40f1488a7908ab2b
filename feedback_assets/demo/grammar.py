"""Wordings and how they become sentences: sections, tags, choices, slots, slips of the finger.

Pure text work. What is said when is decided elsewhere; the sentences are in `wordings/<language>.txt`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

CHOICE = re.compile(r"\[([^\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")
_PLAIN_WORD = re.compile(r"[a-zà-ÿ]{6,}")
# Order of what an item is made of; each kind may be left out, a second core follows a link only.
ORDER = (
    "title", "greet", "opener", "lead", "core", "link", "second", "detail", "personal", "closer", "sign",
)  # fmt: skip


@dataclass(frozen=True)
class Wording:
    """One way to say something; `tag` limits it to an aspect or a kind of goods."""

    text: str
    tag: str | None = None

    @property
    def slots(self) -> frozenset[str]:
        """Names of the slots to fill."""
        return frozenset(SLOT.findall(self.text))


class WordingError(ValueError):
    """A wordings file is not of the expected form; the message names file, line and fix."""


@cache
def load(language: str) -> Mapping[str, tuple[Wording, ...]]:
    """The wordings of a language by section.

    Raises:
        WordingError: A line stands before the first section.
    """
    name = f"wordings/{language}.txt"
    sections: dict[str, list[Wording]] = {}
    section: str | None = None
    text = resources.files("feedback_assets.demo").joinpath(name).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("## "):
            section = line[3:].strip()
            sections[section] = []
        elif line.strip() and not line.startswith("#"):
            if section is None:
                raise WordingError(f"{name}:{number}: a wording before any section; put `## section` above it")
            sections[section].append(_wording(line.strip()))
    return {section: tuple(wordings) for section, wordings in sections.items()}


def _wording(line: str) -> Wording:
    if not line.startswith("@"):
        return Wording(line)
    tag, _, text = line[1:].partition(" ")
    return Wording(text, tag)


def say(rng: random.Random, wording: Wording, values: Mapping[str, str], *, slip: bool = False) -> str:
    """The wording with its choices made and slots filled, perhaps with one slip of the finger.

    Raises:
        KeyError: A slot has no value.
    """
    text = CHOICE.sub(lambda match: rng.choice(match.group(1).split("|")), wording.text)
    if slip:
        text = _slipped(rng, text)
    text = SLOT.sub(lambda match: values[match.group(1)], text)
    return text[:1].upper() + text[1:] if wording.text[:1].isupper() or wording.text.startswith("{") else text


def slips(word: str) -> tuple[str, str]:
    """The two misspellings a word can have: a letter doubled, two letters swapped."""
    middle = len(word) // 2
    return word[:middle] + word[middle] + word[middle:], word[: middle - 1] + word[middle] + word[middle - 1] + word[
        middle + 1 :
    ]


def _slipped(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    places = [place for place, word in enumerate(words) if _PLAIN_WORD.fullmatch(word)]
    if places:
        place = rng.choice(places)
        words[place] = rng.choice(slips(words[place]))
    return " ".join(words)


def can_slip(word: str) -> bool:
    """Whether a word of a wording can be misspelt."""
    return _PLAIN_WORD.fullmatch(word) is not None
