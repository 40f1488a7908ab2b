"""The `feedback tickets` command: what stands, what waits for a person, and letting it go."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table

from feedback_assets import tables
from feedback_assets.errors import CallError
from feedback_assets.lake.frames import records
from feedback_assets.lake.store import Lake
from feedback_assets.settings import Settings, load
from feedback_assets.tickets.delivery import deliver, evidence_rows, merge_receipts, standing_keys
from feedback_assets.tickets.trackers.files import FileTracker


def tickets_command(
    approve: Annotated[str, typer.Option(help="Key of a ticket that waits for approval; deliver it.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Deliver what a backfill only proposed.")] = False,
    by: Annotated[str, typer.Option(help="Who approves or releases; needed for both.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List tickets; with --approve KEY or --release, deliver those that waited."""
    settings = load()
    lake = Lake(settings.lake_root)
    if approve or release:
        if not by:
            raise typer.BadParameter("say who decides: --by NAME")
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
        _show(rows)


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
    """Deliver one ticket that waits for approval, or with an empty key all that was proposed.

    Args:
        lake: Where batch and receipts are.
        settings: Where the tracker writes.
        now: Time for the receipts.
        by: Who decided; kept in the commit that records the receipts.
        approve: Key of the ticket, or empty.

    Returns:
        The actions delivered, as `key/action`.

    Raises:
        CallError: No ticket of that key waits.
    """
    receipts = lake.read(tables.TICKET_DELIVERIES)
    outcome = "waits_for_approval" if approve else "proposed"
    waiting = receipts[receipts["outcome"] == outcome]
    if approve:
        waiting = waiting[waiting["ticket_key"] == approve]
    if waiting.empty:
        raise CallError(f"{approve or 'nothing'}: no ticket waits with outcome {outcome}; see feedback tickets")
    batch = lake.read(tables.TICKET_BATCH)
    chosen = batch.merge(waiting[["day", "ticket_key", "action"]], on=["day", "ticket_key", "action"])
    tracker = FileTracker(settings.tickets_dir)
    evidence = evidence_rows(lake.read(tables.GOLD_ISSUES), lake.read(tables.SILVER_FEEDBACK))
    keys = set(chosen["ticket_key"]) if approve else set()
    new = deliver(chosen, evidence, tracker, now, propose=False, approved=keys, standing=standing_keys(receipts))
    _record(lake, receipts, new, by)
    went = new[new["outcome"].isin(["delivered", "found"])]
    return [f"{key}/{action}" for key, action in zip(went["ticket_key"], went["action"], strict=True)]


def _record(lake: Lake, old: pd.DataFrame, new: pd.DataFrame, by: str) -> None:
    for day in sorted({row["day"] for row in records(new)}):
        receipts = merge_receipts(records(old[old["day"] == day]), new[new["day"] == day])
        lake.write_days(
            tables.TICKET_DELIVERIES, receipts, day, day + timedelta(days=1), {"asset": "tickets/deliveries", "by": by}
        )


def _show(rows: list[dict[str, Any]]) -> None:
    console = Console()
    if not rows:
        console.print("No tickets yet. Land feedback and run it: feedback import FILE, then feedback run")
        return
    table = Table("key", "level", "title", "owner", Column("issues", justify="right"), "outcome", box=None)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*(str(row[str(column.header)]).replace("_", " ") for column in table.columns))
    console.print(table)
