"""What every configuration model is made of: frozen, strict, each field with unit and reason, names that are checked.

Only the building blocks. Which fields there are stands in `sections/`, `taxonomy.py` and `word_files.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["domain", "category", "sub_label", "concept", "component", "language", "cue", "model"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Strict(BaseModel):
    """A mapping of a configuration file: no unknown key, and nothing changes after it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


@dataclass(frozen=True)
class Refers:
    """Marks a name that must be declared elsewhere, as one of these kinds."""

    kinds: tuple[Kind, ...]

    def __init__(self, *kinds: Kind) -> None:
        object.__setattr__(self, "kinds", kinds)


DomainName = Annotated[str, Refers("domain")]
CategoryName = Annotated[str, Refers("category")]
CategoryOrDomain = Annotated[str, Refers("category", "domain")]
SubLabelName = Annotated[str, Refers("sub_label")]
ConceptName = Annotated[str, Refers("concept")]
SubLabelOrConcept = Annotated[str, Refers("sub_label", "concept")]
CueName = Annotated[str, Refers("cue")]
LanguageName = Annotated[str, Refers("language")]
ModelName = Annotated[str, Refers("model")]

# Numbers as YAML writes them; a number in quotes, `yes` and `7.0` for a count are refused.
Count = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]


def setting(unit: str, reason: str, **constraints: Any) -> Any:
    """A field of a model: its unit or type in words, what it does and why, and its range.

    Args:
        unit: Such as `days`, `share`, `names of categories`.
        reason: One or two sentences. They stand in docs/configuration.md and in the message when the key is missing.
        constraints: `ge`, `gt`, `le`, `lt`, `min_length`, `alias`, `default`: as pydantic's Field takes them.
    """
    return Field(description=f"{unit}. {reason}", json_schema_extra={"unit": unit, "reason": reason}, **constraints)
