"""X1: the golden scores are an asset; the same versions again add nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    first, second = _metadata(), _metadata()
    assert int(first["rows_added"].value) > 0 and int(second["rows_added"].value) == 0  # type: ignore[arg-type]
    plot = first["reliability"]
    assert isinstance(plot, dg.MarkdownMetadataValue)
    assert str(plot.value).startswith("![share right by confidence](data:image/svg+xml;base64,")


def _metadata() -> Mapping[str, dg.MetadataValue[object]]:
    result = dg.materialize([golden_scores], resources=build_resources(load()))
    (event,) = result.asset_materializations_for_node("evaluation__golden_scores")
    return event.metadata
