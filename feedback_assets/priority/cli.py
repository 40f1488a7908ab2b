"""`feedback top`: what drives the most negative feedback. Options and printing only; the answer comes from `top.py`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from feedback_assets.installation import Installation
from feedback_assets.priority.top import LONGEST_WINDOW, Top, top_problems


def top_command(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_WINDOW, help="Length of the window in days.")] = 7,
    limit: Annotated[int, typer.Option(min=1, help="Most problems shown.")] = 10,
    day: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; the newest scored day if not given.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    members: Annotated[int, typer.Option(min=0, help="Print so many members of each, drawn at random.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the drawing.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What drives the most negative feedback: the first problems by score, with counts and decision."""
    from feedback_assets.config.taxonomy import load_taxonomy

    installation = Installation.of(context)
    settings = installation.settings
    taxonomy = load_taxonomy(installation.prompts / "taxonomy.yaml")
    top = top_problems(
        settings.lake_root,
        days,
        limit,
        _parsed_day(day),
        category,
        members,
        seed,
        left_out=taxonomy.unactionable,
        options=settings.storage,
    )
    if top.day is None:
        # An endpoint that is no store reads as an empty lake; opening the lake reads its mark back and refuses it.
        _ = installation.lake
    if as_json:
        typer.echo(json.dumps(asdict(top), ensure_ascii=False, indent=2))
    elif top.day is None:
        typer.echo("Nothing is scored yet. Land feedback with `feedback import FILE`, then `feedback run`.")
    elif not top.problems:
        typer.echo(f"No problems in the {days} days up to {top.day}.")
    else:
        _show(top)


def _parsed_day(day: str | None) -> date | None:
    try:
        return date.fromisoformat(day) if day else None
    except ValueError as error:
        raise typer.BadParameter(
            f"{day!r} is no day; write YYYY-MM-DD, such as 2026-01-31", param_hint="--day"
        ) from error


def _show(top: Top) -> None:
    """Fits 80 columns: the owner stands under the problem, and the product only where the title lacks it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(title=f"Top problems, {top.days} days up to {top.day}", title_justify="left", box=None)
    for name, right in (
        ("#", True), ("problem, and who owns it", False), (f"{top.days} d", True), ("28 d", True), ("lift", True),
        ("decision", False), ("ticket", False),
    ):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", no_wrap=not name.startswith("problem"))
    for problem in top.problems:
        product = problem.product if problem.product and problem.product not in problem.title else None
        details = " · ".join(part for part in (problem.owner, product) if part)
        what = Text(problem.title).append(f"\n{details}", style="dim")
        if problem.quotes:
            what.append(f"\n“{' '.join(problem.quotes[0].split())}”", style="italic")
        decision = f"{problem.decision} {problem.level or ''}".strip()
        counts = (str(problem.issues), str(problem.issues_28d), f"{problem.lift:.1f}x")
        table.add_row(str(problem.rank), what, *counts, decision, problem.ticket or "")
    console.print(table)
    console.print(f"{top.days} d, 28 d: issues in so many days; lift: against what was expected", style="dim")
    for problem in top.problems:
        if problem.members:
            console.print(f"\n[bold]{problem.rank}.[/bold] {problem.title}", highlight=False)
        for quote in problem.members:
            console.print(
                f"   {quote.day} {quote.language}  {quote.quote or quote.text}", highlight=False, markup=False
            )
