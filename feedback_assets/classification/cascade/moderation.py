"""Moderation: flags texts people must see first, and removes prompt injections before a model reads.

Only finding and setting aside. Who sees a moderated text is decided in `bands.py`; labels are found elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from feedback_assets.config.word_files import ModerationWords
from feedback_assets.tables import ModerationKind
from feedback_assets.text import Lexicon

_SENTENCE = re.compile(r"(?:[^.!?…\n]|\.(?=\w))+(?:[.!?…]+[\"”»)\]’']*|\n|$)\s*")
# Words in capitals between angles are silver's placeholders of personal data, such as <NAME>, and stay.
_TAGGED = re.compile(r"<\s*(\w+)\s*>[^<]*</\s*\1\s*>|</?\s*(?![A-Z_]+\s*>)\w+\s*>")
_CLAUSE = re.compile(r"(?<=[,;:–—\n])\s+|\s+(?=(?:but|aber|pero|mais|mas)\s)", re.IGNORECASE)
_WORD = re.compile(r"\w")
_LEAST_WORDS = 3


@dataclass(frozen=True)
class Cleaned:
    """A text without its prompt injections.

    Attributes:
        text: What remains, each sentence verbatim; empty when nothing does.
        injected: Whether a sentence was set aside.
    """

    text: str
    injected: bool


class Moderator:
    """Finds self-harm, threats, abuse and injection by word list, pattern, and a profanity model for English.

    Args:
        words: kind -> language -> words and phrases.
        injections: Regular expressions of sentences that talk to the machine.
        profanity: Probability of the profanity model from which an English text counts as abuse.
    """

    def __init__(
        self, words: dict[str, dict[str, list[str]]], injections: Sequence[re.Pattern[str]], profanity: float
    ) -> None:
        self._lexicon = Lexicon(words, "moderation")
        self._injections = tuple(injections)
        self._profanity = profanity
        content = repr((sorted(words.items()), [pattern.pattern for pattern in injections], profanity))
        self.version = hashlib.sha256(content.encode()).hexdigest()[:12]

    def clean(self, text: str) -> Cleaned:
        """Remove every sentence that is a prompt injection; a text without one comes back as it is."""
        if not any(pattern.search(text) for pattern in self._injections):
            return Cleaned(text, injected=False)
        untagged = _TAGGED.sub("\n", text)
        harmless = self._harmless(_SENTENCE.findall(untagged))
        if not harmless:
            # One sentence without a stop can hold both; then its clauses are told apart, fragments left out.
            clauses = self._harmless(_CLAUSE.split(untagged))
            harmless = [clause for clause in clauses if len(clause.split()) >= _LEAST_WORDS]
        return Cleaned("".join(harmless).strip(), injected=True)

    def _harmless(self, parts: Sequence[str]) -> list[str]:
        return [
            part
            for part in parts
            if _WORD.search(part) and not any(pattern.search(part) for pattern in self._injections)
        ]

    def moderate(self, texts: Sequence[str], languages: Sequence[str]) -> list[ModerationKind | None]:
        """The worst kind found in each text, or None.

        Args:
            texts: Texts as silver has them.
            languages: ISO 639-1 code of each; the profanity model is asked for English only.
        """
        profane = self._profane(texts, languages)
        return [
            self._worst(text, language, swears)
            for text, language, swears in zip(texts, languages, profane, strict=True)
        ]

    def _worst(self, text: str, language: str, swears: bool) -> ModerationKind | None:
        kinds = set[str](self._lexicon.concepts(text, language))
        if swears:
            kinds.add(ModerationKind.ABUSE)
        if any(pattern.search(text) for pattern in self._injections):
            kinds.add(ModerationKind.INJECTION)
        return next((kind for kind in ModerationKind if kind in kinds), None)

    def _profane(self, texts: Sequence[str], languages: Sequence[str]) -> list[bool]:
        asked = [index for index, language in enumerate(languages) if language == "en" and texts[index].strip()]
        profane = [False] * len(texts)
        if not asked:
            return profane
        # Imported here: it loads scikit-learn, which a run without English texts does not need.
        from profanity_check import (  # pyright: ignore[reportMissingTypeStubs]
            predict_prob,  # pyright: ignore[reportUnknownVariableType]
        )

        odds = cast("Sequence[float]", predict_prob([texts[index] for index in asked]))
        for index, probability in zip(asked, odds, strict=True):
            profane[index] = float(probability) >= self._profanity
        return profane


def moderator_of(words: ModerationWords, profanity: float) -> Moderator:
    """The moderator of a file.

    Args:
        words: What the file says.
        profanity: Probability of the profanity model from which an English text counts as abuse.
    """
    return Moderator(words.entries, words.patterns, profanity)
