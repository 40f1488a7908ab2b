"""The cascade and the real client together, against a socket: bad answers are repaired once, outages lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request as Wire
from werkzeug import Response

from feedback_assets.classification.cascade.cascade import classify
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.ledger import Ledger
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.classification.llm.openai_model import OpenAIModel
from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER
from feedback_assets_tests.classification.llm.test_language_model import PATH, failure, filters, in_turn, model, ok
from feedback_assets_tests.classification.standins import NOON, WordModel, answer, classifier, issue

READER = replace(classifier(), local=WordModel(confidence=0.6))
GOOD = answer(issue("defect", "the lid is broken", sub_label="stops_working"))


@pytest.fixture
def label(lake: Lake, tmp_path: Path) -> Iterator[Callable[..., list[Answer]]]:
    """Labels texts with a model of its own run and folds the ledger after it."""

    def run(asked: OpenAIModel, *texts: str) -> list[Answer]:
        ledger = Ledger(lake, tmp_path / "journal", "run")
        try:
            items = [Item(text, "en", 2.0, "chat") for text in texts]
            return classify(items, READER, ModelClient(asked.name, asked.sampling, ledger, asked, lambda: NOON))
        finally:
            ledger.close()

    yield run


@pytest.mark.parametrize(
    "bad",
    [
        answer(issue("weather", "the lid is broken")),
        answer(issue("defect", "the lamp is broken")),
        answer(issue("defect", "the lid is broken", suggested_action="Offer a refund")),
        '{"issues": [',
        "",
    ],
)
def test_an_answer_that_cannot_be_used_is_repaired_once(
    httpserver: HTTPServer, label: Callable[..., list[Answer]], lake: Lake, bad: str
) -> None:
    httpserver.expect_request(PATH).respond_with_handler(in_turn(ok(bad), ok(GOOD)))
    [found] = label(model(httpserver), "Sadly the lid is broken")
    assert (found.answered_by, found.category, found.sub_label) == ("language_model", "defect", "stops_working")
    assert sorted(lake.read(LEDGER)["outcome"]) == ["answered", "invalid"]


def test_an_answer_cut_at_the_token_limit_twice_goes_to_review(
    httpserver: HTTPServer, label: Callable[..., list[Answer]]
) -> None:
    httpserver.expect_request(PATH).respond_with_response(ok('{"issues": [', "length"))
    [found] = label(model(httpserver), "Sadly the lid is broken")
    assert (found.answered_by, found.triage.triage) == ("local_model", "review")
    assert len(httpserver.log) == 2


def test_a_text_the_content_filter_refuses_goes_to_people_and_is_not_asked_again(
    httpserver: HTTPServer, label: Callable[..., list[Answer]], lake: Lake
) -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": filters(hate=True)}
    httpserver.expect_request(PATH).respond_with_response(failure(400, "content_filter", innererror=inner))
    for _ in range(2):
        [found] = label(model(httpserver), "Sadly the lid is broken")
        assert found.triage.triage == "people"
    assert len(httpserver.log) == 1
    assert lake.read(LEDGER)["outcome"].tolist() == ["refused"]


def test_an_outage_in_the_middle_keeps_what_was_answered_and_the_next_run_asks_only_the_rest(
    httpserver: HTTPServer, label: Callable[..., list[Answer]], lake: Lake
) -> None:
    def half(wire: Wire) -> Response:
        good = answer(issue("defect", "lid is broken"))
        return ok(good) if b"kettle" in wire.data else failure(500, "InternalServerError")

    httpserver.expect_request(PATH).respond_with_handler(half)
    texts = ("The kettle: lid is broken", "The vase: lid is broken")
    first = label(model(httpserver), *texts)
    assert [found.answered_by for found in first] == ["language_model", "local_model"]
    assert first[1].triage.triage == "review"
    httpserver.clear()
    httpserver.expect_request(PATH).respond_with_response(ok(answer(issue("defect", "lid is broken"))))
    second = label(model(httpserver), *texts)
    assert [found.answered_by for found in second] == ["language_model", "language_model"]
    assert len(httpserver.log) == 1
    assert len(lake.read(LEDGER)) == 2


def test_a_wrong_key_leaves_the_local_answers_standing_and_marked(
    httpserver: HTTPServer, label: Callable[..., list[Answer]]
) -> None:
    httpserver.expect_request(PATH).respond_with_response(failure(401, "401"))
    [found] = label(model(httpserver), "Sadly the lid is broken")
    assert (found.answered_by, found.category) == ("local_model", "defect")
    assert "FEEDBACK_MODEL_KEY" in found.triage.reason
