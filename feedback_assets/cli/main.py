"""`feedback …`: names the commands and loads only the one that is called, so that reading commands start at once.

What a command does is in the module named beside it; nothing is computed here.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import ValidationError

from feedback_assets.config.settings import load
from feedback_assets.errors import CallError, OutsideError
from feedback_assets.installation import Installation

CALL_WRONG, OUTSIDE_FAILED = 2, 3


class Command(NamedTuple):
    """Where a command lives and what `feedback --help` says of it."""

    module: str
    function: str
    help: str


COMMANDS = {
    "demo": Command("feedback_assets.cli.demo", "demo_command", "Land the bundled story, run every room, score it."),
    "import": Command("feedback_assets.landing.cli", "import_command", "Land a CSV, JSON, JSON Lines or Parquet file."),
    "run": Command("feedback_assets.cli.run", "run_command", "Run the days that wait, or a range, through every room."),
    "top": Command("feedback_assets.priority.cli", "top_command", "What drives the most negative feedback."),
    "classify": Command("feedback_assets.classification.cli", "classify_command", "Label a text."),
    "train": Command("feedback_assets.classification.cli", "train_command", "Train and measure a local model."),
    "evaluate": Command("feedback_assets.evaluation.cli", "evaluate_command", "Score the model on the golden set."),
    "prompts": Command("feedback_assets.cli.prompts", "app", "Plan, compare and start a change of prompts."),
    "releases": Command("feedback_assets.cli.releases", "releases_command", "Which releases are suspected of what."),
    "tickets": Command("feedback_assets.tickets.cli", "tickets_command", "List tickets, approve or release them."),
    "parity": Command("feedback_assets.spark.cli", "parity_command", "Compare silver on Spark with silver here."),
    "upgrade": Command("feedback_assets.cli.upgrade", "upgrade_command", "Bring an older home to this version."),
    "doctor": Command("feedback_assets.cli.doctor", "doctor_command", "Check the installation and say what to fix."),
}  # fmt: skip


def build(called: str | None) -> typer.Typer:
    """The application with the called command loaded and the others named only."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, help="Customer feedback in, proven fixes out.")
    app.callback()(_installation)
    for name, command in COMMANDS.items():
        body = _load(command) if name == called else _named(command)
        if isinstance(body, typer.Typer):
            app.add_typer(body, name=name)
        else:
            app.command(name, help=command.help if name != called else None)(body)
    return app


def main() -> None:
    """Run the command line; exit 0 done, 1 the answer is no, 2 the call was wrong, 3 an outside system failed."""
    called = _called(sys.argv[1:])
    try:
        build(called)()
    except ValidationError as error:
        _stop(_settings_faults(error), CALL_WRONG)
    except CallError as error:
        _stop(str(error), CALL_WRONG)
    except OutsideError as error:
        _stop(str(error), OUTSIDE_FAILED)
    except OSError as error:
        # Of a folder or file of the installation: full, read-only, not a folder. Anything without a name is a defect.
        if error.filename is None:
            raise
        fix = (
            "free space, or"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "make it a folder that can be written, or"
        )
        message = (
            f"{error.filename2 or error.filename}: {error.strerror}; {fix} choose another with --home or FEEDBACK_HOME"
        )
        _stop(message, OUTSIDE_FAILED)
    except Exception as error:
        # A command that opened Dagster's history has SQLAlchemy loaded; the others must not wait for it.
        log = import_module("feedback_assets.orchestration.event_log") if "sqlalchemy" in sys.modules else None
        if log is None or (message := log.refusal(error)) is None:
            raise
        _stop(message, OUTSIDE_FAILED)


def _called(words: Sequence[str]) -> str | None:
    """The command among the words of a call; the folder after --home may have the name of one."""
    return next((word for before, word in pairwise(["", *words]) if word in COMMANDS and before != "--home"), None)


def _stop(message: str, code: int) -> None:
    typer.echo(f"feedback: {message}", err=True)
    sys.exit(code)


def _settings_faults(error: ValidationError) -> str:
    """Each fault of the settings by the variable it came from."""
    if error.title != "Settings":
        raise error
    faults = ((" ".join(str(part) for part in fault["loc"][:1]), fault) for fault in error.errors())
    return "\n".join(
        f"FEEDBACK_{name.upper()} is {fault['input']!r}: {fault['msg']}; fix or unset it"
        if name
        else fault["msg"].removeprefix("Value error, ")
        for name, fault in faults
    )


def _installation(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder of landing, lake and tickets; else FEEDBACK_HOME.")] = None,
) -> None:
    context.obj = Installation(load) if home is None else Installation(load, home=home)


def _load(command: Command) -> Callable[..., Any] | typer.Typer:
    return getattr(import_module(command.module), command.function)


def _named(command: Command) -> Callable[..., Any]:
    def placeholder() -> None: ...

    placeholder.__doc__ = command.help
    return placeholder


if __name__ == "__main__":
    main()
