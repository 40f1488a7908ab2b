"""Walking days in order: each day's issues find their cluster, found one, and clusters merge or fall apart.

Pure: frames and the state before the first day go in, rows come out; the same days give the same ids, walked
at once or one by one. Arithmetic is in `identity`, wording in `summary`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from feedback_assets import tables
from feedback_assets.clusters.embedding import Embeds, Issue
from feedback_assets.clusters.identity import Floats, assign, closest_pairs, cluster_id, halves, unit
from feedback_assets.clusters.rules import ClusterRules
from feedback_assets.clusters.state import Cluster, age, ranked, restore
from feedback_assets.clusters.summary import Titles, Totals, add_quotes, is_specific, summary, title
from feedback_assets.lake.frames import conform, empty
from feedback_assets.text import text_or_none

# What silver tells of the item an issue stands in.
CONTEXT = (
    "event_id", "occurred_at", "language", "channel", "product_id", "product_name", "product_family", "vendor",
    "region", "carrier", "app_version",
)  # fmt: skip
_COUNTS_OF = {
    "products": "product_id", "carriers": "carrier", "regions": "region", "versions": "app_version",
    "channels": "channel", "languages": "language", "components": "component", "sub_labels": "theme",
}  # fmt: skip
# What the scope of an issue may be made of.
_SCOPED_BY = ("domain", "category", "product_id", "product_name", "product_family", "carrier", "region", "vendor")
# What `add_quotes` wants to know of a member, and a new cluster of its founder.
_QUOTED = ("event_id", "quote", "language")
_FOUNDING = ("scope", "issue_id", "domain", "category", "product_id", "product_name", "product_family")
# All that a walk looks at row by row: a block of days is millions of issues, and lists of all columns too much of them.
_LOOKED_AT = tuple(dict.fromkeys(("issue", "theme", "concept", *_QUOTED, *_FOUNDING, *_COUNTS_OF.values())))
_VAGUE = 0.5

Ints = NDArray[np.int64]
Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Walked:
    """What a walk writes: rows of `gold/clusters` and of `gold/cluster_members`; and the issues it placed, by day."""

    clusters: pd.DataFrame
    members: pd.DataFrame
    placed: Mapping[date, list[Issue]] = field(default_factory=lambda: {})


class _Told:
    """The prepared issues column by column, for rows given by number.

    A walk looks at a handful of rows for each of thousands of clusters: cutting a frame up for each costs several times
    as much as the arithmetic.
    """

    def __init__(self, prepared: pd.DataFrame) -> None:
        self.columns: dict[str, list[Any]] = {name: prepared[name].tolist() for name in _LOOKED_AT}
        self.founding = (prepared["triage"] != "signal").to_numpy(dtype=bool)
        self.confidence = prepared["confidence"].to_numpy()
        # Who names neither theme nor concept says little about whether the members tell one thing.
        named = (prepared["theme"].notna() | prepared["concept"].notna()).to_numpy(dtype=bool)
        self.vouching = np.where(named, 1.0, _VAGUE).astype(np.float32)

    def of(self, name: str, rows: Iterable[int]) -> list[Any]:
        """The values of a column in some rows."""
        column = self.columns[name]
        return [column[row] for row in rows]


class _State:
    """The clusters as they are on the way, by scope, with the counts of each category."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self.ids: set[str] = set()
        self.by_scope: dict[str, list[Cluster]] = {}
        self.totals: dict[str, Totals] = {}
        for cluster in clusters:
            self.ids.add(cluster.cluster_id)
            if cluster.status == "active":
                self.by_scope.setdefault(cluster.scope, []).append(cluster)
                self.total(cluster.category).change(cluster, 1)

    def total(self, category: str) -> Totals:
        """The counts over all clusters of a category as of the evening before."""
        return self.totals.setdefault(category, Totals())

    def keep(self, cluster: Cluster) -> None:
        """A new cluster."""
        self.ids.add(cluster.cluster_id)
        self.by_scope.setdefault(cluster.scope, []).append(cluster)


