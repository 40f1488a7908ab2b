"""Cutting a text into clauses, each a verbatim piece of it, so that a quote can be the piece that carries the issue.

Only where to cut. Which clause speaks for a category is scored by the local model.
"""

from __future__ import annotations

import re

# After the end of a sentence or line, and before a word that turns from one matter to the next.
_CUTS = re.compile(
    r"(?<=[.!?…।])[\s\"»”)]*\s+|[\n\r;]+|\s+[-–—]\s+"
    r"|,?\s+(?=(?:but|however|although|and then|also|plus|aber|jedoch|allerdings|außerdem|pero"
    r"|sin embargo|además|aunque|mais|cependant|par contre|en plus|mas|porém|além disso|só que|lekin|par|magar)\b)",
    re.IGNORECASE,
)
# A quote must hold a thought, and fit into a line of a ticket.
_FEWEST_WORDS, _MOST_LETTERS = 3, 280


def clauses(text: str) -> list[str]:
    """The clauses of a text in order, each a substring of it; at least one for a text that is not blank."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for cut in _CUTS.finditer(text):
        if len(text[start : cut.start()].split()) >= _FEWEST_WORDS:
            pieces.append((start, cut.start()))
            start = cut.end()
    rest = text[start:]
    if pieces and len(rest.split()) < _FEWEST_WORDS:
        pieces[-1] = (pieces[-1][0], len(text))
    elif rest.strip():
        pieces.append((start, len(text)))
    return [shortened for begin, end in pieces if (shortened := _short(text[begin:end].strip(" \t\n\r,;–—-")))]


def _short(clause: str) -> str:
    if len(clause) <= _MOST_LETTERS:
        return clause
    shortened = clause[:_MOST_LETTERS]
    return shortened[: shortened.rfind(" ")] if " " in shortened else shortened
