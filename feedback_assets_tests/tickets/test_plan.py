from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.lake.frames import conform, empty, table_hash
from feedback_assets.tickets.plan import Inputs
from feedback_assets.tickets.plan import plan_tickets as plan_all

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
TAXONOMY = load_taxonomy(PROMPTS / "taxonomy.yaml")
RULES = load_config(PROMPTS).thresholds.tickets
SHOWN = load_config(PROMPTS).thresholds.evidence
DAY = date(2025, 3, 10)


def plan(*arguments: Any) -> pd.DataFrame:
    return plan_all(*arguments, SHOWN).batch


def scored(day: date, cluster: str, decision: str = "ticket", level: str | None = "P3") -> dict[str, object]:
    return {
        "day": day, "cluster_id": cluster, "category": "sizing_fit", "product_id": "p1", "members_7d": 12,
        "members_28d": 14, "baseline_daily": 0.2, "peak_6h_ratio": 3.0, "lift_7d": 8.0, "p_value": 0.0001,
        "severity": 2.0, "reach": 0.5, "revenue_weight": 1.0, "recency": 1.0, "confidence": 0.9,
        "velocity_lift": 1.5, "churn_lift": 1.0, "refund_lift": 1.0, "customer_lift": 1.0, "channel_lift": 1.1,
        "sentiment_lift": 1.1, "score": 2.0, "rank": 1, "decision": decision, "level": level,
        "reason": "It rises beyond chance.", "missing_inputs": "[]",
    }  # fmt: skip


def cluster(day: date, name: str, sub_label: str = "runs_small", merged_into: str | None = None) -> dict[str, object]:
    plain = {"string": "{}", "float": 0.9, "int": 0, "bool": False}
    needed = [column for column in tables.GOLD_CLUSTERS.columns if not column.nullable]
    return {
        **{column.name: plain.get(column.kind) for column in needed}, "day": day, "cluster_id": name,
        "scope": "sizing_fit|p1", "status": "active", "merged_into": merged_into, "event": "grew",
        "domain": "fit_and_expectations", "category": "sizing_fit", "sub_label": sub_label, "product_id": "p1",
        "product_name": "Lumen Jacket", "title": "Sizing: Lumen Jacket runs small", "summary": "12 customers say so.",
        "quotes": "[]", "members_today": 3, "members_total": 12, "first_seen": day, "last_seen": day,
        "cohesion": 0.9, "confidence": 0.9, "centre": [0.0], "embedding_version": "test",
    }  # fmt: skip


def issue(day: date, name: str) -> dict[str, object]:
    return {
        "day": day, "issue_id": f"{name}#0", "event_id": name, "ordinal": 0, "domain": "fit_and_expectations",
        "category": "sizing_fit", "severity": 2.0, "confidence": 0.9, "quote": f"too small {name}",
        "owner": "product-design", "answered_by": "local_model", "taxonomy_version": "t", "schema_version": "s",
        "thresholds_version": "h", "triage": "automatic", "triage_reason": "sure", "overridden": False,
    }  # fmt: skip


def item(day: date, name: str) -> dict[str, object]:
    return {
        "day": day, "event_id": name, "source": "shop", "channel": "product_review", "text": f"too small {name}",
        "occurred_at": datetime.combine(day, datetime.min.time(), UTC), "text_key": name, "language": "en",
        "redactions": 0, "landing_object": "feedback/x.jsonl", "line": 1, "region": "EU", "unit_price": 50.0,
    }  # fmt: skip


