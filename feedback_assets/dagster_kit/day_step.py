"""One step of a day asset: inputs, body, contract, commit, checks and metadata, for a day or a range alike.

What a table means is not here, and how Delta commits is in `lake.store`.
"""

from __future__ import annotations

import gc
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import dagster as dg
import pandas as pd

from feedback_assets import tables
from feedback_assets.dagster_kit.io_manager import RECOMPUTATIONS, ComputedDays, commit
from feedback_assets.dagster_kit.resources import LAKE, LAKE_IO
from feedback_assets.dagster_kit.specs import Input, asset_key
from feedback_assets.lake import contract, frames
from feedback_assets.lake.contract import DayCheck, Failures
from feedback_assets.lake.frames import refuse_outside, with_days
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import DayConflictError, Lake, days_between
from feedback_assets.tables import Table

# Metadata lives in the event log: beyond this many days only totals are kept.
_DAYS_SHOWN = 31
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


@dataclass(frozen=True)
class Declaration:
    """What a decorator declares of an asset by day; its arguments stand in `day_assets.day_asset`."""

    body: Callable[..., Any]
    outputs: tuple[Table, ...]
    ins: Mapping[str, Input]
    checks: tuple[str, ...]
    code_version: str
    lease_seconds: Callable[..., float] | None

    @cached_property
    def body_resources(self) -> frozenset[str]:
        """The parameters of the body that are resources."""
        return frozenset(inspect.signature(self.body).parameters) - {"context", *self.ins}

    @cached_property
    def lease_resources(self) -> frozenset[str]:
        """The parameters of `lease_seconds`, all resources."""
        return frozenset(inspect.signature(self.lease_seconds).parameters) if self.lease_seconds else frozenset()

    @property
    def resource_keys(self) -> frozenset[str]:
        """Every resource the step needs."""
        return self.body_resources | self.lease_resources | {LAKE, LAKE_IO}


def run_days(context: dg.AssetExecutionContext) -> list[date]:
    """The days this run was asked for, in order: one, or a contiguous range."""
    window = context.partition_time_window
    return days_between(window.start.date(), window.end.date())


def run_step(context: dg.AssetExecutionContext, declaration: Declaration) -> Iterator[dg.Output | dg.AssetCheckResult]:
    """Compute the run's days of one asset under its lease, if it has one.

    Raises:
        RetryRequested: Another run wrote the same days meanwhile; the step computes them again.
        LayoutError: Another version made the lake; nothing was computed.
    """
    _lake(context).claim_layout()  # before the body: what it does outside the lake could not be taken back
    with _lease(context, declaration):
        yield from _compute(context, declaration)


def _lake(context: dg.AssetExecutionContext) -> Lake:
    return getattr(context.resources, LAKE)


def _resources(context: dg.AssetExecutionContext, keys: frozenset[str]) -> dict[str, Any]:
    return {key: getattr(context.resources, key) for key in keys}


@contextmanager
def _lease(context: dg.AssetExecutionContext, declaration: Declaration) -> Iterator[None]:
    """Hold the asset's lease, if it has one, until its last output is committed: each is while the step waits."""
    if declaration.lease_seconds is None:
        yield
        return
    lake = _lake(context)
    seconds = declaration.lease_seconds(**_resources(context, declaration.lease_resources))
    with held(
        lake.root,
        declaration.outputs[0].key[1],
        context.run.run_id,
        lambda: datetime.now(UTC),
        seconds,
        lake.options,
        patience=seconds,
        on_wait=context.log.info,
    ):
        yield


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Let Python look for cycles after many more new objects than usual.

    A body makes millions of rows that live until it ends; looking through them again and again was a sixth of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _compute(context: dg.AssetExecutionContext, declaration: Declaration) -> Iterator[dg.Output | dg.AssetCheckResult]:
    started = time.monotonic()
    lake = _lake(context)
    days = run_days(context)
    start, end = days[0], days[-1] + timedelta(days=1)
    seen = {table.name: lake.files(table, start, end) for table in declaration.outputs}
    arguments = _arguments(context, declaration, days)
    try:
        with _fewer_collections():
            computed, checks = _unpack(declaration, declaration.body(**arguments))
    except DayConflictError as error:  # what it read changed while another engine read it too
        raise dg.RetryRequested(max_retries=RECOMPUTATIONS) from error
    for table in declaration.outputs:
        refuse_outside(computed[table.name], table, start, end)
    contract_results = {
        table.name: contract.check_contract(computed[table.name], table) for table in declaration.outputs
    }
    failing = _merged(
        [
            *(contract_result.failures for contract_result in contract_results.values()),
            *(check.failures for check in checks),
        ]
    )
    origin = {
        "run_id": context.run.run_id,
        "partition": str(days[0]) if len(days) == 1 else f"{days[0]}...{days[-1]}",
        "code_version": declaration.code_version,
    }
    results = [
        ComputedDays(
            table,
            computed[table.name],
            days,
            seen[table.name],
            failing,
            contract_results[table.name],
            {**origin, "asset": table.name},
            started,
        )
        for table in declaration.outputs
    ]
    if failing:
        _write_good_days(context, lake, results)
        yield from _check_results(results, checks)
        return
    yield from _check_results(results, checks)
    for result in results:
        key = asset_key(result.table)
        for day, rows in _rows(result).items():
            shown = {"dagster/partition_row_count": rows, **(_shown(result) if day == days[-1] else {})}
            context.add_asset_metadata(shown, asset_key=key, partition_key=str(day))
        # Of the run, not of the table: Dagster's own name for it would be shown as the table's size.
        totals = {"rows": len(result.frame), "days": len(days)}
        yield dg.Output(result, output_name=key.to_python_identifier(), metadata=totals)


