"""Bronze feedback of a window into silver, duplicates and quarantine: every row into exactly one of the three.

The order of decisions is here; each decision itself is in its own module. No lake, no landing, no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.lake.frames import conform
from feedback_assets.silver.campaigns import find_campaigns
from feedback_assets.silver.candidates import Candidate
from feedback_assets.silver.duplicates import WINDOW, Copy, find_copies, same_events
from feedback_assets.silver.fields import Item, Mappings, Problem, payload_of, personal_values, read_item
from feedback_assets.silver.language import detect
from feedback_assets.silver.names import name_parts
from feedback_assets.silver.normalise import normalise
from feedback_assets.silver.products import Catalog, Catalogs, OrderLine, Orders, Product
from feedback_assets.silver.redact import Redacted, Redactor, keyed_hash, kinds_json, public_id
from feedback_assets.tables import Table
from feedback_assets.text import fold, text_key

Row = tuple[str, int]
Record = dict[str, Any]
_EXCERPT = 200
# A malformed line is looked at only so far for what could be shown of it.
_RAW_SEEN = 4_000
_RAW_TEXT = re.compile(
    r'"(?:text|review|body|content|message|comment|title)[\w]*"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE
)
_CLASH = Problem(
    "bad_field", "event_id: another source has the same id", "give the source ids of its own in its mapping or envelope"
)
_CAMPAIGN = Problem(
    "campaign",
    "many near-identical texts from low-trust sources within 48 hours",
    "if they are genuine, take the source out of FEEDBACK_LOW_TRUST_SOURCES and run the day again",
)


@dataclass(frozen=True)
class Rules:
    """What an installation says about reading feedback."""

    key: bytes
    mappings: Mappings = field(default_factory=Mappings)
    low_trust: Collection[str] = ()
    order_patterns: tuple[str, ...] = ()


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


def build(
    bronze: pd.DataFrame, catalog: pd.DataFrame, commerce: pd.DataFrame, days: Sequence[date], rules: Rules
) -> Silver:
    """Silver, duplicates and quarantine of some days.

    Args:
        bronze: `bronze/feedback` of the days and of the seven days before the first.
        catalog: `silver/catalog`, all days known.
        commerce: `silver/commerce` of the days and of the 120 days before the first.
        days: The days to compute; each sees only itself and what came before.
        rules: Mappings, hashing key and which sources are trusted less.
    """
    rows = {(str(row["landing_object"]), int(row["line"])): row for row in _records(bronze)}
    read = {place: read_item(row, rules.mappings) for place, row in rows.items()}
    candidates = [_candidate(item) for item in read.values() if isinstance(item, Item)]
    by_day: dict[date, list[Candidate]] = {}
    for candidate in candidates:
        by_day.setdefault(candidate.day, []).append(candidate)
    places: dict[date, list[Row]] = {}
    for place, row in rows.items():
        places.setdefault(row["day"], []).append(place)
    writer = _Writer(catalog, commerce, read, rules)
    for day in days:
        window = [one for back in range(WINDOW.days + 1) for one in by_day.get(day - timedelta(days=back), ())]
        verdicts = _judge(window, day, rules.low_trust)
        for place in places.get(day, ()):
            writer.put(rows[place], read[place], verdicts.get(place))
    return writer.done()


def _judge(window: Sequence[Candidate], day: date, low_trust: Collection[str]) -> dict[Row, Copy | Problem | str]:
    """What is decided about the day's rows that do not stay: a copy, a problem, or the evidence of a campaign."""
    once, repeats, clashes = same_events(window, day)
    campaign = find_campaigns(once, day, low_trust)
    copies = find_copies([one for one in once if one.row not in campaign], day)
    return {**copies, **campaign, **repeats, **dict.fromkeys(clashes, _CLASH)}


def _records(bronze: pd.DataFrame) -> list[Record]:
    ordered = bronze.sort_values(["day", "landing_object", "line"], kind="stable")
    return ordered.to_dict("records")  # pyright: ignore[reportReturnType]