def inputs(
    days: list[date],
    *,
    clusters: list[dict[str, object]] | None = None,
    priority: list[dict[str, object]] | None = None,
    members: list[tuple[date, str, str]] | None = None,
    history: pd.DataFrame | None = None,
    snapshot: pd.DataFrame | None = None,
    events: list[dict[str, object]] | None = None,
) -> Inputs:
    members = members if members is not None else [(day, f"{day:%d}-{n}", "c1") for day in days for n in range(3)]
    issues = [issue(day, name) for day, name, _ in members]
    joined = [
        {"day": day, "issue_id": f"{name}#0", "event_id": name, "cluster_id": where, "similarity": 0.9}
        for day, name, where in members
    ]
    said = pd.DataFrame(events) if events else empty(tables.BRONZE_TICKET_EVENTS)
    return Inputs(
        priority=conform(pd.DataFrame(priority or [scored(day, "c1") for day in days]), tables.GOLD_PRIORITY),
        clusters=conform(pd.DataFrame(clusters or [cluster(day, "c1") for day in days]), tables.GOLD_CLUSTERS),
        members=conform(pd.DataFrame(joined), tables.GOLD_CLUSTER_MEMBERS),
        issues=conform(pd.DataFrame(issues), tables.GOLD_ISSUES),
        feedback=conform(pd.DataFrame([item(day, name) for day, name, _ in members]), tables.SILVER_FEEDBACK),
        commerce=empty(tables.SILVER_COMMERCE),
        history=history if history is not None else empty(tables.TICKET_BATCH),
        snapshot=snapshot if snapshot is not None else empty(tables.OPEN_TICKETS),
        events=said,
    )


def span(count: int) -> list[date]:
    return [DAY + timedelta(days=n) for n in range(count)]


def event(day: date, key: str, status: str) -> dict[str, object]:
    payload = json.dumps({"ticket_key": key, "status": status})
    return {"day": day, "payload": payload, "problem": None}


def test_a_ticket_is_created_once_and_then_gathers_evidence():
    rows = plan(inputs(span(3)), span(3), TAXONOMY, RULES)
    assert list(rows["action"]) == ["create", "add_evidence", "add_evidence"]
    assert rows["ticket_key"].nunique() == 1
    assert json.loads(rows["members"].iloc[1]) == ["11-0#0", "11-1#0", "11-2#0"]
    assert rows["members_total"].tolist() == [3, 6, 9]


def test_a_range_plans_what_its_days_plan_one_by_one():
    whole = plan(inputs(span(4)), span(4), TAXONOMY, RULES)
    history = empty(tables.TICKET_BATCH)
    for day in span(4):
        history = pd.concat([history, plan(inputs(span(4), history=history), [day], TAXONOMY, RULES)])
    assert table_hash(whole, tables.TICKET_BATCH) == table_hash(history, tables.TICKET_BATCH)


def test_a_watched_cluster_without_a_ticket_gets_none():
    quiet = [scored(day, "c1", "watch", None) for day in span(2)]
    assert plan(inputs(span(2), priority=quiet), span(2), TAXONOMY, RULES).empty


def test_a_higher_level_raises_the_ticket():
    days = span(2)
    rows = plan(
        inputs(days, priority=[scored(days[0], "c1"), scored(days[1], "c1", level="P2")]), days, TAXONOMY, RULES
    )
    assert list(rows["action"]) == ["create", "raise", "add_evidence"]
    assert "P3 to P2" in rows["reason"].iloc[1]


def test_another_cluster_of_the_same_cause_joins_the_open_ticket():
    days = span(2)
    members = [(days[0], "a", "c1"), (days[1], "b", "c2")]
    rows = plan(
        inputs(days, clusters=[cluster(days[0], "c1"), cluster(days[1], "c2")],
               priority=[scored(days[0], "c1"), scored(days[1], "c2")], members=members),
        days, TAXONOMY, RULES,
    )  # fmt: skip
    assert list(rows["action"]) == ["create", "add_evidence"]


def test_another_cause_of_the_same_product_is_a_new_ticket():
    days = span(2)
    members = [(days[0], "a", "c1"), (days[1], "b", "c2")]
    rows = plan(
        inputs(days, clusters=[cluster(days[0], "c1"), cluster(days[1], "c2", sub_label="runs_large")],
               priority=[scored(days[0], "c1"), scored(days[1], "c2")], members=members),
        days, TAXONOMY, RULES,
    )  # fmt: skip
    assert list(rows["action"]) == ["create", "create"]


def test_a_closed_ticket_that_comes_back_is_reopened_only_with_enough_new_issues():
    days = span(5)
    first = plan(inputs(days), days[:1], TAXONOMY, RULES)
    key = str(first["ticket_key"].iloc[0])
    closed = [event(days[1], key, "closed")]
    few = plan(inputs(days, history=first, events=closed), days[1:2], TAXONOMY, RULES)
    assert few.empty
    enough = plan(inputs(days, history=first, events=closed), days[1:], TAXONOMY, RULES)
    assert list(enough["action"][:1]) == ["reopen"]
    assert "Closed on" in enough["reason"].iloc[0]


