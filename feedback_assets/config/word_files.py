"""The word lists beside the taxonomy: `cues.yaml`, `lexicon.yaml` and `moderation.yaml`, loaded and checked.

Only what the files say. What a room does with the words stands in the room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, RootModel

from feedback_assets.config.documents import Document, Fault, read_document, refuse, suggestion, validate
from feedback_assets.config.strict import CueName, LanguageName, Strict, Words, setting
from feedback_assets.text import Lexicon

# A name without words would never be found, and nobody would know.
Phrases = Annotated[Mapping[LanguageName, Annotated[tuple[Words, ...], Field(min_length=1)]], Field(min_length=1)]
Entries = dict[str, dict[str, list[str]]]

# The folder of the words that say good or bad, below the prompts folder, and what they are worth at most.
VALENCE = "valence"
_MOST_VALENCE = 3
# The cues the code knows. Each other one is called `part_` and the component that its words name.
FIXED_CUES = ("praise", "filler", "vague", "churn", "danger", "loss", "overcharged", "unusable")
# Cues that tell whether a clause says that something happened. A kept edition may be older than they are.
SIGN, NEAR = "_sign", "_near"
CLAUSE_CUES = (
    *(cue + ending for cue in ("danger", "loss") for ending in (SIGN, NEAR)),
    "figure", "negator", "negator_after", "unreal", "unreal_after", "presumes", "turn", "join",
)  # fmt: skip
PART = "part_"


# `\b`, a name with an underscore, `\b`: nobody but a label is called so.
_LABEL = re.compile(r"\\b([a-z]+(?:_[a-z]+)+)\\b")


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{error}; correct the regular expression") from error
    return pattern


class CueWords(RootModel[Mapping[CueName, Phrases]]):
    """`cue: {language: [words]}`: what tells severity, churn, the part, and whether a text says anything."""

    @property
    def entries(self) -> Entries:
        """The words by cue and language, as the file has them."""
        return _plain(self.root)

    @property
    def components(self) -> tuple[str, ...]:
        """The components that cues name, in the order of the file."""
        return tuple(name.removeprefix(PART) for name in self.root if name.startswith(PART))


class LexiconWords(Strict):
    """`concepts: {concept: {language: [stems and phrases]}}`."""

    version: int = setting("whole number", "Of the file; one more with each change.", ge=1)
    concepts: Mapping[str, Phrases] = setting("words by concept and language", "What names a concept.")

    @property
    def entries(self) -> Entries:
        """The words by concept and language, as the file has them."""
        return _plain(self.concepts)


class ModerationWords(Strict):
    """What people must see first, the worst kind first, and sentences that talk to the machine."""

    self_harm: Phrases = setting("words by language", "The customer may hurt themselves.")
    threat: Phrases = setting("words by language", "The customer threatens somebody.")
    abuse: Phrases = setting("words by language", "The customer insults somebody.")
    injection: tuple[Annotated[str, AfterValidator(_compiles)], ...] = setting(
        "regular expressions", "A sentence that talks to the machine. It is set aside before a model reads the rest."
    )

    @property
    def entries(self) -> Entries:
        """The words by kind and language, as the file has them."""
        return _plain({"self_harm": self.self_harm, "threat": self.threat, "abuse": self.abuse})

    @property
    def labels(self) -> list[tuple[int, str]]:
        """The labels the patterns name, each with the number of its pattern, from 0."""
        return [(number, name) for number, text in enumerate(self.injection) for name in _LABEL.findall(text)]

    @property
    def patterns(self) -> list[re.Pattern[str]]:
        """The sentences that talk to the machine."""
        return [re.compile(pattern, re.IGNORECASE) for pattern in self.injection]


class ValenceFile(Strict):
    """`values: {3: [words], …, -3: [words]}` of one language, and the words that change what follows."""

    values: Mapping[Annotated[int, Field(ge=-_MOST_VALENCE, le=_MOST_VALENCE)], tuple[Words, ...]] = setting(
        "words by value", "How good (up to 3) or bad (down to -3) a word is, whatever it is said of."
    )
    negators: tuple[Words, ...] = setting("words", "Words that turn the next ones into their opposite.")
    boosters: tuple[Words, ...] = setting("words", "Words that strengthen the next one.")
    dampers: tuple[Words, ...] = setting("words", "Words that weaken the next one.")
    turns: tuple[Words, ...] = setting("words", "Words after which the rest counts more.")


def load_valence(folder: Path, languages: Iterable[str] | None = None) -> Entries | None:
    """The words of `folder/<language>.yaml`: kind or value, language, words; None where there is no such folder.

    Args:
        folder: The folder of the files.
        languages: What files may be called after, such as the languages of the taxonomy; None allows any name.

    Raises:
        ConfigError: A file is not of that form, is called after another language, or gives a word two values; the
            message names file, line, field and fix.
    """
    entries: Entries = {}
    known = None if languages is None else list(languages)
    for path in sorted(folder.glob("*.yaml")):
        document = read_document(path, "write `values:` and below it `3: [word, …]`")
        words = validate(ValenceFile, document)
        if known is not None and path.stem not in known:
            fix = f"call the file after a language of the taxonomy, {suggestion(path.stem, known)[1]}"
            refuse([Fault(document, (), f"{path.stem!r} is no language of the taxonomy", fix)])
        refuse(_valued_twice(document, words.values))
        by_kind = {str(value): list(phrases) for value, phrases in words.values.items()}
        by_kind |= {name: list(getattr(words, name)) for name in ("negators", "boosters", "dampers", "turns")}
        for kind, phrases in by_kind.items():
            entries.setdefault(kind, {})[path.stem] = phrases
    return entries or None


def _valued_twice(document: Document, values: Mapping[int, tuple[str, ...]]) -> Iterator[Fault]:
    """The words that stand below two values; case does not tell words apart."""
    first: dict[str, int] = {}
    for value, phrases in values.items():
        for phrase in phrases:
            other = first.setdefault(phrase.casefold(), value)
            if other != value:
                problem = f"{phrase!r} stands below {other} too"
                yield Fault(document, ("values", str(value), phrase), problem, "remove it from one of the two")


def read_cues(path: Path) -> tuple[Document, CueWords]:
    """Read and check a cues file; names are checked with the taxonomy.

    Raises:
        ConfigError: It is not there or not of that form.
    """
    document = read_document(path, "write `cue: {en: [word, …]}`")
    return document, validate(CueWords, document)


def read_lexicon(path: Path) -> tuple[Document, LexiconWords]:
    """Read and check a lexicon; names are checked with taxonomy and thresholds.

    Raises:
        ConfigError: It is not there or not of that form.
    """
    document = read_document(path, "write `concepts:` and below it `concept: {en: [stem*, …]}`")
    return document, validate(LexiconWords, document)


def read_moderation(path: Path) -> tuple[Document, ModerationWords]:
    """Read and check a moderation file; languages are checked with the taxonomy.

    Raises:
        ConfigError: It is not there, not of that form, or a pattern is no regular expression.
    """
    document = read_document(path, "write `abuse: {en: [word, …]}`")
    return document, validate(ModerationWords, document)


def _plain(words: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Entries:
    return {name: {language: list(phrases) for language, phrases in spec.items()} for name, spec in words.items()}


def load_lexicon(path: Path) -> Lexicon:
    """The concepts of a lexicon file, ready to find in texts.

    Raises:
        ConfigError: It is not there or not of that form.
    """
    return Lexicon(read_lexicon(path)[1].entries, str(path))
