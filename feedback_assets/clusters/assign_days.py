"""Assigns the issues of each day to clusters, day by day: issues join or create clusters, clusters merge or split.

Pure: frames and the state before the first day go in, rows come out. The same days give the same ids, at once or one by
one. The arithmetic is in `leader_clustering`, the wording in `summary`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets import tables
from feedback_assets.clusters.common_rise import common_rise
from feedback_assets.clusters.embedding import DIMENSIONS, Embedding, Issue
from feedback_assets.clusters.leader_clustering import (
    Floats,
    assign_issues,
    closest_pairs,
    cluster_id,
    split_members,
    unit,
)
from feedback_assets.clusters.state import (
    RECENT_DAYS,
    Cluster,
    ClusterRow,
    QuotedMember,
    by_age,
    newest_rows,
    ranked,
    restore_clusters,
)
from feedback_assets.clusters.summary import CategoryTotals, Said, Titles, add_quotes, is_specific, summary, title
from feedback_assets.config.sections.clusters import ClusterRules
from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.evidence import is_certain
from feedback_assets.lake.frames import conform, empty, records
from feedback_assets.statistics import Bools, Ints
from feedback_assets.tables import ClusterEvent, ClusterStatus, Triage
from feedback_assets.text import text_or_none

# What is read of the item an issue stands in.
CONTEXT = (
    "event_id", "occurred_at", "language", "channel", "product_id", "product_name", "product_family", "vendor",
    "region", "carrier", "app_version", "customer_ref",
)  # fmt: skip
_COUNTED_COLUMNS = {
    "products": "product_id", "carriers": "carrier", "regions": "region", "versions": "app_version",
    "channels": "channel", "languages": "language", "components": "component", "sub_labels": "theme",
}  # fmt: skip
# What the scope of an issue may be made of.
_SCOPED_BY = ("domain", "category", "product_id", "product_name", "product_family", "carrier", "region", "vendor")
# What `add_quotes` reads of a member, and a new cluster of its first member.
_QUOTED = Said._fields
_FOUNDING = ("issue_id", "domain", "category", "product_id", "product_name", "product_family")
# All that is looked at row by row: a block of days is millions of issues, and lists of all columns would be too much.
_ROW_COLUMNS = tuple(dict.fromkeys(("scope", "theme", "concept", *_QUOTED, *_FOUNDING, *_COUNTED_COLUMNS.values())))
_VAGUE = 0.5
# As many as stand in two or three quotes.
_MOST_WORDS = 20
_NO_SIMILARITIES: Floats = np.zeros(0, dtype=np.float32)

Confidences = NDArray[np.float64]
Objects = NDArray[np.object_]


@dataclass(frozen=True)
class ClusterResult:
    """Rows of `gold/clusters` and of `gold/cluster_members`."""

    clusters: pd.DataFrame
    members: pd.DataFrame


@dataclass(frozen=True)
class Method:
    """How issues are clustered, fitted once for each edition of the prompts folder.

    Attributes:
        embedding: Gives each issue its vector.
        rules: When issues belong together.
        titles: How categories, sub-labels and concepts are called.
        evidence: Which members are quoted.
        no_issue: The category of items without a complaint, which form no clusters.
    """

    embedding: Embedding
    rules: ClusterRules
    titles: Titles
    evidence: EvidenceRules
    no_issue: str


class _IssueColumns:
    """The prepared issues column by column, for rows given by number.

    A handful of rows is looked at for each of thousands of clusters: cutting a frame up for each costs several times as
    much as the arithmetic.
    """

    def __init__(self, prepared: pd.DataFrame) -> None:
        self.issues: list[Issue] = prepared["issue"].tolist()
        self._columns: dict[str, list[object]] = {name: prepared[name].tolist() for name in _ROW_COLUMNS}
        self.may_create: Bools = (prepared["triage"] != Triage.SIGNAL).to_numpy(dtype=bool)
        self.confidence: Confidences = prepared["confidence"].to_numpy(dtype=np.float64)
        # An issue that names neither theme nor concept says little about whether the members tell one thing.
        named = (prepared["theme"].notna() | prepared["concept"].notna()).to_numpy(dtype=bool)
        self.cohesion_weight: Floats = np.where(named, 1.0, _VAGUE).astype(np.float32)

    def values(self, name: str, rows: Iterable[int]) -> list[object]:
        """The values of a column in some rows."""
        column = self._columns[name]
        return [column[row] for row in rows]

    def issues_of(self, rows: Iterable[int]) -> list[Issue]:
        """What the embedding may see of some rows."""
        return [self.issues[row] for row in rows]


class _ActiveClusters:
    """The clusters so far by scope, the ids in use, and the counts of each category."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self.ids: set[str] = set()
        self.by_scope: dict[str, list[Cluster]] = {}
        self.totals: dict[str, CategoryTotals] = {}
        # Clustered issues by category and day.
        self.by_day: dict[str, Counter[date]] = {}
        for cluster in clusters:
            self.ids.add(cluster.cluster_id)
            if cluster.status == ClusterStatus.ACTIVE:
                self.by_day.setdefault(cluster.category, Counter()).update(cluster.by_day)
                self.by_scope.setdefault(cluster.scope, []).append(cluster)
                self.total(cluster.category).change(cluster, 1)

    def total(self, category: str) -> CategoryTotals:
        """The counts over all clusters of a category as of the evening before."""
        return self.totals.setdefault(category, CategoryTotals())

    def recent(self, days: Sequence[date]) -> dict[str, NDArray[np.float64]]:
        """Clustered issues of each category on each of the days."""
        return {
            category: np.array([counts[day] for day in days], dtype=np.float64)
            for category, counts in self.by_day.items()
        }

    def add(self, cluster: Cluster) -> None:
        """Add a new cluster."""
        self.ids.add(cluster.cluster_id)
        self.by_scope.setdefault(cluster.scope, []).append(cluster)


