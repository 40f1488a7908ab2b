"""Bronze feedback of a window into silver, duplicates and quarantine: every row into exactly one of the three.

The order of decisions is here; each decision itself is in its own module, and what needs only the row itself in
`clean_rows`. No lake, no landing, no clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.cache import RowCache
from feedback_assets.lake.frames import conform
from feedback_assets.silver.cached_rows import CachedSilver
from feedback_assets.silver.campaigns import find_campaigns
from feedback_assets.silver.candidates import Candidate, Folded
from feedback_assets.silver.clean_rows import EXCERPT, CleanRow, ReadingRules, Redactors, ShownValues, clean_rows
from feedback_assets.silver.duplicates import WINDOW, Copy, find_copies, same_events
from feedback_assets.silver.fields import Problem
from feedback_assets.silver.products import Catalog, Catalogs, OrderLine, Orders, Product
from feedback_assets.silver.redact import Redactor
from feedback_assets.tables import Table

Row = tuple[str, int]
Record = dict[str, Any]
# Every row of bronze, in the order of `ordered`.
RowCleaner = Callable[[pd.DataFrame, ReadingRules, Redactors], Sequence[CleanRow]]
# Why a row does not stay: it repeats another, it has a problem, or it is of a campaign of which this is the evidence.
Exclusion = Copy | Problem | str | None
_CLASH = Problem(
    "bad_field", "event_id: another source has the same id", "give the source ids of its own in its mapping or envelope"
)
_CAMPAIGN = Problem(
    "campaign",
    "many near-identical texts from low-trust sources within 48 hours",
    "if they are genuine, take the source out of FEEDBACK_LOW_TRUST_SOURCES and run the day again",
)


@dataclass(frozen=True)
class Silver:
    """The three tables of a run, and what whoever checks and keeps them needs.

    Attributes:
        computed: The rows that were not cached, as `feedback` has them, those that repeat another included.
        redactors: The redactor of each day.
        cached: What was cached and computed.
    """

    feedback: pd.DataFrame
    duplicates: pd.DataFrame
    quarantine: pd.DataFrame
    computed: pd.DataFrame
    redactors: Mapping[date, Redactor]
    cached: CachedSilver

    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by table name."""
        return {
            tables.SILVER_FEEDBACK.name: self.feedback,
            tables.SILVER_DUPLICATES.name: self.duplicates,
            tables.SILVER_QUARANTINE.name: self.quarantine,
        }


def clean_in_process(bronze: pd.DataFrame, rules: ReadingRules, redactors: Redactors) -> list[CleanRow]:
    """Every row of bronze, cleaned here."""
    return clean_rows(ordered(bronze), rules, redactors.by_day)


def build(
    bronze: pd.DataFrame,
    catalog: pd.DataFrame,
    commerce: pd.DataFrame,
    days: Sequence[date],
    rules: ReadingRules,
    cleaner: RowCleaner = clean_in_process,
    cache: RowCache | None = None,
) -> Silver:
    """Silver, duplicates and quarantine of some days.

    Args:
        bronze: `bronze/feedback` of the days and of the seven days before the first.
        catalog: `silver/catalog` as `products.catalog_of` reads it for the days.
        commerce: `silver/commerce` of the days and of the 120 days before the first.
        days: The days to compute; each sees only itself and what came before.
        rules: Mappings, hashing key and which sources are trusted less.
        cleaner: Who computes what each row needs by itself.
        cache: Where rows made before are, if they are to be used; `Silver.cached` saves those made now.
    """
    catalogs = Catalogs(catalog)
    redactors = redactors_of(catalogs, days, rules)
    cached = CachedSilver(bronze, catalogs, commerce, days, rules, cache)
    parts: Sequence[CleanRow] = cleaner(cached.missing, rules, redactors) if len(cached.missing) else ()
    return assemble(parts, cached, catalogs, commerce, days, rules, redactors)


def redactors_of(catalogs: Catalogs, days: Sequence[date], rules: ReadingRules) -> Redactors:
    """The redactor of each day to compute."""
    return Redactors({day: catalogs.on(day).names() for day in days}, rules.order_patterns)


