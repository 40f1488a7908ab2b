"""The client for Azure OpenAI, OpenAI and compatible endpoints.

Asking only: under the limits, with retries, and an honest account of what went wrong. The shapes it speaks in stand
in `language_model.py`.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import openai
from aiolimiter import AsyncLimiter

from feedback_assets.classification.llm.language_model import (
    Budget,
    Limits,
    ModelSettingsError,
    Reply,
    ReplyOutcome,
    Request,
    RetryPolicy,
    sampling_of,
)

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

    from feedback_assets.config.settings import Settings

# A prompt holds about this many characters to a token in European languages; rather too few than too many.
_CHARACTERS_PER_TOKEN = 3
# What an answer takes on average, for the token limit and the budget before the real usage is known.
_EXPECTED_TOKENS_OUT = 500


class _DownError(Exception):
    """The endpoint cannot be used in this run; the message names the setting and the fix."""


@dataclass
class _Run:
    """What the requests of one `ask` share."""

    client: openai.AsyncOpenAI
    requests: AsyncLimiter
    tokens: AsyncLimiter
    slots: asyncio.Semaphore
    failed_in_a_row: int = 0


@dataclass
class OpenAIModel:
    """Chat completions with strict structured outputs, by the `openai` client.

    Args:
        connect: Makes the client; called once for each `ask`, inside its event loop.
        name: Deployment or model name.
        limits: Requests and tokens a minute, requests in flight, prices.
        budget: What this run may spend.
        sampling: Sampling settings as sent.
        retry_policy: Retries and waits.
        where: How messages name the settings, such as `FEEDBACK_MODEL_ENDPOINT=https://…`.
    """

    connect: Callable[[], openai.AsyncOpenAI]
    name: str
    limits: Limits
    budget: Budget
    sampling: Mapping[str, Any]
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    where: str = ""
    down: str = ""

    def ask(self, requests: Sequence[Request], keep: Callable[[Request, Reply], None]) -> list[Reply]:
        """Ask all, many in flight under the limits; see `LanguageModel.ask`."""
        return asyncio.run(self._ask_all(requests, keep)) if requests else []

    async def _ask_all(self, requests: Sequence[Request], keep: Callable[[Request, Reply], None]) -> list[Reply]:
        async with self.connect() as client:
            run = _Run(
                client,
                AsyncLimiter(self.limits.requests_per_minute, 60),
                AsyncLimiter(self.limits.tokens_per_minute, 60),
                asyncio.Semaphore(self.limits.in_flight),
            )

            async def ask_in_slot(request: Request) -> Reply:
                async with run.slots:
                    reply = await self._ask_within_budget(request, run)
                keep(request, reply)
                return reply

            return list(await asyncio.gather(*(ask_in_slot(request) for request in requests)))

    async def _ask_within_budget(self, request: Request, run: _Run) -> Reply:
        if self.down:
            return Reply(ReplyOutcome.DOWN, detail=self.down)
        expected = len(json.dumps([dict(m) for m in request.messages])) // _CHARACTERS_PER_TOKEN
        reserved = self.limits.cost(expected, _EXPECTED_TOKENS_OUT)
        if not self.budget.reserve(reserved):
            return Reply(
                ReplyOutcome.BUDGET,
                detail=f"the budget of this run, {self.budget.limit:g}, is spent; raise FEEDBACK_DAILY_BUDGET",
            )
        reply = Reply(ReplyOutcome.FAILED)
        try:
            reply = await self._ask_with_retries(request, run, expected + _EXPECTED_TOKENS_OUT)
        except _DownError as error:
            self.down = self.down or str(error)
            reply = Reply(ReplyOutcome.DOWN, detail=self.down)
        finally:
            self.budget.settle(reserved, reply.cost)
        return reply

    async def _ask_with_retries(self, request: Request, run: _Run, tokens: int) -> Reply:
        """Ask until it answers, refuses, or patience ends."""
        detail = ""
        for attempt in range(self.retry_policy.attempts):
            await run.requests.acquire()
            await run.tokens.acquire(min(tokens, self.limits.tokens_per_minute))
            try:
                reply = await self._try_once(request, run)
            except _RETRIED as error:
                detail = _describe(error)
                if attempt + 1 < self.retry_policy.attempts:
                    await asyncio.sleep(self._wait(attempt, error))
            else:
                run.failed_in_a_row = 0
                return reply
        return self._give_up(detail, run)

    def _give_up(self, detail: str, run: _Run) -> Reply:
        run.failed_in_a_row += 1
        message = f"no answer after {self.retry_policy.attempts} tries: {detail}"
        if detail.startswith("no connection") or run.failed_in_a_row >= self.retry_policy.give_up_after:
            raise _DownError(
                f"the language model cannot be reached ({self.where}): {message}; "
                "check FEEDBACK_MODEL_ENDPOINT and the network"
            )
        return Reply(ReplyOutcome.FAILED, detail=message)

    async def _try_once(self, request: Request, run: _Run) -> Reply:
        """One try.

        Raises:
            _DownError: The settings are wrong.
            openai.APIError, json.JSONDecodeError: Worth another try.
        """
        schema = {"name": "answer", "strict": True, "schema": request.schema}
        create = cast("Callable[..., Awaitable[ChatCompletion]]", run.client.chat.completions.create)
        try:
            completion = await create(
                model=self.name,
                messages=list(request.messages),
                response_format={"type": "json_schema", "json_schema": schema},
                **self.sampling,
            )
        except openai.BadRequestError as error:
            return self._bad_request(error)
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise _DownError(
                f"the key was refused ({self.where}): {_provider_message(error)}; "
                "set FEEDBACK_MODEL_KEY to a key of this resource"
            ) from error
        except openai.NotFoundError as error:
            raise _DownError(
                f"nothing answers there ({self.where}): {_provider_message(error)}; "
                "set FEEDBACK_MODEL_DEPLOYMENT to a deployment of this resource "
                "and check FEEDBACK_MODEL_ENDPOINT and FEEDBACK_MODEL_API_VERSION"
            ) from error
        return self._read(completion)

    def _bad_request(self, error: openai.BadRequestError) -> Reply:
        if error.code == "content_filter" or "ResponsibleAIPolicyViolation" in str(error.body):
            return Reply(
                ReplyOutcome.REFUSED, detail=f"the provider's content filter refused the text: {_filtered(error.body)}"
            )
        if error.code == "context_length_exceeded":
            return Reply(ReplyOutcome.FAILED, detail="the text is too long for the model")
        raise _DownError(
            f"the request was refused ({self.where}): {_provider_message(error)}; "
            "the deployment must offer structured outputs (FEEDBACK_MODEL_DEPLOYMENT, FEEDBACK_MODEL_API_VERSION)"
        ) from error

    def _read(self, completion: ChatCompletion) -> Reply:
        # A gateway's page comes through the client as plain text.
        choices = getattr(completion, "choices", None)
        if not choices:
            raise json.JSONDecodeError("no choices in the body", str(completion)[:80], 0)
        usage = completion.usage
        tokens_in, tokens_out = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        known: dict[str, Any] = {
            "model_version": completion.model or self.name,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "cost": self.limits.cost(tokens_in, tokens_out),
        }
        choice = completion.choices[0]
        if choice.finish_reason == "content_filter":
            return Reply(ReplyOutcome.REFUSED, detail="the provider's content filter cut the answer", **known)
        if choice.message.refusal:
            return Reply(ReplyOutcome.REFUSED, detail=f"the model refused: {choice.message.refusal[:200]}", **known)
        cut = "the answer was cut at the token limit" if choice.finish_reason == "length" else ""
        return Reply(ReplyOutcome.ANSWERED, choice.message.content or "", cut, **known)

    def _wait(self, attempt: int, error: Exception) -> float:
        requested = _retry_after(error)
        # Not for secrecy: waits are only spread so that requests do not return all at once.
        backoff = self.retry_policy.base_seconds * 2**attempt * (1 + random.random())  # noqa: S311
        return min(requested if requested is not None else backoff, self.retry_policy.longest_seconds)


_RETRIED = (
    openai.RateLimitError,
    openai.InternalServerError,
    openai.APIConnectionError,
    openai.APIResponseValidationError,
    openai.ConflictError,
    json.JSONDecodeError,
)


def connect(settings: Settings, days: int = 1) -> OpenAIModel:
    """The language model the settings name; they name one.

    Args:
        settings: Provider, endpoint, key, limits, prices.
        days: Days of this run; the daily budget counts for each.

    Raises:
        ModelSettingsError: Azure without a key, and without `azure-identity` to sign in with.
    """
    return OpenAIModel(
        connect=opener(settings),
        name=settings.model_deployment,
        limits=Limits(
            settings.model_requests_per_minute,
            settings.model_tokens_per_minute,
            settings.model_in_flight,
            settings.model_price_in,
            settings.model_price_out,
        ),
        budget=Budget(settings.daily_budget * max(days, 1)),
        sampling=sampling_of(settings),
        where=f"FEEDBACK_MODEL_ENDPOINT={settings.model_endpoint or 'api.openai.com'}, "
        f"FEEDBACK_MODEL_DEPLOYMENT={settings.model_deployment}",
    )


def opener(settings: Settings) -> Callable[[], openai.AsyncOpenAI]:
    """Makes the client the settings name; called inside the event loop that uses it.

    Raises:
        ModelSettingsError: Azure without a key, and without `azure-identity` to sign in with.
    """
    return _azure(settings) if settings.model_provider == "azure" else _plain(settings)


def _azure(settings: Settings) -> Callable[[], openai.AsyncOpenAI]:
    common: dict[str, Any] = {
        "azure_endpoint": settings.model_endpoint,
        "api_version": settings.model_api_version,
        "timeout": settings.model_timeout_seconds,
        "max_retries": 0,
    }
    if settings.model_key is not None:
        key = settings.model_key.get_secret_value()
        return lambda: openai.AsyncAzureOpenAI(api_key=key, **common)
    if importlib.util.find_spec("azure") is None or importlib.util.find_spec("azure.identity") is None:
        raise ModelSettingsError(
            "FEEDBACK_MODEL_KEY is empty and azure-identity is not installed, so there is no way to sign in; "
            "set FEEDBACK_MODEL_KEY, or run `pip install azure-identity` to sign in with Entra ID"
        )
    identity = importlib.import_module("azure.identity.aio")
    scope = "https://cognitiveservices.azure.com/.default"

    def entra() -> openai.AsyncOpenAI:
        provider = identity.get_bearer_token_provider(identity.DefaultAzureCredential(), scope)
        return openai.AsyncAzureOpenAI(azure_ad_token_provider=provider, **common)

    return entra


def _plain(settings: Settings) -> Callable[[], openai.AsyncOpenAI]:
    key = settings.model_key.get_secret_value() if settings.model_key is not None else ""
    # Given, not left empty: the client would otherwise read OPENAI_BASE_URL, and only settings read the environment.
    base_url = settings.model_endpoint or "https://api.openai.com/v1"
    return lambda: openai.AsyncOpenAI(
        api_key=key, base_url=base_url, timeout=settings.model_timeout_seconds, max_retries=0
    )


def _retry_after(error: Exception) -> float | None:
    """Seconds the provider asks to wait; None when it does not say."""
    if not isinstance(error, openai.APIStatusError):
        return None
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if value.replace(".", "", 1).isdigit():
            return float(value) * scale
    return None


def _describe(error: Exception) -> str:
    if isinstance(error, openai.APITimeoutError):
        return "timed out (FEEDBACK_MODEL_TIMEOUT_SECONDS)"
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        # Refused or unknown host: nobody is there. A connection cut in mid-answer is worth asking the next one.
        return f"{'no connection' if type(cause).__name__ == 'ConnectError' else 'the connection broke'}: {cause}"
    if isinstance(error, openai.APIStatusError):
        return f"HTTP {error.status_code}: {_provider_message(error)}"
    return f"the body is no answer: {str(error)[:100]}"


def _provider_message(error: openai.APIStatusError) -> str:
    """What the provider said, without the request."""
    body = error.body
    message = cast("dict[str, Any]", body).get("message") if isinstance(body, dict) else None
    return str(message or error.message)[:200]


def _filtered(body: object) -> str:
    """Which filters caught the text."""
    inner = _mapping(_mapping(body).get("innererror"))
    results = _mapping(inner.get("content_filter_result"))
    caught = sorted(name for name, result in results.items() if _mapping(result).get("filtered"))
    return ", ".join(caught) or "unnamed filter"


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
