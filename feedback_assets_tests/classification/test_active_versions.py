"""What is in force: a day keeps the version set it was labelled with until somebody asks for it anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets.classification.active_versions import (
    LabelRequest,
    Override,
    VersionSet,
    VersionSetError,
    current_versions,
    ensure_active,
    keep_version_files,
    promotions,
    version_set_by_prompt,
)
from feedback_assets.lake.frames import conform
from feedback_assets.lake.store import Lake
from feedback_assets.tables import GOLD_ITEMS
from feedback_assets_tests.classification.standins import NOON, PROMPTS

OLD = VersionSet("prompt-1", "taxonomy-1", "thresholds-1", "rules-1", "local-1")
NEW = VersionSet("prompt-1", "taxonomy-2", "thresholds-1", "rules-1", "local-2")
FIRST = date(2016, 1, 1)
DAYS = [date(2026, 2, 10), date(2026, 2, 11)]


PERSON, AUTOMATION = LabelRequest(by_person=True), LabelRequest(by_person=False)


def ensure(
    lake: Lake, version_set: VersionSet, days: list[date], minutes: int, asked: LabelRequest = PERSON
) -> list[tuple[Override, ...]]:
    now = NOON + timedelta(minutes=minutes)
    found = ensure_active(lake, version_set, days, FIRST, now, asked)
    return [found[day] for day in days]


def labelled(lake: Lake, *days: date) -> None:
    """Write one item a day, as if the days had been labelled."""
    row = {
        "domain": "none", "category": "other", "issues": 0, "confidence": 0.5, "empty_fields": "[]",
        "answered_by": "rules", "taxonomy_version": "1", "schema_version": "1", "thresholds_version": "1",
        "triage": "automatic", "triage_reason": "so", "overridden": False,
    }  # fmt: skip
    frame = conform(pd.DataFrame([{**row, "day": day, "event_id": str(day)} for day in days]), GOLD_ITEMS)
    assert not lake.write_days(GOLD_ITEMS, frame, days[0], days[-1] + timedelta(days=1), {}).failures


def whole(*version_sets: VersionSet) -> list[tuple[Override, ...]]:
    return [(Override(version_set),) for version_set in version_sets]


def test_the_first_run_puts_the_prompts_in_force_for_all_days(lake: Lake) -> None:
    assert ensure(lake, OLD, DAYS, 0) == whole(OLD, OLD)
    [only] = promotions(lake)
    assert (only.effective_day, only.reason) == (FIRST, "first run")


def test_the_same_prompts_are_not_promoted_twice(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    ensure(lake, OLD, DAYS, 1)
    assert len(promotions(lake)) == 1


def test_a_person_who_asks_for_days_after_a_change_gets_the_new_prompts_for_them(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS, 1) == whole(NEW, NEW)
    assert [current_versions(lake, date(2026, 2, 9))] == whole(OLD)


def test_automation_recomputes_an_old_day_with_the_edition_of_that_day(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS, 1, AUTOMATION) == whole(OLD, OLD)
    assert ensure(lake, NEW, [NOON.date()], 2, AUTOMATION) == whole(NEW)
    assert len(promotions(lake)) == 2


def test_going_back_to_older_prompts_is_a_promotion_too(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    ensure(lake, NEW, DAYS, 1)
    assert ensure(lake, OLD, DAYS, 2) == whole(OLD, OLD)
    assert [promotion.version_set for promotion in promotions(lake)] == [OLD, NEW, OLD]


def test_days_asked_for_before_a_change_keep_their_edition_when_only_later_days_are_asked_for(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS[1:], 1) == whole(NEW)
    assert [current_versions(lake, DAYS[0])] == whole(OLD)


def test_labelled_days_after_those_a_person_asks_for_keep_their_edition(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    labelled(lake, *DAYS)
    assert ensure(lake, NEW, DAYS[:1], 1) == whole(NEW)
    assert ensure(lake, NEW, DAYS, 2, AUTOMATION) == whole(NEW, OLD)


def test_a_backfill_holds_for_its_days_alone_and_a_second_one_adds_nothing(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    backfill = LabelRequest(by_person=True, backfill=True)
    assert ensure(lake, NEW, DAYS[:1], 1, backfill) == whole(NEW)
    assert ensure(lake, NEW, DAYS[:1], 2, backfill) == whole(NEW)
    assert [current_versions(lake, day) for day in DAYS] == whole(NEW, OLD)
    assert len(promotions(lake)) == 2


def test_a_scope_lies_over_what_was_in_force_and_a_replay_keeps_it(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    labelled(lake, *DAYS)
    narrowed = [(Override(OLD), Override(NEW, ("delivery", "packaging")))]
    backfill = LabelRequest(by_person=True, backfill=True, scope=("delivery", "packaging"))
    assert ensure(lake, NEW, DAYS[:1], 1, backfill) == narrowed
    assert ensure(lake, NEW, DAYS[:1], 2, AUTOMATION) == narrowed
    assert ensure(lake, NEW, DAYS, 3) == [*narrowed, *whole(OLD)]


def test_days_never_labelled_get_a_narrowed_edition_whole(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    labelled(lake, DAYS[0])
    ensure(lake, NEW, DAYS[:1], 1, LabelRequest(by_person=True, backfill=True, scope=("delivery",)))
    assert ensure(lake, NEW, DAYS, 2) == [(Override(OLD), Override(NEW, ("delivery",))), *whole(NEW)]


def test_a_backfill_without_a_scope_widens_a_narrowed_edition(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    ensure(lake, NEW, DAYS, 1, LabelRequest(by_person=True, backfill=True, scope=("delivery",)))
    assert ensure(lake, NEW, DAYS, 2, LabelRequest(by_person=True, backfill=True)) == whole(NEW, NEW)


def test_a_backfill_may_name_an_edition_of_before_but_none_that_never_was(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    newer = replace(NEW, prompt_version="prompt-2")
    assert version_set_by_prompt(promotions(lake), newer, "prompt-1") == OLD
    assert version_set_by_prompt(promotions(lake), newer, "prompt-2") == newer
    with pytest.raises(VersionSetError, match=r"prompt-3.*prompts plan"):
        version_set_by_prompt(promotions(lake), newer, "prompt-3")


def test_before_the_first_run_nothing_is_in_force(lake: Lake) -> None:
    assert current_versions(lake, DAYS[0]) == ()


def test_an_editions_files_are_kept_once_and_without_the_golden_set(tmp_path: Path) -> None:
    kept = keep_version_files(PROMPTS, tmp_path, OLD)
    (kept / "classify.md").write_text("kept", encoding="utf-8")
    assert keep_version_files(PROMPTS, tmp_path, OLD) == kept
    assert (kept / "classify.md").read_text(encoding="utf-8") == "kept"
    assert (kept / "taxonomy.yaml").is_file()
    assert (kept / "examples" / "en.jsonl").is_file()
    assert (kept / "out_of_field" / "en.jsonl").is_file()
    assert not (kept / "golden").exists()
