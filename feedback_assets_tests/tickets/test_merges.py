"""What becomes of tickets when the clusters room makes one cluster of two. Each story is walked by that room itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.clusters.assign_days import ClusterResult
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.lake.frames import conform, empty, table_hash
from feedback_assets.tickets.plan import LINEAGE, Inputs, Plan, plan_tickets
from feedback_assets_tests.clusters import story
from feedback_assets_tests.tickets.test_plan import PROMPTS, event, item, scored
from feedback_assets_tests.tickets.test_plan import issue as gold_issue

TAXONOMY = load_taxonomy(PROMPTS / "taxonomy.yaml")
RULES = load_config(PROMPTS).thresholds.tickets
SHOWN = load_config(PROMPTS).thresholds.evidence
# The second cluster becomes part of the first on this day.
MERGED_ON, LAST = 3, 12
DAYS = [story.day(number) for number in range(LAST + 1)]


def _walk(quiet: Sequence[int] = ()) -> ClusterResult:
    """Too wide on day 0, too tight from day 1, and words of both until the two clusters are one."""
    rows = [story.issue(n, 0, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(3)]
    rows += [story.issue(10 + n, 1, "sizing_fit", "the shoe is too tight", "runs_small", "p1") for n in range(3)]
    for day in range(2, LAST + 1):
        quotes = ("too tight and too wide", "tight")
        told = 0 if day in quiet else 6
        rows += [story.issue(100 * day + n, day, "sizing_fit", quotes[n % 2], None, "p1") for n in range(told)]
    return story.run(rows, range(LAST + 1))


WALK = _walk()
OLDER, YOUNGER = WALK.clusters["cluster_id"].iloc[0], WALK.clusters["cluster_id"].iloc[1]


def _inputs(
    decisions: Mapping[str, str],
    walk: ClusterResult = WALK,
    events: Sequence[dict[str, object]] = (),
    baselines: Mapping[str, float] | None = None,
) -> Inputs:
    """The days of the walk; a cluster is scored while it is part of no other, with the decision given."""
    scores: list[dict[str, object]] = []
    gone = {row.cluster_id: row.day for row in walk.clusters.itertuples() if row.status == "merged"}
    for day in DAYS:
        for cluster, decision in decisions.items():
            born = walk.clusters[walk.clusters["cluster_id"] == cluster]["day"].min()
            if born <= day < gone.get(cluster, date.max):
                usual = (baselines or {}).get(cluster, 0.2)
                scores.append({**scored(day, cluster, decision), "baseline_daily": usual})
    members = walk.members
    items = [item(row.day, row.event_id) for row in members.itertuples()]
    issues = [
        {**gold_issue(row.day, row.event_id), "issue_id": row.issue_id, "event_id": row.event_id}
        for row in members.itertuples()
    ]
    return Inputs(
        priority=conform(pd.DataFrame(scores), tables.GOLD_PRIORITY),
        clusters=walk.clusters,
        members=members,
        issues=conform(pd.DataFrame(issues), tables.GOLD_ISSUES),
        feedback=conform(pd.DataFrame(items), tables.SILVER_FEEDBACK),
        commerce=empty(tables.SILVER_COMMERCE),
        snapshot=empty(tables.OPEN_TICKETS),
        history=empty(tables.TICKET_BATCH),
        events=pd.DataFrame(events) if events else empty(tables.BRONZE_TICKET_EVENTS),
    )


def _plan(inputs: Inputs) -> Plan:
    return plan_tickets(inputs, DAYS, TAXONOMY, RULES, SHOWN)


def _of(batch: pd.DataFrame, key: str) -> list[tuple[int, str]]:
    mine = batch[batch["ticket_key"] == key].sort_values("day")
    return [((day - DAYS[0]).days, action) for day, action in zip(mine["day"], mine["action"], strict=True)]


def _keys(batch: pd.DataFrame) -> dict[str, str]:
    """Ticket keys by the cluster that a ticket was created for."""
    created = batch[batch["action"] == "create"]
    return dict(zip(created["cluster_id"], created["ticket_key"], strict=True))


def test_the_walk_makes_one_cluster_of_two() -> None:
    merged = WALK.clusters[WALK.clusters["status"] == "merged"]
    assert merged[["day", "cluster_id", "merged_into"]].values.tolist() == [[DAYS[MERGED_ON], YOUNGER, OLDER]]


def test_a_ticket_goes_on_when_its_cluster_becomes_part_of_an_older_one() -> None:
    batch = _plan(_inputs({OLDER: "digest", YOUNGER: "ticket"})).batch
    key = _keys(batch)[YOUNGER]
    assert set(batch["ticket_key"]) == {key}
    assert [day for day, _ in _of(batch, key)] == list(range(1, LAST + 1))
    after = batch[batch["day"] > DAYS[MERGED_ON]]
    assert set(after["cluster_id"]) == {OLDER}
    assert json.loads(after["clusters"].iloc[-1]) == sorted([OLDER, YOUNGER])
    assert after["members_total"].iloc[-1] > 50


def test_the_ready_ticket_goes_on_before_the_older_one_that_waits_for_a_person() -> None:
    batch = _plan(_inputs({OLDER: "approval", YOUNGER: "ticket"})).batch
    waiting, ready = _keys(batch)[OLDER], _keys(batch)[YOUNGER]
    assert _of(batch, waiting)[-1] == (MERGED_ON, "merge")
    end = batch[batch["action"] == "merge"].iloc[0]
    assert (end["merged_into"], end["state"], json.loads(end["clusters"])) == (ready, "needs_approval", [])
    assert ready in end["reason"]
    assert [day for day, _ in _of(batch, ready)] == list(range(1, LAST + 1))


@pytest.mark.parametrize("decision", ["ticket", "approval"])
def test_of_two_alike_the_older_goes_on_and_the_other_gathers_nothing_more(decision: str) -> None:
    batch = _plan(_inputs({OLDER: decision, YOUNGER: decision})).batch
    older, younger = _keys(batch)[OLDER], _keys(batch)[YOUNGER]
    assert _of(batch, younger)[-1] == (MERGED_ON, "merge")
    assert batch[batch["action"] == "merge"]["merged_into"].tolist() == [older]
    assert [day for day, _ in _of(batch, older)][-1] == LAST


def test_the_ticket_that_goes_on_shows_what_the_other_was_about() -> None:
    batch = _plan(_inputs({OLDER: "ticket", YOUNGER: "ticket"})).batch
    older, younger = _keys(batch)[OLDER], _keys(batch)[YOUNGER]

    def members(key: str) -> set[str]:
        return {member for row in batch[batch["ticket_key"] == key]["members"] for member in json.loads(row)}

    assert members(younger) <= members(older)


def test_an_open_ticket_goes_on_before_one_that_the_tracker_closed() -> None:
    both = {OLDER: "ticket", YOUNGER: "ticket"}
    keys = _keys(_plan(_inputs(both)).batch)
    closed = _inputs(both, events=[event(DAYS[MERGED_ON], keys[OLDER], "closed")])
    merged = _plan(closed).batch.query("action == 'merge'")
    assert merged[["ticket_key", "merged_into"]].values.tolist() == [[keys[OLDER], keys[YOUNGER]]]


def test_ordinary_complaints_of_the_older_cluster_are_no_evidence_after_the_merge() -> None:
    rows = [
        story.issue(1000 * day + n, day, "sizing_fit", "far too wide", "runs_large", "p1")
        for day in range(30)
        for n in range(4)
    ]
    fault = dict.fromkeys(range(20, 25), 12)
    rows += [
        story.issue(1000 * day + 500 + n, day, "sizing_fit", "the shoe is too tight", "runs_small", "p1")
        for day, count in fault.items()
        for n in range(count)
    ]
    walk = story.run(rows, range(30))
    older, younger = walk.clusters["cluster_id"].iloc[0], walk.clusters["cluster_id"].iloc[-1]
    if younger == older:
        younger = next(cluster for cluster in walk.clusters["cluster_id"] if cluster != older)
    merged_on = story.day(25)
    last = walk.clusters[(walk.clusters["cluster_id"] == younger)].iloc[[-1]]
    ended = last.assign(day=merged_on, status="merged", merged_into=older, event="merged")
    clusters = pd.concat([walk.clusters, ended], ignore_index=True)
    days = [story.day(number) for number in range(20, 30)]
    scores = [{**scored(day, younger), "baseline_daily": 0.1} for day in days if day < merged_on]
    scores += [{**scored(day, older, "digest"), "baseline_daily": 4.0} for day in days if day >= merged_on]
    base = _inputs({older: "digest"}, walk)
    inputs = Inputs(
        **{
            **base.__dict__,
            "clusters": clusters,
            "priority": conform(pd.DataFrame(scores), tables.GOLD_PRIORITY),
        }
    )
    batch = plan_tickets(inputs, days, TAXONOMY, RULES, SHOWN).batch
    day_of = dict(zip(walk.members["issue_id"], walk.members["day"], strict=True))
    shown = {day_of[member] for row in batch["members"] for member in json.loads(row)}
    assert batch["ticket_key"].nunique() == 1
    # The days that stood out, and none of the ordinary ones since.
    assert shown == set(days[:5])


def _day_by_day(inputs: Inputs, days: Sequence[date], snapshot_age: int) -> Plan:
    """The same days one by one, each from what the ones before wrote, and a state kept so many days ago."""
    batch, snapshot = empty(tables.TICKET_BATCH), empty(tables.OPEN_TICKETS)
    for day in days:
        end = day - timedelta(days=snapshot_age)
        base = max((each for each in snapshot["day"] if each <= end), default=date.min)
        since, window = base + timedelta(days=1) if base > date.min else date.min, day - timedelta(days=28)
        clusters = inputs.clusters
        one = Inputs(
            **{
                **inputs.__dict__,
                "clusters": clusters[clusters["day"] >= window],
                "members": inputs.members[inputs.members["day"] >= window],
                "merges": clusters[(clusters["day"] >= since) & (clusters["day"] < window)][list(LINEAGE)],
                "snapshot": snapshot[snapshot["day"] == base],
                "history": batch[batch["day"] >= since],
            }
        )
        planned = plan_tickets(one, [day], TAXONOMY, RULES, SHOWN)
        batch = pd.concat([batch, planned.batch]) if len(batch) else planned.batch
        snapshot = pd.concat([snapshot, planned.open_tickets]) if len(snapshot) else planned.open_tickets
    return Plan(batch, snapshot)


@pytest.mark.parametrize("decisions", [("digest", "ticket"), ("approval", "ticket"), ("ticket", "ticket")])
def test_a_range_over_a_merge_plans_what_its_days_plan_one_by_one(decisions: tuple[str, str]) -> None:
    inputs = _inputs(dict(zip((OLDER, YOUNGER), decisions, strict=True)))
    whole, days = _plan(inputs), _day_by_day(inputs, DAYS, 28)
    assert table_hash(whole.batch, tables.TICKET_BATCH) == table_hash(days.batch, tables.TICKET_BATCH)
    assert table_hash(whole.open_tickets, tables.OPEN_TICKETS) == table_hash(days.open_tickets, tables.OPEN_TICKETS)


def test_a_merge_of_long_ago_is_still_known_to_a_plan_that_reads_four_weeks() -> None:
    # The ticket falls silent before the merge is met, and the problem comes back seven weeks later.
    late = MERGED_ON + 50
    rows = [story.issue(n, 0, "sizing_fit", "far too wide", "runs_large", "p1") for n in range(3)]
    rows += [story.issue(10 + n, 1, "sizing_fit", "the shoe is too tight", "runs_small", "p1") for n in range(3)]
    for day in (2, MERGED_ON, late):
        quotes = ("too tight and too wide", "tight")
        rows += [story.issue(100 * day + n, day, "sizing_fit", quotes[n % 2], None, "p1") for n in range(6)]
    walk = story.run(rows, range(late + 1))
    assert walk.clusters[walk.clusters["status"] == "merged"]["day"].tolist() == [DAYS[MERGED_ON]]
    days = [story.day(number) for number in range(late + 1)]
    # The younger cluster gets a ticket; the older is watched until it comes back.
    scores = [scored(days[1], YOUNGER), scored(days[2], YOUNGER), scored(days[late], OLDER)]
    inputs = Inputs(
        **{**_inputs({OLDER: "watch"}, walk).__dict__, "priority": conform(pd.DataFrame(scores), tables.GOLD_PRIORITY)}
    )
    for snapshot_age in (28, 1000):
        planned = _day_by_day(inputs, days, snapshot_age)
        assert planned.batch["ticket_key"].nunique() == 1
        assert [(day - days[0]).days for day in planned.batch["day"]] == [1, 2, late]
    whole = plan_tickets(inputs, days, TAXONOMY, RULES, SHOWN)
    assert table_hash(whole.batch, tables.TICKET_BATCH) == table_hash(planned.batch, tables.TICKET_BATCH)
