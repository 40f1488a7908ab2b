"""docs/configuration.md says what the models say."""

from __future__ import annotations

from pathlib import Path

from feedback_assets.config.configuration_page import page
from feedback_assets.config.settings import Settings
from feedback_assets.config.thresholds import Thresholds

_PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_current() -> None:
    current = _PAGE.read_text(encoding="utf-8") == page()
    assert current, "run `python -m feedback_assets.config.configuration_page`"


def test_it_names_every_setting_and_every_section() -> None:
    assert page().count("| `FEEDBACK_") + page().count("| `AWS_") == len(Settings.model_fields)
    assert all(f"### {name}\n" in page() for name in Thresholds.model_fields)
