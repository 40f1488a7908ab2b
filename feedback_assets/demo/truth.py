"""The planted truth of a story: written beside the landing data, read only to score tickets and to look for leaks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from upath import UPath

FILE = "truth.json"


@dataclass(frozen=True)
class Planted:
    """One planted problem and the items that tell of it.

    `product` is None where it is no product's fault, `release` where no change caused it.
    """

    id: str
    kind: str
    product: str | None
    product_name: str | None
    category: str
    first_day: str
    fixed_day: str | None
    details: dict[str, Any]
    event_ids: tuple[str, ...]
    release: str | None = None


@dataclass(frozen=True)
class Decoy:
    """Something that looks like a problem and is none."""

    id: str
    kind: str
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class PlantedValue:
    """One personal value put into a text or a field."""

    value: str
    kind: str
    event_id: str


@dataclass(frozen=True)
class Truth:
    """All that was planted.

    `labels` has the category each item was written for; `praise` the items written as praise, which a truth written
    by an earlier version does not tell.
    """

    seed: int
    first_day: str
    last_day: str
    items: int
    planted: tuple[Planted, ...]
    decoys: tuple[Decoy, ...]
    values: tuple[PlantedValue, ...]
    labels: dict[str, str]
    praise: tuple[str, ...] = ()


def save(truth: Truth, landing_root: str) -> str:
    """Write `truth.json` into the landing root, beside the streams; returns its path."""
    where = UPath(landing_root) / FILE
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(json.dumps(asdict(truth), ensure_ascii=False, sort_keys=True, indent=1), encoding="utf-8")
    return str(where)


def load(path: str | Path) -> Truth:
    """Read a truth that `save` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        pydantic.ValidationError: It is no truth; it names the field.
    """
    return TypeAdapter(Truth).validate_json(UPath(path).read_text(encoding="utf-8"))