def walk(
    issues: pd.DataFrame,
    feedback: pd.DataFrame,
    before: pd.DataFrame,
    days: Sequence[date],
    embedding: Embeds,
    rules: ClusterRules,
    titles: Titles,
) -> Walked:
    """Cluster the issues of the days, in order.

    Args:
        issues: `gold/issues` of the days.
        feedback: `silver/feedback` of the days.
        before: Rows of `gold/clusters` of earlier days; the newest of each cluster is where the walk starts.
        days: The days, ascending.
        embedding: Where an issue stands.
        rules: When issues belong together.
        titles: How categories, sub-labels and concepts are called.
    """
    prepared = prepare(issues, feedback, embedding, rules)
    told = _Told(prepared)
    vectors = embedding.vectors(told.columns["issue"])
    state = _State(restore(_same_embedding(before, embedding, rules)))
    cluster_rows: list[dict[str, object]] = []
    member_rows: list[pd.DataFrame] = []
    places = prepared.groupby("day", sort=False).indices
    for day in days:
        rows = np.asarray(places.get(day, []), dtype=np.int64)
        touched, ids, similarities = _walk_day(day, told, vectors, rows, state, embedding, rules)
        placed = prepared[["day", "issue_id", "event_id"]].iloc[rows].assign(cluster_id=ids, similarity=similarities)
        member_rows.append(placed[placed["cluster_id"].notna()])
        for cluster in touched:
            heading = title(cluster, state.total(cluster.category), rules, titles)
            cluster_rows.append(
                cluster.row(day, heading, summary(cluster, heading), is_specific(cluster, rules), embedding.version)
            )
            cluster.members_today, cluster.event = 0, ""
    seen = {day: told.of("issue", places.get(day, [])) for day in days}
    return Walked(_frame(cluster_rows, tables.GOLD_CLUSTERS), _joined(member_rows), seen)


def _walk_day(
    day: date, told: _Told, vectors: Floats, rows: Ints, state: _State, embedding: Embeds, rules: ClusterRules
) -> tuple[list[Cluster], Objects, Floats]:
    """The clusters that changed, and for each row the id of its cluster, None for none, and the similarity to it."""
    touched: dict[str, Cluster] = {}
    ids = np.full(len(rows), None, dtype=object)
    similarities = np.zeros(len(rows), dtype=np.float32)
    for scope, at in _by_scope(told.of("scope", rows)):
        here = rows[at]
        placed, known = vectors[here], state.by_scope.setdefault(scope, [])
        known.sort(key=age)
        total = state.total(told.columns["category"][here[0]])
        labels, near = _place(day, told, here, placed, known, state, rules)
        changed: list[Cluster] = []
        for cluster, members in _members(labels, known):
            mine, nearness = here[members], near[members]
            total.change(cluster, -1)
            cluster.add(placed[members], nearness * told.vouching[mine], told.confidence[mine], day)
            cluster.event = cluster.event or "grew"
            _count(cluster, mine, told, embedding)
            add_quotes(cluster, list(zip(*(told.of(name, mine) for name in _QUOTED), strict=True)), nearness)
            cluster.settle()
            total.change(cluster, 1)
            ids[at[members]], similarities[at[members]] = cluster.cluster_id, nearness
            changed.append(cluster)
        for older, younger in _merge(known, total, rules):
            ids[at[ids[at] == younger.cluster_id]] = older.cluster_id
            changed.extend((older, younger))
        touched.update({cluster.cluster_id: cluster for cluster in changed})
    return sorted(touched.values(), key=age), ids, similarities


def _by_scope(scopes: Sequence[str]) -> list[tuple[str, Ints]]:
    """The scopes in order, each with the positions it stands at."""
    found: dict[str, list[int]] = {}
    for position, scope in enumerate(scopes):
        found.setdefault(scope, []).append(position)
    return [(scope, np.asarray(positions, dtype=np.int64)) for scope, positions in sorted(found.items())]


