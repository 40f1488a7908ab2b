"""Bronze feedback of a window into silver, duplicates and quarantine: every row into exactly one of the three.

The order of decisions is here; each decision itself is in its own module, and what needs only the row itself in
`row_part`. No lake, no landing, no clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.silver.campaigns import find_campaigns
from feedback_assets.silver.candidates import Candidate
from feedback_assets.silver.duplicates import WINDOW, Copy, find_copies, same_events
from feedback_assets.silver.fields import Problem
from feedback_assets.silver.products import Catalog, Catalogs, OrderLine, Orders, Product
from feedback_assets.silver.redact import Redactor
from feedback_assets.silver.row_part import EXCERPT, Cleaned, Redactors, RowPart, Rules, row_parts
from feedback_assets.tables import Table

Row = tuple[str, int]
Record = dict[str, Any]
# Every row of bronze, in the order of `ordered`.
RowWork = Callable[[pd.DataFrame, Rules, Redactors], Sequence[RowPart]]
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
    """The three tables of a run, and the redactor of each day for whoever checks them."""

    feedback: pd.DataFrame
    duplicates: pd.DataFrame
    quarantine: pd.DataFrame
    redactors: Mapping[date, Redactor]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by table name."""
        return {
            tables.SILVER_FEEDBACK.name: self.feedback,
            tables.SILVER_DUPLICATES.name: self.duplicates,
            tables.SILVER_QUARANTINE.name: self.quarantine,
        }


def in_process(bronze: pd.DataFrame, rules: Rules, redactors: Redactors) -> list[RowPart]:
    """The row part of every row of bronze, computed here."""
    return row_parts(ordered(bronze), rules, redactors.by_day)


def build(
    bronze: pd.DataFrame,
    catalog: pd.DataFrame,
    commerce: pd.DataFrame,
    days: Sequence[date],
    rules: Rules,
    row_work: RowWork = in_process,
) -> Silver:
    """Silver, duplicates and quarantine of some days.

    Args:
        bronze: `bronze/feedback` of the days and of the seven days before the first.
        catalog: `silver/catalog`, all days known.
        commerce: `silver/commerce` of the days and of the 120 days before the first.
        days: The days to compute; each sees only itself and what came before.
        rules: Mappings, hashing key and which sources are trusted less.
        row_work: Who computes what each row needs by itself.
    """
    catalogs = Catalogs(catalog)
    redactors = redactors_of(catalogs, days, rules)
    return assemble(row_work(bronze, rules, redactors), catalogs, commerce, days, rules, redactors)


def redactors_of(catalogs: Catalogs, days: Sequence[date], rules: Rules) -> Redactors:
    """The redactor of each day to compute."""
    return Redactors({day: catalogs.on(day).names() for day in days}, rules.order_patterns)


def assemble(
    parts: Sequence[RowPart],
    catalogs: Catalogs,
    commerce: pd.DataFrame,
    days: Sequence[date],
    rules: Rules,
    redactors: Redactors,
) -> Silver:
    """The table part: what compares rows with each other and looks up products and orders.

    Args:
        parts: The row part of every bronze row of the window, in the order of `ordered`.
        catalogs: The catalog as each day saw it.
        commerce: As for `build`.
        days: The days to compute; their rows are cleaned.
        rules: As for `build`.
        redactors: Of the days.
    """
    candidates: dict[date, list[Candidate]] = {}
    by_day: dict[date, list[RowPart]] = {}
    for part in parts:
        by_day.setdefault(part.day, []).append(part)
        if isinstance(part.read, Candidate):
            candidates.setdefault(part.day, []).append(part.read)
    writer = _Writer(catalogs, commerce, parts, rules, redactors)
    for day in days:
        window = [one for back in range(WINDOW.days + 1) for one in candidates.get(day - timedelta(days=back), ())]
        verdicts = _judge(window, day, rules.low_trust)
        for part in by_day.get(day, ()):
            writer.put(part, verdicts.get(part.place))
    return writer.done()


def _judge(window: Sequence[Candidate], day: date, low_trust: Collection[str]) -> dict[Row, Copy | Problem | str]:
    """What is decided about the day's rows that do not stay: a copy, a problem, or the evidence of a campaign."""
    once, repeats, clashes = same_events(window, day)
    campaign = find_campaigns(once, day, low_trust)
    copies = find_copies([one for one in once if one.row not in campaign], day)
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
        parts: Iterable[RowPart],
        rules: Rules,
        redactors: Redactors,
    ) -> None:
        self._catalogs = catalogs
        refs = [part.cleaned.columns.get("order_ref") for part in parts if part.cleaned]
        self._orders = Orders(commerce, [ref for ref in refs if ref])
        self._redactors = redactors.by_day
        self._rows: dict[str, list[Record]] = {
            table.name: [] for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        }

    def put(self, part: RowPart, verdict: Copy | Problem | str | None) -> None:
        """One row, read and cleaned, into the table it belongs to."""
        read, cleaned = part.read, part.cleaned
        if cleaned is None:
            raise ValueError(f"{part.landing_object}, line {part.line}: {part.day} was read but not cleaned")
        if isinstance(read, Problem):
            self._quarantine(part, read, cleaned, cleaned.detail, cleaned.excerpt or "", None)
        elif isinstance(verdict, Copy):
            self._rows[tables.SILVER_DUPLICATES.name].append(_duplicate(read, verdict))
        elif isinstance(verdict, Problem):
            self._quarantine(part, verdict, cleaned, verdict.detail, cleaned.columns["text"], None)
        elif verdict is not None:
            self._quarantine(part, _CAMPAIGN, cleaned, _CAMPAIGN.detail, cleaned.columns["text"], verdict)
        else:
            catalog = self._catalogs.on(part.day)
            self._rows[tables.SILVER_FEEDBACK.name].append(self._feedback(cleaned, catalog))

    def done(self) -> Silver:
        """The three frames, in the columns of their tables."""
        feedback, duplicates, quarantine = (
            _frame(self._rows[table.name], table)
            for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        )
        return Silver(feedback, duplicates, quarantine, self._redactors)

    def _feedback(self, cleaned: Cleaned, catalog: Catalog) -> Record:
        own = cleaned.columns
        lines = self._orders.lines(own["order_ref"], own["day"])
        found = catalog.resolve(*cleaned.product, lines, own["text"])
        line = next((one for one in lines if found.product and one.product_id == found.product.product_id), None)
        return {
            **own,
            **_product_columns(found.product, line or (lines[0] if lines else None)),
            "product_match": found.match,
            "variant": own["variant"] or (line.variant if line else None),
            "region": own["region"] or next((one.region for one in lines if one.region), None),
            "carrier": own["carrier"] or next((one.carrier for one in lines if one.carrier), None),
        }

    def _quarantine(
        self,
        part: RowPart,
        problem: Problem,
        cleaned: Cleaned,
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
                "mend": problem.mend,
                # Cut short it may read as something personal that the whole did not.
                "excerpt": self._redactors[part.day].redact(excerpt).text or None,
                "evidence": evidence and _with_example(evidence, excerpt),
                "landing_object": part.landing_object,
                "line": part.line,
                "checksum": part.checksum,
            }
        )


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
