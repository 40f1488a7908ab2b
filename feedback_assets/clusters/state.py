"""A cluster from day to day: what it holds, how it grows and merges, and its row of `gold/clusters`.

All that the next day needs stands in the row, rounded as the table rounds it, so that a range equals the same days one
by one. Nothing here decides which issue belongs to which cluster.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets.clusters.leader_clustering import Floats
from feedback_assets.lake.frames import records
from feedback_assets.tables import ClusterEvent, ClusterStatus
from feedback_assets.text import text_or_none

# Counts of a cluster: enough for its title, few enough to store every day.
_MOST_TERMS = 60
_MOST_COUNTS = 40
# Days of which a cluster keeps its daily counts: four weeks, in which a rise is looked for.
RECENT_DAYS = 28
COUNTED = (
    "sub_labels",
    "concepts",
    "terms",
    "components",
    "products",
    "carriers",
    "regions",
    "versions",
    "channels",
    "languages",
)


class QuotedMember(TypedDict):
    """A member's words that a cluster shows, and what is needed to choose again on a later day.

    Rows of an older version have the first three alone; `customer` is a tag of four digits that tells two customers
    apart and leads to nobody.
    """

    event_id: str
    quote: str
    language: str
    theme: NotRequired[str | None]
    clarity: NotRequired[float]
    customer: NotRequired[str | None]


@dataclass
class Cluster:
    """One cluster so far. `centre` is the mean of the members' vectors, float32."""

    cluster_id: str
    scope: str
    domain: str
    category: str
    first_seen: date
    last_seen: date
    centre: Floats
    product_id: str | None = None
    product_name: str | None = None
    product_family: str | None = None
    members_total: int = 0
    members_today: int = 0
    cohesion: float = 0.0
    confidence: float = 0.0
    status: ClusterStatus = ClusterStatus.ACTIVE
    merged_into: str | None = None
    event: ClusterEvent | None = None
    quotes: list[QuotedMember] = field(default_factory=list[QuotedMember])
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    by_day: Counter[date] = field(default_factory=Counter[date])
    onset: date | None = None

    def add(self, vectors: Floats, similarities: Floats, confidences: NDArray[np.float64], day: date) -> None:
        """Add a day's members.

        Args:
            vectors: Unit vectors, shape (members, dimensions).
            similarities: To the centre they joined, shape (members,).
            confidences: Of their labels, shape (members,).
            day: Their day.
        """
        before, now = self.members_total, self.members_total + len(vectors)
        self.centre = ((self.centre.astype(np.float64) * before + vectors.sum(axis=0, dtype=np.float64)) / now).astype(
            np.float32
        )
        self.cohesion = _mean(self.cohesion, before, float(similarities.sum(dtype=np.float64)), now)
        self.confidence = _mean(self.confidence, before, float(confidences.sum()), now)
        self.members_total, self.members_today = now, self.members_today + len(vectors)
        self.last_seen = day
        self.by_day[day] += len(vectors)

    def absorb(self, other: Cluster) -> None:
        """Add all members of another cluster, which ends and points here."""
        before, more = self.members_total, other.members_total
        now = before + more
        mixed = (self.centre.astype(np.float64) * before + other.centre.astype(np.float64) * more) / now
        self.centre = mixed.astype(np.float32)
        self.cohesion = _mean(self.cohesion, before, other.cohesion * more, now)
        self.confidence = _mean(self.confidence, before, other.confidence * more, now)
        self.members_total, self.members_today = now, self.members_today + other.members_today
        self.last_seen = max(self.last_seen, other.last_seen)
        self.by_day.update(other.by_day)
        for name in COUNTED:
            self.counts[name].update(other.counts[name])
        self.quotes = self.quotes + other.quotes
        other.status, other.merged_into, other.event = ClusterStatus.MERGED, self.cluster_id, ClusterEvent.MERGED
        self.event = ClusterEvent.ABSORBED

    def trim_counts(self) -> None:
        """Cut the counts to those the table stores; called at the end of each day."""
        for name in COUNTED:
            most = _MOST_TERMS if name == "terms" else _MOST_COUNTS
            self.counts[name] = Counter(dict(ranked(self.counts[name])[:most]))

    def row(self, day: date, title: str, summary: str, specific: bool, embedding_version: str) -> dict[str, object]:
        """The row of `gold/clusters` for that day."""
        sub_labels, components = ranked(self.counts["sub_labels"]), ranked(self.counts["components"])
        return {
            "day": day,
            **{name: getattr(self, name) for name in _PLAIN},
            "sub_label": sub_labels[0][0] if sub_labels else None,
            "component": components[0][0] if components else None,
            "title": title,
            "summary": summary,
            "specific": specific,
            "quotes": json.dumps(self.quotes, ensure_ascii=False, sort_keys=True),
            "by_day": json.dumps(
                {str(on): self.by_day[on] for on in sorted(self.by_day) if (day - on).days < RECENT_DAYS}
            ),
            **{name: json.dumps(dict(self.counts[name]), ensure_ascii=False, sort_keys=True) for name in COUNTED},
            "embedding_version": embedding_version,
        }


