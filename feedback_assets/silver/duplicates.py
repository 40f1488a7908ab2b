"""Which items of a day repeat another: the same event, a mirrored text, a near-copy by the same person.

Each points at the smallest of those it repeats in the seven days before, whatever the order of arrival.
Different people saying the same short thing are not looked at here: each counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import compress, islice

from feedback_assets.silver.candidates import (
    NEAR,
    Candidate,
    Folded,
    as_read,
    in_order,
    may_be_near,
    near_pairs,
    similarity,
)

# Copies arrive within a week of the original; later repeats are new complaints. The same as partitions.last_7_days.
WINDOW = timedelta(days=7)
# A sentence: shorter texts of one person on two channels may be two complaints.
MIRROR_WORDS = 6
# Nobody else writes the same twelve words by chance.
MIRROR_WORDS_UNKNOWN = 12
# A display name alone ties only what is long enough not to be said by a namesake.
NAME_WORDS = 6
# Beyond this a name is no person ("A Google user") and pairs are looked for by MinHash.
_CROWD = 60
# Pairs compared by their letters in one go: some megabytes of counts.
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Copy:
    """That one item repeats another."""

    item: Candidate
    original: Candidate
    kind: str
    similarity: float
    evidence: str


def same_events(
    candidates: Sequence[Candidate], day: date
) -> tuple[list[Candidate], dict[tuple[str, int], Copy], set[tuple[str, int]]]:
    """The items of a day's window, each event once, the day's repeats, and the rows there whose id is another's.

    Args:
        candidates: Every readable item of the day and of the seven days before.
        day: The day decided on; later items are not looked at.
    """
    first: dict[str, Candidate] = {}
    once: list[Candidate] = []
    copies: dict[tuple[str, int], Copy] = {}
    clashes: set[tuple[str, int]] = set()
    for item in _window(candidates, day):
        original = first.setdefault(item.event_id, item)
        if original is item:
            once.append(item)
        elif original.source == item.source or original.wording == item.wording:
            copies[item.row] = Copy(item, original, "same_event", 1.0, "the same event id")
        else:
            clashes.add(item.row)
    return once, {row: copy for row, copy in copies.items() if copy.item.day == day}, clashes


def find_copies(candidates: Sequence[Candidate], day: date, folded: Folded = as_read) -> dict[tuple[str, int], Copy]:
    """Rows of a day that repeat an earlier item of the window as a mirror or near-copy.

    Args:
        candidates: Items of the day and of the seven days before, each event once.
        day: The day decided on; later items are not looked at.
        folded: Their words.
    """
    # Mostly in order already; `_rooted` goes from later to earlier and would not end otherwise.
    window = _window(candidates, day)
    links: dict[tuple[str, int], Copy] = {}
    for copy in _links(window, folded):
        known = links.get(copy.item.row)
        if known is None or in_order(copy.original) < in_order(known.original):
            links[copy.item.row] = copy
    return {row: _rooted(copy, links) for row, copy in links.items() if copy.item.day == day}


def _window(candidates: Iterable[Candidate], day: date) -> list[Candidate]:
    first = day - WINDOW
    return sorted((item for item in candidates if first <= item.day <= day), key=in_order)


def _rooted(copy: Copy, links: dict[tuple[str, int], Copy]) -> Copy:
    """The copy pointing past copies in between, at the first of them all."""
    original = copy.original
    while (further := links.get(original.row)) is not None:
        original = further.original
    return copy if original is copy.original else Copy(copy.item, original, copy.kind, copy.similarity, copy.evidence)


def _links(window: Sequence[Candidate], folded: Folded) -> Iterator[Copy]:
    yield from _by_reference(window, folded)
    yield from _by_wording(window)
    for tie, groups in _tied(window).items():
        pairs = ((group[left], group[right]) for group in groups for left, right in _pairs(group, folded))
        while some := list(islice(pairs, _AT_ONCE)):
            yield from _near_copies(some, tie, folded)


def _by_reference(window: Sequence[Candidate], folded: Folded) -> Iterator[Copy]:
    """Items whose source says which item they mirror; of the two the later one is the copy."""
    by_id = {item.event_ref: item for item in window}
    for item in window:
        other = by_id.get(item.mirror_of) if item.mirror_of else None
        if other is not None and other.event_id != item.event_id:
            original, copy = sorted((item, other), key=in_order)
            score = similarity(folded(original), folded(copy))
            yield Copy(copy, original, "mirror", round(score, 4), "the source says that one mirrors the other")


def _by_wording(window: Sequence[Candidate]) -> Iterator[Copy]:
    """The same words on another channel, by the same person or too long to be chance."""
    long = [item for item in window if item.words >= MIRROR_WORDS]
    counts = Counter(item.wording for item in long)
    first: dict[str, list[Candidate]] = defaultdict(list)
    for item in long:
        if counts[item.wording] == 1:  # by nobody else
            continue
        for original in first[item.wording]:
            if original.channel == item.channel:
                continue
            if _same_person(original, item):
                yield Copy(item, original, "mirror", 1.0, "the same words by the same person on another channel")
                break
            if item.words >= MIRROR_WORDS_UNKNOWN and not _differ_in_person(original, item):
                yield Copy(item, original, "mirror", 1.0, f"the same {item.words} words on another channel")
                break
        # A handful of earlier posts is enough to find the channel it came from.
        if len(first[item.wording]) < _CROWD:
            first[item.wording].append(item)


def _tied(window: Sequence[Candidate]) -> dict[str, list[list[Candidate]]]:
    ties: dict[str, dict[str, list[Candidate]]] = {"customer": {}, "order": {}, "author": {}}
    for item in window:
        if not item.words:
            continue
        for name, key in (("customer", item.customer), ("order", item.order)):
            if key:
                ties[name].setdefault(key, []).append(item)
        if item.author and not item.customer and item.words >= NAME_WORDS:
            ties["author"].setdefault(f"{item.source}\n{item.author}", []).append(item)
    return {name: list(groups.values()) for name, groups in ties.items()}


def _near_copies(pairs: Sequence[tuple[Candidate, Candidate]], tie: str, folded: Folded) -> Iterator[Copy]:
    for original, item in compress(pairs, may_be_near(pairs)):
        if tie == "order" and original.customer and item.customer and original.customer != item.customer:
            continue
        score = 1.0 if original.wording == item.wording else similarity(folded(original), folded(item))
        if score >= NEAR:
            yield Copy(item, original, "near_copy", round(score, 4), f"nearly the same words of the same {tie}")


def _pairs(group: Sequence[Candidate], folded: Folded) -> Collection[tuple[int, int]]:
    if len(group) <= _CROWD:
        return [(left, right) for right in range(1, len(group)) for left in range(right)]
    first: dict[str, int] = {}
    pairs: set[tuple[int, int]] = set()
    for n, item in enumerate(group):
        if first.setdefault(item.wording, n) != n:
            pairs.add((first[item.wording], n))
    places = list(first.values())
    texts = [folded(group[place]) for place in places]
    pairs.update((places[left], places[right]) for left, right in near_pairs(texts))
    return sorted((min(pair), max(pair)) for pair in pairs)


def _same_person(left: Candidate, right: Candidate) -> bool:
    return bool(
        (left.customer and left.customer == right.customer)
        or (left.order and left.order == right.order)
        or (left.author and left.author == right.author)
    )


def _differ_in_person(left: Candidate, right: Candidate) -> bool:
    """Both say who wrote, and it is not the same person."""
    return any(
        mine and theirs and mine != theirs
        for mine, theirs in ((left.customer, right.customer), (left.order, right.order))
    )
