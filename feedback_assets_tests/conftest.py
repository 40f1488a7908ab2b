"""Fixtures every room may use: an empty lake in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.lake.store import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))
