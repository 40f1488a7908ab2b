"""The `feedback tickets` command: which tickets there are, what waits for a person, delivering and withdrawing it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from feedback_assets import tables
from feedback_assets.errors import CallError
from feedback_assets.installation import Installation
from feedback_assets.lake.frames import records
from feedback_assets.lake.lease import held
from feedback_assets.lake.store import Lake
from feedback_assets.tables import DeliveryOutcome, TicketAction
from feedback_assets.tickets.delivery import (
    LEASE_SECONDS,
    PLANNED,
    RECEIPTS,
    deliver,
    evidence_rows,
    known_tickets,
    merge_receipts,
    planned_from,
    ready_days,
    reconcile,
)
from feedback_assets.tickets.tracker import Tracker
from feedback_assets.tickets.trackers import open_tracker

_ROW = ["day", "ticket_key", "action"]


@dataclass(frozen=True)
class ListedTicket:
    """One ticket of the list: its newest level, and how its last receipt ended; only key and outcome when orphaned."""

    key: str
    outcome: str
    level: str = ""
    title: str = ""
    owner: str = ""
    issues: int = 0
    since: str = ""
    last: str = ""
    location: str | None = None
    merged_into: str | None = None


def tickets_command(
    context: typer.Context,
    approve: Annotated[str, typer.Option(help="Key of a ticket that waits for approval; deliver it.")] = "",
    release: Annotated[bool, typer.Option("--release", help="Deliver what a backfill only proposed.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw what no day plans any more.")] = False,
    by: Annotated[str, typer.Option(help="Who decides; needed for all three.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """List tickets; with --approve KEY or --release, deliver those that waited; with --withdraw, take back the rest."""
    installation = Installation.of(context)
    lake, tracker = installation.lake, open_tracker(installation.settings)
    if approve or release or withdraw:
        if not by:
            raise typer.BadParameter("say who decides: --by NAME")
        now, owner = datetime.now(UTC), f"{by}, by hand, {uuid.uuid4().hex[:8]}"
        with held(lake.root, tables.TICKET_DELIVERIES.key[1], owner, _clock, LEASE_SECONDS, lake.options):
            done = deliver_held(lake, tracker, now, by, approve) if approve or release else []
            done += withdraw_orphans(lake, tracker) if withdraw else []
        summary = f"{len(done)} actions in the tracker {tracker.name}, decided by {by}: {', '.join(done)}"
        typer.echo(json.dumps(done) if as_json else summary)
        return
    tickets = list_tickets(lake, tracker)
    if as_json:
        typer.echo(json.dumps([_present(ticket) for ticket in tickets], indent=2))
    else:
        show(Console(), tickets)


def _clock() -> datetime:
    return datetime.now(UTC)


def _present(ticket: ListedTicket) -> dict[str, object]:
    if ticket.outcome == _ORPHANED:
        return {"key": ticket.key, "outcome": ticket.outcome}
    return {name: value for name, value in asdict(ticket).items() if name != "merged_into" or value}


def list_tickets(lake: Lake, tracker: Tracker) -> list[ListedTicket]:
    """One row a ticket, newest level and how its last receipt ended, most urgent first; last what is planned no more.

    Args:
        lake: Where plan and receipts are.
        tracker: Where tickets are.
    """
    batch = lake.read(tables.TICKET_BATCH, columns=(*_ROW, "level", "title", "owner", "members_total", "merged_into"))
    receipts = lake.read(tables.TICKET_DELIVERIES, columns=(*RECEIPTS, "location"))
    by_key = {str(key): rows.sort_values("day") for key, rows in receipts.groupby("ticket_key")}
    tickets = [
        _listed(str(key), actions.sort_values("day"), by_key.get(str(key), receipts.iloc[:0]))
        for key, actions in batch.groupby("ticket_key")
    ]
    tickets.sort(key=lambda ticket: (ticket.level, -ticket.issues, ticket.key))
    return [*tickets, *(ListedTicket(key, _ORPHANED) for key in orphans(batch["ticket_key"], tracker))]


def _listed(key: str, actions: pd.DataFrame, receipts: pd.DataFrame) -> ListedTicket:
    newest, first = actions.iloc[-1], actions.iloc[0]
    merged = actions["merged_into"].dropna()
    locations = receipts["location"].dropna()
    outcome = str(receipts["outcome"].iloc[-1]) if len(receipts) else _UNDELIVERED
    return ListedTicket(
        key=key,
        outcome=_MERGED if len(merged) else outcome,
        level=str(newest["level"]),
        title=str(newest["title"]),
        owner=str(newest["owner"]),
        issues=int(newest["members_total"]),
        since=str(first["day"]),
        last=str(newest["day"]),
        location=str(locations.iloc[-1]) if len(locations) else None,
        merged_into=str(merged.iloc[-1]) if len(merged) else None,
    )


def orphans(planned: Collection[str], tracker: Tracker) -> list[str]:
    """Keys of the tickets that stand in the tracker and that no day plans any more."""
    return sorted(tracker.keys() - {str(key) for key in planned})


def deliver_held(lake: Lake, tracker: Tracker, now: datetime, by: str, approve: str) -> list[str]:
    """Deliver one ticket that waits for approval, or with an empty key all that was proposed.

    Args:
        lake: Where batch and receipts are.
        tracker: Where tickets go.
        now: Time for the receipts.
        by: Who decided; kept in the commit that records the receipts.
        approve: Key of the ticket, or empty.

    Returns:
        What was done, as `key/action`.

    Raises:
        CallError: No ticket of that key waits.
    """
    receipts = lake.read(tables.TICKET_DELIVERIES)
    outcome = DeliveryOutcome.WAITS_FOR_APPROVAL if approve else DeliveryOutcome.PROPOSED
    waiting = receipts[receipts["outcome"] == outcome]
    batch = lake.read(tables.TICKET_BATCH, columns=tables.TICKET_BATCH.column_names)
    # What ended in a ticket that waited could not point to it.
    pointing = batch[batch["merged_into"] == approve]["ticket_key"] if approve else ()
    if approve:
        ended = (waiting["action"] == TicketAction.MERGE) & waiting["ticket_key"].isin(list(pointing))
        waiting = waiting[(waiting["ticket_key"] == approve) | ended]
    known, ready = known_tickets(receipts, tracker.name), ready_days(batch)
    if approve:
        _refuse_approval(approve, waiting, batch, ready)
    elif waiting.empty:
        raise CallError("no ticket is only proposed, so there is nothing to release; see feedback tickets")
    chosen = batch.merge(waiting[_ROW], on=_ROW)
    shown = evidence_rows(lake.read(tables.GOLD_ISSUES), lake.read(tables.SILVER_FEEDBACK))
    approved = {approve} if approve else set[str]()
    new = deliver(chosen, shown, tracker, now, propose=False, approved=approved, known=known, ready=ready)
    _record(lake, receipts, new, by)
    went = new[new["outcome"] == DeliveryOutcome.DELIVERED]
    return [f"{key}/{action}" for key, action in zip(went["ticket_key"], went["action"], strict=True)]


def _refuse_approval(key: str, waiting: pd.DataFrame, batch: pd.DataFrame, ready: Mapping[str, date]) -> None:
    own = waiting[waiting["ticket_key"] == key]
    merged = batch[(batch["ticket_key"] == key) & batch["merged_into"].notna()]["merged_into"]
    if len(merged):
        raise CallError(f"{key}: goes on in {merged.iloc[-1]}, which holds its cluster now; approve that one")
    if own.empty:
        raise CallError(f"{key}: no ticket of this key waits for approval; feedback tickets lists those that do")
    if key in ready and own["day"].max() < ready[key]:
        raise CallError(
            f"{key}: needs no approval: {ready[key]} created it on stronger evidence than what waits from "
            "the days before; feedback tickets shows where it stands"
        )


def withdraw_orphans(lake: Lake, tracker: Tracker) -> list[str]:
    """Withdraw what stands in the tracker and no day plans any more; what was done, as `key/action`.

    Raises:
        CallError: Nothing is left over, or nothing is planned at all, as when the lake is not the tracker's own.
    """
    batch = lake.read(tables.TICKET_BATCH, columns=PLANNED)
    left = orphans(batch["ticket_key"], tracker)
    if batch.empty or not left:
        why = "plans no ticket at all; is it the lake of these tickets?" if batch.empty else "plans every open ticket"
        raise CallError(f"{lake.root}: {why} Nothing was withdrawn")
    return [f"{key}/withdraw" for key in reconcile(planned_from(batch), left, {}, tracker)]


def _record(lake: Lake, old: pd.DataFrame, new: pd.DataFrame, by: str) -> None:
    for day in sorted({row["day"] for row in records(new)}):
        receipts = merge_receipts(old, new, day)
        lake.write_days(
            tables.TICKET_DELIVERIES, receipts, day, day + timedelta(days=1), {"asset": "tickets/deliveries", "by": by}
        )


_ORPHANED = "planned no more"
_MERGED = "merged"
_UNDELIVERED = "not delivered"
# How a ticket's last receipt ended, as a heading, and what a person can do about it; the order they are shown in.
_HEADINGS = {
    DeliveryOutcome.DELIVERED: ("In the tracker", ""),
    DeliveryOutcome.WAITS_FOR_APPROVAL: (
        "Waiting for a person", "feedback tickets --approve KEY --by NAME delivers one",
    ),
    DeliveryOutcome.PROPOSED: ("Proposed by a backfill", "feedback tickets --release --by NAME delivers them"),
    _UNDELIVERED: ("Planned, not delivered yet", "feedback run finishes them"),
}  # fmt: skip


def show(console: Console, tickets: Sequence[ListedTicket]) -> None:
    """Print the tickets for a person, what waits for one apart, in 80 columns."""
    if not tickets:
        console.print("No tickets yet. Land feedback and run it: feedback import FILE, then feedback run")
        return
    for outcome, (heading, command) in _HEADINGS.items():
        mine = [ticket for ticket in tickets if ticket.outcome == outcome]
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
        for ticket in mine:
            cells = (ticket.key, ticket.level, ticket.title, ticket.owner, str(ticket.issues))
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
        if command:
            console.print(f" {command}", style="dim", highlight=False)
        console.print()
    merged = [f"{ticket.key} in {ticket.merged_into}" for ticket in tickets if ticket.outcome == _MERGED]
    if merged:
        console.print(f"Go on in another ticket: {', '.join(merged)}", highlight=False)
    place = next((ticket for ticket in tickets if ticket.location), None)
    if place is not None and place.location is not None:
        where = _short(place.location.replace(place.key, "KEY"))
        console.print(f"Where they are: {where}", highlight=False, soft_wrap=True)
    left = [ticket.key for ticket in tickets if ticket.outcome == _ORPHANED]
    if left:
        note = "In the tracker, but no day plans them any more; feedback tickets --withdraw --by NAME takes them back: "
        console.print(note + ", ".join(left), style="yellow", highlight=False)


def _short(location: str) -> str:
    """A path as it is called from here, when that is shorter; a link stays."""
    return location if "://" in location else min(location, os.path.relpath(location), key=len)
