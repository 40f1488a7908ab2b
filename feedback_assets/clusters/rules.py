"""The numbers of the clusters room, read from the `clusters` section of thresholds.yaml.

Only their types and checks; what they do is in `assign_days.py`, `leader_clustering.py` and `summary.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from feedback_assets.config.thresholds import Section, ThresholdsError

_SIMILARITIES = (
    "join_bound", "join_open", "merge_bound", "merge_open", "split_below", "title_share", "title_theme", "title_most",
    "title_sure", "sure_theme",
)  # fmt: skip
SCOPES = ("product", "carrier", "region", "vendor")


@dataclass(frozen=True)
class ClusterRules:
    """When issues belong together. Similarities are cosines, 0 to 1; the reasons stand in thresholds.yaml."""

    scope: Mapping[str, tuple[str, ...]]
    loose: frozenset[str]
    whole: frozenset[str]
    skip: frozenset[str]
    ignored_concepts: frozenset[str]
    vague: frozenset[str]
    join_bound: float
    join_open: float
    join_open_of: Mapping[str, float]
    merge_bound: float
    merge_open: float
    merge_members: int
    split_members: int
    split_below: float
    batch: int
    title_share: float
    title_theme: float
    title_most: float
    title_sure: float
    title_members: int
    title_distinct: float
    sure_theme: float
    lease_seconds: float

    def scope_of(self, domain: str, category: str) -> tuple[str, ...]:
        """What narrows the comparison of a category: its own entry, else its domain's, else nothing."""
        return self.scope.get(category, self.scope.get(domain, ()))

    def is_loose(self, scope: str) -> bool:
        """Whether a theme or a concept in common is enough within the scope."""
        return "|" in scope or scope in self.loose

    def is_whole(self, scope: str) -> bool:
        """Whether all complaints within the scope are one problem: a category of that kind, of one product."""
        return "|product=" in scope and scope.split("|")[0] in self.whole

    def join(self, scope: str) -> float:
        """Similarity an issue needs to join."""
        if self.is_whole(scope):
            return -1.0
        return self.join_bound if self.is_loose(scope) else self.join_open_of.get(scope, self.join_open)

    def merge(self, scope: str) -> float:
        """Similarity two centres need to become one."""
        if self.is_whole(scope):
            return -1.0
        return self.merge_bound if self.is_loose(scope) else self.merge_open


def cluster_rules(section: Section) -> ClusterRules:
    """Read and check the section.

    Raises:
        ThresholdsError: A number is missing or out of range, or a scope is not one of those known.
    """
    scope = cast("Mapping[str, list[str]]", section.values.get("scope", {}))
    for name, keys in scope.items():
        unknown = [key for key in keys if key not in SCOPES]
        if unknown:
            raise ThresholdsError(
                f"{section.origin}: clusters.scope.{name}: {unknown[0]!r} is none of {', '.join(SCOPES)}; use one"
            )
    of_category = Section("clusters.join_open_of", section.values.get("join_open_of", {}), section.origin)
    similarity = {name: section.number(name, 0, 1) for name in _SIMILARITIES}
    counts = {name: section.count(name) for name in ("merge_members", "split_members", "batch", "title_members")}
    return ClusterRules(
        scope={name: tuple(keys) for name, keys in scope.items()},
        loose=frozenset(cast("list[str]", section.values.get("loose", []))),
        whole=frozenset(cast("list[str]", section.values.get("whole", []))),
        skip=frozenset(cast("list[str]", section.values.get("skip", []))),
        ignored_concepts=frozenset(cast("list[str]", section.values.get("ignored_concepts", []))),
        vague=frozenset(cast("list[str]", section.values.get("vague", []))),
        join_open_of={name: of_category.number(name, 0, 1) for name in of_category.values},
        title_distinct=section.number("title_distinct", 1),
        lease_seconds=section.number("lease_seconds", 1),
        **similarity,
        **counts,  # type: ignore[arg-type]
    )
