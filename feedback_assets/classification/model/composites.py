"""Texts of several sentences made of examples of one: real ones say more than one thing, most examples do not.

A text that holds a complaint is about that complaint, whatever praise or remark stands beside it; of two complaints the
first is the primary one, but one that names no trouble ("very disappointed") yields to one that does; praise and
remarks together are no issue. Pure; a seed decides which examples meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.examples import Example
from feedback_assets.tables import Sentiment

Indices = NDArray[np.int64]

# Composites for each example. More make training slower; fewer leave texts of two sentences to chance.
SHARE = 0.5
# What meets what, and how often; no two of these are alike in real texts. A judgement.
_PAIRS = (
    ("complaint", "remark", 0.22),
    ("remark", "complaint", 0.14),
    ("praise", "complaint", 0.10),
    ("complaint", "complaint", 0.06),
    ("vague", "complaint", 0.05),
    ("complaint", "vague", 0.05),
    ("praise", "remark", 0.20),
    ("remark", "praise", 0.10),
    ("praise", "praise", 0.06),
    ("remark", "remark", 0.06),
)
# Longer examples tell several things already.
_MOST_WORDS = 30
CONSTANTS = (SHARE, str(_PAIRS), _MOST_WORDS)


def compose(
    examples: Sequence[Example], fold: Indices, no_issue: str, catch_all: str, wish: str | None, seed: int
) -> tuple[list[Example], Indices]:
    """Composites, and the fold of each: both parts are of that fold and of one language.

    Args:
        examples: What they are made of.
        fold: Fold number of each example, shape (examples,).
        no_issue: The category of texts without an issue.
        catch_all: The category of complaints that name no trouble.
        wish: The category of wishes; they meet nothing.
        seed: Seed of the draws.
    """
    chance = np.random.default_rng(seed)
    pools: dict[tuple[str, int], dict[str, list[int]]] = {}
    for row, example in enumerate(examples):
        kind = _kind(example, no_issue, catch_all)
        if kind and example.category != wish and len(example.text.split()) <= _MOST_WORDS:
            pools.setdefault((example.language, int(fold[row])), {}).setdefault(kind, []).append(row)
    made: list[Example] = []
    folds: list[int] = []
    for (_, number), pool in sorted(pools.items()):
        size = sum(len(rows) for rows in pool.values())
        for first, second, share in _PAIRS:
            if first in pool and second in pool:
                for _ in range(round(size * SHARE * share)):
                    one, other = (examples[int(chance.choice(pool[kind]))] for kind in (first, second))
                    if one is not other:
                        newline = bool(chance.random() < _NEWLINES)
                        made.append(_joined(one, other, no_issue, catch_all, newline=newline))
                        folds.append(number)
    return made, np.array(folds, dtype=np.int64)


_NEWLINES = 0.15


def _kind(example: Example, no_issue: str, catch_all: str) -> str | None:
    if example.category != no_issue:
        kind = "vague" if example.category == catch_all else "complaint"
        return kind if len(example.issues) == 1 else None
    return {Sentiment.POSITIVE: "praise", Sentiment.NEUTRAL: "remark"}.get(example.sentiment or "")  # pyright: ignore


def _joined(first: Example, second: Example, no_issue: str, catch_all: str, *, newline: bool) -> Example:
    ended = first.text.rstrip()
    between = "\n" if newline else " " if ended[-1:] in ".!?…" else ". "
    issues = tuple(issue for example in (first, second) for issue in example.issues if issue[0] != no_issue)
    named = tuple(issue for issue in issues if issue[0] != catch_all)
    issues = named or issues
    moods = {first.sentiment, second.sentiment}
    sentiment = (
        Sentiment.MIXED
        if issues and Sentiment.POSITIVE in moods
        else Sentiment.NEGATIVE
        if issues
        else Sentiment.POSITIVE
        if Sentiment.POSITIVE in moods
        else Sentiment.NEUTRAL
    )
    return replace(
        first,
        text=f"{ended}{between}{second.text.lstrip()}",
        issues=issues or first.issues,
        sentiment=sentiment,
        calibrates=first.calibrates and second.calibrates,
        group="",
        about=None,
    )
