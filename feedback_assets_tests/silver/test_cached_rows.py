"""Rows of silver made before: equal to those computed, as long as nothing they were made of has changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_assets import tables
from feedback_assets.config.mappings import Mapping
from feedback_assets.lake.cache import FOLDER, CacheCounts, RowCache
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets.silver import cached_rows
from feedback_assets.silver.cached_rows import silver_cache
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.feedback import Silver
from feedback_assets.silver.fields import Mappings
from feedback_assets.silver.redact import keyed_hash
from feedback_assets_tests.cache_sources import uncovered
from feedback_assets_tests.silver.rows import DAY, RULES, at, bronze_row, silver
from feedback_assets_tests.silver.test_feedback import _DAYS

LONG = "the zip of the jacket broke on day one and nobody at the shop answers my mails"
ROWS = [
    bronze_row("e1", {"text": "It broke after two days", "customer_name": "Anna Schmidt", "order_id": "O-77123"}),
    bronze_row("e2", {"text": "Ruf an: 030/1234567, Kurt Weber", "customer_id": "C-991", "email": "kurt@web.de"}),
    bronze_row("e3", {"text": LONG, "customer_id": "C-992"}, when=at(8)),
    bronze_row("e4", {"text": f"{LONG}!", "customer_id": "C-992"}, when=at(9)),
    bronze_row("e5", {"text": "too late", "rating": "abc"}),
    bronze_row("e6", {"text": "mine", "mirror_of": "e1"}, when=at(13)),
]


@pytest.fixture
def cache(tmp_path: Path) -> RowCache:
    return silver_cache(Lake(str(tmp_path)))


def through(cache: RowCache, rows: list[dict[str, Any]] = ROWS, **more: Any) -> Silver:
    found = silver(rows, cache=cache, **more)
    found.cached.save(failing=())
    return found


def hashes(found: Silver) -> dict[str, str]:
    return {name: table_hash(frame, tables.by_name(name)) for name, frame in found.frames().items()}


def test_a_day_computed_again_does_no_work_and_gives_the_same_tables(cache: RowCache):
    plain = silver(ROWS)
    first, again = through(cache), through(cache)
    assert (len(plain.feedback), len(plain.duplicates), len(plain.quarantine)) == (3, 2, 1)
    assert first.cached.counts == CacheCounts(computed=6, cached=0)
    assert again.cached.counts == CacheCounts(computed=0, cached=6)
    assert again.computed.empty
    assert hashes(plain) == hashes(first) == hashes(again)


def test_only_new_and_changed_rows_are_computed(cache: RowCache):
    through(cache)
    changed = [bronze_row("e1", {"text": "It broke after three days"}, line=ROWS[0]["line"])]
    rows = [*changed, *ROWS[1:], bronze_row("e7", {"text": "a new one"})]
    found = through(cache, rows)
    assert found.cached.counts == CacheCounts(computed=2, cached=5)
    assert hashes(found) == hashes(silver(rows))


def test_an_earlier_original_makes_a_cached_row_its_copy(cache: RowCache):
    through(cache)
    rows = [*ROWS, bronze_row("e0", {"text": f"{LONG}!!", "customer_id": "C-992"}, when=at(7))]
    found = through(cache, rows)
    assert found.cached.counts == CacheCounts(computed=1, cached=6)
    assert set(found.duplicates["original_event_id"]) == {"e0", "e1"}
    assert hashes(found) == hashes(silver(rows))


def test_rows_of_the_days_before_are_compared_with_as_they_were_kept(cache: RowCache):
    next_day = DAY + timedelta(days=1)
    through(cache)
    rows = [*ROWS, bronze_row("e8", {"text": LONG, "customer_id": "C-992"}, when=at(1, next_day))]
    found = through(cache, rows, days=[next_day])
    assert len(found.cached.missing) == 1
    assert found.duplicates["original_event_id"].tolist() == ["e3"]
    assert hashes(found) == hashes(silver(rows, days=[next_day]))


def test_another_product_order_mapping_key_or_code_is_noticed(cache: RowCache, tmp_path: Path):
    product = {"day": DAY, "event_id": "c", "product_id": "p1", "product_name": "Anna Schmidt", "unit_price": 20.0}
    ordered = {
        "day": DAY, "event_id": "o", "event_type": "order_item", "product_id": "p1", "region": "FR",
        "order_ref": keyed_hash("O-77123", RULES.key),
    }  # fmt: skip
    mappings = Mappings({"br": Mapping(name="br", source="br", fields={"text": "texto"})})
    changes: list[tuple[dict[str, Any], int]] = [
        ({"catalog": [product]}, 0),
        ({"commerce": [ordered]}, 5),  # but for the one row of that order
        ({"rules": ReadingRules(RULES.key, mappings, RULES.low_trust)}, 0),
        ({"rules": ReadingRules(b"another key", low_trust=RULES.low_trust)}, 0),
        ({"rules": ReadingRules(RULES.key, low_trust=RULES.low_trust, order_patterns=(r"day \w+",))}, 0),
    ]
    for change, spared in changes:
        through(cache)
        found = through(cache, **change)
        assert found.cached.counts.cached == spared
        assert hashes(found) == hashes(silver(ROWS, **change))
    through(cache)
    assert through(cache).cached.counts.computed == 0
    assert through(silver_cache(Lake(str(tmp_path)), ("a-newer-library",))).cached.counts.cached == 0


def test_what_left_the_day_leaves_what_is_kept_of_it(cache: RowCache, tmp_path: Path):
    through(cache)
    for rows in (ROWS[1:], []):
        through(cache, rows, days=[DAY])
        kept = str(pq.read_table(next((tmp_path / FOLDER / "silver").iterdir())).to_pylist())
        assert "It broke after two days" not in kept
        assert (LONG in kept) == bool(rows)


def test_what_repeated_another_was_looked_at_for_personal_values_before_it_is_cached(cache: RowCache):
    first = through(cache)
    copies = {row["event_id"] for row in ROWS} - set(first.feedback["event_id"])
    assert {"e4", "e6"} <= copies
    assert {"e4", "e6"} <= set(first.computed["event_id"])
    alone = [row for row in ROWS if row["event_id"] != "e3"]
    again = through(cache, alone)
    assert again.computed.empty and "e4" in set(again.feedback["event_id"])


def test_a_day_that_fails_is_not_kept(cache: RowCache):
    silver(ROWS, cache=cache).cached.save(failing=[DAY])
    assert silver(ROWS, cache=cache).cached.counts.cached == 0


def test_what_is_kept_holds_no_personal_value(cache: RowCache, tmp_path: Path):
    malformed = '{"event_id": "x", "payload": {"customer_name": "Karl Moor", "text": "kaputt, a@web.de"'
    through(cache, [*ROWS, bronze_row("", problem="no JSON", payload=None, raw=malformed, source=None)])
    kept = str(pq.read_table(next((tmp_path / FOLDER / "silver").iterdir())).to_pylist())
    assert "It broke after two days" in kept
    for value in ("Anna", "Schmidt", "77123", "1234567", "Kurt", "Weber", "C-99", "web.de", "Karl", "Moor"):
        assert value not in kept


@settings(max_examples=25, deadline=None)
@given(_DAYS, st.integers(0, 25))
def test_what_was_there_before_makes_no_difference(rows: list[dict[str, Any]], cut: int):
    days = [DAY - timedelta(days=back) for back in range(4)]
    with TemporaryDirectory() as folder:
        cache = silver_cache(Lake(folder))
        through(cache, rows[:cut], days=days)
        found = through(cache, rows, days=days)
        assert hashes(found) == hashes(silver(rows, days))
        assert through(cache, rows, days=days).cached.counts.computed == 0


def test_the_version_of_the_code_covers_all_that_makes_a_row():
    assert not uncovered("feedback_assets.silver.feedback", cached_rows.SOURCES)
    assert uncovered("feedback_assets.silver.feedback", ("silver",))
