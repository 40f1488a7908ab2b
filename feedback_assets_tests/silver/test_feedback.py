"""A day of bronze into silver, duplicates and quarantine."""

# ruff: noqa: E501 - examples read worse when broken
from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets import tables
from feedback_assets.config.mappings import Mapping
from feedback_assets.lake import contract, frames
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.feedback import Silver
from feedback_assets.silver.fields import Mappings
from feedback_assets.silver.reconcile import personal_data, reconcile
from feedback_assets_tests.silver.rows import DAY, RULES, at, bronze_row, silver

LONG = "the parcel came two weeks late and the box was open and half of the parts were gone"


def one(found: Silver) -> dict[str, Any]:
    assert len(found.feedback) == 1, found.quarantine.to_dict("records")
    return found.feedback.to_dict("records")[0]


def test_a_row_becomes_one_canonical_row_without_personal_data() -> None:
    payload = {
        "title": "Zu klein", "text": "Größe 42 ist zu klein, sagt Anna. Tel. 030/1234567", "rating": "4", "rating_scale": "10",
        "customer_id": "C-1", "customer_name": "Anna Schmidt", "order_id": "O-77123", "region": "DE-BE", "app_version": "7.18.1.2",
        "signals": {"payment_abandoned": True, "contact": "anna@web.de"}, "sla_hours": "24", "return_reason": "zu klein",
    }  # fmt: skip
    row = one(silver([bronze_row("e1", payload)]))
    assert row["text"] == "Zu klein. Größe 42 ist zu klein, sagt <NAME>. Tel. <PHONE>"
    assert row["language"] == "de"
    assert row["rating"] == pytest.approx(2.6)
    assert (row["redactions"], json.loads(row["redacted_kinds"])) == (2, ["NAME", "PHONE"])
    assert json.loads(row["signals"]) == {"payment_abandoned": True, "contact": "<EMAIL>"}
    assert len(row["customer_ref"]) == 32 and row["customer_ref"] != row["order_ref"]
    assert (row["sla_hours"], row["region"], row["app_version"]) == (24, "DE-BE", "7.18.1.2")


def test_every_frame_keeps_its_contract_and_holds_no_personal_value() -> None:
    rows = [
        bronze_row("e1", {"text": "ok", "email": "a@web.de"}),
        bronze_row("e1", {"text": "ok"}, line=2),
        bronze_row("e2", {"rating": "abc, mail me a@web.de"}),
        bronze_row("", problem="no JSON", payload=None, raw='{"text": "call 030/1234567", "customer_name": "Kurt"'),
    ]
    found = silver(rows)
    assert [len(frame) for frame in found.frames().values()] == [1, 1, 2]
    for name, frame in found.frames().items():
        assert contract.check_contract(frame, tables.by_name(name)).passed
    assert personal_data(found.frames(), found.redactors) == {}
    assert "a@web.de" not in str(found.quarantine.to_dict("records"))


