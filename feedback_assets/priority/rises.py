"""Which clusters of a day rise beyond chance: the week and the last days against the weeks before.

Chooses windows and volumes; the arithmetic of surprise is in `baseline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets.priority.baseline import surprise, volume_ratio
from feedback_assets.priority.evidence import LOOK_BACK, Evidence, sells
from feedback_assets.priority.rules import PriorityRules
from feedback_assets.statistics import Floats, Ints, benjamini_hochberg

# Fewer in the last days are no sudden fault, whatever was expected.
_SEEN = 3
_COVERED = 0.8


def rises(
    now: int, evidence: Evidence, counts: Ints, states: Sequence[dict[Any, Any]], rules: PriorityRules
) -> dict[str, Any]:
    """Expectation, lift and chance for the clusters of a day, over the week and over the last days.

    Args:
        now: The day's number.
        evidence: Volume by day.
        counts: Issues a day, shape (clusters, days).
        states: The newest row of each cluster.
        rules: Windows and shapes.

    Returns:
        Columns of equal length: baseline_daily, lift_7d, lift, p_value, rising, short_history.
    """
    items = evidence.volume.items
    seen = np.flatnonzero(items[max(now - LOOK_BACK, 0) : now + 1]) + max(now - LOOK_BACK, 0)
    start = max(now - rules.recent_days - rules.baseline_days + 1, int(seen[0]) if len(seen) else now)
    usual = _usual(counts[:, start : now + 1], states) * rules.recent_days
    history = now - rules.recent_days + 1 - start
    parts: dict[str, tuple[Ints, Floats, Floats]] = {}
    for name, days in (("week", rules.recent_days), ("sudden", rules.sudden_days)):
        cut = now - days + 1
        recent, before = counts[:, cut : now + 1].sum(axis=1), counts[:, start:cut].sum(axis=1)
        ratio = _ratio(evidence, states, counts, (start, cut, now + 1), rules)
        found = surprise(recent, before, ratio, usual * days / rules.recent_days, rules)
        parts[name] = (recent, found.expected, found.p_value)
    week, sudden = parts["week"], parts["sudden"]
    p_value = np.minimum(1.0, 2 * np.minimum(week[2], sudden[2]))
    if history < rules.least_history:
        p_value = np.ones(len(p_value))
    lift = week[0] / week[1]
    tested = week[0] >= rules.tested_from
    rising = np.zeros(len(p_value), dtype=bool)
    rising[tested] = benjamini_hochberg(p_value[tested], rules.false_discovery) & (p_value[tested] < 1)
    return {
        "baseline_daily": week[1] / rules.recent_days,
        "lift_7d": lift,
        "lift": np.maximum(lift, np.where(sudden[0] >= _SEEN, sudden[0] / sudden[1], 0.0)),
        "p_value": p_value,
        "rising": rising,
        "short_history": np.full(len(lift), history < rules.least_history),
    }


def _usual(counts: Ints, states: Sequence[dict[Any, Any]]) -> Floats:
    """Issues a day of the other clusters of its category, on average: what one nobody knows may be like."""
    totals = counts.sum(axis=1).astype(np.float64)
    categories = pd.factorize(pd.Series([state["category"] for state in states]))[0]
    of_category = np.bincount(categories, weights=totals)[categories]
    others = np.bincount(categories)[categories] - 1
    return (of_category - totals) / np.maximum(others, 1) / counts.shape[1]


def _ratio(
    evidence: Evidence,
    states: Sequence[dict[Any, Any]],
    counts: Ints,
    window: tuple[int, int, int],
    rules: PriorityRules,
) -> Floats:
    """Volume of the judged days over the baseline's: the greatest of the shop's and the product's own measures.

    The greatest, because any of them may be what a season drives, and a season must not look like a fault.
    """
    start, cut, end = window
    if start >= cut:
        return np.full(len(states), np.inf)
    own = np.stack([counts[:, cut:end].sum(axis=1), counts[:, start:cut].sum(axis=1)]).astype(np.float64)
    volume = evidence.volume
    numbers = [evidence.products[state["product_id"]] if sells(state, evidence) else -1 for state in states]
    product = np.array(numbers, dtype=np.int64)
    ratios: list[Floats] = []
    measures = ((volume.items, volume.product_items, own), (volume.orders, volume.product_orders, 0 * own))
    for shop, by_product, without in measures:
        # Orders that are not told of on most days of the baseline would make every week look like a season.
        if shop is None or by_product is None or (shop is volume.orders and (shop[start:cut] > 0).mean() < _COVERED):
            continue
        recent, before = float(shop[cut:end].sum()), float(shop[start:cut].sum())
        of_shop = (np.maximum(recent - without[0], 0) + 1) / (np.maximum(before - without[1], 0) + 1)
        if len(by_product):
            mine, mine_before = by_product[product, cut:end].sum(axis=1), by_product[product, start:cut].sum(axis=1)
            without_own = np.maximum(mine - without[0], 0), np.maximum(mine_before - without[1], 0)
            of_product = volume_ratio(*without_own, recent, before, rules.exposure_prior)
            of_shop = np.where(product >= 0, np.maximum(of_product, of_shop), of_shop)
        ratios.append(of_shop)
    if not ratios:
        return np.full(len(states), np.inf)
    volume_of_all = np.max(ratios, axis=0)
    return np.maximum(volume_of_all, _of_its_category(states, own, volume_of_all, rules))


def _of_its_category(states: Sequence[dict[Any, Any]], own: Floats, shop: Floats, rules: PriorityRules) -> Floats:
    """How much the rest of the category rose, for what nobody could tie to one product or carrier; else nothing.

    Where a fault of the category is a product's or carrier's own, what is left untied is everybody's: it rises when
    all of the category does, as in a busy season, and that is no fault of one kind.
    """
    bound = {str(state["category"]) for state in states if "|" in str(state["scope"])}
    untied = np.array([state["category"] in bound and "|" not in str(state["scope"]) for state in states])
    categories = pd.factorize(pd.Series([state["category"] for state in states]))[0]
    others = np.stack([np.bincount(categories, weights=side)[categories] - side for side in own])
    # Thin siblings are drawn to the volume of the shop.
    weight = rules.exposure_prior
    rose = (others[0] + weight * shop / (1 + shop)) / (others[1] + weight / (1 + shop))
    return np.where(untied, rose, 0.0)
