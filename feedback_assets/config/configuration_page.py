"""Writes docs/configuration.md from the models: `python -m feedback_assets.config.configuration_page`.

Only the page. What a setting means is said where it is declared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from feedback_assets.config.documents import inside, key_of, options, read_document
from feedback_assets.config.prompts_folder import MODELS
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.config.thresholds import Thresholds
from feedback_assets.config.word_files import CLAUSE_CUES, FIXED_CUES, LexiconWords, ModerationWords

_HEAD = """# Configuration

This page is written by `python -m feedback_assets.config.configuration_page` from the models in
`feedback_assets/config/`. Do not edit it: change the description beside the field and write the page again.

There are two kinds of configuration. **Settings** say where things are and what may be reached; they come from the
environment or a `.env` file. **The prompts folder** says what labels, numbers and words decide. `feedback doctor` reads
both and tells every fault with file, line, key and what to write. A key nobody knows, a value out of range and a name
that nothing declares are refused: nothing is taken for a default in silence.

How to change the prompts folder, and which files go together when another taxonomy is swapped in, stands in
[tuning.md](tuning.md).
"""
_TABLE = "| name | unit or type | default | what it does and why |\n|---|---|---|---|\n"
_MUST = "must be set"
_THRESHOLDS = Path(__file__).parents[2] / "prompts" / "thresholds.yaml"


def page() -> str:
    """The whole page, Markdown."""
    shipped = read_document(_THRESHOLDS, "").content
    parts = [_HEAD, "\n## Settings\n\nEach is an environment variable. Secrets are never printed.\n\n", _TABLE]
    parts += [
        _row(_variable(name, info), _kind(info.annotation), info, info.description or "") for name, info in _settings()
    ]
    parts.append(
        "\n## thresholds.yaml\n\nThe numbers that decide. Their values stand in the file, each with its reason.\n"
    )
    for name, info in Thresholds.model_fields.items():
        parts.append(f"\n### {name}\n\n{_reason(info)}\n\n{_TABLE}")
        parts += _rows(get_type_hints(Thresholds)[name], shipped=shipped[name])
    parts.append("\n## taxonomy.yaml\n\nWhat an issue can be, who owns it, and how fast it must move.\n\n" + _TABLE)
    parts += _rows(Taxonomy)
    parts.append("\n## lexicon.yaml\n\nWords of several languages for one concept.\n\n" + _TABLE)
    parts += _rows(LexiconWords)
    parts.append("\n## moderation.yaml\n\nWhat people must see first.\n\n" + _TABLE)
    parts += _rows(ModerationWords)
    cues = ", ".join(f"`{name}`" for name in (*FIXED_CUES, *CLAUSE_CUES))
    parts.append(
        "\n## cues.yaml\n\nWords that tell something beside the label, as `cue: {language: [words]}`. "
        f"All of these must be there: {cues}. Each other one is called `part_` and a component of the taxonomy.\n"
    )
    parts.append(f"\n## Models known by name\n\nA price may stand under these: {', '.join(MODELS)}.\n")
    return "".join(parts)


def _settings() -> Iterator[tuple[str, FieldInfo]]:
    yield from Settings.model_fields.items()


def _variable(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return ", ".join(str(choice) for choice in alias.choices)
    return str(alias) if alias else f"FEEDBACK_{name.upper()}"


def _rows(model: type[BaseModel], above: str = "", shipped: object = None) -> Iterator[str]:
    """The rows of a model's fields, each followed by those inside it; the default of a number is the shipped one."""
    hints = get_type_hints(model, include_extras=True)
    for name, info in model.model_fields.items():
        path = f"{above}{key_of(model, name)}"
        extra: Any = info.json_schema_extra
        value = inside(shipped, (key_of(model, name),))
        default = f"{value}" if isinstance(value, int | float | str) else _default(info)
        yield _row(path, extra["unit"], info, extra["reason"], default)
        for step, inner in _inside(hints[name]):
            yield from _rows(inner, f"{path}{step}.", None if step else value)


def _inside(kind: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models a field holds, each with how a place in it is written."""
    for option in options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield "", option
        elif len(get_args(option)) == 2 and get_args(option)[1] is not Ellipsis:
            yield from ((f".<name>{step}", model) for step, model in _inside(get_args(option)[1]))
        elif get_args(option):
            yield from ((f"[]{step}", model) for step, model in _inside(get_args(option)[0]))


def _row(name: str, unit: str, info: FieldInfo, reason: str, default: str | None = None) -> str:
    bounds = _bounds(info)
    unit = f"{unit}, {bounds}" if bounds else unit
    cells = (f"`{name}`", unit, default or _default(info), reason)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _reason(info: FieldInfo) -> str:
    extra: Any = info.json_schema_extra
    return str(extra["reason"])


def _bounds(info: FieldInfo) -> str:
    words = {"ge": "at least", "gt": "over", "le": "at most", "lt": "under"}
    named = [(words[name], getattr(mark, name)) for mark in info.metadata for name in words if hasattr(mark, name)]
    return ", ".join(f"{word} {bound:g}" for word, bound in named)


def _default(info: FieldInfo) -> str:
    value: Any = info.default
    if value is PydanticUndefined:
        return _MUST
    if value is None or value in ("", ()) or str(value) == "":
        return "none"
    if hasattr(value, "get_secret_value"):
        return "none"
    return (
        ", ".join(str(entry) for entry in cast("tuple[object, ...]", value)) if isinstance(value, tuple) else str(value)
    )


def _kind(kind: Any) -> str:
    """The type of a setting in words."""
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "Path": "path",
        "date": "date",
        "SecretStr": "secret",
    }
    words: list[str] = []
    for option in options(kind):
        if option is NoneType:
            continue
        if get_origin(option) is Literal:
            words.append(" or ".join(str(choice) for choice in get_args(option)))
        elif get_origin(option) is tuple:
            words.append("list of texts")
        else:
            words.append(names.get(getattr(option, "__name__", ""), str(getattr(option, "__name__", option))))
    return " or ".join(words)


def main(arguments: Sequence[str]) -> None:
    """Write the page.

    Args:
        arguments: The file to write; docs/configuration.md of the checkout unless given.
    """
    target = Path(arguments[0]) if arguments else Path(__file__).parents[2] / "docs" / "configuration.md"
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
