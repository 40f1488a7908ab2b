"""What the caller tells the Databricks job and where the job leaves its results; nothing secret is in it."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from feedback_assets.config.mappings import Mapping
from feedback_assets.personal import LINK, RAW
from feedback_assets.silver.clean_rows import ReadingRules
from feedback_assets.silver.fields import Mappings
from feedback_assets.spark.batches import LineRanges, RowTask
from feedback_assets.tables import Column, Table

# What the row functions consist of, besides libraries.
_CODE = (
    "silver", "spark", "tables", "text.py", "config/mappings.py", "files/text_files.py", "files/word_lists.py", "words",
)  # fmt: skip
_SOURCE_ENDINGS = (".py", ".txt")


@dataclass(frozen=True)
class JobRequest:
    """The rows to compute and the rules for them.

    Attributes:
        token: Names the staging table; new for every attempt.
        lake: Root of the lake, as the caller sees it and the cluster must.
        first: First day of bronze to read.
        last: Last day, included.
        rows: How many rows are wanted.
        wanted: Which rows, by landing object.
        mappings: The saved mappings by name.
        broken: Those that cannot be read, and why.
        order_patterns: The shop's own order numbers.
        keep: For each day to compute, the names that are no people.
        key_fingerprint: Tells whether the cluster has the same hashing key, without telling the key.
        code: Version of the row functions the caller has.
    """

    token: str
    lake: str
    first: date
    last: date
    rows: int
    wanted: LineRanges
    mappings: MappingABC[str, Mapping]
    broken: MappingABC[str, str]
    order_patterns: tuple[str, ...]
    keep: MappingABC[date, frozenset[str]]
    key_fingerprint: str
    code: str

    def task(self, key: bytes) -> RowTask:
        """What the workers are told."""
        rules = ReadingRules(key, Mappings(self.mappings, self.broken), (), self.order_patterns)
        return RowTask(rules, dict(self.keep), self.wanted)

    def to_extras(self) -> dict[str, Any]:
        """As JSON; days that share their names share one list."""
        names = sorted({tuple(sorted(group)) for group in self.keep.values()})
        return {
            "token": self.token,
            "lake": self.lake,
            "first": str(self.first),
            "last": str(self.last),
            "rows": self.rows,
            "wanted": self.wanted,
            "mappings": {name: mapping.model_dump(mode="json") for name, mapping in self.mappings.items()},
            "broken": dict(self.broken),
            "order_patterns": list(self.order_patterns),
            "names": [list(group) for group in names],
            "keep": {str(day): names.index(tuple(sorted(group))) for day, group in self.keep.items()},
            "key_fingerprint": self.key_fingerprint,
            "code": self.code,
        }

    @classmethod
    def from_extras(cls, extras: dict[str, Any]) -> JobRequest:
        """What `to_extras` wrote."""
        names: list[frozenset[str]] = [frozenset(group) for group in extras["names"]]
        return cls(
            token=extras["token"],
            lake=extras["lake"],
            first=date.fromisoformat(extras["first"]),
            last=date.fromisoformat(extras["last"]),
            rows=extras["rows"],
            wanted=extras["wanted"],
            mappings={name: Mapping.model_validate(fields) for name, fields in extras["mappings"].items()},
            broken=extras["broken"],
            order_patterns=tuple(extras["order_patterns"]),
            keep={date.fromisoformat(day): names[int(at)] for day, at in extras["keep"].items()},
            key_fingerprint=extras["key_fingerprint"],
            code=extras["code"],
        )


def staging_table(token: str) -> Table:
    """Where the job leaves its results until the caller has read them: beside bronze, as little open as bronze."""
    return Table(
        key=("bronze", f"row_parts_{token}"),
        group="landing",
        description="Rows on their way from a Databricks job to silver; removed when they are read.",
        primary_key=("landing_object", "line"),
        by_day=True,
        shows_sample=False,
        columns=(
            Column("day", "date", "The day of the row.", nullable=False),
            Column("landing_object", "string", "Where the row landed.", nullable=False, personal=LINK),
            Column("line", "int", "Its line there.", nullable=False),
            Column("part", "string", "What the cleaned row made of it, as JSON.", nullable=False, personal=RAW),
        ),
    )


def fingerprint(key: bytes) -> str:
    """Sixteen hex digits that two holders of the same key share and nobody can turn back."""
    return blake2b(b"feedback-assets: which key is this", key=key, digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def row_code_version() -> str:
    """Twelve hex digits over the source of the row functions of this process."""
    spec = find_spec("feedback_assets")
    folder = Path(spec.origin).parent if spec and spec.origin else Path(__file__).parents[1]
    files = sorted(
        file
        for name in _CODE
        for file in ([folder / name] if name.endswith(".py") else (folder / name).iterdir())
        if file.suffix in _SOURCE_ENDINGS
    )
    digest = sha256()
    for file in files:
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
