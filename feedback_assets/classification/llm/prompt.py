"""The prompt: renders `prompts/classify.md` with the taxonomy, and one item as messages. Its version is a hash.

Only text. Asking, answering and caching stand elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from feedback_assets.classification.llm.answer import ItemAnswer, answer_model, schema_version, strict_schema
from feedback_assets.config.documents import suggestion
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import parse_mapping, read_text

Message = dict[str, str]
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_PLACES = ("{{scales}}", "{{taxonomy}}", "{{examples}}")
# `- "text" -> category/sub_label`, with more behind it.
_SHOWN = re.compile(r'- ".*" -> (\w+)(?:/(\w+))?(?=[,;:.]| first\b|$)')
# A name in back quotes: a label, a field of the answer, or one of its values.
_QUOTED = re.compile(r"`(\w+)(?:/(\w+))?`")
_FRONT_KEYS = ("name", "why")
_WORDS_OF_JSON = ("null", "true", "false")
_FENCE = re.compile(r"<(\s*/?\s*feedback\s*)>", re.IGNORECASE)


class PromptError(CallError):
    """The prompt file cannot be used; the message names file, field and the fix."""


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt.

    Attributes:
        name: The readable name in the file.
        version: Name and hash of the rendered text and the schema.
        system: What the model is told before the text.
        model: Pydantic model of the answer.
        schema: The strict JSON schema sent with it.
        schema_version: Hash of the schema.
    """

    name: str
    version: str
    system: str
    model: type[ItemAnswer]
    schema: dict[str, Any]
    schema_version: str

    def messages(self, text: str, channel: str, rating: float | None, product: str | None) -> list[Message]:
        """The messages for one item; the customer's text is fenced, and cannot close its fence."""
        facts = [f"channel: {channel}"]
        if rating is not None:
            facts.append(f"rating: {rating:g} of 5")
        if product:
            facts.append(f"product: {_unfenced(product)}")
        body = "\n".join([*facts, "<feedback>", _unfenced(text), "</feedback>"])
        return [{"role": "system", "content": self.system}, {"role": "user", "content": body}]

    def repair(self, messages: Sequence[Message], answer: str, faults: Sequence[str]) -> list[Message]:
        """The messages that ask once more, with what was wrong."""
        listed = "\n".join(f"- {fault}" for fault in faults)
        again = (
            f"Your answer cannot be used:\n{listed}\nAnswer again in full, with these faults mended and nothing else."
        )
        return [*messages, {"role": "assistant", "content": answer}, {"role": "user", "content": again}]


@dataclass(frozen=True)
class UnknownLabel:
    """A label the template names and the taxonomy lacks.

    Attributes:
        line: Of the file, from 1.
        label: As the template writes it: `category` or `category/sub_label`.
        nearest: The label of the taxonomy that it almost is; None where none is close.
        left_out: It stands in an example that the rendered prompt leaves out.
    """

    line: int
    label: str
    nearest: str | None
    left_out: bool

    def __str__(self) -> str:
        """Line, name and fix."""
        fix = f"did you mean {self.nearest!r}?" if self.nearest else "write a label of this taxonomy"
        return f"line {self.line}: {self.label!r} is no label of the taxonomy; {fix}"


def load_prompt(path: Path, taxonomy: Taxonomy, kept: bool = False) -> Prompt:
    """Read the template and render it with the taxonomy.

    Args:
        path: The template.
        taxonomy: What it is rendered with.
        kept: It belongs to a kept version set. Its front matter and its labels were checked in their day.

    Raises:
        PromptError: The file is missing, has no front matter with a name, has an unknown key there, lacks a place for
            the taxonomy, or names a label that is misspelt or that the taxonomy lacks.
    """
    name, template, first = _read(path, kept)
    missing = [place for place in _PLACES[:2] if place not in template]
    if missing:
        raise PromptError(f"{path}: {missing[0]} is missing; write it where the prompt should name them")
    model = answer_model(taxonomy)
    schema = strict_schema(model)
    if not kept:
        unknown = _unknown_labels(template, first, taxonomy, schema)
        wrong = [label for label in unknown if label.nearest or not label.left_out]
        if wrong:
            raise PromptError("\n".join(f"{path}: {label}" for label in wrong))
    system = (
        _with_roles(template, taxonomy)
        .replace("{{scales}}", _scales(taxonomy))
        .replace("{{taxonomy}}", _categories(taxonomy))
    )
    system = system.replace("{{examples}}", _examples(taxonomy)).strip()
    digest = hashlib.sha256((system + json.dumps(schema, sort_keys=True)).encode()).hexdigest()[:12]
    return Prompt(name, f"{name}-{digest}", system, model, schema, schema_version(schema))