def _place(
    day: date, told: _Told, here: Ints, placed: Floats, known: list[Cluster], state: _State, rules: ClusterRules
) -> tuple[Ints, Floats]:
    """The position in `known` for each issue (-1 for none), new clusters appended to it, and the similarity."""
    scope = told.columns["scope"][here[0]]
    centres = _directions(known, placed.shape[1])
    founding = told.founding[here]
    found = assign(placed, centres, rules.join(scope), founding, rules.batch)
    labels = found.cluster
    offset = len(known)
    for number, _ in enumerate(found.founders):
        _found(day, told, here[labels == offset + number], placed.shape[1], state, "born")
    for position in () if rules.is_whole(scope) else range(offset):
        rows = np.flatnonzero(labels == position)
        leaving = halves(placed[rows], centres[position], rules.split_members, rules.split_below)
        if leaving is not None and founding[rows[leaving]].any():
            labels[rows[leaving]] = len(known)
            _found(day, told, here[labels == len(known)], placed.shape[1], state, "split")
    towards = _directions(known, placed.shape[1], offset, placed, labels)
    near = (
        np.where(labels >= 0, np.einsum("ij,ij->i", placed, towards[np.maximum(labels, 0)]), 0)
        if len(known)
        else (np.zeros(len(labels)))
    )
    return labels, np.clip(near, 0, 1).astype(np.float32)


def _directions(
    known: Sequence[Cluster],
    dimensions: int,
    offset: int | None = None,
    placed: Floats | None = None,
    labels: Ints | None = None,
) -> Floats:
    """Unit centres, shape (clusters, dimensions); those from `offset` on are made of their first members."""
    if not known:
        return np.zeros((0, dimensions), dtype=np.float32)
    centres = np.stack([cluster.centre for cluster in known])
    if offset is not None and placed is not None and labels is not None:
        for position in range(offset, len(known)):
            centres[position] = placed[labels == position].mean(axis=0)
    return unit(centres)


def _found(day: date, told: _Told, members: Ints, dimensions: int, state: _State, event: str) -> None:
    """Keep a new cluster of these members beside those of its scope; its members are added with all others."""
    credible = members[told.founding[members]]
    first = {name: told.columns[name][credible[0]] for name in _FOUNDING}
    scope = first["scope"]
    theme = "|".join(_leading(told.of(name, credible)) for name in ("theme", "concept"))
    identity = cluster_id(scope, theme, str(first["issue_id"]), state.ids)
    product_bound = "|product=" in scope
    state.keep(
        Cluster(
            cluster_id=identity,
            scope=scope,
            domain=str(first["domain"]),
            category=str(first["category"]),
            first_seen=day,
            last_seen=day,
            centre=np.zeros(dimensions, dtype=np.float32),
            product_id=text_or_none(first["product_id"]) if product_bound else None,
            product_name=text_or_none(first["product_name"]) if product_bound else None,
            product_family=text_or_none(first["product_family"]) if "|" in scope else None,
            event=event,
        )
    )


def _leading(values: Sequence[object]) -> str:
    counts = Counter(value for value in values if isinstance(value, str))
    return ranked(counts)[0][0] if counts else "-"


def _members(labels: Ints, known: Sequence[Cluster]) -> list[tuple[Cluster, Ints]]:
    """The clusters that got members, as `known` has them, each with the positions of its members."""
    order = np.argsort(labels, kind="stable")
    found, first = np.unique(labels[order], return_index=True)
    return [
        (known[label], members)
        for label, members in zip(found.tolist(), np.split(order, first[1:]), strict=True)
        if label >= 0
    ]


def _merge(known: list[Cluster], total: Totals, rules: ClusterRules) -> list[tuple[Cluster, Cluster]]:
    """Make one of what tells the same story; the older keeps its id. Returns (older, younger) pairs."""
    if len(known) < 2:
        return []
    known.sort(key=age)
    eligible = np.array([cluster.members_total >= rules.merge_members for cluster in known])
    centres = unit(np.stack([cluster.centre for cluster in known]))
    pairs = [(known[i], known[j]) for i, j in closest_pairs(centres, eligible, rules.merge(known[0].scope))]
    for older, younger in pairs:
        total.change(older, -1)
        total.change(younger, -1)
        older.absorb(younger)
        older.settle()
        total.change(older, 1)
        known.remove(younger)
    return pairs


