"""Reports a planned change of prompts: the object of `--json`, flips, and the rows to store.

Pure: a plan and the time go in. What is planned stands in `prompt_plan.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.prompt_changes import Change, category_of
from feedback_assets.evaluation.prompt_plan import PromptPlan


def as_dict(planned: PromptPlan) -> dict[str, Any]:
    """The plan as the object that `--json` prints; days as text."""
    held = planned.held
    return {
        "prompt_before": list(planned.prompt_before),
        "prompt_after": planned.prompt_after,
        "model": planned.model,
        "scope": list(planned.scope.categories),
        "scope_reason": planned.scope.reason,
        "reason": planned.reason,
        "runs": [{"from": str(first), "to": str(last)} for first, last in planned.blocks],
        "days": [{**asdict(day), "day": str(day.day)} for day in planned.days],
        "texts": sum(day.texts for day in planned.days),
        "requests": planned.requests,
        "of_these_repairs": sum(day.repairs for day in planned.days),
        "of_these_late": sum(day.late for day in planned.days),
        "not_counted": "retries after rate limits and outages, and repairs of answers that are not there yet",
        "tokens_in": sum(day.tokens_in for day in planned.days),
        "tokens_out": sum(day.tokens_out for day in planned.days),
        "tokens_measured_on": planned.usage.answers,
        "cost": None if planned.cost is None else round(planned.cost, 4),
        "currency": planned.price.currency,
        "price": planned.price.reason,
        "over_budget": [{"from": str(first), "to": str(last)} for first, last in planned.over_budget],
        "flips": flips_of(held),
        "agreement": agreement(held),
        "unknown": sum(day.unknown for day in planned.days),
        "left_out": [
            {"days": [str(day) for day in group.days], "prompt_versions": list(group.prompt_versions)}
            for group in planned.left_out
        ],
    }


def flips_of(changed: Sequence[Change]) -> list[dict[str, Any]]:
    """Flips by category, the most frequent first: from, to, items."""
    counts = Counter((category_of(c.before), category_of(str(c.after))) for c in changed if c.flips)
    return [
        {"from": old, "to": new, "items": items}
        for (old, new), items in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def agreement(changed: Sequence[Change]) -> float | None:
    """Share of items answered by both prompts whose category is the same; None where there are none."""
    both = [change for change in changed if change.reads_prompt and change.after is not None]
    return round(1 - sum(change.flips for change in both) / len(both), 4) if both else None


def plan_rows(planned: PromptPlan, now: datetime) -> pd.DataFrame:
    """The plan as rows of `evaluation/prompt_plan`, one for each day with feedback."""
    shared = {
        "prompt_before": ", ".join(planned.prompt_before),
        "prompt_after": planned.prompt_after,
        "scope": ", ".join(planned.scope.categories) or None,
    }
    rows: list[dict[str, Any]] = [
        {
            "for_day": day.day,
            "affected": True,
            **shared,
            "items": day.items,
            "texts": day.texts,
            "requests": day.requests,
            "tokens_in": day.tokens_in,
            "tokens_out": day.tokens_out,
            "cost": planned.price.of(day.tokens_in, day.tokens_out),
            "flips": day.flips,
            "unknown": day.unknown,
        }
        for day in planned.days
    ]
    items = Counter(change.day for change in planned.changed)
    for group in planned.left_out:
        left_out = {**shared, "prompt_before": ", ".join(group.prompt_versions)}
        nothing = dict.fromkeys(("texts", "requests", "tokens_in", "tokens_out", "flips", "unknown"), 0)
        rows += [
            {"for_day": day, "affected": False, **left_out, "items": items[day], **nothing, "cost": 0.0}
            for day in group.days
        ]
    rows.sort(key=lambda row: row["for_day"])
    plan_id = hashlib.sha256(json.dumps(rows, default=str, sort_keys=True).encode()).hexdigest()[:16]
    columns = list(tables.PROMPT_PLAN.column_names)
    return pd.DataFrame([{"plan_id": plan_id, **row, "planned_at": pd.Timestamp(now)} for row in rows], columns=columns)


def change_rows(changed: Sequence[Change], now: datetime) -> pd.DataFrame:
    """The items that both prompts answered, as rows of `evaluation/label_changes`."""
    rows = [
        {
            "day": change.day,
            "event_id": change.event_id,
            "prompt_before": change.prompt_before,
            "prompt_after": change.prompt_after,
            "label_before": change.before,
            "label_after": change.after,
            "answered_by_before": change.by_before,
            "answered_by_after": change.by_after,
            "flips": change.flips,
            "compared_at": pd.Timestamp(now),
        }
        for change in changed
        if change.after is not None and change.prompt_before != change.prompt_after
    ]
    return pd.DataFrame(rows, columns=list(tables.LABEL_CHANGES.column_names))