def assemble(
    parts: Sequence[CleanRow],
    cached: CachedSilver,
    catalogs: Catalogs,
    commerce: pd.DataFrame,
    days: Sequence[date],
    rules: ReadingRules,
    redactors: Redactors,
) -> Silver:
    """The table part: what compares rows with each other and looks up products and orders.

    Args:
        parts: Every bronze row of the window that was not cached, cleaned, in the order of `ordered`.
        cached: The others.
        catalogs: The catalog as each day saw it.
        commerce: As for `build`.
        days: The days to compute; their rows are cleaned.
        rules: As for `build`.
        redactors: Of the days.
    """
    by_day: dict[date, list[CleanRow]] = {}
    for part in parts:
        by_day.setdefault(part.day, []).append(part)
    candidates: dict[date, list[Candidate]] = {}
    for candidate in (*cached.candidates, *(part.read for part in parts)):
        if isinstance(candidate, Candidate):
            candidates.setdefault(candidate.day, []).append(candidate)
    writer = _Writer(catalogs, commerce, parts, cached, redactors)
    for day in days:
        window = [
            candidate for back in range(WINDOW.days + 1) for candidate in candidates.get(day - timedelta(days=back), ())
        ]
        exclusions = _exclusions(window, day, rules.low_trust, cached.folded)
        for part in by_day.get(day, ()):
            writer.put(part, exclusions.get(part.place))
        for number, place in cached.of_day(day):
            writer.put_cached(number, exclusions.get(place))
    return writer.done()


def _exclusions(
    window: Sequence[Candidate], day: date, low_trust: Collection[str], folded: Folded
) -> dict[Row, Copy | Problem | str]:
    """What is decided about the day's rows that do not stay: a copy, a problem, or the evidence of a campaign."""
    once, repeats, clashes = same_events(window, day)
    campaign = find_campaigns(once, day, low_trust, folded)
    copies = find_copies([candidate for candidate in once if candidate.row not in campaign], day, folded)
    return {**copies, **campaign, **repeats, **dict.fromkeys(clashes, _CLASH)}


def ordered(bronze: pd.DataFrame) -> list[Record]:
    """The rows of bronze by day, landing object and line."""
    rows = bronze.sort_values(["day", "landing_object", "line"], kind="stable")
    return rows.to_dict("records")  # pyright: ignore[reportReturnType]


