"""The `dagster.yaml` of a home: what a new home gets, and what an older one lacks. Only the file; no Dagster.

People may change theirs, so an older file is completed and never replaced.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import parse_mapping, read_text
from feedback_assets.files.whole_files import write_whole

# For an installation without the checkout's dagster.yaml: the same, without its reasons.
PACKAGED = """telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {runs: {max_concurrent_runs: 1}}
run_monitoring: {enabled: true}
run_retries: {enabled: true, max_retries: 3, retry_on_asset_or_op_failure: false}
sensors: {use_threads: true}
"""
# Added since homes have this file: (section, key, value, why).
_ADDED = (
    ("sensors", "use_threads", True, "Each sensor in a thread of its own, so that a slow store holds up no other."),
)


def instance_file(settings: Settings) -> Path:
    """Where the home's file is."""
    return settings.dagster_dir / "dagster.yaml"


def new_text() -> str:
    """What a new home gets: the checkout's file, else the same without its comments."""
    ours = Path(__file__).resolve().parents[2] / "dagster.yaml"
    return ours.read_text(encoding="utf-8") if ours.is_file() else PACKAGED


def lacks(settings: Settings) -> bool:
    """Whether the home has a file without a key this version needs; another value of it is a person's choice."""
    path = instance_file(settings)
    return path.exists() and bool(_missing(path, _read(path)))


def names(settings: Settings) -> set[str]:
    """The sections that the home's file has."""
    path = instance_file(settings)
    return set(_parsed(path, _read(path)))


def complete(settings: Settings) -> str:
    """Add what the file lacks, leaving every line that is there; says what was added.

    Raises:
        CallError: The file is not YAML, or is written in a way that cannot be added to; it names the lines to add.
    """
    path = instance_file(settings)
    text = _read(path)
    added = _missing(path, text)
    for section, key, value, why in added:
        line = f"{key}: {str(value).lower()}"
        before = _parsed(path, text)
        after = _with_key(text, section, line, why) if section in before else _with_section(text, section, line, why)
        if _parsed(path, after) != {**before, section: {**(before.get(section) or {}), key: value}}:
            raise CallError(f"{path}: {section}: cannot be completed; add the line `{line}` there")
        text = after
    if added:
        write_whole(path, text)
    return f"{path}: added {', '.join(f'{section}.{key}' for section, key, *_ in added)}"


def _with_key(text: str, section: str, line: str, why: str) -> str:
    block = re.search(rf"^{section}:[ \t]*(#.*)?\n(?P<indent>[ \t]+)(?=\S)", text, re.MULTILINE)
    if block:
        start = block.start("indent")
        indent = block["indent"]
        return f"{text[:start]}{indent}# {why}\n{indent}{line}\n{text[start:]}"
    flow = re.search(rf"^{section}:[ \t]*\{{(?P<rest>[^}}]*)\}}", text, re.MULTILINE)
    if flow:
        rest = flow["rest"].strip()
        inner = f"{rest}, {line}" if rest else line
        return f"{text[: flow.start()]}{section}: {{{inner}}}{text[flow.end() :]}"
    return text


def _with_section(text: str, section: str, line: str, why: str) -> str:
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}\n# {why}\n{section}:\n  {line}\n"


def _missing(path: Path, text: str) -> list[tuple[str, str, bool, str]]:
    parsed = _parsed(path, text)
    return [added for added in _ADDED if added[1] not in (parsed.get(added[0]) or {})]


def _parsed(path: Path, text: str) -> dict[str, Any]:
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n")):
        return {}  # Dagster takes an empty file for its defaults
    return parse_mapping(
        text, str(path), CallError, "write `section:` with its keys, or delete it and the next run makes a new one"
    )


def _read(path: Path) -> str:
    return read_text(path, CallError)
