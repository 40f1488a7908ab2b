"""A configuration file as it was read: its content, the line of each key, and faults told with file, line and fix.

Only reading and telling. What may stand in a file is said by the models; names across files are checked in `names.py`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import yaml
from pydantic import BaseModel, ValidationError

from feedback_assets.errors import CallError
from feedback_assets.files.text_files import parse_mapping, read_text

Place = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)
_COMPOSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_QUOTED = re.compile(r"'([^']*)'|\b(\d+)\b")
_TEXT = "tag:yaml.org,2002:str"
# Pydantic ends the place of a fault in a key with this word.
_KEY = "[key]"


class ConfigError(CallError):
    """A configuration file may not be used; one line for each fault, with file, line, key and what to write."""


@dataclass
class Lines:
    """The line of a key or entry, and of what stands in it; keys as text, entries by number and by their text."""

    line: int
    inside: dict[str, Lines] = field(default_factory=dict[str, "Lines"])


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        place: Where in the file, from the top.
        problem: What is wrong, as a statement.
        fix: What to write instead.
        nearest: The right name that is meant, where there is one.
    """

    document: Document
    place: Place
    problem: str
    fix: str
    nearest: str | None = None

    def __str__(self) -> str:
        """The fault as a person reads it."""
        key = ".".join(str(part) for part in self.place) or "the file"
        return f"{self.document.path}: line {self.document.line(self.place)}: {key}: {self.problem}; {self.fix}"


@dataclass(frozen=True)
class Document:
    """A YAML file whose top is a mapping.

    Attributes:
        path: The file; named in faults.
        content: What it holds, as plain YAML gives it.
        text: The text it was read from; lines are found in it when a fault is told.
    """

    path: Path
    content: Mapping[Any, Any]
    text: str = ""

    @cached_property
    def lines(self) -> Lines:
        """The line of every key and entry; counted from 1."""
        node = yaml.compose(self.text, Loader=_COMPOSER)
        return _lines(node, 1)

    def line(self, place: Place) -> int:
        """The line of a place; of the nearest key around it where it is not there itself."""
        here = self.lines
        for part in place:
            here = here.inside.get(str(part)) or here
        return here.line


