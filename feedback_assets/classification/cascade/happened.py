"""Whether a clause says that something happened: words that tell it, less what is negated, imagined or a figure.

Only the reading of clauses. Which words there are stands in `cues.yaml`; what follows from them stands in `cues.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from feedback_assets.classification.model.clauses import clauses
from feedback_assets.config.word_files import NEAR, SIGN
from feedback_assets.text import Lexicon, Match, tokens

# Words between: a sign and what it must be near, a negator or a word of imagination and what it speaks of.
_NEAR, _BEFORE, _AFTER = 6, 6, 4
_PART = re.compile(r"[,;:()…]|\s[-–—]\s|[.!?।](?=\s|$)")
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»]*[\"”“»]")
_QUESTION = re.compile(r"(?<!!)[?？][\s\"”»)]*$")
# A text wholly between quotation marks was quoted by an export, and not by the customer.
_LEAST_OUTSIDE = 2


@dataclass(frozen=True)
class Happened:
    """Finds in texts what their clauses say happened.

    Attributes:
        lexicon: The words of `cues.yaml`.
        told: Cues that count only where it happened; for each there may be a `_sign` and a `_near`.
        named: Cues that tell a state that lasts; for them only figures of speech count for nothing.
    """

    lexicon: Lexicon
    told: tuple[str, ...]
    named: tuple[str, ...]

    @cached_property
    def _asked(self) -> frozenset[str]:
        """The concepts of which a text must have one to be worth cutting into clauses."""
        return frozenset((*self.told, *self.named, *(cue + SIGN for cue in self.told)))

    @cached_property
    def _knows_questions(self) -> bool:
        # A file written before there were such lists is read as it was then.
        return "unreal" in self.lexicon.concept_names

    def cues(self, text: str, language: str | None, matches: Sequence[Match]) -> frozenset[str]:
        """The cues of `told` and `named` that a text says.

        Args:
            text: Any text.
            language: ISO 639-1 code; None or a language the lexicon does not know matches all.
            matches: What the lexicon finds in the whole text, so that it is not looked for twice.
        """
        if self._asked.isdisjoint(match.concept for match in matches):
            return frozenset()
        return frozenset(cue for clause in _whole_clauses(text) for cue in self._of_clause(clause, language))

    def _of_clause(self, clause: str, language: str | None) -> Iterator[str]:
        reading = _Clause(clause, self.lexicon.matches(clause, language))
        for match in reading.matches:
            if match.concept in self.named:
                yield match.concept
            elif match.concept in self.told:
                if self._is_told(match, reading):
                    yield match.concept
            elif match.concept.endswith(SIGN):
                cue = match.concept.removesuffix(SIGN)
                if reading.is_near(match, cue + NEAR) and self._is_told(match, reading):
                    yield cue

    def _is_told(self, match: Match, reading: _Clause) -> bool:
        if reading.negates(match) or reading.imagines(match):
            return False
        return not (self._knows_questions and reading.asks(match))


class _Clause:
    """A clause with what was found in it, less what stands in a figure of speech or in another's words."""

    def __init__(self, text: str, matches: Sequence[Match]) -> None:
        figures = [match for match in matches if match.concept == "figure"]
        masked = {at for match in figures for at in range(match.start, match.end)} | _quoted(text)
        self.matches = [
            match for match in matches if match.concept != "figure" and masked.isdisjoint(range(match.start, match.end))
        ]
        self._marks = _marks(text)
        self._turns = {*self._marks, *(match.start for match in self.matches if match.concept == "turn")}
        self._joins = {*self._turns, *(match.start for match in self.matches if match.concept == "join")}
        self._question = bool(_QUESTION.search(text)) and not any(match.concept == "presumes" for match in matches)

    def is_near(self, sign: Match, near: str) -> bool:
        """Whether a word of `near` is a few words away."""
        return any(
            -_NEAR <= sign.start - match.end <= _NEAR or -_NEAR <= match.start - sign.end <= _NEAR
            for match in self.matches
            if match.concept == near and (match.end <= sign.start or match.start >= sign.end)
        )

    def negates(self, event: Match) -> bool:
        """Whether a negator stands before or after, in the same part."""
        return any(
            match.end <= event.start <= match.end + _BEFORE and not _between(self._joins, match.start, event.start)
            if match.concept == "negator"
            else event.end <= match.start <= event.end + _AFTER
            and not _between(self._joins, event.end - 1, match.start)
            for match in self.matches
            if match.concept in ("negator", "negator_after")
        )

    def imagines(self, event: Match) -> bool:
        """Whether it is imagined, feared or told by others, in the same part."""
        return any(
            match.end <= event.start and not _between(self._turns, match.start, event.start)
            if match.concept == "unreal"
            else event.end <= match.start <= event.end + _BEFORE
            and not _between(self._turns, event.end - 1, match.start)
            for match in self.matches
            if match.concept in ("unreal", "unreal_after")
        )

    def asks(self, event: Match) -> bool:
        """Whether it stands in the last part of a question that takes nothing for a fact."""
        return self._question and event.start >= max(self._marks, default=0)


def _between(places: set[int], first: int, last: int) -> bool:
    """Whether a part begins after the word `first` and not after the word `last`."""
    return any(first < place <= last for place in places)


def _marks(clause: str) -> set[int]:
    """The words before which a comma or another mark stands."""
    marks: set[int] = set()
    begin = words = 0
    for mark in _PART.finditer(clause):
        words += len(tokens(clause[begin : mark.start()]))
        begin = mark.end()
        if tokens(clause[begin:]):
            marks.add(words)
    return marks


def _quoted(clause: str) -> set[int]:
    """The words between quotation marks: what a label, a page or somebody else says."""
    quoted: set[int] = set()
    for quote in _QUOTED.finditer(clause):
        before = len(tokens(clause[: quote.start()]))
        quoted.update(range(before, before + len(tokens(quote.group()))))
    return quoted if len(tokens(clause)) - len(quoted) >= _LEAST_OUTSIDE else set()


def _whole_clauses(text: str) -> list[str]:
    """The clauses with what stands between them: a quote may be cut short, and the mark of a question be left out."""
    starts: list[int] = []
    at = 0
    for clause in clauses(text):
        begin = text.find(clause, at)
        starts.append(begin)
        at = begin + len(clause)
    ends = [*starts[1:], len(text)]
    return [text[begin:end] for begin, end in zip(starts, ends, strict=True)]
