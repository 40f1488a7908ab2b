"""How Dagster reads and writes the lake: the IO manager, and the decorators every room declares its assets with.

A body gets frames and returns frames; days, windows, contract, commit, metadata and what happens when a day
fails are here. What a table means is not.
"""

# No postponed annotations here: Dagster reads the one of `context` in the decorated function itself.
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
from dagster_deltalake.config import AzureConfig, GcsConfig, LocalConfig, S3Config
from pydantic import Field

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.dagster_kit.automation import when_landing_changes
from feedback_assets.dagster_kit.day_assets import IO_KEY, Dep, Input, asset_key, asset_spec, check_specs, upstream_deps
from feedback_assets.dagster_kit.partitions import DAYS
from feedback_assets.lake import contract, frames
from feedback_assets.lake.contract import DayCheck, Failures, Verdict
from feedback_assets.lake.frames import refuse_outside, with_days
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import DayConflictError, Lake, WriteReport, days_between
from feedback_assets.tables import Table

# Two runs on the same days are rare; a third loss in a row means something else is wrong.
_RECOMPUTATIONS = 3
# Metadata lives in the event log: beyond this many days only totals are kept.
_DAYS_SHOWN = 31
_OBJECTS_BETWEEN_COLLECTIONS = 200_000
_WHEN_LANDING_CHANGES = when_landing_changes()


class LakeIOManager(dg.ConfigurableIOManager):
    """The lake as a resource (`lake_io`): where it is and how to reach it.

    `day_asset` bodies may ask for it under the parameter name `lake`.
    """

    root: str = Field(description="Path or URL below which the Delta tables are.")
    storage: LocalConfig | S3Config | AzureConfig | GcsConfig = Field(
        default_factory=LocalConfig, discriminator="provider", description="How to reach the object store."
    )

    @cached_property
    def lake(self) -> Lake:
        """The store itself."""
        told = self.storage.model_dump(exclude_none=True, exclude={"provider"})
        # The settings are asked here and not written into this resource's configuration, which the UI shows.
        return Lake(self.root, {**load().storage, **{name: str(value) for name, value in told.items()}})

    def handle_output(self, context: dg.OutputContext, obj: "_Computed") -> None:
        """Commit the rows of one table for the days of the run, in one commit.

        Raises:
            RetryRequested: Another run wrote the same days meanwhile; the step computes them again.
        """
        _write(self.lake, obj)
        context.add_output_metadata({"seconds": round(time.monotonic() - obj.started, 3)})

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The days of an upstream table as a frame, for `Definitions.load_asset_value` and notebooks."""
        table = tables.by_name(context.asset_key.to_user_string())
        if not context.has_asset_partitions:
            return self.lake.read(table)
        window = context.asset_partitions_time_window
        return self.lake.read(table, window.start.date(), window.end.date())


@dataclass(frozen=True)
class _Computed:
    """The rows of one table for the days of a run, on their way to the commit."""

    table: Table
    frame: pd.DataFrame
    days: list[date]
    seen: frozenset[str]
    failing: Failures
    verdict: Verdict
    origin: dict[str, str]
    started: float


@dataclass(frozen=True)
class _Declared:
    """What a decorator was told."""

    body: Callable[..., Any]
    outputs: tuple[Table, ...]
    ins: Mapping[str, Input]
    checks: tuple[str, ...]
    code_version: str
    lease_seconds: Callable[[], float] | None


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The days this run was asked for, in order: one, or a contiguous range."""
    window = context.partition_time_window
    return days_between(window.start.date(), window.end.date())


def tell(context: dg.AssetExecutionContext, table: Table, told: Mapping[str, Any]) -> None:
    """Show something of a run on a table's page, once, with the run's last day."""
    context.add_asset_metadata(dict(told), asset_key=asset_key(table), partition_key=str(days_of(context)[-1]))


