"""How good or bad the words of a text are, clause by clause, whatever they are said of.

Words, what turns them and what strengthens them come from a lexicon; the rules follow VADER (Hutto and Gilbert 2014,
"VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text"), for several languages. Nothing
is learned here; what the numbers are worth is learned in `polarity.py`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.clauses import clauses
from feedback_assets.text import Lexicon, fold

if TYPE_CHECKING:
    from collections.abc import Iterator

Numbers = NDArray[np.float64]

# Names of the columns of `Valence.measure`.
COLUMNS = ("compound", "good", "bad", "last_clause", "worst_clause", "english", "english_good", "english_bad")
# VADER's constants: what a negator leaves of a word's value, what a booster adds and how it fades with distance, how
# much words before and after a turn such as "but" count, and what keeps the sum between -1 and 1.
_NEGATED, _BOOST, _FADE, _BEFORE_TURN, _AFTER_TURN, _ALPHA = -0.74, 0.293, (1.0, 0.95, 0.9), 0.5, 1.5, 15.0
# How far before a word a negator or booster may stand, and after it, as in "gefällt mir nicht" and "accha nahi".
_REACH, _REACH_AFTER = 3, 2
# Values of VADER's words run from -4 to 4, ours from -3 to 3.
# What an entry holds that is a sign such as `<3`, `a+`, `:D` or a face, and no word; symbols of Unicode do too.
_OF_SIGNS = frozenset(":;@_()[]\\")
_NEGATOR, _BOOSTER, _DAMPER, _TURN = "negators", "boosters", "dampers", "turns"


@dataclass(frozen=True)
class ValenceWords:
    """The words of each kind by language; the kinds are the values -3 to 3 as text, and what changes a value."""

    entries: Mapping[str, Mapping[str, Sequence[str]]]

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(
            {
                kind: {
                    language: [word for word in words if fold(word) and not _is_sign(word)]
                    for language, words in by_language.items()
                }
                for kind, by_language in self.entries.items()
            },
            "valence",
        )

    @cached_property
    def _signs(self) -> dict[str, float]:
        """Faces and other signs that are no words, which mean the same in every language."""
        return {
            phrase.casefold(): float(kind)
            for kind, by_language in self.entries.items()
            if kind.lstrip("-").isdigit()
            for phrases in by_language.values()
            for phrase in phrases
            if _is_sign(phrase)
        }

    @cached_property
    def _sign_pattern(self) -> re.Pattern[str]:
        """Every sign as it is written, the longest first; its letters and digits are no part of a word."""
        longest = sorted(self._signs, key=len, reverse=True)
        told = "|".join(
            (r"(?<!\w)" if sign[0].isalnum() else "") + re.escape(sign) + (r"(?!\w)" if sign[-1].isalnum() else "")
            for sign in longest
        )
        return re.compile(told or r"(?!)")

    def measure(self, texts: Sequence[str], languages: Sequence[str]) -> Numbers:
        """What `COLUMNS` names, for each text; each -1 to 1 or a share of 0 to 1, all 0 where nothing is known.

        Args:
            texts: As customers wrote them.
            languages: ISO 639-1 code of each; `und` where it is not known.

        Returns:
            Shape (texts, columns).
        """
        measured = np.zeros((len(texts), len(COLUMNS)))
        for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
            values = [self._of_clause(clause, language) for clause in clauses(text) or [text]]
            every = [value for clause in values for value in clause]
            if every:
                told = [_compound(clause) for clause in values]
                measured[row, :5] = (
                    _compound(every),
                    _share(value for value in every if value > 0),
                    _share(-value for value in every if value < 0),
                    told[-1],
                    min(told),
                )
            if language in ("en", "und"):
                measured[row, 5:] = _english(text)
        return measured

    def _of_clause(self, clause: str, language: str) -> list[float]:
        """The value of each word that has one, as it stands in the clause."""
        signs = [self._signs[sign] for sign in self._sign_pattern.findall(clause.casefold())]
        valued: dict[int, tuple[int, float]] = {}
        marks: dict[int, str] = {}
        for match in self._lexicon.matches(clause, language):
            if match.concept in (_NEGATOR, _BOOSTER, _DAMPER, _TURN):
                marks[match.end - 1] = match.concept
            elif match.end > valued.get(match.start, (0, 0.0))[0]:
                valued[match.start] = (match.end, float(match.concept))
        values: list[float] = []
        covered = -1
        turn = max((place for place, mark in marks.items() if mark == _TURN), default=None)
        for start in sorted(valued):
            end, value = valued[start]
            if start < covered:
                continue  # within a longer phrase that has been read
            covered = end
            value = self._in_place(value, start, end, marks)
            if turn is not None:
                value *= _AFTER_TURN if start > turn else _BEFORE_TURN
            values.append(value)
        return values + signs

    @staticmethod
    def _in_place(value: float, start: int, end: int, marks: Mapping[int, str]) -> float:
        negated = any(marks.get(end + step) == _NEGATOR for step in range(_REACH_AFTER))
        for step in range(1, _REACH + 1):
            mark = marks.get(start - step)
            if mark == _NEGATOR:
                negated = not negated
            elif mark in (_BOOSTER, _DAMPER):
                change = _BOOST * _FADE[step - 1] * (1 if mark == _BOOSTER else -1)
                value += math.copysign(change, value) if change > 0 else -math.copysign(-change, value)
        return value * _NEGATED if negated else value


def _is_sign(entry: str) -> bool:
    """Whether it is read as it is written: without its signs it would be another word, such as `a`, or none."""
    return entry.startswith("-") or any(sign in _OF_SIGNS or unicodedata.category(sign)[0] == "S" for sign in entry)


def _compound(values: Sequence[float]) -> float:
    total = sum(values)
    return total / math.sqrt(total * total + _ALPHA)


def _share(values: Iterator[float] | Any) -> float:
    total = sum(values)
    return total / (total + 3.0)


def _english(text: str) -> tuple[float, float, float]:
    told = _vader().polarity_scores(text)
    return told["compound"], told["pos"], told["neg"]


_VADER: list[Any] = []


def _vader() -> Any:
    if not _VADER:
        # Imported here: it reads its lexicon, which a run without English texts does not need.
        from vaderSentiment.vaderSentiment import (  # pyright: ignore[reportMissingTypeStubs]
            SentimentIntensityAnalyzer,
        )

        _VADER.append(cast("Any", SentimentIntensityAnalyzer)())
    return _VADER[0]
