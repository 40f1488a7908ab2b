"""The numbers that decide: loads `prompts/thresholds.yaml`, one section for each room, each with its reason beside it.

Only loading, looking up and versioning. What a number means stands in the room that reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from feedback_assets.errors import CallError
from feedback_assets.files.text_files import read_mapping


class ThresholdsError(CallError):
    """A threshold is missing or is no number; the message names file, section, field and the mend."""


@dataclass(frozen=True)
class Section:
    """One room's numbers."""

    name: str
    values: Mapping[str, Any]
    origin: str

    def number(self, field: str, minimum: float = float("-inf"), maximum: float = float("inf")) -> float:
        """The number called `field`.

        Raises:
            ThresholdsError: It is missing, no number, or outside minimum..maximum.
        """
        value = self.values.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ThresholdsError(f"{self.origin}: {self.name}.{field} is {value!r}; write `{field}: <number>`")
        if not minimum <= value <= maximum:
            raise ThresholdsError(
                f"{self.origin}: {self.name}.{field} is {value}; write a number from {minimum} to {maximum}"
            )
        return float(value)

    def count(self, field: str, minimum: int = 1, maximum: float = float("inf")) -> int:
        """The whole number called `field`.

        Raises:
            ThresholdsError: It is missing, no whole number, or outside minimum..maximum.
        """
        value = self.number(field, minimum, maximum)
        if not value.is_integer():
            raise ThresholdsError(f"{self.origin}: {self.name}.{field} is {value:g}; write a whole number")
        return int(value)

    @property
    def version(self) -> str:
        """Hash of this section, 12 hex digits; comments and order do not count."""
        return _hash(self.values)


@dataclass(frozen=True)
class Thresholds:
    """All sections of one file."""

    sections: Mapping[str, Mapping[str, Any]]
    origin: str

    @property
    def version(self) -> str:
        """Hash of all sections, 12 hex digits; comments and order do not count."""
        return _hash(self.sections)

    def section(self, name: str) -> Section:
        """The numbers of one room.

        Raises:
            ThresholdsError: The file has no such section.
        """
        if name not in self.sections:
            there = ", ".join(sorted(self.sections)) or "none"
            raise ThresholdsError(
                f"{self.origin}: no section {name!r} (there are: {there}); write `{name}:` with its numbers"
            )
        return Section(name, self.sections[name], self.origin)


def load_thresholds(path: Path) -> Thresholds:
    """Read `section: {field: value}` from a YAML file.

    Raises:
        ThresholdsError: The file is not there, is not YAML, or a section is no mapping.
    """
    if not path.is_file():
        raise ThresholdsError(f"{path}: no such file; copy the packaged thresholds.yaml or set FEEDBACK_PROMPTS")
    content = read_mapping(path, ThresholdsError, "start with a section such as `classification:`")
    for name, section in content.items():
        if not isinstance(section, dict):
            raise ThresholdsError(f"{path}: section {name!r} is no mapping; write `{name}: {{field: number}}`")
    return Thresholds(cast("dict[str, dict[str, Any]]", content), str(path))


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
