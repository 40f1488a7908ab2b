"""The daily partitions and the named look-backs. No date arithmetic happens in an asset."""

from __future__ import annotations

import warnings
from datetime import date, datetime

import dagster as dg

from feedback_assets.config.settings import FIRST_DAY


def day_partitions(first_day: date) -> dg.DailyPartitionsDefinition:
    """Every UTC day from the first to today."""
    return dg.DailyPartitionsDefinition(
        start_date=datetime.combine(first_day, datetime.min.time()), timezone="UTC", end_offset=1
    )


# What assets are declared with. Dagster binds partitions where an asset is declared, at import, before settings are
# read; so `definitions.build_defs` replaces these by those of the installation, in every spec.
DAYS = day_partitions(FIRST_DAY)


def window(first: int, last: int) -> dg.TimeWindowPartitionMapping:
    """The upstream days from `first` to `last`, counted from the day itself; none before the first partition."""
    with warnings.catch_warnings():
        # The parameter is in beta. We use it knowingly, with Dagster's minor version pinned and tests over it; said
        # at every mapping, the warning would only hide others.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.TimeWindowPartitionMapping(
            start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
        )


def _look_back(days: int) -> dg.TimeWindowPartitionMapping:
    return window(-days, 0)


same_day = _look_back(0)
# Copies arrive within a week of the original; later repeats are new complaints.
last_7_days = _look_back(7)
# Four whole weeks, so that every weekday counts alike.
last_28_days = _look_back(28)
# 28 days to judge and 28 before them as the baseline.
last_56_days = _look_back(56)
# A review may follow its order by a slow delivery and a late answer.
last_120_days = _look_back(120)
