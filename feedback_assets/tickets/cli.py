"""The `feedback tickets` command: what stands, what waits for a person, and letting it go."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from feedback_assets import tables
from feedback_assets.config.settings import Settings, load
from feedback_assets.errors import CallError
from feedback_assets.lake.frames import records
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.delivery import (
    LEASE_SECONDS,
    PLANNED,
    deliver,
    evidence_rows,
    merge_receipts,
    opening_days,
    settle,
    standing_since,
)
from feedback_assets.tickets.trackers.files import FileTracker


def tickets_command(
    approve: Annotated[str, typer.Option(help="Key of a ticket that waits for approval; deliver it.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Deliver what a backfill only proposed.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw what no day plans any more.")] = False,
    by: Annotated[str, typer.Option(help="Who decides; needed for all three.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List tickets; with --approve KEY or --release, deliver those that waited; with --withdraw, take back the rest."""
    settings = load()
    lake = Lake(settings.lake_root, settings.storage)
    if approve or release or withdraw:
        if not by:
            raise typer.BadParameter("say who decides: --by NAME")
        now, owner = datetime.now(UTC), f"{by}, by hand, {uuid.uuid4().hex[:8]}"
        with held(lake.root, tables.TICKET_DELIVERIES.key[1], owner, _clock, LEASE_SECONDS, lake.options):
            done = let_go(lake, settings, now, by, approve) if approve or release else []
            done += take_back(lake, settings) if withdraw else []
        told = f"{len(done)} actions in {settings.tickets_dir}, decided by {by}: {', '.join(done)}"
        typer.echo(json.dumps(done) if as_json else told)
        return
    rows = listed(lake, settings.tickets_dir)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        show(Console(), rows, settings.tickets_dir)


def _clock() -> datetime:
    return datetime.now(UTC)


def listed(lake: Lake, folder: Path) -> list[dict[str, Any]]:
    """One row a ticket, newest level and how its last receipt ended, most urgent first; last what is planned no more.

    Args:
        lake: Where plan and receipts are.
        folder: Where the tracker's files are.
    """
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
    rows.sort(key=lambda row: (row["level"], -row["issues"]))
    return [*rows, *({"key": key, "outcome": _LEFT} for key in left_over(batch, FileTracker(folder)))]


def left_over(batch: pd.DataFrame, tracker: FileTracker) -> list[str]:
    """Keys of the tickets that stand in the tracker and that no day plans any more."""
    return sorted(tracker.standing() - {str(key) for key in batch["ticket_key"]})


def let_go(lake: Lake, settings: Settings, now: datetime, by: str, approve: str) -> list[str]:
    """Deliver one ticket that waits for approval, or with an empty key all that was proposed.

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
    stand, opening = standing_since(receipts), opening_days(batch)
    if approve in opening and not waiting.empty and waiting["day"].max() < opening[approve]:
        raise CallError(
            f"{approve}: needs no approval: {opening[approve]} created it on stronger evidence than what waits from "
            "the days before; feedback tickets shows where it stands"
        )
    if waiting.empty:
        raise CallError(
            f"{approve}: no ticket of this key waits for approval; feedback tickets lists those that do"
            if approve
            else "no ticket is only proposed, so there is nothing to release; see feedback tickets"
        )
    chosen = batch.merge(waiting[["day", "ticket_key", "action"]], on=["day", "ticket_key", "action"])
    evidence = evidence_rows(lake.read(tables.GOLD_ISSUES), lake.read(tables.SILVER_FEEDBACK))
    keys = set(chosen["ticket_key"]) if approve else set()
    new = deliver(chosen, evidence, tracker, now, propose=False, approved=keys, standing=stand, opening=opening)
    _record(lake, receipts, new, by)
    went = new[new["outcome"] == "delivered"]
    return [f"{key}/{action}" for key, action in zip(went["ticket_key"], went["action"], strict=True)]


def take_back(lake: Lake, settings: Settings) -> list[str]:
    """Withdraw what stands in the tracker and no day plans any more; what was done, as `key/action`.

    Raises:
        CallError: Nothing is left over, or nothing is planned at all, as when the lake is not the tracker's own.
    """
    batch, tracker = lake.read(tables.TICKET_BATCH, columns=PLANNED), FileTracker(settings.tickets_dir)
    left = left_over(batch, tracker)
    if batch.empty or not left:
        told = "plans no ticket at all; is it the lake of these tickets?" if batch.empty else "plans every open ticket"
        raise CallError(f"{lake.root}: {told} Nothing was withdrawn")
    return [f"{key}/withdraw" for key in settle(batch, left, {}, tracker)]


def _record(lake: Lake, old: pd.DataFrame, new: pd.DataFrame, by: str) -> None:
    for day in sorted({row["day"] for row in records(new)}):
        receipts = merge_receipts(records(old[old["day"] == day]), new[new["day"] == day])
        lake.write_days(
            tables.TICKET_DELIVERIES, receipts, day, day + timedelta(days=1), {"asset": "tickets/deliveries", "by": by}
        )


_LEFT = "planned no more"
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
    if any(row.get("location") for row in rows):
        shown = min(str(folder), os.path.relpath(folder), key=len)
        console.print(f"The files are {shown}/KEY.md.", highlight=False, soft_wrap=True)
    left = [str(row["key"]) for row in rows if row["outcome"] == _LEFT]
    if left:
        told = "In the tracker, but no day plans them any more; feedback tickets --withdraw --by NAME takes them back: "
        console.print(told + ", ".join(left), style="yellow", highlight=False)


def _shown_as(row: dict[str, Any]) -> str:
    return str(row["outcome"])