def unknown_labels(path: Path, taxonomy: Taxonomy) -> list[UnknownLabel]:
    """The labels a template names and the taxonomy lacks.

    Raises:
        PromptError: The file is missing, or its front matter is wrong.
    """
    _, template, first = _read(path, False)
    return _unknown_labels(template, first, taxonomy, strict_schema(answer_model(taxonomy)))


def _read(path: Path, kept: bool) -> tuple[str, str, int]:
    """Name, template, and the line it starts at."""
    if not path.is_file():
        raise PromptError(f"{path}: no such file; copy the packaged classify.md or set FEEDBACK_PROMPTS")
    raw = read_text(path, PromptError)
    front = _FRONT.match(raw)
    if front is None:
        raise PromptError(f"{path}: line 1: no front matter; start with `---`, `name: <name>`, `---`")
    fields = parse_mapping(front.group(1), f"{path}: front matter", PromptError, "write `name: <name>`")
    for key in fields:
        if key not in _FRONT_KEYS and not kept:
            written = front.group(1).split("\n")
            at = next((at for at, text in enumerate(written) if text.lstrip("'\" ").startswith(str(key))), 0)
            fix = suggestion(key, _FRONT_KEYS, [str(there) for there in fields])[1]
            raise PromptError(f"{path}: line {at + 2}: front matter: {key}: is unknown; {fix}")
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        raise PromptError(f"{path}: front matter: field name is missing; write `name: <name>`")
    return name, raw[front.end() :], front.group(0).count("\n") + 1


def _unknown_labels(template: str, first: int, taxonomy: Taxonomy, schema: dict[str, Any]) -> list[UnknownLabel]:
    """The unknown labels of the template, whose first line has this number in the file."""
    labels = [
        *taxonomy.categories,
        *(f"{name}/{sub_label}" for name, spec in taxonomy.categories.items() for sub_label in spec.sub_labels),
    ]
    sub_labels = [sub_label for spec in taxonomy.categories.values() for sub_label in spec.sub_labels]
    words = {*labels, *sub_labels, *_WORDS_OF_JSON, *(taxonomy.languages or ()), *_names_in(schema)}
    drops = "{{catch_all}}" in template
    unknown: list[UnknownLabel] = []
    for number, line in enumerate(template.split("\n"), start=first):
        line = line.replace("{{catch_all}}", taxonomy.catch_all).replace("{{no_issue}}", taxonomy.no_issue)
        shown = _SHOWN.match(line)
        if shown and not taxonomy.allows(*shown.groups()):
            label = "/".join(part for part in shown.groups() if part)
            unknown.append(UnknownLabel(number, label, suggestion(label, labels)[0], drops))
        for quoted in () if shown else _QUOTED.finditer(line):
            label = "/".join(part for part in quoted.groups() if part)
            if label not in words:
                unknown.append(UnknownLabel(number, label, suggestion(label, sorted(words))[0], False))
    return unknown


def _names_in(schema: Any) -> Iterator[str]:
    """The fields of a JSON schema and the values it allows."""
    if isinstance(schema, dict):
        for key, value in cast("dict[str, Any]", schema).items():
            if key == "properties":
                yield from value
            elif key == "enum":
                yield from (entry for entry in value if isinstance(entry, str))
            yield from _names_in(value)
    elif isinstance(schema, list):
        for entry in cast("list[Any]", schema):
            yield from _names_in(entry)


def _with_roles(template: str, taxonomy: Taxonomy) -> str:
    """The template with the names of the roles filled in.

    A template that asks for them serves any taxonomy: its examples of labels that this one lacks are left out.
    """
    if "{{catch_all}}" not in template:
        return template
    named = template.replace("{{catch_all}}", taxonomy.catch_all).replace("{{no_issue}}", taxonomy.no_issue)
    lines = named.split("\n")
    return "\n".join(line for line in lines if not (label := _SHOWN.match(line)) or taxonomy.allows(*label.groups()))


def _unfenced(text: str) -> str:
    return _FENCE.sub(r"(\1)", text)


def _scales(taxonomy: Taxonomy) -> str:
    return "\n".join(
        f"- {name}: " + "; ".join(f"{step} {meaning}" for step, meaning in sorted(steps.items()))
        for name, steps in taxonomy.scales.items()
    )


def _categories(taxonomy: Taxonomy) -> str:
    return "\n".join(
        f"- {name}: {category.definition} [{', '.join(category.sub_labels)}] {category.severity_floor}"
        for name, category in taxonomy.categories.items()
    )


def _examples(taxonomy: Taxonomy) -> str:
    lines: list[str] = []
    for name, category in taxonomy.categories.items():
        for example in category.examples[:3]:
            label = f"{name}/{example.sub_label}" if example.sub_label else name
            lines.append(f'- "{example.text}" -> {label}' + (f": {example.note}" if example.note else ""))
    return "\n".join(lines)
