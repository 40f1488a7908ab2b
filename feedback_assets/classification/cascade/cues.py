"""Cue words: severity, churn intent, component, and whether a text has content at all.

Deterministic and documented, for when no language model answers. Nothing here chooses a category. Whether a clause
says that something happened is read in `happened.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from feedback_assets.classification.cascade.happened import Happened
from feedback_assets.config.word_files import PART, CueWords
from feedback_assets.tables import Harm
from feedback_assets.text import Lexicon, tokens

# Cue -> severity it raises an issue to. The scale: 4 cannot use or buy, 5 danger, loss of money or data.
# Charged twice is 4: the bank mostly gives it back within days.
_SEVERITY = {"danger": 5, "loss": 5, "overcharged": 4, "unusable": 4}
# Those that count only where a clause says that it happened; the others tell a state that lasts.
_TOLD = ("danger", "loss", "overcharged")
_NAMED = ("unusable",)
_CONTENTLESS = ("praise", "filler", "vague")
# Above this many words even a text of praise words alone may be ironic or say something.
_CONTENTLESS_WORDS = 8
_PRAISING_SIGNS = frozenset("👍👌❤♥😍🥰😊🙂😀😃😄😁⭐🌟💯🙏🎉👏🤩💪🔥")
_COMPLAINING_SIGNS = frozenset("👎😡🤬😠💩🤮😤😞☹🙁")

Content = Literal["says_something", "praise", "vague", "empty"]


@dataclass(frozen=True)
class Reading:
    """What a text says beside its label.

    Attributes:
        cues: Which of danger, loss, overcharged and unusable its clauses say.
        churn: The customer says that they leave.
        component: The first part of a product or system the text names, such as `battery`; None when it names none.
    """

    cues: frozenset[str]
    churn: bool
    component: str | None

    @property
    def harm(self) -> Harm | None:
        """The gravest harm that a clause says happened."""
        return next((harm for harm in Harm if harm in self.cues), None)


@dataclass(frozen=True)
class Cues:
    """The cue words of one file.

    Attributes:
        version: Hash of the words, 12 hex digits.
        never_raised: Categories whose severity no cue raises.
    """

    lexicon: Lexicon
    version: str
    never_raised: frozenset[str] = frozenset()

    def content(self, text: str) -> Content:
        """Whether a text is nothing but praise, nothing but vague complaint, empty, or says something."""
        words = tokens(text)
        if not words:
            return _signs(text)
        if len(words) > _CONTENTLESS_WORDS:
            return "says_something"
        concepts_at: dict[int, set[str]] = {}
        for match in self.lexicon.matches(text):
            if match.concept in _CONTENTLESS:
                for position in range(match.start, match.end):
                    concepts_at.setdefault(position, set()).add(match.concept)
        if len(concepts_at) < len(words):
            return "says_something"
        named = set[str]().union(*concepts_at.values())
        complains = any("vague" in concepts and "praise" not in concepts for concepts in concepts_at.values())
        praises = any("praise" in concepts and "vague" not in concepts for concepts in concepts_at.values())
        if complains:
            return "says_something" if praises else "vague"
        return "praise" if "praise" in named and "vague" not in named else "says_something"

    def read(self, text: str, language: str | None) -> Reading:
        """What a text says beside its label.

        Args:
            text: Any text.
            language: ISO 639-1 code; None or a language the words are not in matches all.
        """
        matches = self.lexicon.matches(text, language)
        concepts = list(dict.fromkeys(match.concept for match in matches))
        parts = (concept.removeprefix(PART).replace("_", " ") for concept in concepts if concept.startswith(PART))
        return Reading(self._happened.cues(text, language, matches), "churn" in concepts, next(parts, None))

    def severity(self, category: str, floor: int, reading: Reading) -> int:
        """The category's floor, raised by what the words say; 1 to 5."""
        if category in self.never_raised:
            return floor
        return max([floor, *(_SEVERITY[cue] for cue in reading.cues)])

    @cached_property
    def _happened(self) -> Happened:
        return Happened(self.lexicon, _TOLD, _NAMED)


def _signs(text: str) -> Content:
    signs = set(text)
    if signs & _COMPLAINING_SIGNS:
        return "says_something" if signs & _PRAISING_SIGNS else "vague"
    return "praise" if signs & _PRAISING_SIGNS else "empty"


def cues_of(words: CueWords, never_raised: Collection[str] = ()) -> Cues:
    """The cues of a file.

    Args:
        words: What the file says.
        never_raised: Categories whose severity no cue raises: "the best fire TV app" is praise and no fire.
    """
    entries = words.entries
    digest = hashlib.sha256(repr(sorted(entries.items())).encode()).hexdigest()[:12]
    return Cues(Lexicon(entries, "cues"), digest, frozenset(never_raised))
