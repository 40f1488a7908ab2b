"""Names across the files of a prompts folder: each that is used must be declared, and the fault names the nearest.

Generic: which fields declare or use names is said by the models. Nothing here knows a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, RootModel

from feedback_assets.config.documents import Document, Fault, Place, inside, key_of, nearest, options, suggestion
from feedback_assets.config.strict import Kind, Refers

_WORDS: Mapping[Kind, str] = {
    "domain": "domain of the taxonomy",
    "category": "category of the taxonomy",
    "sub_label": "sub-label of the taxonomy",
    "concept": "concept of the lexicon",
    "component": "component of the taxonomy",
    "language": "language of the taxonomy",
    "cue": "cue (there are fixed ones, and `part_` with a component of the taxonomy)",
    "model": "model known by name (a deployment of another name says `model: <name>` in its price)",
}


@dataclass(frozen=True)
class Use:
    """A name that is used at a place, and what it may be."""

    document: Document
    place: Place
    name: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Declared:
    """A name that a file declares."""

    document: Document
    place: Place
    name: str


Names = Mapping[Kind, Mapping[str, Declared | None]]


def uses(value: BaseModel, document: Document, place: Place = ()) -> Iterator[Use]:
    """Every name a model uses, as its fields say.

    Args:
        value: The model as read.
        document: The file it was read from.
        place: Where in the file it stands.
    """
    if isinstance(value, RootModel):
        whole = cast("RootModel[Any]", value)
        yield from _uses(type(whole).model_fields["root"].annotation, whole.root, document, place)
        return
    for name, kind in _fields(type(value)).items():
        yield from _uses(kind, getattr(value, name), document, (*place, key_of(type(value), name)))


def undeclared(used: Iterable[Use], names: Names) -> list[Fault]:
    """A fault for every name that nothing declares.

    A declared name that nothing uses, and that is nearly the missing one, may be the misspelt one of the two. Then
    its file and line are named too.

    Args:
        used: All names used.
        names: Declared names by kind; a kind that is not there is not checked.
    """
    every = list(used)
    in_use = {(kind, use.name) for use in every for kind in use.kinds}
    faults: list[Fault] = []
    for use in every:
        if any(kind not in names or use.name in names[kind] for kind in use.kinds):
            continue
        known = {name: (kind, where) for kind in use.kinds for name, where in names[kind].items()}
        what = " or ".join(_WORDS[kind] for kind in use.kinds)
        right, fix = suggestion(use.name, known, _beside(use))
        where = known[right][1] if right is not None else None
        if right is not None and where is not None and (known[right][0], right) not in in_use:
            fix += f" It is declared in {where.document.path}: line {where.document.line(where.place)}"
            problem = f"nothing uses this name, but {use.document.path}: line {use.document.line(use.place)} "
            problem += f"uses {use.name!r}"
            faults.append(Fault(where.document, where.place, problem, f"did you mean {use.name!r}?", use.name))
        faults.append(Fault(use.document, use.place, f"{use.name!r} is no {what}", fix, right))
    return faults


def declared(document: Document, place: Place, names: Iterable[str]) -> dict[str, Declared | None]:
    """Names that stand under a place as keys or entries."""
    return {name: Declared(document, (*place, name), name) for name in names}


def unlisted(
    listed: Mapping[str, Declared | None], used: Iterable[str], lists: str, meant: Iterable[str | None]
) -> list[Fault]:
    """A fault for every declared name that none of the given lists has.

    Args:
        listed: The names declared.
        used: The names in the lists.
        lists: How the lists are called, for the message.
        meant: Names that other faults suggest already: they are missing because something is misspelt.
    """
    there, excused = set(used), set(meant)
    orphans = [name for name in there if name not in listed]
    faults: list[Fault] = []
    for name, where in listed.items():
        if name in there or name in excused or where is None:
            continue
        right = nearest(name, orphans)
        fix = f"did you mean {right!r}?" if right else "write it in one of them"
        faults.append(Fault(where.document, where.place, f"stands neither in {lists}", fix, right))
    return faults


@lru_cache(maxsize=64)
def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model with all that is annotated to them."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _beside(use: Use) -> list[str]:
    """The names beside a use, which it cannot repeat."""
    around = inside(use.document.content, use.place[:-1])
    return [str(name) for name in cast("Iterable[object]", around)] if isinstance(around, Mapping | list) else []


def _uses(kind: Any, value: object, document: Document, place: Place) -> Iterator[Use]:
    if value is None:
        return
    if get_origin(kind) is Annotated:
        refers = next((mark for mark in get_args(kind)[1:] if isinstance(mark, Refers)), None)
        if refers is None:
            yield from _uses(get_args(kind)[0], value, document, place)
        elif isinstance(value, str):
            yield Use(document, place, value, refers.kinds)
        return
    if isinstance(value, BaseModel):
        yield from uses(value, document, place)
    elif isinstance(value, Mapping):
        for option in options(kind):
            if len(get_args(option)) == 2:
                of_key, of_value = get_args(option)
                for key, entry in cast("Mapping[Any, object]", value).items():
                    here = (*place, key)
                    yield from _uses(of_key, key, document, here)
                    yield from _uses(of_value, entry, document, here)
    elif isinstance(value, tuple | list | frozenset):
        for option in options(kind):
            if get_args(option):
                for number, entry in enumerate(cast("Iterable[object]", value)):
                    # A name stands where it is written, which for a set is no number.
                    step = entry if isinstance(entry, str) else number
                    yield from _uses(get_args(option)[0], entry, document, (*place, step))
