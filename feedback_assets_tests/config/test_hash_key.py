"""The hashing key."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feedback_assets.config.hash_key import KeyFileError, hashing_key


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "hash.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: hashing_key(path), range(16)))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["hash.key"]


def test_a_key_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hash.key").write_bytes(b"short")
    with pytest.raises(KeyFileError, match="holds 5 bytes, not 32; restore it"):
        hashing_key(tmp_path / "hash.key")