@pytest.mark.parametrize(
    ("row", "reason", "told"),
    [
        (bronze_row("e", {"rating": "abc", "text": "x"}), "bad_field", "rating: 'abc' is no number"),
        (bronze_row("e", {"rating": 9, "text": "x"}), "bad_field", "is outside 1 to 5"),
        (bronze_row("e", {"text": 12}), "bad_field", "text: '12' is no text"),
        (bronze_row("e", {"text": "x", "region": {"a": 1}}), "bad_field", "region: .* nested value"),
        (bronze_row("e", {"text": "x", "signals": "{no"}), "bad_field", "signals: .* no JSON object"),
        (bronze_row("e", {"text": "x", "sla_hours": -1}), "bad_field", "below zero"),
        (bronze_row("e", {"text": "  ", "region": "DE"}), "empty_text", "neither text nor rating"),
        (bronze_row("e", mapping="gone"), "unknown_mapping", "no mapping 'gone' is saved"),
        (bronze_row("e", problem="no JSON", payload=None), "not_an_envelope", "no JSON"),
        (bronze_row("e", payload=None), "not_an_envelope", "no JSON object"),
        (bronze_row("e", occurred_at=None), "undated", "occurred_at is missing"),
        (bronze_row("e", filed_because="in the future"), "wrong_day", "in the future"),
        (bronze_row("e", occurred_at=at(day=DAY - timedelta(days=1))), "wrong_day", "not on 2026-03-10"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_goes_to_quarantine_with_reason_and_mend(
    row: dict[str, Any], reason: str, told: str
) -> None:
    found = silver([row], [DAY])
    assert len(found.feedback) == 0
    [quarantined] = found.quarantine.to_dict("records")
    assert quarantined["reason"] == reason
    assert pd.Series([quarantined["detail"]]).str.contains(told)[0], quarantined["detail"]
    assert quarantined["mend"]
    assert (quarantined["landing_object"], quarantined["line"]) == (row["landing_object"], row["line"])


def test_a_rating_alone_is_feedback_and_a_return_reason_is_a_text() -> None:
    assert one(silver([bronze_row("e", {"rating": 2})]))["text"] == ""
    assert one(silver([bronze_row("e", {"return_reason": "too small"})]))["text"] == "too small"


@pytest.mark.parametrize("name", ["content", "review", "body", "message", "comment", "review_text", "Review"])
def test_common_names_of_the_text_are_understood(name: str) -> None:
    assert one(silver([bronze_row("e", {name: "It broke"})]))["text"] == "It broke"


def test_a_mapping_reads_foreign_columns_and_a_correction_brings_the_row_back() -> None:
    row = bronze_row("e", {"texto": "chegou quebrado", "nota": "3"}, mapping="br")
    assert list(silver([row]).quarantine["reason"]) == ["unknown_mapping"]
    mapping = Mapping(name="br", source="br", fields={"text": "texto", "rating": "nota"})
    assert one(silver([row], rules=ReadingRules(b"k", Mappings({"br": mapping}))))["rating"] == 3


def test_a_broken_mapping_stops_only_its_own_rows() -> None:
    rules = ReadingRules(b"k", Mappings(broken={"br": "br.yaml: fields: wrong"}))
    found = silver([bronze_row("e1", mapping="br"), bronze_row("e2")], rules=rules)
    assert list(found.quarantine["detail"]) == ["br.yaml: fields: wrong"]
    assert list(found.feedback["event_id"]) == ["e2"]


def test_a_malformed_line_shows_its_words_but_no_name_beside_them() -> None:
    raw = '{"event_id": "x", "payload": {"customer_name": "Kurt Weber", "text": "Kurt sagt: kaputt, a@web.de"'
    found = silver([bronze_row("", problem="no JSON", payload=None, raw=raw, source=None)], [DAY])
    assert list(found.quarantine["excerpt"]) == ["<NAME> sagt: kaputt, <EMAIL>"]


def test_an_id_used_by_two_sources_is_told_and_lost_by_neither() -> None:
    rows = [bronze_row("1", {"text": "It broke"}), bronze_row("1", {"text": "too late"}, source="forum", when=at(13))]
    found = silver(rows)
    assert list(found.feedback["source"]) == ["shop"]
    assert list(found.quarantine["reason"]) == ["bad_field"]


def test_a_campaign_goes_to_quarantine_with_its_evidence() -> None:
    rows = [
        bronze_row(f"s{n}", {"text": f"Never buy from this shop they steal your money {'!' * n}", "author": f"user{n}"}, channel="social", when=at(n))
        for n in range(9)
    ]  # fmt: skip
    found = silver([*rows, bronze_row("real", {"text": "the left shoe is smaller than the right one"})])
    assert list(found.feedback["event_id"]) == ["real"]
    assert set(found.quarantine["reason"]) == {"campaign"}
    evidence = json.loads(found.quarantine["evidence"].iloc[0])
    assert (evidence["posts"], evidence["people"], evidence["span_hours"]) == (9, 9, 8)
    assert evidence["example"].startswith("Never buy")


def test_a_product_is_found_through_the_order_and_brings_its_context() -> None:
    from feedback_assets.silver.redact import keyed_hash

    catalog = [{"day": DAY, "event_id": "c", "product_id": "p1", "product_name": "Aurora Lamp", "unit_price": 20.0}]
    commerce = [
        {"day": DAY - timedelta(days=3), "event_id": "o", "event_type": "order_item", "product_id": "p1", "variant": "red",
         "region": "FR", "carrier": "DPX", "order_ref": keyed_hash("O-1", RULES.key)},
    ]  # fmt: skip
    row = one(silver([bronze_row("e", {"text": "cassée", "order_id": "o-1"})], catalog=catalog, commerce=commerce))
    assert (row["product_id"], row["product_match"], row["variant"], row["region"], row["carrier"], row["unit_price"]) == (
        "p1", "order", "red", "FR", "DPX", 20.0,
    )  # fmt: skip


_AUTHORS = st.sampled_from(["", "Anna Schmidt", "Karl", "Zoë"])
_TEXTS = st.sampled_from(
    ["", "ok", "It broke after two days of use", LONG, LONG + "!", LONG.replace("late", "later"), "call 030/1234567"]
)


@st.composite
def _rows(draw: st.DrawFn) -> dict[str, Any]:
    day = DAY - timedelta(days=draw(st.integers(0, 9)))
    payload: dict[str, Any] = {"text": draw(_TEXTS), "rating": draw(st.sampled_from([None, 1, "5", "abc", 7]))}
    payload |= {"author": draw(_AUTHORS), "customer_id": draw(st.sampled_from(["", "c1", "c2"]))}
    payload |= {"order_id": draw(st.sampled_from(["", "o1"])), "mirror_of": draw(st.sampled_from(["", "1", "2"]))}
    return bronze_row(
        str(draw(st.integers(1, 12))), payload, when=at(draw(st.integers(0, 23)), day),
        source=draw(st.sampled_from(["shop", "social"])), channel=draw(st.sampled_from(["product_review", "social", "chat"])),
        line=draw(st.integers(1, 10**6)), problem=draw(st.sampled_from([None, None, None, "no JSON"])),
    )  # fmt: skip


_DAYS = st.lists(_rows(), max_size=25, unique_by=lambda row: (row["landing_object"], row["line"]))


@settings(max_examples=30, deadline=None)
@given(_DAYS)
def test_every_row_goes_to_exactly_one_table(rows: list[dict[str, Any]]) -> None:
    found = silver(rows, [DAY - timedelta(days=n) for n in range(10)])
    places = [
        (row["landing_object"], row["line"]) for frame in found.frames().values() for row in frame.to_dict("records")
    ]
    assert sorted(places) == sorted((row["landing_object"], row["line"]) for row in rows)
    assert reconcile(found.frames(), [DAY], lambda day: sum(row["day"] == day for row in rows))[0] == {}
    for name, frame in found.frames().items():
        assert contract.check_contract(frame, tables.by_name(name)).passed


@settings(max_examples=20, deadline=None)
@given(_DAYS, st.randoms(use_true_random=False))
def test_order_of_arrival_and_range_or_single_days_do_not_matter(
    rows: list[dict[str, Any]], chance: random.Random
) -> None:
    days = [DAY - timedelta(days=n) for n in range(3)]
    whole = silver(rows, days)
    shuffled = list(rows)
    chance.shuffle(shuffled)
    singles = [silver([row for row in shuffled if day - timedelta(days=7) <= row["day"] <= day], [day]) for day in days]
    for name, frame in whole.frames().items():
        table = tables.by_name(name)
        apart = pd.concat([single.frames()[name] for single in singles])
        assert frames.table_hash(frame, table) == frames.table_hash(apart, table)


def test_a_missing_line_fails_only_its_own_day() -> None:
    found = silver([bronze_row("e1"), bronze_row("e2", when=at(day=DAY - timedelta(days=1)))])
    failures, totals = reconcile(found.frames(), [DAY - timedelta(days=1), DAY], lambda day: 2 if day == DAY else 1)
    assert list(failures) == [DAY]
    assert "landed 2, but feedback 1 + duplicates 0 + quarantine 0 = 1" in failures[DAY][0]
    assert totals == {"landed": 3, "feedback": 2, "duplicates": 0, "quarantine": 0}


def test_a_value_left_behind_fails_its_day_and_is_not_repeated_in_the_message() -> None:
    found = silver([bronze_row("e1")])
    frames_ = found.frames()
    frames_["silver/feedback"] = found.feedback.assign(text="mail anna@web.de")
    failures = personal_data(frames_, found.redactors)
    assert list(failures) == [DAY]
    assert "silver/feedback.text holds a value of kind EMAIL" in failures[DAY][0]
    assert "anna" not in failures[DAY][0]


def test_half_an_emoji_in_any_field_does_not_stop_the_day() -> None:
    payload = json.dumps({"text": "half \ud83d a pair, a whole one \U0001f600", "variant": "blue \udc00"})
    row = silver([bronze_row("e1", payload=payload)]).feedback.iloc[0]
    assert row["variant"] == "blue \ufffd"
    assert "\U0001f600" in row["text"]
