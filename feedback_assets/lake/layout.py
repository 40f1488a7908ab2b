"""The layout mark of a lake: which changes of what is stored it has been through, kept in the lake itself.

Only the mark. What a change does to an older lake is a step of `orchestration/upgrade.py`, which has its name.
The mark is the lake's marker too: it proves that the store which answers is the one that holds the lake.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from feedback_assets.errors import CallError
from feedback_assets.files.store_marker import Marker, StoreError
from feedback_assets.lake.filesystems import open_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyarrow.fs import FileSystem

# In order. A change of columns, table names or file layouts in the lake is a name here and a step with that name in
# `orchestration/upgrade.py`; a lake that lacks one is refused until `feedback upgrade` has run.
CHANGES: tuple[str, ...] = ("ticket_fields", "ledger_prompts", "active_versions")

FILE = "_layout.json"


class LayoutError(CallError):
    """The lake was made by another version; the message names the command or the version that opens it."""

    @classmethod
    def outdated(cls, root: str, lacks: Sequence[str]) -> LayoutError:
        """A lake that lacks changes."""
        return cls(
            f"{root}: was made by an older version of feedback-assets (it lacks: {', '.join(lacks)}); nothing was "
            "written, run `feedback upgrade`"
        )


def recorded(root: str, options: dict[str, str]) -> tuple[str, ...] | None:
    """The changes the lake has been through; None when it has no mark: it is empty, or older than marks are.

    Args:
        root: Root of the lake, a path or URL.
        options: Storage options of an object store.

    Raises:
        LayoutError: Something else than a mark of ours answers; it names the endpoint and the settings.
        StoreError: The bucket is missing, the store refuses, or nothing answers.
    """
    marker = _marker(root, options)
    content = marker.read()
    if content is None:
        return None
    try:
        read: Any = json.loads(content)
        changes = cast("list[object]", read["changes"])
        return tuple(str(name) for name in changes)
    except (ValueError, TypeError, KeyError) as error:
        raise LayoutError(marker.wrong_content(content, 'a layout mark such as {"changes": []}')) from error


def missing(root: str, options: dict[str, str], changes: Sequence[str] = CHANGES) -> list[str]:
    """The changes the lake lacks, in order; none for an empty lake, which is made as this version wants it.

    Args:
        root: Root of the lake, a path or URL.
        options: Storage options of an object store.
        changes: What this version expects.

    Raises:
        LayoutError: The mark is not one of ours, or of a newer version.
    """
    known = recorded(root, options)
    if known is None:
        return [] if is_empty(root, options) else list(changes)
    newer = [name for name in known if name not in changes]
    if newer:
        raise LayoutError(
            f"{root}: was written by a newer version of feedback-assets (it knows {', '.join(newer)}); "
            "install that version, or choose another lake with FEEDBACK_HOME or FEEDBACK_LAKE_URL"
        )
    return [name for name in changes if name not in known]


def require_current(root: str, options: dict[str, str], changes: Sequence[str] = CHANGES) -> None:
    """Refuse a lake that an older or newer version made.

    Raises:
        LayoutError: It names what is missing and the command.
    """
    lacks = missing(root, options, changes)
    if lacks:
        raise LayoutError.outdated(root, lacks)


def claim(root: str, options: dict[str, str], changes: Sequence[str] = CHANGES) -> None:
    """What a writer does first: refuse a lake of another version, and mark one that is empty as this version's.

    Raises:
        LayoutError: It names what is missing and the command.
        StoreError: The place is no store that keeps what is written, or it ignores If-None-Match.
    """
    require_current(root, options, changes)
    marker = _marker(root, options)
    if recorded(root, options) is None:
        marker.create(_content(changes))
        if recorded(root, options) is None:
            raise StoreError(marker.lost_content())
    marker.refuse_without_conditional_put(_content(changes))


def record(root: str, options: dict[str, str], changes: Iterable[str]) -> None:
    """Write the mark, whole: these are the changes the lake has been through."""
    _marker(root, options).replace(_content(changes))


def fix_for_store(root: str, options: dict[str, str]) -> str:
    """Where to look when a store answers with errors: the root, its endpoint and the settings of both."""
    marker = _marker(root, options)
    return f"{marker.place()}, or {marker.fix()}"


def is_empty(root: str, options: dict[str, str]) -> bool:
    """Whether the lake holds no table; leases and caches, whose folders begin with an underscore, are none."""
    return not any(_tables(open_folder(root, options)))


def _tables(folder: FileSystem) -> Iterable[str]:
    from pyarrow.fs import FileSelector

    layers = folder.get_file_info(FileSelector("", allow_not_found=True))
    for layer in (info.path for info in layers if not info.base_name.startswith(("_", "."))):
        for table in folder.get_file_info(FileSelector(layer, allow_not_found=True)):
            yield table.path


def _marker(root: str, options: dict[str, str]) -> Marker:
    return Marker(root, FILE, "FEEDBACK_LAKE_URL or FEEDBACK_HOME", options)


def _content(changes: Iterable[str]) -> bytes:
    return (json.dumps({"changes": list(changes)}, indent=1) + "\n").encode()
