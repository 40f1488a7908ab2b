"""The review queue: the share of the newest day that waits for review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from feedback_assets.lake.store import Lake
from feedback_assets.tables import GOLD_ITEMS

# Fewer items say nothing about a share.
_LEAST_ITEMS = 20


@dataclass(frozen=True)
class ReviewQueue:
    """Items that wait for review, and whether their share is acceptable."""

    items: int
    waiting: int
    acceptable: bool
    reason: str


def check_review_queue(lake: Lake, most: float) -> ReviewQueue:
    """Compare the review share of the newest day with the threshold.

    Args:
        lake: Where `gold/items` is.
        most: Share of items waiting for review or people above which it is too much, 0 to 1.
    """
    days = lake.days(GOLD_ITEMS)
    if not days:
        return ReviewQueue(0, 0, True, "no items yet")
    newest = max(days)
    triage = lake.read(GOLD_ITEMS, newest, newest + timedelta(days=1), ["triage"])["triage"]
    items, waiting = len(triage), int(triage.isin(["review", "people"]).sum())
    if items < _LEAST_ITEMS:
        return ReviewQueue(items, waiting, True, f"{newest}: {items} items are too few to judge a share")
    share = waiting / items
    verb = "is under" if share <= most else "is over"
    return ReviewQueue(
        items,
        waiting,
        share <= most,
        f"{newest}: {share:.0%} of {items} items wait for people, which {verb} {most:.0%}",
    )
