"""Small frames for the tests of this room: issues of clusters over days, and the volume they stand in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.sections.priority import PriorityRules
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.lake.frames import conform, empty
from feedback_assets.priority.inputs import COLUMNS, PriorityFrames
from feedback_assets.priority.score import score_clusters

FIRST = date(2026, 3, 1)
RULES: PriorityRules = load_config(load().prompts_dir).thresholds.priority
TAXONOMY = load_taxonomy(load().prompts_dir / "taxonomy.yaml")


def day(offset: int) -> date:
    return FIRST + timedelta(days=offset)


@dataclass
class Story:
    """Rows as they are told; `frames` makes the inputs of them."""

    members: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)

    def praise(self, on: int, count: int, product: str | None = None) -> None:
        for _ in range(count):
            self._item(on, product, {})

    def order(self, on: int, count: int, product: str | None = None, **more: Any) -> None:
        for _ in range(count):
            number = len(self.orders)
            self.orders.append(
                {"day": day(on), "event_id": f"o{number}", "occurred_at": _at(on, 0), "event_type": "order",
                 "order_ref": f"r{number}", "product_id": product, **more}
            )  # fmt: skip

    def issues(self, cluster: str, on: int, count: int, product: str | None = None, **more: Any) -> None:
        """Issues of a cluster on a day; `more` overrides columns of issue or item."""
        for _ in range(count):
            event = self._item(on, product, more)
            self.members.append(
                {"day": day(on), "issue_id": f"{event}-0", "event_id": event, "cluster_id": cluster,
                 "category": "defect", "sub_label": None, "sentiment": "negative", "severity": 3.0,
                 "churn_intent": None, "confidence": 0.9, "triage": "automatic", **_known(more, COLUMNS["issues"])}
            )  # fmt: skip
        self.state(cluster, on, product_id=product, category=more.get("category", "defect"))

    def state(self, cluster: str, on: int, **more: Any) -> None:
        row = {"day": day(on), "cluster_id": cluster, "status": "active", "merged_into": None, "category": "defect",
               "product_id": None, "scope": "defect", "title": cluster, "cohesion": 0.8, "confidence": 0.9,
               "members_total": 10, "concepts": json.dumps({}), "specific": True}  # fmt: skip
        self.states = [s for s in self.states if (s["day"], s["cluster_id"]) != (day(on), cluster)]
        self.states.append({**row, **more})

    def frames(self, since: int | None = None, until: int | None = None) -> PriorityFrames:
        def kept(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
            low, high = day(-9999 if since is None else since), day(9999 if until is None else until)
            chosen = [{name: row.get(name) for name in columns} for row in rows if low <= row["day"] <= high]
            return pd.DataFrame(chosen, columns=list(columns))

        members = kept(self.members, tables.GOLD_CLUSTER_MEMBERS.column_names).assign(similarity=0.8)
        commerce = kept(self.orders, tables.SILVER_COMMERCE.column_names)
        return PriorityFrames(
            members=conform(members, tables.GOLD_CLUSTER_MEMBERS),
            issues=kept(self.members, COLUMNS["issues"]),
            clusters=kept(self.states, COLUMNS["clusters"]),
            feedback=kept(self.items, COLUMNS["feedback"]),
            commerce=conform(commerce, tables.SILVER_COMMERCE) if len(commerce) else empty(tables.SILVER_COMMERCE),
        )

    def scored(self, on: int, cluster: str) -> dict[str, Any]:
        """The row of a cluster on a day."""
        scored = score_clusters(self.frames(on - 56, on), [day(on)], RULES, TAXONOMY)
        rows: list[dict[str, Any]] = scored[scored["cluster_id"] == cluster].to_dict("records")
        return rows[0]

    def _item(self, on: int, product: str | None, more: dict[str, Any]) -> str:
        event = f"e{len(self.items):05d}"
        row = {"day": day(on), "event_id": event, "occurred_at": _at(on, len(self.items)), "channel": "survey",
               "customer_ref": f"c{event}", "order_ref": None, "customer_tier": None, "customer_value": None,
               "return_reason": None, "unit_margin": None, "product_id": product}  # fmt: skip
        self.items.append({**row, **_known(more, COLUMNS["feedback"])})
        return event


def _known(more: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    shared = {"day", "event_id", "product_id", "category"}
    return {name: value for name, value in more.items() if name in columns and name not in shared - {"category"}}


def _at(on: int, number: int) -> pd.Timestamp:
    start = datetime.combine(day(on), datetime.min.time(), UTC)
    return pd.Timestamp(start + timedelta(seconds=60 + 977 * number % 80_000))
