"""The reliability plot: confidence against the share of right answers, in ten bins of equal mass.

Numbers in; bins, a picture (SVG) and the Markdown of an asset page out.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback_assets.classification.model.measures import BINS, DRAWS, interval

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The same draws every time.
_SEED = 20_240_501
# Pixels: the square of the plot, its left and top margin, and the largest radius of a bin's dot.
_SIDE, _LEFT, _TOP = 320, 56, 16
_WIDTH, _HEIGHT = _LEFT + _SIDE + 24, _TOP + _SIDE + 44
_INK, _GRID, _DOT = "#333333", "#dddddd", "#1f5fbf"


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence.

    Attributes:
        lowest: Least confidence in it, 0 to 1.
        highest: Greatest confidence in it.
        confidence: Mean confidence.
        right: Share of right answers, with its 95 % bootstrap interval `low` to `high`.
        items: How many answers.
    """

    lowest: float
    highest: float
    confidence: float
    right: float
    low: float
    high: float
    items: int


def reliability(confidence: Numbers, right: Flags, bins: int = BINS) -> list[Bin]:
    """Bins of equal mass, rising in confidence; those whose gaps `measures.calibration_error` adds up.

    Args:
        confidence: Probability given to each answer, shape (n,).
        right: Whether it was right, shape (n,).
        bins: How many; never more than answers.
    """
    if not len(confidence):
        return []
    order = np.argsort(confidence, kind="stable")
    return [_bin(confidence[rows], right[rows]) for rows in np.array_split(order, min(bins, len(order)))]


def _bin(confidence: Numbers, right: Flags) -> Bin:
    low, high = interval(lambda rows: float(right[rows].mean()), len(right), _SEED, DRAWS)
    return Bin(
        float(confidence.min()),
        float(confidence.max()),
        float(confidence.mean()),
        float(right.mean()),
        low,
        high,
        len(right),
    )


def page(bins: Sequence[Bin]) -> str:
    """Markdown: the picture as a data URI, and the same numbers as a table."""
    if not bins:
        return "no answers yet"
    picture = base64.b64encode(svg(bins).encode()).decode()
    rows = [
        f"| {entry.lowest:.2f} to {entry.highest:.2f} | {entry.confidence:.3f} | {entry.right:.3f} "
        f"| {entry.low:.2f} to {entry.high:.2f} | {entry.items} |"
        for entry in bins
    ]
    return "\n".join(
        [
            f"![share right by confidence](data:image/svg+xml;base64,{picture})",
            "",
            "| confidence | mean confidence | share right | 95 % | items |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def svg(bins: Sequence[Bin]) -> str:
    """The plot as an SVG picture: the diagonal, and for each bin a dot with its interval and its number of answers."""
    ticks = [round(0.2 * step, 1) for step in range(6)]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for tick in ticks:
        x, y = _x(tick), _y(tick)
        lines += [
            f'<path d="M{x} {_y(0)}V{_y(1)}M{_x(0)} {y}H{_x(1)}" stroke="{_GRID}"/>',
            f'<text x="{x}" y="{_y(0) + 16}" text-anchor="middle">{tick:.1f}</text>',
            f'<text x="{_x(0) - 6}" y="{y + 4}" text-anchor="end">{tick:.1f}</text>',
        ]
    middle = _y(0.5)
    lines += [
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="{_INK}" stroke-dasharray="4 3"/>',
        f'<text x="{_x(0.5)}" y="{_y(0) + 36}" text-anchor="middle">confidence</text>',
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">share right</text>',
        f'<polyline points="{" ".join(f"{_x(entry.confidence)},{_y(entry.right)}" for entry in bins)}" '
        f'fill="none" stroke="{_DOT}"/>',
    ]
    for entry in bins:
        x, y = _x(entry.confidence), _y(entry.right)
        lines += [
            f'<path d="M{x} {_y(entry.low)}V{_y(entry.high)}" stroke="{_DOT}"/>',
            f'<circle cx="{x}" cy="{y}" r="4" fill="{_DOT}"><title>{entry.items} answers at '
            f"{entry.lowest:.2f} to {entry.highest:.2f}: {entry.right:.3f} right</title></circle>",
        ]
    # Bins of equal mass hold the same number but for one: said once, where nothing else stands.
    fewest, most = min(entry.items for entry in bins), max(entry.items for entry in bins)
    each = str(fewest) if fewest == most else f"{fewest} or {most}"
    lines += [
        f'<text x="{_x(0) + 8}" y="{_y(1) + 16}">{len(bins)} bins of {each} answers, with 95 % intervals</text>',
        "</svg>",
    ]
    return "\n".join(lines)


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _SIDE, 1)
