"""Replacing personal data by typed placeholders, and finding what is left of it.

Puts the recognisers together; each kind of value has its module: `numbers`, `phones`, `accounts`, `national_ids`,
`addresses` and `names`. No network.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from feedback_assets.silver.accounts import find_accounts
from feedback_assets.silver.addresses import find_addresses
from feedback_assets.silver.coded_values import find_codes
from feedback_assets.silver.names import find_given, find_names, name_parts
from feedback_assets.silver.national_ids import find_national_ids
from feedback_assets.silver.phones import find_phones
from feedback_assets.silver.spans import KINDS, Span, without_overlaps

_REMEMBERED = 50_000

_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d(?:\D{0,3}?\d){3}")
_SYMBOLS = re.compile(
    r"@|https?:|www\.|[\w-]\.[\w-]+/\S*[?#=]|\bu/\w|[(\[{ ](?:at|arroba|ät)[)\]} ]|:\w*:\w*:|(?:[^\W\d]|#)[ .#:-]{0,3}\d{3}",
    re.IGNORECASE,
)
_PLACES = re.compile(
    r"stra(?:ß|ss)e|str\.|\bst\b|street|\bav|road|\brd\b|lane|\bln\b|boulevard|blvd|\bbd\b|\bbld\b|crescent|terrace|h(?:igh)?wa?y|parkway|gardens|grove|mews|hill|\bway\b|drive|court|\bpl|close|square|\bdr\b|\bct\b"
    r"|circle|wharf|cottages|\bbank\b|\bview\b|\brow\b|walk|park|allee|gasse|damm|chaussee|ufer|promenade|weg\b|platz|ring\b|hof\b|markt|steig|berg|graben|feld|tor\b|wall|kamp|\bam\b|\ban de|\bim\b|unter|zum|zur|wohne|adresse|anschrift|lieferung"
    r"|\brue|chemin|all[ée]e|impasse|quai|cours|route|passage|sentier|faubourg|villa|calle|c/|pza|paseo|carretera|ctra|ronda|camino|traves|glorieta|rambla|\br\.|\btv\b|alameda|\bal\.|pra[çc]a|p[çc]a|rodovia|rod\."
    r"|estrada|largo|beco|quadra|live[sd]? at|address|deliver|ship|sent|\d{5}|\d{4}-\d{3}|postcode|zip|postal|\bcep|\bcp|\bplz|[A-Z]\d[A-Z\d]?\s?\d[A-Z]{2}",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(KINDS)})>")


@dataclass(frozen=True)
class Redacted:
    """A text without personal values; `kinds` names each value replaced, in order of place."""

    text: str
    kinds: tuple[str, ...]


def keyed_hash(value: str, key: bytes) -> str:
    """Keyed BLAKE2b of an id, 32 hex digits; case and outer spaces do not matter.

    Raises:
        ValueError: The key is empty or longer than 64 bytes.
    """
    if not 1 <= len(key) <= 64:
        raise ValueError(f"the hashing key has {len(key)} bytes; it needs 1 to 64: make it anew with `feedback doctor`")
    return blake2b(value.strip().lower().encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()


# Shorter numbers stand in ids by chance.
_SHORTEST_PRIVATE = 4


def public_id(event_id: str, private: Iterable[str], key: bytes) -> str:
    """The id of an event as curated tables show it: its keyed hash when it holds an order or customer number."""
    lowered = event_id.lower()
    holds = any(len(value) >= _SHORTEST_PRIVATE and value.lower() in lowered for value in private if value)
    return keyed_hash(event_id, key) if holds else event_id


class Redactor:
    """Replaces personal values in any language.

    Args:
        keep: Folded names of products, families and vendors, which are no people.
        order_patterns: Further regular expressions of the shop's own order numbers.
    """

    def __init__(self, keep: Collection[str] = frozenset(), order_patterns: Sequence[str] = ()) -> None:
        self._keep = frozenset(keep)
        self._orders = tuple(re.compile(pattern) for pattern in order_patterns)
        self._redact_plain = lru_cache(maxsize=_REMEMBERED)(self._passes)

    def redact(
        self,
        text: str,
        names: Collection[str] = (),
        known_values: Collection[str] = (),
        versions: Collection[str] = (),
        region: str | None = None,
    ) -> Redacted:
        """The text with every personal value replaced by its placeholder.

        Args:
            text: Normalised text with its line breaks.
            names: Names given as fields; each part of three letters and more is replaced wherever it stands.
            known_values: E-mail, phone, address, order number given as fields; replaced verbatim.
            versions: App versions given as fields; they are no addresses on the net.
            region: The writer's country as the source gives it: whose telephone numbers to look for besides those of
                the countries of the text's language.
        """
        given = list(_given_spans(text, names, known_values))
        if not given:
            return self._redact_plain(text, tuple(v for v in versions if v and v in text), region)
        # Settled together: a name inside an e-mail must not break the e-mail.
        first = _replace(text, without_overlaps([*given, *self.find(text, versions, region)]))
        rest = self._redact_plain(first.text, tuple(v for v in versions if v and v in first.text), region)
        return Redacted(rest.text, first.kinds + rest.kinds)

    def find(self, text: str, versions: Collection[str] = (), region: str | None = None) -> list[Span]:
        """Every stretch of the text that holds a personal value, in order; arguments as for `redact`.

        What is left of a text redacted with a region is redacted without one too: a region only adds.
        """
        spans = [
            span
            for span in self._candidates(text, region)
            if not (span.kind in ("IP", "PHONE", "ID") and text[span.start : span.end] in versions)
        ]
        return without_overlaps(_outside(text, spans))

    def find_personal(self, text: str) -> list[str]:
        """The kinds of personal values a text still holds; empty when it holds none."""
        return [span.kind for span in self.find(text)]

    def _passes(self, text: str, versions: tuple[str, ...], region: str | None) -> Redacted:
        kinds: tuple[str, ...] = ()
        # A placeholder may make a cue of what stands beside it. It ends: each pass leaves less outside placeholders.
        while spans := self.find(text, versions, region):
            replaced = _replace(text, spans)
            text, kinds = replaced.text, kinds + replaced.kinds
        return Redacted(text, kinds)

    def _candidates(self, text: str, region: str | None) -> Iterator[Span]:
        yield from find_names(text, self._keep)
        for pattern in self._orders:
            yield from (Span(m.start(), m.end(), "ORDER", 0.9) for m in pattern.finditer(text))
        has_digits = _DIGITS.search(text) is not None
        if has_digits or _SYMBOLS.search(text):
            yield from find_codes(text)
        if has_digits:
            yield from find_phones(text, region)
            yield from find_national_ids(text)
        if _DIGIT.search(text):
            yield from find_accounts(text)
            if _PLACES.search(text):
                yield from find_addresses(text)


def find_personal(text: str) -> list[str]:
    """The kinds of personal values a text holds, with no product or brand words known."""
    return _plain().find_personal(text)


@lru_cache(maxsize=1)
def _plain() -> Redactor:
    return Redactor()


def _given_spans(text: str, names: Collection[str], known_values: Collection[str]) -> Iterator[Span]:
    parts = name_parts(names)
    if parts:
        yield from find_given(text, parts)
    whole = {name.strip() for name in names if len(name.strip()) >= 4 and name_parts([name])}
    for kind, values in (("NAME", whole), ("", {value.strip() for value in known_values if len(value.strip()) >= 4})):
        for value in sorted(values):
            for start, end in _verbatim(text, value):
                yield Span(start, end, kind or _kind_of(value), 1.0)


def _verbatim(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Where a value stands as a word of its own, whatever its case."""
    if value.lower() not in text.lower():
        return
    for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE):
        yield match.span()


@lru_cache(maxsize=_REMEMBERED)
def _kind_of(value: str) -> str:
    finders = (find_codes, find_accounts, find_national_ids, find_phones, find_addresses)
    spans = [span for finder in finders for span in finder(value)]
    return max(spans, key=lambda span: (span.score, span.end - span.start)).kind if spans else "ID"


def _outside(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that do not touch a placeholder already there."""
    taken = [match.span() for match in _PLACEHOLDER.finditer(text)]
    for span in spans:
        if not any(span.start < end and start < span.end for start, end in taken):
            yield span


def _replace(text: str, spans: Sequence[Span]) -> Redacted:
    parts: list[str] = []
    here = 0
    for span in spans:
        parts += (text[here : span.start], f"<{span.kind}>")
        here = span.end
    parts.append(text[here:])
    return Redacted("".join(parts), tuple(span.kind for span in spans))


def kinds_json(kinds: Iterable[str]) -> str:
    """The distinct kinds as a JSON list, sorted."""
    return json.dumps(sorted(set(kinds)), ensure_ascii=False)
