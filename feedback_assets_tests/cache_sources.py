"""Which modules of this project a row-wise function reaches, to compare with those its cache is versioned by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import grimp

# Reading, writing and settings: they bring rows, they do not make them.
_BRING_ROWS = tuple(
    f"feedback_assets.{name}"
    for name in (
        "config.settings",
        "config.hash_key",
        "errors",
        "files.object_stores",
        "files.store_marker",
        "files.whole_files",
        "lake",
        "personal",
    )
)


@lru_cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("feedback_assets")


def uncovered(function: str, sources: Iterable[str]) -> list[str]:
    """Modules that the module of a row-wise function imports, directly or not, and no source covers."""
    graph = _graph()
    reached = {function, *graph.find_upstream_modules(function)}
    covered = tuple(f"feedback_assets.{source.removesuffix('.py').replace('/', '.')}" for source in sources)
    return sorted(
        module
        for module in reached
        if not any(module == name or module.startswith(f"{name}.") for name in (*covered, *_BRING_ROWS))
    )
