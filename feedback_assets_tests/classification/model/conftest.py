"""The model that comes with the program, loaded once."""

from __future__ import annotations

import pytest

from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.shipped import SHIPPED


@pytest.fixture(scope="session")
def shipped_model() -> LocalModel:
    return LocalModel.load(SHIPPED)
