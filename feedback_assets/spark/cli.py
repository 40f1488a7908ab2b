"""`feedback parity`: silver of some days in this process and on Spark, compared by hash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets import tables
from feedback_assets.config import mappings
from feedback_assets.config.hash_key import hashing_key
from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.installation import Installation
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.fields import Mappings
from feedback_assets.spark.engine import SparkEngine
from feedback_assets.spark.parity import agree, compare

_DAY = ["%Y-%m-%d"]


def parity_command(
    context: typer.Context,
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day; else all.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute silver of the days in this process and on Spark, compare by hash, write nothing.

    The server is FEEDBACK_SPARK_REMOTE; without it one is started here, where pysail is installed.
    Exit 0 when every table is equal, 1 when one is not.
    """
    installation = Installation.of(context)
    settings, lake = installation.settings, installation.lake
    stored = sorted(lake.days(tables.BRONZE_FEEDBACK))
    if not stored:
        raise CallError(f"{settings.lake_root}: bronze/feedback has no days; land something and `feedback run` it")
    days = (first.date() if first else stored[0], last.date() if last else stored[-1])
    if days[0] > days[1]:
        raise CallError(f"--from {days[0]} is after --to {days[1]}; exchange them")
    rules = ReadingRules(
        hashing_key(settings.key_file), Mappings(*mappings.load_all(settings.mappings_dir)), settings.low_trust_sources
    )
    with _server(settings) as remote:
        compared = compare(lake, *days, rules, SparkEngine(remote))
    if as_json:
        typer.echo(json.dumps([{**asdict(table), "equal": table.equal} for table in compared], indent=1))
    else:
        shown = Table("table", "rows", "on Spark", "hash here", "on Spark", "equal", box=None)
        for table in compared:
            cells = (table.rows_in_process, table.rows_on_spark, table.hash_in_process[:12], table.hash_on_spark[:12])
            shown.add_row(table.table, *map(str, cells), "yes" if table.equal else "NO")
        Console().print(shown)
    raise typer.Exit(0 if agree(compared) else 1)


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """The server named by the settings, or one of our own for as long as the command runs."""
    if settings.spark_remote is not None:
        yield settings.spark_remote.get_secret_value()
        return
    # Its log is for its developers.
    os.environ.setdefault("RUST_LOG", "error")
    try:
        from pysail.spark import SparkConnectServer
    except ImportError as error:
        raise CallError(
            "no Spark server is named; set FEEDBACK_SPARK_REMOTE=sc://host:port, or `pip install pysail`"
        ) from error
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        address = server.listening_address
        assert address is not None  # noqa: S101 - it runs
        yield f"sc://{address[0]}:{address[1]}"
    finally:
        server.stop()
