"""Release events read, and the release in force on items."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.config.mappings import Mapping
from feedback_assets.lake import contract
from feedback_assets.lake.frames import conform, table_hash
from feedback_assets.silver.active_releases import add_releases
from feedback_assets.silver.fields import Mappings
from feedback_assets.silver.reconcile import all_accounted
from feedback_assets.silver.releases import Read, build_releases
from feedback_assets.text import version_key
from feedback_assets_tests.silver.rows import DAY, at, bronze_row, frame

NOON = at(12)
CATALOG = [{"day": DAY, "event_id": "c1", "product_id": "P1", "product_name": "Velmora Boot"}]


def read(*payloads: dict[str, Any], mappings: Mappings | None = None, **more: Any) -> Read:
    rows = [bronze_row(f"e{n}", payload, line=n + 1, **more) for n, payload in enumerate(payloads)]
    found = build_releases(
        frame(rows, tables.BRONZE_RELEASES), frame(CATALOG, tables.SILVER_CATALOG), [DAY], mappings or Mappings()
    )
    assert contract.check_contract(found.frame, tables.SILVER_RELEASES).passed
    return found


def row(payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    [found] = read(payload, **more).frame.to_dict("records")
    return {str(name): value for name, value in found.items()}


def releases(*told: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {
            "day": one["at"].date(), "event_id": one["release_id"], "source": "log", "name": one["release_id"],
            "kind": "app", "derived": False, "version_key": one.get("version"), **one,
        }
        for one in told
    ]  # fmt: skip
    return conform(pd.DataFrame(rows, columns=list(tables.SILVER_RELEASES.column_names)), tables.SILVER_RELEASES)


def item(when: datetime = NOON, **more: Any) -> dict[str, Any]:
    return {"day": when.date(), "event_id": "i", "occurred_at": when, **more}


def active(told: dict[str, Any], *shipped: dict[str, Any]) -> tuple[Any, Any, Any]:
    found = add_releases(frame_of(told), releases(*shipped)).iloc[0]
    every = found["releases_in_force"]
    return found["release_id"], found["release_match"], json.loads(every) if every else {}


def frame_of(*items: dict[str, Any]) -> pd.DataFrame:
    full = [dict.fromkeys(tables.SILVER_FEEDBACK.column_names) | {
        "source": "s", "channel": "app_review", "text": "t", "text_key": "k", "language": "en", "redactions": 0,
        "landing_object": "o", "line": 1,
    } | one for one in items]  # fmt: skip
    return conform(pd.DataFrame(full), tables.SILVER_FEEDBACK)


def test_a_release_is_read_with_kind_version_regions_and_the_range_of_commits() -> None:
    found = row({"release_id": 7, "kind": "Feature-Flag", "name": "new pay to 50 %", "version": "v7.18.1 (44)",
                 "region": ["DE", "FR"], "at": "2026-03-10T09:00:00+01:00", "first_commit": "a1",
                 "last_commit": "f9"})  # fmt: skip
    assert (found["release_id"], found["kind"], found["version_key"]) == ("7", "flag", "7.18.1")
    assert json.loads(found["regions"]) == ["DE", "FR"]
    assert found["at"] == at(8)
    assert found["commits"] == "a1..f9"
    assert found["derived"] is False


def test_an_edit_of_the_catalogue_finds_its_product_by_the_name_it_gives() -> None:
    found = row({"name": "Velmora Boot: size chart replaced", "kind": "catalogue"})
    assert (found["product_id"], found["product_match"], found["at"]) == ("P1", "text", at(12))


@pytest.mark.parametrize(
    ("payload", "kind"),
    [({"version": "7.1"}, "app"), ({"name": "Velmora Boot"}, "catalogue"), ({"name": "moved"}, "other"),
     ({"name": "x", "kind": "Outage"}, "incident"), ({"name": "x", "kind": "whatever"}, "other")],
)  # fmt: skip
def test_a_kind_is_what_the_source_calls_it_else_what_its_fields_make_it(payload: dict[str, Any], kind: str) -> None:
    assert row(payload)["kind"] == kind


def test_what_cannot_be_read_is_counted_by_reason_and_nothing_is_lost() -> None:
    rows = [
        bronze_row("e1", {"name": "a"}, line=1),
        bronze_row("e1", {"name": "a"}, line=2),
        bronze_row("e2", {"notes": "nameless"}, line=3),
        bronze_row("e3", {"name": "b"}, line=4, mapping="lost"),
        bronze_row("e4", {"name": "c"}, line=5, occurred_at=None),
        bronze_row("e5", {"name": "d"}, line=6, payload=None),
    ]
    found = build_releases(
        frame(rows, tables.BRONZE_RELEASES), frame([], tables.SILVER_CATALOG), [DAY], Mappings()
    )  # fmt: skip
    assert dict(found.left_out) == {
        "repeated": 1, "names_nothing": 1, "unknown_mapping": 1, "undated": 1, "not_an_envelope": 1,
    }  # fmt: skip
    assert not all_accounted(found.frame, found.left_out_by_day, [DAY], lambda _: 6)
    [told] = all_accounted(found.frame, found.left_out_by_day, [DAY], lambda _: 7)[DAY]
    assert "landed 7, but 1 read + 5 left out = 6" in told


def test_a_day_read_twice_gives_the_same_table() -> None:
    twice = [read({"name": "a", "version": "1.2"}, {"name": "b"}).frame for _ in range(2)]
    assert table_hash(twice[0], tables.SILVER_RELEASES) == table_hash(twice[1], tables.SILVER_RELEASES)


def test_personal_data_in_notes_is_masked_and_a_version_is_no_address_on_the_net() -> None:
    found = row({"name": "App 24.8.12.3", "version": "24.8.12.3", "notes": "ask kim.lee@example.org"})
    assert found["name"] == "App 24.8.12.3"
    assert "kim.lee" not in found["notes"]


def test_a_mapping_names_the_fields_of_a_foreign_log() -> None:
    mapping = Mapping(name="log", stream="releases", source="ci", fields={"version": "tag", "name": "title"})
    found = row({"tag": "2.0.1", "title": "Two"}, mappings=Mappings({"log": mapping}), mapping="log")
    assert (found["version"], found["name"]) == ("2.0.1", "Two")


@pytest.mark.parametrize("told", ["7.18.1", "v7.18.1", "App 7.18.1 (4711)", " V7.18.1 "])
def test_a_version_is_the_same_however_it_is_written(told: str) -> None:
    assert version_key(told) == "7.18.1"


def test_the_version_an_item_names_decides_whatever_came_later() -> None:
    old, new = (
        {"release_id": "r1", "at": at(1), "version": "7.1.0"},
        {"release_id": "r2", "at": at(2), "version": "7.2.0"},
    )
    assert active(item(app_version="v7.1.0"), old, new) == ("r1", "version", {"app": "r1"})


def test_without_a_version_the_newest_before_it_is_in_force() -> None:
    old, new, later = ({"release_id": f"r{n}", "at": at(n), "version": f"7.{n}.0"} for n in (1, 5, 20))
    assert active(item(), old, new, later)[:2] == ("r5", "time")


def test_a_version_nobody_told_of_is_under_no_app_release_but_under_the_others() -> None:
    app, site = {"release_id": "app", "at": at(1), "version": "7.1.0"}, {"release_id": "w", "at": at(2), "kind": "site"}
    assert active(item(app_version="9.9.9"), app, site) == ("w", "time", {"site": "w"})


def test_a_release_of_some_regions_counts_there_only() -> None:
    everywhere = {"release_id": "all", "at": at(1), "kind": "site"}
    regional = {"release_id": "de", "at": at(2), "kind": "site", "regions": '["DE"]'}
    assert active(item(region="de"), everywhere, regional)[0] == "de"
    assert active(item(region="FR"), everywhere, regional)[0] == "all"
    assert active(item(), everywhere, regional)[0] == "all"


def test_an_edit_of_the_item_s_own_product_comes_before_what_concerns_everything() -> None:
    edit = {"release_id": "edit", "at": at(1), "kind": "catalogue", "product_id": "P1"}
    site = {"release_id": "site", "at": at(2), "kind": "site"}
    assert active(item(product_id="P1"), edit, site) == ("edit", "product", {"catalogue": "edit", "site": "site"})
    assert active(item(product_id="P2"), edit, site) == ("site", "time", {"site": "site"})


def test_a_release_is_in_force_for_eight_weeks_and_not_before_it_is_told_of() -> None:
    site = {"release_id": "s", "at": at(1), "kind": "site"}
    assert active(item(at(12) + timedelta(days=56)), site)[0] == "s"
    assert active(item(at(12) + timedelta(days=57)), site)[0] is None
    late = {**site, "day": DAY + timedelta(days=1)}
    assert active(item(), late)[0] is None
    assert active(item(at(12) + timedelta(days=1)), late)[0] == "s"


def test_items_keep_their_order_and_all_other_columns() -> None:
    items = frame_of(item(event_id="a"), item(at(0.5), event_id="b"))
    found = add_releases(items, releases({"release_id": "s", "at": at(1), "kind": "site"}))
    assert list(found["event_id"]) == ["a", "b"]
    assert [value if isinstance(value, str) else None for value in found["release_id"]] == ["s", None]
    assert list(conform(found, tables.SILVER_FEEDBACK).columns) == list(tables.SILVER_FEEDBACK.column_names)
