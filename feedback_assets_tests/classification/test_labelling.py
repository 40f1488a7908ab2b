"""Rows of gold: every day under its version set, a range as day by day, and people's decisions over everything."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.active_versions import ActiveVersions, Override, version_set_of
from feedback_assets.classification.labelling import label_days, summary
from feedback_assets.lake.contract import check_contract
from feedback_assets.lake.frames import conform, empty, table_hash
from feedback_assets_tests.classification.standins import NOON, WordModel, classifier

MONDAY, TUESDAY = date(2026, 2, 9), date(2026, 2, 10)
READER = classifier()
EDITION = version_set_of(READER)
NOBODY = empty(tables.SILVER_CORRECTIONS)


def silver(*rows: tuple[date, str, float | None]) -> pd.DataFrame:
    told: list[dict[str, Any]] = [
        {
            "day": day,
            "event_id": f"e{number}",
            "source": "shop",
            "channel": "app_review",
            "occurred_at": datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
            "text": text,
            "text_key": text,
            "language": "en",
            "rating": rating,
            "region": "DE",
            "app_version": "7.1",
            "redactions": 0,
            "landing_object": "x",
            "line": number + 1,
        }
        for number, (day, text, rating) in enumerate(rows)
    ]
    return conform(pd.DataFrame(told), tables.SILVER_FEEDBACK)


FEEDBACK = silver(
    (MONDAY, "The parcel is late. The lid is broken.", 2.0),
    (MONDAY, "great", 5.0),
    (TUESDAY, "The lid is broken", None),
    (TUESDAY, "", 1.0),
)


def labelled(feedback: pd.DataFrame, days: list[date], corrections: pd.DataFrame = NOBODY) -> dict[str, pd.DataFrame]:
    return label_days(
        feedback, corrections, dict.fromkeys(days, (Override(EDITION),)), lambda _edition: READER, None, NOON
    )


def corrected(*issues: dict[str, str | None], minute: int = 0) -> dict[str, Any]:
    return {
        "day": MONDAY,
        "event_id": "e0",
        "issues": json.dumps(issues),
        "decision": "corrected",
        "decided_by": "ann",
        "decided_at": pd.Timestamp(NOON) + pd.Timedelta(minutes=minute),
    }


def test_rows_keep_the_contract_of_both_tables() -> None:
    for name, frame in labelled(FEEDBACK, [MONDAY, TUESDAY]).items():
        assert check_contract(frame, tables.by_name(name)).failures == {}


def test_an_item_with_two_issues_has_two_rows_with_the_primary_first_and_praise_has_none() -> None:
    found = labelled(FEEDBACK, [MONDAY])
    items, issues = found["gold/items"], found["gold/issues"]
    assert items["issues"].tolist() == [2, 0]
    assert issues["issue_id"].tolist() == ["e0#0", "e0#1"]
    assert issues["category"].tolist() == ["delivery", "defect"]
    assert issues["owner"].tolist() == ["logistics", "quality-engineering"]
    assert json.loads(issues["entities"][0]) == {"region": "DE", "version": "7.1"}


def test_a_range_of_days_equals_the_same_days_one_by_one() -> None:
    together = labelled(FEEDBACK, [MONDAY, TUESDAY])
    apart = [labelled(FEEDBACK[FEEDBACK["day"] == day], [day]) for day in (MONDAY, TUESDAY)]
    for table in (tables.GOLD_ITEMS, tables.GOLD_ISSUES):
        joined = pd.concat([part[table.name] for part in apart], ignore_index=True)
        assert table_hash(together[table.name], table) == table_hash(joined, table)


def test_each_day_is_labelled_under_its_own_edition() -> None:
    newer = classifier(WordModel(version="words-2"))
    opened = {EDITION: READER, version_set_of(newer): newer}
    version_sets: dict[date, ActiveVersions] = {
        MONDAY: (Override(EDITION),),
        TUESDAY: (Override(version_set_of(newer)),),
    }
    found = label_days(FEEDBACK, NOBODY, version_sets, lambda version_set: opened[version_set], None, NOON)[
        "gold/items"
    ]
    assert found.groupby("day")["feature_snapshot"].unique().map(list).to_dict() == {
        MONDAY: ["words-1"],
        TUESDAY: ["words-2"],
    }


def test_a_correction_overrides_at_once_and_the_last_one_holds() -> None:
    corrections = conform(
        pd.DataFrame([corrected({"category": "packaging", "sub_label": None}, minute=5), corrected()]),
        tables.SILVER_CORRECTIONS,
    )
    found = labelled(FEEDBACK, [MONDAY], corrections)
    first = found["gold/items"].iloc[0]
    assert (first["answered_by"], first["category"], bool(first["overridden"])) == ("people", "packaging", True)
    assert first["confidence"] == 1.0
    assert found["gold/issues"]["category"].tolist() == ["packaging"]


def test_a_person_may_say_that_there_is_no_issue() -> None:
    corrections = conform(pd.DataFrame([corrected()]), tables.SILVER_CORRECTIONS)
    found = labelled(FEEDBACK, [MONDAY], corrections)
    assert found["gold/items"].iloc[0]["category"] == "no_issue"
    assert found["gold/issues"].empty


def test_days_without_feedback_give_empty_tables() -> None:
    found = labelled(empty(tables.SILVER_FEEDBACK), [MONDAY])
    assert [len(frame) for frame in found.values()] == [0, 0]


def test_the_summary_counts_and_shows_no_text() -> None:
    told = summary(labelled(FEEDBACK, [MONDAY, TUESDAY])["gold/items"])
    assert told["answered_by"] == "local_model 2, rules 2"
    assert "lid" not in str(told)