def _candidate(item: Item) -> Candidate:
    folded = fold(normalise(item.title, item.text))
    author = " ".join(sorted(name_parts([item.value("author") or item.value("customer_name") or ""])))
    return Candidate(
        day=item.day,
        occurred_at=item.occurred_at,
        event_id=item.event_id,
        landing_object=item.landing_object,
        line=item.line,
        source=item.source,
        channel=item.channel,
        author=author,
        customer=(item.value("customer_id") or item.value("email") or "").lower(),
        order=(item.value("order_id") or "").lower(),
        mirror_of=item.value("mirror_of") or "",
        folded=folded,
        words=folded.count(" ") + 1 if folded else 0,
    )


class _Writer:
    """Collects the rows of the three tables."""

    def __init__(
        self, catalog: pd.DataFrame, commerce: pd.DataFrame, read: Mapping[Row, Item | Problem], rules: Rules
    ) -> None:
        self._rules = rules
        self._catalogs = Catalogs(catalog)
        refs = [self._ref(item.value("order_id")) for item in read.values() if isinstance(item, Item)]
        self._orders = Orders(commerce, [ref for ref in refs if ref])
        self._redactor_of: dict[int, Redactor] = {}
        self._redactors: dict[date, Redactor] = {}
        self._rows: dict[str, list[Record]] = {
            table.name: [] for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        }

    def put(self, row: Record, read: Item | Problem, verdict: Copy | Problem | str | None) -> None:
        """One bronze row into the table it belongs to."""
        catalog = self._catalogs.on(row["day"])
        redactor = self._redactor(row["day"], catalog)
        if isinstance(read, Problem):
            self._quarantine(row, read, redactor, None, None)
        elif isinstance(verdict, Copy):
            self._rows[tables.SILVER_DUPLICATES.name].append(_duplicate(read, verdict, self._rules.key))
        elif isinstance(verdict, Problem):
            self._quarantine(row, verdict, redactor, read, None)
        elif verdict is not None:
            self._quarantine(row, _CAMPAIGN, redactor, read, verdict)
        else:
            self._rows[tables.SILVER_FEEDBACK.name].append(self._feedback(read, catalog, redactor))

    def done(self) -> Silver:
        """The three frames, in the columns of their tables."""
        feedback, duplicates, quarantine = (
            _frame(self._rows[table.name], table)
            for table in (tables.SILVER_FEEDBACK, tables.SILVER_DUPLICATES, tables.SILVER_QUARANTINE)
        )
        return Silver(feedback, duplicates, quarantine, self._redactors)

    def _redactor(self, day: date, catalog: Catalog) -> Redactor:
        if id(catalog) not in self._redactor_of:
            self._redactor_of[id(catalog)] = Redactor(catalog.names(), self._rules.order_patterns)
        return self._redactors.setdefault(day, self._redactor_of[id(catalog)])

    def _ref(self, value: str | None) -> str | None:
        return keyed_hash(value, self._rules.key) if value else None

    def _public(self, event_id: str | None, item: Item) -> str | None:
        return public_id(event_id, _private(item), self._rules.key) if event_id else None

    def _shown(self, event_id: object, known: Collection[str]) -> str | None:
        return public_id(event_id, known, self._rules.key) if isinstance(event_id, str) and event_id else None

    def _feedback(self, item: Item, catalog: Catalog, redactor: Redactor) -> Record:
        redacted = _redacted(item, redactor)
        order_ref = self._ref(item.value("order_id"))
        lines = self._orders.lines(order_ref, item.day)
        found = catalog.resolve(
            item.value("product_id"), item.value("sku"), item.value("product_name"), lines, redacted.text
        )
        language, confidence = detect(redacted.text)
        line = next((one for one in lines if found.product and one.product_id == found.product.product_id), None)

        def safe(name: str) -> str | None:
            value = item.value(name)
            return redactor.redact(value, item.names, versions=_versions(item)).text if value else None

        return {
            "day": item.day,
            "event_id": public_id(item.event_id, _private(item), self._rules.key),
            "source": item.source,
            "channel": item.channel,
            "occurred_at": item.occurred_at,
            "received_at": item.received_at,
            "text": redacted.text,
            "text_key": text_key(redacted.text),
            "language": language,
            "language_confidence": confidence,
            "rating": item.rating,
            **_product_columns(found.product, line or (lines[0] if lines else None)),
            "product_match": found.match,
            "variant": safe("variant") or (line.variant if line else None),
            "region": safe("region") or next((one.region for one in lines if one.region), None),
            "store": safe("store"),
            "carrier": safe("carrier") or next((one.carrier for one in lines if one.carrier), None),
            "order_ref": order_ref,
            "case_ref": self._ref(item.value("case_id")),
            "customer_ref": self._ref(item.value("customer_id") or item.value("email")),
            "mirror_ref": self._public(item.value("mirror_of"), item),
            "device": safe("device"),
            "app_version": safe("app_version"),
            "customer_tier": safe("customer_tier"),
            "customer_value": item.numbers.get("customer_value"),
            "return_reason": safe("return_reason"),
            "sla_hours": item.numbers.get("sla_hours"),
            "signals": _signals(item, redactor),
            "redactions": len(redacted.kinds),
            "redacted_kinds": kinds_json(redacted.kinds) if redacted.kinds else None,
            "landing_object": item.landing_object,
            "line": item.line,
        }

    def _quarantine(
        self, row: Record, problem: Problem, redactor: Redactor, item: Item | None, evidence: str | None
    ) -> None:
        excerpt = (_redacted(item, redactor).text if item else _excerpt_of(row, redactor))[:_EXCERPT]
        payload = payload_of(row) or {}
        names, known = personal_values(payload)
        event_id, source = row.get("event_id"), row.get("source")
        self._rows[tables.SILVER_QUARANTINE.name].append(
            {
                "day": row["day"],
                "event_id": self._shown(event_id, known),
                "source": str(source) if source == source and source else None,
                "reason": problem.reason,
                "detail": redactor.redact(problem.detail, names, known).text,
                "mend": problem.mend,
                "excerpt": redactor.redact(excerpt).text or None,
                "evidence": evidence and _with_example(evidence, excerpt),
                "landing_object": row["landing_object"],
                "line": row["line"],
                "checksum": row["checksum"],
            }
        )


