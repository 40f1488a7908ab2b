"""X1: the golden scores are an asset; the same versions again add nothing."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg

from feedback_assets.config.settings import load
from feedback_assets.definitions import build_resources
from feedback_assets.evaluation.assets import golden_scores


def test_materializing_twice_keeps_one_set_of_scores(small_home: Path) -> None:
    golden = small_home / "prompts" / "golden"
    golden.mkdir()
    item = {
        "id": "en-1", "text": "My parcel never came.", "language": "en", "channel": "chat", "rating": None,
        "issues": [{"category": "delivery", "sub_label": "never_arrived"}], "sentiment": "negative", "urgency": 4,
    }  # fmt: skip
    (golden / "en.jsonl").write_text(json.dumps(item) + "\n", encoding="utf-8")
    added = [_rows_added() for _ in range(2)]
    assert added[0] > 0 and added[1] == 0


def _rows_added() -> int:
    result = dg.materialize([golden_scores], resources=build_resources(load()))
    (event,) = result.asset_materializations_for_node("evaluation__golden_scores")
    return int(event.metadata["rows_added"].value)  # type: ignore[arg-type]
