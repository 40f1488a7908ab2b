"""Which clusters of a day rise beyond chance: the week and the last days against the weeks before.

Chooses windows and volumes; the expected counts and their chances are computed in `baseline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from feedback_assets.config.sections.priority import PriorityRules
from feedback_assets.priority.baseline import surprise, volume_ratio
from feedback_assets.priority.inputs import LOOK_BACK, ClusterState, PriorityInputs
from feedback_assets.statistics import Bools, Floats, Ints, benjamini_hochberg

# Fewer in the last days are no sudden fault, whatever was expected.
_LEAST_SUDDEN = 3
# Share of the baseline's days that must have orders for orders to measure volume.
_LEAST_COVERED = 0.8


@dataclass(frozen=True)
class Rises:
    """Per cluster, shape (clusters,): what was expected, what came, and whether it is more than chance allows.

    Attributes:
        baseline_daily: Issues expected a day.
        lift_7d: Issues of the week over what was expected.
        lift: The same, or that of the last days where it is greater.
        p_value: Chance of so many in the week or in the last days, the smaller of the two, doubled.
        rising: Beyond chance after correction for all clusters of the day.
        short_history: Whether there is too little history before the week for anything to rise.
    """

    baseline_daily: Floats
    lift_7d: Floats
    lift: Floats
    p_value: Floats
    rising: Bools
    short_history: bool


def find_rises(
    now: int, inputs: PriorityInputs, counts: Ints, states: Sequence[ClusterState], rules: PriorityRules
) -> Rises:
    """Expectation, lift and chance for the clusters of a day, over the week and over the last days.

    Args:
        now: The day's number.
        inputs: Volume by day.
        counts: Issues of each day, shape (clusters, days).
        states: The newest row of each cluster.
        rules: Windows and shapes.
    """
    items = inputs.volume.items
    with_items = np.flatnonzero(items[max(now - LOOK_BACK, 0) : now + 1]) + max(now - LOOK_BACK, 0)
    start = max(now - rules.recent_days - rules.baseline_days + 1, int(with_items[0]) if len(with_items) else now)
    usual = _usual(counts[:, start : now + 1], states) * rules.recent_days
    history = now - rules.recent_days + 1 - start
    parts: list[tuple[Ints, Floats, Floats]] = []
    for days in (rules.recent_days, rules.sudden_days):
        cut = now - days + 1
        recent, before = counts[:, cut : now + 1].sum(axis=1), counts[:, start:cut].sum(axis=1)
        ratio = _ratio(inputs, states, counts, (start, cut, now + 1), rules)
        expectation = surprise(recent, before, ratio, usual * days / rules.recent_days, rules)
        parts.append((recent, expectation.expected, expectation.p_value))
    (week, week_expected, week_chance), (sudden, sudden_expected, sudden_chance) = parts
    p_value = np.minimum(1.0, 2 * np.minimum(week_chance, sudden_chance))
    if history < rules.least_history:
        p_value = np.ones(len(p_value))
    lift = week / week_expected
    tested = week >= rules.tested_from
    rising = np.zeros(len(p_value), dtype=np.bool_)
    rising[tested] = benjamini_hochberg(p_value[tested], rules.false_discovery) & (p_value[tested] < 1)
    return Rises(
        baseline_daily=week_expected / rules.recent_days,
        lift_7d=lift,
        lift=np.maximum(lift, np.where(sudden >= _LEAST_SUDDEN, sudden / sudden_expected, 0.0)),
        p_value=p_value,
        rising=rising,
        short_history=history < rules.least_history,
    )


def _category_numbers(states: Sequence[ClusterState]) -> Ints:
    return pd.factorize(pd.Series([state.category for state in states]))[0].astype(np.int64)


def _usual(counts: Ints, states: Sequence[ClusterState]) -> Floats:
    """Issues a day of the other clusters of its category, on average: what one nobody knows may be like."""
    totals = counts.sum(axis=1).astype(np.float64)
    categories = _category_numbers(states)
    of_category = np.bincount(categories, weights=totals)[categories]
    others = np.bincount(categories)[categories] - 1
    return (of_category - totals) / np.maximum(others, 1) / counts.shape[1]


def _ratio(
    inputs: PriorityInputs,
    states: Sequence[ClusterState],
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
    volume = inputs.volume
    numbers = [inputs.product_number(state) for state in states]
    product = np.array([-1 if number is None else number for number in numbers], dtype=np.int64)
    ratios: list[Floats] = []
    measures = ((volume.items, volume.product_items, own), (volume.orders, volume.product_orders, 0 * own))
    for shop, by_product, without in measures:
        # Orders that most days of the baseline lack would make every week look like a season.
        if (
            shop is None
            or by_product is None
            or (shop is volume.orders and (shop[start:cut] > 0).mean() < _LEAST_COVERED)
        ):
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
    volume_of_all: Floats = np.max(ratios, axis=0)
    return np.maximum(volume_of_all, _rise_of_category(states, own, volume_of_all, rules))


def _rise_of_category(states: Sequence[ClusterState], own: Floats, shop: Floats, rules: PriorityRules) -> Floats:
    """How much the rest of the category rose, for clusters tied to no product or carrier; else 0.

    Where a fault of the category is a product's or carrier's own, what is left untied is everybody's: it rises when
    all of the category does, as in a busy season, and that is no fault of one kind.
    """
    tied = {state.category for state in states if "|" in state.scope}
    untied = np.array([state.category in tied and "|" not in state.scope for state in states])
    categories = _category_numbers(states)
    others = np.stack([np.bincount(categories, weights=side)[categories] - side for side in own])
    # Thin siblings are drawn to the volume of the shop.
    weight = rules.exposure_prior
    rose = (others[0] + weight * shop / (1 + shop)) / (others[1] + weight / (1 + shop))
    return np.where(untied, rose, 0.0)
