"""The section `clusters` of the thresholds: when issues belong together, and how a cluster is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from feedback_assets.config.strict import (
    CategoryName,
    CategoryOrDomain,
    ConceptName,
    Count,
    Number,
    Strict,
    SubLabelName,
    SubLabelOrConcept,
    Words,
    setting,
)

Scope = Literal["product", "carrier", "region", "vendor"]
Cosine = Annotated[float, Field(strict=True, ge=0, le=1)]


class TitleNames(Strict):
    """How titles call things. A name that is not here is shown without its underscores."""

    categories: Mapping[CategoryName, Words] = setting("words by category", "What a title starts with.")
    sub_labels: Mapping[SubLabelName, Words] = setting("words by sub-label", "What goes wrong.")
    concepts: Mapping[ConceptName, Words] = setting("words by concept", "What customers name.")


class ClusterRules(Strict):
    """When issues belong together. Similarities are cosines, 0 to 1."""

    scope: Mapping[CategoryOrDomain, tuple[Scope, ...]] = setting(
        "product, carrier, region or vendor, by category or domain",
        "Issues are compared only with issues of the same one. A product's fault is its own. "
        "A category's own entry goes before its domain's.",
    )
    join_bound: Cosine = setting("cosine", "What an issue needs to join within one product or carrier.")
    join_open: Cosine = setting("cosine", "What an issue needs to join across all products.")
    join_open_of: Mapping[CategoryName, Cosine] = setting(
        "cosine by category", "The same, for categories whose faults read more alike."
    )
    merge_bound: Cosine = setting("cosine", "Two clusters this close tell the same story, within one product.")
    merge_open: Cosine = setting("cosine", "Two clusters this close tell the same story, across all products.")
    merge_members: Count = setting("members", "Each needs so many before its centre means something.", ge=1)
    split_members: Count = setting("members", "A day's members split only into halves of so many.", ge=1)
    split_below: Cosine = setting("cosine", "The halves' centres must be further apart. Far below joining.")
    rise_history: Count = setting("days", "So many must lie before the first day of a rise.", ge=1)
    rise_gain: Number = setting(
        "log-likelihood ratio", "A scope rises when a higher rate from some day on explains its issues so much better.",
        ge=0,
    )  # fmt: skip
    rise_with: Number = setting(
        "log-likelihood ratio", "A cluster rises with its scope when its own issues say so, beyond chance among them.",
        ge=0,
    )  # fmt: skip
    rise_gap: Number = setting(
        "log-likelihood", "... and the common first day costs it at most so much against its own best day.", ge=0
    )
    batch: Count = setting("issues", "Most compared with each other at once. Bounds memory on a first day.", ge=1)
    title_share: Cosine = setting(
        "share of members", "A cluster speaks of one thing when so many name the same theme or concept."
    )
    title_theme: Cosine = setting("share of members", "A title names a theme when so many carry it.")
    title_most: Cosine = setting("share of members", "A title names a concept or word when so many tell it.")
    title_distinct: Number = setting("times", "... and it is so many times as usual as in the rest.", ge=1)
    title_members: Count = setting("members", "Fewer bear no word in parentheses.", ge=1)
    title_sure: Cosine = setting("mean confidence", "Below it not even a word in common bears a handful's theme out.")
    lease_seconds: Number = setting("seconds", "How long a started walk keeps others from starting.", ge=1)
    ignored_concepts: frozenset[ConceptName] = setting(
        "concepts", "Grammar, tone, time, people and kinds of goods: they stand in complaints of every kind."
    )
    telling_concepts: frozenset[ConceptName] = setting(
        "concepts", "All other concepts of the lexicon: each says what goes wrong, and so places an issue. "
        "A new concept stands here or in ignored_concepts.",
    )  # fmt: skip
    sure_theme: Cosine = setting(
        "mean confidence", "From here a theme makes a cluster specific although no word in common bears it out."
    )
    vague: frozenset[SubLabelOrConcept] = setting(
        "sub-labels and concepts", "Many tell them without meaning one thing. They make no cluster specific."
    )
    titles: TitleNames = setting("words", "How titles call categories, sub-labels and concepts.")

    @model_validator(mode="after")
    def _told_once(self) -> ClusterRules:
        both = sorted(self.ignored_concepts & self.telling_concepts)
        if both:
            raise ValueError(f"{both[0]!r} stands in ignored_concepts and in telling_concepts; leave it in one of them")
        return self

    def scope_of(self, domain: str, category: str) -> tuple[Scope, ...]:
        """What narrows the comparison of a category: its own entry, else its domain's, else nothing."""
        return self.scope.get(category, self.scope.get(domain, ()))

    def is_bound(self, scope: str) -> bool:
        """Whether the scope is one product's or carrier's, where a theme or a concept in common is enough."""
        return "|" in scope

    def join(self, scope: str) -> float:
        """Similarity an issue needs to join."""
        return self.join_bound if self.is_bound(scope) else self.join_open_of.get(scope, self.join_open)

    def merge(self, scope: str) -> float:
        """Similarity two centres need to become one."""
        return self.merge_bound if self.is_bound(scope) else self.merge_open
