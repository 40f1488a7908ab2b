"""Title, summary and quotes of a cluster, computed from its members.

Templates over counts and verbatim quotes; every number is counted, nothing is generated.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np

from feedback_assets.clusters.leader_clustering import Floats
from feedback_assets.clusters.state import Cluster, QuotedMember, ranked
from feedback_assets.config.sections.clusters import ClusterRules
from feedback_assets.config.sections.evidence import EvidenceRules
from feedback_assets.evidence import Statement, choose, main_labels, whole_words
from feedback_assets.text import text_or_none

_CONTRACTIONS = (
    ("wont ", "won't "),
    ("doesnt ", "doesn't "),
    ("cant ", "can't "),
    ("didnt ", "didn't "),
    ("isnt ", "isn't "),
)
# Fewer members than this make no word typical.
_FEW = 3
# A theme that so many tell is hardly a mixture, although single labels are unsure.
_MOST = 0.75


@dataclass(frozen=True)
class Titles:
    """How categories and sub-labels are called; other names lose their underscores."""

    categories: Mapping[str, str]
    sub_labels: Mapping[str, str]
    concepts: Mapping[str, str] = field(default_factory=dict[str, str])

    def category(self, name: str) -> str:
        """What a title starts with."""
        return self.categories.get(name, _plain(name).capitalize())

    def sub_label(self, name: str) -> str:
        """What goes wrong."""
        return self.sub_labels.get(name, _plain(name))

    def concept(self, name: str) -> str:
        """What is named."""
        return self.concepts.get(name, _plain(name))


@dataclass
class CategoryTotals:
    """Counts over all clusters of a category, kept up to date as clusters change."""

    members: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {"concepts": Counter(), "terms": Counter()})

    def change(self, cluster: Cluster, sign: int) -> None:
        """Add (1) or take away (-1) what the cluster counts now."""
        self.members += sign * cluster.members_total
        for name, counts in self.counts.items():
            for key, count in cluster.counts[name].items():
                counts[key] += sign * count


def titles(rules: ClusterRules) -> Titles:
    """How the thresholds call things."""
    return Titles(rules.titles.categories, rules.titles.sub_labels, rules.titles.concepts)


def title(cluster: Cluster, totals: CategoryTotals, rules: ClusterRules, names: Titles) -> str:
    """`Category: what goes wrong (what is typical) · product`; says so when members tell different things.

    A few members bear no word in parentheses, and those whose theme is only the classifier's guess bear the category
    alone: each word more would be a claim about every one of them.

    Args:
        cluster: With its counts so far.
        totals: Counts over all clusters of its category.
        rules: The shares a theme and a typical word need, and how distinct the word must be.
        names: How things are called.
    """
    about = cluster.product_name or scope_value(cluster)
    if _has_weak_evidence(cluster, rules):
        heading = names.category(cluster.category)
        return f"{heading} · {about}" if about else heading
    theme = _theme(cluster, rules, names)
    typical = _typical(cluster, totals, rules, names) if cluster.members_total >= rules.title_members else []
    named = f"{names.category(cluster.category)} {theme or ''} {about}"
    typical = [word for word in typical if not _repeats(word, named)]
    if theme is None:
        # A word of the customers' own, in whatever language, only where nothing else can be said.
        typical = typical or [word for word in _typical_words(cluster, totals, rules) if not _repeats(word, named)]
        theme, typical = (typical[0], typical[1:]) if typical else (_fallback_theme(cluster, rules, names), [])
    typical = typical[:2]
    heading = f"{names.category(cluster.category)}: {theme}"
    if typical:
        heading += f" ({', '.join(typical)})"
    return f"{heading} · {about}" if about else heading


def is_specific(cluster: Cluster, rules: ClusterRules) -> bool:
    """Whether enough members tell one thing; else it gathers what is too vague to say more.

    They do when they name the same concept that tells of a fault. A theme that nothing in the words bears out is a
    guess of the classifier: it is enough where the classifier is sure, and within one product, where there is little
    else to mix it up with. What began on one day is one fault, in however many ways it is told.
    """
    if cluster.onset is not None:
        return True
    concept, theme = (_largest_share(cluster, name, rules) for name in ("concepts", "sub_labels"))
    trusted = cluster.product_id is not None or cluster.confidence >= rules.sure_theme
    needed = rules.title_share if trusted else math.inf
    # Under a theme that means nothing of its own, a concept of some is no problem of all.
    vague = any(name in rules.vague for name, _ in ranked(cluster.counts["sub_labels"])[:1])
    return concept >= (_MOST if vague else rules.title_share) or theme >= needed


def _largest_share(cluster: Cluster, name: str, rules: ClusterRules) -> float:
    counts = [count for key, count in cluster.counts[name].items() if key not in rules.vague]
    return max(counts, default=0) / max(cluster.members_total, 1)


def scope_value(cluster: Cluster) -> str:
    """The carrier, family or region the cluster is bound to; empty when it is bound to a product or nothing."""
    parts = [part.split("=", 1)[1] for part in cluster.scope.split("|")[1:] if not part.startswith("product=")]
    return ", ".join(_plain(part) for part in parts)


def summary(cluster: Cluster, heading: str) -> str:
    """Some sentences of counts, and up to three quotes."""
    total = cluster.members_total
    first, last = cluster.first_seen, cluster.last_seen
    since = f"on {first}" if first == last else f"from {first} to {last}"
    sentences = [
        f"{heading}. {total} {'issue' if total == 1 else 'issues'} {since}, {cluster.members_today} on the last day."
    ]
    for label, name in (
        ("Channels", "channels"), ("Languages", "languages"), ("Regions", "regions"), ("Versions", "versions"),
        ("Carriers", "carriers"), ("Themes", "sub_labels"),
    ):  # fmt: skip
        if shown := _shares(cluster.counts[name]):
            sentences.append(f"{label}: {shown}.")
    sentences.extend(f"“{quote['quote']}”" for quote in cluster.quotes[:3])
    return " ".join(sentences)


class Said(NamedTuple):
    """What `add_quotes` reads of a member. `certain`: neither its label nor its tone is in doubt."""

    event_id: object
    quote: object
    language: object
    theme: object
    customer_ref: object
    confidence: object
    certain: object


def add_quotes(cluster: Cluster, members: Sequence[Said], similarities: Floats, rules: EvidenceRules) -> None:
    """Choose the cluster's quotes again, out of those it has and the day's members.

    Doubtful members are left out, those far from the centre, and those whose theme is none that names the cluster.

    Args:
        cluster: With the day's members counted; its `quotes` are replaced.
        members: The day's members.
        similarities: To the centre, shape (members,).
        rules: What is shown.
    """
    near = rules.least_closeness * cluster.cohesion
    fresh = [
        _quoted(member, str(words), float(similarity))
        for member, similarity in zip(members, similarities, strict=True)
        if member.certain and similarity >= near and (words := whole_words(str(member.quote))) is not None
    ]
    themes = main_labels(cluster.counts["sub_labels"], rules.label_share)
    known = {
        quote["event_id"]: quote
        for quote in (*cluster.quotes, *fresh)
        if "clarity" in quote and (not themes or quote.get("theme") in themes)
    }
    if not fresh and [*known.values()] == cluster.quotes and len(known) <= rules.most and len(members):
        return  # Nothing new is clear, and all that is shown still is.
    statements = [
        Statement(event, quote["quote"], quote["language"], quote.get("clarity", 0.0), quote.get("customer"))
        for event, quote in known.items()
    ]
    cluster.quotes = [known[statement.source] for statement in choose(statements, rules)]


def _quoted(member: Said, words: str, similarity: float) -> QuotedMember:
    customer = text_or_none(member.customer_ref)
    return {
        "event_id": str(member.event_id),
        "quote": words,
        "language": text_or_none(member.language) or "und",
        "theme": text_or_none(member.theme),
        "clarity": round(float(cast("float", member.confidence)) * similarity, 6),
        "customer": customer and hashlib.blake2b(customer.encode(), digest_size=2).hexdigest(),
    }


def _has_weak_evidence(cluster: Cluster, rules: ClusterRules) -> bool:
    """Whether there are few members, and the classifier guesses or is unsure and no word of theirs bears it out."""
    if cluster.members_total >= rules.title_members or cluster.confidence >= rules.sure_theme:
        return False
    return cluster.confidence < rules.title_sure or _largest_share(cluster, "concepts", rules) < rules.title_most


def _theme(cluster: Cluster, rules: ClusterRules, names: Titles) -> str | None:
    themes = ranked(cluster.counts["sub_labels"])
    # Where one fault is told in many ways, the way most told it names it.
    needed = rules.title_theme if cluster.onset is None else rules.title_share
    if themes and themes[0][1] >= needed * cluster.members_total:
        return names.sub_label(themes[0][0])
    return None


def _fallback_theme(cluster: Cluster, rules: ClusterRules, names: Titles) -> str:
    """Two themes that together name a product's cluster as one theme would, or what most members name; else neither."""
    themes = [entry for entry in ranked(cluster.counts["sub_labels"]) if entry[0] not in rules.vague][:2]
    # One fault of one product is told in two ways: a carton too large, and the box within crushed.
    if cluster.product_id and sum(count for _, count in themes) >= rules.title_theme * cluster.members_total:
        return ", ".join(names.sub_label(theme) for theme, _ in themes)
    named = [entry for entry in ranked(cluster.counts["concepts"]) if entry[0] not in rules.vague]
    if named and named[0][1] >= rules.title_most * cluster.members_total:
        return names.concept(named[0][0])
    return "various complaints"


