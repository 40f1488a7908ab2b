"""The client against a real socket that answers as Azure OpenAI does, refusals, limits and broken bodies included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request as Wire
from werkzeug import Response

from feedback_assets.classification.llm.language_model import (
    Budget,
    Limits,
    ModelSettingsError,
    Reply,
    ReplyOutcome,
    Request,
    RetryPolicy,
)
from feedback_assets.classification.llm.openai_model import OpenAIModel, connect
from feedback_assets.classification.loader import open_model
from feedback_assets.config.settings import Settings

PATH = "/openai/deployments/labels/chat/completions"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
QUICK = RetryPolicy(attempts=3, base_seconds=0.01, longest_seconds=0.5, give_up_after=50)


def filters(hate: bool = False) -> dict[str, Any]:
    quiet = {"filtered": False, "severity": "safe"}
    return {"hate": {"filtered": hate, "severity": "high" if hate else "safe"}, "violence": quiet, "sexual": quiet}


def completion(content: str | None = '{"ok": true}', reason: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1772366400,
        "model": "gpt-5-mini-2025-08-07",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": filters()}],
        "choices": [
            {
                "index": 0,
                "finish_reason": reason,
                "content_filter_results": filters(),
                "message": {"role": "assistant", "content": content, "refusal": None, **message},
            }
        ],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200},
    }


def failure(
    status: int, code: str, message: str = "no", headers: dict[str, str] | None = None, **more: Any
) -> Response:
    body = {"error": {"code": code, "message": message, **more}}
    return Response(json.dumps(body), status=status, content_type="application/json", headers=headers)


def model(server: HTTPServer, retry_policy: RetryPolicy = QUICK, **settings: Any) -> OpenAIModel:
    told = {
        "model_provider": "azure",
        "model_endpoint": server.url_for("/").rstrip("/"),
        "model_deployment": "labels",
        "model_key": SecretStr("key-1"),
        "model_timeout_seconds": 5.0,
        **settings,
    }
    connected = connect(Settings(_env_file=None, **told))  # type: ignore[call-arg]
    assert connected is not None
    connected.retry_policy = retry_policy
    return connected


def request(text: str = "late") -> Request:
    return Request(text, [{"role": "system", "content": "label"}, {"role": "user", "content": text}], SCHEMA)


def ask(asked: OpenAIModel, *texts: str) -> list[Reply]:
    return asked.ask([request(text) for text in texts or ("late",)], lambda _request, _reply: None)


def in_turn(*responses: Response | Callable[[], Response]) -> Callable[[Wire], Response]:
    waiting = list(responses)
    lock = threading.Lock()

    def answer(_wire: Wire) -> Response:
        with lock:
            response = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return response() if callable(response) and not isinstance(response, Response) else response

    return answer


def ok(content: str | None = '{"ok": true}', reason: str = "stop", **message: Any) -> Response:
    return Response(json.dumps(completion(content, reason, **message)), content_type="application/json")


def test_azure_is_asked_with_its_path_version_key_and_strict_schema(httpserver: HTTPServer) -> None:
    seen: list[Wire] = []
    httpserver.expect_request(PATH, method="POST").respond_with_handler(lambda wire: seen.append(wire) or ok())
    [reply] = ask(model(httpserver))
    assert reply == Reply(ReplyOutcome.ANSWERED, '{"ok": true}', "", "gpt-5-mini-2025-08-07", 1000, 200, 0.00065)
    assert seen[0].args["api-version"] == "2025-04-01-preview"
    assert seen[0].headers["api-key"] == "key-1"
    body = seen[0].get_json()
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": SCHEMA}
    assert "temperature" not in body
    assert body["messages"][1]["content"] == "late"


def test_plain_openai_and_compatible_endpoints_are_asked_by_their_own_path(httpserver: HTTPServer) -> None:
    seen: list[Wire] = []
    httpserver.expect_request("/v1/chat/completions").respond_with_handler(lambda wire: seen.append(wire) or ok())
    asked = model(httpserver, model_provider="openai", model_endpoint=httpserver.url_for("/v1"), model_temperature=0.0)
    assert ask(asked)[0].outcome == "answered"
    assert seen[0].headers["Authorization"] == "Bearer key-1"
    assert seen[0].get_json()["temperature"] == 0.0


def test_a_wrong_key_stops_asking_at_once_and_names_the_setting(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(failure(401, "401", "invalid subscription key"))
    asked = model(httpserver, model_in_flight=1)
    replies = ask(asked, "a", "b", "c")
    assert [reply.outcome for reply in replies] == ["down"] * 3
    assert "FEEDBACK_MODEL_KEY" in asked.down
    assert "key-1" not in asked.down
    assert len(httpserver.log) == 1


def test_a_deployment_that_is_not_there_names_the_deployment(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(failure(404, "DeploymentNotFound"))
    [reply] = ask(model(httpserver))
    assert reply.outcome == "down"
    assert "FEEDBACK_MODEL_DEPLOYMENT=labels" in reply.detail


def test_an_endpoint_nobody_answers_at_is_down_and_names_the_endpoint() -> None:
    dead = HTTPServer()
    dead.start()
    url = dead.url_for("")
    dead.stop()
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None, model_provider="azure", model_endpoint=url, model_key=SecretStr("k"), model_deployment="labels"
    )
    asked = connect(settings)
    assert asked is not None
    asked.retry_policy = QUICK
    [reply] = ask(asked)
    assert reply.outcome == "down"
    assert "FEEDBACK_MODEL_ENDPOINT" in reply.detail


@pytest.mark.parametrize("header", [{"retry-after": "1"}, {"retry-after-ms": "400"}])
def test_a_rate_limit_is_waited_out_as_long_as_the_provider_asks(
    httpserver: HTTPServer, header: dict[str, str]
) -> None:
    limited = failure(429, "RateLimitReached", headers=header)
    httpserver.expect_request(PATH).respond_with_handler(in_turn(limited, ok()))
    started = time.monotonic()
    [reply] = ask(model(httpserver, RetryPolicy(attempts=2, base_seconds=0.001, longest_seconds=5)))
    assert reply.outcome == "answered"
    assert time.monotonic() - started >= (1.0 if "retry-after" in header else 0.4)


def test_a_server_error_is_tried_again(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_handler(in_turn(failure(500, "InternalServerError"), ok()))
    assert ask(model(httpserver))[0].outcome == "answered"
    assert len(httpserver.log) == 2


def test_a_request_that_never_succeeds_fails_alone_after_bounded_tries(httpserver: HTTPServer) -> None:
    def answer(wire: Wire) -> Response:
        return failure(500, "InternalServerError", "overloaded") if b'"bad"' in wire.data else ok()

    httpserver.expect_request(PATH).respond_with_handler(answer)
    bad, good = ask(model(httpserver), "bad", "good")
    assert bad.outcome == "failed"
    assert "3 tries" in bad.detail
    assert "overloaded" in bad.detail
    assert good.outcome == "answered"
    assert len(httpserver.log) == 4


def test_many_failures_in_a_row_count_as_an_outage(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(failure(503, "ServiceUnavailable"))
    retry_policy = RetryPolicy(attempts=1, base_seconds=0.01, give_up_after=3)
    replies = ask(model(httpserver, retry_policy, model_in_flight=1), *"abcdefgh")
    assert [reply.outcome for reply in replies] == ["failed", "failed", *["down"] * 6]
    assert len(httpserver.log) == 3


def test_a_slow_answer_times_out_and_is_tried_again(httpserver: HTTPServer) -> None:
    def slowly() -> Response:
        time.sleep(0.6)
        return ok()

    httpserver.expect_request(PATH).respond_with_handler(in_turn(slowly, ok()))
    assert ask(model(httpserver, model_timeout_seconds=0.2))[0].outcome == "answered"


def test_a_body_cut_in_the_middle_is_tried_again_and_then_fails(httpserver: HTTPServer) -> None:
    cut = Response(json.dumps(completion())[:80], content_type="application/json")
    httpserver.expect_request(PATH).respond_with_handler(in_turn(cut, ok()))
    assert ask(model(httpserver))[0].outcome == "answered"
    httpserver.clear()
    httpserver.expect_request(PATH).respond_with_response(cut)
    [reply] = ask(model(httpserver))
    assert reply.outcome == "failed"
    assert "body" in reply.detail


def test_a_page_instead_of_an_answer_fails_and_does_not_raise(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_data("<html>gateway</html>", content_type="text/html")
    assert ask(model(httpserver))[0].outcome == "failed"


def test_an_answer_cut_at_the_token_limit_says_so(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok('{"issues": [', "length"))
    [reply] = ask(model(httpserver))
    assert (reply.outcome, reply.content) == ("answered", '{"issues": [')
    assert "token limit" in reply.detail


def test_an_answer_cut_by_the_content_filter_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok(None, "content_filter"))
    [reply] = ask(model(httpserver))
    assert reply.outcome == "refused"
    assert reply.tokens_in == 1000


def test_a_text_the_content_filter_catches_is_refused_with_the_filter_named(httpserver: HTTPServer) -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": filters(hate=True)}
    caught = failure(400, "content_filter", "The response was filtered", param="prompt", innererror=inner)
    httpserver.expect_request(PATH).respond_with_response(caught)
    [reply] = ask(model(httpserver))
    assert reply.outcome == "refused"
    assert "hate" in reply.detail
    assert len(httpserver.log) == 1


def test_a_refusal_of_the_model_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok(None, refusal="I cannot help with that"))
    [reply] = ask(model(httpserver))
    assert reply.outcome == "refused"
    assert "I cannot help" in reply.detail


@pytest.fixture
def threaded_server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


def test_many_requests_are_in_flight_but_never_more_than_allowed(threaded_server: HTTPServer) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def answer(_wire: Wire) -> Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return ok()

    threaded_server.expect_request(PATH).respond_with_handler(answer)
    replies = ask(model(threaded_server, model_in_flight=4), *(str(number) for number in range(12)))
    assert [reply.outcome for reply in replies] == ["answered"] * 12
    assert 1 < most <= 4


def test_requests_a_minute_are_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok())
    asked = model(httpserver)
    # 120 a minute let two out in a burst of two and one more each half second.
    asked.limits = Limits(120, 10_000_000, 16, 0.25, 2.0)
    started = time.monotonic()
    ask(asked, *(str(number) for number in range(122)))
    assert time.monotonic() - started >= 0.9


def test_the_budget_stops_asking_and_not_the_run(httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok())
    asked = model(httpserver, model_in_flight=1)
    asked.budget = Budget(0.002)
    replies = ask(asked, *"abcdef")
    outcomes = [reply.outcome for reply in replies]
    assert outcomes[0] == "answered"
    assert outcomes[-1] == "budget"
    assert asked.budget.spent <= 0.002
    assert "FEEDBACK_DAILY_BUDGET" in replies[-1].detail


def test_azure_without_key_and_without_entra_id_says_what_to_do() -> None:
    settings = Settings(_env_file=None, model_provider="azure", model_endpoint="https://x.openai.azure.com")  # type: ignore[call-arg]
    with pytest.raises(ModelSettingsError, match=r"FEEDBACK_MODEL_KEY.*azure-identity"):
        connect(settings)


def test_no_provider_means_no_language_model() -> None:
    assert open_model(Settings(_env_file=None, model_provider="none")) is None  # type: ignore[call-arg]
