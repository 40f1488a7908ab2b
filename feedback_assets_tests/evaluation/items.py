"""Made-up items of stable days, and drift planted in them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.sections.watching import DriftRules
from feedback_assets.evaluation.drift_items import COLUMNS

PROMPTS = Path(__file__).parents[2] / "prompts"
RULES: DriftRules = load_config(PROMPTS).thresholds.drift
FIRST = date(2025, 3, 3)
LAST = FIRST + timedelta(days=34)
_WORDS = np.array([f"word{n}" for n in range(600)])
_RARITY = 1 / np.arange(3, 603)
_CHANCES = {
    "language": {"en": 0.6, "de": 0.25, "fr": 0.15},
    "channel": {"survey": 0.5, "chat": 0.3, "app_review": 0.2},
    "product_family": {"audio": 0.5, "kitchen": 0.3, "toys": 0.2},
    "category": {"no_issue": 0.4, "delivery": 0.25, "defect": 0.25, "other": 0.1},
}  # fmt: skip
# At weekends people write other things elsewhere.
_WEEKEND = {"survey": 0.2, "chat": 0.2, "app_review": 0.6}


def made(seed: int, days: int = 35, rows: int = 150, *, busy: float = 1.0) -> pd.DataFrame:
    """Items of so many days; the last week is `busy` times as busy, weekends are quieter and of other channels."""
    rng = np.random.default_rng(seed)
    parts: list[pd.DataFrame] = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        weekend = day.weekday() >= 5
        size = rng.poisson(rows * (0.7 if weekend else 1.0) * (busy if number % 35 >= 28 else 1.0))
        chances = _CHANCES | ({"channel": _WEEKEND} if weekend else {})
        columns = {name: rng.choice(list(one), size, p=list(one.values())) for name, one in chances.items()}
        texts = [" ".join(rng.choice(_WORDS, rng.integers(3, 15), p=_RARITY / _RARITY.sum())) for _ in range(size)]
        ids = [f"{seed}-{number}-{row}" for row in range(size)]
        parts.append(pd.DataFrame({**columns, "day": day, "event_id": ids, "text": texts,
                                   "confidence": rng.beta(6, 2, size), "model_version": "m1"}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def recent(frame: pd.DataFrame, share: float = 1.0) -> np.ndarray:
    """Places of the last week's rows, or of a share of them."""
    rows = np.flatnonzero((frame["day"] > LAST - timedelta(days=7)).to_numpy())
    return rows[np.random.default_rng(0).random(len(rows)) < share]


def places(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """A vector for each text: the mean of a fixed random one for each word."""
    known: dict[str, np.ndarray] = {}

    def of(word: str) -> np.ndarray:
        return known.setdefault(word, np.random.default_rng(zlib.crc32(word.encode())).normal(size=16))

    return np.array([np.mean([of(word) for word in text.split()], axis=0) for text in texts], dtype=np.float32)
