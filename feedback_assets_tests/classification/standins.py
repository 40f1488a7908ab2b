"""Small real things for these tests: a local model by words, a language model by script, the prompts folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feedback_assets.classification.cascade.classifier import Classifier, read_classifier
from feedback_assets.classification.llm.language_model import Reply, Request
from feedback_assets.classification.model.local_answer import LocalAnswer, SecondaryIssue

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = {
    "late": ("delivery", "late"),
    "parcel": ("delivery", "never_arrived"),
    "broken": ("defect", "stops_working"),
    "lid": ("defect", "stops_working"),
    "crash": ("app_usability", "crash"),
    "small": ("sizing_fit", "runs_small"),
    "charged": ("checkout_payment", "charged_twice"),
    "great": ("no_issue", "praise"),
}


@dataclass
class WordModel:
    """Knows a category for each of a few words; each further word it knows is a further issue."""

    confidence: float = 0.9
    version: str = "words-1"
    asked: list[str] = field(default_factory=list)

    def answer(
        self,
        texts: Sequence[str],
        languages: Sequence[str] | None = None,
        ratings: Sequence[float | None] | None = None,
        channels: Sequence[str] | None = None,
    ) -> list[LocalAnswer]:
        self.asked += texts
        return [self._one(text) for text in texts]

    def quote(self, text: str, category: str) -> str:
        sentences = [part.strip() for part in text.replace("!", ".").split(".") if part.strip()]
        fitting = [s for s in sentences if any(w in s.lower() for w, (c, _) in WORDS.items() if c == category)]
        return (fitting or sentences or [text])[0]

    def _one(self, text: str) -> LocalAnswer:
        found = list(dict.fromkeys(label for word, label in WORDS.items() if word in text.lower()))
        if not found:
            return LocalAnswer("other", 0.3, "none", None, None, None, None)
        (category, sub_label), *more = found
        further = tuple(SecondaryIssue(c, s, 0.6) for c, s in more if c != category)
        tone = "positive" if category == "no_issue" else "negative"
        return LocalAnswer(category, self.confidence, "x", sub_label, tone, -0.5, 3.0, further)


@dataclass
class ScriptedModel:
    """Answers each request by a function of its last message; remembers what it was asked."""

    script: Callable[[str], Reply]
    name: str = "scripted"
    sampling: Mapping[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def ask(self, requests: Sequence[Request], kept: Callable[[Request, Reply], None]) -> list[Reply]:
        self.requests += requests
        replies = [self.script(str(request.messages[-1]["content"])) for request in requests]
        for request, reply in zip(requests, replies, strict=True):
            kept(request, reply)
        return replies


def classifier(local: WordModel | None = None, prompts: Path = PROMPTS) -> Classifier:
    return read_classifier(prompts, local or WordModel())


def issue(category: str, quote: str, **more: Any) -> dict[str, Any]:
    return {
        "category": category,
        "sub_label": None,
        "component": None,
        "symptom": None,
        "sentiment": "negative",
        "urgency": 3,
        "severity": 3,
        "churn_intent": False,
        "confidence": 0.92,
        "quote": quote,
        "causes": [],
        "entities": dict.fromkeys(("sku", "variant", "store", "region", "carrier", "version")),
        "suggested_action": None,
        "reproduction_hints": None,
        **more,
    }


def answer(*issues: dict[str, Any], **more: Any) -> str:
    tone = "negative" if issues else "positive"
    told = {"issues": list(issues), "sentiment": tone, "sentiment_score": -0.6 if issues else 0.8}
    return json.dumps({**told, "confidence": 0.9, "moderation": "none", **more})
