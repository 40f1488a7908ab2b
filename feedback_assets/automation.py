"""When assets run. Each condition is a named function with its reason; none reads the status of checks."""

from __future__ import annotations

import dagster as dg


def when_upstream_changes() -> dg.AutomationCondition:
    """Ask for a day when its inputs changed, however old the day is.

    `eager()` looks only at the latest day; feedback comes late, so that clause is taken out.
    """
    return dg.AutomationCondition.eager().without(dg.AutomationCondition.in_latest_time_window())
