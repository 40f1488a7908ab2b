"""The prompts folder as one configuration: all its YAML files, read and held against each other.

The one place where a name in one file is checked against its declaration in another. What a file may hold is said
by its model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from feedback_assets.config.documents import Document, Fault, nearest, read_document, refuse, validate
from feedback_assets.config.names import Names, Use, declared, undeclared, unlisted, uses
from feedback_assets.config.sections.classification import ClassificationRules
from feedback_assets.config.taxonomy import Taxonomy, check_taxonomy, read_taxonomy
from feedback_assets.config.thresholds import Thresholds, check_thresholds, read_classification, version_of
from feedback_assets.config.word_files import (
    CLAUSE_CUES,
    FIXED_CUES,
    PART,
    CueWords,
    LexiconWords,
    ModerationWords,
    read_cues,
    read_moderation,
)

# The files of the configuration, each with what to do where it holds no mapping.
STARTS: Mapping[str, str] = {
    "taxonomy": "start with `name:`, `version:`, `change:`, `categories:`",
    "thresholds": "start with a section such as `classification:`",
    "cues": "write `cue: {en: [word, …]}`",
    "lexicon": "write `concepts:` and below it `concept: {en: [stem*, …]}`",
    "moderation": "write `abuse: {en: [word, …]}`",
}
# Models known by name. A deployment with another name says in its price which of them it is.
MODELS = (
    "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano",
    "gpt-5-chat", "gpt-5.1", "gpt-5.2", "o3", "o3-mini", "o4-mini",
)  # fmt: skip
# What each file must be by itself.
CHECKS: Mapping[str, Callable[[Document], Any]] = {
    "taxonomy": check_taxonomy,
    "thresholds": check_thresholds,
    "cues": partial(validate, CueWords),
    "lexicon": partial(validate, LexiconWords),
    "moderation": partial(validate, ModerationWords),
}


@dataclass(frozen=True)
class LabelConfig:
    """What labels are made with: of the current folder, or of a kept edition.

    Attributes:
        thresholds_version: Hash of the section `classification`.
    """

    taxonomy: Taxonomy
    classification: ClassificationRules
    thresholds_version: str
    cues: CueWords
    moderation: ModerationWords


@dataclass(frozen=True)
class Config:
    """Everything the YAML files of a prompts folder say."""

    taxonomy: Taxonomy
    thresholds: Thresholds
    thresholds_version: str
    cues: CueWords
    lexicon: LexiconWords
    moderation: ModerationWords

    @property
    def labels(self) -> LabelConfig:
        """The part that labels are made with."""
        return LabelConfig(
            self.taxonomy, self.thresholds.classification, self.thresholds_version, self.cues, self.moderation
        )


def load_config(prompts: Path) -> Config:
    """Read the YAML files of a prompts folder and hold them against each other; again only when one has changed.

    Args:
        prompts: The folder.

    Raises:
        ConfigError: A file is missing or not YAML, a key is missing or unknown, a value is out of range, or a name is
            declared nowhere. One line for each fault: file, line, key, what is wrong and what to write.
    """
    return _load(prompts, tuple(_stamp(prompts / f"{name}.yaml") for name in STARTS))


@lru_cache(maxsize=4)
def _load(prompts: Path, stamps: tuple[tuple[int, int], ...]) -> Config:
    return config_of({name: read_document(prompts / f"{name}.yaml", start) for name, start in STARTS.items()})


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file changes; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def config_of(documents: Mapping[str, Document]) -> Config:
    """The configuration that files hold, as read.

    Args:
        documents: By the name of the file: those of `STARTS`.

    Raises:
        ConfigError: See `load_config`.
    """
    config = Config(
        **{name: check(documents[name]) for name, check in CHECKS.items()},
        thresholds_version=version_of(documents["thresholds"], "classification"),
    )
    check_names(config, documents)
    return config


def load_kept(folder: Path) -> LabelConfig:
    """The configuration of a kept edition: files of any day since the first release, as far as labels need them.

    Raises:
        ConfigError: A file is missing or wrong.
    """
    documents: dict[str, Document] = {}
    documents["taxonomy"], taxonomy = read_taxonomy(folder / "taxonomy.yaml")
    documents["thresholds"], classification = read_classification(folder / "thresholds.yaml")
    documents["cues"], cues = read_cues(folder / "cues.yaml")
    documents["moderation"], moderation = read_moderation(folder / "moderation.yaml")
    read: dict[str, Any] = {"taxonomy": taxonomy, "cues": cues, "moderation": moderation}
    used = [use for name, value in read.items() for use in uses(value, documents[name])]
    names = _names(taxonomy, cues, documents)
    refuse([*undeclared(used, names), *_missing_cues(cues, documents["cues"], FIXED_CUES, [])])
    return LabelConfig(
        taxonomy, classification, version_of(documents["thresholds"], "classification"), cues, moderation
    )


def check_names(config: Config, documents: Mapping[str, Document]) -> None:
    """Hold every name that a file uses against its declaration.

    Raises:
        ConfigError: A name is declared nowhere, or a concept or cue is missing where it must stand.
    """
    read: dict[str, Any] = {
        "taxonomy": config.taxonomy,
        "thresholds": config.thresholds,
        "cues": config.cues,
        "lexicon": config.lexicon,
        "moderation": config.moderation,
    }
    used = [use for name, value in read.items() for use in uses(value, documents[name])]
    used += [
        Use(documents["thresholds"], ("evaluation", "prices", name), name, ("model",))
        for name, price in config.thresholds.evaluation.prices.items()
        if price.model is None
    ]
    concepts = declared(documents["lexicon"], ("concepts",), config.lexicon.concepts)
    names: Names = {
        **_names(config.taxonomy, config.cues, documents),
        "concept": concepts,
        "model": dict.fromkeys(MODELS),
    }
    faults = undeclared(used, names)
    meant = [fault.nearest for fault in faults]
    faults += _missing_cues(config.cues, documents["cues"], (*FIXED_CUES, *CLAUSE_CUES), meant)
    for name, fault in _unknown_labels(config.moderation, documents["moderation"], config.taxonomy):
        if fault.nearest:
            faults += [*_misspelt_category(fault, name, used, names, documents["taxonomy"]), fault]
    clusters = config.thresholds.clusters
    listed = clusters.ignored_concepts | clusters.telling_concepts
    where = f"ignored_concepts nor telling_concepts of {documents['thresholds'].path}, clusters"
    faults += unlisted(concepts, listed, where, meant)
    refuse(faults)


def _misspelt_category(fault: Fault, name: str, used: Sequence[Use], names: Names, taxonomy: Document) -> list[Fault]:
    """A fault of the category that a pattern may mean by a name, where nothing else uses it: either may be misspelt."""
    right = fault.nearest
    if right is None or right not in names["category"] or any(use.name == right for use in used):
        return []
    where = f"{fault.document.path}: line {fault.document.line(fault.place)}"
    problem = f"nothing uses this name, but {where} uses {name!r}"
    return [Fault(taxonomy, ("categories", right), problem, f"did you mean {name!r}?", name)]


def unknown_labels_in_patterns(folder: Path, taxonomy: Taxonomy) -> list[Fault]:
    """The labels that moderation patterns name and the taxonomy lacks. Harmless, but dead: told, not refused.

    Raises:
        ConfigError: `moderation.yaml` cannot be read.
    """
    document, moderation = read_moderation(folder / "moderation.yaml")
    return [fault for _, fault in _unknown_labels(moderation, document, taxonomy)]


def _unknown_labels(moderation: ModerationWords, document: Document, taxonomy: Taxonomy) -> list[tuple[str, Fault]]:
    """Each label that patterns name and the taxonomy lacks, with the fault."""
    sub_labels = [sub_label for spec in taxonomy.categories.values() for sub_label in spec.sub_labels]
    labels = list(dict.fromkeys([*taxonomy.categories, *sub_labels]))
    unknown = [(number, name) for number, name in moderation.labels if name not in labels]
    return [(name, _unknown_label(document, number, name, labels)) for number, name in unknown]


def _unknown_label(document: Document, number: int, name: str, labels: list[str]) -> Fault:
    right = nearest(name, labels)
    fix = f"did you mean {right!r}?" if right else "write a category or sub-label of the taxonomy"
    return Fault(document, ("injection", number), f"{name!r} is no label of the taxonomy", fix, right)


def _names(taxonomy: Taxonomy, cues: CueWords, documents: Mapping[str, Document]) -> Names:
    """What the taxonomy declares. One written before roles were declared says nothing of languages and components."""
    document = documents["taxonomy"]
    parts = cues.components if taxonomy.components is None else taxonomy.components
    names: dict[Any, Any] = {
        "domain": declared(document, ("domains",), taxonomy.domains),
        "category": declared(document, ("categories",), taxonomy.categories),
        "sub_label": {
            name: where
            for category, spec in taxonomy.categories.items()
            for name, where in declared(document, ("categories", category, "sub_labels"), spec.sub_labels).items()
        },
        "cue": {
            **dict.fromkeys((*FIXED_CUES, *CLAUSE_CUES)),
            **{PART + name: where for name, where in declared(document, ("components",), parts).items()},
        },
    }
    if taxonomy.languages is not None:
        names["language"] = declared(document, ("languages",), taxonomy.languages)
    return names


def _missing_cues(
    cues: CueWords, document: Document, needed: Iterable[str], meant: Iterable[str | None]
) -> list[Fault]:
    excused = set(meant)
    return [
        Fault(document, (name,), "is missing", f"write `{name}: {{en: [word, …]}}`")
        for name in needed
        if name not in cues.root and name not in excused
    ]
