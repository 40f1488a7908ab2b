"""Pooling the scores of several stories."""

import json
from dataclasses import replace
from typing import Any

import pytest

from feedback_assets.demo.pooled_score import pool
from feedback_assets.demo.score import Blamed, DemoScore, PlantedResult, ReleaseScore, TicketMatch
from feedback_assets.demo.score_clusters import ClusterScore
from feedback_assets.demo.score_labels import LabelScore, Reliability

LABELS = LabelScore(
    item_accuracy=0.5, items_judged=10, praise_read_as_complaint=0.0, quiet_items=4,
    praise_alone_read_as_complaint=None, praise_items=0, calibration_error=0.1, right_at_0_9=None, items_at_0_9=0,
    reliability=(Reliability(7.5, 10, 5),), right_of_planted={"planted-3": (4, 3)},
)  # fmt: skip
DELAY = PlantedResult("planted-3", "carrier_delay", None, "delivery", found=True, ticket="t1", reason="")


def _match(tells_of: str | None, **more: Any) -> TicketMatch:
    match = TicketMatch(
        "t1", "Late", "delivery", None, 4, tells_of, None, "", tells_of, foreign_members=0.0, quotes=4, right_quotes=4
    )
    return replace(match, **more)


def _score(seed: int, *matches: TicketMatch, **more: Any) -> dict[str, Any]:
    scored = DemoScore(
        seed, 10, (DELAY,), len(matches), 0, 0, matches, labels=LABELS, clusters=ClusterScore(0.8, 10),
        tickets_mixed=sum(match.mixed for match in matches),
    )  # fmt: skip
    return json.loads(json.dumps(replace(scored, **more).as_dict()))


def test_a_share_counts_with_what_it_is_a_share_of() -> None:
    large = replace(LABELS, item_accuracy=0.9, items_judged=30, praise_read_as_complaint=0.5, quiet_items=12)
    pooled = pool([_score(1), _score(2, labels=large, clusters=ClusterScore(0.4, 30))])
    assert (pooled.items_judged, pooled.item_accuracy) == (40, pytest.approx(0.8))
    assert pooled.praise_read_as_complaint == pytest.approx(6 / 16)
    assert pooled.cluster_purity == pytest.approx(0.5)


def test_a_share_of_nothing_stays_none_and_weighs_nothing() -> None:
    sure = replace(LABELS, right_at_0_9=0.75, items_at_0_9=4)
    assert pool([_score(1), _score(2)]).right_at_0_9 is None
    assert pool([_score(1), _score(2, labels=sure)]).right_at_0_9 == pytest.approx(0.75)
    assert pool([_score(1)]).evidence_precision is None


def test_the_calibration_error_is_that_of_all_items_together() -> None:
    over = replace(LABELS, reliability=(Reliability(7.5, 10, 10),))
    assert pool([_score(1)]).calibration_error == pytest.approx(0.25)
    assert pool([_score(1), _score(2, labels=over)]).calibration_error == pytest.approx(0.0)


def test_tickets_are_counted_for_each_problem_of_each_story() -> None:
    mixed = _match("planted-3", foreign_members=0.4, mixed=True, right_quotes=1)
    pooled = pool([_score(1, _match("planted-3"), mixed), _score(2, _match("planted-3"), _match(None))])
    assert (pooled.tickets, pooled.tickets_per_problem, pooled.unmatched_share) == (4, 1.5, 0.25)
    assert (pooled.tickets_mixed, pooled.worst_foreign_members) == (1, 0.4)
    assert pooled.evidence_precision == pytest.approx(9 / 12)


def test_each_kind_has_its_own_line() -> None:
    lost = replace(DELAY, id="planted-8", kind="account_lockout", found=False, ticket=None)
    blamed = Blamed("planted-8", "account_lockout", "rel-9", "rel-1", right=False, at="", reason="")
    labels = replace(LABELS, right_of_planted={"planted-3": (4, 3), "planted-8": (10, 1)})
    score = _score(2, _match("planted-3"), planted=(DELAY, lost), labels=labels, releases=ReleaseScore((blamed,)))
    delay, lockout = pool([_score(1, _match("planted-3"), _match("planted-3")), score]).kinds
    assert (delay.kind, delay.planted, delay.found, delay.tickets_per_problem) == ("carrier_delay", 2, 2, 1.5)
    assert (delay.item_accuracy, delay.evidence_precision, delay.releases) == (0.75, 1.0, 0)
    assert (lockout.found, lockout.item_accuracy, lockout.tickets_per_problem) == (0, 0.1, None)
    assert (lockout.releases_right, lockout.releases) == (0, 1)


def test_a_score_of_a_version_that_told_less_is_refused_by_the_name_of_the_figure() -> None:
    old = _score(1)
    del old["quiet_items"]
    with pytest.raises(KeyError, match="quiet_items"):
        pool([old])