def test_an_approval_waits_for_a_person():
    rows = plan(inputs(span(1), priority=[scored(DAY, "c1", "approval", "P1")]), span(1), TAXONOMY, RULES)
    assert rows["state"].tolist() == ["needs_approval"]


def test_the_ticket_says_only_what_the_data_supports():
    row = plan(inputs(span(1)), span(1), TAXONOMY, RULES).iloc[0]
    fields = json.loads(row["fields"])
    assert fields["sales_value_touched"] == 150.0
    assert fields["regions"] == {"EU": 3}
    assert set(fields["missing"]) >= {"versions", "refunds", "causes", "suspected_release"}
    assert row["owner"] == "product-design"
    assert row["due"] == DAY + timedelta(days=3)


def test_what_waited_for_approval_becomes_a_ticket_when_it_grows_into_one():
    days = span(2)
    rows = plan(
        inputs(days, priority=[scored(days[0], "c1", "approval", "P1"), scored(days[1], "c1")]), days, TAXONOMY, RULES
    )
    assert rows["state"].tolist() == ["needs_approval", "ready"]
    assert rows["action"].tolist() == ["create", "create"]
    assert rows["ticket_key"].nunique() == 1


def test_the_same_complaint_about_another_carrier_is_a_new_ticket():
    days = span(2)
    members = [(days[0], "a", "c1"), (days[1], "b", "c2")]
    other = {**cluster(days[1], "c2"), "scope": "sizing_fit|p2"}
    rows = plan(
        inputs(days, clusters=[cluster(days[0], "c1"), other],
               priority=[scored(days[0], "c1"), scored(days[1], "c2")], members=members),
        days, TAXONOMY, RULES,
    )  # fmt: skip
    assert list(rows["action"]) == ["create", "create"]


def test_ordinary_complaints_after_the_fix_are_no_evidence():
    days = span(12)
    told = [*((day, f"{day:%d}-{n}", "c1") for day in days[:2] for n in range(9)),
            *((day, f"{day:%d}-0", "c1") for day in days[2:])]  # fmt: skip
    priority = [{**scored(day, "c1"), "baseline_daily": 1.0} for day in days]
    rows = plan(inputs(days, priority=priority, members=told), days, TAXONOMY, RULES)
    assert rows["members_total"].max() == 18


def test_a_rise_in_two_regions_has_their_reports_as_evidence_from_day_to_day():
    days = span(3)
    names = [(day, f"{day:%d}-{n}", "c1") for day in days for n in range(16)]
    before = [(DAY - timedelta(days=10), f"old-{n}", "c1") for n in range(20)]
    told = inputs(days, members=[*before, *names], priority=[{**scored(d, "c1"), "baseline_daily": 2.0} for d in days])
    region = {name: "PT" if int(name.rsplit("-", 1)[1]) < 11 else "GB" for _, name, _ in names}
    told.feedback["region"] = [region.get(event, "GB") for event in told.feedback["event_id"]]
    rows = plan(told, days, TAXONOMY, RULES)
    assert json.loads(rows["fields"].iloc[0])["concentrated_in"]["regions"] == ["PT"]
    assert rows["members_total"].tolist() == [11, 22, 33]
    assert "come from PT" in json.loads(rows["fields"].iloc[0])["concentrated_in"]["reason"]
    history = empty(tables.TICKET_BATCH)
    for day in days:
        one = plan(Inputs(**{**told.__dict__, "history": history}), [day], TAXONOMY, RULES)
        history = pd.concat([history, one])
    assert table_hash(rows, tables.TICKET_BATCH) == table_hash(history, tables.TICKET_BATCH)


def test_a_ticket_quotes_no_report_in_doubt_and_says_so_when_all_are():
    told = inputs(span(1))
    told.issues.loc[told.issues["issue_id"] == "10-0#0", "sentiment"] = "positive"
    told.issues.loc[told.issues["issue_id"] == "10-1#0", "triage"] = "review"
    told.issues["quote"] = ["What a lovely fit", "Perhaps a bit too small", "Far too small around the waist"]
    fields = json.loads(plan(told, span(1), TAXONOMY, RULES)["fields"].iloc[0])
    assert [quote["quote"] for quote in fields["quotes"]] == ["Far too small around the waist"]
    told.issues["triage"] = "signal"
    fields = json.loads(plan(told, span(1), TAXONOMY, RULES)["fields"].iloc[0])
    assert fields["quotes"] == []
    assert "beyond doubt" in fields["missing"]["quotes"]


