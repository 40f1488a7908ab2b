"""The trackers there are, by name, and the one place that opens one.

Each module of this folder is a tracker of its name and has `open_tracker(settings)`. One of another package is an entry
point of the group `feedback_assets.trackers` that names such a function.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.tickets.tracker import Tracker

ENTRY_POINTS = "feedback_assets.trackers"
_FUNCTION = "open_tracker"
TrackerFactory = Callable[[Settings], Tracker]


def tracker_names() -> list[str]:
    """Names that `FEEDBACK_TRACKER` may have, sorted."""
    return sorted({*_packaged(), *_installed()})


def open_tracker(settings: Settings) -> Tracker:
    """The tracker that the settings choose.

    Raises:
        CallError: There is none of that name, or it cannot be loaded.
        TrackerError: It refuses its settings.
    """
    return _factory(settings.tracker)(settings)


def _packaged() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__)]


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _factory(name: str) -> TrackerFactory:
    if name in _packaged():
        factory: TrackerFactory = getattr(import_module(f"{__name__}.{name}"), _FUNCTION)
        return factory
    installed = _installed()
    if name not in installed:
        names = tracker_names()
        nearest = get_close_matches(name, names, n=1, cutoff=0.0)
        raise CallError(
            f"FEEDBACK_TRACKER={name}: there is no tracker of this name; there are {', '.join(names)}; "
            f"write {nearest[0]}, or install the package that has {name}"
        )
    point = installed[name]
    try:
        loaded: TrackerFactory = point.load()
    except (ImportError, AttributeError) as error:
        raise CallError(
            f"FEEDBACK_TRACKER={name}: {point.value} cannot be loaded: {error}; correct the entry point of its package"
        ) from error
    return loaded
