"""A disk that is full or read-only: told by name with the mend, nothing lost, and the next write works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.files.whole_files import write_whole
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake, LakeError

TABLE = tables.GOLD_DAILY_COUNTS
DAY = date(2025, 3, 1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes of a disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def counts(rows: int, generation: int) -> pd.DataFrame:
    # Random names, which do not compress.
    names = np.random.default_rng(generation).bytes(rows * 16).hex()
    return pd.DataFrame(
        {"day": DAY, "category": "c", "product_id": names[row * 32 : row * 32 + 32], "region": "-",
         "channel": "survey", "language": "en", "app_version": "-", "issues": generation, "negative": 0,
         "severity_sum": 1.0}
        for row in range(rows)
    )  # fmt: skip


def write(lake: Lake, frame: pd.DataFrame) -> None:
    lake.write_days(TABLE, frame, DAY, DAY + timedelta(days=1), {})


def fill(disk: Path) -> Path:
    """Ballast that leaves no room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as handle, pytest.raises(OSError, match="No space left"):
        while True:
            handle.write(os.urandom(4096))
    return ballast


def run(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "feedback_assets.cli.main", "--home", str(home), "run"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_home_on_a_full_or_read_only_disk_is_told_in_a_line(small_disk: Path):
    ballast = fill(small_disk)
    full = run(small_disk / "home")
    ballast.unlink()
    well = run(small_disk / "home")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    read_only = run(small_disk / "home")
    assert (full.returncode, well.returncode, read_only.returncode) == (3, 0, 3), (full, well, read_only)
    for told in (full.stderr, read_only.stderr):
        assert "Traceback" not in told and ("free space" in told or "writ" in told)


def test_a_file_on_a_read_only_or_full_disk_is_named_and_stays_as_it_was(small_disk: Path):
    path = small_disk / "said.yaml"
    write_whole(path, "before")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OSError, match=rf"Read-only file system: '{path}'"):
        write_whole(path, "after")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    fill(small_disk)
    with pytest.raises(OSError, match=rf"No space left on device: '{path}'"):
        write_whole(path, "after" * 1000)
    assert path.read_text() == "before"
    assert {one.name for one in small_disk.iterdir()} == {"said.yaml", "ballast"}


def test_a_full_disk_is_named_loses_nothing_and_takes_the_write_when_space_is_freed(small_disk: Path, tmp_path: Path):
    lake = Lake(str(small_disk / "lake"))
    write(lake, counts(100, 1))
    before = table_hash(lake.read(TABLE), TABLE)
    ballast = fill(small_disk)
    with pytest.raises(LakeError, match=r"disk/lake/gold/daily_counts: cannot be .+ the disk is full: free space"):
        write(lake, counts(20_000, 2))
    assert table_hash(lake.read(TABLE), TABLE) == before
    ballast.unlink()
    write(lake, counts(2_000, 2))
    elsewhere = Lake(str(tmp_path / "lake"))
    write(elsewhere, counts(2_000, 2))
    assert table_hash(lake.read(TABLE), TABLE) == table_hash(elsewhere.read(TABLE), TABLE)


def test_a_read_only_lake_is_named_and_still_read(small_disk: Path):
    lake = Lake(str(small_disk / "lake"))
    write(lake, counts(100, 1))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LakeError, match=r"lake/gold/daily_counts: cannot be .+ the place is read-only: make it"):
        write(lake, counts(100, 2))
    assert set(lake.read(TABLE)["issues"]) == {1}
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    write(lake, counts(100, 2))
    assert set(lake.read(TABLE)["issues"]) == {2}
