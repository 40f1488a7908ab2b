"""How often drift checks alarm on stable days, and the smallest planted drift they catch nine times of ten.

Run it from the checkout: `.venv/bin/python benchmarks/drift_alarms.py`. The stable days are the demo's background
(no planted problems) over 235 days: weekends quieter and of other channels, busy fortnights, slow growth, noise.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.cascade.cascade import classify
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.loader import load_classifier
from feedback_assets.classification.rows import gold_rows, items_of
from feedback_assets.clusters.embedding import content_words
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.sections.watching import DriftRules
from feedback_assets.config.settings import load
from feedback_assets.demo import calendar as calendars
from feedback_assets.demo import problems, releases, shop
from feedback_assets.demo.items import BACKGROUND, Writer
from feedback_assets.demo.voices import Voices
from feedback_assets.evaluation.drift_detection import WATCHED, detect_drift
from feedback_assets.evaluation.drift_items import COLUMNS
from feedback_assets.evaluation.drift_sample import text_places
from feedback_assets.landing.bronze import bronze_frame
from feedback_assets.landing.envelope import Envelope, to_line
from feedback_assets.silver.events import build_catalog
from feedback_assets.silver.feedback import ReadingRules, build
from feedback_assets.silver.fields import Mappings

FIRST = date(2025, 1, 6)
JUDGED, HISTORY = 200, 35
# Strength of a planted drift: the share of items it touches; for confidence, how much is taken off it.
STRENGTHS = (0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
TRIALS = 40
Frame = pd.DataFrame
Plant = Callable[[Frame, np.ndarray, float, np.random.Generator], None]


def volume(rng: random.Random, number: int) -> int:
    """Items of a day: weekends at 0.85, two busy weeks in ten, growth by half over the time, noise of 15 %."""
    weekend = 0.85 if (FIRST + timedelta(days=number)).weekday() >= 5 else 1.0
    busy = 1.7 if number % 70 >= 56 else 1.0
    return round(150 * weekend * busy * (1 + 0.5 * number / (JUDGED + HISTORY)) * rng.lognormvariate(0, 0.15))


def stable_days(seed: int, classifier: Classifier) -> Frame:
    """The background of a seed over all days, through silver and classification."""
    rng = random.Random(seed)
    calendar = calendars.plan(rng, seed)
    goods = shop.build(rng, calendar)
    shipped = releases.plan(rng, goods, problems.plan(rng, goods))
    writer = Writer(rng, goods, shipped, Voices(rng))
    lines = []
    for number in range(JUDGED + HISTORY):
        day = FIRST + timedelta(days=number)
        # At weekends fewer write to support, so praise and complaints about the app weigh more.
        quiet = 0.66 if day.weekday() >= 5 else 0.58
        for _ in range(volume(rng, number)):
            when = rng.randrange(15, 30)
            if rng.random() < quiet:
                item = writer.question(when) if rng.random() < 0.18 else writer.praise(when)
            else:
                item = writer.complaint(when, rng.choices(list(BACKGROUND), list(BACKGROUND.values()))[0])
            at = datetime.combine(day, time(rng.randrange(24), rng.randrange(60)), UTC)
            fields = {name: value for name, value in item.payload.items() if value is not None}
            lines.append((day, f"feedback/day={day}/{item.source}-1.jsonl", len(lines) + 1,
                          to_line(Envelope(item.event_id, item.source, item.channel, at, at, fields))))  # fmt: skip
    told = [
        (FIRST, "catalog/x.jsonl", number, to_line(Envelope(event_id, "shop", "shop", at, at, fields)))
        for number, (event_id, at, fields) in enumerate(releases.catalog_events(calendar, goods, shipped), start=1)
    ]
    catalog, _ = build_catalog(bronze_frame(told, tables.BRONZE["catalog"]), [FIRST], Mappings({}, {}))
    days = [FIRST + timedelta(days=number) for number in range(JUDGED + HISTORY)]
    bronze = bronze_frame(lines, tables.BRONZE_FEEDBACK)
    silver = build(
        bronze, catalog, pd.DataFrame(columns=tables.SILVER_COMMERCE.column_names), days, ReadingRules(b"k" * 32)
    )
    rows = silver.feedback
    labels = gold_rows(rows, classify(items_of(rows), classifier, None), classifier, datetime.now(UTC))[
        tables.GOLD_ITEMS.name
    ]
    return rows.merge(labels[["event_id", "category", "confidence", "model_version"]], on="event_id")[list(COLUMNS)]


def _set(column: str, value: str) -> Plant:
    def plant(frame: Frame, rows: np.ndarray, strength: float, rng: np.random.Generator) -> None:
        frame.loc[rows[rng.random(len(rows)) < strength], column] = value

    return plant


def _unsure(frame: Frame, rows: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    frame.loc[rows, "confidence"] = (frame.loc[rows, "confidence"] - strength).clip(lower=0.0)


def _longer(frame: Frame, rows: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    chosen = rows[rng.random(len(rows)) < strength]
    frame.loc[chosen, "text"] = frame.loc[chosen, "text"] + " " + frame.loc[chosen, "text"]


def _new_words(frame: Frame, rows: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    chosen = rows[rng.random(len(rows)) < strength]
    said = [" ".join(f"novel{rng.integers(60)}word" for _ in range(4)) for _ in chosen]
    frame.loc[chosen, "text"] = frame.loc[chosen, "text"] + " " + pd.Series(said, index=chosen)


def _one_topic(frame: Frame, rows: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    chosen = rows[rng.random(len(rows)) < strength]
    topic = frame.loc[frame["category"] == "sizing_fit", "text"].to_numpy()
    frame.loc[chosen, "text"] = rng.choice(topic, len(chosen))


PLANTS: dict[str, tuple[str, Plant]] = {
    "drift_label_mix": ("of items become delivery", _set("category", "delivery")),
    "drift_other_share": ("of items become other", _set("category", "other")),
    "drift_confidence": ("off every confidence", _unsure),
    "drift_text_length": ("of texts twice as long", _longer),
    "drift_vocabulary": ("of texts with four new words", _new_words),
    "drift_language_mix": ("of items in Dutch", _set("language", "nl")),
    "drift_embedding_centre": ("of texts about sizes", _one_topic),
}


def alarms(frame: Frame, rules: DriftRules, embed) -> Counter[tuple[str, str]]:
    """Days on which each check was not still, by level."""
    found: Counter[tuple[str, str]] = Counter()
    for number in range(HISTORY, HISTORY + JUDGED):
        for result in detect_drift(frame, FIRST + timedelta(days=number), rules, "other", embed, content_words):
            found[result.name, result.level] += 1
            if result.level != "still":
                print("  ", FIRST + timedelta(days=number), result.name, result.reason[:300], flush=True)
    return found


def caught(frame: Frame, name: str, strength: float, rules: DriftRules, embed) -> int:
    """In how many of the trials a drift over the whole judged week is caught."""
    rng, found = np.random.default_rng(1), 0
    for newest in np.linspace(HISTORY, HISTORY + JUDGED - 1, TRIALS).astype(int):
        last = FIRST + timedelta(days=int(newest))
        near = frame[(frame["day"] > last - timedelta(days=HISTORY)) & (frame["day"] <= last)].reset_index(drop=True)
        rows = np.flatnonzero((near["day"] > last - timedelta(days=rules.recent_days)).to_numpy())
        PLANTS[name][1](near, rows, strength, rng)
        found += detect_drift(near, last, rules, "other", embed, content_words, [name])[0].level != "still"
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    asked.add_argument("--keep", type=Path, help="folder that keeps the simulated days, to measure again")
    asked.add_argument("--no-power", action="store_true")
    given = asked.parse_args()
    settings = load()
    rules = load_config(settings.prompts_dir).thresholds.drift
    embed = text_places(settings.prompts_dir)
    frames = {}
    for seed in given.seeds:
        kept = given.keep and given.keep / f"stable-{seed}.parquet"
        if kept and kept.exists():
            frames[seed] = pd.read_parquet(kept)
        else:
            frames[seed] = stable_days(seed, load_classifier(settings))
            if kept:
                frames[seed].to_parquet(kept)
        print(f"seed {seed}: {len(frames[seed])} items on {frames[seed]['day'].nunique()} days", flush=True)
    total: Counter[tuple[str, str]] = Counter()
    for frame in frames.values():
        total += alarms(frame, rules, embed)
    smallest = (
        {} if given.no_power else {name: _smallest(frames[given.seeds[0]], name, rules, embed) for name in WATCHED}
    )
    print(f"\n| check | days judged | warns | fails | false-alarm rate | caught {TRIALS * 9 // 10} of {TRIALS} times |")
    print("|---|---|---|---|---|---|")
    days = JUDGED * len(frames)
    for name in WATCHED:
        warns, fails = total[name, "warn"], total[name, "fail"]
        print(f"| `{name}` | {days} | {warns} | {fails} | {(warns + fails) / days:.2%} | {smallest.get(name, '')} |")


def _smallest(frame: Frame, name: str, rules: DriftRules, embed) -> str:
    for strength in STRENGTHS:
        found = caught(frame, name, strength, rules, embed)
        print(f"  {name} {strength}: {found} of {TRIALS}", flush=True)
        if found >= 0.9 * TRIALS:
            return f"{strength:g} {PLANTS[name][0]}"
    return f"none up to {STRENGTHS[-1]:g}"


if __name__ == "__main__":
    main()
