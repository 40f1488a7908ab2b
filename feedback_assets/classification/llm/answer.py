"""What an answer is: the pydantic model a language model's JSON is validated with, and the strict schema made from it.

One truth for both directions. Whether an answer may be used is judged in `answer_checks.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, Optional, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from feedback_assets.config.taxonomy import Taxonomy

Sentiment = Literal["negative", "mixed", "neutral", "positive"]
ModerationKind = Literal["none", "abuse", "threat", "self_harm", "injection"]
# Strict structured outputs refuse these keywords on Azure; the model's validation still applies them.
_NOT_IN_STRICT = frozenset(
    {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default", "title", "format", "pattern"}
)


class _Answered(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cause(_Answered):
    """A probable root cause and the words of the text it rests on."""

    cause: str = Field(min_length=1)
    probability: float = Field(ge=0, le=1)
    evidence: str = Field(min_length=1, description="Words of the text, exactly as they stand there.")


class Entities(_Answered):
    """What the text names."""

    sku: str | None
    variant: str | None
    store: str | None
    region: str | None
    carrier: str | None
    version: str | None


class IssueAnswer(_Answered):
    """One complaint or wish; the allowed labels are filled in by `answer_model`."""

    category: str
    sub_label: str | None
    component: str | None
    symptom: str | None
    sentiment: Sentiment
    urgency: int = Field(ge=1, le=5)
    severity: int = Field(ge=1, le=5)
    churn_intent: bool
    confidence: float = Field(ge=0, le=1)
    quote: str = Field(min_length=1)
    causes: tuple[Cause, ...]
    entities: Entities
    suggested_action: str | None
    reproduction_hints: str | None


class ItemAnswer(_Answered):
    """Everything said about one text; no issues means no complaint."""

    issues: tuple[IssueAnswer, ...]
    sentiment: Sentiment
    sentiment_score: float = Field(ge=-1, le=1)
    confidence: float = Field(ge=0, le=1, description="Of the primary label, or of there being no issue.")
    moderation: ModerationKind


def answer_model(taxonomy: Taxonomy) -> type[ItemAnswer]:
    """The answer with exactly the taxonomy's categories and sub-labels allowed; praise has an empty list."""
    labels = tuple(name for name in taxonomy.labels if name != taxonomy.no_issue)
    sub_labels = tuple(dict.fromkeys(sub for name in labels for sub in taxonomy.category(name).sub_labels))
    category: Any = Literal[labels]
    # typing hands the same Optional out for literals that are equal, whatever their order; with their order noted, the
    # schema depends on this taxonomy alone and not on those loaded before it.
    literal: Any = Annotated[Literal[sub_labels], sub_labels] if sub_labels else None
    sub_label: Any = Optional[literal] if sub_labels else None  # noqa: UP045 - built from values
    issue: Any = create_model("Issue", __base__=IssueAnswer, category=(category, ...), sub_label=(sub_label, ...))
    issues: Any = tuple.__class_getitem__((issue, ...))
    return create_model("Answer", __base__=ItemAnswer, issues=(issues, ...))


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema in the strict form: every field required, nothing further, no ranges."""
    return cast("dict[str, Any]", _strict(model.model_json_schema()))


def schema_version(schema: dict[str, Any]) -> str:
    """Hash of a schema, 12 hex digits."""
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:12]


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(entry) for entry in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    known = cast("dict[str, Any]", node)
    named = {"properties", "$defs"}
    strict: dict[str, Any] = {
        key: {name: _strict(spec) for name, spec in value.items()} if key in named else _strict(value)
        for key, value in known.items()
        if key in named or key not in _NOT_IN_STRICT
    }
    if "properties" in strict:
        strict |= {"required": list(strict["properties"]), "additionalProperties": False}
    return strict