def read_document(path: Path, start: str) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        start: What to do where it holds no mapping, such as "start with `name:`".

    Raises:
        ConfigError: It is not there, not UTF-8, not YAML, or no mapping.
    """
    if not path.is_file():
        raise ConfigError(
            f"{path}: no such file; copy the packaged {path.name}, or set FEEDBACK_PROMPTS to a folder that has it"
        )
    text = read_text(path, ConfigError)
    return Document(path, parse_mapping(text, str(path), ConfigError, start), text)


def validate(model: type[_Model], document: Document, content: Mapping[Any, Any] | None = None) -> _Model:
    """The content as the model has it.

    Args:
        model: What may stand in the file.
        document: The file.
        content: What to check instead of the document's own content; its keys stand at the same places.

    Raises:
        ConfigError: Something is missing, unknown, of the wrong kind or out of range.
    """
    try:
        return model.model_validate(document.content if content is None else content)
    except ValidationError as error:
        refuse(_faults(model, document, error))
        raise  # A validation error has at least one fault.


def refuse(faults: Iterable[Fault]) -> None:
    """Raise for all faults at once, none twice.

    Raises:
        ConfigError: There is at least one.
    """
    lines = list(dict.fromkeys(str(fault) for fault in faults))
    if lines:
        raise ConfigError("\n".join(lines))


def nearest(name: object, allowed: Iterable[str], taken: Iterable[str] = ()) -> str | None:
    """The allowed name that a wrong one most likely stands for; None where none is close.

    Args:
        name: The wrong name.
        allowed: The right names.
        taken: Right names that stand at the same place already; they are meant only where no other is close.
    """
    from rapidfuzz.distance import OSA  # Only wanted when something is wrong.

    word = str(name).lower()  # Capital letters are the least of faults.
    used = set(taken)
    near = [
        (distance, -difflib.SequenceMatcher(None, word, right).ratio(), number, right)
        for number, right in enumerate(dict.fromkeys(allowed))
        if (distance := OSA.distance(word, right.lower())) <= max(2, (len(right) + 1) // 3) and distance <= len(right)
    ]
    # Nothing in common is no likeness.
    near = [entry for entry in near if entry[0] < max(len(word), len(entry[3]))]
    free = [entry for entry in near if entry[3] not in used]
    return min(free or near)[3] if near else None


def suggestion(name: object, allowed: Iterable[str], taken: Iterable[str] = ()) -> tuple[str | None, str]:
    """The right name that is meant, and the end of a message that says so or lists what there is."""
    known = list(dict.fromkeys(allowed))
    free = set(known) - set(taken)
    # Where all but one stand there already, that one is meant, however it is written.
    right = nearest(name, known, taken) or (free.pop() if len(free) == 1 and taken else None)
    if right is not None:
        return right, f"did you mean {right!r}?"
    return None, f"there are {', '.join(known)}" if known else "remove it"


def _lines(node: Any, line: int) -> Lines:
    here = Lines(line)
    if isinstance(node, yaml.MappingNode):
        for key, value in cast("list[tuple[Any, Any]]", node.value):
            inside = _lines(value, key.start_mark.line + 1)
            here.inside[str(getattr(key, "value", ""))] = inside
            if isinstance(key, yaml.ScalarNode) and not key.style and key.tag != _TEXT:
                here.inside.setdefault(str(yaml.safe_load(key.value)), inside)  # `no` as what YAML makes of it.
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(cast("list[Any]", node.value)):
            inside = _lines(entry, entry.start_mark.line + 1)
            here.inside[str(number)] = inside
            if isinstance(entry, yaml.ScalarNode):
                here.inside.setdefault(str(entry.value), inside)
    return here


def _faults(model: type[BaseModel], document: Document, error: ValidationError) -> list[Fault]:
    details = error.errors(include_url=False)
    unknown = [detail for detail in details if detail["type"] == "extra_forbidden"]
    faults = [_unknown_key(model, document, detail["loc"]) for detail in unknown]
    meant = {(fault.place[:-1], fault.nearest) for fault in faults if fault.nearest}
    for detail in details:
        place = detail["loc"]
        if detail["type"] == "missing" and (place[:-1], str(place[-1])) not in meant:
            faults.append(_missing_key(model, document, place))
        elif detail["type"] not in ("missing", "extra_forbidden"):
            faults.append(_wrong_value(document, dict(detail)))
    return sorted(faults, key=lambda fault: document.line(fault.place))


def _unknown_key(model: type[BaseModel], document: Document, place: Place) -> Fault:
    around = model_at(model, place[:-1])
    known = [key_of(around, name) for name in around.model_fields] if around else []
    there = inside(document.content, place[:-1])
    taken = [str(key) for key in cast("Mapping[object, object]", there)] if isinstance(there, Mapping) else []
    right, fix = suggestion(place[-1], known, taken)
    return Fault(document, place, "is unknown", fix, right)


def _missing_key(model: type[BaseModel], document: Document, place: Place) -> Fault:
    around = model_at(model, place[:-1])
    named = {key_of(around, name): info for name, info in around.model_fields.items()} if around else {}
    info = named.get(str(place[-1]))
    what = (info.description if info else None) or "its value"
    return Fault(document, place, "is missing", f"write `{place[-1]}:` ({what.rstrip('.')})")


def _wrong_value(document: Document, detail: Mapping[str, Any]) -> Fault:
    place = cast("Place", detail["loc"])
    problem = str(detail["msg"]).removeprefix("Value error, ")
    problem = problem[:1].lower() + problem[1:]
    if detail["type"] in ("literal_error", "enum"):
        wrong: Any = detail["input"]
        allowed = [quoted or number for quoted, number in _QUOTED.findall(str(detail["ctx"]["expected"]))]
        there = inside(document.content, place[:-2] if place[-1] == _KEY else place[:-1])
        taken = [str(name) for name in cast("Iterable[object]", there)] if isinstance(there, Mapping | list) else []
        right, fix = suggestion(wrong, allowed, taken)
        where = place[:-1] if place[-1] == _KEY else place
        return Fault(document, where, f"{wrong!r} is none of {', '.join(allowed)}", fix, right)
    wrong: Any = detail["input"]
    if detail["type"] in ("invalid_key", "string_type") and not isinstance(wrong, Mapping | list | tuple | set):
        return _no_text(document, place, wrong, detail["type"] == "invalid_key" or place[-1] == _KEY)
    value = f" (it is {wrong!r})" if isinstance(wrong, str | int | float | bool) or wrong is None else ""
    if place and place[-1] == _KEY:
        place = (*place[:-2], str(cast("object", wrong)))  # Pydantic's own place has `yes` as 1.
    return Fault(document, tuple(part for part in place if part != _KEY), problem + value, "correct the value")


def _no_text(document: Document, place: Place, wrong: object, is_key: bool) -> Fault:
    """A fault for a word that YAML takes for something else, such as `no` or `2026-01-01`."""
    if is_key:
        above = place[:-2] if place[-1] == _KEY else place[:-1]
        return Fault(document, (*above, str(wrong)), f"is no text: YAML takes it for {wrong!r}", "write it in quotes")
    if wrong is None:
        return Fault(document, place, "is empty", "write its value")
    return Fault(document, place, f"is no text: YAML takes it for {wrong!r}", "write it in quotes")


def inside(content: object, place: Place) -> object:
    """What stands at a place; None where there is nothing."""
    here = content
    for part in place:
        if isinstance(here, Mapping):
            known = cast("Mapping[object, object]", here)
            here = known.get(part, known.get(str(part)))
        elif isinstance(here, list) and isinstance(part, int) and part < len(cast("list[object]", here)):
            here = cast("list[object]", here)[part]
        else:
            return None
    return here


def key_of(model: type[BaseModel], name: str) -> str:
    """How a field is called in the file."""
    return model.model_fields[name].alias or name


def model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The model of the mapping at a place, or None where it is a free mapping."""
    kind: Any = model
    for part in place:
        kind = _inner(kind, part)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _inner(kind: Any, part: str | int) -> Any:
    for option in options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            hints = get_type_hints(option, include_extras=True)
            named = {key_of(option, name): hints[name] for name in option.model_fields}
            if str(part) in named:
                return named[str(part)]
        elif get_args(option):
            return get_args(option)[1 if isinstance(part, str) and len(get_args(option)) > 1 else 0]
    return None


def options(kind: Any) -> list[Any]:
    """The kinds a value may have: those of a union, without what is annotated to them."""
    if get_origin(kind) is Annotated:
        return options(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [option for part in get_args(kind) for option in options(part)]
    return [kind]
