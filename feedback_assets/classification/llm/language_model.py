"""Interface of a language model: request, reply, limits, retries and budget, and how settings name one.

The Protocol and its values; the one real client stands in `openai_model.py`. What an answer is worth is judged in
`answer_checks.py`; who is asked and when, in `cascade.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from feedback_assets.errors import CallError

if TYPE_CHECKING:
    from feedback_assets.config.settings import Settings

# Long enough for four issues with all fields; reasoning models think inside it.
_MOST_TOKENS_OUT = 4000


class ReplyOutcome(StrEnum):
    """Outcome of a request."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"
    DOWN = "down"
    BUDGET = "budget"


# An answer that came, and broke the schema, named what the taxonomy does not have or quoted what is not in the text.
UNUSABLE = "unusable"
# A refused text is no trouble: it goes to people.
_SENTENCES = {
    ReplyOutcome.DOWN: "questions the language model did not answer: {}",
    ReplyOutcome.FAILED: "requests to the language model that failed: {}; the first",
    ReplyOutcome.BUDGET: "questions the language model was not asked: {}",
    UNUSABLE: "answers of the language model that could not be used, asked for twice: {}; the first",
}


class ModelSettingsError(CallError):
    """The language model cannot be set up; the message names the setting and the fix."""


@dataclass(frozen=True)
class Request:
    """One question: messages as sent, and the strict schema of the answer."""

    key: str
    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """The reply to a request, with its outcome and tokens.

    Attributes:
        outcome: answered; refused (by the provider's content filter or the model); failed (this request, after
            bounded retries); down (the endpoint cannot be used in this run); budget (not asked any more).
        content: The answer's text; empty unless answered.
        detail: Why there is no answer, or that it was cut short.
        model_version: The model that says it answered.
        tokens_in: Prompt tokens billed.
        tokens_out: Completion tokens billed.
        cost: In the account's currency.
    """

    outcome: ReplyOutcome
    content: str = ""
    detail: str = ""
    model_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0


@dataclass
class ErrorSummary:
    """What kept answers from being used in this run: how often, and the first reason of each kind."""

    questions: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    first: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, kind: str, key: str, reason: str) -> None:
        """Count one question, once.

        Args:
            kind: An outcome without an answer, or `UNUSABLE`.
            key: The question's key in the ledger.
            reason: In words, with the fix where there is one, and without words of customers: it is logged.
        """
        self.questions.setdefault(kind, set()).add(key)
        self.first.setdefault(kind, reason)

    def sentences(self) -> list[str]:
        """A sentence for each kind that occurred, for the person who started the run."""
        return [
            f"{words.format(len(self.questions[kind]))}: {self.first[kind]}. The local model's answers stand, marked."
            for kind, words in _SENTENCES.items()
            if kind in self.questions
        ]


class LanguageModel(Protocol):
    """Something that answers many requests at once."""

    @property
    def name(self) -> str:
        """Deployment or model name; part of the ledger key."""
        ...

    @property
    def sampling(self) -> Mapping[str, Any]:
        """Sampling settings as sent; part of the ledger key."""
        ...

    def ask(self, requests: Sequence[Request], keep: Callable[[Request, Reply], None]) -> list[Reply]:
        """Ask all, many in flight; `keep` is called with each reply as it arrives. Never raises for an outage."""
        ...


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long a request is tried.

    Attributes:
        attempts: Tries of one request.
        base_seconds: First wait; doubles with each try, with up to as much again at random.
        longest_seconds: No wait is longer, whatever the provider asks for.
        give_up_after: Requests that failed in a row after which the endpoint counts as down for this run.
    """

    attempts: int = 5
    base_seconds: float = 1.0
    longest_seconds: float = 60.0
    give_up_after: int = 8


@dataclass
class Budget:
    """Money this run may spend; asking stops when it is gone."""

    limit: float
    spent: float = 0.0
    reserved: float = 0.0

    def reserve(self, amount: float) -> bool:
        """Set an amount aside; False when it is not there any more."""
        if self.spent + self.reserved + amount > self.limit:
            return False
        self.reserved += amount
        return True

    def settle(self, reserved: float, spent: float) -> None:
        """Give back what was set aside and book what was spent."""
        self.reserved -= reserved
        self.spent += spent


@dataclass(frozen=True)
class Limits:
    """What the deployment allows and what a million tokens cost."""

    requests_per_minute: int
    tokens_per_minute: int
    in_flight: int
    price_in: float
    price_out: float

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Cost of a request, in the account's currency."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1_000_000


def sampling_of(settings: Settings) -> dict[str, Any]:
    """Sampling settings as sent; no temperature unless one is set, since reasoning models refuse it."""
    sampling: dict[str, Any] = {"max_completion_tokens": _MOST_TOKENS_OUT}
    if settings.model_temperature is not None:
        sampling["temperature"] = settings.model_temperature
    return sampling
