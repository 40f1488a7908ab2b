"""Releases derived from versions, missing days, and the listing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from feedback_assets import tables
from feedback_assets.cli import main as cli
from feedback_assets.cli.releases import _landed_versions, recent_releases
from feedback_assets.config.settings import load
from feedback_assets.lake.store import Lake
from feedback_assets.releases.derive import derive_releases
from feedback_assets.releases.impact import release_impact
from feedback_assets.releases.inputs import Release
from feedback_assets.releases.listing import list_releases
from feedback_assets.releases.missing_days import missing_days
from feedback_assets.text import version_key
from feedback_assets_tests.releases.story import RULES, Shop, day, frames, shipped


def named(counts: dict[str, dict[int, int]], days: int = 40) -> pd.DataFrame:
    rows = [(day(n), "1.0.0") for n in range(days)]
    rows += [
        (day(n), version) for version, by_day in counts.items() for n, count in by_day.items() for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["day", "app_version"]).astype({"day": object})


def test_a_version_came_out_on_the_first_of_the_days_that_name_it_often() -> None:
    [release] = derive_releases(named({"v2.0.0": {20: 1, 21: 3, 22: 9, 23: 20}}), (), RULES)
    assert (release.version, release.version_key, release.day, release.named) == ("v2.0.0", "2.0.0", day(20), 13)
    assert "named by 13 of 16 items in 3 days" in release.reason


def test_what_was_there_at_the_start_or_is_named_now_and_then_is_no_release() -> None:
    now_and_then = dict.fromkeys(range(0, 40, 4), 1)
    assert not derive_releases(named({"2.0.0": {3: 9}, "3.0.0": now_and_then}), (), RULES)


def test_a_few_testers_before_do_not_hide_a_release() -> None:
    [release] = derive_releases(named({"2.0.0": {15: 1, 25: 8, 26: 9}}), (), RULES)
    assert release.day == day(25)


def test_a_version_that_has_a_release_is_not_derived_and_more_feedback_dates_none_differently() -> None:
    counts = {"2.0.0": {20: 4, 21: 9, 22: 3, 30: 50}}
    assert not derive_releases(named(counts), {"2.0.0"}, RULES)
    assert [release.day for release in derive_releases(named(counts, 24), (), RULES)] == [
        one.day for one in derive_releases(named(counts), (), RULES)
    ]
    assert not derive_releases(named({}).iloc[:0], (), RULES)


def test_days_of_an_open_window_nobody_computed_are_asked_for_and_today_is_not() -> None:
    at = datetime(2026, 3, 10, 1, tzinfo=UTC)
    release = Release("r", "app", "App", "1.0", "1.0", at, frozenset(), None)
    done = {date(2026, 3, 10), date(2026, 3, 12)}
    assert missing_days([release], done, date(2026, 3, 14), 14) == [date(2026, 3, 11), date(2026, 3, 13)]
    late = missing_days([release], (), date(2026, 5, 1), 14)
    assert (late[0], late[-1]) == (date(2026, 3, 10), date(2026, 3, 10) + timedelta(days=13))


def test_the_listing_names_what_a_release_is_suspected_of_when_it_was_surest() -> None:
    jump = dict.fromkeys(range(30, 37), 6)
    shop = Shop(1, days=40, a_day=80, releases=[
        shipped(10, "old", version="2.0.0"), shipped(29, "flag", "flag"), shipped(30, "bad", version="2.1.0"),
    ], planted=[{"category": "checkout_payment", "counts": jump, "version": "2.1.0", "named": 0.8}])  # fmt: skip
    listed = list_releases(release_impact(frames(shop), [day(number) for number in (32, 36)], RULES))
    assert [release["release_id"] for release in listed] == ["bad", "flag"]
    bad, flag = listed
    assert bad["verdict"] == "suspect" and "2.1.0" in bad["reason"]
    assert {row["scope"] for row in bad["suspected_of"]} >= {"category"}
    # The flag of the day before may break the same things, but the version explains their rise far better.
    assert "checkout_payment" not in {row["value"] for row in flag["suspected_of"]}


def test_only_releases_judged_in_the_last_days_are_listed(lake: Lake) -> None:
    shop = Shop(1, days=60, a_day=40, releases=[shipped(10, "old", "site"), shipped(50, "new", "site")])
    impact = release_impact(frames(shop), [day(12), day(55)], RULES)
    assert not lake.write_days(tables.GOLD_RELEASE_IMPACT, impact, day(0), day(60), {}).failures
    assert [release["release_id"] for release in recent_releases(lake, 44)] == ["new", "old"]
    assert [release["release_id"] for release in recent_releases(lake, 43)] == ["new"]


def test_an_empty_lake_has_judged_no_release(lake: Lake) -> None:
    assert recent_releases(lake, 84) == []


def test_a_release_that_landed_by_a_mapping_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "ships.csv").write_text(
        "Id,Ver,When\nr1,14.40.1,2025-03-01T10:00:00Z\nr2,14.41.0,2025-03-09T10:00:00Z\n"
    )
    mapped = [word for pair in ("version=Ver", "event_id=Id", "occurred_at=When") for word in ("--map", pair)]
    called = ["import", str(tmp_path / "ships.csv"), "--stream", "releases", *mapped]
    done = CliRunner().invoke(cli.build("import"), called)
    assert done.exit_code == 0, done.output
    assert set(_landed_versions(load())) == {version_key("14.40.1"), version_key("14.41.0")}