def _frame(rows: list[Record], table: Table) -> pd.DataFrame:
    return conform(pd.DataFrame(rows, columns=list(table.column_names)), table)


def _private(item: Item) -> list[str]:
    """The numbers that an id must not show; the same ones that `_candidate` keeps."""
    return [item.value("order_id") or "", item.value("customer_id") or item.value("email") or ""]


def _versions(item: Item) -> tuple[str, ...]:
    version = item.value("app_version")
    return (version,) if version else ()


def _redacted(item: Item, redactor: Redactor) -> Redacted:
    return redactor.redact(normalise(item.title, item.text), item.names, item.known_values, _versions(item))


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


def _signals(item: Item, redactor: Redactor) -> str | None:
    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {redactor.redact(str(key)).text: clean(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner) for inner in value]
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            told = redactor.redact(str(value), item.names, item.known_values).text
            return value if told == str(value) else told
        return value

    return json.dumps(clean(dict(item.signals)), ensure_ascii=False, sort_keys=True) if item.signals else None


def _duplicate(item: Item, copy: Copy, key: bytes) -> Record:
    original = copy.original
    return {
        "day": item.day,
        "event_id": public_id(item.event_id, _private(item), key),
        "source": item.source,
        "channel": item.channel,
        "occurred_at": item.occurred_at,
        "original_event_id": public_id(original.event_id, [original.order, original.customer], key),
        "original_day": copy.original.day,
        "kind": copy.kind,
        "similarity": copy.similarity,
        "evidence": copy.evidence,
        "landing_object": item.landing_object,
        "line": item.line,
    }


def _excerpt_of(row: Record, redactor: Redactor) -> str:
    """What may be shown of a row nobody could read: its words without the personal values beside them.

    A line that is no JSON shows only what is told to be text, for nobody knows what the rest of it holds.
    """
    payload = payload_of(row)
    if payload is None:
        raw = str(row.get("raw") or "")[:_RAW_SEEN]
        fragments = dict(re.findall(r'"([\w .-]{1,40})"\s*:\s*"((?:[^"\\]|\\.)*)', raw))
        names, known = personal_values(fragments)
        words = " ".join(_RAW_TEXT.findall(raw))
    else:
        names, known = personal_values(payload)
        told = (value for key, value in payload.items() if isinstance(value, str) and value not in (*names, *known))
        words = max(told, key=len, default="")
    return redactor.redact(normalise("", words), names, known).text


def _with_example(evidence: str, example: str) -> str:
    return json.dumps({**json.loads(evidence), "example": example}, ensure_ascii=False, sort_keys=True)
