"""The Protocol every tracker answers, and what passes through it. No tracker's own words belong here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from feedback_assets.errors import OutsideError


def marker(key: str, day: date, action: str) -> str:
    """What names an action on a ticket once and for all."""
    return f"{key}/{day.isoformat()}/{action}"


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
        """Names this action once and for all, whatever it says, so that a second delivery finds the first."""
        return marker(self.key, self.day, self.action)


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
        """The receipt of this very action, with these words and this evidence, if the tracker already holds it."""
        ...

    def deliver(self, text: TicketText) -> Receipt:
        """Carry the action out; one that was carried out with other words or evidence is brought up to date.

        Raises:
            TrackerError: The tracker refused or could not be reached.
        """
        ...

    def standing(self) -> frozenset[str]:
        """Keys of the tickets of this installation that are there and not withdrawn."""
        ...

    def evidence(self, key: str) -> frozenset[str]:
        """Ids of the issues that a standing ticket shows."""
        ...

    def settle(self, key: str, evidence: Mapping[str, dict[str, object] | None], actions: Collection[str]) -> None:
        """Let a standing ticket show no other evidence and actions than these; what it lacks is not added.

        Args:
            key: The ticket.
            evidence: What to show of an issue, by issue id; None leaves what is shown.
            actions: Markers of the actions that are planned.

        Raises:
            TrackerError: The tracker refused or could not be reached.
        """
        ...

    def withdraw(self, key: str, reason: str) -> None:
        """Say that nothing calls for a standing ticket any more; only a `create` brings it back.

        Raises:
            TrackerError: The tracker refused or could not be reached.
        """
        ...
