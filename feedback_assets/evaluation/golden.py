"""The golden set: labelled by hand, frozen, never used for training.

Reading and versioning only; what it is compared with stands in `scores.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.config.taxonomy import Taxonomy, closest
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import json_lines
from feedback_assets.tables import CHANNELS


class GoldenError(CallError):
    """A golden line cannot be used; the message names file, line, field and the fix."""


@dataclass(frozen=True)
class GoldenItem:
    """A text with the labels people gave it; the first issue is the primary blocker."""

    id: str
    text: str
    language: str
    channel: str
    rating: float | None
    issues: tuple[tuple[str, str | None], ...]
    sentiment: str
    urgency: float
    traits: tuple[str, ...]

    @property
    def category(self) -> str:
        """The category of the primary blocker."""
        return self.issues[0][0]


def load_golden(folder: Path, taxonomy: Taxonomy) -> list[GoldenItem]:
    """Every item of `folder/*.jsonl` in order.

    Raises:
        GoldenError: There are none, or a line lacks a field or names a label the taxonomy does not have.
    """
    items = [
        _item(row, f"{path}: line {number}", taxonomy)
        for path in sorted(folder.glob("*.jsonl"))
        for number, row in json_lines(path, GoldenError)
    ]
    if not items:
        raise GoldenError(f"{folder}: holds no golden items; write `<language>.jsonl` or give --golden FOLDER")
    return items


def golden_version(items: Sequence[GoldenItem]) -> str:
    """Hash of texts and labels, 12 hex digits."""
    content = json.dumps([[item.id, item.text, item.issues, item.sentiment] for item in items])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _item(row: dict[str, Any], where: str, taxonomy: Taxonomy) -> GoldenItem:
    try:
        item = GoldenItem(
            id=str(row["id"]),
            text=str(row["text"]),
            language=str(row["language"]),
            channel=str(row["channel"]),
            rating=None if row.get("rating") is None else float(row["rating"]),
            issues=tuple((str(issue["category"]), issue.get("sub_label")) for issue in row["issues"]),
            sentiment=str(row["sentiment"]),
            urgency=float(row["urgency"]),
            traits=tuple(row.get("traits") or ()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GoldenError(
            f"{where}: field {error} is missing or wrong; write id, text, language, channel, rating, issues, "
            "sentiment, urgency"
        ) from error
    if item.channel not in CHANNELS:
        raise GoldenError(f"{where}: field channel: {item.channel!r}{closest(item.channel, CHANNELS)}")
    for category, sub_label in item.issues or (("", None),):
        if not taxonomy.allows(category, sub_label):
            raise GoldenError(
                f"{where}: field issues: the taxonomy has no {category!r} with sub-label {sub_label!r}"
                f"{closest(category, taxonomy.labels)}; version golden set and taxonomy together"
            )
    return item