def rises(onset: int, second: int, product: str = "p1", days: int = 12) -> Inputs:
    """Two clusters of two categories that are told four times a day each, from two days on; else ordinary items."""
    told = [(day, f"a{day:%m%d}-{n}", "c1") for day in span(days)[onset:] for n in range(4)]
    told += [(day, f"b{day:%m%d}-{n}", "c2") for day in span(days)[second:] for n in range(4)]
    other = {"scope": "defect|p", "category": "defect", "sub_label": "stops_working", "product_id": product}
    last = span(days)[-1]
    made = inputs(
        span(days),
        members=told,
        clusters=[row for day in span(days) for row in (cluster(day, "c1"), {**cluster(day, "c2"), **other})],
        priority=[scored(last, "c1"), {**scored(last, "c2"), "category": "defect", "product_id": product}],
    )
    quiet = pd.DataFrame([item(day, f"q{day:%m%d}-{n}") for day in span(days) for n in range(30)])
    made.feedback["product_id"] = [product if event.startswith("b") else "p1" for event in made.feedback["event_id"]]
    feedback = conform(pd.concat([made.feedback, quiet], ignore_index=True), tables.SILVER_FEEDBACK)
    return Inputs(**{**made.__dict__, "feedback": feedback})


def test_what_two_categories_tell_of_one_product_from_one_day_on_is_one_ticket():
    rows = plan(rises(9, 9), span(12)[-1:], TAXONOMY, RULES)
    assert rows["ticket_key"].nunique() == 1
    assert json.loads(rows["clusters"].iloc[0]) == ["c1", "c2"]
    assert rows["members_total"].max() == 24


def test_what_tells_more_of_the_problem_names_its_ticket():
    more = rises(9, 9)
    few = more.members["issue_id"].str.match(r"a.*-[23]#0")
    rows = plan(Inputs(**{**more.__dict__, "members": more.members[~few]}), span(12)[-1:], TAXONOMY, RULES)
    assert (rows["ticket_key"].nunique(), rows["category"].iloc[0]) == (1, "defect")


def test_two_products_or_two_beginnings_are_two_tickets():
    assert plan(rises(9, 9, product="p2"), span(12)[-1:], TAXONOMY, RULES)["ticket_key"].nunique() == 2
    assert plan(rises(4, 10), span(12)[-1:], TAXONOMY, RULES)["ticket_key"].nunique() == 2


def test_tickets_of_what_begins_together_are_the_same_planned_at_once_and_day_by_day():
    days = span(12)
    told = rises(8, 9)
    every = [{**row, "day": day} for day in days[9:] for row in told.priority.to_dict("records")]
    told = Inputs(**{**told.__dict__, "priority": conform(pd.DataFrame(every), tables.GOLD_PRIORITY)})
    whole, history = plan(told, days[9:], TAXONOMY, RULES), empty(tables.TICKET_BATCH)
    for day in days[9:]:
        seen = {name: frame[frame["day"] <= day] if "day" in frame and len(frame) else frame
                for name, frame in told.__dict__.items()}  # fmt: skip
        history = pd.concat([history, plan(Inputs(**{**seen, "history": history}), [day], TAXONOMY, RULES)])
    assert whole["ticket_key"].nunique() == 1
    assert table_hash(whole, tables.TICKET_BATCH) == table_hash(history, tables.TICKET_BATCH)


def test_the_confidence_of_a_ticket_is_the_share_of_its_evidence_that_tells_the_problem():
    sure = rises(9, 9)
    clear = json.loads(plan(sure, span(12)[-1:], TAXONOMY, RULES)["fields"].iloc[0])["confidence"]
    sure.issues["confidence"] = 0.3
    doubtful = json.loads(plan(sure, span(12)[-1:], TAXONOMY, RULES)["fields"].iloc[0])["confidence"]
    assert 0.95 < clear < 1
    assert doubtful < clear
