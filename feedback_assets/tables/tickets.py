"""What should exist in the tracker, and what reached it."""

from __future__ import annotations

from feedback_assets.tables.table import DAY, Column, Table, choice, identifier, text
from feedback_assets.tables.values import DeliveryOutcome, Level, TicketAction, TicketState

TICKET_BATCH = Table(
    key=("tickets", "ticket_batch"),
    group="tickets",
    description="What should exist in the tracker for this day: one row an action on a ticket.",
    primary_key=("day", "ticket_key", "action"),
    owner="product-operations",
    columns=(
        DAY,
        identifier("ticket_key", "Stable key of the ticket; survives re-clustering."),
        choice("action", "What to do.", TicketAction),
        choice("state", "What it waits for.", TicketState),
        text("parent_key", "Ticket this one is a child of."),
        identifier("cluster_id", "The cluster."),
        text("clusters", "All clusters the ticket covers, as a JSON list.", nullable=False),
        choice("level", "P1 to P4.", Level),
        identifier("title", "Title."),
        identifier("category", "Category."),
        text("product_id", "Product."),
        text("component", "Component."),
        text("cause_key", "Normalised cause."),
        identifier("owner", "Owner."),
        identifier("destination", "Where it goes: project or queue."),
        Column("due", "date", "Due by the owner's SLA.", nullable=False),
        text("members", "Issue ids that are new evidence, as a JSON list.", nullable=False),
        Column("members_total", "int", "Issues behind the ticket so far.", nullable=False, minimum=0),
        text("fields", "All further fields of the ticket, as a JSON object; nothing made up.", nullable=False),
        text("body", "The ticket as Markdown.", nullable=False),
        text("reason", "Why this action, in one sentence.", nullable=False),
    ),
)

TICKET_DELIVERIES = Table(
    key=("tickets", "deliveries"),
    group="tickets",
    description="Receipts: what reached the tracker for each row of the batch.",
    primary_key=("day", "ticket_key", "action"),
    owner="product-operations",
    columns=(
        DAY,
        identifier("ticket_key", "Key of the ticket."),
        choice("action", "What was done.", TicketAction),
        identifier("tracker", "Which tracker."),
        choice("outcome", "What happened.", DeliveryOutcome),
        text("external_id", "Id in the tracker."),
        text("location", "Link or path; below the home of this installation.", volatile=True),
        Column("delivered_at", "timestamp", "When.", volatile=True),
    ),
)
