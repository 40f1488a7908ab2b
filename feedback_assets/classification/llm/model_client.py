"""The model client of a run: the language model, if there is one, and the store of its earlier answers.

Shapes and the key of a request. Where answers are kept stands in `ledger.py` of the room; who is asked and when, in
`cascade/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypedDict

from feedback_assets.classification.llm.language_model import ErrorSummary, LanguageModel, Request


class StoredAnswer(TypedDict):
    """An answer as the cascade reads it; the columns of `ledger/answers` but what was sent."""

    ledger_key: str
    answer: str
    outcome: str
    detail: str
    model: str
    model_version: str
    sampling: str
    prompt_version: str
    taxonomy_version: str
    schema_version: str
    tokens_in: int
    tokens_out: int
    cost: float
    answered_at: datetime


class AnswerStore(Protocol):
    """Interface of a store of answers by the key of their request."""

    def is_empty(self) -> bool:
        """Whether there is no answer at all, of this run or an earlier one."""
        ...

    def load(self, keys: Iterable[str]) -> None:
        """Look many keys up at once; `find` then answers without looking again."""
        ...

    def find(self, key: str) -> StoredAnswer | None:
        """The answer given before, by this run or an earlier one."""
        ...

    def add(self, request: Request, answer: StoredAnswer) -> None:
        """Keep an answer as it arrives."""
        ...

    def is_new(self, key: str) -> bool:
        """Whether this run got, and paid for, the answer."""
        ...

    def close(self) -> int:
        """Write down for good what is new; returns how many answers that were."""
        ...


@dataclass(frozen=True)
class ModelClient:
    """How the language model is asked, whether or not there is one in this run.

    Attributes:
        name: Deployment or model name; part of the ledger key.
        sampling: Sampling settings; part of the ledger key.
        ledger: What was already answered.
        model: The model, or None: then only the ledger answers.
        clock: The time of an answer.
        errors: Counts what could not be asked or used.
    """

    name: str
    sampling: Mapping[str, Any]
    ledger: AnswerStore
    model: LanguageModel | None
    clock: Callable[[], datetime]
    errors: ErrorSummary = field(default_factory=ErrorSummary)

    def key(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> str:
        """The ledger key of these messages, sent as this client sends them."""
        return ledger_key(messages, schema, self.name, self.sampling)


def ledger_key(
    messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], model: str, sampling: Mapping[str, Any]
) -> str:
    """SHA-256 of exactly what is sent; versions are columns and not part of it."""
    sent = json.dumps([list(messages), schema, model, sampling], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(sent.encode()).hexdigest()
