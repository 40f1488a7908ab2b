"""The `feedback doctor` command: looks at everything an installation needs and says what to fix."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from feedback_assets import tables
from feedback_assets.classification.cascade.classifier import read_labelled
from feedback_assets.classification.llm.language_model import ModelSettingsError, Request, RetryPolicy
from feedback_assets.classification.llm.prompt import load_prompt, unknown_labels
from feedback_assets.classification.loader import open_model
from feedback_assets.classification.model.out_of_field import OUT_OF_FIELD, load_out_of_field
from feedback_assets.config.prompts_folder import load_config, unknown_labels_in_patterns
from feedback_assets.config.settings import Settings
from feedback_assets.config.word_files import VALENCE, load_valence
from feedback_assets.errors import CallError, OutsideError
from feedback_assets.files.landing_files import Landing
from feedback_assets.installation import Installation
from feedback_assets.lake.store import Lake, LakeError
from feedback_assets.orchestration.upgrade import require_current
from feedback_assets.tickets.trackers import open_tracker

_WORD = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
_HELLO = Request(
    "doctor", [{"role": "user", "content": "Answer with the word yes."}], {**_WORD, "additionalProperties": False}
)


class Finding(NamedTuple):
    """One thing looked at."""

    what: str
    good: bool
    message: str


def doctor_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check the installation and say what to fix; exit 1 when something must be."""
    findings = list(examine(Installation.of(context).settings))
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        console = Console()
        for finding in findings:
            console.print(f"{'[green]good[/green]' if finding.good else '[red]fix[/red]'}  {finding.what}: ", end="")
            console.print(finding.message, markup=False, highlight=False, soft_wrap=True)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at Python, folders, prompts, landing and lake, and ask the language model a word."""
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield Finding("dagster", True, version("dagster"))
    yield _writable("home", settings.home.resolve())
    yield _prompts(settings)
    yield Finding("landing", True, _landed(settings))
    yield _layout(settings)
    yield from _tables(Lake(settings.lake_root, settings.storage))
    yield _tracker(settings)
    yield _model(settings)


def _writable(what: str, folder: Path) -> Finding:
    place = folder
    while not place.exists():
        place = place.parent
    good = os.access(place, os.W_OK)
    return Finding(what, good, f"{folder}" if good else f"{place} cannot be written; choose another with FEEDBACK_HOME")


def _prompts(settings: Settings) -> Finding:
    """Whether every file of the prompts folder can be used, alone and with the others."""
    folder = settings.prompts_dir
    try:
        config = load_config(folder)
        taxonomy = config.taxonomy
        load_prompt(folder / "classify.md", taxonomy)
        left_out = unknown_labels(folder / "classify.md", taxonomy)
        read_labelled(folder, taxonomy)
        load_out_of_field(folder / OUT_OF_FIELD)
        load_valence(folder / VALENCE, taxonomy.languages)
        if config.labels.classification.encoder != "none":
            # Imported here: it brings scikit-learn, which takes seconds.
            from feedback_assets.classification.model.encoder import check_installed

            check_installed()
    except CallError as error:
        return Finding("prompts", False, str(error))
    lines = [f"{folder}, taxonomy {taxonomy.version}, {len(taxonomy.categories)} categories"]
    lines += [f"the prompt leaves out an example: {folder / 'classify.md'}: {label}" for label in left_out]
    lines += [f"a pattern has no effect: {fault}" for fault in unknown_labels_in_patterns(folder, taxonomy)]
    return Finding("prompts", True, "\n".join(lines))


def _layout(settings: Settings) -> Finding:
    """Whether an older version made the home; the command that brings it up to date."""
    try:
        require_current(settings)
    except CallError as error:
        return Finding("layout", False, str(error))
    return Finding("layout", True, "of this version")


def _landed(settings: Settings) -> str:
    landing = Landing(settings.landing_root, settings.storage)
    counts = {stream: len(days) for stream, days in landing.day_folders(tables.STREAMS).items()}
    landed = ", ".join(f"{stream} {days} days" for stream, days in counts.items() if days)
    return landed or "nothing landed yet; try feedback import FILE"


def _tables(lake: Lake) -> Iterator[Finding]:
    there = 0
    for table in tables.ALL:
        try:
            there += lake.dataset(table) is not None
        except LakeError as error:
            yield Finding("table", False, str(error))
    yield Finding("lake", True, f"{there} of {len(tables.ALL)} tables in {lake.root}")


def _tracker(settings: Settings) -> Finding:
    try:
        tracker = open_tracker(settings)
    except (CallError, OutsideError) as error:
        return Finding("tracker", False, str(error))
    return Finding("tracker", True, tracker.name)


def _model(settings: Settings) -> Finding:
    """What the language model answers to one request; it is billed for some forty tokens."""
    try:
        model = open_model(settings)
    except ModelSettingsError as error:
        return Finding("language model", False, str(error))
    if model is None:
        return Finding("language model", True, "none; rules and the local model answer")
    # Who waits for a doctor wants to know now: one retry, for a connection that just broke.
    model = replace(model, retry_policy=RetryPolicy(attempts=2, longest_seconds=5.0))
    reply = model.ask([_HELLO], lambda request, reply: None)[0]
    where = f"{settings.model_provider} {settings.model_deployment} at {settings.model_endpoint or 'api.openai.com'}"
    if reply.outcome != "answered":
        return Finding("language model", False, f"{where}: {reply.detail}; until then the local model's answers stand")
    return Finding("language model", True, f"{where}, answers as {reply.model_version}")
