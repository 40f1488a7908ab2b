"""What was computed before is found by its content, by nothing less, and losing it costs nothing but time."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets.lake.memo import FOLDER, KEY, Memo, Work, code_version, having, keys_of, positions
from feedback_assets.lake.store import Lake

MONDAY, TUESDAY = date(2026, 2, 9), date(2026, 2, 10)
ROWS = pd.DataFrame({"text": ["a", "b", None], "stars": [1.0, None, 3.0]})
COLUMNS = ["text", "stars"]


@pytest.fixture
def memo(tmp_path: Path) -> Memo:
    return Memo(Lake(str(tmp_path)), "shout", "1")


def shouted(keys: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame({KEY: keys, "loud": ["A", "B", None], "day": [MONDAY] * 3})


def test_what_was_kept_is_recalled_as_it_was(memo: Memo):
    keys = keys_of(ROWS, COLUMNS, "1")
    memo.keep({MONDAY: shouted(keys)})
    known = memo.recall([MONDAY, TUESDAY])
    assert positions(known, keys).tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(known, shouted(keys))


def test_a_day_without_a_value_in_a_column_fits_the_other_days(memo: Memo):
    keys = keys_of(ROWS, COLUMNS, "1")
    memo.keep({MONDAY: shouted(keys), TUESDAY: shouted(keys).assign(loud=float("nan"))})
    assert memo.recall([MONDAY, TUESDAY])["loud"].isna().tolist() == [False, False, True, True, True, True]


def test_another_version_value_or_secret_is_not_found(memo: Memo):
    memo.keep({MONDAY: shouted(keys_of(ROWS, COLUMNS, "1"))})
    known = memo.recall([MONDAY])
    changed = ROWS.assign(text=["a", "b", "c"])
    assert positions(known, keys_of(ROWS, COLUMNS, "2")).tolist() == [-1, -1, -1]
    assert positions(known, keys_of(ROWS, COLUMNS, "1", b"secret")).tolist() == [-1, -1, -1]
    assert positions(known, keys_of(changed, COLUMNS, "1")).tolist() == [0, 1, -1]


def test_values_that_join_to_the_same_text_have_different_keys():
    pairs = pd.DataFrame({"one": ["ab", "a", "", None, "1\x1fx"], "two": ["c", "bc", "abc", "abc", ""]})
    assert len(set(keys_of(pairs, ["one", "two"], "1"))) == 5


def test_nothing_kept_and_a_broken_file_are_both_nothing_known(memo: Memo, tmp_path: Path):
    keys = keys_of(ROWS, COLUMNS, "1")
    assert positions(memo.recall([MONDAY]), keys).tolist() == [-1, -1, -1]
    memo.keep({MONDAY: shouted(keys)})
    (tmp_path / FOLDER / "shout" / f"{MONDAY}.parquet").write_bytes(b"PAR1 and then the power went")
    assert positions(memo.recall([MONDAY]), keys).tolist() == [-1, -1, -1]


def test_a_day_is_replaced_whole_so_that_nothing_piles_up(memo: Memo, tmp_path: Path):
    for version in ("1", "2", "3"):
        memo.keep({MONDAY: shouted(keys_of(ROWS, COLUMNS, version))})
    assert len(memo.recall([MONDAY])) == 3
    assert [path.name for path in (tmp_path / FOLDER / "shout").iterdir()] == [f"{MONDAY}.parquet"]


def test_what_killed_writers_left_behind_goes_with_the_next_that_keeps(memo: Memo, tmp_path: Path):
    folder = tmp_path / FOLDER / "shout"
    folder.mkdir(parents=True)
    old, young = (folder / f".{day}.parquet.{'ab' * 16}" for day in (MONDAY, TUESDAY))
    other, another = folder / ".ipynb_checkpoints", folder / f".{MONDAY}.parquet.{'cd' * 16}"
    for path in (old, young, other):
        path.write_bytes(b"half")
    another.mkdir()
    for path in (old, other, another):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    memo.keep({TUESDAY: shouted(keys_of(ROWS, COLUMNS, "1"))})
    assert not old.exists() and all(path.exists() for path in (young, other, another))


def test_the_version_of_code_follows_its_sources_and_libraries():
    assert code_version(("text.py",)) == code_version(("text.py",))
    assert code_version(("text.py",)) != code_version(("text.py", "silver"))
    assert code_version(("text.py",), ("ftfy",)) != code_version(("text.py",), ("no-such-library",))


def test_work_of_several_stages_adds_up():
    assert (Work(2, 3) + Work(1, 0)).metadata() == {"rows_computed": 3, "rows_recalled": 3}


def test_a_key_that_ends_in_zero_bytes_is_found_too(memo: Memo):
    keys = [b"0123456789abcde\0", b"0123456789abcdef", b"0123456789abcd\0\0"]
    memo.keep({MONDAY: shouted(keys)})
    known = memo.recall([MONDAY])
    assert list(having(known, keys)[KEY]) == keys
    assert list(positions(known, keys)) == [0, 1, 2]
