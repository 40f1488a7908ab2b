"""Texts out of the field: news, adverts, chat, complaints of other trades, code, noise; read and checked line by line.

They teach to see that a text is no feedback on what the taxonomy is about. None has a category, and nothing here
learns or scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.config.taxonomy import closest
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import json_lines

# The folder below the prompts folder.
OUT_OF_FIELD = "out_of_field"
_KEYS = ("text", "language", "field", "complains")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_FIELD = re.compile(r"[a-z]+(_[a-z]+)*")


class OutOfFieldError(CallError):
    """A line is no text out of the field; the message names file, line, field and the fix."""


@dataclass(frozen=True)
class OutOfFieldText:
    """A text that is no feedback on what the taxonomy is about.

    Attributes:
        language: ISO 639 code, `und` where it has none, such as numbers and noise.
        field: What it is instead, such as `news` or `railway`; texts of one field are held out together.
        complains: Somebody complains in it, about something that is not ours.
    """

    text: str
    language: str
    field: str
    complains: bool


def load_out_of_field(folder: Path) -> tuple[OutOfFieldText, ...]:
    """Every text of `folder/*.jsonl`; none where the folder is not there, as in version sets of before it.

    Raises:
        OutOfFieldError: A line is no such text, or stands a second time.
    """
    texts: dict[str, OutOfFieldText] = {}
    places: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for where, text in _of_file(path):
            if text.text in places:
                raise OutOfFieldError(
                    f"{where}: field text: stands already in {places[text.text]}; remove one of the two"
                )
            texts[text.text], places[text.text] = text, where
    return tuple(texts.values())


def _of_file(path: Path) -> Iterator[tuple[str, OutOfFieldText]]:
    for number, row in json_lines(path, OutOfFieldError):
        where = f"{path}: line {number}"
        yield where, _checked(row, where)


def _checked(row: dict[str, Any], where: str) -> OutOfFieldText:
    for key in row:
        if key not in _KEYS:
            raise OutOfFieldError(f"{where}: field {key} is unknown{closest(key, _KEYS)}")
    text, language, field, complains = (row.get(key) for key in _KEYS)
    if not isinstance(text, str) or not text.strip():
        raise OutOfFieldError(f"{where}: field text is missing; write what somebody wrote")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise OutOfFieldError(f"{where}: field language: {language!r}; write a code such as en, und where it has none")
    if not isinstance(field, str) or not _FIELD.fullmatch(field):
        raise OutOfFieldError(f"{where}: field field: {field!r}; write what the text is, such as news or job_advert")
    if not isinstance(complains, bool):
        raise OutOfFieldError(
            f"{where}: field complains: {complains!r}; write true where somebody complains in it, else false"
        )
    return OutOfFieldText(text, language, field, complains)
