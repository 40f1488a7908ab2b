"""The polarity set: short texts that say whether they complain and what they are about; frozen, never trained on.

It holds what tells topic from complaint: praise and remarks about a topic, mixed texts, complaints without a bad word.
Reading and versioning only; the set of categories, urgency and sentiment stands in `golden.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from feedback_assets.config.taxonomy import Taxonomy, closest
from feedback_assets.evaluation.golden import GoldenError
from feedback_assets.files.text_files import json_lines
from feedback_assets.tables import CHANNELS, SENTIMENTS


class Kind(StrEnum):
    """How a text says what it says; each kind either complains or does not."""

    TOPICAL_PRAISE = "topical_praise"
    NEGATED_PRAISE = "negated_praise"
    TOPICAL_REMARK = "topical_remark"
    QUESTION = "question"
    WISH = "wish"
    MIXED = "mixed"
    UNDERSTATED_COMPLAINT = "understated_complaint"
    PLAIN_COMPLAINT = "plain_complaint"
    SARCASM = "sarcasm"


_KINDS = tuple(kind.value for kind in Kind)
_COMPLAIN = frozenset({Kind.MIXED, Kind.UNDERSTATED_COMPLAINT, Kind.PLAIN_COMPLAINT, Kind.SARCASM})
_RATINGS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class PolarityItem:
    """A text with what a person answered.

    Attributes:
        rating: Stars from 1 to 5; None where none were given.
        complains: Whether somebody must act. A wish does not complain; praise with a complaint does.
        about: The category it speaks of, also in praise; None where it names no topic.
        issues: Category and sub-label, the primary blocker first; `no_issue` or the wish where nothing complains.
    """

    id: str
    text: str
    language: str
    channel: str
    rating: int | None
    complains: bool
    kind: Kind
    about: str | None
    issues: tuple[tuple[str, str], ...]
    sentiment: str

    @property
    def category(self) -> str:
        """The category of the primary blocker."""
        return self.issues[0][0]


def load_golden_polarity(folder: Path, taxonomy: Taxonomy) -> list[PolarityItem]:
    """Every item of `folder/*.jsonl` in order.

    Raises:
        GoldenError: There are none, a line lacks a field or has a value that is not allowed, its labels contradict each
            other, or an id or text stands twice.
    """
    items: list[PolarityItem] = []
    seen: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, row in json_lines(path, GoldenError):
            where = f"{path}: line {number}"
            item = _item(row, where)
            _check(item, where, taxonomy)
            for field, value in (("id", item.id), ("text", item.text)):
                first = seen.setdefault((field, value), where)
                if first != where:
                    raise GoldenError(f"{where}: field {field}: {value!r} stands in {first} too; drop one")
            items.append(item)
    if not items:
        raise GoldenError(f"{folder}: holds no polarity items; write `<language>.jsonl`, one JSON object a line")
    return items


def golden_polarity_version(items: Sequence[PolarityItem]) -> str:
    """Hash of texts and labels, 12 hex digits."""
    content = json.dumps(
        [
            [item.id, item.text, item.rating, item.complains, item.kind, item.about, item.issues, item.sentiment]
            for item in items
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _item(row: dict[str, Any], where: str) -> PolarityItem:
    _one_of(row, "kind", _KINDS, where)
    _one_of(row, "channel", CHANNELS, where)
    _one_of(row, "sentiment", SENTIMENTS, where)
    rating, complains, about = row.get("rating"), row.get("complains"), row.get("about")
    # A truth value is a whole number to Python, 1.0 equals 1: the types are asked as well.
    if rating is not None and (type(rating) is not int or rating not in _RATINGS):
        raise GoldenError(f"{where}: field rating: {rating!r}; write stars from 1 to 5 or null")
    if not isinstance(complains, bool):
        raise GoldenError(f"{where}: field complains: {complains!r}; write true or false")
    if about is not None and not isinstance(about, str):
        raise GoldenError(f"{where}: field about: {about!r}; write a category of the taxonomy or null")
    return PolarityItem(
        id=_words(row, "id", where),
        text=_words(row, "text", where),
        language=_words(row, "language", where),
        channel=row["channel"],
        rating=rating,
        complains=complains,
        kind=Kind(row["kind"]),
        about=about,
        issues=_issues(row.get("issues"), where),
        sentiment=row["sentiment"],
    )


def _issues(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    try:
        issues = tuple((str(issue["category"]), str(issue["sub_label"])) for issue in value)
    except (KeyError, TypeError):
        issues = ()
    if not issues:
        raise GoldenError(f'{where}: field issues: {value!r}; write [{{"category": …, "sub_label": …}}]')
    return issues


def _check(item: PolarityItem, where: str, taxonomy: Taxonomy) -> None:
    """Refuse labels that the taxonomy lacks or that contradict each other."""
    for category, sub_label in item.issues:
        if not taxonomy.allows(category, sub_label):
            raise GoldenError(
                f"{where}: field issues: the taxonomy has no {category!r} with sub-label {sub_label!r}"
                f"{closest(category, taxonomy.labels)}; version polarity set and taxonomy together"
            )
    if item.about is not None and item.about not in taxonomy.labels:
        raise GoldenError(
            f"{where}: field about: the taxonomy has no {item.about!r}{closest(item.about, taxonomy.labels)}"
        )
    if item.complains != (item.kind in _COMPLAIN):
        fix = "true" if item.kind in _COMPLAIN else "false"
        raise GoldenError(f"{where}: field complains: kind {item.kind.value} is always {fix}; change one of the two")
    labels = {category for category, _ in item.issues}
    if item.complains:
        if labels & {taxonomy.no_issue, taxonomy.wish}:
            raise GoldenError(f"{where}: field issues: a complaint has categories of complaints only; change them")
        if item.about != item.category:
            raise GoldenError(
                f"{where}: field about: {item.about!r}, but the first issue is {item.category!r}; "
                "write the complaint's category in both"
            )
        return
    expected = (taxonomy.wish if item.kind is Kind.WISH else None) or taxonomy.no_issue
    if labels != {expected}:
        raise GoldenError(f"{where}: field issues: kind {item.kind.value} is always {expected}; change issues or kind")


def _words(row: dict[str, Any], field: str, where: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise GoldenError(f"{where}: field {field}: {value!r}; write a text that is not empty")
    return value


def _one_of(row: dict[str, Any], field: str, allowed: tuple[str, ...], where: str) -> None:
    value = row.get(field)
    if value not in allowed:
        raise GoldenError(f"{where}: field {field}: {value!r}{closest(str(value), allowed)}")
