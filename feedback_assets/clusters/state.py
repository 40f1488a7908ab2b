"""A cluster as the walk carries it from day to day, and as the table keeps it.

Everything the next day needs stands in the row, rounded as the table rounds it, so that a range walked in one
go equals the same days one by one. Nothing here decides who belongs where.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets.clusters.identity import Floats, unit
from feedback_assets.text import text_or_none

# Words of a cluster that are kept: enough for its title, few enough to store every day.
_TERMS_KEPT = 60
_KEPT = 40
QUOTES_KEPT = 5
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
    status: str = "active"
    merged_into: str | None = None
    event: str = ""
    quotes: list[dict[str, str]] = field(default_factory=lambda: [])
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})

    @property
    def direction(self) -> Floats:
        """The centre brought to length one."""
        return unit(self.centre[None, :])[0]

    def add(self, vectors: Floats, similarities: Floats, confidences: np.ndarray[Any, Any], day: date) -> None:
        """Take in a day's members.

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

    def absorb(self, other: Cluster) -> None:
        """Take in another cluster whole; it becomes a sign that points here."""
        before, more = self.members_total, other.members_total
        now = before + more
        mixed = (self.centre.astype(np.float64) * before + other.centre.astype(np.float64) * more) / now
        self.centre = mixed.astype(np.float32)
        self.cohesion = _mean(self.cohesion, before, other.cohesion * more, now)
        self.confidence = _mean(self.confidence, before, other.confidence * more, now)
        self.members_total, self.members_today = now, self.members_today + other.members_today
        self.last_seen = max(self.last_seen, other.last_seen)
        for name in COUNTED:
            self.counts[name].update(other.counts[name])
        self.quotes = (self.quotes + other.quotes)[:QUOTES_KEPT]
        other.status, other.merged_into, other.event = "merged", self.cluster_id, "merged"
        self.event = "absorbed"

    def settle(self) -> None:
        """Round what is carried on as the table rounds it; called at the end of each day."""
        for name in COUNTED:
            kept = _TERMS_KEPT if name == "terms" else _KEPT
            self.counts[name] = Counter(dict(ranked(self.counts[name])[:kept]))

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
            **{name: json.dumps(dict(self.counts[name]), ensure_ascii=False, sort_keys=True) for name in COUNTED},
            "embedding_version": embedding_version,
        }


_PLAIN = (
    "cluster_id", "status", "merged_into", "event", "domain", "category", "product_id", "product_name",
    "product_family", "members_today", "members_total", "first_seen", "last_seen", "scope", "cohesion",
    "confidence", "centre",
)  # fmt: skip


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Most frequent first, equals by name."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def restore(rows: pd.DataFrame) -> list[Cluster]:
    """The newest state of every cluster.

    Args:
        rows: Rows of `gold/clusters`, any number a cluster.

    Returns:
        One cluster each, merged ones too, by age.
    """
    newest = rows.sort_values("day", kind="stable").drop_duplicates("cluster_id", keep="last")
    records: list[dict[Hashable, Any]] = newest.to_dict("records")
    return sorted((_restore(record) for record in records), key=age)


def age(cluster: Cluster) -> tuple[date, str]:
    """Sort key: the older first, equals by id."""
    return cluster.first_seen, cluster.cluster_id


def _restore(row: Mapping[Hashable, Any]) -> Cluster:
    counts: dict[str, Counter[str]] = {name: Counter(json.loads(row[name])) for name in COUNTED}
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
        status=row["status"],
        merged_into=text_or_none(row["merged_into"]),
        quotes=json.loads(row["quotes"]),
        counts=counts,
    )


def _mean(value: float, before: int, added: float, now: int) -> float:
    return min(1.0, max(0.0, round((value * before + added) / now, 9)))
