"""Which words of customers are shown for a problem: the clearest, in the reader's languages, no doubtful ones.

Choosing only, for every room that quotes. Which issues belong to a problem is decided by the rooms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.tables import Sentiment, Triage
from feedback_assets.text import fold

# A quote shorter than this says little, a longer one is cut where a sentence ends.
_SHORT, _LONG = 15, 280
_SENTENCE_END = re.compile(r"[.!?…।。！？][\"'”’»)\]]*(?=\s|$)")
_LEFT_OFF = re.compile(r"\w\s*(?:\.\.\.|…)$")


@dataclass(frozen=True)
class Statement:
    """What one customer says of a problem.

    Attributes:
        source: Id of the issue or item, unique among the statements.
        words: Verbatim, as `whole_words` gives them.
        language: ISO 639-1 code, `und` where it is not known.
        clarity: How surely it tells this problem, 0 to 1.
        customer: Who says it; None where nobody knows, which counts as somebody else.
    """

    source: str
    words: str
    language: str
    clarity: float
    customer: str | None = None


def is_certain(triage: object, sentiment: object) -> bool:
    """Whether label and tone of an issue are beyond doubt: nobody must look at it, and it does not praise."""
    return triage == Triage.AUTOMATIC and sentiment != Sentiment.POSITIVE


def main_labels(counts: Mapping[str, int], share: float) -> frozenset[str]:
    """The sub-labels that name the problem: the most frequent one, and each that so many of the issues have.

    Args:
        counts: Issues by sub-label.
        share: Of all issues counted.
    """
    if not counts:
        return frozenset()
    most, total = max(counts.values()), sum(counts.values())
    return frozenset(label for label, count in counts.items() if count == most or count >= share * total)


def whole_words(words: str) -> str | None:
    """The words as they may be shown: all of them, or whole sentences from the start; None where a thought is cut.

    >>> whole_words("The zip broke. It was new…")
    >>> whole_words(" The zip broke. ")
    'The zip broke.'
    """
    text = words.strip()
    if not text or _LEFT_OFF.search(text):
        return None
    if len(text) <= _LONG:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text[: _LONG + 1]) if match.end() <= _LONG]
    return text[: ends[-1]] if ends else None


def choose(statements: Iterable[Statement], rules: EvidenceRules) -> list[Statement]:
    """The statements to show: the reader's languages first, the clearest of each, of different customers, no copies.

    Args:
        statements: Of one problem, none in doubt; in any order.
        rules: How many, which languages first, and what a copy is.

    Returns:
        As many as are good, at most `rules.most`; none where there is none.
    """
    ordered = _ordered(list(statements), rules.languages)
    chosen: list[Statement] = []
    shown: list[str] = []
    customers: set[str] = set()
    for statement in ordered:
        if len(chosen) == rules.most:
            break
        if statement.customer in customers:
            continue
        folded = fold(statement.words)
        if any(_is_copy(folded, other, rules) for other in shown):
            continue
        chosen.append(statement)
        shown.append(folded)
        if statement.customer is not None:
            customers.add(statement.customer)
    return chosen


def _ordered(statements: Sequence[Statement], languages: Sequence[str]) -> list[Statement]:
    frequent = Counter(statement.language for statement in statements)
    by_frequency = sorted(frequent, key=lambda language: (-frequent[language], language))
    rank = {language: at for at, language in enumerate(dict.fromkeys((*languages, *by_frequency)))}
    return sorted(
        statements,
        key=lambda each: (len(each.words) < _SHORT, rank[each.language], -each.clarity, each.source),
    )


def _is_copy(one: str, other: str, rules: EvidenceRules) -> bool:
    return fuzz.token_sort_ratio(one, other) >= 100 * rules.copy_likeness
