"""The `feedback demo` command: a fresh home, the story of a seed, every room, the score against the planted truth."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets.errors import CallError
from feedback_assets.installation import Installation

DEFAULT_SEED = 7
# Written into a home the demo made, so that it never empties a folder that holds anything else.
_MARKER = ".made-by-feedback-demo"


def demo_command(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = DEFAULT_SEED,
    folder: Annotated[Path, typer.Option(help="Where the demo's homes are made, one a seed.")] = Path("feedback-demo"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Land the bundled story, run every room, score it."""
    home = _fresh_home(folder / f"seed-{seed}")
    installation = Installation.of(context).but(home=home)
    if installation.settings.models is None:
        # The local model depends on the prompts alone, so one training serves every seed.
        installation = installation.but(models=home.parent / "models")
    context.obj = installation  # for the commands whose output is shown at the end
    console = Console(stderr=True)
    started = time.monotonic()
    done = _run_story(seed, installation, console)
    if as_json:
        typer.echo(json.dumps(done, indent=2, ensure_ascii=False))
    else:
        _show(context, done, home, time.monotonic() - started)
    if done["failures"]:
        raise typer.Exit(1)


def _run_story(seed: int, installation: Installation, console: Console) -> dict[str, Any]:
    """Generate, run and score; the object that `--json` prints."""
    from feedback_assets import tables
    from feedback_assets.cli.run import run_blocks
    from feedback_assets.definitions import build_defs
    from feedback_assets.demo.leaks import count_leaked, find_leaks
    from feedback_assets.demo.score import Stage, score
    from feedback_assets.demo.score_clusters import LINEAGE, score_clusters
    from feedback_assets.demo.score_labels import JUDGED, score_labels
    from feedback_assets.demo.score_releases import score_releases
    from feedback_assets.demo.story import generate
    from feedback_assets.orchestration.runner import Block, RunEnvironment, open_instance

    settings = installation.settings
    with console.status(f"Writing the story of seed {seed} …"):
        began = time.monotonic()
        story = generate(seed, settings.landing_root)
        wrote = Stage("story", story.items, round(time.monotonic() - began, 2))
    environment = RunEnvironment(build_defs(settings), settings, open_instance(settings))
    results = run_blocks(console, [Block(story.first_day, story.last_day)], environment)
    stages = [wrote] + [Stage(s.name, s.rows, round(s.seconds, 2)) for result in results for s in result.stages]
    lake = installation.lake
    with console.status("Scoring against the planted truth, looking for personal values …"):
        members = lake.read(tables.GOLD_CLUSTER_MEMBERS)
        scored = score(story.truth, lake.read(tables.TICKET_BATCH), members)
        scored = replace(
            scored,
            releases=score_releases(story.truth, lake.read(tables.GOLD_RELEASE_IMPACT), members),
            labels=score_labels(story.truth, lake.read(tables.GOLD_ITEMS, columns=JUDGED)),
            clusters=score_clusters(story.truth, members, lake.read(tables.GOLD_CLUSTERS, columns=LINEAGE)),
        )
        leaks = find_leaks(story.truth.values, [settings.home])
    done = scored.with_run(stages, count_leaked(story.truth.values, leaks)).as_dict()
    done["failures"] = [text for result in results for text in result.failures]
    return done


def _fresh_home(home: Path) -> Path:
    home = home.resolve()
    if home.exists() and not (home / _MARKER).exists():
        raise CallError(f"{home}: not made by the demo, so it is left alone; choose another with --folder")
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / _MARKER).touch()
    return home


def _show(context: typer.Context, done: dict[str, Any], home: Path, seconds: float) -> None:
    from feedback_assets.cli.run import stage_table
    from feedback_assets.priority.cli import top_command
    from feedback_assets.tickets.cli import tickets_command

    console = Console()
    console.rule("The top problems")
    top_command(context)
    console.rule("The tickets")
    tickets_command(context)
    console.rule("What each stage took")
    console.print(stage_table((stage["name"], stage["rows"], stage["seconds"]) for stage in done["stages"]))
    console.rule("The score against the planted truth")
    console.print(_planted(done["planted"]))
    missed = sum(not planted["found"] for planted in done["planted"])
    console.print(
        f"{len(done['planted']) - missed} of {len(done['planted'])} planted problems have a ticket, "
        f"{done['unmatched_tickets']} of {done['tickets']} tickets match nothing planted, "
        f"{done['decoys_ticketed']} decoys have one, {done['personal_values_leaked']} personal values leaked."
    )
    console.print(_labels(done))
    blamed = done["releases"]["problems"]
    console.print(
        f"The release behind it is suspected first for {sum(problem['right'] for problem in blamed)} of {len(blamed)} "
        f"problems a change caused; the seasonal rise raised {len(done['releases']['season_raised'])} releases."
    )
    shown = os.path.relpath(home)
    console.rule(f"Done in {seconds:.0f} s. What to open next")
    for line in (
        f"{shown}/tickets/  the tickets; open one in any Markdown viewer",
        f"make ui HOME_DIR={shown}  the graph, the runs, a page for every table",
        f"{_called()} import FILE  your own feedback; README.md has the five minutes",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def _planted(planted: list[dict[str, Any]]) -> Table:
    table = Table("planted", "product", "category", "ticket", box=None)
    for problem in planted:
        table.add_row(
            problem["kind"], problem["product"] or "-", problem["category"], problem["ticket"] or "[red]none[/red]"
        )
    return table


def _labels(done: dict[str, Any]) -> str:
    return (
        f"{_percent(done['item_accuracy'])} of {done['items_judged']} items have the right category, and "
        f"{_percent(done['right_at_0_9'])} of the {done['items_at_0_9']} with a confidence of 0.9 and more; "
        f"{_percent(done['praise_read_as_complaint'])} of praise, questions and remarks are read as a complaint. "
        f"{_percent(done['evidence_precision'])} of the quotes in tickets tell of their problem, and so does at least "
        f"{_percent(_rest(done['worst_foreign_members']))} of the members of each."
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _called() -> str:
    """How to call the command from here: by its name, or by its place while the environment is not active."""
    return "feedback" if shutil.which("feedback") else os.path.relpath(sys.argv[0])
