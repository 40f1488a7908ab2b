"""Settles which mapping reads a file: a saved one, flags, a guess from the headers, or these together; and checks it.

Reads saved mappings and saves the one in use; values of rows are judged in `importer`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from feedback_assets import tables
from feedback_assets.config import mappings
from feedback_assets.config.mappings import Constant, FieldSpec, Mapping, MappingError
from feedback_assets.landing.guess import guess, likely_text, rating_scale
from feedback_assets.landing.writer import slug

# One of these makes a row of the stream worth landing; without any the file is not what was said.
_NEEDED: dict[str, tuple[str, ...]] = {
    "feedback": ("text", "title", "rating", "return_reason"),
    "catalog": ("product_id", "sku"),
    "commerce": ("order_id",),
    "releases": ("release_id", "version", "name"),
    "ticket_events": ("ticket_key",),
}
# More names of columns than this are a wall, not a hint.
_UNREAD_SHOWN = 8


@dataclass(frozen=True)
class Wanted:
    """What the call says about a file; empty means: find out."""

    stream: str | None = None
    source: str | None = None
    channel: str | None = None
    mapping: str | None = None
    maps: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    save_as: str | None = None
    rating_scale: float | None = None
    timezone: str | None = None
    time_format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    day: date | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Chosen:
    """The mapping in use, where each part came from, and what should be known about it."""

    mapping: Mapping
    guessed: tuple[str, ...] = ()
    from_file: str = ""
    notes: tuple[str, ...] = field(default=())


def choose(
    path: Path, columns: Sequence[str], sample: Sequence[MappingABC[str, Any]], wanted: Wanted, folder: Path
) -> Chosen:
    """The mapping to read a file by.

    Args:
        path: The file, for messages and as the source's name when none is stated.
        columns: Its columns.
        sample: Its first rows, to see the scale of ratings.
        wanted: What the call says.
        folder: Where mappings are saved.

    Raises:
        MappingError: It names a column or field that is not there, or too little is known.
    """
    named = _named(wanted.mapping, folder) if wanted.mapping else None
    if named is not None and wanted.stream not in (None, named[0].stream):
        raise MappingError(
            f"{named[1]}: reads {named[0].stream}; leave out --stream {wanted.stream}, or name another mapping"
        )
    stream = wanted.stream or (named[0].stream if named else "feedback")
    if stream not in tables.STREAMS:
        raise MappingError(f"--stream {stream}: {_closest(stream, tables.STREAMS)}")
    base: dict[str, Any] = named[0].model_dump(exclude={"name"}) if named else {"fields": {}, "stream": stream}
    stated = _stated(path, wanted, columns, stream)
    guessed = {} if named else _guessed(stream, columns, sample, stated, wanted)
    values = _merged(base, guessed, stated, wanted, path)
    scale = _scale(values, sample, wanted, named is not None)
    values["rating_scale"] = scale
    chosen = _build(values, wanted.save_as or (named[0].name if named and _same(named[0], values) else None))
    _check_columns(chosen, columns, path, named[1] if named else "")
    _check_enough(chosen, columns, sample, path)
    _check_channel(chosen)
    notes = _notes(chosen, scale, wanted, named is None)
    text = likely_text(columns, sample) if stream == "feedback" and "text" not in chosen.fields else None
    if text:
        notes += (f"no column with text is in use; if it is {text!r}, say --map text={shlex.quote(text)}",)
    if stream == "feedback" and named is None:
        notes += _unread(chosen, columns, text)
    return Chosen(chosen, tuple(sorted(guessed)), named[1] if named else "", notes)


def keep(chosen: Mapping, folder: Path) -> str:
    """Save the mapping in use, so that silver can read what was landed by it; says so when it replaces another."""
    path = folder / f"{chosen.name}.yaml"
    before = mappings.load(path) if path.exists() else None
    if before == chosen:
        return ""
    mappings.save(chosen, folder)
    if before is None:
        return ""
    return f"the mapping {chosen.name} was replaced; events landed by it before are now read by the new one"


def read_otherwise(mapping: Mapping, names: Iterable[str], folder: Path) -> str:
    """What to do about rows that had landed before and are read by a mapping that says something else."""
    for name in sorted(set(names) - {mapping.name}):
        path = folder / f"{name}.yaml"
        before = mappings.load(path) if path.exists() else None
        if before is None or (before.fields, before.rating_scale) != (mapping.fields, mapping.rating_scale):
            return (
                f"rows that had landed before are still read by the mapping {name}; "
                f"to read them by this one, import again with --save-mapping {name}"
            )
    return ""


def _named(name: str, folder: Path) -> tuple[Mapping, str]:
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or path.exists():
        return mappings.load(path), str(path)
    saved = folder / f"{name}.yaml"
    if not saved.exists():
        known = sorted(item.stem for item in folder.glob("*.yaml"))
        raise MappingError(
            f"--mapping {name}: no such file, and no mapping of that name is saved; {_closest(name, known)}"
        )
    return mappings.load(saved), str(saved)


def _stated(path: Path, wanted: Wanted, columns: Sequence[str], stream: str) -> dict[str, Any]:
    """The flags as {field: column, columns, Constant or None for left out}."""
    specs: dict[str, Any] = {}
    known = (*mappings.FIELDS[stream], "occurred_at", "event_id")
    for flag, items in (("--map", wanted.maps), ("--set", wanted.constants)):
        for item in items:
            name, equals, value = item.partition("=")
            if not equals:
                raise MappingError(f"{flag} {item}: write {flag} field=column, for example --map text=content")
            if name not in known and stream != "catalog":
                raise MappingError(f"{flag} {item}: {name!r} is no field of {stream}; {_closest(name, known)}")
            specs[name] = Constant(constant=value) if flag == "--set" else _column_list(value, columns)
            _check_flag(path, f"{flag} {item}", specs[name], columns)
    return specs


def _column_list(value: str, columns: Sequence[str]) -> str | list[str] | None:
    if not value:
        return None
    parts = [part.strip() for part in value.split(",")]
    return value if value in columns or len(parts) == 1 else parts


def _check_flag(path: Path, flag: str, spec: object, columns: Sequence[str]) -> None:
    named = [spec] if isinstance(spec, str) else cast("list[str]", spec) if isinstance(spec, list) else []
    for column in named:
        if column not in columns:
            raise MappingError(f"{flag}: {missing(column, columns, path)}")


def _guessed(
    stream: str,
    columns: Sequence[str],
    sample: Sequence[MappingABC[str, Any]],
    stated: MappingABC[str, Any],
    wanted: Wanted,
) -> dict[str, Any]:
    taken = {spec for spec in stated.values() if isinstance(spec, str)}
    guessed = guess(stream, columns, sample, taken)
    proposals: dict[str, Any] = {**guessed.fields}
    proposals |= {name: Constant(constant=value) for name, value in guessed.constants.items()}
    proposals |= {"occurred_at": guessed.occurred_at, "event_id": list(guessed.event_id)}
    if not wanted.channel:
        proposals["channel"] = guessed.channel
    return {name: spec for name, spec in proposals.items() if spec and name not in stated}


def _merged(
    base: MappingABC[str, Any], guessed: MappingABC[str, Any], stated: MappingABC[str, Any], wanted: Wanted, path: Path
) -> dict[str, Any]:
    values = {**base, "fields": {**base["fields"]}}
    for name, spec in {**guessed, **stated}.items():
        if name in {"occurred_at", "channel"}:
            values[name] = spec
        elif name == "event_id":
            values[name] = [spec] if isinstance(spec, str) else spec or []
        elif spec is None:
            values["fields"].pop(name, None)
        else:
            values["fields"][name] = spec
    values["source"] = wanted.source or values.get("source") or slug(path.name.partition(".")[0]).lower()
    values["channel"] = wanted.channel or values.get("channel") or (
        "other" if values["stream"] == "feedback" else values["stream"]
    )  # fmt: skip
    values["timezone"] = wanted.timezone or values.get("timezone")
    values["time_format"] = wanted.time_format or values.get("time_format")
    return values


def _scale(values: MappingABC[str, Any], sample: Sequence[MappingABC[str, Any]], wanted: Wanted, named: bool) -> float:
    if wanted.rating_scale is not None:
        return wanted.rating_scale
    rating = values["fields"].get("rating")
    if named or not isinstance(rating, str):
        return float(values.get("rating_scale") or 5)
    return rating_scale(mappings.column(row, rating) for row in sample)


def _build(values: dict[str, Any], name: str | None) -> Mapping:
    try:
        unnamed = Mapping.model_validate({**values, "name": "unnamed"})
        return (
            unnamed.model_copy(update={"name": _valid(name)})
            if name
            else unnamed.model_copy(update={"name": _auto(unnamed)})
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MappingError(f"{place or 'mapping'}: {first['msg'].removeprefix('Value error, ')}") from error


def _valid(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise MappingError(f"--save-mapping {name}: use letters, digits, - and _, for example {slug(name)}")
    return name


def _auto(mapping: Mapping) -> str:
    """A name for a mapping nobody named: the source and a hash of what it says, so that equal ones are one."""
    content = json.dumps(mapping.model_dump(mode="json", exclude={"name"}), sort_keys=True)
    return f"{slug(mapping.source)}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"


def _same(named: Mapping, values: dict[str, Any]) -> bool:
    return Mapping.model_validate({**values, "name": named.name}) == named


def _check_columns(mapping: Mapping, columns: Sequence[str], path: Path, origin: str) -> None:
    used: list[tuple[str, FieldSpec | None]] = [*mapping.fields.items(), ("occurred_at", mapping.occurred_at)]
    for name, spec in [*used, ("event_id", mapping.event_id)]:
        for column in [spec] if isinstance(spec, str) else spec if isinstance(spec, list) else []:
            if column not in columns:
                place = f"{origin}: {'fields.' if name in mapping.fields else ''}{name}" if origin else name
                fix = f". Fix {origin}, or say --map {name}=COLUMN for this file" if origin else ""
                raise MappingError(f"{place}: {missing(column, columns, path)}{fix}")


def missing(column: str, columns: Sequence[str], path: Path) -> str:
    """Says that a column is not there, which ones are, and which may have been meant."""
    near = get_close_matches(column, columns, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "; name one it has."
    return f"{path.name} has no column {column!r}{hint} Its columns are: {', '.join(columns)}"


def _check_enough(mapping: Mapping, columns: Sequence[str], sample: Sequence[MappingABC[str, Any]], path: Path) -> None:
    needed = _NEEDED[mapping.stream]
    if any(name in mapping.fields for name in needed):
        return
    column = (likely_text(columns, sample) if mapping.stream == "feedback" else None) or "COLUMN"
    raise MappingError(
        f"{path}: no column is known for {' or '.join(needed)}; say which it is, for example "
        f"--map {needed[0]}={shlex.quote(column)}. The columns are: {', '.join(columns)}"
    )


def _check_channel(mapping: Mapping) -> None:
    if mapping.stream == "feedback" and mapping.channel not in tables.CHANNELS:
        raise MappingError(f"channel {mapping.channel!r}: {_closest(mapping.channel, tables.CHANNELS)}")


def _closest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}There are: {', '.join(known) or 'none yet'}"


def _notes(mapping: Mapping, scale: float, wanted: Wanted, may_guess: bool) -> tuple[str, ...]:
    notes: list[str] = []
    if may_guess and wanted.rating_scale is None and "rating" in mapping.fields and scale != 5:
        notes.append(f"ratings go up to {scale:g} as seen in the first rows; state another top with --rating-scale")
    if not mapping.event_id and mapping.stream == "feedback":
        notes.append(
            "no column with an id: ids are made from the content of each row; name one with --map event_id=COLUMN"
        )
    return tuple(notes)


def _unread(mapping: Mapping, columns: Sequence[str], text: str | None) -> tuple[str, ...]:
    """Names the columns no field reads, so that a product or a customer behind an unknown header is not overlooked.

    Args:
        mapping: The mapping in use.
        columns: The file's columns.
        text: The column that another hint takes for the text.
    """
    read = {mapping.occurred_at, text, *mapping.event_id}
    for spec in mapping.fields.values():
        read |= {spec} if isinstance(spec, str) else set(spec) if isinstance(spec, list) else set()
    nested = {name.split(".")[0] for name in read if name}
    unread = [column for column in columns if column not in read and column not in nested]
    if not unread:
        return ()
    shown = ", ".join(unread[:_UNREAD_SHOWN])
    more = f" and {len(unread) - _UNREAD_SHOWN} more" if len(unread) > _UNREAD_SHOWN else ""
    return (f"kept but not read: {shown}{more}; if one is a product, customer or place, say --map product_name=COLUMN",)
