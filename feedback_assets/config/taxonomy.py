"""The taxonomy: loads `prompts/taxonomy.yaml`, or another of its form, and refuses one that is not complete.

Only what the file says and whether it may be used. Nothing here classifies, routes or trains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, model_validator

from feedback_assets.config.documents import (
    ConfigError,
    Document,
    Fault,
    nearest,
    read_document,
    refuse,
    suggestion,
    validate,
)
from feedback_assets.config.names import declared, undeclared, uses
from feedback_assets.config.strict import Count, DomainName, Number, Strict, Words, setting

_START = "start with `name:`, `version:`, `change:`, `categories:`"
_STEPS = (1, 2, 3, 4, 5)


def _step(value: object) -> object:
    """A step as it is written: YAML makes a truth value of `yes`, which would be 1."""
    if isinstance(value, bool):
        raise ValueError("is no number: YAML takes it for a truth value")
    return value


Scale = Mapping[Annotated[Literal[1, 2, 3, 4, 5], BeforeValidator(_step)], Words]


class TaxonomyError(ConfigError):
    """A name is none of the taxonomy's; the message names the closest."""


class Role(StrEnum):
    """What a category is to the code, whatever a taxonomy calls it."""

    NO_ISSUE = "no_issue"
    CATCH_ALL = "catch_all"
    WISH = "wish"


# Categories whose names said their role before roles were declared. A file that declares none is of that time.
_ROLES_BY_NAME: Mapping[str, Role] = {
    "no_issue": Role.NO_ISSUE,
    "other": Role.CATCH_ALL,
    "feature_request": Role.WISH,
}


class CategoryExample(Strict):
    """A text that shows what the category means; it teaches the local model and the language model."""

    text: Words = setting("words", "A text of a customer.")
    sub_label: str | None = setting("name", "One of the category's own sub-labels.", default=None)
    note: str = setting("words", "Why it is labelled so.", default="")

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class Category(Strict):
    """What an issue can be, who owns it, how fast it must move."""

    domain: DomainName = setting("name", "One of the file's `domains`.")
    definition: Words = setting("words", "One or two sentences: what belongs here and what does not.")
    role: Role | None = setting(
        "no_issue, catch_all or wish", "What the category is to the code; most have none.", default=None
    )
    sub_labels: tuple[Words, ...] = setting("names", "What exactly goes wrong.", default=())
    owner: Words = setting("name", "The team that fixes it.")
    destination: Words = setting("name", "The project or queue of the tracker.")
    sla_hours: Number = setting("hours", "Until a first answer.", gt=0)
    severity_floor: Count = setting("1 to 5", "The least severity of such an issue.", ge=1, le=5)
    escalation: tuple[Words, ...] = setting("roles", "Who is asked when nobody answers, the next first.", min_length=1)
    keywords: tuple[Words, ...] = setting("phrases", "Rules: one answers alone where it proved right.", default=())
    examples: tuple[CategoryExample, ...] = setting("texts", "Texts that show what it means.", default=())


class Change(Strict):
    """Who proposed this edition, who approved it, and why."""

    proposed_by: Words = setting("name", "Who proposed the change.")
    approved_by: Words = setting("name", "Who approved the change.")
    why: Words = setting("words", "Why the change was made.")


