"""A cluster as of a day, and which cluster became part of which.

Built once from rows of `gold/clusters`, then asked for one day after another. Pure and plain Python, so that commands
which start without pandas can use it. Nothing is read or decided here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from feedback_assets.tables import ClusterStatus

# Days are dates, or texts `YYYY-MM-DD` where a query gives them so; both sort by time.
Day = TypeVar("Day", date, str)
Row = TypeVar("Row")
_Record = TypeVar("_Record", bound=Mapping[Any, Any])


class ClusterRow(NamedTuple, Generic[Day, Row]):
    """A row of `gold/clusters`: its day, its cluster, what that became part of (or None), and the row itself."""

    day: Day
    cluster_id: str
    merged_into: str | None
    row: Row


class Merge(NamedTuple, Generic[Day]):
    """From this day on `cluster_id` is part of `merged_into`."""

    day: Day
    cluster_id: str
    merged_into: str


def cluster_rows(records: Iterable[_Record]) -> Iterator[ClusterRow[Any, _Record]]:
    """Rows out of records with `day`, `cluster_id`, `status` and `merged_into`, as frames and queries give them."""
    for record in records:
        into = record["merged_into"]
        merged = record["status"] == ClusterStatus.MERGED and isinstance(into, str) and into != record["cluster_id"]
        yield ClusterRow(record["day"], str(record["cluster_id"]), into if merged else None, record)


class Lineage(Generic[Day, Row]):
    """Clusters over time. The newest row of a cluster holds: it says whether the cluster is part of another."""

    def __init__(self, rows: Iterable[ClusterRow[Day, Row]]) -> None:
        self._ordered = sorted(rows, key=lambda row: row.day)
        self._history: dict[str, list[ClusterRow[Day, Row]]] = {}
        for row in self._ordered:
            self._history.setdefault(row.cluster_id, []).append(row)
        self._next = 0
        self._merges: dict[str, Merge[Day]] = {}

    def as_of(self, day: Day, since: Day | None = None) -> LineageAsOf[Day, Row]:
        """The lineage at the end of a day.

        Days asked for in ascending order cost only the rows between them; an earlier day starts from the first row.

        Args:
            day: Rows after it are not known yet, and neither are their merges.
            since: Rows before it count as not read, so that a range of days equals its days one by one.
        """
        if self._next and self._ordered[self._next - 1].day > day:
            self._next, self._merges = 0, {}
        first = self._next
        while self._next < len(self._ordered) and self._ordered[self._next].day <= day:
            self._next += 1
        self._merges = _after(self._merges, self._ordered[first : self._next])
        in_window = {
            cluster: merge.merged_into for cluster, merge in self._merges.items() if since is None or merge.day >= since
        }
        return LineageAsOf(day, since, in_window, self._history)

    def merges(self, after: Day | None, until: Day) -> list[Merge[Day]]:
        """The merges on days later than `after` (None for all) and not later than `until`, in order."""
        low = 0 if after is None else bisect_right(self._ordered, after, key=lambda row: row.day)
        high = bisect_right(self._ordered, until, key=lambda row: row.day)
        return [
            Merge(row.day, row.cluster_id, row.merged_into)
            for row in self._ordered[low:high]
            if row.merged_into is not None
        ]


def _after(merges: dict[str, Merge[Day]], rows: list[ClusterRow[Day, Row]]) -> dict[str, Merge[Day]]:
    changed = dict(merges)
    for row in rows:
        changed.pop(row.cluster_id, None)
        if row.merged_into is not None:
            changed[row.cluster_id] = Merge(row.day, row.cluster_id, row.merged_into)
    return changed


@dataclass(frozen=True)
class LineageAsOf(Generic[Day, Row]):
    """The clusters at the end of a day, and which of them are part of another; see `Lineage.as_of`."""

    day: Day
    since: Day | None
    merged_into: Mapping[str, str]
    _history: Mapping[str, list[ClusterRow[Day, Row]]] = field(repr=False)
    _parts: dict[str, list[str]] = field(init=False, repr=False, default_factory=lambda: {})

    def __post_init__(self) -> None:
        for cluster, into in self.merged_into.items():
            self._parts.setdefault(into, []).append(cluster)

    def row(self, cluster_id: str) -> Row | None:
        """The newest row of a cluster; None when it has none up to the day."""
        history = self._history.get(cluster_id, [])
        place = bisect_right(history, self.day, key=lambda row: row.day)
        if place == 0 or (self.since is not None and history[place - 1].day < self.since):
            return None
        return history[place - 1].row

    def root(self, cluster_id: str) -> str:
        """The cluster that this one is part of in the end, itself when it is part of none.

        Clusters that became part of each other, as rows of two different runs may say, share the first by name.
        """
        path: dict[str, None] = {}
        while cluster_id in self.merged_into and cluster_id not in path:
            path[cluster_id] = None
            cluster_id = self.merged_into[cluster_id]
        if cluster_id in path:
            around = list(path)
            return min(around[around.index(cluster_id) :])
        return cluster_id

    def ancestors(self, cluster_id: str) -> frozenset[str]:
        """All clusters that became part of this one, also by way of others, without itself."""
        parts: set[str] = set()
        waiting = [cluster_id]
        while waiting:
            for part in self._parts.get(waiting.pop(), []):
                if part not in parts:
                    parts.add(part)
                    waiting.append(part)
        return frozenset(parts - {cluster_id})
