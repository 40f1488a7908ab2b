"""What should exist in the tracker, and what reached it."""

from __future__ import annotations

from feedback_assets.personal import LINK, NONE, WORDS
from feedback_assets.tables.table import DAY, Column, Table, choice, required, text
from feedback_assets.tables.values import DeliveryOutcome, Level, TicketAction, TicketState

TICKET_BATCH = Table(
    key=("tickets", "ticket_batch"),
    group="tickets",
    description="What should exist in the tracker for this day: one row an action on a ticket.",
    primary_key=("day", "ticket_key", "action"),
    owner="product-operations",
    columns=(
        DAY,
        required("ticket_key", "Stable key of the ticket; survives re-clustering.", NONE),
        choice("action", "What to do.", TicketAction),
        choice("state", "What it waits for.", TicketState),
        text("parent_key", "Ticket this one is a child of.", NONE),
        text("merged_into", "Ticket that goes on with the problem of this one.", NONE),
        required("cluster_id", "The cluster.", NONE),
        required("clusters", "All clusters the ticket covers, as a JSON list.", NONE),
        choice("level", "P1 to P4.", Level),
        required("title", "Title.", WORDS),
        required("category", "Category.", NONE),
        text("product_id", "Product.", NONE),
        text("component", "Component.", WORDS),
        text("cause_key", "Normalised cause.", WORDS),
        required("owner", "Owner.", NONE),
        required("destination", "Where it goes: project or queue.", NONE),
        Column("due", "date", "Due by the owner's SLA.", nullable=False),
        required("members", "Issue ids that are new evidence, as a JSON list.", LINK),
        Column("members_total", "int", "Issues behind the ticket so far.", nullable=False, minimum=0),
        required("fields", "All further fields of the ticket, as a JSON object; nothing made up.", WORDS),
        required("reason", "Why this action, in one sentence.", NONE),
    ),
)

OPEN_TICKETS = Table(
    key=("tickets", "open_tickets"),
    group="tickets",
    description="Every ticket the plan can meet again, as it stands at the end of the day.",
    primary_key=("day", "ticket_key"),
    owner="product-operations",
    columns=(
        DAY,
        required("ticket_key", "Stable key of the ticket; survives re-clustering.", NONE),
        choice("state", "What it waits for.", TicketState),
        text("merged_into", "Ticket that goes on with its problem; this one is met no more.", NONE),
        Column("opened_on", "date", "Day that planned it first.", nullable=False),
        Column("ready_on", "date", "First day that created it without a person's approval."),
        Column("last_evidence", "date", "Day of its newest action.", nullable=False),
        Column("closed_on", "date", "Day the tracker closed it, when it has not come back since."),
        required("clusters", "Clusters its actions name, as a JSON list.", NONE),
        required("roots", "Clusters that those became part of since, as a JSON list.", NONE),
        choice("level", "P1 to P4.", Level),
        required("title", "Title.", WORDS),
        required("category", "Category.", NONE),
        text("product_id", "Product.", NONE),
        text("component", "Component.", WORDS),
        text("cause_key", "Normalised cause.", WORDS),
        required("owner", "Owner.", NONE),
        required("destination", "Where it goes: project or queue.", NONE),
        Column("expected_daily", "float", "Issues a day that it started above.", nullable=False, minimum=0),
        required("regions", "Regions it is about, as a JSON list; empty for all.", NONE),
        Column("members_total", "int", "Issues behind the ticket so far.", nullable=False, minimum=0),
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
        required("ticket_key", "Key of the ticket.", NONE),
        choice("action", "What was done.", TicketAction),
        required("tracker", "Which tracker.", NONE),
        choice("outcome", "What happened.", DeliveryOutcome),
        text("external_id", "Id in the tracker.", NONE),
        text("location", "Link or path; below the home of this installation.", NONE, volatile=True),
        Column("delivered_at", "timestamp", "When.", volatile=True),
    ),
)