def _count(cluster: Cluster, members: Ints, told: _Told, embedding: Embeds) -> None:
    for name, column in _COUNTS_OF.items():
        cluster.counts[name].update(value for value in told.of(column, members) if isinstance(value, str))
    for issue in told.of("issue", members):
        cluster.counts["concepts"].update(embedding.concepts(issue))
        cluster.counts["terms"].update(embedding.words(issue))


def prepare(issues: pd.DataFrame, feedback: pd.DataFrame, embedding: Embeds, rules: ClusterRules) -> pd.DataFrame:
    """Issues with their item's context, what the embedding sees, and their scope, in a stable order."""
    kept = issues[~issues["category"].isin(list(rules.skip))]
    context = feedback[list(CONTEXT)].drop_duplicates("event_id")
    merged = kept.drop(columns=[c for c in CONTEXT if c in kept.columns and c != "event_id"]).merge(
        context, on="event_id", how="left"
    )
    merged["occurred_at"] = merged["occurred_at"].fillna(pd.Timestamp.min.tz_localize("UTC"))
    merged = merged.sort_values(["day", "occurred_at", "issue_id"], kind="stable").reset_index(drop=True)
    # As lists: to iterate over a column of text costs ten times as much.
    told = {name: merged[name].tolist() for name in (*_SCOPED_BY, "quote", "language", "sub_label")}
    scoped_by = zip(*(told[name] for name in _SCOPED_BY), strict=True)
    scopes = [scope_key(dict(zip(_SCOPED_BY, values, strict=True)), rules) for values in scoped_by]
    seen = [
        Issue(str(quote), text_or_none(language), str(category), text_or_none(label), rules.is_loose(scope))
        for quote, language, category, label, scope in zip(
            told["quote"], told["language"], told["category"], told["sub_label"], scopes, strict=True
        )
    ]
    made: dict[str, list[object]] = {
        "scope": [*scopes],
        "issue": [*seen],
        "theme": [embedding.theme(issue) for issue in seen],
        "concept": [next(iter(embedding.concepts(issue)), None) for issue in seen],
    }
    return merged.assign(**{name: pd.Series(values, merged.index, object) for name, values in made.items()})


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


def _same_embedding(before: pd.DataFrame, embedding: Embeds, rules: ClusterRules) -> pd.DataFrame:
    """Centres of another embedding are placed anew from the quotes that were kept."""
    rows = before.sort_values("day", kind="stable").drop_duplicates("cluster_id", keep="last").copy()
    stale = rows["embedding_version"] != embedding.version
    if stale.any():
        centres = [
            _placed_anew(row, embedding, rules) if row["embedding_version"] != embedding.version else row["centre"]
            for row in rows.to_dict("records")
        ]
        rows["centre"] = pd.Series(centres, index=rows.index, dtype=object)
    return rows


def _placed_anew(row: dict[Hashable, Any], embedding: Embeds, rules: ClusterRules) -> Floats:
    told: list[dict[str, str]] = json.loads(str(row["quotes"]))
    label = text_or_none(row["sub_label"])
    category, narrow = str(row["category"]), rules.is_loose(str(row["scope"]))
    issues = [Issue(quote["quote"], quote.get("language"), category, label, narrow) for quote in told]
    return embedding.vectors(issues or [Issue("", None, category, label, narrow)]).mean(axis=0)


def _frame(rows: list[dict[str, object]], table: tables.Table) -> pd.DataFrame:
    return conform(pd.DataFrame(rows), table) if rows else empty(table)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return conform(pd.concat(filled), tables.GOLD_CLUSTER_MEMBERS) if filled else empty(tables.GOLD_CLUSTER_MEMBERS)
