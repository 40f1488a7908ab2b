"""Files on a local disk that appear whole or not at all, whoever else writes them at the same moment.

A file is written beside its place under a name no other writer has, and moved there when it is on the disk.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

# How old an unfinished file is that nobody finishes any more: a machine may sleep for hours in the middle of writing.
_LEFT_BEHIND = timedelta(days=1)


def beside(path: Path) -> Path:
    """A name in the same folder for what is not finished: hidden, and no other writer's."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


def write_whole(path: Path, content: str) -> None:
    """Write a text as UTF-8, replacing what is there. Of several writers at once the last one stands.

    Args:
        path: Where; its folder is made.
        content: The text.

    Raises:
        OSError: The disk refused, and it names `path`; what was there is still there, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = beside(path)
    try:
        write_through(unfinished, content.encode())
        unfinished.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        forget(unfinished)
    sweep(path.parent, path.suffix)


def write_through(path: Path, content: bytes) -> None:
    """Write bytes and wait until the disk holds them."""
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def forget(unfinished: Path) -> None:
    """Remove what was not finished, if it is there; a disk that refuses has said so before."""
    with suppress(OSError):
        unfinished.unlink()


@lru_cache(maxsize=10_000)  # once for each folder and process: to list a full one takes milliseconds
def sweep(folder: Path, suffix: str) -> None:
    """Remove what killed writers left unfinished; who may not leaves it there.

    Args:
        folder: Where files are written.
        suffix: How their names end; only unfinished ones of such a name, a day old, are removed.
    """
    unfinished = re.compile(rf"\..*{re.escape(suffix)}\.[0-9a-f]{{32}}")
    oldest = time.time() - _LEFT_BEHIND.total_seconds()
    for left in folder.glob(f".*{suffix}.*"):
        with suppress(OSError):  # one that is finished meanwhile must not save the others
            if not unfinished.fullmatch(left.name) or left.stat().st_mtime > oldest:
                continue
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
