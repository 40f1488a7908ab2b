"""Time from being received to each hop: read from the lake, per day, against the budget."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import load
from feedback_assets.evaluation.latency import HOPS, compare_with_budget, latencies, measure_latency
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.frames import conform
from feedback_assets.lake.store import COMMITS_READ, Commit, Lake

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HISTORY = timedelta(hours=24)


def minutes(*, after: float) -> datetime:
    return NOON + timedelta(minutes=after)


def items(*received: datetime, path: str = "a") -> pd.DataFrame:
    return pd.DataFrame({"day": DAY, "received_at": pd.to_datetime(list(received), utc=True), "landing_object": path})


def test_a_hop_is_reached_by_the_first_commit_of_the_day_after_landing():
    commits = [
        Commit(minutes(after=9), DAY, DAY),
        Commit(minutes(after=4), DAY - timedelta(days=3), DAY),
        Commit(minutes(after=3), DAY - timedelta(days=3), DAY - timedelta(days=1)),
        Commit(minutes(after=1), DAY, DAY),
    ]
    [found] = latencies(items(NOON, minutes(after=1)), {"a": minutes(after=2)}, commits, HISTORY)
    assert (found.day, found.items, found.p50, found.p95) == (DAY, 2, 3.5, 3.95)
    [found] = latencies(items(NOON), {"a": minutes(after=2)}, None, HISTORY)
    assert found.p95 == 2


def test_history_and_what_nobody_can_time_are_left_out():
    landed = {"a": minutes(after=2), "gone": None}
    assert latencies(items(NOON - timedelta(days=400)), landed, None, HISTORY) == []
    assert latencies(items(NOON, path="gone"), landed, None, HISTORY) == []
    assert latencies(items(NOON), landed, [Commit(minutes(after=1), DAY, DAY)], HISTORY) == []
    assert compare_with_budget("silver", [], 5).within_budget


def test_what_landed_before_the_oldest_commit_told_of_a_long_history_is_left_out():
    later = [Commit(minutes(after=3000 + n), DAY, DAY) for n in range(COMMITS_READ)]
    assert latencies(items(NOON), {"a": NOON}, later, HISTORY) == []
    [found] = latencies(items(NOON), {"a": NOON}, later[1:], HISTORY)
    assert found.p95 == 3001


def test_a_slow_day_breaks_the_budget_and_is_named():
    found = latencies(items(NOON), {"a": NOON}, [Commit(minutes(after=6), DAY, DAY)], HISTORY)
    result = compare_with_budget("silver", found, 5)
    assert not result.within_budget
    assert "2026-03-02 within 6 minutes, the budget is 5" in result.reason
    assert compare_with_budget("silver", found, 6).within_budget


def test_the_lake_and_landing_tell_when_each_hop_was_reached(tmp_path: Path):
    lake, landing = Lake(str(tmp_path / "lake")), tmp_path / "landing"
    (landing / "feedback").mkdir(parents=True)
    (landing / "feedback" / "one.jsonl").touch()
    now = datetime.now(UTC)
    os.utime(landing / "feedback" / "one.jsonl", (now.timestamp() - 30,) * 2)
    row = {
        "day": DAY, "event_id": "e", "source": "shop", "channel": "survey", "occurred_at": NOON, "text": "x",
        "received_at": now - timedelta(minutes=2), "text_key": "k", "language": "en", "redactions": 0,
        "landing_object": "feedback/one.jsonl", "line": 1,
    }  # fmt: skip
    frame = conform(pd.DataFrame([row]), tables.SILVER_FEEDBACK)
    lake.write_days(tables.SILVER_FEEDBACK, frame, DAY, DAY + timedelta(days=1), {"partition": str(DAY)})
    rules = load_config(load().prompts_dir).thresholds.latency
    found = {hop.name: measure_latency(lake, Landing(str(landing)), hop, rules) for hop in HOPS}
    assert 1.4 < found["landed"].days[0].p50 < 1.6
    assert not found["landed"].within_budget
    assert 2 <= found["silver"].days[0].p50 < 4
    assert found["silver"].within_budget
    assert found["ticketed"].days == ()
