"""Reading the files people write, as text, JSON Lines and YAML; what their content means is its owner's business.

What YAML itself lets pass and a person did not mean is refused here: bytes that are no UTF-8, a key written twice.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from feedback_assets.errors import CallError

# The loader in C is ten times as fast as the one in Python, which is slightly stricter about tabs and says better what
# is wrong; PyYAML without libyaml has only the latter.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _EachKeyOnce:
    """What both loaders do besides: refuse a key written twice, of which YAML would take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[tuple[str, str]] = set()
        for key in keys:
            if (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands here a second time, and only one can count", key.start_mark
                )
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)  # type: ignore[misc]


class _FastLoader(_EachKeyOnce, _FAST):
    pass


class _ExactLoader(_EachKeyOnce, yaml.SafeLoader):
    pass


def read_text(path: Path, wrong: type[CallError]) -> str:
    """The text of a file, without the mark that some editors put before UTF-8.

    Args:
        path: A file that is there.
        wrong: What to raise.

    Raises:
        CallError: `wrong`, where the file is not UTF-8; it names file, line and byte.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"line {line}: the byte {error.object[error.start]:#04x} is not UTF-8"
        raise wrong(f"{path}: {problem}; save the file as UTF-8") from error


def json_lines(path: Path, wrong: type[CallError]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the object of every line of a JSON Lines file that is not blank.

    Raises:
        CallError: `wrong`, where the file is not UTF-8 or a line is no JSON object; it names file and line.
    """
    # Not `splitlines`: inside a JSON text the line separators of Unicode may stand as they are.
    for number, line in enumerate(read_text(path, wrong).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except json.JSONDecodeError as error:
            raise wrong(f"{path}: line {number}: not JSON: {error.msg}; write one JSON object a line") from error
        if not isinstance(row, dict):
            raise wrong(f"{path}: line {number}: no JSON object; write one JSON object a line")
        yield number, cast("dict[str, Any]", row)


def read_mapping(path: Path, wrong: type[CallError], start: str) -> dict[Any, Any]:
    """The mapping a file holds; see `parse_mapping`.

    Raises:
        CallError: `wrong`, where the file is not UTF-8, not YAML, or holds something else.
    """
    return parse_mapping(read_text(path, wrong), str(path), wrong, start)


def parse_mapping(text: str, place: str, wrong: type[CallError], start: str) -> dict[Any, Any]:
    """The mapping a text holds, its values as plain YAML gives them.

    Args:
        text: YAML.
        place: Named in errors.
        wrong: What to raise.
        start: What to do where it is no mapping, such as "start with `name:`".

    Raises:
        CallError: `wrong`, where it is not YAML, a key stands twice, or it holds something else; it names the line.
    """
    try:
        try:
            content: Any = yaml.load(text, Loader=_FastLoader)  # noqa: S506, a safe loader
        except yaml.YAMLError:
            content = yaml.load(text, Loader=_ExactLoader)  # noqa: S506, a safe loader; for its message
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: a date such as 2025-02-30
        raise wrong(f"{place}: not YAML: {error}; fix the line it names") from error
    if not isinstance(content, dict):
        raise wrong(f"{place}: holds no mapping; {start}")
    return cast("dict[Any, Any]", content)
