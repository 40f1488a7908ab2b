"""When a ticket is met again and what counts as evidence: the numbers of the thresholds file."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_assets.config.thresholds import Section


@dataclass(frozen=True)
class Rules:
    """When a ticket is met again. Each number is set, with its reason, in `prompts/thresholds.yaml`."""

    same_problem_days: int = 60
    reopen_members: int = 5
    evidence_days: int = 7
    evidence_lift: float = 2.0
    concentrated: float = 5.0
    parent_overlap: float = 0.5

    @classmethod
    def read(cls, section: Section) -> Rules:
        """The rules as the thresholds file sets them.

        Raises:
            ThresholdsError: A number is missing or out of range.
        """
        return cls(
            same_problem_days=section.count("same_problem_days"),
            reopen_members=section.count("reopen_members"),
            evidence_days=section.count("evidence_days", 1, 28),
            evidence_lift=section.number("evidence_lift", 0),
            concentrated=section.number("concentrated", 0),
            parent_overlap=section.number("parent_overlap", 0, 1),
        )