def assign_days(
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
    before: pd.DataFrame,
    days: Sequence[date],
    method: Method,
) -> ClusterResult:
    """Assign the issues of the days to clusters, in order of days.

    Args:
        issues: `gold/issues` of the days.
        feedback: `silver/feedback` of the days.
        before: Rows of `gold/clusters` of earlier days; the newest of each cluster is the state to start from.
        days: The days, ascending.
        method: How.
    """
    embedding, rules = method.embedding, method.rules
    prepared = prepare_issues(issues[issues["category"] != method.no_issue], feedback, embedding, rules)
    columns = _IssueColumns(prepared)
    vectors = embedding.vectors(columns.issues)
    active = _ActiveClusters(restore_clusters(_with_current_embedding(before, embedding, rules)))
    cluster_rows: list[dict[str, object]] = []
    member_rows: list[pd.DataFrame] = []
    places = prepared.groupby("day", sort=False).indices
    for day in days:
        rows = np.asarray(places.get(day, []), dtype=np.int64)
        touched, ids, similarities = _assign_day(day, columns, vectors, rows, active, method)
        assigned = prepared[["day", "issue_id", "event_id"]].iloc[rows].assign(cluster_id=ids, similarity=similarities)
        member_rows.append(assigned[assigned["cluster_id"].notna()])
        for cluster in touched:
            heading = title(cluster, active.total(cluster.category), rules, method.titles)
            cluster_rows.append(
                cluster.row(day, heading, summary(cluster, heading), is_specific(cluster, rules), embedding.version)
            )
            cluster.members_today, cluster.event = 0, None
    return ClusterResult(_cluster_frame(cluster_rows), _member_frame(member_rows))


