"""`feedback import`: files into landing, from the command line.

Only options, progress and printing; the import itself is `importer.import_file`.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedback_assets.installation import Installation

if TYPE_CHECKING:
    from feedback_assets.config.settings import Settings
    from feedback_assets.landing.choose import Wanted
    from feedback_assets.landing.summary import ImportSummary

_IMPORT_AGAIN = "import the file again: what landed before stays, and no row lands twice"
_WRONG_CALL, _OUTSIDE_FAILED = 2, 3


def import_command(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON, JSON Lines or Parquet; gzip too.")],
    stream: Annotated[
        str | None,
        typer.Option(
            help="feedback, catalog, commerce, releases or ticket_events. (default: the mapping's, or feedback)"
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Name of the system it comes from. (default: the file's name)")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="How customers spoke, e.g. app_review. (default: guessed)")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="A mapping saved by name, or a mapping file.")] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Our field and their column; a,b joins two; nothing behind = leaves it out.",
        ),
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="A field that is the same for every row.")
    ] = None,
    save_mapping: Annotated[
        str | None, typer.Option(metavar="NAME", help="Save the mapping in use by this name.")
    ] = None,
    rating_scale: Annotated[
        float | None, typer.Option(help="Top of the rating scale. (default: 5, or as seen)")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none, e.g. Europe/Berlin.")] = None,
    time_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="How times are written, e.g. %d/%m/%Y.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text. (default: found)")] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="Delimiter of a CSV: a character, or tab. (default: found)")
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The UTC day of every row, for files without dates.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would land, and land nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Land files: every row once, nothing dropped. What is not stated is found out and shown."""
    from feedback_assets.landing.choose import Wanted

    wanted = Wanted(
        stream=stream, source=source, channel=channel, mapping=mapping, maps=tuple(maps or ()),
        constants=tuple(constants or ()), save_as=save_mapping, rating_scale=rating_scale, timezone=timezone,
        time_format=time_format, encoding=encoding, delimiter=delimiter, day=_as_date(day), dry_run=dry_run,
    )  # fmt: skip
    raise typer.Exit(
        import_files(Installation.of(context).settings, paths, wanted, as_json=as_json, now=datetime.now(UTC))
    )


def import_files(settings: Settings, paths: list[Path], wanted: Wanted, *, as_json: bool, now: datetime) -> int:
    """Import files one after the other and print the account of each; the highest exit code counts."""
    accounts: list[dict[str, Any]] = []
    worst = 0
    for path in paths:
        code, account = _import_path(settings, path, wanted, now, quiet=as_json)
        worst = max(worst, code)
        accounts.append(account)
    if as_json:
        typer.echo(json.dumps(accounts[0] if len(accounts) == 1 else accounts, ensure_ascii=False, indent=2))
    return worst


def _import_path(
    settings: Settings, path: Path, wanted: Wanted, now: datetime, *, quiet: bool
) -> tuple[int, dict[str, Any]]:
    from rich.console import Console

    from feedback_assets.config.mappings import MappingError
    from feedback_assets.files.store_marker import StoreError
    from feedback_assets.landing.files import FileError
    from feedback_assets.landing.importer import import_file
    from feedback_assets.landing.summary import show

    try:
        with _progress(path) as on_bytes:
            summary: ImportSummary = import_file(settings, path, wanted.stream, wanted, now=now, on_bytes=on_bytes)
    except (FileError, MappingError) as error:
        return _failed(_WRONG_CALL, str(error), path)
    except StoreError as error:
        return _failed(_OUTSIDE_FAILED, f"{path}: {error}, then {_IMPORT_AGAIN}", path)
    except (OSError, ImportError) as error:
        return _failed(_OUTSIDE_FAILED, f"{path}: {_storage_message(error, settings)}", path)
    if not quiet:
        show(summary, Console(highlight=False))
    return summary.exit_code, summary.as_json()


def _storage_message(error: OSError | ImportError, settings: Settings) -> str:
    """The message of an import whose landing cannot be written to, with the fix."""
    number = error.errno if isinstance(error, OSError) else None
    place = str(error.filename) if isinstance(error, OSError) and error.filename else settings.landing_root
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left for landing at {settings.landing_root}; free some, then {_IMPORT_AGAIN}"
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        why = os.strerror(number)
        return (
            f"{place} cannot be written: {why}; make it writable or choose another FEEDBACK_HOME, then {_IMPORT_AGAIN}"
        )
    return f"landing at {settings.landing_root} cannot be used: {error}; once it can, {_IMPORT_AGAIN}"


def _failed(code: int, message: str, path: Path) -> tuple[int, dict[str, Any]]:
    typer.secho(message, err=True, fg="red")
    return code, {"file": str(path), "error": message}


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error when someone is looking."""
    if not sys.stderr.isatty() or not path.is_file():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(path.name, total=path.stat().st_size)
        yield lambda done: bar.update(task, completed=done)


def _as_date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
