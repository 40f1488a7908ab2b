"""A frozen, offline embedding of issues: text into vector, the same concept in every language near to each other.

Only turning words into vectors and concepts belongs here; nothing about clusters. It is fitted on the training examples
alone, never on the data seen so far, so that a replay gives every issue the same vector.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from feedback_assets.config.word_files import load_lexicon
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import json_lines
from feedback_assets.text import Lexicon, content_words

Vectors = NDArray[np.float32]

_CODE = "concepts-3"
# Issues are compared within a category only, so sub-labels and the category's own concepts get a
# coordinate each; the rest and the free words share theirs by hashing.
_THEMES, _CONCEPTS, _WORDS = 32, 96, 128
DIMENSIONS = _THEMES + _CONCEPTS + _WORDS
_NO_CONCEPT = _CONCEPTS - 1
_OWN_CONCEPTS = 64
# What an issue is about weighs as much as its theme; loose words break ties within a language only.
_THEME_WEIGHT, _CONCEPT_WEIGHT, _WORD_WEIGHT = 1.0, 1.0, 0.5
# A sub-label given by the classifier counts this much against what the words themselves suggest.
_LABEL_TRUST = 0.7
# Concepts of this ending say what a category is about anyway ("delivery_generic"), not what goes wrong.
_GENERIC = "_generic"
_REMEMBERED = 50_000
_NO_SLOTS: Mapping[str, int] = {}


class Issue(NamedTuple):
    """What the embedding may see of one issue.

    `narrow`: it is compared within one product or carrier only, where general words count too.
    """

    text: str
    language: str | None
    category: str
    sub_label: str | None
    narrow: bool = False


class Embedding(Protocol):
    """Gives issues their vectors; issues of different categories are never compared."""

    @property
    def version(self) -> str:
        """Changes whenever the same issue may get another vector."""
        ...

    def vectors(self, issues: Sequence[Issue]) -> Vectors:
        """Unit vectors, shape (issues, dimensions), float32."""
        ...

    def concepts(self, issue: Issue) -> tuple[str, ...]:
        """Concepts the text names that matter to its category."""
        ...

    def words(self, issue: Issue) -> tuple[str, ...]:
        """Content words of the text, each once."""
        ...

    def theme(self, issue: Issue) -> str | None:
        """The sub-label given, or the one the words suggest; None when they suggest none."""
        ...


@dataclass(frozen=True)
class _Category:
    """What the examples tell about one category."""

    sub_labels: tuple[str, ...]
    theme_slots: Mapping[str, int]
    concept_slots: Mapping[str, int]
    concept_weights: Mapping[str, float]
    evidence: Mapping[str, NDArray[np.float64]]
    prior: NDArray[np.float64]


class ConceptEmbedding:
    """The offline default: theme, concepts and words, each in its own coordinates."""

    def __init__(
        self, lexicon: Lexicon, categories: Mapping[str, _Category], version: str, ignored: frozenset[str]
    ) -> None:
        self._lexicon = lexicon
        self._ignored = ignored
        self._categories = categories
        self._version = version
        self._read = lru_cache(maxsize=_REMEMBERED)(self._read_text)
        self._place = lru_cache(maxsize=_REMEMBERED)(self._place_issue)

    @property
    def version(self) -> str:
        """Hash of code, lexicon and examples."""
        return self._version

    @classmethod
    def fit(
        cls,
        lexicon: Lexicon,
        examples: Iterable[Mapping[str, Any]],
        ignored: frozenset[str] = frozenset(),
        seed: str = "",
    ) -> ConceptEmbedding:
        """Learn from labelled examples which concepts and words speak for which theme.

        Args:
            lexicon: Concepts in all languages.
            examples: `{"text", "language", "issues": [{"category", "sub_label"}]}`; only texts of one issue teach.
            ignored: Concepts that stand in complaints of every kind and place none.
            seed: What else the version depends on, such as the hash of the lexicon's file.
        """
        rows = [example for example in examples if len(example["issues"]) == 1]
        read = [_features(lexicon, str(row["text"]), str(row["language"]), ignored) for row in rows]
        seen: dict[str, list[tuple[str, frozenset[str], frozenset[str]]]] = defaultdict(list)
        everywhere: Counter[str] = Counter()
        for row, (concepts, words) in zip(rows, read, strict=True):
            issue = row["issues"][0]
            seen[str(issue["category"])].append((str(issue["sub_label"]), frozenset(concepts), frozenset(words)))
            everywhere.update(set(concepts))
        categories = {name: _category(entries, everywhere, len(rows)) for name, entries in sorted(seen.items())}
        material = json.dumps(
            [_CODE, seed, sorted(ignored), [[row["text"], row["issues"]] for row in rows]], sort_keys=True
        )
        version = hashlib.blake2b(material.encode(), digest_size=6).hexdigest()
        return cls(lexicon, categories, version, ignored)

    @classmethod
    def load(cls, prompts: Path, ignored: frozenset[str] = frozenset()) -> ConceptEmbedding:
        """Fit on `examples/*.jsonl` and `lexicon.yaml` of the prompts folder.

        Raises:
            FileNotFoundError: The lexicon is missing.
            CallError: A line of the examples is not JSON; names file and line.
        """
        lexicon_file = prompts / "lexicon.yaml"
        examples: list[Mapping[str, Any]] = []
        for file in sorted((prompts / "examples").glob("*.jsonl")):
            examples.extend(row for _, row in json_lines(file, CallError))
        seed = hashlib.blake2b(lexicon_file.read_bytes(), digest_size=8).hexdigest()
        return cls.fit(load_lexicon(lexicon_file), examples, ignored, seed)

    def vectors(self, issues: Sequence[Issue]) -> Vectors:
        """Unit vectors, shape (issues, 256), float32."""
        if not issues:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return np.stack([self._place(issue) for issue in issues])

    def concepts(self, issue: Issue) -> tuple[str, ...]:
        """Concepts that speak for the issue's category, strongest first; all of them in an unknown category."""
        return tuple(concept for concept in self._own(issue) if not concept.endswith(_GENERIC))

    def _own(self, issue: Issue) -> tuple[str, ...]:
        concepts, _ = self._read(issue.text, issue.language)
        category = self._categories.get(issue.category)
        if category is None:
            return concepts
        own = [concept for concept in concepts if category.concept_weights.get(concept, 0.0) > 0]
        return tuple(sorted(own, key=lambda concept: (-category.concept_weights[concept], concept)))

    def words(self, issue: Issue) -> tuple[str, ...]:
        """Content words of the text, each once."""
        return self._read(issue.text, issue.language)[1]

    def theme(self, issue: Issue) -> str | None:
        """The sub-label given, or the one the words suggest with more than even chance."""
        if issue.sub_label:
            return issue.sub_label
        suggested = self._suggested(issue)
        category = self._categories.get(issue.category)
        if suggested is None or category is None or suggested.max() < 0.5:
            return None
        return category.sub_labels[int(suggested.argmax())]

    def _read_text(self, text: str, language: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return _features(self._lexicon, text, language, self._ignored)

    def _place_issue(self, issue: Issue) -> Vectors:
        vector = np.zeros(DIMENSIONS, dtype=np.float64)
        vector[:_THEMES] = _THEME_WEIGHT * _unit(self._theme_part(issue))
        vector[_THEMES : _THEMES + _CONCEPTS] = _CONCEPT_WEIGHT * _unit(self._concept_part(issue))
        vector[_THEMES + _CONCEPTS :] = _WORD_WEIGHT * _unit(self._word_part(issue))
        return _unit(vector).astype(np.float32)

    def _theme_part(self, issue: Issue) -> NDArray[np.float64]:
        part = np.zeros(_THEMES)
        category = self._categories.get(issue.category)
        suggested = self._suggested(issue)
        trust = _LABEL_TRUST if issue.sub_label and suggested is not None else float(bool(issue.sub_label))
        if issue.sub_label:
            slots = category.theme_slots if category else _NO_SLOTS
            part[slots.get(issue.sub_label, _slot(issue.sub_label, _THEMES))] += trust
        if suggested is not None and category is not None:
            for label, chance in zip(category.sub_labels, suggested, strict=True):
                part[category.theme_slots[label]] += (1 - trust) * chance
        return part

    def _suggested(self, issue: Issue) -> NDArray[np.float64] | None:
        """Chance of each sub-label of the category by naive Bayes over concepts and words; None without any."""
        category = self._categories.get(issue.category)
        if category is None:
            return None
        concepts, words = self._read(issue.text, issue.language)
        evidence = [
            category.evidence[name] for name in (*(f"c:{c}" for c in concepts), *words) if name in category.evidence
        ]
        if not evidence:
            return None
        # Words of one text repeat each other: their evidence is damped by the root of their number.
        score = np.log(category.prior) + np.sum(evidence, axis=0) / math.sqrt(len(evidence))
        chance = np.exp(score - score.max())
        return chance / chance.sum()

    def _concept_part(self, issue: Issue) -> NDArray[np.float64]:
        part = np.zeros(_CONCEPTS)
        category = self._categories.get(issue.category)
        for concept in self._own(issue) if issue.narrow else self.concepts(issue):
            slots = category.concept_slots if category else _NO_SLOTS
            weight = category.concept_weights[concept] if category else 1.0
            part[slots.get(concept, _shared_slot(concept))] += weight
        if not part.any():
            part[_NO_CONCEPT] = 1.0
        return part

    def _word_part(self, issue: Issue) -> NDArray[np.float64]:
        part = np.zeros(_WORDS)
        for word in self.words(issue):
            for slot, sign in _scatter(word):
                part[slot] += sign
        return part


def _features(
    lexicon: Lexicon, text: str, language: str | None, ignored: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = language if language in lexicon.languages else None
    named = (concept for concept in lexicon.concepts(text, known) if concept not in ignored)
    return tuple(named), tuple(dict.fromkeys(content_words(text)))


def _category(
    entries: Sequence[tuple[str, frozenset[str], frozenset[str]]], everywhere: Mapping[str, int], total: int
) -> _Category:
    sub_labels = tuple(sorted({label for label, _, _ in entries}))
    position = {label: at for at, label in enumerate(sub_labels)}
    sizes = np.zeros(len(sub_labels))
    counts: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(sub_labels)))
    here: Counter[str] = Counter()
    for label, concepts, words in entries:
        sizes[position[label]] += 1
        here.update(concepts)
        for name in (*(f"c:{concept}" for concept in concepts), *words):
            counts[name][position[label]] += 1
    # A word seen once or twice teaches its sentence, not its theme.
    evidence = {
        name: np.log((count + 0.5) / (sizes + 1.0)) - math.log((count.sum() + 0.5) / (sizes.sum() + 1.0))
        for name, count in counts.items()
        if count.sum() >= 3
    }
    weights = {concept: _weight(n, len(entries), everywhere[concept], total) for concept, n in here.items()}
    own = sorted((c for c in weights if weights[c] > 0), key=lambda c: (-weights[c] * here[c], c))[:_OWN_CONCEPTS]
    return _Category(
        sub_labels=sub_labels,
        theme_slots={label: at % _THEMES for label, at in position.items()},
        concept_slots={concept: at for at, concept in enumerate(own)},
        concept_weights=weights,
        evidence=evidence,
        prior=(sizes + 1.0) / (sizes + 1.0).sum(),
    )


def _weight(here: int, size: int, everywhere: int, total: int) -> float:
    """How much more often the category names the concept than others do, in nats; 0 when it does not."""
    elsewhere = (everywhere - here + 0.5) / (total - size + 1.0)
    return max(0.0, math.log((here + 0.5) / (size + 1.0) / elsewhere))


def _unit(part: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(part))
    return part / length if length else part


def _shared_slot(concept: str) -> int:
    return _OWN_CONCEPTS + _slot(concept, _CONCEPTS - _OWN_CONCEPTS - 1)


@lru_cache(maxsize=_REMEMBERED)
def _slot(name: str, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") % size


@lru_cache(maxsize=_REMEMBERED)
def _scatter(word: str) -> tuple[tuple[int, float], ...]:
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return tuple((digest[2 * n] % _WORDS, 1.0 if digest[2 * n + 1] & 1 else -1.0) for n in range(4))
