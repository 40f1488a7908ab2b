"""X4: the drift checks run over a real lake, under numbers of the thresholds file, and never stop a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.config.documents import ConfigError
from feedback_assets.config.settings import load
from feedback_assets.definitions import build_resources
from feedback_assets.evaluation.checks import drift
from feedback_assets.evaluation.drift_detection import WATCHED
from feedback_assets.evaluation.drift_sample import read_items
from feedback_assets.lake.store import Lake
from feedback_assets_tests.evaluation.items import FIRST, LAST, PROMPTS, made, recent


def _fill(lake: Lake, frame: pd.DataFrame) -> None:
    end = LAST + timedelta(days=1)
    at = datetime(2025, 3, 3, tzinfo=UTC)
    silver = frame.assign(
        source="shop", occurred_at=at, text_key="k", redactions=0, landing_object="o", line=range(1, len(frame) + 1)
    )
    lake.write_days(tables.SILVER_FEEDBACK, silver[[*silver.columns.intersection(tables.SILVER_FEEDBACK.column_names)]],
                    FIRST, end, {})  # fmt: skip
    told = {column.name: "x" for column in tables.GOLD_ITEMS.columns if not column.nullable and column.kind == "string"}
    known = {
        "triage": "automatic",
        "answered_by": "local_model",
        "issues": 1,
        "overridden": False,
        "empty_fields": "[]",
    }
    gold = frame[["day", "event_id", "category", "confidence", "model_version"]]
    gold = gold.assign(**{name: value for name, value in {**told, **known}.items() if name not in gold})
    report = lake.write_days(tables.GOLD_ITEMS, gold, FIRST, end, {})
    assert not report.failures


def _run(lake: Lake) -> dict[str, dg.AssetCheckEvaluation]:
    defs = dg.Definitions(asset_checks=[drift], resources={**build_resources(load()), "lake": lake})
    done = defs.resolve_implicit_global_asset_job_def().execute_in_process()
    assert done.success
    return {found.check_name: found for found in done.get_asset_check_evaluations()}


@pytest.fixture(autouse=True)
def _own_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(PROMPTS))


def test_all_seven_checks_report_in_one_step_and_drift_does_not_fail_the_run(lake: Lake):
    frame = made(1)
    frame.loc[recent(frame, 0.4), "category"] = "delivery"
    _fill(lake, frame)
    found = _run(lake)
    assert set(found) == set(WATCHED)
    moved = found["drift_label_mix"]
    assert not moved.passed and moved.severity == dg.AssetCheckSeverity.ERROR
    assert moved.metadata["threshold"].value == 0.25
    assert float(str(moved.metadata["value"].value)) > 0.25
    assert moved.metadata["window"].value == "2025-03-31 to 2025-04-06"
    assert "delivery" in str(moved.metadata["most_moved"].value)
    assert moved.description and "delivery" in moved.description
    assert found["drift_text_length"].passed and found["drift_language_mix"].passed


def test_a_lake_without_items_passes_and_says_so(lake: Lake):
    found = _run(lake)
    assert all(check.passed and check.description == "no items yet" for check in found.values())


def test_thresholds_come_from_the_one_file_and_a_missing_one_is_named(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    frame = made(1)
    frame.loc[recent(frame, 0.4), "category"] = "delivery"
    _fill(lake, frame)
    text = (PROMPTS / "thresholds.yaml").read_text(encoding="utf-8")
    other = tmp_path / "prompts"
    other.mkdir()
    for name in ("lexicon", "taxonomy", "cues", "moderation"):
        (other / f"{name}.yaml").write_bytes((PROMPTS / f"{name}.yaml").read_bytes())
    (other / "thresholds.yaml").write_text(
        text.replace("  warn: 0.1\n", "  warn: 3\n").replace("  fail: 0.25\n", "  fail: 4\n")
    )
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(other))
    assert _run(lake)["drift_label_mix"].passed
    (other / "thresholds.yaml").write_text(text.replace("  axes: 8", "  axes: eight"))
    with pytest.raises(ConfigError, match=r"line \d+: drift\.axes: input should be a valid integer \(it is 'eight'\)"):
        _run(lake)


def test_of_a_large_day_the_same_few_items_are_drawn_every_time(lake: Lake):
    frame = made(1)
    _fill(lake, frame)
    drawn = [read_items(lake, FIRST, LAST, 40) for _ in range(2)]
    assert drawn[0].equals(drawn[1])
    assert drawn[0].groupby("day").size().max() == 40
    share = (drawn[0]["language"] == "de").mean()
    assert share == pytest.approx((frame["language"] == "de").mean(), abs=0.04)
