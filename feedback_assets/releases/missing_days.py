"""Which days of open release windows were never computed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from feedback_assets.releases.inputs import Release


def missing_days(releases: Sequence[Release], done: Collection[date], today: date, window_days: int) -> list[date]:
    """Whole days since a release, within its window, that were never computed; oldest first.

    Args:
        releases: What was shipped.
        done: Days computed.
        today: The day that is not over.
        window_days: Length of a window.
    """
    wanted = {
        release.first_after + timedelta(days=number)
        for release in releases
        for number in range(window_days)
        if release.first_after + timedelta(days=number) < today
    }
    return sorted(wanted - set(done))