def _assign_day(
    day: date,
    columns: _IssueColumns,
    vectors: Floats,
    rows: Ints,
    active: _ActiveClusters,
    method: Method,
) -> tuple[list[Cluster], Objects, Floats]:
    """The clusters that changed, and for each row the id of its cluster, None for none, and the similarity to it."""
    rules, evidence = method.rules, method.evidence
    touched: dict[str, Cluster] = {}
    ids: Objects = np.full(len(rows), None, dtype=np.object_)
    similarities = np.zeros(len(rows), dtype=np.float32)
    for scope, at in _by_scope(columns.values("scope", rows)):
        scope_rows = rows[at]
        scope_vectors, known = vectors[scope_rows], active.by_scope.setdefault(scope, [])
        known.sort(key=by_age)
        category = columns.issues[int(scope_rows[0])].category
        total = active.total(category)
        labels, near = _assign_scope(day, scope, columns, scope_rows, scope_vectors, known, active, rules)
        changed: list[Cluster] = []
        for cluster, members in _members(labels, known):
            member_rows, similarity = scope_rows[members], near[members]
            total.change(cluster, -1)
            cluster.add(
                scope_vectors[members],
                similarity * columns.cohesion_weight[member_rows],
                columns.confidence[member_rows],
                day,
            )
            cluster.event = cluster.event or ClusterEvent.GREW
            _count(cluster, member_rows, columns, method.embedding)
            quoted = zip(*(columns.values(name, member_rows) for name in _QUOTED), strict=True)
            add_quotes(cluster, [Said(*values) for values in quoted], similarity, evidence)
            cluster.trim_counts()
            total.change(cluster, 1)
            active.by_day.setdefault(category, Counter())[day] += len(members)
            ids[at[members]], similarities[at[members]] = cluster.cluster_id, similarity
            changed.append(cluster)
        for older, younger in _merge(known, total, rules):
            add_quotes(older, (), _NO_SIMILARITIES, evidence)
            ids[at[ids[at] == younger.cluster_id]] = older.cluster_id
            changed.extend((older, younger))
        touched.update({cluster.cluster_id: cluster for cluster in changed})
    # Only now is all of the day counted that a rise is compared with.
    days = [day - timedelta(days=RECENT_DAYS - 1 - n) for n in range(RECENT_DAYS)]
    recent = active.recent(days)
    for scope in dict.fromkeys(str(scope) for scope in columns.values("scope", rows)):
        for older, younger in _pool(days, recent, scope, active, method):
            ids[ids == younger.cluster_id] = older.cluster_id
            touched.update({cluster.cluster_id: cluster for cluster in (older, younger)})
    return sorted(touched.values(), key=by_age), ids, similarities


def _by_scope(scopes: Sequence[object]) -> list[tuple[str, Ints]]:
    """The scopes in order, each with the positions it stands at."""
    positions_of: dict[str, list[int]] = {}
    for position, scope in enumerate(scopes):
        positions_of.setdefault(str(scope), []).append(position)
    return [(scope, np.asarray(positions, dtype=np.int64)) for scope, positions in sorted(positions_of.items())]


def _assign_scope(
    day: date,
    scope: str,
    columns: _IssueColumns,
    rows: Ints,
    vectors: Floats,
    known: list[Cluster],
    active: _ActiveClusters,
    rules: ClusterRules,
) -> tuple[Ints, Floats]:
    """The position in `known` for each issue (-1 for none), new clusters appended to it, and the similarity."""
    centres = _unit_centres(known, vectors.shape[1])
    may_create = columns.may_create[rows]
    assignment = assign_issues(vectors, centres, rules.join(scope), may_create, rules.batch)
    labels = assignment.cluster
    offset = len(known)
    for number, _ in enumerate(assignment.founders):
        active.add(_new_cluster(day, scope, columns, rows[labels == offset + number], active.ids, ClusterEvent.BORN))
    for position in range(offset):
        if known[position].onset is not None:
            continue  # Its parts are told in different words, and became one because they began together.
        members = np.flatnonzero(labels == position)
        leaving = split_members(vectors[members], centres[position], rules.split_members, rules.split_below)
        if leaving is not None and may_create[members[leaving]].any():
            labels[members[leaving]] = len(known)
            parted = rows[labels == len(known)]
            active.add(_new_cluster(day, scope, columns, parted, active.ids, ClusterEvent.SPLIT))
    towards = _unit_centres(known, vectors.shape[1], offset, vectors, labels)
    near = (
        np.where(labels >= 0, np.einsum("ij,ij->i", vectors, towards[np.maximum(labels, 0)]), 0)
        if len(known)
        else np.zeros(len(labels))
    )
    return labels, np.clip(near, 0, 1).astype(np.float32)


def _unit_centres(
    known: Sequence[Cluster],
    dimensions: int,
    offset: int | None = None,
    vectors: Floats | None = None,
    labels: Ints | None = None,
) -> Floats:
    """Unit centres, shape (clusters, dimensions); those from `offset` on are made of their first members."""
    if not known:
        return np.zeros((0, dimensions), dtype=np.float32)
    centres: Floats = np.stack([cluster.centre for cluster in known])
    if offset is not None and vectors is not None and labels is not None:
        for position in range(offset, len(known)):
            centres[position] = vectors[labels == position].mean(axis=0)
    return unit(centres)


