"""The embedding by way of the cache: issues embedded before come from it, the others are embedded and cached.

A drop-in for the embedding itself; where an issue stands is decided there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from feedback_assets.clusters.embedding import DIMENSIONS, Embedding, Issue, Vectors
from feedback_assets.lake.cache import KEY, CacheCounts, RowCache
from feedback_assets.lake.store import Lake

SOURCES = (
    "clusters/embedding.py",
    "words/stop_words.txt",
    "text.py",
    "files/text_files.py",
    "files/word_lists.py",
    "config",
)
LIBRARIES = ("numpy",)


def embedding_cache(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> RowCache:
    """The cache of this stage, under the version of the code here and of the libraries it works with."""
    return RowCache(lake, "embedding", SOURCES, libraries)


@dataclass(frozen=True)
class _Placed:
    vector: bytes
    concepts: tuple[str, ...]
    words: tuple[str, ...]
    theme: str | None


class CachedEmbedding:
    """Places issues like the embedding it stands for.

    Args:
        embedding: Places what was not placed before.
        cache: Where issues stood before.
        days: The days of the run.
    """

    def __init__(self, embedding: Embedding, cache: RowCache, days: Sequence[date]) -> None:
        self._embedding, self._cache = embedding, cache
        self._version = f"{embedding.version} {cache.code}"
        self._known = _by_key(cache.load(days))
        self._placed: dict[Issue, tuple[bytes, _Placed]] = {}
        self._fresh: set[bytes] = set()

    @property
    def version(self) -> str:
        """The embedding's own."""
        return self._embedding.version

    @property
    def counts(self) -> CacheCounts:
        """How many different issues were embedded, and how many were cached."""
        return CacheCounts(len(self._fresh), len(self._placed) - len(self._fresh))

    def vectors(self, issues: Sequence[Issue]) -> Vectors:
        """Unit vectors, shape (issues, dimensions), float32."""
        joined = b"".join(self._place(issue)[1].vector for issue in issues)
        return np.frombuffer(joined, dtype=np.float32).reshape(-1, DIMENSIONS).copy()

    def concepts(self, issue: Issue) -> tuple[str, ...]:
        """Concepts the text names that matter to its category."""
        return self._place(issue)[1].concepts

    def words(self, issue: Issue) -> tuple[str, ...]:
        """Content words of the text, each once."""
        return self._place(issue)[1].words

    def theme(self, issue: Issue) -> str | None:
        """The sub-label given, or the one the words suggest."""
        return self._place(issue)[1].theme

    def save(self, placed: Mapping[date, Sequence[Issue]]) -> None:
        """Cache where the issues of each day stand, and of no others; nothing is written when nothing came or went.

        Raises:
            OSError: The disk or object store refused.
        """
        used = {key for key, _ in self._placed.values()}
        if self._fresh or not used.issuperset(self._known):
            self._cache.save(
                {day: _frame([self._place(issue) for issue in set(issues)]) for day, issues in placed.items()}
            )

    def _place(self, issue: Issue) -> tuple[bytes, _Placed]:
        entry = self._placed.get(issue)
        if entry is None:
            key = hashlib.blake2b(f"{self._version} {tuple(issue)!r}".encode(), digest_size=16).digest()
            known = self._known.get(key)
            if known is None:
                known = self._computed(issue)
                self._fresh.add(key)
            entry = self._placed[issue] = (key, known)
        return entry

    def _computed(self, issue: Issue) -> _Placed:
        inner = self._embedding
        vector = np.ascontiguousarray(inner.vectors([issue])[0], dtype=np.float32)
        return _Placed(vector.tobytes(), inner.concepts(issue), inner.words(issue), inner.theme(issue))


def _by_key(cached: pd.DataFrame) -> dict[bytes, _Placed]:
    if KEY not in cached.columns:
        return {}
    columns = cached[[KEY, "vector", "concepts", "words", "theme"]].itertuples(index=False)
    return {
        key: _Placed(vector, tuple(concepts), tuple(words), theme if isinstance(theme, str) else None)
        for key, vector, concepts, words, theme in columns
    }


def _frame(placed: Sequence[tuple[bytes, _Placed]]) -> pd.DataFrame:
    rows = [(key, row.vector, list(row.concepts), list(row.words), row.theme) for key, row in placed]
    return pd.DataFrame(rows, columns=[KEY, "vector", "concepts", "words", "theme"])
