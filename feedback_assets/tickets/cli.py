"""The `feedback tickets` command: what stands, what waits for a person, and letting it go."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from feedback_assets import tables
from feedback_assets.errors import CallError
from feedback_assets.lake.frames import records
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import Lake
from feedback_assets.settings import Settings, load
from feedback_assets.tickets.delivery import (
    LEASE_SECONDS,
    deliver,
    evidence_rows,
    merge_receipts,
    settle,
    standing_keys,
)
from feedback_assets.tickets.trackers.files import FileTracker


def tickets_command(
    approve: Annotated[str, typer.Option(help="Key of a ticket that waits for approval; deliver it.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Deliver what a backfill only proposed.")] = False,
    by: Annotated[str, typer.Option(help="Who approves or releases; needed for both.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List tickets; with --approve KEY or --release, deliver those that waited."""
    settings = load()
    lake = Lake(settings.lake_root, settings.storage)
    if approve or release:
        if not by:
            raise typer.BadParameter("say who decides: --by NAME")
        name = tables.TICKET_DELIVERIES.key[1]
        with held(lake.root, name, f"{by}, by hand", lambda: datetime.now(UTC), LEASE_SECONDS, lake.options):
            done = let_go(lake, settings, datetime.now(UTC), by, approve)
        typer.echo(
            json.dumps(done)
            if as_json
            else f"{len(done)} actions delivered to {settings.tickets_dir}, decided by {by}."
        )
        return
    rows = listed(lake)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        show(Console(), rows, settings.tickets_dir)


def listed(lake: Lake) -> list[dict[str, Any]]:
    """One row a ticket, the newest level and how its last receipt ended, most urgent first."""
    batch = lake.read(tables.TICKET_BATCH)
    receipts = lake.read(tables.TICKET_DELIVERIES)
    rows: list[dict[str, Any]] = []
    for key, actions in batch.sort_values("day").groupby("ticket_key", sort=True):
        newest, first = actions.iloc[-1], actions.iloc[0]
        mine = receipts[receipts["ticket_key"] == key].sort_values("day")
        location = mine["location"].dropna()
        rows.append(
            {
                "key": str(key),
                "level": newest["level"],
                "title": newest["title"],
                "owner": newest["owner"],
                "issues": int(newest["members_total"]),
                "since": str(first["day"]),
                "last": str(newest["day"]),
                "outcome": str(mine["outcome"].iloc[-1]) if len(mine) else "not delivered",
                "location": str(location.iloc[-1]) if len(location) else None,
            }
        )
    return sorted(rows, key=lambda row: (row["level"], -row["issues"]))


def let_go(lake: Lake, settings: Settings, now: datetime, by: str, approve: str) -> list[str]:
    """Deliver one ticket that waits for approval, or with an empty key all that was proposed, and take back the rest.

    Args:
        lake: Where batch and receipts are.
        settings: Where the tracker writes.
        now: Time for the receipts.
        by: Who decided; kept in the commit that records the receipts.
        approve: Key of the ticket, or empty.

    Returns:
        What was done, as `key/action`.

    Raises:
        CallError: No ticket of that key waits.
    """
    receipts = lake.read(tables.TICKET_DELIVERIES)
    outcome = "waits_for_approval" if approve else "proposed"
    waiting = receipts[receipts["outcome"] == outcome]
    if approve:
        waiting = waiting[waiting["ticket_key"] == approve]
    batch, tracker = lake.read(tables.TICKET_BATCH), FileTracker(settings.tickets_dir)
    left = frozenset() if approve else tracker.standing() - set(batch["ticket_key"])
    if waiting.empty and not left:
        raise CallError(
            f"{approve}: no ticket of this key waits for approval; feedback tickets lists those that do"
            if approve
            else "no ticket is only proposed, so there is nothing to release; see feedback tickets"
        )
    chosen = batch.merge(waiting[["day", "ticket_key", "action"]], on=["day", "ticket_key", "action"])
    evidence = evidence_rows(lake.read(tables.GOLD_ISSUES), lake.read(tables.SILVER_FEEDBACK))
    keys = set(chosen["ticket_key"]) if approve else set()
    new = deliver(chosen, evidence, tracker, now, propose=False, approved=keys, standing=standing_keys(receipts))
    withdrawn = [] if approve else settle(batch, tracker.standing(), evidence, tracker)
    _record(lake, receipts, new, by)
    went = new[new["outcome"] == "delivered"]
    done = [f"{key}/{action}" for key, action in zip(went["ticket_key"], went["action"], strict=True)]
    return [*done, *(f"{key}/withdraw" for key in withdrawn)]


def _record(lake: Lake, old: pd.DataFrame, new: pd.DataFrame, by: str) -> None:
    for day in sorted({row["day"] for row in records(new)}):
        receipts = merge_receipts(records(old[old["day"] == day]), new[new["day"] == day])
        lake.write_days(
            tables.TICKET_DELIVERIES, receipts, day, day + timedelta(days=1), {"asset": "tickets/deliveries", "by": by}
        )


# How a ticket's last receipt ended, as a heading, and what a person can do about it; the order they are shown in.
_HEADINGS = {
    "delivered": ("In the tracker", ""),
    "waits_for_approval": ("Waiting for a person", "feedback tickets --approve KEY --by NAME delivers one"),
    "proposed": ("Proposed by a backfill", "feedback tickets --release --by NAME delivers them"),
    "not delivered": ("Planned, not delivered yet", "feedback run finishes them"),
}


def show(console: Console, rows: list[dict[str, Any]], folder: Path) -> None:
    """Print the tickets for a person, what waits for one apart, in 80 columns."""
    if not rows:
        console.print("No tickets yet. Land feedback and run it: feedback import FILE, then feedback run")
        return
    for outcome, (heading, command) in _HEADINGS.items():
        mine = [row for row in rows if _shown_as(row) == outcome]
        if not mine:
            continue
        table = Table(
            Column("key", no_wrap=True),
            Column("level"),
            Column("title"),
            Column("owner", no_wrap=True),
            Column("issues", justify="right"),
            title=f"{heading}: {len(mine)}",
            title_justify="left",
            box=None,
        )
        for row in mine:
            table.add_row(*(Text(str(row[str(column.header)])) for column in table.columns))
        console.print(table)
        if command:
            console.print(f" {command}", style="dim", highlight=False)
        console.print()
    if any(row["location"] for row in rows):
        shown = min(str(folder), os.path.relpath(folder), key=len)
        console.print(f"The files are {shown}/KEY.md.", highlight=False, soft_wrap=True)
    left = sorted(FileTracker(folder).standing() - {str(row["key"]) for row in rows})
    if left:
        told = "In the tracker, but a backfill plans them no more; --release withdraws them, or close them there: "
        console.print(told + ", ".join(left), style="yellow", highlight=False)


def _shown_as(row: dict[str, Any]) -> str:
    return str(row["outcome"])