def _typical(cluster: Cluster, totals: CategoryTotals, rules: ClusterRules, names: Titles) -> list[str]:
    """Concepts that most members tell and the rest of the category does not."""
    return list(dict.fromkeys(names.concept(concept) for concept in _distinct(cluster, totals, rules, "concepts")))


def _typical_words(cluster: Cluster, totals: CategoryTotals, rules: ClusterRules) -> list[str]:
    return [_plain(word) for word in _distinct(cluster, totals, rules, "terms")]


def _distinct(cluster: Cluster, totals: CategoryTotals, rules: ClusterRules, name: str) -> list[str]:
    scored: list[tuple[float, str]] = []
    for word, count in cluster.counts[name].items():
        share = count / cluster.members_total
        elsewhere = totals.counts[name][word] - count
        usual = (elsewhere + 1) / (max(totals.members - cluster.members_total, 0) + 2)
        typical = count >= _FEW and share >= rules.title_most and word not in rules.vague
        if typical and share / usual >= rules.title_distinct:
            scored.append((-share * np.log(share / usual), word))
    return [word for _, word in sorted(scored)]


def _repeats(word: str, named: str) -> bool:
    """Whether the title has the word already: `crashing` after `crashes`, the product's own name."""
    here = {part[:5] for part in named.casefold().replace("'", "").split()}
    return all(part[:5] in here for part in word.casefold().replace("'", "").split())


def _shares(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in ranked(counts)[:4])


def _plain(name: Any) -> str:
    text = str(name).replace("_", " ")
    for short, full in _CONTRACTIONS:
        text = text.replace(short, full)
    return text
