"""A home with settings in a temporary folder, and a moment of arrival."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.config.settings import Settings
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing import envelope
from feedback_assets.landing.choose import Wanted
from feedback_assets.landing.importer import import_file
from feedback_assets.landing.summary import ImportSummary

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", _env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def land(settings: Settings, tmp_path: Path) -> Callable[..., ImportSummary]:
    """Write a file and import it; content is text or bytes."""

    def run(content: str | bytes, name: str = "reviews.csv", now: datetime = NOW, **wanted: Any) -> ImportSummary:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(settings, path, wanted.pop("stream", None), Wanted(**wanted), now=now)

    return run


@pytest.fixture
def landed(settings: Settings) -> Callable[..., list[envelope.ReadLine]]:
    """Every line of a stream, read back."""

    def read(stream: str = "feedback", day: date | None = None) -> list[envelope.ReadLine]:
        landing = Landing(settings.landing_root, settings.storage)
        objects = landing.list_objects(stream, day)
        lines = (line for item in objects for _, line in landing.read_lines(item.path))
        return [envelope.parse(line) for line in lines]

    return read
