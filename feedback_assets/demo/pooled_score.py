"""Pools the scores of several stories: every item, ticket, quote and problem counts once, whatever its story.

Pure over the objects that `feedback demo --json` prints; what is a goal and how a table looks is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback_assets.demo.score_labels import Reliability, pooled_calibration_error

Score = Mapping[str, Any]


@dataclass(frozen=True)
class KindScore:
    """One kind of planted problem over several stories; a share of nothing is None.

    Attributes:
        kind: Which one.
        planted: How many were planted.
        found: How many have a ticket.
        item_accuracy: Share of their items with the right category.
        tickets: How many tickets tell of them.
        tickets_per_problem: The mean over those that have a ticket that tells of them.
        tickets_mixed: How many of these have more than a tenth of foreign members.
        worst_foreign_members: The largest share of foreign members.
        evidence_precision: Share of the quotes shown that tell of the problem.
        releases_right: Of those that a change caused, how many have it suspected first; `releases` says how many.
        releases: How many a change caused.
    """

    kind: str
    planted: int
    found: int
    item_accuracy: float | None
    tickets: int
    tickets_per_problem: float | None
    tickets_mixed: int
    worst_foreign_members: float | None
    evidence_precision: float | None
    releases_right: int
    releases: int


@dataclass(frozen=True)
class PooledScore:
    """Several stories as one; the fields are those of `DemoScore`, `LabelScore` and `ClusterScore`.

    Attributes:
        seeds: The stories.
        problems_found: Share of the planted problems that have a ticket.
        unmatched_share: Share of the tickets that match nothing planted.
        cluster_purity: The mean over all clusters that are large enough.
        kinds: The planted problems by kind.
    """

    seeds: tuple[int, ...]
    items_judged: int
    item_accuracy: float | None
    praise_read_as_complaint: float | None
    praise_alone_read_as_complaint: float | None
    calibration_error: float | None
    items_at_0_9: int
    right_at_0_9: float | None
    planted: int
    problems_found: float | None
    tickets: int
    unmatched_share: float | None
    tickets_per_problem: float | None
    tickets_mixed: int
    worst_foreign_members: float | None
    cluster_purity: float | None
    evidence_precision: float | None
    decoys_ticketed: int
    personal_values_leaked: int
    releases_right: int
    releases: int
    season_raised: int
    kinds: tuple[KindScore, ...]


def pool(scores: Sequence[Score]) -> PooledScore:
    """The scores of several stories as one.

    Args:
        scores: Objects that `feedback demo --json` printed.

    Raises:
        KeyError: A score is of a version that does not tell one of the figures.
    """
    matches = [match for score in scores for match in score["matches"]]
    telling = [(score["seed"], match) for score in scores for match in score["matches"] if match["tells_of"]]
    told_of = {(seed, match["tells_of"]) for seed, match in telling}
    planted = [problem for score in scores for problem in score["planted"]]
    blamed = [problem for score in scores for problem in score["releases"]["problems"]]
    return PooledScore(
        seeds=tuple(int(score["seed"]) for score in scores),
        items_judged=_sum(scores, "items_judged"),
        item_accuracy=_weighted(scores, "item_accuracy", "items_judged"),
        praise_read_as_complaint=_weighted(scores, "praise_read_as_complaint", "quiet_items"),
        praise_alone_read_as_complaint=_weighted(scores, "praise_alone_read_as_complaint", "praise_items"),
        calibration_error=pooled_calibration_error(
            [[Reliability(*step) for step in score["reliability"]] for score in scores]
        ),
        items_at_0_9=_sum(scores, "items_at_0_9"),
        right_at_0_9=_weighted(scores, "right_at_0_9", "items_at_0_9"),
        planted=len(planted),
        problems_found=_ratio(sum(problem["found"] for problem in planted), len(planted)),
        tickets=len(matches),
        unmatched_share=_ratio(sum(match["problem"] is None for match in matches), len(matches)),
        tickets_per_problem=_ratio(len(telling), len(told_of)),
        tickets_mixed=_sum(scores, "tickets_mixed"),
        worst_foreign_members=_worst([match for _, match in telling]),
        cluster_purity=_weighted(scores, "cluster_purity", "clusters_judged"),
        evidence_precision=_evidence([match for _, match in telling]),
        decoys_ticketed=_sum(scores, "decoys_ticketed"),
        personal_values_leaked=_sum(scores, "personal_values_leaked"),
        releases_right=sum(problem["right"] for problem in blamed),
        releases=len(blamed),
        season_raised=sum(len(score["releases"]["season_raised"]) for score in scores),
        kinds=tuple(_kind(scores, kind) for kind in dict.fromkeys(problem["kind"] for problem in planted)),
    )


def _kind(scores: Sequence[Score], kind: str) -> KindScore:
    planted = [(score, problem) for score in scores for problem in score["planted"] if problem["kind"] == kind]
    telling = [
        (score["seed"], match) for score, problem in planted for match in score["matches"]
        if match["tells_of"] == problem["id"]
    ]  # fmt: skip
    judged = [score["right_of_planted"][problem["id"]] for score, problem in planted]
    blamed = [one for score in scores for one in score["releases"]["problems"] if one["kind"] == kind]
    matches = [match for _, match in telling]
    return KindScore(
        kind=kind,
        planted=len(planted),
        found=sum(problem["found"] for _, problem in planted),
        item_accuracy=_ratio(sum(right for _, right in judged), sum(items for items, _ in judged)),
        tickets=len(matches),
        tickets_per_problem=_ratio(len(matches), len({seed for seed, _ in telling})),
        tickets_mixed=sum(match["mixed"] for match in matches),
        worst_foreign_members=_worst(matches),
        evidence_precision=_evidence(matches),
        releases_right=sum(one["right"] for one in blamed),
        releases=len(blamed),
    )


def _evidence(matches: Sequence[Score]) -> float | None:
    return _ratio(sum(match["right_quotes"] for match in matches), sum(match["quotes"] for match in matches))


def _worst(matches: Sequence[Score]) -> float | None:
    return max((float(match["foreign_members"]) for match in matches), default=None)


def _sum(scores: Sequence[Score], name: str) -> int:
    return sum(int(score[name]) for score in scores)


def _weighted(scores: Sequence[Score], share: str, weight: str) -> float | None:
    """The mean of a share, each story with the number of things that it is a share of."""
    return _ratio(sum((score[share] or 0.0) * score[weight] for score in scores), _sum(scores, weight))


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None
