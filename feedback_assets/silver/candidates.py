"""What is compared between items: their order, wording and the ties between them.

Shared by `duplicates` and `campaigns`; no decision is taken here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib import import_module
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from rapidfuzz import fuzz

# Share of equal characters from which two wordings count as the same.
NEAR = 0.9
# Bands of the MinHash index are tuned to find pairs well below NEAR; each is verified afterwards.
_CANDIDATE_JACCARD = 0.5
_PERMUTATIONS = 128
_BANDS = 32
# Characters are counted in so many classes, all digits in one: enough to tell texts apart, too few to read them back.
_LETTERS = 32
_MANY = 255


class Candidate(NamedTuple):
    """One readable item of the window, reduced to what decides whether it repeats another.

    `author`, `customer` and `order` tie items together, `mirror_of` names the `event_ref` of another, and `wording` is
    equal for equal words: all of them keyed hashes, so that they can be cached, empty where the source says nothing.
    `public_id` is the id as curated tables show it, `words` how many words there are, `letters` is of `letters_of`.
    `folded`, the words themselves, is None for an item that was cached; see `Folded`.
    """

    day: date
    occurred_at: datetime
    event_id: str
    public_id: str
    landing_object: str
    line: int
    source: str
    channel: str
    author: str
    customer: str
    order: str
    event_ref: str
    mirror_of: str
    wording: str
    words: int
    letters: str
    folded: str | None

    @property
    def row(self) -> tuple[str, int]:
        """The row of bronze."""
        return (self.landing_object, self.line)


# What decides which of two is the original: the time, then the id, then where it landed.
in_order = attrgetter("occurred_at", "event_id", "landing_object", "line")

# The folded words of an item; of a cached one they are read again, for the few that have to be compared.
Folded = Callable[[Candidate], str]


def as_read(item: Candidate) -> str:
    """The folded words of an item that was read in this run.

    Raises:
        ValueError: It was cached.
    """
    if item.folded is None:
        raise ValueError(f"{item.landing_object}, line {item.line}: was cached; read its words again")
    return item.folded


def similarity(left: str, right: str) -> float:
    """Share of equal characters of two folded texts, 0 to 1; 0 when below `NEAR`."""
    return 1.0 if left == right else fuzz.ratio(left, right, score_cutoff=NEAR * 100) / 100


def letters_of(folded: str) -> str:
    """How often each of 32 classes of characters occurs in a text, up to 255: a byte each, in hexadecimal."""
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)
    digits = (codes >= ord("0")) & (codes <= ord("9"))
    counts = np.bincount(np.where(digits, 0, codes % _LETTERS), minlength=_LETTERS)
    return np.minimum(counts, _MANY).astype(np.uint8).tobytes().hex()


def may_be_near(pairs: Sequence[tuple[Candidate, Candidate]]) -> list[bool]:
    """For each pair, False only when their words cannot be nearly equal, whatever the order of their characters.

    What two texts share in order is no more than what they share at all, so `similarity` is at most twice the shared
    characters over all of them. Of texts too long to be counted nothing is said.
    """
    mine, theirs = (
        np.frombuffer(bytes.fromhex("".join(pair[side].letters for pair in pairs)), np.uint8).reshape(-1, _LETTERS)
        for side in (0, 1)
    )
    uncounted = np.maximum(mine, theirs).max(axis=1, initial=0) == _MANY
    shared, here, there = (counts.sum(axis=1, dtype=np.int64) for counts in (np.minimum(mine, theirs), mine, theirs))
    return (uncounted | (2 * shared >= NEAR * (here + there))).tolist()


def near_pairs(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of positions, the smaller first, of distinct folded texts that are nearly equal.

    Candidates come from MinHash over word shingles, so the cost grows with the number of texts, not with pairs.
    """
    # Imported by name: the library has no types.
    rensa: Any = import_module("rensa")
    index = rensa.RMinHashLSH(threshold=_CANDIDATE_JACCARD, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    pairs: list[tuple[int, int]] = []
    for position, text in enumerate(texts):
        words = text.split()
        # Words and pairs of words: one changed word in eight must not hide a copy.
        shingles = [*words, *(f"{word} {following}" for word, following in pairwise(words))]
        sketch = rensa.RMinHash(num_perm=_PERMUTATIONS, seed=42)
        sketch.update(shingles)
        alike: list[int] = sorted(index.query(sketch))
        for other in alike:
            if similarity(texts[other], text) >= NEAR:
                pairs.append((other, position))
        index.insert(position, sketch)
    return pairs
