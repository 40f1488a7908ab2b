"""Close alternatives of a category: those it is confused with, so that a change of its words may move items.

Measured on the local model's mistakes about training examples it had not seen; a person may name others instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The categories that a change of prompts is narrowed to, and the reason.

    Attributes:
        categories: In alphabetical order; empty for every item.
        reason: In words.
    """

    categories: tuple[str, ...]
    reason: str


EVERYTHING = Scope((), "every item")
# One or two mistakes about a category's examples are chance, whatever share they are.
_FEWEST_MISTAKES = 3


def close_alternatives(category: str, confused: Mapping[str, Mapping[str, int]], least: float) -> Scope:
    """A category with those it is confused with.

    A category is close when, of the examples of either, at least a share is taken for the other.

    Args:
        category: The one whose words change.
        confused: True category -> answered category -> examples, out of fold.
        least: That share, 0 to 1.
    """
    shares = {
        other: max(_share(confused, category, other), _share(confused, other, category))
        for other in confused
        if other != category
    }
    close = sorted((name for name, share in shares.items() if share >= least), key=lambda name: -shares[name])
    listed = ", ".join(f"{name} {shares[name]:.0%}" for name in close) or "none"
    reason = f"{category} and its close alternatives by the local model's mistakes on unseen examples: {listed}"
    return Scope(tuple(sorted({category, *close})), reason)


def _share(confused: Mapping[str, Mapping[str, int]], true: str, answered: str) -> float:
    """Share of the examples of one category taken for another; 0 where they are too few to say."""
    counts = confused.get(true, {})
    mistakes = counts.get(answered, 0)
    return mistakes / sum(counts.values()) if mistakes >= _FEWEST_MISTAKES else 0.0
