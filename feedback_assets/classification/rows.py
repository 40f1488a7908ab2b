"""Turns silver rows into items, and answers into rows of `gold/items` and `gold/issues`.

Only the translation between tables and labels; days, version sets and models are given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Issue, Item, from_people
from feedback_assets.lake.frames import conform
from feedback_assets.text import text_or_none

Row = Mapping[str, Any]
# Columns of `silver/feedback` that `items_of` reads.
ITEM_COLUMNS = ("text", "language", "rating", "channel", "product_name")
# Facts silver knows about the item that belong to what the issue is about.
_ENTITIES = {
    "sku": "product_id",
    "variant": "variant",
    "store": "store",
    "region": "region",
    "carrier": "carrier",
    "version": "app_version",
}


def items_of(feedback: pd.DataFrame) -> list[Item]:
    """One item for each row of `silver/feedback`, in its order."""
    return [
        Item(
            text_or_none(text) or "",
            text_or_none(language) or "und",
            _number(rating),
            text_or_none(channel) or "other",
            text_or_none(product),
        )
        for text, language, rating, channel, product in feedback[list(ITEM_COLUMNS)].itertuples(index=False)
    ]


def decisions(corrections: pd.DataFrame) -> dict[str, Row]:
    """The last decision of people about each item, by event id."""
    ordered = corrections.sort_values(["decided_at", "decided_by"], kind="stable")
    return {str(row["event_id"]): row for row in cast("list[Row]", ordered.to_dict("records"))}


def apply_decision(answer: Answer, item: Item, decision: Row, classifier: Classifier) -> Answer:
    """The answer with a person's labels over it; a category the taxonomy no longer has is left out."""
    decided = [
        (str(issue["category"]), cast("str | None", issue.get("sub_label")))
        for issue in cast("list[dict[str, Any]]", json.loads(str(decision["issues"])))
        if classifier.taxonomy.allows(str(issue["category"]), issue.get("sub_label"))
    ]
    return from_people(item, answer, decided, str(decision["decided_by"]), classifier)


def gold_rows(
    feedback: pd.DataFrame, answers: Sequence[Answer], classifier: Classifier, now: datetime
) -> dict[str, pd.DataFrame]:
    """The rows of both tables for items answered under one version set.

    Args:
        feedback: Rows of `silver/feedback`.
        answers: One answer for each row.
        classifier: The version set they were labelled with.
        now: When.
    """
    items: list[dict[str, Any]] = []
    issues: list[dict[str, Any]] = []
    for row, answer in zip(cast("list[Row]", feedback.to_dict("records")), answers, strict=True):
        shared = {"day": row["day"], "event_id": row["event_id"], **_provenance(answer, classifier, now)}
        items.append({**shared, **_item(answer, classifier)})
        issues += [{**shared, **_issue(row, ordinal, issue, classifier)} for ordinal, issue in enumerate(answer.issues)]
    return {
        tables.GOLD_ITEMS.name: conform(_frame(items, tables.GOLD_ITEMS), tables.GOLD_ITEMS),
        tables.GOLD_ISSUES.name: conform(_frame(issues, tables.GOLD_ISSUES), tables.GOLD_ISSUES),
    }


def _frame(rows: list[dict[str, Any]], table: tables.Table) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=None if rows else list(table.column_names))


def _item(answer: Answer, classifier: Classifier) -> dict[str, Any]:
    return {
        "domain": classifier.taxonomy.domain_of(answer.category),
        "category": answer.category,
        "sub_label": answer.sub_label,
        "issues": len(answer.issues),
        "sentiment": answer.sentiment,
        "sentiment_score": answer.sentiment_score,
        "confidence": answer.confidence,
        "moderation": answer.moderation,
        "empty_fields": json.dumps(answer.empty_fields),
    }


def _issue(row: Row, ordinal: int, issue: Issue, classifier: Classifier) -> dict[str, Any]:
    known = {name: value for name, column in _ENTITIES.items() if (value := text_or_none(row.get(column)))}
    causes = None if issue.causes is None else json.dumps(issue.causes, ensure_ascii=False, sort_keys=True)
    return {
        "issue_id": f"{row['event_id']}#{ordinal}",
        "ordinal": ordinal,
        "domain": classifier.taxonomy.domain_of(issue.category),
        "category": issue.category,
        "sub_label": issue.sub_label,
        "component": issue.component,
        "symptom": issue.symptom,
        "sentiment": issue.sentiment,
        "urgency": issue.urgency,
        "severity": issue.severity,
        "harm": issue.harm,
        "churn_intent": issue.churn_intent,
        "confidence": issue.confidence,
        "quote": issue.quote,
        "causes": causes,
        "entities": json.dumps({**known, **dict(issue.entities)}, ensure_ascii=False, sort_keys=True),
        "owner": classifier.taxonomy.category(issue.category).owner,
        "suggested_action": issue.suggested_action,
        "reproduction_hints": issue.reproduction_hints,
    }


def _provenance(answer: Answer, classifier: Classifier, now: datetime) -> dict[str, Any]:
    return {
        "answered_by": answer.answered_by,
        "model": answer.model,
        "model_version": answer.model_version,
        "sampling": answer.sampling,
        "prompt_version": classifier.prompt.version,
        "taxonomy_version": classifier.taxonomy.version,
        "schema_version": classifier.prompt.schema_version,
        "thresholds_version": classifier.thresholds_version,
        "feature_snapshot": answer.feature_snapshot,
        "ledger_key": answer.ledger_key,
        "answered_at": pd.Timestamp(now),
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "cost": answer.cost,
        "triage": answer.triage.triage,
        "triage_reason": answer.triage.reason,
        "overridden": answer.overridden,
    }


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None
