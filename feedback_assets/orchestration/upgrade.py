"""`feedback upgrade`: the steps that bring a home of an older version to what this version expects.

A step is small, safe to run twice and after a kill in its middle. What it does is here or in a module beside it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feedback_assets.classification import upgrade as classification_upgrade
from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import Lake
from feedback_assets.orchestration import instance_file
from feedback_assets.tickets import upgrade as ticket_upgrade

# Renewed by nobody: longer than rewriting the largest table takes. One that died here is noticed at once.
_LEASE_SECONDS = 3600.0


@dataclass(frozen=True)
class Home:
    """What a step works on.

    Attributes:
        settings: Where the home's folders are.
        lake: Its lake, which may be of an older layout.
    """

    settings: Settings
    lake: Lake


@dataclass(frozen=True)
class Step:
    """One change of what a home holds.

    Attributes:
        name: As in `lake.layout.CHANGES` for a change of the lake; a few words with underscores.
        summary: What changes, a short sentence for a person.
        is_needed: Whether this home still has the older form. Cheap: for a change of files outside the lake it is asked
            before each run.
        apply: Makes the change and says what it did, such as "41 rows rewritten". Running it again, or after a kill in
            its middle, ends the same.
    """

    name: str
    summary: str
    is_needed: Callable[[Home], bool]
    apply: Callable[[Home], str]


@dataclass(frozen=True)
class StepResult:
    """What became of one step.

    Attributes:
        name: The step's name.
        summary: What it changes.
        needed: Whether the home had the older form.
        done: What was done; empty when nothing was, or on a dry run.
    """

    name: str
    summary: str
    needed: bool
    done: str = ""


# Changes of the lake, in the order of `lake.layout.CHANGES`, which names the same; the lake's mark says which are done.
LAKE_STEPS: tuple[Step, ...] = (
    Step(
        "ticket_fields",
        "tickets/ticket_batch holds the fields of a ticket without Markdown, and ticket files are stamped accordingly",
        lambda home: ticket_upgrade.holds_markdown(home.lake),
        lambda home: ticket_upgrade.drop_markdown(home.lake, home.settings),
    ),
    Step(
        "ledger_prompts",
        "the ledger keeps each prompt once, and with an answer only what is its own",
        lambda home: classification_upgrade.has_whole_requests(home.lake),
        lambda home: classification_upgrade.split_requests(home.lake),
    ),
    Step(
        "active_versions",
        "the table ledger/in_force is called ledger/active_versions",
        lambda home: classification_upgrade.has_in_force(home.lake),
        lambda home: classification_upgrade.rename_in_force(home.lake),
    ),
)
# Changes of files outside the lake, which any machine with a home may have; each looks for itself.
FILE_STEPS: tuple[Step, ...] = (
    Step(
        "sensor_threads",
        "dagster.yaml lets each sensor run in a thread of its own",
        lambda home: instance_file.lacks(home.settings),
        lambda home: instance_file.complete(home.settings),
    ),
    Step(
        "plain_models",
        "trained local models are kept as JSON and arrays, no longer as pickles",
        lambda home: classification_upgrade.has_pickled_models(home.settings.models_dir),
        lambda home: classification_upgrade.rewrite_models(home.settings.models_dir),
    ),
)


def pending(
    settings: Settings, lake_steps: Sequence[Step] = LAKE_STEPS, file_steps: Sequence[Step] = FILE_STEPS
) -> list[Step]:
    """The steps that a home waits for, in order; none for a fresh one.

    Raises:
        LayoutError: A newer version wrote the lake, or its mark is not one of ours.
    """
    home = _home(settings)
    lacks = home.lake.missing_changes([step.name for step in lake_steps])
    waiting = [step for step in lake_steps if step.name in lacks]
    return waiting + [step for step in file_steps if step.is_needed(home)]


def require_current(settings: Settings) -> None:
    """Refuse a home that waits for a step.

    Raises:
        CallError: It names the steps and the command.
    """
    waiting = pending(settings)
    if waiting:
        names = ", ".join(step.name for step in waiting)
        raise CallError(
            f"{settings.home}: was made by an older version of feedback-assets (it lacks: {names}); nothing was "
            "written, run `feedback upgrade`"
        )


def upgrade(
    settings: Settings,
    *,
    dry_run: bool = False,
    lake_steps: Sequence[Step] = LAKE_STEPS,
    file_steps: Sequence[Step] = FILE_STEPS,
) -> Iterator[StepResult]:
    """Do the steps a home waits for, one after the other; each is recorded as soon as it is done.

    Args:
        settings: The home.
        dry_run: Only say what is needed.
        lake_steps: Changes of the lake.
        file_steps: Changes of files outside it.

    Yields:
        What became of each step that the home has not been through.

    Raises:
        LayoutError: A newer version wrote the lake, or its mark is not one of ours.
        LeaseHeldError: Another upgrade is at work.
    """
    home = _home(settings)
    if dry_run:
        for step in pending(settings, lake_steps, file_steps):
            yield StepResult(step.name, step.summary, step.is_needed(home))
        return
    if not pending(settings, lake_steps, file_steps):
        return
    with held(
        home.lake.root, "upgrade", uuid.uuid4().hex, lambda: datetime.now(UTC), _LEASE_SECONDS, home.lake.options
    ):
        for step in pending(settings, lake_steps, file_steps):
            needed = step.is_needed(home)
            done = step.apply(home) if needed else ""
            if step in lake_steps:
                home.lake.record_change(step.name)
            yield StepResult(step.name, step.summary, needed, done)


def _home(settings: Settings) -> Home:
    return Home(settings, Lake(settings.lake_root, settings.storage, changes=None))
