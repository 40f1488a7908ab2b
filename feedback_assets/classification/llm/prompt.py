"""The prompt: renders `prompts/classify.md` with the taxonomy, and one item as messages. Its version is a hash.

Only text. Asking, answering and caching stand elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback_assets.classification.llm.answer import ItemAnswer, answer_model, schema_version, strict_schema
from feedback_assets.config.taxonomy import Taxonomy
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import parse_mapping, read_text

Message = dict[str, str]
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_PLACES = ("{{scales}}", "{{taxonomy}}", "{{examples}}")
# `- "text" -> category/sub_label`, with more behind it.
_SHOWN = re.compile(r'- ".*" -> (\w+)(?:/(\w+))?(?=[,;:.]| first\b|$)')
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


def load_prompt(path: Path, taxonomy: Taxonomy) -> Prompt:
    """Read the template and render it with the taxonomy.

    Raises:
        PromptError: The file is missing, has no front matter with a name, or lacks a place for the taxonomy.
    """
    if not path.is_file():
        raise PromptError(f"{path}: no such file; copy the packaged classify.md or set FEEDBACK_PROMPTS")
    raw = read_text(path, PromptError)
    front = _FRONT.match(raw)
    if front is None:
        raise PromptError(f"{path}: line 1: no front matter; start with `---`, `name: <name>`, `---`")
    name = parse_mapping(front.group(1), f"{path}: front matter", PromptError, "write `name: <name>`").get("name")
    if not isinstance(name, str) or not name:
        raise PromptError(f"{path}: front matter: field name is missing; write `name: <name>`")
    template = raw[front.end() :]
    missing = [place for place in _PLACES[:2] if place not in template]
    if missing:
        raise PromptError(f"{path}: {missing[0]} is missing; write it where the prompt should name them")
    system = (
        _with_roles(template, taxonomy)
        .replace("{{scales}}", _scales(taxonomy))
        .replace("{{taxonomy}}", _categories(taxonomy))
    )
    system = system.replace("{{examples}}", _examples(taxonomy)).strip()
    model = answer_model(taxonomy)
    schema = strict_schema(model)
    digest = hashlib.sha256((system + json.dumps(schema, sort_keys=True)).encode()).hexdigest()[:12]
    return Prompt(name, f"{name}-{digest}", system, model, schema, schema_version(schema))


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
