"""Who computes the cleaning of silver's rows: a resource of the asset, chosen by settings.

The engine of this process is here; those that send the rows elsewhere stand above the rooms, in `spark`.
"""

from __future__ import annotations

from typing import Any, Protocol

from feedback_assets.lake.store import Lake
from feedback_assets.silver.feedback import RowCleaner, clean_in_process


class RowEngine(Protocol):
    """Computes what each row needs by itself."""

    def cleaner(self, context: Any, lake: Lake) -> RowCleaner:
        """The row work of one step.

        Args:
            context: Of the step, for whoever launches a process of its own and reports what that says.
            lake: Where the rows are.
        """
        ...


class InProcessEngine:
    """The rows are computed where the step runs."""

    def cleaner(self, context: Any, lake: Lake) -> RowCleaner:
        """The row work of this process; neither the step nor the lake matter."""
        return clean_in_process
