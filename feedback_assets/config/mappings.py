"""Saved column mappings: which column of a foreign table or payload is which of our fields.

Only the file's model, loading, saving and reading a payload through it; nothing that lands or judges values.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from rapidfuzz.distance import OSA

from feedback_assets import tables
from feedback_assets.config.documents import (
    ConfigError,
    Document,
    Fault,
    Place,
    nearest,
    read_document,
    refuse,
    suggestion,
    validate,
)
from feedback_assets.errors import CallError
from feedback_assets.files.whole_files import write_whole

Scalar = str | int | float | bool
Stream = Literal["feedback", "releases", "commerce", "catalog", "ticket_events"]

# Canonical names of a payload's fields. A catalog may carry any further field.
FIELDS: dict[str, tuple[str, ...]] = {
    "feedback": (
        "title", "text", "rating", "rating_scale", "product_id", "sku", "product_name", "variant", "region", "store",
        "order_id", "case_id", "customer_id", "customer_name", "author", "email", "phone", "address", "mirror_of",
        "device", "app_version", "customer_tier", "customer_value", "return_reason", "sla_hours", "carrier",
        "signals", "language",
    ),
    "catalog": (
        "product_id", "sku", "name", "family", "synonyms", "variants", "vendor", "fulfilment_centre", "launch_date",
        "price", "margin", "change",
    ),
    "commerce": (
        "type", "order_id", "customer_id", "product_id", "sku", "variant", "region", "vendor", "fulfilment_centre",
        "carrier", "quantity", "revenue", "margin", "promised_at", "delivered_at", "status", "reason",
    ),
    "releases": (
        "release_id", "kind", "name", "version", "region", "at", "notes", "product_id", "sku", "product_name",
        "first_commit", "last_commit",
    ),
    "ticket_events": ("ticket_key", "status", "resolution", "at", "by", "label_right", "cause_right"),
}  # fmt: skip
_OPEN_STREAMS = ("catalog",)


class MappingError(CallError):
    """A mapping cannot be read; the message names file, line, field and fix."""


class Constant(BaseModel):
    """A value that is the same for every row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    constant: Scalar


FieldSpec = str | Constant | list[str]


