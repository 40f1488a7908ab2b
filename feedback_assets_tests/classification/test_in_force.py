"""What is in force: a day keeps the edition it was labelled with until somebody asks for it anew."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from feedback_assets.classification.in_force import (
    Edition,
    current_in_force,
    ensure_in_force,
    keep_files,
    promotions,
)
from feedback_assets.lake.store import Lake
from feedback_assets_tests.classification.standins import NOON, PROMPTS

OLD = Edition("prompt-1", "taxonomy-1", "thresholds-1", "rules-1", "local-1")
NEW = Edition("prompt-1", "taxonomy-2", "thresholds-1", "rules-1", "local-2")
FIRST = date(2016, 1, 1)
DAYS = [date(2026, 2, 10), date(2026, 2, 11)]


def ensure(lake: Lake, edition: Edition, days: list[date], minutes: int, *, person: bool = True) -> list[Edition]:
    now = NOON + timedelta(minutes=minutes)
    found = ensure_in_force(lake, edition, days, FIRST, now, asked_by_person=person)
    return [found[day].edition for day in days]


def test_the_first_run_puts_the_prompts_in_force_for_all_days(lake: Lake) -> None:
    assert ensure(lake, OLD, DAYS, 0) == [OLD, OLD]
    [only] = promotions(lake)
    assert (only.effective_day, only.reason) == (FIRST, "first run")


def test_the_same_prompts_are_not_promoted_twice(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    ensure(lake, OLD, DAYS, 1)
    assert len(promotions(lake)) == 1


def test_a_person_who_asks_for_days_after_a_change_gets_the_new_prompts_for_them(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS, 1) == [NEW, NEW]
    before = current_in_force(lake, date(2026, 2, 9))
    assert before is not None
    assert before.edition == OLD


def test_automation_recomputes_an_old_day_with_the_edition_of_that_day(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS, 1, person=False) == [OLD, OLD]
    assert ensure(lake, NEW, [NOON.date()], 2, person=False) == [NEW]
    assert len(promotions(lake)) == 2


def test_going_back_to_older_prompts_is_a_promotion_too(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    ensure(lake, NEW, DAYS, 1)
    assert ensure(lake, OLD, DAYS, 2) == [OLD, OLD]
    assert [promotion.edition for promotion in promotions(lake)] == [OLD, NEW, OLD]


def test_days_asked_for_before_a_change_keep_their_edition_when_only_later_days_are_asked_for(lake: Lake) -> None:
    ensure(lake, OLD, DAYS, 0)
    assert ensure(lake, NEW, DAYS[1:], 1) == [NEW]
    first = current_in_force(lake, DAYS[0])
    assert first is not None
    assert first.edition == OLD


def test_before_the_first_run_nothing_is_in_force(lake: Lake) -> None:
    assert current_in_force(lake, DAYS[0]) is None


def test_an_editions_files_are_kept_once_and_without_the_golden_set(tmp_path: Path) -> None:
    kept = keep_files(PROMPTS, tmp_path, OLD)
    (kept / "classify.md").write_text("kept", encoding="utf-8")
    assert keep_files(PROMPTS, tmp_path, OLD) == kept
    assert (kept / "classify.md").read_text(encoding="utf-8") == "kept"
    assert (kept / "taxonomy.yaml").is_file()
    assert (kept / "examples" / "en.jsonl").is_file()
    assert not (kept / "golden").exists()
