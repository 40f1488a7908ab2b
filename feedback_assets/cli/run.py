"""The `feedback run` command: says what it will do, shows progress, and can be interrupted and run again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings
from feedback_assets.installation import Installation
from feedback_assets.orchestration.upgrade import require_current

if TYPE_CHECKING:
    from feedback_assets.orchestration.runner import Block, BlockResult, RunEnvironment

# Seconds below which a stage without rows is not worth a line.
_WORTH_SHOWING = 1.0


def run_command(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; else what waits.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run the days that wait, or a range, through every room.

    Interrupt it at any time: what was committed stays, and the same command finishes the rest.
    """
    console, settings = Console(stderr=True), Installation.of(context).settings
    planned, results = _run(console, settings, since, until, dry_run)
    from feedback_assets.orchestration.runner import notes_of

    notes = notes_of(results)
    if as_json:
        typer.echo(json.dumps(_as_json(planned, results, notes), indent=2))
    elif results:
        console.print(_stages(results))
    if not as_json:
        for text in notes:
            console.print(f"note: {text}", markup=False)
    failed = [result for result in results if not result.success]
    for result in failed:
        console.print(f"[red]{result.block} did not finish:[/red]")
        for text in result.failures:
            console.print(f"  {text}", markup=False)
    if failed:
        raise typer.Exit(3 if any(result.outside for result in failed) else 1)
    if results and not as_json:
        console.print(f"Tickets are in {settings.tickets_dir}. Next: feedback top, or make ui to look around.")


def _run(
    console: Console, settings: Settings, since: datetime | None, until: datetime | None, dry_run: bool
) -> tuple[list[Block], list[BlockResult]]:
    """What was planned, and what became of it."""
    require_current(settings)
    load_config(settings.prompts_dir)  # Refuses what is misspelt before anything runs.
    with console.status("Looking at what waits …"):
        from feedback_assets.definitions import build_defs
        from feedback_assets.orchestration import runner
        from feedback_assets.orchestration.dead_runs import mark_dead_runs
        from feedback_assets.orchestration.waiting_days import pending_days

        environment = runner.RunEnvironment(build_defs(settings), settings, runner.open_instance(settings))
        for dead in mark_dead_runs(environment.instance):
            console.print(f"Run {dead[:8]} had died; its days run again.")
        if since is not None or until is not None:
            if since is None or until is None or until < since:
                raise typer.BadParameter("give --from and --to together, --from first")
            planned = [runner.Block(since.date(), until.date())]
        else:
            planned = runner.blocks(pending_days(environment))
    _announce(console, planned)
    return planned, [] if dry_run else run_blocks(console, planned, environment)


def _announce(console: Console, planned: list[Block]) -> None:
    if not planned:
        console.print("Nothing waits. Land something with: feedback import FILE")
        return
    days = sum(block.days for block in planned)
    console.print(f"{days} days in {len(planned)} {'run' if len(planned) == 1 else 'runs'}: {_listed(planned)}")


def _listed(planned: list[Block]) -> str:
    shown = [str(block) for block in planned[:4]]
    return ", ".join(shown) + (f", … {len(planned) - 4} more" if len(planned) > 4 else "")


def run_blocks(console: Console, planned: list[Block], environment: RunEnvironment) -> list[BlockResult]:
    """Run blocks one after the other with a progress bar; stops at the first that fails."""
    from feedback_assets.orchestration import runner

    results: list[BlockResult] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    steps = len(environment.job.nodes) if planned else 0
    with Progress(*columns, console=console, transient=True) as progress:
        for block in planned:
            task = progress.add_task(f"{block}", total=steps)
            results.append(runner.run_block(block, environment, partial(_advance, progress, task, str(block))))
            progress.remove_task(task)
            if not results[-1].success:
                break
    return results


def _advance(progress: Progress, task: TaskID, block: str, step: str) -> None:
    progress.update(task, advance=1, description=f"{block} · {step}")


def _stages(results: list[BlockResult]) -> Table:
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for result in results:
        for stage in result.stages:
            rows[stage.name] = rows.get(stage.name, 0) + stage.rows
            seconds[stage.name] = seconds.get(stage.name, 0.0) + stage.seconds
    return stage_table([(name, rows[name], seconds[name]) for name in rows])


def stage_table(stages: Iterable[tuple[str, int, float]]) -> Table:
    """What each stage did: rows and seconds; checks write no rows and are left out when they took no time."""
    table = Table(Column("stage"), Column("rows", justify="right"), Column("seconds", justify="right"), box=None)
    for name, rows, seconds in stages:
        if rows or seconds >= _WORTH_SHOWING:
            table.add_row(name, f"{rows:,}", f"{seconds:.1f}")
    return table


def _as_json(planned: list[Block], results: list[BlockResult], notes: list[str]) -> dict[str, object]:
    return {
        "blocks": [{"from": str(block.first), "to": str(block.last), "days": block.days} for block in planned],
        "success": all(result.success for result in results),
        "stages": [
            {"block": str(result.block), "name": stage.name, "rows": stage.rows, "seconds": round(stage.seconds, 3)}
            for result in results
            for stage in result.stages
        ],
        "failures": [text for result in results for text in result.failures],
        "warnings": notes,
    }
