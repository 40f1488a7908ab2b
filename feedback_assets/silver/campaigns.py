"""Copy-paste campaigns: many near-identical texts from low-trust sources within two days.

Decided from the wording and the spread alone; what happens to the rows is up to `feedback`.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from feedback_assets.silver.candidates import Candidate, Folded, as_read, in_order, near_pairs

# Seven friends may share a sentence; planted and real campaigns come in dozens.
FEWEST = 8
# Shorter texts are the same by chance: "app does not work".
FEWEST_WORDS = 6
# A campaign is posted within hours; a slogan heard for weeks is public opinion.
SPAN = timedelta(hours=48)


def find_campaigns(
    candidates: Sequence[Candidate], day: date, low_trust: Collection[str], folded: Folded = as_read
) -> Mapping[tuple[str, int], str]:
    """Rows of a day that belong to a campaign, with the evidence as JSON.

    Args:
        candidates: Items of the day and of the days before it, each once.
        day: The day decided on; later items are not looked at.
        low_trust: Channels and sources where a campaign is plausible.
        folded: The words of the items.
    """
    first = day - timedelta(days=SPAN.days)
    eligible = [
        item
        for item in candidates
        if first <= item.day <= day
        and item.words >= FEWEST_WORDS
        and (item.channel in low_trust or item.source in low_trust)
    ]
    evidence_of: dict[tuple[str, int], str] = {}
    for group in _alike(sorted(eligible, key=in_order), folded):
        for wave in _waves(group):
            evidence = _evidence(wave)
            evidence_of.update((item.row, evidence) for item in wave if item.day == day)
    return evidence_of


def _alike(items: Sequence[Candidate], folded: Folded) -> list[list[Candidate]]:
    """Groups of items whose wordings are equal or nearly so, directly or by way of another."""
    by_text: dict[str, list[Candidate]] = defaultdict(list)
    for item in items:
        by_text[item.wording].append(item)
    texts = list(by_text)
    parent = list(range(len(texts)))

    def root(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for left, right in near_pairs([folded(by_text[text][0]) for text in texts]):
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    groups: dict[int, list[Candidate]] = defaultdict(list)
    for position, text in enumerate(texts):
        groups[root(position)] += by_text[text]
    return [sorted(group, key=in_order) for group in groups.values() if len(group) >= FEWEST]


def _waves(group: Sequence[Candidate]) -> list[list[Candidate]]:
    """The line_ranges of `SPAN` in which enough different people posted, joined where they overlap."""
    inside: set[int] = set()
    start = 0
    people: Counter[str] = Counter()
    for end, item in enumerate(group):
        people[_person(item)] += 1
        while group[start].occurred_at < item.occurred_at - SPAN:
            gone = _person(group[start])
            people[gone] -= 1
            if not people[gone]:
                del people[gone]
            start += 1
        if len(people) >= FEWEST:
            inside.update(range(start, end + 1))
    return [[item for position, item in enumerate(group) if position in inside]] if inside else []


def _person(item: Candidate) -> str:
    """Who posted; a post without any author is somebody of its own."""
    return item.customer or item.author or f"{item.landing_object}:{item.line}"


def _evidence(wave: Sequence[Candidate]) -> str:
    hours = (wave[-1].occurred_at - wave[0].occurred_at).total_seconds() / 3600
    return json.dumps(
        {
            "posts": len(wave),
            "people": len({_person(item) for item in wave}),
            "span_hours": round(hours, 2),
            "channels": dict(sorted(Counter(item.channel for item in wave).items())),
            "sources": dict(sorted(Counter(item.source for item in wave).items())),
            "wordings": len({item.wording for item in wave}),
        },
        ensure_ascii=False,
        sort_keys=True,
    )
