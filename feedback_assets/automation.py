"""When assets run. Each condition is a named function with its reason; none reads the status of checks."""

from __future__ import annotations

import dagster as dg


def when_upstream_changes() -> dg.AutomationCondition:
    """Ask for a day when what it reads changed, however old the day is, and the whole chain in one tick.

    - Any day, not only the latest: feedback comes late, so `eager()`'s newest-day clause is not here.
    - Days without feedback were never materialised; a look-back over such a gap must not block the days after
      it, so missing upstream days are ignored.
    - Nothing is asked for while it, or what it reads, is being computed: the next tick sees the result.
    """
    return _asked_once(dg.AutomationCondition.any_deps_updated())


def when_landing_changes() -> dg.AutomationCondition:
    """For bronze: as above, and also ask for a landed day that was never read.

    Files may land before the daemon's first tick, and at a first tick nothing counts as an update.
    """
    never_read = dg.AutomationCondition.missing() & dg.AutomationCondition.any_deps_match(
        ~dg.AutomationCondition.missing()
    )
    return _asked_once(dg.AutomationCondition.any_deps_updated() | never_read.newly_true())


def _asked_once(changed: dg.AutomationCondition) -> dg.AutomationCondition:
    """Remember a change until it is handled, and wait while the day is being computed."""
    handled = dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated()
    return (
        changed.since(handled)
        & ~dg.AutomationCondition.any_deps_in_progress()
        & ~dg.AutomationCondition.in_progress()
    )
