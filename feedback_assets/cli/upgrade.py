"""The `feedback upgrade` command: brings a home of an older version to this one; options and printing only."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from feedback_assets.installation import Installation
from feedback_assets.orchestration.upgrade import StepResult, upgrade


def upgrade_command(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as JSON.")] = False,
) -> None:
    """Bring this home to what this version expects; a second call finds nothing to do.

    Interrupt it at any time: the same command goes on where it stopped.
    """
    results: list[StepResult] = []
    for result in upgrade(Installation.of(context).settings, dry_run=dry_run):
        results.append(result)
        if not as_json:
            typer.echo(f"{result.name}: {_outcome(result, dry_run=dry_run)}")
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], indent=2, ensure_ascii=False))
    elif not results:
        typer.echo("Nothing to upgrade.")


def _outcome(result: StepResult, *, dry_run: bool) -> str:
    if not result.needed:
        return "this home has nothing of it"
    return f"would be done: {result.summary}" if dry_run else result.done
