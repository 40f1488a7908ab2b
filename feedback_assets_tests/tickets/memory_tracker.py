"""A tracker in memory that answers as a real one does: own ids, comments beside the ticket, and calls that fail."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback_assets.tables import Level
from feedback_assets.tickets.tracker import (
    Comment,
    EvidenceRow,
    Stamp,
    TicketContent,
    TrackedTicket,
    TrackerError,
    TrackerStatus,
)


@dataclass
class Stored:
    """A ticket in memory."""

    content: TicketContent
    stamp: Stamp
    level: Level
    status: TrackerStatus = TrackerStatus.OPEN
    comments: dict[str, Comment] = field(default_factory=dict)
    evidence: list[EvidenceRow] = field(default_factory=list)


class MemoryTracker:
    """Tickets by number. `calls` names each call; the one at `fails_at` raises, before it did anything or after."""

    name = "memory"

    def __init__(self) -> None:
        self.tickets: dict[str, Stored] = {}
        self.calls: list[str] = []
        self.fails_at: int | None = None
        self.loses_answer = False

    def fingerprint(self) -> dict[str, Any]:
        """All that it holds, to compare."""
        return copy.deepcopy(self.tickets)

    def find(self, key: str) -> TrackedTicket | None:
        return self._call(
            "find", lambda: next((self._seen(n) for n, t in self.tickets.items() if t.content.key == key), None)
        )

    def status(self, external_id: str) -> TrackedTicket | None:
        return self._call("status", lambda: self._seen(external_id) if external_id in self.tickets else None)

    def keys(self) -> frozenset[str]:
        there = (t.content.key for t in self.tickets.values() if t.status != TrackerStatus.WITHDRAWN)
        return self._call("keys", lambda: frozenset(there))

    def create(self, content: TicketContent, stamp: Stamp) -> TrackedTicket:
        def create() -> TrackedTicket:
            external_id = f"T-{len(self.tickets) + 1}"
            self.tickets[external_id] = Stored(content, stamp, content.level)
            return self._seen(external_id)

        return self._call("create", create)

    def update(self, external_id: str, content: TicketContent, stamp: Stamp) -> None:
        def update() -> None:
            ticket = self.tickets[external_id]
            ticket.content, ticket.stamp, ticket.level = content, stamp, content.level

        self._call("update", update)

    def set_level(self, external_id: str, level: Level) -> None:
        self._call("set_level", lambda: setattr(self.tickets[external_id], "level", level))

    def comment(self, external_id: str, comment: Comment) -> None:
        comments = self.tickets[external_id].comments
        self._call("comment", lambda: comments.__setitem__(comment.stamp.marker, comment))

    def remove_comment(self, external_id: str, marker: str) -> None:
        self._call("remove_comment", lambda: self.tickets[external_id].comments.pop(marker, None))

    def transition(self, external_id: str, status: TrackerStatus, reason: str) -> None:
        self._call("transition", lambda: setattr(self.tickets[external_id], "status", status))

    def attach(self, external_id: str, evidence: Sequence[EvidenceRow]) -> None:
        self._call("attach", lambda: setattr(self.tickets[external_id], "evidence", list(evidence)))

    def evidence(self, external_id: str) -> list[EvidenceRow]:
        return self._call("evidence", lambda: list(self.tickets[external_id].evidence))

    def _seen(self, external_id: str) -> TrackedTicket:
        ticket = self.tickets[external_id]
        stamps = [ticket.stamp, *(comment.stamp for comment in ticket.comments.values())]
        shown = {stamp.marker: stamp.fingerprint for stamp in stamps}
        return TrackedTicket(external_id, f"https://tracker/{external_id}", ticket.status, ticket.level, shown)

    def _call(self, name: str, act: Any) -> Any:
        self.calls.append(name)
        fails = self.fails_at == len(self.calls)
        if fails and not self.loses_answer:
            raise TrackerError("refused")
        result = act()
        if fails:
            raise TrackerError("the answer was lost")
        return result
