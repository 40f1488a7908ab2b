"""A change of prompts over the wire: the plan says to the request what is then sent, and where, and what it keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner

from feedback_assets import tables
from feedback_assets.classification.active_versions import promotions
from feedback_assets.classification.assets import gold_labels
from feedback_assets.classification.confusions import EVERYTHING, Scope, close_alternatives
from feedback_assets.cli.prompts import app
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import TaxonomyError
from feedback_assets.dagster_kit.run_tags import PROMPT, SCOPE
from feedback_assets.definitions import build_resources
from feedback_assets.evaluation.prompt_plan import PromptPlan, plan_prompt_change, scope_named
from feedback_assets.evaluation.prompt_report import agreement, as_dict, change_rows, flips_of, plan_rows
from feedback_assets.evaluation.sensors import prompt_change
from feedback_assets.installation import Installation
from feedback_assets.lake.frames import conform, table_hash
from feedback_assets.lake.store import Lake
from feedback_assets_tests.azure import AzureStandIn, azure
from feedback_assets_tests.classification.conftest import small_home as small_home

DAY = date(2026, 2, 10)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Day 2 has no feedback, and day 4 nothing that is about delivery or packaging.
TEXTS = (
    (0, "Hm, the parcel is what I think about"),
    (0, "Some thoughts on the lamp that broke, maybe"),
    (1, "Well, that courier of yours, one wonders"),
    (1, "The box, and then the box again, who knows"),
    (3, "Somehow the parcel and I are not friends"),
    (4, "What to say of an app such as this, hm"),
    (5, "It has been a strange parcel this week"),
    (5, "Hm, the parcel is what I think about"),
)
MOVED = "Whatever a courier says counts too."
DELIVERY = Scope(("delivery", "packaging"), "named")


@pytest.fixture
def server() -> Iterator[AzureStandIn]:
    with azure({MOVED: ("delivery", "service_quality")}) as running:
        yield running


@pytest.fixture
def home(
    small_home: Path, server: AzureStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Six days of unclear texts, labelled by the language model under the first prompt."""
    # One training serves every test: a model's folder is named by what it was trained on.
    monkeypatch.setenv("FEEDBACK_MODELS", str(tmp_path_factory.getbasetemp() / "models"))
    told = {
        "PROVIDER": "azure", "ENDPOINT": server.url, "KEY": "k", "REQUESTS_PER_MINUTE": "100000",
        "TOKENS_PER_MINUTE": "100000000",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(f"FEEDBACK_MODEL_{name}", value)
    # So that neither a rule nor a sure local model answers first, whatever the examples are.
    thresholds = small_home / "prompts" / "thresholds.yaml"
    text = thresholds.read_text(encoding="utf-8").replace("accepted_error_rate: 0.20", "accepted_error_rate: 0.0")
    thresholds.write_text(text, encoding="utf-8")
    land(TEXTS)
    assert run(0, 5).success
    server.sent.clear()
    return small_home


def lake() -> Lake:
    return Lake(load().lake_root)


def land(texts: tuple[tuple[int, str], ...]) -> None:
    rows: list[dict[str, Any]] = []
    for number, (offset, text) in enumerate(texts):
        day = DAY + timedelta(days=offset)
        when = datetime(day.year, day.month, day.day, 8, number, tzinfo=UTC)
        known = {"source": "shop", "channel": "chat", "language": "en", "redactions": 0, "landing_object": "x"}
        row = {"day": day, "event_id": f"e{number}", "occurred_at": when, "text": text, "text_key": text, **known}
        rows.append({**row, "rating": 2.0, "line": number + 1})
    frame = conform(pd.DataFrame(rows), tables.SILVER_FEEDBACK)
    report = lake().write_days(tables.SILVER_FEEDBACK, frame, DAY, DAY + timedelta(days=9), {})
    assert not report.failures


def run(first: int, last: int, **tags: str) -> dg.ExecuteInProcessResult:
    window = {
        "dagster/asset_partition_range_start": str(DAY + timedelta(days=first)),
        "dagster/asset_partition_range_end": str(DAY + timedelta(days=last)),
    }
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    resources = build_resources(load())
    return dg.materialize([gold_labels], resources=resources, tags={**window, **tags}, run_config=quiet)


def change_delivery(home: Path) -> None:
    path = home / "prompts" / "taxonomy.yaml"
    text = path.read_text(encoding="utf-8")
    old = "tracking is wrong or stuck, or the courier misbehaved."
    assert old in text
    path.write_text(text.replace(old, f"{old} {MOVED}"), encoding="utf-8")


def planned(scope: Scope = EVERYTHING) -> PromptPlan:
    return plan_prompt_change(load(), lake(), NOON, scope)


def carry_out(found: PromptPlan) -> None:
    """Each block as one run, with the tags of the backfill."""
    scope = {SCOPE: ", ".join(found.scope.categories)} if found.scope.categories else {}
    for first, last in found.blocks:
        assert run((first - DAY).days, (last - DAY).days, **{PROMPT: found.prompt_after, **scope}).success


def offsets(days: Any) -> list[int]:
    return [(day - DAY).days for day in days]


def versions() -> dict[str, str]:
    items = lake().read(tables.GOLD_ITEMS)
    return dict(zip(items["event_id"], items["prompt_version"], strict=True))


def test_without_a_change_nothing_is_planned(home: Path) -> None:
    assert planned().days == ()


def test_the_whole_change_asks_about_every_text_the_model_reads_and_the_plan_counts_it(
    home: Path, server: AzureStandIn
) -> None:
    change_delivery(home)
    found = planned()
    assert offsets(day.day for day in found.days) == [0, 1, 3, 4, 5]
    assert [(f - DAY, t - DAY) for f, t in found.blocks] == [
        (timedelta(0), timedelta(1)),
        (timedelta(3), timedelta(5)),
    ]
    # Two of the eight texts are equal.
    assert (found.requests, sum(day.texts for day in found.days)) == (7, 8)
    assert not server.sent
    carry_out(found)
    assert sum(server.sent.values()) == found.requests
    assert set(versions().values()) == {found.prompt_after}


def test_a_scope_asks_only_about_items_labelled_so_and_leaves_the_other_days_alone(
    home: Path, server: AzureStandIn
) -> None:
    before, kept = versions(), lake().read(tables.GOLD_ITEMS, DAY + timedelta(days=4), DAY + timedelta(days=5))
    change_delivery(home)
    found = planned(DELIVERY)
    assert offsets(day.day for day in found.days) == [0, 1, 3, 5]
    assert [(group.days, group.prompt_versions) for group in found.left_out] == [
        ((DAY + timedelta(days=4),), found.prompt_before)
    ]
    carry_out(found)
    assert sum(server.sent.values()) == found.requests == 5
    after = versions()
    narrowed = {event for event in after if after[event] != before[event]}
    assert narrowed == {"e0", "e2", "e3", "e4", "e6", "e7"}
    pd.testing.assert_frame_equal(
        lake().read(tables.GOLD_ITEMS, DAY + timedelta(days=4), DAY + timedelta(days=5)), kept
    )


def test_a_replay_of_a_narrowed_day_gives_the_same_labels_and_asks_nothing(home: Path, server: AzureStandIn) -> None:
    change_delivery(home)
    found = planned(DELIVERY)
    carry_out(found)
    gold = (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
    hashes = [table_hash(lake().read(table), table) for table in gold]
    server.sent.clear()
    run(0, 5, **{"dagster/from_automation_condition": "true"})
    run(0, 1)
    assert [table_hash(lake().read(table), table) for table in gold] == hashes
    assert not server.sent
    assert planned(DELIVERY).requests == 0


def test_after_a_narrowed_backfill_the_whole_one_asks_only_the_rest(home: Path, server: AzureStandIn) -> None:
    change_delivery(home)
    carry_out(planned(DELIVERY))
    server.sent.clear()
    rest = planned()
    assert rest.requests == 2
    carry_out(rest)
    assert sum(server.sent.values()) == 2
    assert set(versions().values()) == {rest.prompt_after}


def test_an_item_that_came_late_to_a_narrowed_day_costs_one_request_with_the_newest_words(
    home: Path, server: AzureStandIn
) -> None:
    change_delivery(home)
    carry_out(planned(DELIVERY))
    server.sent.clear()
    server.systems.clear()
    land((*TEXTS, (0, "An app such as this came late, hm")))
    run(0, 0, **{"dagster/from_automation_condition": "true"})
    assert sum(server.sent.values()) == 1
    [system] = server.systems
    assert MOVED in system


def test_old_and_new_labels_stand_side_by_side(home: Path) -> None:
    change_delivery(home)
    assert planned().held[0].after is None
    carry_out(planned())
    held = planned().held
    assert agreement(held) is not None
    rows = change_rows(held, NOON).set_index("event_id")
    assert len(rows) == len(TEXTS)
    assert set(rows["prompt_before"]) != set(rows["prompt_after"])
    flipped = rows[rows["flips"]]
    assert set(zip(flipped["label_before"], flipped["label_after"], strict=True)) == {("delivery", "service_quality")}
    assert flips_of(held) == [{"from": "delivery", "to": "service_quality", "items": len(flipped)}]
    assert lake().append_missing(tables.LABEL_CHANGES, rows.reset_index(), {}) == len(TEXTS)


def test_the_plan_is_a_table_that_a_second_look_does_not_double(home: Path) -> None:
    change_delivery(home)
    rows = plan_rows(planned(DELIVERY), NOON)
    assert rows["affected"].tolist() == [True, True, True, False, True]
    assert lake().append_missing(tables.PROMPT_PLAN, rows, {}) == len(rows)
    again = plan_rows(planned(DELIVERY), NOON + timedelta(hours=1))
    assert lake().append_missing(tables.PROMPT_PLAN, again, {}) == 0


def test_the_price_is_told_and_a_model_without_one_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_delivery(home)
    told = as_dict(planned())
    assert told["cost"] > 0
    assert "check your contract" in told["price"]
    monkeypatch.setenv("FEEDBACK_MODEL_DEPLOYMENT", "ours")
    unknown = as_dict(planned())
    assert unknown["cost"] is None
    assert "the price of ours is not known" in unknown["price"]


def test_a_change_of_owner_is_no_change_of_the_prompt(home: Path) -> None:
    path = home / "prompts" / "taxonomy.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("owner: logistics", "owner: carriers"), encoding="utf-8")
    assert planned().days == ()


def sensor_resources() -> dict[str, Any]:
    settings = load()
    return {"lake": Lake(settings.lake_root, settings.storage), "prompts": settings.prompts_dir}


def test_the_sensor_asks_for_a_plan_once_when_the_rendered_prompt_changed(home: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:

        def tick(cursor: str | None) -> dg.SensorResult:
            told = prompt_change(dg.build_sensor_context(instance, cursor=cursor, resources=sensor_resources()))
            assert isinstance(told, dg.SensorResult)
            return told

        first = tick(None)
        assert not first.run_requests
        change_delivery(home)
        changed = tick(first.cursor)
        [request] = changed.run_requests or []
        assert request.asset_selection == [dg.AssetKey(["evaluation", "prompt_plan"])]
        assert not tick(changed.cursor).run_requests
        # A daemon that was down while the words changed sees it too.
        assert tick(None).run_requests


def test_the_sensor_waits_while_a_file_cannot_be_read(home: Path) -> None:
    (home / "prompts" / "taxonomy.yaml").write_text("name: [", encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        told = prompt_change(dg.build_sensor_context(instance, cursor="x", resources=sensor_resources()))
    assert isinstance(told, dg.SkipReason)
    assert "not YAML" in str(told.skip_message)


def test_the_command_prints_the_plan_and_promotes_without_asking_anything(home: Path, server: AzureStandIn) -> None:
    change_delivery(home)
    typed = CliRunner().invoke(
        app, ["plan", "--scope", "delivery", "--alternative", "packaging", "--json"], obj=Installation(load)
    )
    assert typed.exit_code == 0, typed.output
    told = json.loads(typed.stdout)
    assert (told["requests"], told["scope"]) == (5, ["delivery", "packaging"])
    read = CliRunner().invoke(
        app, ["plan", "--scope", "delivery", "--alternative", "packaging"], obj=Installation(load)
    )
    assert "1 days are left out and keep classify-1" in " ".join(read.stdout.split())
    first = str(DAY + timedelta(days=4))
    assert (
        CliRunner().invoke(app, ["promote", "--from", first, "--by", "ann", "--json"], obj=Installation(load)).exit_code
        == 0
    )
    newest = promotions(lake())[-1]
    assert (str(newest.effective_day), newest.promoted_by, newest.last_day) == (first, "ann", None)
    assert not server.sent


def test_a_scope_that_is_no_category_is_refused_with_the_closest(home: Path) -> None:
    with pytest.raises(TaxonomyError, match="no category 'deliverys'; did you mean 'delivery'"):
        scope_named(load(), "deliverys")


def test_close_alternatives_are_those_confused_either_way() -> None:
    confused = {
        "delivery": {"delivery": 90, "packaging": 8, "defect": 1},
        "packaging": {"packaging": 50},
        "defect": {"defect": 100},
        "service": {"service": 30, "delivery": 3},
    }
    found = close_alternatives("delivery", confused, 0.02)
    assert found.categories == ("delivery", "packaging", "service")
    assert found.reason.endswith("service 9%, packaging 8%")
