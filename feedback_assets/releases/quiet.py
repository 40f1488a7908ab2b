"""Which days of open windows were never computed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from feedback_assets.releases.counts import Release


def quiet_days(releases: Sequence[Release], done: Collection[date], today: date, window_days: int) -> list[date]:
    """Whole days since a release, within its window, that nobody computed; oldest first.

    Args:
        releases: What was shipped.
        done: Days computed.
        today: The day that is not over.
        window_days: Length of a window.
    """
    wanted = {
        one.first_after + timedelta(days=number)
        for one in releases
        for number in range(window_days)
        if one.first_after + timedelta(days=number) < today
    }
    return sorted(wanted - set(done))