class Taxonomy(Strict):
    """Domains and categories in the order of the file."""

    name: Words = setting("name", "What the taxonomy is called.")
    edition: Count = setting("whole number", "One more with each change.", alias="version", ge=1)
    change: Change = setting("who and why", "The last change.")
    scales: Mapping[Literal["severity", "urgency"], Scale] = setting("words by step", "What 1 to 5 mean.")
    languages: tuple[Words, ...] | None = setting(
        "ISO 639-1 codes", "Languages that word lists may be in; others are answered by what all languages share."
    )
    components: tuple[Words, ...] | None = setting(
        "names", "Parts of products and systems that the `part_` cues may name."
    )
    domains: Mapping[str, Words] = setting("words by name", "What categories belong to, and what that means.")
    categories: Mapping[str, Category] = setting("fields by name", "What issues can be.", min_length=2)

    @cached_property
    def version(self) -> str:
        """Name, edition and a hash of everything that says what a label means or where it goes.

        A role that the name alone said before roles were declared does not count: the label means what it meant.
        Languages and components are for checking only.
        """
        content = self.model_dump(mode="json", by_alias=True, exclude={"change", "languages", "components"})
        for name, category in content["categories"].items():
            if category["role"] is None or category["role"] == _ROLES_BY_NAME.get(name):
                del category["role"]
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
        return f"{self.name}-{self.edition}-{digest}"

    @cached_property
    def roles(self) -> Mapping[Role, str]:
        """The category of each role that the taxonomy has."""
        return {category.role: name for name, category in self.categories.items() if category.role is not None}

    @property
    def no_issue(self) -> str:
        """The category of a text without anything to act on: praise, a question, a remark."""
        return self.roles[Role.NO_ISSUE]

    @property
    def catch_all(self) -> str:
        """The category of a complaint that fits no other, or that does not say what is wrong."""
        return self.roles[Role.CATCH_ALL]

    @property
    def wish(self) -> str | None:
        """The category of a wish for something new; None where the taxonomy has none."""
        return self.roles.get(Role.WISH)

    @property
    def unactionable(self) -> frozenset[str]:
        """The categories with a role: what they hold is no problem that somebody must solve."""
        return frozenset(self.roles.values())

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the categories in order."""
        return tuple(self.categories)

    def domain_of(self, category: str) -> str:
        """The domain of a category.

        Raises:
            TaxonomyError: There is no such category.
        """
        return self.category(category).domain

    def category(self, name: str) -> Category:
        """The category of that name.

        Raises:
            TaxonomyError: There is no such category; the message names the closest.
        """
        if name not in self.categories:
            raise TaxonomyError(f"taxonomy {self.name}: no category {name!r}{closest(name, self.labels)}")
        return self.categories[name]

    def allows(self, category: str, sub_label: str | None = None) -> bool:
        """Whether the category exists and the sub-label, if any, belongs to it."""
        known = self.categories.get(category)
        return known is not None and (sub_label is None or sub_label in known.sub_labels)


def closest(name: str, allowed: tuple[str, ...]) -> str:
    """The end of an error message: the nearest allowed name, or all of them."""
    right = nearest(name, allowed)
    return f"; did you mean {right!r}?" if right else f"; there are {', '.join(allowed)}"


def load_taxonomy(path: Path) -> Taxonomy:
    """Read and check a taxonomy file.

    Raises:
        ConfigError: It is not there, is not YAML, or lacks something; one line for each fault.
    """
    return read_taxonomy(path)[1]


def read_taxonomy(path: Path) -> tuple[Document, Taxonomy]:
    """Read and check a taxonomy file; the document too, to name lines in it.

    Raises:
        ConfigError: It is not there, is not YAML, or lacks something; one line for each fault.
    """
    document = read_document(path, _START)
    return document, check_taxonomy(document)


def check_taxonomy(document: Document) -> Taxonomy:
    """A taxonomy file as the rooms read it.

    Raises:
        ConfigError: It lacks something or contradicts itself; one line for each fault.
    """
    taxonomy = validate(Taxonomy, document, _as_today(document.content))
    checks = (_domain_faults, _role_faults, _scale_faults, _example_faults)
    refuse(fault for check in checks for fault in check(taxonomy, document))
    return taxonomy


def _as_today(content: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The content of a file; one written before roles were declared is completed.

    Its categories get roles by their names, and its languages and components are not checked.
    """
    categories = content.get("categories")
    if not isinstance(categories, dict) or {"languages", "components"} & content.keys():
        return content
    known = cast("dict[Any, Any]", categories)
    if any(isinstance(category, dict) and "role" in category for category in known.values()):
        return content
    named: dict[Any, Any] = {
        name: {**category, "role": _ROLES_BY_NAME[name]} if name in _ROLES_BY_NAME else category
        for name, category in known.items()
        if isinstance(category, dict)
    }
    older: dict[str, Any] = {"scales": {}, "languages": None, "components": None}
    return {**older, **content, "categories": {**known, **named}}


def _domain_faults(taxonomy: Taxonomy, document: Document) -> list[Fault]:
    """Each category is in a domain of the file."""
    return undeclared(uses(taxonomy, document), {"domain": declared(document, ("domains",), taxonomy.domains)})


def _role_faults(taxonomy: Taxonomy, document: Document) -> list[Fault]:
    """Each role is one category's; a text without a complaint and a vague complaint must have theirs."""
    named: dict[Role, list[str]] = {role: [] for role in Role}
    for name, category in taxonomy.categories.items():
        if category.role is not None:
            named[category.role].append(name)
    twice = [
        Fault(document, ("categories", names[1], "role"), f"{names[0]} has `role: {role}` already", "leave it to one")
        for role, names in named.items()
        if len(names) > 1
    ]
    needed = {
        Role.NO_ISSUE: "of texts without anything to act on",
        Role.CATCH_ALL: "of complaints that fit no other category",
    }
    missing = [
        Fault(document, ("categories",), f"no category has `role: {role}`", f"write it in the category {what}")
        for role, what in needed.items()
        if not named[role]
    ]
    return [*twice, *missing]


def _scale_faults(taxonomy: Taxonomy, document: Document) -> list[Fault]:
    """Each scale has all its steps; a file written before roles were declared may have none at all."""
    if not taxonomy.scales and taxonomy.languages is None:
        return []
    faults = [
        Fault(document, ("scales",), f"there is no `{name}`", f"write `{name}:` with what 1 to 5 mean")
        for name in ("severity", "urgency")
        if name not in taxonomy.scales
    ]
    for name, steps in taxonomy.scales.items():
        faults += [
            Fault(document, ("scales", name), f"there is no step {step}", f"write `{step}:` and what it means")
            for step in _STEPS
            if step not in steps
        ]
    return faults


def _example_faults(taxonomy: Taxonomy, document: Document) -> list[Fault]:
    """An example's sub-label is one of its category."""
    faults: list[Fault] = []
    for name, category in taxonomy.categories.items():
        for number, example in enumerate(category.examples):
            if example.sub_label is not None and example.sub_label not in category.sub_labels:
                right, fix = suggestion(example.sub_label, category.sub_labels)
                place = ("categories", name, "examples", number, "sub_label")
                problem = f"{example.sub_label!r} is no sub-label of {name}"
                faults.append(Fault(document, place, problem, fix, right))
    return faults
