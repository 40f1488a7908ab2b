"""What arrived, exactly as received: one table for each stream of the landing."""

from __future__ import annotations

from feedback_assets.personal import LINK, NONE, RAW
from feedback_assets.tables.table import DAY, Column, Table, required, text


def _bronze(stream: str, what: str) -> Table:
    return Table(
        key=("bronze", stream),
        group="landing",
        description=f"{what} exactly as received: one row for each line of a landing object.",
        primary_key=("landing_object", "line"),
        shows_sample=False,
        columns=(
            DAY,
            text("event_id", "Id of the event; empty when the line is not an envelope.", RAW),
            text("source", "The system it came from.", NONE),
            text("channel", "How the customer spoke, as the source says.", NONE),
            Column("occurred_at", "timestamp", "When it happened, as the envelope says."),
            Column("received_at", "timestamp", "When it arrived at the door."),
            text("mapping", "Name of the saved column mapping that reads the payload.", NONE),
            text("payload", "The untouched payload as JSON text.", RAW),
            required("raw", "The line as it came.", RAW),
            required("landing_object", "Path of the landing object below the landing root.", LINK),
            Column("line", "int", "Line number in it, from 1.", nullable=False, minimum=1),
            required("checksum", "SHA-256 of the line's bytes.", LINK),
            text("problem", "Why the line is no envelope; empty when it is.", NONE),
            text("filed_because", "Why it is filed under its arrival day; empty when it is not.", RAW),
        ),
    )


BRONZE_FEEDBACK = _bronze("feedback", "What customers wrote,")

BRONZE_RELEASES = _bronze("releases", "Changes shipped,")

BRONZE_COMMERCE = _bronze("commerce", "Orders, returns and refunds,")

BRONZE_CATALOG = _bronze("catalog", "Products and their edits,")

BRONZE_TICKET_EVENTS = _bronze("ticket_events", "What happened to tickets in the tracker,")

BRONZE = {
    "feedback": BRONZE_FEEDBACK,
    "releases": BRONZE_RELEASES,
    "commerce": BRONZE_COMMERCE,
    "catalog": BRONZE_CATALOG,
    "ticket_events": BRONZE_TICKET_EVENTS,
}