def _new_cluster(
    day: date, scope: str, columns: _IssueColumns, members: Ints, taken: Collection[str], event: ClusterEvent
) -> Cluster:
    """A cluster that these members create; the members themselves are added with all others."""
    credible = members[columns.may_create[members]]
    first = {name: columns.values(name, credible[:1])[0] for name in _FOUNDING}
    theme = "|".join(_most_common(columns.values(name, credible)) for name in ("theme", "concept"))
    product_bound = "|product=" in scope
    return Cluster(
        cluster_id=cluster_id(scope, theme, str(first["issue_id"]), taken),
        scope=scope,
        domain=str(first["domain"]),
        category=str(first["category"]),
        first_seen=day,
        last_seen=day,
        centre=np.zeros(DIMENSIONS, dtype=np.float32),
        product_id=text_or_none(first["product_id"]) if product_bound else None,
        product_name=text_or_none(first["product_name"]) if product_bound else None,
        product_family=text_or_none(first["product_family"]) if "|" in scope else None,
        event=event,
    )


def _most_common(values: Sequence[object]) -> str:
    counts = Counter(value for value in values if isinstance(value, str))
    return ranked(counts)[0][0] if counts else "-"


def _members(labels: Ints, known: Sequence[Cluster]) -> list[tuple[Cluster, Ints]]:
    """The clusters that got members, as `known` has them, each with the positions of its members."""
    order = np.argsort(labels, kind="stable")
    numbers, first = np.unique(labels[order], return_index=True)
    return [
        (known[label], members)
        for label, members in zip(numbers.tolist(), np.split(order, first[1:]), strict=True)
        if label >= 0
    ]


def _merge(known: list[Cluster], total: CategoryTotals, rules: ClusterRules) -> list[tuple[Cluster, Cluster]]:
    """Make one of what tells the same story; the older keeps its id. Returns (older, younger) pairs."""
    if len(known) < 2:
        return []
    known.sort(key=by_age)
    eligible = np.array([cluster.members_total >= rules.merge_members for cluster in known])
    centres = unit(np.stack([cluster.centre for cluster in known]))
    pairs = [(known[i], known[j]) for i, j in closest_pairs(centres, eligible, rules.merge(known[0].scope))]
    for older, younger in pairs:
        total.change(older, -1)
        total.change(younger, -1)
        older.absorb(younger)
        older.trim_counts()
        total.change(older, 1)
        known.remove(younger)
    return pairs


def _pool(
    days: Sequence[date],
    recent: Mapping[str, NDArray[np.float64]],
    scope: str,
    active: _ActiveClusters,
    method: Method,
) -> list[tuple[Cluster, Cluster]]:
    """Make one of the clusters of a scope that began to rise together. Returns (older, younger) pairs.

    Args:
        days: The days looked at, ascending.
        recent: Issues of each category on those days.
        scope: The scope.
        active: Its clusters are replaced.
        method: When they rise together.
    """
    known = active.by_scope[scope]
    alive = sorted((each for each in known if each.last_seen >= days[0]), key=by_age)
    if len(alive) < 2:
        return []
    category = alive[0].category
    place = {on: at for at, on in enumerate(days)}
    counts = np.zeros((len(alive), len(days)))
    for row, each in enumerate(alive):
        for on, count in each.by_day.items():
            if (at := place.get(on)) is not None:
                counts[row, at] = count
    within = counts.sum(axis=0)
    total = np.sum([*recent.values()], axis=0)
    seen = int(np.flatnonzero(total)[0])
    beside = total - within
    # The rest of the category, where it is thin drawn to all that came: as much as one issue a day of it.
    elsewhere = recent[category] - within + beside / max(beside[seen:].mean(), 1e-9)
    if not beside.any():
        elsewhere = np.ones(len(days))  # There is nothing to compare with but time.
    rise = common_rise(counts[:, seen:], elsewhere[seen:], method.rules)
    if rise is None:
        return []
    risen: list[Cluster] = [alive[int(at)] for at in rise.clusters]
    older, younger = risen[0], risen[1:]
    total = active.total(category)
    for each in younger:
        total.change(older, -1)
        total.change(each, -1)
        older.absorb(each)
        older.trim_counts()
        total.change(older, 1)
        known.remove(each)
    older.onset = days[seen + rise.onset]
    add_quotes(older, (), _NO_SIMILARITIES, method.evidence)
    return [(older, each) for each in younger]


def _count(cluster: Cluster, members: Ints, columns: _IssueColumns, embedding: Embedding) -> None:
    for name, column in _COUNTED_COLUMNS.items():
        cluster.counts[name].update(value for value in columns.values(column, members) if isinstance(value, str))
    for issue in columns.issues_of(members):
        cluster.counts["concepts"].update(embedding.concepts(issue))
        cluster.counts["terms"].update(embedding.words(issue))


