"""Which product an item is about: by id, sku, name, synonym, order line, or a name in the text.

Pure look-ups over the catalog and commerce tables; where two products would fit, none is chosen.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from feedback_assets import tables
from feedback_assets.lake.snapshots import rows_that_hold
from feedback_assets.lake.store import Lake
from feedback_assets.text import fold

# A review may follow its order by a slow delivery and a late answer; the same as partitions.last_120_days.
ORDER_WINDOW = timedelta(days=120)
# Two letters in twenty may be mistyped; below that "Aurora Lamp S" would become "Aurora Lamp L".
_FUZZY_NAME = 90.0
# A second product this close makes the guess ambiguous.
_FUZZY_MARGIN = 4.0
# One word alone, such as "case" or "stream", is seldom the product's name in a running text.
_SHORTEST_SINGLE_WORD = 6


@dataclass(frozen=True)
class Product:
    """One product of the catalog."""

    product_id: str
    sku: str | None
    name: str | None
    family: str | None
    synonyms: tuple[str, ...]
    vendor: str | None
    fulfilment_centre: str | None
    unit_price: float | None
    unit_margin: float | None


@dataclass(frozen=True)
class OrderLine:
    """What commerce knows of one line of an order."""

    day: date
    product_id: str | None
    variant: str | None
    region: str | None
    vendor: str | None
    fulfilment_centre: str | None
    carrier: str | None


@dataclass(frozen=True)
class Resolution:
    """The product found and how; both None when there is none."""

    product: Product | None
    match: str | None


class Catalog:
    """The products as of one day, with the ways to find them."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._by_id: dict[str, Product] = {}
        self._by_sku: dict[str, set[str]] = defaultdict(set)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_synonym: dict[str, set[str]] = defaultdict(set)
        for product in products:
            self._by_id[product.product_id] = product
            for name, index in ((product.sku, self._by_sku), (product.name, self._by_name)):
                if name and fold(name):
                    index[fold(name)].add(product.product_id)
            for synonym in product.synonyms:
                if fold(synonym):
                    self._by_synonym[fold(synonym)].add(product.product_id)
        self._sequences = self._word_sequences()
        self._in_text = lru_cache(maxsize=50_000)(self._find_in_text)
        self._of_name = lru_cache(maxsize=50_000)(self._find_name)

    def resolve(
        self, product_id: str | None, sku: str | None, name: str | None, lines: Sequence[OrderLine], text: str
    ) -> Resolution:
        """The product an item is about.

        Args:
            product_id: Id as the source gives it; kept even when the catalog does not know it.
            sku: Stock keeping unit.
            name: Product name as the source gives it.
            lines: Lines of the item's order, oldest first.
            text: The item's text.
        """
        if product_id and product_id in self._by_id:
            return Resolution(self._by_id[product_id], "id")
        if sku and (only := _single(self._by_sku.get(fold(sku)))):
            return Resolution(self._by_id[only], "sku")
        if name and (match := self._of_name(fold(name))):
            return Resolution(self._by_id[match[0]], match[1])
        if product_id:
            return Resolution(_unknown(product_id), "id")
        ordered = list(dict.fromkeys(line.product_id for line in lines if line.product_id))
        mentioned: tuple[str, ...] = self._in_text(fold(text)) if text else ()
        if ordered:
            # Of an order with several products the one the text names, else the first line.
            chosen = next((candidate for candidate in ordered if candidate in mentioned), ordered[0])
            return Resolution(self._by_id.get(chosen) or _unknown(chosen), "order")
        if len(mentioned) == 1:
            return Resolution(self._by_id[mentioned[0]], "text")
        return Resolution(None, None)

    def _find_name(self, name: str) -> tuple[str, str] | None:
        if only := _single(self._by_name.get(name)):
            return only, "name"
        if only := _single(self._by_synonym.get(name)):
            return only, "synonym"
        if not name or name in self._by_name:
            return None
        close = process.extract(
            name, self._by_name.keys(), scorer=fuzz.ratio, score_cutoff=_FUZZY_NAME - _FUZZY_MARGIN, limit=2
        )
        if not close or close[0][1] < _FUZZY_NAME or (len(close) > 1 and close[0][1] - close[1][1] < _FUZZY_MARGIN):
            return None
        only = _single(self._by_name[close[0][0]])
        return (only, "name") if only else None

    def _word_sequences(self) -> dict[str, list[tuple[tuple[str, ...], set[str]]]]:
        sequences: dict[str, list[tuple[tuple[str, ...], set[str]]]] = defaultdict(list)
        names: dict[str, set[str]] = defaultdict(set)
        for index in (self._by_name, self._by_synonym):
            for name, ids in index.items():
                names[name] |= ids
        for name, ids in sorted(names.items()):
            words = tuple(name.split())
            if len(words) > 1 or len(name) >= _SHORTEST_SINGLE_WORD:
                sequences[name.split(" ", 1)[0]].append((words, ids))
        return dict(sequences)

    def _find_in_text(self, folded: str) -> tuple[str, ...]:
        """Ids of the products named in a text; where names overlap the longest counts, one shared by two does not."""
        words = tuple(folded.split())
        places = [
            (start, start + len(sequence), ids)
            for start, word in enumerate(words)
            for sequence, ids in self._sequences.get(word, ())
            if words[start : start + len(sequence)] == sequence
        ]
        longest: list[tuple[int, int, set[str]]] = []
        for start, end, ids in sorted(places, key=lambda place: (place[0] - place[1], place[0])):
            if not any(start < other_end and other < end for other, other_end, _ in longest):
                longest.append((start, end, ids))
        return tuple(
            dict.fromkeys(next(iter(ids)) for _, _, ids in sorted(longest, key=lambda p: p[0]) if len(ids) == 1)
        )

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all products; another one may resolve or redact a row otherwise."""
        return hashlib.blake2b(repr(list(self._by_id.values())).encode(), digest_size=8).hexdigest()

    def names(self) -> frozenset[str]:
        """Every name, synonym, family and vendor, folded: none of them is a person."""
        return frozenset(
            fold(name)
            for product in self._by_id.values()
            for name in (product.name, product.family, product.vendor, *product.synonyms)
            if name
        )


# What a product is made of.
CATALOG_COLUMNS = (
    "day", "event_id", "occurred_at", "product_id", "sku", "product_name", "product_family", "synonyms", "vendor",
    "fulfilment_centre", "unit_price", "unit_margin",
)  # fmt: skip


def catalog_of(lake: Lake, days: Sequence[date]) -> pd.DataFrame:
    """The rows of `silver/catalog` that tell what each product is on the days.

    Args:
        lake: Where the catalog is.
        days: At least one day.
    """
    return rows_that_hold(lake, tables.SILVER_CATALOG, "product_id", (min(days), max(days)), CATALOG_COLUMNS)


class Catalogs:
    """The catalog as each day saw it.

    A product is what its newest row up to the day says. A product that was first sent later is what its earliest row
    says, for what a product is does not depend on when the catalog was sent.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """The catalogs of the days a frame tells of.

        Args:
            frame: Rows of `silver/catalog`, all of them or those of `catalog_of`.
        """
        ordered = frame.sort_values(["day", "occurred_at", "event_id"], kind="stable", na_position="first")
        self._rows: dict[str, list[tuple[date, Product]]] = defaultdict(list)
        rows: list[dict[str, Any]] = ordered.to_dict("records")  # pyright: ignore
        for row in rows:
            self._rows[str(row["product_id"])].append((row["day"], product_of(row)))
        self._changes = sorted({day for rows in self._rows.values() for day, _ in rows[1:]})
        self._made: dict[int, Catalog] = {}

    def on(self, day: date) -> Catalog:
        """The catalog of a day."""
        epoch = sum(change <= day for change in self._changes)
        if epoch not in self._made:
            self._made[epoch] = Catalog(
                next((product for valid_from, product in reversed(rows) if valid_from <= day), rows[0][1])
                for _, rows in sorted(self._rows.items())
            )
        return self._made[epoch]


