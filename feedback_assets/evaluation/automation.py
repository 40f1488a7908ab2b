"""From which confidence each category and language is labelled without a person, or that people look at all of it.

Only told here; the edges are decided in `classification/cascade/bands.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from feedback_assets.classification.cascade.bands import Bands


@dataclass(frozen=True)
class SliceEdge:
    """The edge of a slice.

    Attributes:
        slicing: `category` or `language`; empty for all labels together.
        name: Which one.
        automatic_from: Least confidence of an automatic label, 0 to 1; None where people look at all of them.
        reason: Why, in words.
    """

    slicing: str
    name: str
    automatic_from: float | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "slice": self.slicing,
            "group": self.name,
            "automatic_from": self.automatic_from,
            "reason": self.reason,
        }


def slice_edges(bands: Bands, categories: Iterable[str], languages: Iterable[str]) -> list[SliceEdge]:
    """The edge of all labels, then of each category and each language, in the order given.

    A label needs the highest of the edges of its category and its language.
    """
    return [
        _edge("", "", *bands.automatic_for(None, None)),
        *(_edge("category", name, *bands.automatic_for(name, None)) for name in categories),
        *(_edge("language", name, *bands.automatic_for(None, name)) for name in languages),
    ]


def _edge(slicing: str, name: str, edge: float, reason: str) -> SliceEdge:
    return SliceEdge(slicing, name, round(edge, 4) if edge <= 1 else None, reason)