def _checked(spec: object) -> object:
    """What stands for a field, refused in words where it is nothing of the kind."""
    entry: Any = spec
    if isinstance(entry, MappingABC):
        constant = cast("MappingABC[object, object]", entry)
        wrong = next((key for key in constant if key != "constant"), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is unknown; {suggestion(wrong, ('constant',), ())[1]}")
        if isinstance(constant.get("constant"), Scalar):
            return constant
    columns = cast("list[object]", entry) if isinstance(entry, list) else [cast("object", entry)]
    if isinstance(entry, Constant) or (columns and all(isinstance(column, str) and column for column in columns)):
        return cast("object", entry)
    raise ValueError("is no column, no list of columns and no `{constant: value}`")


class Mapping(BaseModel):
    """How one kind of file or payload is read. `fields` maps our names to columns of theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    stream: Stream = "feedback"
    source: str = Field(min_length=1)
    channel: str = ""
    event_id: list[str] = Field(default_factory=list)
    occurred_at: str | None = None
    time_format: str | None = None
    timezone: str | None = None
    fields: dict[str, Annotated[FieldSpec, BeforeValidator(_checked)]] = Field(default_factory=dict)
    rating_scale: float = Field(5, gt=1)

    @field_validator("event_id", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_fields(self) -> Mapping:
        known = FIELDS[self.stream]
        unknown = [name for name in self.fields if name not in known]
        if unknown and self.stream not in _OPEN_STREAMS:
            raise ValueError(f"fields: {unknown[0]!r} is no field of {self.stream}; use one of {', '.join(known)}")
        return self

    def read(self, payload: MappingABC[str, Any]) -> dict[str, Any]:
        """Our fields out of their payload; a column the payload does not have is left out.

        Several columns are joined, text with full stops, everything else with spaces.
        """
        values: dict[str, Any] = {"rating_scale": self.rating_scale} if self.stream == "feedback" else {}
        for name, spec in self.fields.items():
            if isinstance(spec, Constant):
                values[name] = spec.constant
            elif isinstance(spec, str):
                value = column(payload, spec)
                if value is not None:
                    values[name] = value
            else:
                parts = [str(value).strip() for value in (column(payload, part) for part in spec) if value is not None]
                joined = (". " if name == "text" else " ").join(part for part in parts if part)
                if joined:
                    values[name] = joined
        return values


def column(payload: MappingABC[str, Any], name: str) -> Any:
    """A value by column name, or by a dotted path into nested objects; None when it is not there."""
    if name in payload:
        return payload[name]
    here: Any = payload
    for part in name.split("."):
        if not isinstance(here, MappingABC) or part not in here:
            return None
        here = cast("MappingABC[str, Any]", here)[part]
    return here


def load(path: Path) -> Mapping:
    """Read a mapping file (YAML).

    Raises:
        MappingError: The file is missing, not YAML, or a key, field or value is wrong. One line for each fault: file,
            line, key, what is wrong and what to write.
    """
    if not path.is_file():
        raise MappingError(f"{path}: there is no such mapping; save one with `feedback import --save-mapping`")
    try:
        document = read_document(path, "write `name:`, `stream:`, `source:` and `fields:`")
        refuse(_unknown_names(document))
        mapping = validate(Mapping, document, {"name": path.stem, **document.content})
    except ConfigError as error:
        raise MappingError(str(error)) from error
    if mapping.name != path.stem:
        fault = Fault(document, ("name",), f"{mapping.name!r} is not the file's", f"write {path.stem!r}", path.stem)
        raise MappingError(f"{fault} or rename the file")
    return mapping


def load_all(folder: Path) -> tuple[dict[str, Mapping], dict[str, str]]:
    """Every mapping saved in a folder by name, and for files that cannot be read, name and why."""
    mappings: dict[str, Mapping] = {}
    problems: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            mappings[path.stem] = load(path)
        except MappingError as error:
            problems[path.stem] = str(error)
    return mappings, problems


def save(mapping: Mapping, folder: Path) -> Path:
    """Write a mapping as `<folder>/<name>.yaml`, replacing an older one of that name."""
    path = folder / f"{mapping.name}.yaml"
    text = yaml.safe_dump(mapping.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)
    write_whole(path, text)
    return path


def _unknown_names(document: Document) -> list[Fault]:
    """A fault for each field and channel of the file that is not known for its stream."""
    content = document.content
    stream = content.get("stream", "feedback")
    channel, fields = content.get("channel"), content.get("fields")
    faults: list[Fault] = []
    if stream == "feedback" and isinstance(channel, str) and channel and channel not in tables.CHANNELS:
        faults.append(_unknown(document, ("channel",), channel, "channel", tables.CHANNELS, ()))
    if isinstance(stream, str) and stream in FIELDS and isinstance(fields, MappingABC):
        names = [str(name) for name in cast("MappingABC[object, object]", fields)]
        known = FIELDS[stream]
        for name in names:
            if name not in known and (stream not in _OPEN_STREAMS or _misspelt(name, known, names)):
                faults.append(_unknown(document, ("fields", name), name, f"field of {stream}", known, names))
    return faults


def _misspelt(name: str, known: Sequence[str], taken: Sequence[str]) -> bool:
    """Whether a free field's name is a known one, which is missing, with one letter wrong."""
    right = nearest(name, known)
    return right is not None and right not in taken and OSA.distance(name.lower(), right) <= 1


def _unknown(
    document: Document, place: Place, name: str, what: str, known: Sequence[str], taken: Sequence[str]
) -> Fault:
    right, fix = suggestion(name, known, taken)
    return Fault(document, place, f"{name!r} is no {what}", fix, right)