class Orders:
    """Lines of orders, found by the keyed hash of the order number."""

    def __init__(self, frame: pd.DataFrame, wanted: Iterable[str]) -> None:
        self._lines: dict[str, list[OrderLine]] = defaultdict(list)
        lines = frame[
            frame["order_ref"].isin(set(wanted)) & frame["event_type"].isin(("order", "order_item", "delivery"))
        ]
        # An id that holds an order number is hashed with the installation's key: sorted by it, the first product of an
        # order would be another one in each installation.
        order = ["occurred_at", "product_id", "variant", "event_id"]
        rows: list[dict[str, Any]] = lines.sort_values(order, kind="stable").to_dict("records")  # pyright: ignore
        for row in rows:
            names = ("product_id", "variant", "region", "vendor", "fulfilment_centre", "carrier")
            self._lines[str(row["order_ref"])].append(OrderLine(row["day"], *(cell_text(row[name]) for name in names)))

    def lines(self, order_ref: str | None, day: date) -> list[OrderLine]:
        """The lines of an order that a day may see: not later than it, not older than the look-back."""
        if order_ref is None:
            return []
        return [line for line in self._lines.get(order_ref, ()) if day - ORDER_WINDOW <= line.day <= day]

    def mark(self, order_ref: str | None, day: date) -> str:
        """A hash of the lines a day may see; empty where there are none."""
        lines = self.lines(order_ref, day)
        return hashlib.blake2b(repr(lines).encode(), digest_size=8).hexdigest() if lines else ""


def product_of(row: Mapping[str, Any]) -> Product:
    """A product from a row of `silver/catalog`."""
    return Product(
        product_id=str(row["product_id"]),
        sku=cell_text(row.get("sku")),
        name=cell_text(row.get("product_name")),
        family=cell_text(row.get("product_family")),
        synonyms=tuple(json.loads(cell_text(row.get("synonyms")) or "[]")),
        vendor=cell_text(row.get("vendor")),
        fulfilment_centre=cell_text(row.get("fulfilment_centre")),
        unit_price=number_or_none(row.get("unit_price")),
        unit_margin=number_or_none(row.get("unit_margin")),
    )


def cell_text(value: Any) -> str | None:
    """A cell as text; None for null, NaN and NaT."""
    return None if value is None or value != value else str(value)


def number_or_none(value: Any) -> float | None:
    """A cell as a number; None for null and NaN."""
    return None if value is None or value != value else float(value)


def _single(ids: set[str] | None) -> str | None:
    return next(iter(ids)) if ids and len(ids) == 1 else None


def _unknown(product_id: str) -> Product:
    return Product(product_id, None, None, None, (), None, None, None, None)
