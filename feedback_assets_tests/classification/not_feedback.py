"""300 texts that are no feedback on a shop: they get no category of ours. Nothing is trained or tuned on them.

News lines, adverts, private chat, announcements, complaints about trains and hospitals, code, menus and more, in five
languages. A complaint about a train is a complaint, only not of this kind of business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".jsonl")


@dataclass(frozen=True)
class ForeignText:
    """A text of another field.

    Attributes:
        field: Where it is from, such as `weather`.
        complains: Whether it complains, of whatever.
    """

    text: str
    language: str
    field: str
    complains: bool


def foreign_texts() -> list[ForeignText]:
    """The texts in the order of the file."""
    return [ForeignText(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]