class _Writer:
    """Collects the rows of the three tables."""

    def __init__(
        self,
        catalogs: Catalogs,
        commerce: pd.DataFrame,
        parts: Iterable[CleanRow],
        cached: CachedSilver,
        redactors: Redactors,
    ) -> None:
        self._catalogs = catalogs
        refs = [part.cleaned.columns.get("order_ref") for part in parts if part.cleaned]
        self._orders = Orders(commerce, [ref for ref in refs if ref])
        self._redactors = redactors.by_day
        self._cached = cached
        self._numbers: list[int] = []
        self._computed: list[Record] = []
        self._rows: dict[str, list[Record]] = {
            table.name: [] for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        }

    def put(self, part: CleanRow, exclusion: Exclusion) -> None:
        """One row, read and cleaned, into the table it belongs to; it is cached as if it stayed."""
        cleaned = _cleaned(part)
        own = cleaned.columns
        record = self._feedback(cleaned, self._catalogs.on(part.day)) if own else {}
        self._cached.add(part, record, self._orders.mark(own["order_ref"], part.day) if own else "")
        if own:
            self._computed.append(record)
        if own and exclusion is None:
            self._rows[tables.SILVER_FEEDBACK.name].append(record)
        else:
            self._aside(part, exclusion)

    def put_cached(self, number: int, exclusion: Exclusion) -> None:
        """One cached row into the table it belongs to."""
        read = self._cached.candidates[number]
        if exclusion is None and read is not None:
            self._numbers.append(number)
        elif isinstance(exclusion, Copy) and read is not None:
            self._rows[tables.SILVER_DUPLICATES.name].append(_duplicate(read, exclusion))
        else:
            self._aside(self._cached.part(number), exclusion)

    def done(self) -> Silver:
        """The three frames, in the columns of their tables."""
        stays, duplicates, quarantine = (
            _frame(self._rows[table.name], table)
            for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        )
        computed = _frame(self._computed, tables.SILVER_FEEDBACK)
        parts = [self._cached.feedback(self._numbers)] if self._numbers else []
        feedback = pd.concat([*parts, stays], ignore_index=True) if parts and len(stays) else [*parts, stays][0]
        return Silver(feedback, duplicates, quarantine, computed, self._redactors, self._cached)

    def _aside(self, part: CleanRow, exclusion: Exclusion) -> None:
        read, cleaned = part.read, _cleaned(part)
        if isinstance(read, Problem):
            self._quarantine(part, read, cleaned, cleaned.detail, cleaned.excerpt or "", None)
        elif isinstance(exclusion, Copy):
            self._rows[tables.SILVER_DUPLICATES.name].append(_duplicate(read, exclusion))
        elif isinstance(exclusion, Problem):
            self._quarantine(part, exclusion, cleaned, exclusion.detail, cleaned.columns["text"], None)
        elif exclusion is not None:
            self._quarantine(part, _CAMPAIGN, cleaned, _CAMPAIGN.detail, cleaned.columns["text"], exclusion)

    def _feedback(self, cleaned: ShownValues, catalog: Catalog) -> Record:
        own = cleaned.columns
        lines = self._orders.lines(own["order_ref"], own["day"])
        resolution = catalog.resolve(*cleaned.product, lines, own["text"])
        line = next(
            (entry for entry in lines if resolution.product and entry.product_id == resolution.product.product_id), None
        )
        return {
            **own,
            **_product_columns(resolution.product, line or (lines[0] if lines else None)),
            "product_match": resolution.match,
            "variant": own["variant"] or (line.variant if line else None),
            "region": own["region"] or next((entry.region for entry in lines if entry.region), None),
            "carrier": own["carrier"] or next((entry.carrier for entry in lines if entry.carrier), None),
        }

    def _quarantine(
        self,
        part: CleanRow,
        problem: Problem,
        cleaned: ShownValues,
        detail: str | None,
        words: str,
        evidence: str | None,
    ) -> None:
        excerpt = words[:EXCERPT]
        self._rows[tables.SILVER_QUARANTINE.name].append(
            {
                "day": part.day,
                "event_id": cleaned.event_id,
                "source": part.source,
                "reason": problem.reason,
                "detail": detail,
                "mend": problem.fix,
                # Cut short it may read as something personal that the whole did not.
                "excerpt": self._redactors[part.day].redact(excerpt).text or None,
                "evidence": evidence and _with_example(evidence, excerpt),
                "landing_object": part.landing_object,
                "line": part.line,
                "checksum": part.checksum,
            }
        )


def _cleaned(part: CleanRow) -> ShownValues:
    if part.cleaned is None:
        raise ValueError(f"{part.landing_object}, line {part.line}: {part.day} was read but not cleaned")
    return part.cleaned


def _frame(rows: list[Record], table: Table) -> pd.DataFrame:
    return conform(pd.DataFrame(rows, columns=list(table.column_names)), table)


def _product_columns(product: Product | None, line: OrderLine | None) -> Record:
    return {
        "product_id": product.product_id if product else None,
        "product_name": product.name if product else None,
        "product_family": product.family if product else None,
        "vendor": (product.vendor if product else None) or (line.vendor if line else None),
        "fulfilment_centre": (line.fulfilment_centre if line else None)
        or (product.fulfilment_centre if product else None),
        "unit_price": product.unit_price if product else None,
        "unit_margin": product.unit_margin if product else None,
    }


def _duplicate(item: Candidate, copy: Copy) -> Record:
    original = copy.original
    return {
        "day": item.day,
        "event_id": item.public_id,
        "source": item.source,
        "channel": item.channel,
        "occurred_at": item.occurred_at,
        "original_event_id": original.public_id,
        "original_day": original.day,
        "kind": copy.kind,
        "similarity": copy.similarity,
        "evidence": copy.evidence,
        "landing_object": item.landing_object,
        "line": item.line,
    }


def _with_example(evidence: str, example: str) -> str:
    return json.dumps({**json.loads(evidence), "example": example}, ensure_ascii=False, sort_keys=True)
