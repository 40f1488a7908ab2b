"""Leader clustering of vectors: who joins which centre, who starts a new one, what merges and splits; cluster ids.

Pure numpy; no tables, no titles. Clusters are kept by their centres, so a problem is recognised after any pause, and
ids need no matching of one day's groups to another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback_assets.statistics import Bools, Ints

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Assignment:
    """Where each issue goes.

    Attributes:
        cluster: Index of the centre, from `len(centres)` on for new clusters, -1 for none; shape (issues,).
        founders: For each new cluster the row of the issue that creates it.
    """

    cluster: Ints
    founders: tuple[int, ...]


def unit(vectors: Floats) -> Floats:
    """Rows brought to length one; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def assign_issues(vectors: Floats, centres: Floats, join: float, may_create: Bools, batch: int) -> Assignment:
    """Assign each issue to the nearest centre it is close enough to, and group the rest among themselves.

    New clusters are made densest first, so that a clear problem is not cut up by a stray wording that came earlier;
    among equals the first row leads. Issues that may not create a cluster only join.

    Args:
        vectors: Unit vectors, shape (issues, dimensions), in a stable order.
        centres: Unit vectors of the clusters there are, shape (clusters, dimensions).
        join: Least cosine to belong.
        may_create: Shape (issues,).
        batch: Most issues compared with each other at once.
    """
    cluster = np.full(len(vectors), -1, dtype=np.int64)
    if len(centres):
        near = vectors @ centres.T
        best = near.argmax(axis=1)
        close = near[np.arange(len(vectors)), best] >= join
        cluster[close] = best[close]
    founders: list[int] = []
    new_centres: list[Floats] = []
    for start in range(0, len(vectors), batch):
        rows = start + np.flatnonzero(cluster[start : start + batch] < 0)
        rows = _join_new(vectors, rows, cluster, new_centres, join, len(centres))
        for leader, members in _groups(vectors[rows], may_create[rows], join):
            cluster[rows[members]] = len(centres) + len(founders)
            founders.append(int(rows[leader]))
            new_centres.append(unit(vectors[rows[members]].mean(axis=0)))
    _join_new(vectors, np.flatnonzero(cluster < 0), cluster, new_centres, join, len(centres))
    return Assignment(cluster, tuple(founders))


def _join_new(vectors: Floats, rows: Ints, cluster: Ints, centres: list[Floats], join: float, offset: int) -> Ints:
    if not centres or not len(rows):
        return rows
    near = vectors[rows] @ np.stack(centres).T
    best = near.argmax(axis=1)
    close = near[np.arange(len(rows)), best] >= join
    cluster[rows[close]] = offset + best[close]
    return rows[~close]


def _groups(vectors: Floats, may_create: Bools, join: float) -> list[tuple[int, Ints]]:
    """Leaders with their members, densest first."""
    close = (vectors @ vectors.T) >= join
    open_rows = np.ones(len(vectors), dtype=bool)
    groups: list[tuple[int, Ints]] = []
    while True:
        density = np.where(open_rows & may_create, (close & open_rows[None, :]).sum(axis=1), 0)
        if not density.any():
            return groups
        dense = int(density.argmax())
        centre = unit(vectors[np.flatnonzero(close[dense] & open_rows)].mean(axis=0))
        members = open_rows & ((vectors @ centre >= join) | close[dense])
        members[dense] = True
        founding = np.flatnonzero(members & may_create)
        groups.append((int(founding[0]), np.flatnonzero(members)))
        open_rows &= ~members


def closest_pairs(centres: Floats, eligible: Bools, merge: float) -> list[tuple[int, int]]:
    """Pairs of clusters to make one, each cluster in at most one pair, the closest first.

    Returns:
        Pairs (i, j) with i < j; with clusters sorted by age, i is the older.
    """
    rows = np.flatnonzero(eligible)
    if len(rows) < 2:
        return []
    near = np.triu(centres[rows] @ centres[rows].T, k=1)
    first, second = np.nonzero(near >= merge)
    order = np.argsort(-near[first, second], kind="stable")
    taken: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for at in order:
        i, j = int(rows[first[at]]), int(rows[second[at]])
        if i not in taken and j not in taken:
            pairs.append((i, j))
            taken.update((i, j))
    return pairs


def split_members(vectors: Floats, centre: Floats, least: int, below: float) -> Ints | None:
    """The members that leave a cluster for a new one, when a day's members fall apart in two.

    Two means from the two members furthest apart; the half further from the centre leaves.

    Returns:
        Rows of the half that leaves, or None when the members hold together.
    """
    if len(vectors) < 2 * least:
        return None
    near = vectors @ vectors.T
    if near.min() >= below:
        return None
    first, second = np.unravel_index(int(near.argmin()), near.shape)
    seeds = np.stack([vectors[first], vectors[second]])
    side = np.zeros(len(vectors), dtype=np.int64)
    for _ in range(5):
        side = (vectors @ seeds.T).argmax(axis=1)
        if not 0 < side.sum() < len(side):
            return None
        seeds = unit(np.stack([vectors[side == 0].mean(axis=0), vectors[side == 1].mean(axis=0)]))
    sizes = np.bincount(side, minlength=2)
    if sizes.min() < least or float(seeds[0] @ seeds[1]) >= below:
        return None
    leaving = int((seeds @ centre).argmin())
    return np.flatnonzero(side == leaving)


def cluster_id(scope: str, theme: str, founder: str, taken: Collection[str]) -> str:
    """A stable id: hash of scope and theme, and of the first issue only where that id is taken.

    An id of scope and theme stays the same when a late event turns out to be the first one. An id of the first issue
    would not.
    """
    plain = _hash(f"{scope}|{theme}")
    return plain if plain not in taken else _hash(f"{scope}|{theme}|{founder}")


def _hash(material: str) -> str:
    return "c-" + hashlib.blake2b(material.encode(), digest_size=8).hexdigest()
