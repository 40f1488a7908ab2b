"""The Protocol every tracker answers, and what passes through it. No tracker's own words belong here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from feedback_assets.errors import OutsideError


@dataclass(frozen=True)
class TicketText:
    """What one row of the batch says to a tracker."""

    key: str
    day: date
    action: str
    level: str
    title: str
    body: str
    reason: str
    owner: str
    destination: str
    due: date
    evidence: tuple[dict[str, object], ...]

    @property
    def marker(self) -> str:
        """Names this action once and for all, so that a second delivery finds the first."""
        return f"{self.key}/{self.day.isoformat()}/{self.action}"


@dataclass(frozen=True)
class Receipt:
    """What the tracker holds after a delivery."""

    external_id: str
    location: str


class TrackerError(OutsideError):
    """The tracker refused or could not be reached; the message names the mend."""


class Tracker(Protocol):
    """A tracker that can be asked before it is told."""

    name: str

    def find(self, text: TicketText) -> Receipt | None:
        """The receipt of this very action if the tracker already holds it."""
        ...

    def deliver(self, text: TicketText) -> Receipt:
        """Carry the action out.

        Raises:
            TrackerError: The tracker refused or could not be reached.
        """
        ...
