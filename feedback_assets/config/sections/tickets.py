"""The section `tickets` of the thresholds: when a ticket is met again, and what counts as its evidence."""

from __future__ import annotations

from feedback_assets.config.strict import Count, Number, Strict, setting


class TicketRules(Strict):
    """When a problem is the same problem, and what its ticket shows."""

    same_problem_days: Count = setting(
        "days", "A problem that comes back later has usually another cause, and gets a new ticket.", ge=1
    )
    evidence_lift: Number = setting(
        "times expected", "A day with so many times its usual issues is evidence; the days around it are background.",
        ge=0,
    )  # fmt: skip
    concentrated: Number = setting(
        "log-likelihood ratio", "A rise is some regions' own when they explain it this much better than before.", ge=0
    )
    onset_history: Count = setting("days", "So many with items must lie before the first day of a rise.", ge=1)
    onset_gain: Number = setting(
        "log-likelihood ratio", "A problem began on a day when a rise from there explains its reports so much better.",
        ge=0,
    )  # fmt: skip
    onset_gap: Number = setting(
        "log-likelihood", "Two problems began together when a common first day costs either at most so much.", ge=0
    )
    tied_share: Number = setting(
        "share of items", "A rise is about one product, carrier or version when so many of its items name it.", ge=0,
        le=1,
    )  # fmt: skip
    reopen_members: Count = setting(
        "issues", "A closed ticket reopens with so many new ones. Fewer bought before the fix.", ge=1
    )
    evidence_days: Count = setting("days", "Evidence of a new ticket: so long before it was raised.", ge=1, le=28)
    parent_overlap: Number = setting(
        "share of items", "A ticket is another team's child when so many of its items are behind both.", ge=0, le=1
    )
