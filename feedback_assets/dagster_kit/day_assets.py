"""The decorators with which a room declares its assets by day, and what their bodies ask of the context.

A body gets frames and resources and returns frames. What happens around it is in `day_step`, what the asset looks like
to Dagster in `specs`.
"""

# No postponed annotations here: Dagster reads the one of `context` in the decorated function itself.
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from feedback_assets.dagster_kit.day_step import Declaration, run_days, run_step
from feedback_assets.dagster_kit.partitions import DAYS
from feedback_assets.dagster_kit.specs import Dep, Input, asset_key, asset_spec, check_specs, upstream_deps
from feedback_assets.tables import Table

__all__ = ["day_asset", "day_multi_asset", "run_days", "show_on_page"]


def show_on_page(context: dg.AssetExecutionContext, table: Table, values: Mapping[str, Any]) -> None:
    """Show values of a run on a table's page, once, with the run's last day."""
    last: date = run_days(context)[-1]
    context.add_asset_metadata(dict(values), asset_key=asset_key(table), partition_key=str(last))


def day_asset(
    table: Table,
    *,
    ins: Mapping[str, Input] | None = None,
    deps: Sequence[Dep] = (),
    checks: Sequence[str] = (),
    kinds: Sequence[str] = (),
    code_version: str = "1",
    lease_seconds: Callable[..., float] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the asset of one table by day.

    The body takes, by name: `context` if it wants it, each input of `ins` as a frame, and any other parameter as the
    resource of that key (see `resources`), such as `lake` for a self-read, which is not declared to Dagster.
    It returns a frame with the rows of all days of the run, or `(frame, [DayCheck, …])`.

    Partitions and automation are those of the installation: `definitions.build_defs` sets both.

    Args:
        table: What it computes.
        ins: Parameter -> (table, mapping) or (table, mapping, columns). The frame covers the days the mapping
            gives for the run's days; a table without days is read whole, its mapping is None.
        deps: What must be up to date first without being read: (table, mapping) or an `AssetDep`.
        checks: Names of blocking checks besides `contract`; the body returns a `DayCheck` for each.
        kinds: Shown on the asset besides deltalake and pandas.
        code_version: A label; change it with the meaning of the computation.
        lease_seconds: For what only one run at a time may do, from reading to the commit: how long its lease holds.
            Takes resources by name, as the body does. Another run waits as long.
    """
    return day_multi_asset(
        [table],
        ins=ins,
        deps=deps,
        checks=checks,
        kinds=kinds,
        code_version=code_version,
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
    lease_seconds: Callable[..., float] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the assets of several tables computed together; see `day_asset`.

    The body returns `{table.name: frame}` or `({table.name: frame}, [DayCheck, …])`. A day that fails in one
    table is held back in all of them. The checks named here belong to the first table.
    """

    def decorate(body: Callable[..., Any]) -> dg.AssetsDefinition:
        declaration = Declaration(body, tuple(outputs), ins or {}, tuple(checks), code_version, lease_seconds)
        upstream = upstream_deps(declaration.ins.values(), deps)
        name = getattr(body, "__name__", "_".join(outputs[0].key))

        @dg.multi_asset(
            name=name,
            description=inspect.getdoc(body),
            specs=[asset_spec(table, upstream, kinds, code_version) for table in outputs],
            check_specs=check_specs(outputs, checks),
            partitions_def=DAYS,
            backfill_policy=dg.BackfillPolicy.single_run(),
            required_resource_keys=set(declaration.resource_keys),
        )
        def compute(context: dg.AssetExecutionContext) -> Iterator[dg.Output | dg.AssetCheckResult]:
            yield from run_step(context, declaration)

        return compute

    return decorate
