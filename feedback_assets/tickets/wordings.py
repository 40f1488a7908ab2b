"""Which complaints of a rise are the old trouble in its usual words: background, and no evidence.

Pure counting over texts. Within one sub-label a fault brings new words, while what was told before it goes on as it
was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from feedback_assets.statistics import rise_gains
from feedback_assets.text import content_words

# Two complaints are worded alike when they share so many of the words that either has (Jaccard, 1912). A judgement:
# the product, the size or the number of days may differ, what happened may not.
_ALIKE = 0.5


class Wordings:
    """Texts as sets of content words, found by any of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.words = [frozenset(content_words(text)) for text in texts]
        self._having: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self.words):
            for word in words:
                self._having[word].append(number)

    def alike(self, words: frozenset[str]) -> int:
        """How many of the texts are worded alike."""
        shared = Counter(number for word in words for number in self._having.get(word, ()))
        return sum(
            common >= _ALIKE * (len(words) + len(self.words[number]) - common) for number, common in shared.items()
        )


def shares_of_fault(since: Wordings, own: Wordings, usual: Wordings, share: float, least_gain: float) -> list[float]:
    """For each complaint since the onset how likely the fault is behind it; 0 for background, 1 for new words.

    That is the attributable fraction (O - E) / O (Miettinen, 1974) of O complaints in its words since the onset, where
    E were expected. What is told in words of before counts as background unless it rose beyond doubt.

    Args:
        since: What was told since the onset.
        own: What the same clusters told before it.
        usual: What was told before it of the same category, about whatever product or carrier.
        share: Items since the onset over the items before it.
        least_gain: Log-likelihood ratio from which a wording counts as risen.
    """
    if not since.words:
        return []
    parts = len(own.words) / max(len(usual.words), 1)
    # Rare trouble has few words of its own: the category's tell what its others would have been.
    before = np.array([max(own.alike(words), usual.alike(words) * parts) for words in since.words])
    told = np.array([float(max(since.alike(words), 1)) for words in since.words])
    gains = rise_gains(np.column_stack([before, told]), np.array([1.0, share]), 1)[:, 1]
    fault = np.clip(1 - before * share / told, 0.0, 1.0)
    return np.where((before > 0) & (gains < least_gain), 0.0, fault).tolist()
