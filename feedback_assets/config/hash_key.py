"""The key that turns customer ids into hashes: made once, kept outside the lake, readable by its owner only.

Only reading and making the key; hashing itself is in the rooms.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from feedback_assets.errors import CallError

_BYTES = 32


class KeyFileError(CallError):
    """The key file cannot be used; the message names it and the fix."""


def hashing_key(path: Path) -> bytes:
    """The key in that file, made on first use.

    Two processes making it at once end with the same key.

    Raises:
        KeyFileError: The file is not 32 bytes long, for instance cut short by a full disk.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
    key = path.read_bytes()
    if len(key) != _BYTES:
        raise KeyFileError(
            f"{path}: holds {len(key)} bytes, not {_BYTES}; restore it from a backup: with another key "
            "customers and orders get other hashes than in the days already computed"
        )
    return key


def _make(path: Path) -> None:
    """Write a new key under a temporary name and link it into place, unless somebody else was first."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_bytes(_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # Somebody else was first: theirs is the key.
    finally:
        temporary.unlink()
