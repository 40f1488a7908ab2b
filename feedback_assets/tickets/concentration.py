"""Where a rise is: the regions that hold the excess of a cluster, when the others are as they always were.

Pure counting over one cluster. A fault that some regions have stands amid the ordinary complaints of all others;
counted as evidence those would hide it. The scan is Kulldorff's (1997, "A spatial scan statistic"), over all subsets
by Neill's ordering (2012, "Fast subset scan"): the best subset is among the first k by observed over expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# A cluster nobody knew is taken to be spread as feedback of any kind is, with the weight of so many issues.
_DRAWN = 10.0


@dataclass(frozen=True)
class Concentration:
    """The places that hold a rise, how many issues they have and would have without one."""

    places: tuple[str, ...]
    observed: int
    expected: float
    reason: str


def concentration(
    now: Mapping[str, int], before: Mapping[str, int], usual: Mapping[str, int], expected: float, least: float
) -> Concentration | None:
    """The places that hold the excess, or None when it is everywhere or too little is known.

    Args:
        now: Issues by place in the days judged.
        before: Issues of the same cluster by place in the weeks before.
        usual: Items of any kind by place: what the cluster's shares are drawn to where it was rare.
        expected: Issues expected in the days judged, over all places.
        least: Log-likelihood ratio from which a subset stands out.
    """
    observed = sum(now.values())
    if len(now) < 2 or expected <= 0 or observed <= expected:
        return None
    known = _known(before, usual, now)
    past = sum(known.values())
    # Against the places' own shares of what came, so that a rise everywhere is no concentration.
    ordered = sorted(now, key=lambda place: (-now[place] / known[place], place))
    best, chosen, inside, before_inside = 0.0, 0, 0, 0.0
    for count, place in enumerate(ordered[:-1], start=1):
        inside, before_inside = inside + now[place], before_inside + known[place]
        ratio = _likelihood_ratio(inside, observed, before_inside, past)
        if ratio > best:
            best, chosen = ratio, count
    if best < least:
        return None
    places = tuple(sorted(ordered[:chosen]))
    held, wanted = sum(now[place] for place in places), expected * sum(known[place] for place in places) / past
    reason = f"{held} of {observed} reports come from {', '.join(places)}, where {wanted:.1f} were expected."
    return Concentration(places, held, wanted, reason)


def _known(before: Mapping[str, int], usual: Mapping[str, int], now: Mapping[str, int]) -> dict[str, float]:
    """What is known of each place from before: the cluster's own issues, and ten that are spread as everybody's are."""
    everybody = sum(usual.values())
    return {place: before.get(place, 0) + _DRAWN * (usual.get(place, 0) + 1) / (everybody + len(now)) for place in now}


def _likelihood_ratio(inside: float, total: float, before_inside: float, before: float) -> float:
    """Log of how much better two shares explain now and before than one; 0 where the share inside did not grow.

    Both sides are counted, so that a past of a few issues proves nothing (the G statistic of a 2 × 2 table, halved).
    """
    if inside * before <= before_inside * total:
        return 0.0
    pooled = (inside + before_inside) / (total + before)
    cells = (
        (inside, total * pooled), (total - inside, total * (1 - pooled)),
        (before_inside, before * pooled), (before - before_inside, before * (1 - pooled)),
    )  # fmt: skip
    return sum(count * math.log(count / wanted) for count, wanted in cells if count > 0)