_PLAIN = (
    "cluster_id", "status", "merged_into", "event", "domain", "category", "product_id", "product_name",
    "product_family", "members_today", "members_total", "first_seen", "last_seen", "scope", "cohesion",
    "confidence", "centre", "onset",
)  # fmt: skip


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Most frequent first, equals by name."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


class ClusterRow(TypedDict):
    """What is read of a row of `gold/clusters`; the columns of `COUNTED` are JSON objects too."""

    cluster_id: str
    scope: str
    domain: str
    category: str
    sub_label: object
    first_seen: date
    last_seen: date
    centre: Sequence[float] | Floats
    product_id: object
    product_name: object
    product_family: object
    members_total: int
    cohesion: float
    confidence: float
    status: str
    merged_into: object
    quotes: str
    terms: str
    by_day: object
    onset: object
    embedding_version: str


def newest_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The newest row of every cluster, merged ones too.

    Args:
        rows: Rows of `gold/clusters`, any number for each cluster.
    """
    return rows.sort_values("day", kind="stable").drop_duplicates("cluster_id", keep="last")


def restore_clusters(rows: pd.DataFrame) -> list[Cluster]:
    """The clusters of some rows, the oldest first.

    Args:
        rows: Rows of `gold/clusters`, one for each cluster.
    """
    return sorted((_restore(row) for row in records(rows)), key=by_age)


def by_age(cluster: Cluster) -> tuple[date, str]:
    """Sort key: the older first, equals by id."""
    return cluster.first_seen, cluster.cluster_id


def _restore(record: Mapping[str, Any]) -> Cluster:
    row = cast("ClusterRow", record)
    counts: dict[str, Counter[str]] = {name: Counter(json.loads(record[name])) for name in COUNTED}
    return Cluster(
        cluster_id=row["cluster_id"],
        scope=row["scope"],
        domain=row["domain"],
        category=row["category"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        centre=np.asarray(row["centre"], dtype=np.float32),
        product_id=text_or_none(row["product_id"]),
        product_name=text_or_none(row["product_name"]),
        product_family=text_or_none(row["product_family"]),
        members_total=int(row["members_total"]),
        cohesion=float(row["cohesion"]),
        confidence=float(row["confidence"]),
        status=ClusterStatus(row["status"]),
        merged_into=text_or_none(row["merged_into"]),
        quotes=json.loads(row["quotes"]),
        counts=counts,
        by_day=_by_day(row),
        onset=onset if isinstance(onset := row["onset"], date) and onset == onset else None,  # NaT differs from itself
    )


def _by_day(row: ClusterRow) -> Counter[date]:
    """The daily counts; a row of an older version has none, then its members are spread over its days."""
    if isinstance(told := row["by_day"], str):
        return Counter({date.fromisoformat(day): count for day, count in json.loads(told).items()})
    days, total = (row["last_seen"] - row["first_seen"]).days + 1, int(row["members_total"])
    back = (number * days // total for number in range(total))
    return Counter(row["last_seen"] - timedelta(days=each) for each in back if each < RECENT_DAYS)


def _mean(value: float, before: int, added: float, now: int) -> float:
    return min(1.0, max(0.0, round((value * before + added) / now, 9)))
