"""What a local model is learned with besides its examples: labels of the taxonomy, concepts of the lexicon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.classification.model.examples import ExamplesError
from feedback_assets.classification.model.features import LexiconEntries
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.files.text_files import read_mapping


@dataclass(frozen=True)
class Recipe:
    """What a model is learned with besides its examples."""

    labels: tuple[str, ...]
    domains: Mapping[str, str]
    sub_labels: Mapping[str, tuple[str, ...]]
    lexicon: LexiconEntries | None = None
    # Word pairs seen once are noise in a set of many languages, and half of its size.
    min_pairs: int = 1

    @classmethod
    def of(cls, taxonomy: Taxonomy, lexicon: LexiconEntries | None = None, min_pairs: int = 1) -> Recipe:
        """The recipe of a taxonomy."""
        return cls(
            labels=taxonomy.labels,
            domains={name: category.domain for name, category in taxonomy.categories.items()},
            sub_labels={name: category.sub_labels for name, category in taxonomy.categories.items()},
            lexicon=lexicon,
            min_pairs=min_pairs,
        )


def read_lexicon(path: Path) -> LexiconEntries | None:
    """The concepts of the lexicon file; None when there is none."""
    if not path.is_file():
        return None
    start = "write `concepts:` and below it `name: {en: [stem*, …]}`"
    content = read_mapping(path, ExamplesError, start)
    entries: Any = content.get("concepts", content)
    if not isinstance(entries, dict):
        raise ExamplesError(f"{path}: `concepts:` holds no mapping; {start}")
    return {str(name): spec for name, spec in entries.items() if isinstance(spec, dict)}
