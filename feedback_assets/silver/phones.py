"""Telephone numbers in the formats of many countries, with and without country code.

Only phones; what else is written in digits is in `numbers`.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_assets.silver.spans import Span

_EDGE = r"(?<![\w.,/+:-])"
_END = r"(?![\w]|[.,:/-]?\d)"
_SEP = r"[ .\-/\u00a0]"
# Atomic groups, since Python before 3.11.5 matches a possessive repeat of a group wrongly (CPython issue 106052).
# +49 (0)30 1234567, 0049-151-…, (+351) 912 345 678
_INTERNATIONAL = re.compile(
    rf"(?<![\w.,/:])\(?(?:\+|\b00)\s?[1-9]\d{{0,2}}\)?(?>(?:{_SEP}{{0,3}}+\(?\d{{1,6}}+\)?){{1,7}})(?!\w)"
)
# 030/1234567, 0151 23456789, 06 12 34 56 78, 020 7946 0958, (030) 123 45 67
_TRUNK = re.compile(rf"{_EDGE}\(?0\d{{1,5}}\)?(?>(?:{_SEP}{{0,3}}+\d{{2,8}}+){{1,5}}){_END}")
# 555-867-5309, (555) 867 5309, 555.867.5309
_AMERICAN = re.compile(rf"{_EDGE}(?:1{_SEP})?\(?[2-9]\d{{2}}\)?{_SEP}{{0,2}}\d{{3}}{_SEP}\d{{4}}{_END}")
# (11) 91234-5678, 11 3123-4567, 91234-5678
_BRAZILIAN = re.compile(
    rf"{_EDGE}\(?0?[1-9]\d\)?\s?(?:9{_SEP}?)?\d{{4}}[- .]\d{{4}}{_END}|{_EDGE}9\d{{4}}-\d{{4}}{_END}|{_EDGE}\(\d{{2}}\)\s?\d{{8,9}}{_END}"
)
# 612 345 678, 91 123 45 67, 912 34 56 78, 21 234 5678
_IBERIAN = re.compile(
    rf"{_EDGE}[26789]\d{{2}}({_SEP})\d{{3}}\1\d{{3}}{_END}|{_EDGE}[689]\d{{2}}({_SEP})\d{{2}}\2\d{{2}}\2\d{{2}}{_END}"
    rf"|{_EDGE}[289]\d({_SEP})\d{{3}}\3\d{{2}}\3\d{{2}}{_END}|{_EDGE}2\d({_SEP})\d{{3}}\4\d{{4}}{_END}"
)
# 98765 43210
_INDIAN = re.compile(rf"{_EDGE}[6-9]\d{{4}}[ -]\d{{5}}{_END}")
_BARE = re.compile(rf"{_EDGE}\d{{9,13}}{_END}")
_ANY = re.compile(rf"{_EDGE}\(?\d(?:{_SEP}?[()]?\d){{5,13}}{_END}")
_CUE = re.compile(
    r"(?:phone|tel(?:e?(?:f|ph)on\w*|\.)?|mobile?|cell(?:phone)?|call|ring|text|sms|whats ?app|fax|\bph\b|zap|tlm|telem|reach|contact|handy|nummer|anruf\w*|rückruf\w*"
    r"|móvil|llám\w*|llam\w*|celular|contato|ligu\w*|liga\w*|telem[oó]vel|portable|joindre|appel\w*|fixe|number|número|numero|numéro|\bn[º°])\W*(?:\w+\W+){0,4}$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\(?(?:(?:0?[1-9]|[12]\d|3[01])[ ./-](?:0?[1-9]|1[0-2])[ ./-](?:19|20)\d{2}"
    r"|(?:19|20)\d{2}[ ./-](?:0?[1-9]|1[0-2])[ ./-](?:0?[1-9]|[12]\d|3[01]))(?:\D{1,3}\d{1,2})?"
)
_MONEY_AFTER = re.compile(
    r"^\s?(?:€|\$|£|₹|eur|usd|gbp|brl|inr|reais|euros?|rs\b|%|mb\b|gb\b|km\b|views?|users?|people|million)",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"(?:€|\$|£|₹|rs\.?|eur|usd|r\$)\s?$", re.IGNORECASE)


def find_phones(text: str) -> Iterator[Span]:
    """Every stretch that reads as a telephone number somewhere."""
    for pattern, fewest, most, score in (
        (_INTERNATIONAL, 8, 16, 0.85),
        (_TRUNK, 9, 13, 0.7),
        (_AMERICAN, 10, 11, 0.7),
        (_BRAZILIAN, 8, 12, 0.65),
        (_IBERIAN, 9, 9, 0.65),
        (_INDIAN, 10, 10, 0.6),
        (_BARE, 9, 13, 0.5),
    ):
        for match in pattern.finditer(text):
            if fewest <= sum(c.isdigit() for c in match.group()) <= most and _plausible(match, score):
                yield Span(match.start(), match.end(), "PHONE", score)
    for match in _ANY.finditer(text):
        digits = sum(c.isdigit() for c in match.group())
        if (
            6 <= digits <= 14
            and _CUE.search(text[max(0, match.start() - 40) : match.start()])
            and _plausible(match, 0.6)
        ):
            yield Span(match.start(), match.end(), "PHONE", 0.6)


def _plausible(match: re.Match[str], score: float) -> bool:
    digits = "".join(filter(str.isdigit, match.group()))
    if len(set(digits)) < 3 or digits.endswith("00000"):
        return False
    if score < 0.8 and (_DATE.fullmatch(match.group()) or _is_year_span(match.group())):
        return False
    before, after = match.string[max(0, match.start() - 4) : match.start()], match.string[match.end() : match.end() + 9]
    if score < 0.8 and (_MONEY_AFTER.match(after) or _MONEY_BEFORE.search(before)):
        return False
    return not (match.group().isdigit() and len(digits) == 13 and _is_ean(digits))


def _is_year_span(text: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d{2}\s?[-/.]\s?(?:19|20)\d{2}", text) is not None


def _is_ean(digits: str) -> bool:
    """A 13-digit article number is the product's, not the customer's."""
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(digits[:12]))
    return digits[0] in "345789" and (10 - total % 10) % 10 == int(digits[12])
