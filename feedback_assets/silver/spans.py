"""What a recogniser returns: a stretch of text and the kind of personal value it holds.

Only the shared shape belongs here; the patterns are in their own modules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "ADDRESS", "ORDER", "IP", "HANDLE", "URL", "NAME", "ID")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) hold a personal value of this kind, with a score of 0 to 1."""

    start: int
    end: int
    kind: str
    score: float


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Spans without overlaps, in order: the surer wins, then the longer; what only touches it is joined to it."""
    chosen: list[Span] = []
    for span in sorted(spans, key=lambda s: (-s.score, s.start - s.end, s.start, s.kind)):
        clash = next((other for other in chosen if span.start < other.end and other.start < span.end), None)
        if clash is None:
            chosen.append(span)
        elif span.start < clash.start or span.end > clash.end:
            # The loser reaches beyond the winner: no part of it may stay behind.
            chosen.remove(clash)
            chosen.append(Span(min(span.start, clash.start), max(span.end, clash.end), clash.kind, clash.score))
    return _joined(sorted(chosen, key=lambda s: s.start))


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start < joined[-1].end:
            last = joined.pop()
            span = Span(last.start, max(last.end, span.end), last.kind, last.score)
        joined.append(span)
    return joined
