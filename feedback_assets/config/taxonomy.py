"""The taxonomy: loads `prompts/taxonomy.yaml`, or another of its form, and refuses one that is not complete.

Only what the file says and whether it may be used. Nothing here classifies, routes or trains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from feedback_assets.errors import CallError
from feedback_assets.files.text_files import read_mapping


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

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class TaxonomyError(CallError):
    """The taxonomy may not be used; the message names file, category, field and the mend."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CategoryExample(_Strict):
    """A text that shows what the category means; it teaches the local model and the language model."""

    text: Words
    sub_label: str | None = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class Category(_Strict):
    """What an issue can be, who owns it, how fast it must move."""

    domain: Words
    definition: Words
    role: Role | None = None
    sub_labels: tuple[Words, ...] = ()
    owner: Words
    destination: Words
    sla_hours: float = Field(gt=0)
    severity_floor: int = Field(ge=1, le=5)
    escalation: tuple[Words, ...] = Field(min_length=1)
    keywords: tuple[Words, ...] = ()
    examples: tuple[CategoryExample, ...] = ()


class Change(_Strict):
    """Who proposed this edition, who approved it, and why."""

    proposed_by: Words
    approved_by: Words
    why: Words


class Taxonomy(_Strict):
    """Domains and categories in the order of the file."""

    name: Words
    edition: int = Field(alias="version", ge=1)
    change: Change
    scales: Mapping[str, Mapping[int, str]] = {}
    domains: Mapping[str, Words]
    categories: Mapping[str, Category] = Field(min_length=2)

    @cached_property
    def version(self) -> str:
        """Name, edition and a hash of everything that says what a label means or where it goes.

        A role that the name alone said before roles were declared does not count: the label means what it meant.
        """
        content = self.model_dump(mode="json", by_alias=True, exclude={"change"})
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
        found = self.categories.get(category)
        return found is not None and (sub_label is None or sub_label in found.sub_labels)


def closest(name: str, allowed: tuple[str, ...]) -> str:
    """The end of an error message: the nearest allowed name, or all of them."""
    near = get_close_matches(name, allowed, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(allowed)}"


# What to write where a field is missing or wrong; the examples are in the form the file wants.
_MENDS = {
    "role": "write `role: no_issue`, `role: catch_all` or `role: wish`, or leave it out",
    "owner": "write `owner: <team that fixes it>`",
    "destination": "write `destination: <project or queue of the tracker>`",
    "sla_hours": "write `sla_hours: <hours until a first answer, above 0>`",
    "severity_floor": "write `severity_floor: <1 to 5, the least severity of such an issue>`",
    "escalation": "write `escalation: [<role>, …]`, the next first",
    "domain": "name one of the file's `domains`",
    "definition": "write one or two sentences that say what belongs here and what does not",
    "sub_labels": "write `sub_labels: [<name>, …]` or leave it out",
    "proposed_by": "write who proposed the change",
    "approved_by": "write who approved the change",
    "why": "write why the change was made",
    "change": "write `change: {proposed_by: …, approved_by: …, why: …}`",
    "version": "write `version: <whole number>`, one more than before",
    "keywords": "write `keywords: [<phrase>, …]`",
    "examples": "write `examples: [<text>, …]` or a list of `{text, sub_label, note}`",
    "categories": "write at least two categories, each with its fields",
}


def load_taxonomy(path: Path) -> Taxonomy:
    """Read and check a taxonomy file.

    Raises:
        TaxonomyError: It is not there, is not YAML, or lacks something; one line for each fault.
    """
    if not path.is_file():
        raise TaxonomyError(f"{path}: no such file; name a taxonomy file or set FEEDBACK_PROMPTS to its folder")
    content = read_mapping(path, TaxonomyError, "start with `name:`, `version:`, `change:`, `categories:`")
    try:
        taxonomy = Taxonomy.model_validate(_with_roles(content))
    except ValidationError as error:
        raise TaxonomyError("\n".join(_said(path, dict(fault)) for fault in error.errors())) from error
    faults = _inconsistent(taxonomy)
    if faults:
        raise TaxonomyError("\n".join(f"{path}: {fault}" for fault in faults))
    return taxonomy


def _said(path: Path, fault: dict[str, Any]) -> str:
    place = [str(part) for part in cast("tuple[str | int, ...]", fault["loc"])]
    named = place[2] if len(place) > 2 and place[0] == "categories" else place[-1]
    where = f"category {place[1]}: " if len(place) > 1 and place[0] == "categories" else ""
    where += f"field {'.'.join(place[2:] if where else place)}" if len(place) > 2 or not where else "as a whole"
    problem = {"missing": "is missing", "extra_forbidden": "is unknown"}.get(fault["type"], str(fault["msg"]))
    mend = _MENDS.get(place[-1], _MENDS.get(named, "mend or remove it"))
    if fault["type"] == "extra_forbidden":
        mend = "remove it, or mend its spelling"
    return f"{path}: {where}: {problem}; {mend}"


def _with_roles(content: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The content of a file; one written before roles were declared gets them by the names of its categories."""
    categories = content.get("categories")
    if not isinstance(categories, dict):
        return content
    known = cast("dict[Any, Any]", categories)
    if any(isinstance(category, dict) and "role" in category for category in known.values()):
        return content
    named = {
        name: {**category, "role": _ROLES_BY_NAME[name]}
        for name, category in known.items()
        if name in _ROLES_BY_NAME and isinstance(category, dict)
    }
    return {**content, "categories": {**known, **named}}


def _role_faults(taxonomy: Taxonomy) -> list[str]:
    """Each role is one category's; a text without a complaint and a vague complaint must have theirs."""
    named: dict[Role, list[str]] = {role: [] for role in Role}
    for name, category in taxonomy.categories.items():
        if category.role is not None:
            named[category.role].append(name)
    twice = [
        f"categories {', '.join(names)}: all have `role: {role}`; leave it to one of them"
        for role, names in named.items()
        if len(names) > 1
    ]
    needed = {
        Role.NO_ISSUE: "of texts without anything to act on",
        Role.CATCH_ALL: "of complaints that fit no other category",
    }
    missing = [
        f"no category has `role: {role}`; write it in the category {what}"
        for role, what in needed.items()
        if not named[role]
    ]
    return [*twice, *missing]


def _inconsistent(taxonomy: Taxonomy) -> list[str]:
    faults = _role_faults(taxonomy)
    for name, category in taxonomy.categories.items():
        if category.domain not in taxonomy.domains:
            near = closest(category.domain, tuple(taxonomy.domains))
            faults.append(f"category {name}: field domain: {category.domain!r} is none of the file's domains{near}")
        faults += [
            f"category {name}: field examples: sub-label {example.sub_label!r} is not one of its own"
            f"{closest(example.sub_label, category.sub_labels)}"
            for example in category.examples
            if example.sub_label is not None and example.sub_label not in category.sub_labels
        ]
    return faults
