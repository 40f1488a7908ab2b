"""What was computed before is found by its content, by nothing less, and losing it costs nothing but time."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets.lake.cache import FOLDER, KEY, CacheCounts, RowCache, code_version, positions, row_keys, with_keys
from feedback_assets.lake.store import Lake

MONDAY, TUESDAY = date(2026, 2, 9), date(2026, 2, 10)
ROWS = pd.DataFrame({"text": ["a", "b", None], "stars": [1.0, None, 3.0]})
COLUMNS = ["text", "stars"]


@pytest.fixture
def cache(tmp_path: Path) -> RowCache:
    return RowCache(Lake(str(tmp_path)), "shout", ("text.py",), ())


def shouted(keys: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame({KEY: keys, "loud": ["A", "B", None], "day": [MONDAY] * 3})


def test_what_was_saved_is_loaded_as_it_was(cache: RowCache):
    keys = row_keys(ROWS, COLUMNS, "1")
    cache.save({MONDAY: shouted(keys)})
    known = cache.load([MONDAY, TUESDAY])
    assert positions(known, keys).tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(known, shouted(keys))


def test_a_day_without_a_value_in_a_column_fits_the_other_days(cache: RowCache):
    keys = row_keys(ROWS, COLUMNS, "1")
    cache.save({MONDAY: shouted(keys), TUESDAY: shouted(keys).assign(loud=float("nan"))})
    assert cache.load([MONDAY, TUESDAY])["loud"].isna().tolist() == [False, False, True, True, True, True]


def test_another_version_value_or_secret_is_not_found(cache: RowCache):
    cache.save({MONDAY: shouted(row_keys(ROWS, COLUMNS, "1"))})
    known = cache.load([MONDAY])
    changed = ROWS.assign(text=["a", "b", "c"])
    assert positions(known, row_keys(ROWS, COLUMNS, "2")).tolist() == [-1, -1, -1]
    assert positions(known, row_keys(ROWS, COLUMNS, "1", b"secret")).tolist() == [-1, -1, -1]
    assert positions(known, row_keys(changed, COLUMNS, "1")).tolist() == [0, 1, -1]


def test_values_that_join_to_the_same_text_have_different_keys():
    pairs = pd.DataFrame({"one": ["ab", "a", "", None, "1\x1fx"], "two": ["c", "bc", "abc", "abc", ""]})
    assert len(set(row_keys(pairs, ["one", "two"], "1"))) == 5


def test_nothing_cached_and_a_broken_file_are_both_nothing_known(cache: RowCache, tmp_path: Path):
    keys = row_keys(ROWS, COLUMNS, "1")
    assert positions(cache.load([MONDAY]), keys).tolist() == [-1, -1, -1]
    cache.save({MONDAY: shouted(keys)})
    (tmp_path / FOLDER / "shout" / f"{MONDAY}.parquet").write_bytes(b"PAR1 and then the power went")
    assert positions(cache.load([MONDAY]), keys).tolist() == [-1, -1, -1]


def test_a_day_is_replaced_whole_so_that_nothing_piles_up(cache: RowCache, tmp_path: Path):
    for version in ("1", "2", "3"):
        cache.save({MONDAY: shouted(row_keys(ROWS, COLUMNS, version))})
    assert len(cache.load([MONDAY])) == 3
    assert [path.name for path in (tmp_path / FOLDER / "shout").iterdir()] == [f"{MONDAY}.parquet"]


def test_what_killed_writers_left_behind_goes_with_the_next_that_saves(cache: RowCache, tmp_path: Path):
    folder = tmp_path / FOLDER / "shout"
    folder.mkdir(parents=True)
    old, young = (folder / f".{day}.parquet.{'ab' * 16}" for day in (MONDAY, TUESDAY))
    other, another = folder / ".ipynb_checkpoints", folder / f".{MONDAY}.parquet.{'cd' * 16}"
    for path in (old, young, other):
        path.write_bytes(b"half")
    another.mkdir()
    for path in (old, other, another):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    cache.save({TUESDAY: shouted(row_keys(ROWS, COLUMNS, "1"))})
    assert not old.exists() and all(path.exists() for path in (young, other, another))


def test_the_version_of_code_follows_its_sources_and_libraries():
    assert code_version(("text.py",)) == code_version(("text.py",))
    assert code_version(("text.py",)) != code_version(("text.py", "silver"))
    assert code_version(("text.py",), ("ftfy",)) != code_version(("text.py",), ("no-such-library",))


def test_counts_of_several_stages_add_up():
    assert (CacheCounts(2, 3) + CacheCounts(1, 0)).metadata() == {"rows_computed": 3, "rows_cached": 3}


def test_a_key_that_ends_in_zero_bytes_is_found_too(cache: RowCache):
    keys = [b"0123456789abcde\0", b"0123456789abcdef", b"0123456789abcd\0\0"]
    cache.save({MONDAY: shouted(keys)})
    known = cache.load([MONDAY])
    assert list(with_keys(known, keys)[KEY]) == keys
    assert list(positions(known, keys)) == [0, 1, 2]


def of(day: date, *texts: str) -> pd.DataFrame:
    return pd.DataFrame({"day": [day] * len(texts), "text": pd.Series(texts, dtype="str")})


def computed(rows: pd.DataFrame, cache: RowCache, days: list[date], failing: tuple[date, ...] = ()) -> list[str]:
    """The texts a stage had to compute: each gives as many rows as it has letters."""
    found = cache.find(rows, ["day", "text"], "v", days=days)
    missing = rows.assign(**{KEY: found.keys})[found.missing]
    found.save(missing.loc[missing.index.repeat(missing["text"].str.len())], failing)
    assert (found.counts.computed, found.counts.cached) == (int(found.missing.sum()), int((~found.missing).sum()))
    assert len(found.everything()) == rows["text"][~found.missing].str.len().sum()
    return missing["text"].tolist()


def test_only_what_is_new_is_computed_and_what_is_gone_leaves_the_cache(cache: RowCache):
    assert computed(of(MONDAY, "ab", "c"), cache, [MONDAY]) == ["ab", "c"]
    assert computed(of(MONDAY, "c", "def"), cache, [MONDAY]) == ["def"]
    assert sorted(cache.load([MONDAY])["text"]) == ["c", "def", "def", "def"]
    assert computed(of(MONDAY), cache, [MONDAY]) == []
    assert len(cache.load([MONDAY])) == 0


def test_a_day_that_fails_and_a_day_that_is_only_looked_at_are_not_changed(cache: RowCache):
    rows = pd.concat([of(MONDAY, "ab"), of(TUESDAY, "c")], ignore_index=True)
    computed(rows, cache, [MONDAY, TUESDAY], failing=(MONDAY,))
    assert cache.load([MONDAY, TUESDAY])["text"].tolist() == ["c"]
    assert computed(rows, cache, [MONDAY]) == ["ab"]
    computed(pd.concat([of(MONDAY, "ab"), of(TUESDAY, "new")], ignore_index=True), cache, [MONDAY])
    assert sorted(set(cache.load([MONDAY, TUESDAY])["text"])) == ["ab", "c"]


def test_a_cached_row_that_does_not_fit_is_computed_again(cache: RowCache):
    rows = of(MONDAY, "a", "b", "c")
    computed(rows, cache, [MONDAY])
    found = cache.find(pd.concat([of(MONDAY, "new"), rows]), ["day", "text"], "v", days=[MONDAY])
    found.reject((found.first()["text"] == "b").to_numpy(dtype=bool))
    assert found.missing.tolist() == [True, False, True, False]
    assert found.first()["text"].tolist() == ["a", "c"]


def test_the_folder_of_older_versions_goes_with_the_first_save(cache: RowCache, tmp_path: Path):
    former = tmp_path / "_memo" / "silver" / f"{MONDAY}.parquet"
    former.parent.mkdir(parents=True)
    former.write_bytes(b"what customers wrote")
    computed(of(MONDAY, "a"), cache, [MONDAY])
    assert not (tmp_path / "_memo").exists()
