"""M2: every drift check fires on planted drift, is silent on stable days, and says what moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from feedback_assets.evaluation.drift_detection import WATCHED, DriftResult, detect_drift
from feedback_assets.evaluation.drift_statistics import compare, spread_of_days
from feedback_assets_tests.evaluation.items import LAST, RULES, made, places, recent

Plant = Callable[[pd.DataFrame], None]


def _judged(frame: pd.DataFrame, *names: str) -> list[DriftResult]:
    return detect_drift(frame, LAST, RULES, "other", places, str.split, names or tuple(WATCHED))


def _becomes(column: str, value: object, share: float) -> Plant:
    def plant(frame: pd.DataFrame) -> None:
        frame.loc[recent(frame, share), column] = value

    return plant


def _less_sure(frame: pd.DataFrame) -> None:
    frame.loc[recent(frame), "confidence"] -= 0.15


def _twice_as_long(frame: pd.DataFrame) -> None:
    rows = recent(frame, 0.4)
    frame.loc[rows, "text"] = frame.loc[rows, "text"] + " " + frame.loc[rows, "text"]


def _with(words: str, share: float) -> Plant:
    def plant(frame: pd.DataFrame) -> None:
        rows = recent(frame, share)
        frame.loc[rows, "text"] = frame.loc[rows, "text"] + " " + words

    return plant


PLANTED: dict[str, tuple[Plant, str]] = {
    "drift_label_mix": (_becomes("category", "delivery", 0.3), "delivery 2"),
    "drift_other_share": (_becomes("category", "other", 0.1), "other 1"),
    "drift_confidence": (_less_sure, "mean 0.75 → 0.6"),
    "drift_text_length": (_twice_as_long, "mean"),
    "drift_vocabulary": (_with("brandnew thing fromnowhere", 0.5), "new: brandnew, thing, fromnowhere"),
    "drift_language_mix": (_becomes("language", "nl", 0.2), "nl 0.0%"),
    "drift_embedding_centre": (_with("word400 word401 word402", 0.7), "furthest along"),
}


@pytest.mark.parametrize("name", list(WATCHED))
def test_planted_drift_is_found_and_the_bins_that_moved_are_named(name: str):
    plant, told = PLANTED[name]
    frame = made(1)
    plant(frame)
    (result,) = _judged(frame, name)
    assert result.level in ("warn", "fail") and result.value >= result.threshold
    assert told in result.reason and "2025-03-31 to 2025-04-06" in result.reason
    assert result.slices[0].move.size == result.value


@pytest.mark.parametrize("seed", range(4))
def test_stable_days_with_other_weekends_and_a_week_twice_as_busy_are_still(seed: int):
    results = _judged(made(seed, busy=2.0))
    assert [result.name for result in results if result.level != "still"] == []
    assert all(result.judged >= 10 and result.value < 0.1 for result in results)


def test_with_few_rows_an_index_that_chance_explains_is_no_alarm():
    rng, weekdays, same = np.random.default_rng(0), np.arange(28) % 7, np.full(10, 0.1)
    plain: list[float] = []
    alarms = 0
    for _ in range(200):
        before, now = rng.multinomial(5, same, 28).astype(float), rng.multinomial(15, same, 7).astype(float)
        p, q = (before.sum(axis=0) + 0.5) / 145, (now.sum(axis=0) + 0.5) / 110
        plain.append(float(((q - p) * np.log(q / p)).sum()))
        move = compare(before, now, weekdays, tuple("abcdefghij"))
        alarms += move.size >= 0.1 and move.chance < 0.01
    assert np.mean(np.array(plain) > 0.1) > 0.5  # uncorrected, more than half of the stable weeks would warn
    assert alarms <= 4


def test_a_slice_with_too_few_items_is_not_judged():
    frame = made(2, rows=40)
    (result,) = _judged(frame, "drift_label_mix")
    weekly = frame.iloc[recent(frame)]["language"].value_counts()
    assert result.judged < 10 and weekly["fr"] < RULES.least_rows
    assert not any("language fr" in one.name for one in result.slices)


def test_drift_in_one_language_only_is_found_there():
    frame = made(5)
    rows = recent(frame)
    german = rows[(frame.loc[rows, "language"] == "de").to_numpy()]
    frame.loc[german[: len(german) // 2], "category"] = "defect"
    (result,) = _judged(frame, "drift_label_mix")
    assert result.slices[0].name == "language de" and result.level in ("warn", "fail")


def test_a_lasting_rise_of_other_is_said_as_such_and_one_bad_day_is_not():
    frame = made(1)
    PLANTED["drift_other_share"][0](frame)
    (lasting,) = _judged(frame, "drift_other_share")
    assert "A lasting rise of 'other' in" in lasting.reason and "the taxonomy may lack a category" in lasting.reason
    frame = made(1)
    frame.loc[np.flatnonzero((frame["day"] == LAST - timedelta(days=2)).to_numpy()), "category"] = "other"
    (once,) = _judged(frame, "drift_other_share")
    assert once.level != "still" and "A lasting rise" not in once.reason


def test_a_new_word_is_not_taken_for_a_lasting_rise():
    frame = made(1)
    _with("brandnew thing lasting", 0.5)(frame)
    (result,) = _judged(frame, "drift_vocabulary")
    assert "new: brandnew, thing, lasting" in result.reason and "A lasting rise" not in result.reason


def test_a_fall_of_other_is_no_alarm():
    frame = made(1)
    frame.loc[recent(frame), "category"] = "delivery"
    (result,) = _judged(frame, "drift_other_share")
    assert result.level == "still" and result.value == 0


def test_labels_that_moved_with_a_new_model_say_so():
    frame = made(1)
    PLANTED["drift_label_mix"][0](frame)
    frame.loc[recent(frame), "model_version"] = "m2"
    (result,) = _judged(frame, "drift_label_mix")
    assert "labelled by m2, the days before were not" in result.reason


def test_the_first_days_of_a_lake_are_too_few_to_compare():
    frame = made(1, days=9)
    results = detect_drift(frame, frame["day"].max(), RULES, "other", places, str.split)
    assert {result.level for result in results} == {"too_few"}
    assert "2 days before" in results[0].reason


def test_days_that_differ_by_weekday_only_have_no_spread_and_bursts_have():
    rng, weekdays = np.random.default_rng(0), np.arange(28) % 7
    shares = np.where((weekdays >= 5)[:, None], [[0.8, 0.2]], [[0.5, 0.5]])
    steady = np.array([rng.multinomial(100, share) for share in shares], dtype=float)
    bursts = np.array([10 * rng.multinomial(10, share) for share in shares], dtype=float)
    assert spread_of_days(steady, weekdays)[0] < 1.6
    assert spread_of_days(bursts, weekdays)[0] == pytest.approx(10, rel=0.5)


def test_the_index_is_right_on_average_whatever_the_number_of_rows():
    rng, weekdays = np.random.default_rng(0), np.arange(28) % 7
    was, now = np.full(8, 1 / 8), np.array([0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    true = float(((now - was) * np.log(now / was)).sum())
    names = tuple("abcdefgh")
    for rows in (20, 200):
        drawn = [(rng.multinomial(rows, was, 28) * 1.0, rng.multinomial(rows, now, 7) * 1.0) for _ in range(200)]
        sizes = [compare(*one, weekdays, names).size for one in drawn]
        assert np.mean(sizes) == pytest.approx(true, rel=0.15)