def _write_good_days(context: dg.AssetExecutionContext, lake: Lake, results: list[ComputedDays]) -> None:
    """Commit what may be committed and say so, without an Output, so that nothing after it runs."""
    for result in results:
        for day, rows in commit(lake, result).rows.items():
            context.log_event(
                dg.AssetMaterialization(
                    asset_key(result.table), partition=str(day), metadata={"dagster/partition_row_count": rows}
                )
            )


def _arguments(context: dg.AssetExecutionContext, declaration: Declaration, days: list[date]) -> dict[str, Any]:
    arguments = _resources(context, declaration.body_resources)
    if "context" in inspect.signature(declaration.body).parameters:
        arguments["context"] = context
    for name, (table, mapping, *columns) in declaration.ins.items():
        start, end = input_window(mapping, days) if table.by_day else (None, None)
        arguments[name] = _lake(context).read(table, start, end, columns[0] if columns else None)
    return arguments


def input_window(mapping: dg.TimeWindowPartitionMapping | None, days: Sequence[date]) -> tuple[date, date]:
    """The half-open window of upstream days that a mapping gives for the run's days."""
    first, last = (0, 0) if mapping is None else (mapping.start_offset, mapping.end_offset)
    return days[0] + timedelta(days=first), days[-1] + timedelta(days=last + 1)


def _unpack(declaration: Declaration, returned: Any) -> tuple[dict[str, pd.DataFrame], list[DayCheck]]:
    """The frames by table name and the room's own checks.

    Raises:
        DagsterInvariantViolationError: The body returned something else, or not the checks it declaration.
    """
    value, checks = returned if isinstance(returned, tuple) else (returned, [])
    frame_of: dict[str, pd.DataFrame]
    frame_of = {declaration.outputs[0].name: value} if isinstance(value, pd.DataFrame) else value
    names = [table.name for table in declaration.outputs]
    if sorted(frame_of) != sorted(names):
        raise dg.DagsterInvariantViolationError(f"the body returned {sorted(frame_of)}, declared are {sorted(names)}")
    if sorted(check.name for check in checks) != sorted(declaration.checks):
        returned_names = sorted(check.name for check in checks)
        raise dg.DagsterInvariantViolationError(
            f"the body returned checks {returned_names}, declared are {declaration.checks}"
        )
    return {name: with_days(frame_of[name], tables.by_name(name)) for name in names}, list(checks)


def _check_results(results: list[ComputedDays], checks: list[DayCheck]) -> Iterator[dg.AssetCheckResult]:
    for result in results:
        more: dict[str, Any] = {"rows": len(result.frame), "days": len(result.days)}
        if result.contract_result.new_columns:
            more["new_columns"] = ", ".join(result.contract_result.new_columns)
        yield _check_result("contract", result.table, result.contract_result.failures, more)
    for check in checks:
        yield _check_result(check.name, results[0].table, check.failures, dict(check.metadata))


def _check_result(name: str, table: Table, failures: Failures, more: dict[str, Any]) -> dg.AssetCheckResult:
    shown = {str(day): "\n".join(texts) for day, texts in sorted(failures.items())[:_DAYS_SHOWN]}
    outcome = f"{len(failures)} days fail and were not written" if failures else "every day passes"
    return dg.AssetCheckResult(
        passed=not failures,
        check_name=name,
        asset_key=asset_key(table),
        severity=dg.AssetCheckSeverity.ERROR,
        description=outcome,
        metadata={**more, "failing_days": len(failures), **shown},
    )


def _shown(result: ComputedDays) -> dict[str, Any]:
    """What the asset page shows of a run, kept once, with its last day: the event log stores every copy."""
    shown: dict[str, Any] = {}
    if len(result.days) <= _DAYS_SHOWN:
        shown["rows_by_day"] = {str(day): rows for day, rows in _rows(result).items()}
    if result.contract_result.new_columns:
        shown["new_columns"] = ", ".join(result.contract_result.new_columns)
    if result.table.shows_sample and len(result.frame):
        shown["sample"] = dg.MetadataValue.md(frames.markdown(result.frame, result.table))
    return shown


def _rows(result: ComputedDays) -> dict[date, int]:
    counts = result.frame["day"].value_counts()
    return {day: int(counts.get(day, 0)) for day in result.days}


def _merged(parts: list[Failures]) -> Failures:
    merged: Failures = {}
    for part in parts:
        for day, texts in part.items():
            merged.setdefault(day, []).extend(texts)
    return merged
