"""How Dagster commits to the lake and reads from it: the IO manager, and rows on their way to it.

What is computed before the commit is in `day_step`; how Delta works is in `lake.store`.
"""

# No postponed annotations here: Dagster reads the one of `context` itself.
import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.dagster_kit.resources import LAKE, LAKE_IO
from feedback_assets.lake.contract import ContractResult, Failures
from feedback_assets.lake.store import DayConflictError, Lake, WriteReport
from feedback_assets.tables import Table

# Two runs on the same days are rare; a third loss in a row means something else is wrong.
RECOMPUTATIONS = 3


@dataclass(frozen=True)
class ComputedDays:
    """The rows of one table for the days of a run, on their way to the commit.

    Attributes:
        table: Whose rows.
        frame: The rows of all days.
        days: The run's days, in order.
        seen: The data files of those days before the rows were computed; the commit fails if they changed.
        failing: Days not to be written, and why.
        contract_result: The result of the contract check of the frame.
        origin: Run, asset, partition and code version, kept with the commit.
        started: When the step began, by `time.monotonic`.
    """

    table: Table
    frame: pd.DataFrame
    days: list[date]
    seen: frozenset[str]
    failing: Failures
    contract_result: ContractResult
    origin: dict[str, str]
    started: float


class LakeIOManager(dg.IOManager):
    """Commits what a day asset computed, and reads upstream days for notebooks."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def handle_output(self, context: dg.OutputContext, obj: ComputedDays) -> None:
        """Commit the rows of one table for the days of the run, in one commit.

        Raises:
            RetryRequested: Another run wrote the same days meanwhile; the step computes them again.
        """
        commit(self.lake, obj)
        context.add_output_metadata({"seconds": round(time.monotonic() - obj.started, 3)})

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The days of an upstream table as a frame, for `Definitions.load_asset_value` and notebooks."""
        table = tables.by_name(context.asset_key.to_user_string())
        if not context.has_asset_partitions:
            return self.lake.read(table)
        window = context.asset_partitions_time_window
        return self.lake.read(table, window.start.date(), window.end.date())


@dg.io_manager(required_resource_keys={LAKE})
def lake_io(context: dg.InitResourceContext) -> LakeIOManager:
    """The IO manager over the resource `lake`, so that whoever replaces the lake replaces both."""
    return LakeIOManager(getattr(context.resources, LAKE))


def lake_resources(lake: Lake) -> dict[str, Any]:
    """The lake as the resources that day assets need of it."""
    return {LAKE: lake, LAKE_IO: lake_io}


def commit(lake: Lake, computed: ComputedDays) -> WriteReport:
    """Write the days that may be written.

    Raises:
        RetryRequested: Another run wrote the same days meanwhile; the step computes them again.
    """
    try:
        return lake.write_days(
            computed.table,
            computed.frame,
            computed.days[0],
            computed.days[-1] + timedelta(days=1),
            computed.origin,
            seen=computed.seen,
            failing=computed.failing,
            checked=computed.contract_result,
        )
    except DayConflictError as error:
        raise dg.RetryRequested(max_retries=RECOMPUTATIONS) from error
