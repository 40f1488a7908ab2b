"""The Protocol every tracker answers, and what passes through it. No tracker's own words or formats belong here.

A tracker is a module of `trackers/`, or an entry point of the group `feedback_assets.trackers` in another package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from feedback_assets.errors import OutsideError
from feedback_assets.tables import Level, TicketAction
from feedback_assets.tickets.fields import TicketFields

# What a ticket shows of an issue: its id, quote, channel, and the way back to the raw event.
EvidenceRow = Mapping[str, object]


class TrackerStatus(StrEnum):
    """How a ticket stands in the tracker, as far as the plan cares."""

    OPEN = "open"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Stamp:
    """What names an action once and for all, and a hash of what it says: planned otherwise, the hash differs."""

    marker: str
    fingerprint: str


@dataclass(frozen=True)
class TicketContent:
    """What a ticket says; every tracker puts it into its own fields and format."""

    key: str
    level: Level
    title: str
    owner: str
    destination: str
    category: str
    due: date
    fields: TicketFields
    parent_key: str | None = None


@dataclass(frozen=True)
class Comment:
    """What an action adds to a ticket: its kind, day and level, and why, in one sentence."""

    stamp: Stamp
    action: TicketAction
    day: date
    level: Level
    text: str
    merged_into: str | None = None


@dataclass(frozen=True)
class TrackedTicket:
    """A ticket as it stands in the tracker.

    Attributes:
        external_id: What the tracker calls it.
        location: Link or path, for people.
        status: How it stands.
        level: The level it shows.
        fingerprints: By marker, what the actions it shows said.
    """

    external_id: str
    location: str
    status: TrackerStatus
    level: Level
    fingerprints: Mapping[str, str] = field(default_factory=lambda: {})


class TrackerError(OutsideError):
    """The tracker refused or could not be reached; the message names the fix."""


class Tracker(Protocol):
    """A tracker. Whatever changes may be sent twice; the caller looks before it asks again.

    Every method raises `TrackerError` when the tracker refuses or cannot be reached.
    """

    name: str

    def find(self, key: str) -> TrackedTicket | None:
        """The ticket of our key, wherever it is; None when there is none."""
        ...

    def status(self, external_id: str) -> TrackedTicket | None:
        """The ticket of the tracker's own id, with the actions it shows; None when it is gone."""
        ...

    def keys(self) -> frozenset[str]:
        """Our keys of the tickets of this installation that are there and not withdrawn."""
        ...

    def create(self, content: TicketContent, stamp: Stamp) -> TrackedTicket:
        """Make the ticket, to be found by its key and to show the stamp."""
        ...

    def update(self, external_id: str, content: TicketContent, stamp: Stamp) -> None:
        """Replace what the ticket says and its stamp; comments and evidence stay."""
        ...

    def set_level(self, external_id: str, level: Level) -> None:
        """Change only the level."""
        ...

    def comment(self, external_id: str, comment: Comment) -> None:
        """Add a comment, in the place of the one with the same marker if there is one."""
        ...

    def remove_comment(self, external_id: str, marker: str) -> None:
        """Take a comment away, or strike it out where the tracker keeps all; nothing happens when it is not there."""
        ...

    def transition(self, external_id: str, status: TrackerStatus, reason: str) -> None:
        """Bring the ticket to a status and say why; nothing happens when it has it."""
        ...

    def attach(self, external_id: str, evidence: Sequence[EvidenceRow]) -> None:
        """Let the ticket show exactly this evidence, as an attachment or what the tracker has instead of one."""
        ...

    def evidence(self, external_id: str) -> list[EvidenceRow]:
        """The evidence that the ticket shows; each has an `issue_id`."""
        ...
