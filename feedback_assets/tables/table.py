"""What a table and a column are, and the columns that many tables share.

The tables themselves stand in the modules beside this one, by layer. Nothing here reads or writes a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from feedback_assets.personal import NONE, Personal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "int", "float", "bool", "timestamp", "date", "vector"]
Layer = Literal["bronze", "silver", "gold", "tickets", "evaluation", "ledger"]
# What customers write can stand in columns of these kinds; a vector is made of their words.
_FREE: frozenset[Kind] = frozenset({"string", "vector"})
_UNDECLARED: Any = None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its name in the table.
        kind: Its type; see `Table.arrow_schema`.
        description: What a value means, for people.
        nullable: A row may have none.
        volatile: Clock, run or cost: it does not count when two tables are compared.
        personal: What it holds of a person. A column of free text has to say so; numbers, days, times and closed sets
            hold nothing of one.
        allowed: The values a row may have, members of one enum of `values`; any when empty.
        minimum: The least number a row may have.
        maximum: The greatest.
    """

    name: str
    kind: Kind
    description: str
    nullable: bool = True
    volatile: bool = False
    allowed: tuple[StrEnum, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    personal: Personal = _UNDECLARED

    def __post_init__(self) -> None:
        if self.personal is not _UNDECLARED:
            return
        if self.kind in _FREE and not self.allowed:
            raise ValueError(
                f"column {self.name!r} says nothing of persons; give it one of {', '.join(Personal)}, "
                "as feedback_assets/personal.py explains them"
            )
        object.__setattr__(self, "personal", NONE)


@dataclass(frozen=True)
class Table:
    """One table: where it lives, what a row is, what must hold for every row."""

    key: tuple[str, str]
    group: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    owner: str = "data-platform"
    by_day: bool = True
    shows_sample: bool = True

    @property
    def name(self) -> str:
        """The key as text, `layer/table`."""
        return "/".join(self.key)

    @property
    def layer(self) -> str:
        """The medallion layer, the first part of the key."""
        return self.key[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def stable_columns(self) -> tuple[str, ...]:
        """The columns that must be equal when a day is computed again."""
        return tuple(column.name for column in self.columns if not column.volatile)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: The table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema, with plain strings and microsecond UTC timestamps as Delta stores them."""
        import pyarrow as pa

        types: dict[Kind, pa.DataType] = {
            "string": pa.string(),
            "int": pa.int64(),
            "float": pa.float64(),
            "bool": pa.bool_(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "date": pa.date32(),
            "vector": pa.list_(pa.float32()),
        }
        return pa.schema(
            [
                pa.field(
                    column.name,
                    types[column.kind],
                    nullable=column.nullable,
                    metadata={"comment": column.description},
                )
                for column in self.columns
            ]
        )


DAY = Column("day", "date", "The UTC day the event happened on; the partition.", nullable=False)


def text(name: str, description: str, personal: Personal, *, volatile: bool = False) -> Column:
    """A column of free text that a row may lack; see `Column`."""
    return Column(name, "string", description, volatile=volatile, personal=personal)


def required(name: str, description: str, personal: Personal) -> Column:
    """A column of free text that every row has."""
    return Column(name, "string", description, nullable=False, personal=personal)


def choice(name: str, description: str, values: Iterable[StrEnum], *, nullable: bool = False) -> Column:
    """A column whose values are members of one enum.

    Args:
        name: Its name.
        description: What a value means.
        values: The enum, or those of its members that stand in this table.
        nullable: A row may have none.
    """
    return Column(name, "string", description, nullable=nullable, allowed=tuple(values))
