"""The room through the real IO manager: a landed day becomes three tables, its blocking checks hold."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import Settings
from feedback_assets.definitions import build_resources
from feedback_assets.lake.store import Lake
from feedback_assets.landing.assets import bronze
from feedback_assets.silver.assets import silver_catalog, silver_commerce, silver_feedback
from feedback_assets.silver.checks import volume
from feedback_assets_tests.silver.rows import DAY, at

ROOM = [*bronze, silver_catalog, silver_commerce, silver_feedback]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def land(home: Path, stream: str, name: str, lines: list[object]) -> None:
    folder = home / "landing" / stream / f"day={DAY}"
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def envelope(event_id: str, payload: dict[str, object], channel: str = "product_review") -> dict[str, object]:
    when = at().isoformat()
    return {
        "event_id": event_id,
        "source": "shop",
        "channel": channel,
        "occurred_at": when,
        "received_at": when,
        "payload": payload,
    }


def run(home: Path, *days: int) -> dg.ExecuteInProcessResult:
    resources = build_resources(Settings(home=home))
    first, last = (str(DAY + timedelta(days=n)) for n in (min(days), max(days)))
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return dg.materialize([*ROOM, volume], resources=resources, tags=tags, raise_on_error=False)


def test_a_landed_day_becomes_silver_repeats_and_quarantine_and_reconciles(home: Path) -> None:
    land(home, "catalog", "shop-1", [envelope("c1", {"product_id": "p1", "name": "Aurora Lamp", "price": 20})])
    land(
        home,
        "commerce",
        "shop-1",
        [envelope("o1", {"type": "order_item", "order_id": "O-1", "product_id": "p1", "region": "DE"})],
    )
    land(home, "feedback", "shop-1", [
        envelope("e1", {"text": "Es flackert. Gruß, Anna Schmidt", "order_id": "O-1", "customer_name": "Anna Schmidt"}),
        envelope("e1", {"text": "Es flackert. Gruß, Anna Schmidt"}),
        envelope("e2", {"rating": "abc"}),
        '{"broken',
    ])  # fmt: skip
    result = run(home, 0, 1)
    assert result.success
    checks = {(e.asset_key.to_user_string(), e.check_name): e.passed for e in result.get_asset_check_evaluations()}
    assert checks[("silver/feedback", "reconciliation")] and checks[("silver/feedback", "personal_data")]
    assert checks[("silver/feedback", "volume")]
    lake = Lake(str(home / "lake"))
    [row] = lake.read(tables.SILVER_FEEDBACK).to_dict("records")
    assert (row["text"], row["product_match"], row["product_name"], row["region"]) == (
        "Es flackert. Gruß, <NAME>", "order", "Aurora Lamp", "DE",
    )  # fmt: skip
    assert list(lake.read(tables.SILVER_DUPLICATES)["kind"]) == ["same_event"]
    assert sorted(lake.read(tables.SILVER_QUARANTINE)["reason"]) == ["bad_field", "not_an_envelope"]


def test_a_line_that_lands_behind_bronzes_back_stops_the_day(home: Path) -> None:
    land(home, "feedback", "shop-1", [envelope("e1", {"text": "It broke"})])
    assert run(home, 0, 0).success
    land(home, "feedback", "shop-2", [envelope("e2", {"text": "It broke too"})])
    resources = build_resources(Settings(home=home))
    result = dg.materialize(
        ROOM, selection=[silver_feedback], partition_key=str(DAY), resources=resources, raise_on_error=False
    )
    [told] = [e for e in result.get_asset_check_evaluations() if e.check_name == "reconciliation"]
    assert not told.passed
    assert "landed 2, but feedback 1" in str(told.metadata[str(DAY)].value)