def prepare_issues(
    issues: pd.DataFrame, feedback: pd.DataFrame, embedding: Embedding, rules: ClusterRules
) -> pd.DataFrame:
    """Issues with their item's context, what the embedding sees, and their scope, in a stable order."""
    context = feedback[list(CONTEXT)].drop_duplicates("event_id")
    merged = issues.drop(columns=[c for c in CONTEXT if c in issues.columns and c != "event_id"]).merge(
        context, on="event_id", how="left"
    )
    merged["occurred_at"] = merged["occurred_at"].fillna(pd.Timestamp.min.tz_localize("UTC"))
    merged = merged.sort_values(["day", "occurred_at", "issue_id"], kind="stable").reset_index(drop=True)
    # As lists: to iterate over a column of text costs ten times as much.
    values: dict[str, list[object]] = {
        name: merged[name].tolist() for name in (*_SCOPED_BY, "quote", "language", "sub_label")
    }
    scoped_by = zip(*(values[name] for name in _SCOPED_BY), strict=True)
    scopes = [scope_key(dict(zip(_SCOPED_BY, row, strict=True)), rules) for row in scoped_by]
    embedded = [
        Issue(str(quote), text_or_none(language), str(category), text_or_none(label), rules.is_bound(scope))
        for quote, language, category, label, scope in zip(
            values["quote"], values["language"], values["category"], values["sub_label"], scopes, strict=True
        )
    ]
    more: dict[str, list[object]] = {
        "scope": [*scopes],
        "issue": [*embedded],
        "certain": [*map(is_certain, merged["triage"].tolist(), merged["sentiment"].tolist())],
        "theme": [embedding.theme(issue) for issue in embedded],
        "concept": [next(iter(embedding.concepts(issue)), None) for issue in embedded],
    }
    return merged.assign(**{name: pd.Series(column, merged.index, object) for name, column in more.items()})


def scope_key(item: dict[str, object], rules: ClusterRules) -> str:
    """`category`, and after a bar what narrows it: `sizing_fit|product=p1`, `defect|family=lamps`."""
    category = str(item["category"])
    parts = [category]
    for key in rules.scope_of(str(item["domain"]), category):
        if key == "product":
            parts.extend(_product_scope(item))
        elif value := text_or_none(item[key]):
            parts.append(f"{key}={value}")
    return "|".join(parts)


def _product_scope(item: dict[str, object]) -> list[str]:
    """The product where the catalog knows it by name; an anonymous id says nothing, then its family serves."""
    product, name, family = (text_or_none(item[f"product_{part}"]) for part in ("id", "name", "family"))
    if product and name and name != product:
        return [f"product={product}"]
    return [f"family={family}"] if family else []


def _with_current_embedding(before: pd.DataFrame, embedding: Embedding, rules: ClusterRules) -> pd.DataFrame:
    """The newest rows, with centres of another embedding computed again from the quotes of the cluster."""
    rows = newest_rows(before)
    if (rows["embedding_version"] != embedding.version).any():
        states = cast("list[ClusterRow]", records(rows))
        centres = [
            state["centre"]
            if state["embedding_version"] == embedding.version
            else _centre_of_quotes(state, embedding, rules)
            for state in states
        ]
        rows = rows.assign(centre=pd.Series([*centres], index=rows.index, dtype=object))
    return rows


def _centre_of_quotes(state: ClusterRow, embedding: Embedding, rules: ClusterRules) -> Floats:
    """Of the quotes; where none is good enough to be quoted, of the words that most members use."""
    quotes: list[QuotedMember] = json.loads(state["quotes"])
    label = text_or_none(state["sub_label"])
    category, narrow = state["category"], rules.is_bound(state["scope"])
    words = " ".join(word for word, _ in ranked(json.loads(state["terms"]))[:_MOST_WORDS])
    texts = [(quote["quote"], quote["language"]) for quote in quotes] or [(words, None)]
    return embedding.vectors([Issue(text, language, category, label, narrow) for text, language in texts]).mean(axis=0)


def _cluster_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return conform(pd.DataFrame(rows), tables.GOLD_CLUSTERS) if rows else empty(tables.GOLD_CLUSTERS)


def _member_frame(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return conform(pd.concat(filled), tables.GOLD_CLUSTER_MEMBERS) if filled else empty(tables.GOLD_CLUSTER_MEMBERS)
