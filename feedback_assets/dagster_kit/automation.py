"""When assets run: one condition for every table, so that the whole chain over the same days is one run.

Which assets a chain ends with is computed from the graph, so a room that comes behind another is waited for by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, or_

import dagster as dg

from feedback_assets import tables

# The group of what watches all rooms; nothing waits for it.
EVALUATION = "evaluation"
_matches: Callable[[dg.AssetKey, dg.AutomationCondition], dg.AutomationCondition] = dg.AutomationCondition.asset_matches


def landing_key(stream: str) -> dg.AssetKey:
    """The key of a stream's landing objects."""
    return dg.AssetKey(["landing", str(stream)])  # a member of an enum cannot be serialised as part of a key


def last_assets(graph: dg.AssetGraph, left_out: str = EVALUATION) -> list[dg.AssetKey]:
    """Where the graph ends: the assets by day that no other asset by day follows, in order of their keys.

    Args:
        graph: The resolved graph.
        left_out: A group that only watches the others; what it computes carries no day to its end.
    """
    nodes = [graph.get(key) for key in graph.materializable_asset_keys]
    by_day = {node.key for node in nodes if node.is_partitioned and node.group_name != left_out}
    return sorted(node.key for node in nodes if node.key in by_day and not node.child_keys & by_day)


def when_landing_changes(last: Sequence[dg.AssetKey]) -> dg.AutomationCondition:
    """Ask for the days that a change in landing reaches: the changed day, and the eight weeks that look back on it.

    Every asset has this condition, judged in one place for all, and so is asked for the same days. Dagster joins only
    assets with equal days into a run; with conditions of their own, each reaching a little further than the one
    before it, yesterday's feedback took four runs half a minute apart (measured).

    - Any day, not only the latest: feedback comes late, so `eager()`'s newest-day clause is not here.
    - Days without feedback were never materialised; a gap must not block the days after it, so nothing asks
      whether upstream days exist.
    - What was reported before the first tick is no update then: that tick asks for the landed days that were never
      carried to an end. A table that a later version brings does not make it ask for all history.
    - A change is remembered until its day was asked for, and waits while its day is computed, so that a busy source
      neither piles up runs nor loses what lands during one.

    Args:
        last: Where the graph ends.
    """
    landed = _in_any_stream(~dg.AutomationCondition.missing())
    # Only at the first tick are 3,700 days looked at one by one.
    at_first = dg.AutomationCondition.initial_evaluation() & landed & _all(last, dg.AutomationCondition.missing())
    updated = _reached_by(_in_any_stream(dg.AutomationCondition.newly_updated()))
    # Asked for, and nothing came since: what lands while its day is computed was perhaps not read.
    handled = _all(last, dg.AutomationCondition.newly_requested()) & ~updated
    free = ~_any(last, dg.AutomationCondition.in_progress())
    return _in_one_place((updated | at_first).since(handled) & free)


def with_its_table(table: dg.AssetKey) -> dg.AutomationCondition[dg.AssetCheckKey]:
    """Run a check whenever its table is asked for: the condition of the contract checks.

    A contract is judged inside its table's own step, with or without a condition. It has one for the sake of the
    advisory checks, which have none: only where some check of a run's tables has a condition does Dagster take the
    checks without one along in a run of a single day. Were the condition theirs, a range would start a second run
    for them alone.
    """
    return dg.AutomationCondition.asset_matches(table, dg.AutomationCondition.will_be_requested())


# Between two assets Dagster follows the declared look-back, and takes the same day where none is declared. So where a
# condition is judged decides how far it reaches; no table declares a look-back on landing.
def _in_one_place(condition: dg.AutomationCondition) -> dg.AutomationCondition:
    return _matches(landing_key("feedback"), condition)


def _any(keys: Sequence[dg.AssetKey], condition: dg.AutomationCondition) -> dg.AutomationCondition:
    """Whether the condition holds for one of the assets on the same day."""
    return reduce(or_, [_matches(key, condition) for key in keys])


def _all(keys: Sequence[dg.AssetKey], condition: dg.AutomationCondition) -> dg.AutomationCondition:
    """Whether the condition holds for each of the assets on the same day."""
    return reduce(and_, [_matches(key, condition) for key in keys])


def _reached_by(condition: dg.AutomationCondition) -> dg.AutomationCondition:
    """As far as priorities look back on feedback, the longest look-back on what customers wrote."""
    priority, feedback = (dg.AssetKey(list(table.key)) for table in (tables.GOLD_PRIORITY, tables.SILVER_FEEDBACK))
    return _matches(priority, _matches(feedback, condition))


def _in_any_stream(condition: dg.AutomationCondition) -> dg.AutomationCondition:
    return reduce(or_, [_matches(landing_key(stream), condition) for stream in tables.STREAMS])