def day_asset(
    table: Table,
    *,
    ins: Mapping[str, Input] | None = None,
    deps: Sequence[Dep] = (),
    checks: Sequence[str] = (),
    kinds: Sequence[str] = (),
    code_version: str = "1",
    automation_condition: dg.AutomationCondition | None = _WHEN_LANDING_CHANGES,
    lease_seconds: Callable[[], float] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the asset of one table by day.

    The body takes, by name: `context` if it wants it, each input of `ins` as a frame, `lake` for the store
    itself (a self-read, which is not declared to Dagster), and any other parameter as the resource of that key.
    It returns a frame with the rows of all days of the run, or `(frame, [DayCheck, …])`.

    Args:
        table: What it computes.
        ins: Parameter -> (table, mapping) or (table, mapping, columns). The frame covers the days the mapping
            gives for the run's days; a table without days is read whole, its mapping is None.
        deps: What must be up to date first without being read: (table, mapping) or an `AssetDep`.
        checks: Names of blocking checks besides `contract`; the body returns a `DayCheck` for each.
        kinds: Shown on the asset besides deltalake and pandas.
        code_version: A label; change it with the meaning of the computation.
        automation_condition: When it runs by itself; None for what a sensor asks for.
        lease_seconds: For what only one run at a time may do, from reading to the commit: how long its lease holds.
            Another run waits as long.
    """
    return day_multi_asset(
        [table],
        ins=ins,
        deps=deps,
        checks=checks,
        kinds=kinds,
        code_version=code_version,
        automation_condition=automation_condition,
        lease_seconds=lease_seconds,
    )


def day_multi_asset(
    outputs: Sequence[Table],
    *,
    ins: Mapping[str, Input] | None = None,
    deps: Sequence[Dep] = (),
    checks: Sequence[str] = (),
    kinds: Sequence[str] = (),
    code_version: str = "1",
    automation_condition: dg.AutomationCondition | None = _WHEN_LANDING_CHANGES,
    lease_seconds: Callable[[], float] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the assets of several tables computed together; see `day_asset`.

    The body returns `{table.name: frame}` or `({table.name: frame}, [DayCheck, …])`. A day that fails in one
    table is held back in all of them. The checks named here belong to the first table.
    """

    def decorate(body: Callable[..., Any]) -> dg.AssetsDefinition:
        declared = _Declared(body, tuple(outputs), ins or {}, tuple(checks), code_version, lease_seconds)
        wanted = _resource_keys(declared)
        upstream = upstream_deps(declared.ins.values(), deps)
        name = getattr(body, "__name__", "_".join(outputs[0].key))

        @dg.multi_asset(
            name=name,
            description=inspect.getdoc(body),
            specs=[asset_spec(table, upstream, kinds, code_version, automation_condition) for table in outputs],
            check_specs=check_specs(outputs, checks),
            partitions_def=DAYS,
            backfill_policy=dg.BackfillPolicy.single_run(),
            required_resource_keys={IO_KEY, *wanted},
        )
        def compute(context: dg.AssetExecutionContext) -> Iterator[dg.Output | dg.AssetCheckResult]:
            with _alone(context, declared):
                yield from _run(context, declared, wanted)

        return compute

    return decorate


@contextmanager
def _alone(context: dg.AssetExecutionContext, declared: _Declared) -> Iterator[None]:
    """Hold the asset's lease, if it has one, until its last output is committed: each is while `compute` waits."""
    if declared.lease_seconds is None:
        yield
        return
    lake: Lake = getattr(context.resources, IO_KEY).lake
    seconds = declared.lease_seconds()
    with held(
        lake.root,
        declared.outputs[0].key[1],
        context.run.run_id,
        lambda: datetime.now(UTC),
        seconds,
        lake.options,
        patience=seconds,
        on_wait=context.log.info,
    ):
        yield


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let Python look for cycles after many more new objects than usual.

    A body makes millions of rows that live until it ends; looking through them again and again was a sixth of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _run(
    context: dg.AssetExecutionContext, declared: _Declared, wanted: frozenset[str]
) -> Iterator[dg.Output | dg.AssetCheckResult]:
    started = time.monotonic()
    lake: Lake = getattr(context.resources, IO_KEY).lake
    lake.claim_layout()  # before the body: what it does outside the lake could not be taken back
    days = days_of(context)
    start, end = days[0], days[-1] + timedelta(days=1)
    seen = {table.name: lake.files(table, start, end) for table in declared.outputs}
    arguments = _arguments(context, declared, wanted, lake, days)
    try:
        with _rarely_collected():
            computed, told = _unpack(declared, declared.body(**arguments))
    except DayConflictError as error:  # what it read changed while another engine read it too
        raise dg.RetryRequested(max_retries=_RECOMPUTATIONS) from error
    for table in declared.outputs:
        refuse_outside(computed[table.name], table, start, end)
    verdicts = {table.name: contract.judge(computed[table.name], table) for table in declared.outputs}
    failing = _merged([*(verdict.failures for verdict in verdicts.values()), *(check.failures for check in told)])
    origin = {
        "run_id": context.run.run_id,
        "partition": str(days[0]) if len(days) == 1 else f"{days[0]}...{days[-1]}",
        "code_version": declared.code_version,
    }
    results = [
        _Computed(
            table,
            computed[table.name],
            days,
            seen[table.name],
            failing,
            verdicts[table.name],
            {**origin, "asset": table.name},
            started,
        )
        for table in declared.outputs
    ]
    if failing:
        _write_good_days(context, lake, results)
        yield from _check_results(results, told)
        return
    yield from _check_results(results, told)
    for result in results:
        key = asset_key(result.table)
        for day, rows in _rows(result).items():
            told = {"dagster/partition_row_count": rows, **(_shown(result) if day == days[-1] else {})}
            context.add_asset_metadata(told, asset_key=key, partition_key=str(day))
        # Of the run, not of the table: Dagster's own name for it would be shown as the table's size.
        totals = {"rows": len(result.frame), "days": len(days)}
        yield dg.Output(result, output_name=key.to_python_identifier(), metadata=totals)


def _write(lake: Lake, result: _Computed) -> WriteReport:
    try:
        return lake.write_days(
            result.table,
            result.frame,
            result.days[0],
            result.days[-1] + timedelta(days=1),
            result.origin,
            seen=result.seen,
            failing=result.failing,
            verdict=result.verdict,
        )
    except DayConflictError as error:
        raise dg.RetryRequested(max_retries=_RECOMPUTATIONS) from error


def _write_good_days(context: dg.AssetExecutionContext, lake: Lake, results: list[_Computed]) -> None:
    """Commit what may be committed and say so, without an Output, so that nothing after it runs."""
    for result in results:
        for day, rows in _write(lake, result).rows.items():
            context.log_event(
                dg.AssetMaterialization(
                    asset_key(result.table), partition=str(day), metadata={"dagster/partition_row_count": rows}
                )
            )


def _arguments(
    context: dg.AssetExecutionContext,
    declared: _Declared,
    wanted: frozenset[str],
    lake: Lake,
    days: list[date],
) -> dict[str, Any]:
    arguments: dict[str, Any] = {key: getattr(context.resources, key) for key in wanted}
    names = inspect.signature(declared.body).parameters
    if "context" in names:
        arguments["context"] = context
    if "lake" in names:
        arguments["lake"] = lake
    for name, (table, mapping, *columns) in declared.ins.items():
        start, end = input_window(mapping, days) if table.by_day else (None, None)
        arguments[name] = lake.read(table, start, end, columns[0] if columns else None)
    return arguments


def input_window(mapping: dg.TimeWindowPartitionMapping | None, days: Sequence[date]) -> tuple[date, date]:
    """The half-open window of upstream days that a mapping gives for the run's days."""
    first, last = (0, 0) if mapping is None else (mapping.start_offset, mapping.end_offset)
    return days[0] + timedelta(days=first), days[-1] + timedelta(days=last + 1)


def _unpack(declared: _Declared, returned: Any) -> tuple[dict[str, pd.DataFrame], list[DayCheck]]:
    """The frames by table name and the room's own checks.

    Raises:
        DagsterInvariantViolationError: The body returned something else, or not the checks it declared.
    """
    value, told = returned if isinstance(returned, tuple) else (returned, [])
    found: dict[str, pd.DataFrame] = {declared.outputs[0].name: value} if isinstance(value, pd.DataFrame) else value
    names = [table.name for table in declared.outputs]
    if sorted(found) != sorted(names):
        raise dg.DagsterInvariantViolationError(f"the body returned {sorted(found)}, declared are {sorted(names)}")
    if sorted(check.name for check in told) != sorted(declared.checks):
        names = sorted(check.name for check in told)
        raise dg.DagsterInvariantViolationError(f"the body returned checks {names}, declared are {declared.checks}")
    return {name: with_days(found[name], tables.by_name(name)) for name in names}, list(told)


def _check_results(results: list[_Computed], told: list[DayCheck]) -> Iterator[dg.AssetCheckResult]:
    for result in results:
        more: dict[str, Any] = {"rows": len(result.frame), "days": len(result.days)}
        if result.verdict.new_columns:
            more["new_columns"] = ", ".join(result.verdict.new_columns)
        yield _check_result("contract", result.table, result.verdict.failures, more)
    for check in told:
        yield _check_result(check.name, results[0].table, check.failures, dict(check.metadata))


def _check_result(name: str, table: Table, failures: Failures, more: dict[str, Any]) -> dg.AssetCheckResult:
    shown = {str(day): "\n".join(texts) for day, texts in sorted(failures.items())[:_DAYS_SHOWN]}
    told = f"{len(failures)} days fail and were not written" if failures else "every day passes"
    return dg.AssetCheckResult(
        passed=not failures,
        check_name=name,
        asset_key=asset_key(table),
        severity=dg.AssetCheckSeverity.ERROR,
        description=told,
        metadata={**more, "failing_days": len(failures), **shown},
    )


def _shown(result: _Computed) -> dict[str, Any]:
    """What the asset page shows of a run, kept once, with its last day: the event log stores every copy."""
    shown: dict[str, Any] = {}
    if len(result.days) <= _DAYS_SHOWN:
        shown["rows_by_day"] = {str(day): rows for day, rows in _rows(result).items()}
    if result.verdict.new_columns:
        shown["new_columns"] = ", ".join(result.verdict.new_columns)
    if result.table.shows_sample and len(result.frame):
        shown["sample"] = dg.MetadataValue.md(frames.markdown(result.frame, result.table))
    return shown


def _rows(result: _Computed) -> dict[date, int]:
    counts = result.frame["day"].value_counts()
    return {day: int(counts.get(day, 0)) for day in result.days}


def _merged(parts: list[Failures]) -> Failures:
    merged: Failures = {}
    for part in parts:
        for day, texts in part.items():
            merged.setdefault(day, []).extend(texts)
    return merged


def _resource_keys(declared: _Declared) -> frozenset[str]:
    return frozenset(inspect.signature(declared.body).parameters) - {"context", "lake", *declared.ins}
