"""A small shop for tests that start the real command: prompts with few examples, so that training takes seconds."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
# Enough of each category for a local model in seconds.
_EXAMPLES_EACH = 30
_TEXTS = (
    "The hoodie runs two sizes too small, the size chart is wrong.",
    "Fast delivery, thank you.",
    "Payment failed twice, the card was charged anyway.",
    "Good value and nice colour.",
    "Parcel arrived a week late and the box was crushed.",
    "One of the two screws was missing.",
)


def few_prompts(folder: Path) -> Path:
    """A copy of the prompts with few examples."""
    shutil.copytree(PROMPTS, folder, ignore=shutil.ignore_patterns("golden*", "examples"))
    few: dict[str, list[str]] = {}
    for line in (PROMPTS / "examples" / "en.jsonl").read_text(encoding="utf-8").splitlines():
        few.setdefault(json.loads(line)["issues"][0]["category"], []).append(line)
    (folder / "examples").mkdir()
    kept = [line for lines in few.values() for line in lines[:_EXAMPLES_EACH]]
    (folder / "examples" / "en.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder


def csv_of(path: Path, first: date, days: int, rows_a_day: int) -> Path:
    """A file of reviews: so many a day, each its own text."""
    lines = ["id,date,rating,review,product_id"]
    for number in range(days * rows_a_day):
        at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=number / rows_a_day)
        lines.append(f'r{number},{at.isoformat()},{1 + number % 5},"{_TEXTS[number % 6]} No. {number}.",P{number % 3}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
