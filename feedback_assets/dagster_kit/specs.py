"""What a table's asset looks like to Dagster: spec, dependencies, checks, all derived from `tables`.

Nothing here reads, computes or writes; that is `day_step` and `io_manager`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dagster as dg

from feedback_assets.dagster_kit.automation import with_its_table
from feedback_assets.dagster_kit.partitions import DAYS, window
from feedback_assets.dagster_kit.resources import LAKE_IO
from feedback_assets.tables import Table

# (table, mapping) or (table, mapping, columns); a table without days has no mapping.
Input = (
    tuple[Table, dg.TimeWindowPartitionMapping | None]
    | tuple[Table, dg.TimeWindowPartitionMapping | None, Sequence[str] | None]
)
# Must be up to date first, without being read.
Dep = dg.AssetDep | tuple[Table, dg.PartitionMapping | None]


def asset_key(table: Table) -> dg.AssetKey:
    """The table's key as Dagster writes it."""
    return dg.AssetKey(list(table.key))


def upstream_deps(inputs: Iterable[Input], more: Sequence[Dep]) -> list[dg.AssetDep]:
    """One dep for each upstream table; a table read over two windows is declared over both."""
    windows: dict[dg.AssetKey, tuple[int, int] | None] = {}
    for table, mapping, *_ in inputs:
        if not table.by_day:
            windows[asset_key(table)] = None
            continue
        first, last = (0, 0) if mapping is None else (mapping.start_offset, mapping.end_offset)
        known = windows.get(asset_key(table)) or (first, last)
        windows[asset_key(table)] = (min(first, known[0]), max(last, known[1]))
    read = [dg.AssetDep(key, partition_mapping=bounds and window(*bounds)) for key, bounds in windows.items()]
    order_only = [
        dep if isinstance(dep, dg.AssetDep) else dg.AssetDep(asset_key(dep[0]), partition_mapping=dep[1])
        for dep in more
    ]
    return [*read, *(dep for dep in order_only if dep.asset_key not in windows)]


def check_specs(outputs: Sequence[Table], names: Sequence[str]) -> list[dg.AssetCheckSpec]:
    """The blocking checks: the contract of each table, and the named ones on the first."""
    contracts = [
        dg.AssetCheckSpec(
            "contract",
            asset=asset_key(table),
            blocking=True,
            automation_condition=with_its_table(asset_key(table)),
            description="Types, nulls, allowed values, ranges and the key of every day; a failing day is not written.",
        )
        for table in outputs
    ]
    return contracts + [dg.AssetCheckSpec(name, asset=asset_key(outputs[0]), blocking=True) for name in names]


def asset_spec(
    table: Table,
    deps: list[dg.AssetDep],
    kinds: Sequence[str],
    code_version: str,
) -> dg.AssetSpec:
    """The asset of a table as its page shows it: owner, group, description, kinds and columns."""
    spec = dg.AssetSpec(
        asset_key(table),
        deps=deps,
        description=table.description,
        group_name=table.group,
        owners=[f"team:{table.owner}"],
        kinds={"deltalake", "pandas", *kinds},
        metadata={"dagster/column_schema": _column_schema(table), "primary_key": ", ".join(table.primary_key)},
        code_version=code_version,
        partitions_def=DAYS,
        skippable=True,
    )
    return spec.with_io_manager_key(LAKE_IO)


def _column_schema(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.kind,
                column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
                tags={"volatile": ""} if column.volatile else None,
            )
            for column in table.columns
        ]
    )
