"""The keys of the graph's resources: the parameter names under which assets, checks and sensors get them.

Only keys, and what is made without knowing a room; `definitions.build_resources` makes them for an installation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

# Settings of the installation (`config.settings.Settings`).
SETTINGS = "settings"
# Folder of taxonomy, thresholds, prompts and examples (`pathlib.Path`).
PROMPTS = "prompts"
# The Delta tables (`lake.store.Lake`) and the IO manager over them.
LAKE = "lake"
LAKE_IO = "lake_io"
# The landing objects (`files.landing_files.Landing`).
LANDING = "landing"
# Where tickets go (`tickets.tracker.Tracker`).
TRACKER = "tracker"
# Who computes the rows of silver (`silver.engine.RowEngine`).
ROW_ENGINE = "row_engine"
# Tells the time, with a zone (`Clock`).
CLOCK = "clock"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)
