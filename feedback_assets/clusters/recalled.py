"""The embedding by way of the memo: issues placed before are recalled, the others are placed and kept.

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
from feedback_assets.lake.memo import KEY, Memo, Work, code_version
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


def memo_of(lake: Lake, libraries: tuple[str, ...] = LIBRARIES) -> Memo:
    """The memo of this stage, under the version of the code here and of the libraries it works with."""
    return Memo(lake, "embedding", code_version(SOURCES, libraries))


@dataclass(frozen=True)
class _Placed:
    vector: bytes
    concepts: tuple[str, ...]
    words: tuple[str, ...]
    theme: str | None


class RecalledEmbedding:
    """Places issues like the embedding it stands for.

    Args:
        embedding: Places what was not placed before.
        memo: Where issues stood before.
        days: The days of the run.
    """

    def __init__(self, embedding: Embedding, memo: Memo, days: Sequence[date]) -> None:
        self._embedding, self._memo = embedding, memo
        self._version = f"{embedding.version} {memo.code}"
        self._known = _by_key(memo.recall(days))
        self._placed: dict[Issue, tuple[bytes, _Placed]] = {}
        self._fresh: set[bytes] = set()

    @property
    def version(self) -> str:
        """The embedding's own."""
        return self._embedding.version

    @property
    def work(self) -> Work:
        """How many different issues were placed, and how many recalled."""
        return Work(len(self._fresh), len(self._placed) - len(self._fresh))

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

    def keep(self, placed: Mapping[date, Sequence[Issue]]) -> None:
        """Keep where the issues of each day stand, and of no others; nothing is written when nothing came or went.

        Raises:
            OSError: The disk or object store refused.
        """
        used = {key for key, _ in self._placed.values()}
        if self._fresh or not used.issuperset(self._known):
            self._memo.keep({day: _frame([self._place(one) for one in set(issues)]) for day, issues in placed.items()})

    def _place(self, issue: Issue) -> tuple[bytes, _Placed]:
        found = self._placed.get(issue)
        if found is None:
            key = hashlib.blake2b(f"{self._version} {tuple(issue)!r}".encode(), digest_size=16).digest()
            known = self._known.get(key)
            if known is None:
                known = self._computed(issue)
                self._fresh.add(key)
            found = self._placed[issue] = (key, known)
        return found

    def _computed(self, issue: Issue) -> _Placed:
        inner = self._embedding
        vector = np.ascontiguousarray(inner.vectors([issue])[0], dtype=np.float32)
        return _Placed(vector.tobytes(), inner.concepts(issue), inner.words(issue), inner.theme(issue))


def _by_key(kept: pd.DataFrame) -> dict[bytes, _Placed]:
    if KEY not in kept.columns:
        return {}
    columns = kept[[KEY, "vector", "concepts", "words", "theme"]].itertuples(index=False)
    return {
        key: _Placed(vector, tuple(concepts), tuple(words), theme if isinstance(theme, str) else None)
        for key, vector, concepts, words, theme in columns
    }


def _frame(placed: Sequence[tuple[bytes, _Placed]]) -> pd.DataFrame:
    rows = [(key, one.vector, list(one.concepts), list(one.words), one.theme) for key, one in placed]
    return pd.DataFrame(rows, columns=[KEY, "vector", "concepts", "words", "theme"])
