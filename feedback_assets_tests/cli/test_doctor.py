"""What `feedback doctor` finds, against a broken lake and a language model on a real socket."""

from __future__ import annotations

import json
import shutil
import socket
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer

from feedback_assets import tables
from feedback_assets.cli.doctor import examine
from feedback_assets.config.settings import Settings, load
from feedback_assets.lake.store import Lake


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path))
    return load()


def azure(settings: Settings, url: str) -> Settings:
    return Settings.model_validate(
        {**settings.model_dump(), "model_provider": "azure", "model_endpoint": url, "model_key": "k"}
    )


def said(settings: Settings, what: str) -> tuple[bool, str]:
    return next((found.good, found.message) for found in examine(settings) if found.what == what)


def test_a_fresh_installation_is_good(settings: Settings):
    assert all(found.good for found in examine(settings))


def test_a_table_that_cannot_be_opened_is_named_and_the_rest_is_looked_at(settings: Settings):
    lake, day = Lake(settings.lake_root), date(2025, 3, 1)
    row = {"day": day, "category": "c", "product_id": "-", "region": "-", "channel": "survey", "language": "en",
           "app_version": "-", "issues": 1, "negative": 0, "severity_sum": 1.0}  # fmt: skip
    lake.write_days(tables.GOLD_DAILY_COUNTS, pd.DataFrame([row]), day, day + timedelta(days=1), {})
    log = Path(settings.lake_root) / "gold" / "daily_counts" / "_delta_log"
    max(log.glob("*.json")).write_text('{"commitInfo": {')
    good, told = said(settings, "table")
    assert not good and "gold/daily_counts" in told
    assert said(settings, "language model")[0]


def test_a_model_that_answers_is_named_by_what_it_says_it_is(settings: Settings, httpserver: HTTPServer):
    httpserver.expect_request("/openai/deployments/gpt-5-mini/chat/completions", method="POST").respond_with_json(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini-2025-08-07",
         "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}],
         "usage": {"prompt_tokens": 30, "completion_tokens": 5, "total_tokens": 35}}
    )  # fmt: skip
    assert said(azure(settings, httpserver.url_for("/")), "language model") == (
        True, f"azure gpt-5-mini at {httpserver.url_for('/')}, answers as gpt-5-mini-2025-08-07",
    )  # fmt: skip
    (request, _), *more = httpserver.log
    assert not more and json.loads(request.data)["response_format"]["type"] == "json_schema"


def test_a_wrong_key_says_which_setting_to_mend(settings: Settings, httpserver: HTTPServer):
    httpserver.expect_request("/openai/deployments/gpt-5-mini/chat/completions").respond_with_json(
        {"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}, status=401
    )
    good, told = said(azure(settings, httpserver.url_for("/")), "language model")
    assert not good and "invalid subscription key" in told and "set FEEDBACK_MODEL_KEY" in told


def test_a_dead_endpoint_says_which_setting_to_mend(settings: Settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    good, told = said(azure(settings, f"http://127.0.0.1:{port}"), "language model")
    assert not good and "cannot be reached" in told and "check FEEDBACK_MODEL_ENDPOINT" in told


def test_a_section_of_the_thresholds_that_is_missing_is_named_and_the_rest_is_looked_at(
    settings: Settings, tmp_path: Path
):
    shutil.copytree(settings.prompts_dir, tmp_path / "prompts")
    file = tmp_path / "prompts" / "thresholds.yaml"
    file.write_text(file.read_text().replace("\ndrift:", "\ndrifts:"))
    broken = Settings.model_validate({**settings.model_dump(), "prompts": tmp_path / "prompts"})
    good, told = said(broken, "prompts")
    assert not good and "thresholds.yaml" in told and "drift" in told
    assert said(broken, "lake")[0]


def test_a_wrong_text_out_of_the_field_is_named_with_its_line(settings: Settings, tmp_path: Path):
    shutil.copytree(settings.prompts_dir, tmp_path / "prompts")
    file = tmp_path / "prompts" / "out_of_field" / "xx.jsonl"
    file.write_text('{"text": "Rain.", "language": "en", "field": "weather"}\n', encoding="utf-8")
    good, told = said(Settings.model_validate({**settings.model_dump(), "prompts": tmp_path / "prompts"}), "prompts")
    assert not good and f"{file}: line 1: field complains" in told
