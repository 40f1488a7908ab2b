"""Labels given before: equal to those computed, for unchanged rows under unchanged versions, and for no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.classification import label_cache as module
from feedback_assets.classification.active_versions import Override, version_set_of
from feedback_assets.classification.label_cache import CachedLabels, label_cache
from feedback_assets.classification.labelling import label_days
from feedback_assets.classification.ledger import Ledger
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.lake.cache import CacheCounts, RowCache
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets_tests.cache_sources import uncovered
from feedback_assets_tests.classification.standins import NOON, WordModel, classifier
from feedback_assets_tests.classification.test_labelling import FEEDBACK, MONDAY, NOBODY, TUESDAY, silver
from feedback_assets_tests.classification.test_ledger import answered, request

DAYS = [MONDAY, TUESDAY]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def labelled(
    lake: Lake,
    feedback: pd.DataFrame,
    model: WordModel,
    days: list[date] = DAYS,
    client: ModelClient | None = None,
    cache: RowCache | None = None,
) -> tuple[dict[str, pd.DataFrame], CacheCounts]:
    opened = classifier(model)
    through = CachedLabels(cache or label_cache(lake), client)
    found = label_days(
        feedback,
        NOBODY,
        dict.fromkeys(days, (Override(version_set_of(opened)),)),
        lambda _: opened,
        client,
        NOON,
        through,
    )
    return found, through.counts


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> bool:
    return all(
        table_hash(one[table.name], table) == table_hash(other[table.name], table)
        for table in (tables.GOLD_ITEMS, tables.GOLD_ISSUES)
    )


def test_a_day_labelled_again_asks_no_model_and_gives_the_same_rows(lake: Lake):
    first, work = labelled(lake, FEEDBACK, WordModel())
    assert work == CacheCounts(computed=4, cached=0)
    model = WordModel()
    again, work = labelled(lake, FEEDBACK, model)
    assert work == CacheCounts(computed=0, cached=4)
    assert model.asked == []
    assert same(first, again)


def test_only_new_and_changed_rows_are_labelled(lake: Lake):
    labelled(lake, FEEDBACK, WordModel())
    more = silver(
        (MONDAY, "The parcel is late. The lid is broken.", 2.0),
        (MONDAY, "great", 4.0),
        (TUESDAY, "The lid is broken", None),
        (TUESDAY, "", 1.0),
        (TUESDAY, "Far too small, sadly.", 2.0),
    )
    through, work = labelled(lake, more, WordModel())
    plain, _ = labelled(Lake(f"{lake.root}-other"), more, WordModel())
    assert work == CacheCounts(computed=2, cached=3)
    assert same(through, plain)
    assert labelled(lake, more, WordModel())[1] == CacheCounts(computed=0, cached=5)


def test_days_are_cached_one_by_one_or_together(lake: Lake):
    for day in DAYS:
        labelled(lake, FEEDBACK[FEEDBACK["day"] == day], WordModel(), [day])
    assert labelled(lake, FEEDBACK, WordModel())[1] == CacheCounts(computed=0, cached=4)


def test_another_edition_or_other_code_recalls_nothing(lake: Lake):
    labelled(lake, FEEDBACK, WordModel())
    assert labelled(lake, FEEDBACK, WordModel(version="words-2"))[1].cached == 0
    labelled(lake, FEEDBACK, WordModel())
    assert labelled(lake, FEEDBACK, WordModel())[1].computed == 0
    newer = label_cache(lake, ("a-newer-library",))
    assert labelled(lake, FEEDBACK, WordModel(), cache=newer)[1].cached == 0


def test_what_a_language_model_may_still_say_is_not_cached(lake: Lake, tmp_path: Path):
    labelled(lake, FEEDBACK, WordModel())
    ledger = Ledger(lake, tmp_path / "journal", "run")
    ledger.add(request("somebody asked"), answered("somebody asked"))
    ledger.close()
    client = ModelClient("gpt", {}, ledger, None, lambda: NOON)
    _, work = labelled(lake, FEEDBACK, WordModel(), client=client)
    assert work == CacheCounts(computed=4, cached=0)
    _, work = labelled(lake, FEEDBACK, WordModel(), client=client)
    assert work == CacheCounts(computed=2, cached=2)  # two by rules
    _, work = labelled(lake, FEEDBACK, WordModel(), client=replace(client, name="gpt-2"))
    assert work.cached == 0


def test_the_version_of_the_code_covers_all_that_labels():
    assert not uncovered("feedback_assets.classification.labelling", module.SOURCES)
    assert uncovered("feedback_assets.classification.labelling", ("classification",))
