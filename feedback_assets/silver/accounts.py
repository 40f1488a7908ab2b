"""Numbers money is moved by: cards and bank accounts, in any spacing, by their check digits.

Only these two; other ids of persons are in `national_ids`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from stdnum import luhn, numdb
from stdnum.iso7064 import mod_97_10

from feedback_assets.silver.spans import Span

# Leading digits and lengths of the schemes, as ISO/IEC 7812 issuers publish them.
_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d{8,14}"  # Mastercard
    r"|220[0-4]\d{12,15}"  # Mir
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|[689]\d)\d{11,16}"  # Diners
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:6011|64[4-9]|65|60|81|82|508)\d{11,17}"  # Discover, RuPay
    r"|62\d{14,17}"  # UnionPay
    r"|(?:50|5[6-9]|6[0-9])\d{10,17}"  # Maestro, Elo, Hipercard
)
# A run of digits and what stands between the groups of a card.
_RUN = re.compile(r"(?<![\w+-])\d(?:[ .\-\u00a0]{0,2}\d){11,}(?![\w-]|[.,]\d)")
_GROUPS = re.compile(r"\d+")
_SHORTEST_CARD, _LONGEST_CARD = 13, 19
# Mistyped, but grouped as nothing else is.
_CARD_GROUPS = re.compile(r"(?<!\d)\d{4}([ .-])\d{4}\1\d{4}\1\d{4}(?!\d)")

_ACCOUNT_START = re.compile(r"(?<!\w)([A-Za-z]{2})[ .-]?(\d[ .-]?\d)(?=[ .\-\u00a0]{0,2}[A-Za-z\d])")
_BETWEEN = " .-\u00a0"
# The register of SWIFT, by country.
_REGISTER = numdb.get("iban")
_STRUCTURE = re.compile(r"(\d+)!([nac])")
_SHORTEST_ACCOUNT, _LONGEST_ACCOUNT = 15, 34
# One piece, or groups of four with the same sign between them.
_REGULAR = re.compile(r"[A-Z]{2}\d{2}(?:[A-Z\d]+|([ -])(?:[A-Z\d]{4}\1)*[A-Z\d]{1,4})")


def find_accounts(text: str) -> Iterator[Span]:
    """Every card and every international bank account number.

    A mistyped one is still somebody's: in its usual groups it counts without its check digits too.
    """
    yield from _cards(text)
    yield from _ibans(text)


def _cards(text: str) -> Iterator[Span]:
    for run in _RUN.finditer(text):
        groups = [match.span() for match in _GROUPS.finditer(run.group())]
        # An expiry date or an amount may stand beside the card, so every stretch of whole groups is looked at.
        for first, (start, _) in enumerate(groups):
            digits = ""
            for begin, end in groups[first : first + _LONGEST_CARD]:
                digits += run.group()[begin:end]
                if len(digits) > _LONGEST_CARD:
                    break
                if is_card(digits):
                    yield Span(run.start() + start, run.start() + end, "CARD", 0.95)
    yield from (Span(match.start(), match.end(), "CARD", 0.6) for match in _CARD_GROUPS.finditer(text))


def is_card(digits: str) -> bool:
    """Whether digits are a card number of a known scheme with a right check digit (Luhn)."""
    if not _SHORTEST_CARD <= len(digits) <= _LONGEST_CARD or _CARD.fullmatch(digits) is None:
        return False
    return len(set(digits)) > 1 and luhn.is_valid(digits)


def _ibans(text: str) -> Iterator[Span]:
    for start in _ACCOUNT_START.finditer(text):
        country = start.group(1).upper()
        structure = _structure(country)
        # Of a country outside the register neither length nor structure is known: what stands together is taken.
        end = _end_of(text, start.start(), structure[0]) if structure else _end_of_piece(text, start.start())
        if end is None:
            continue
        written = text[start.start() : end]
        plain = re.sub(rf"[{re.escape(_BETWEEN)}]", "", written).upper()
        if structure and structure[1].fullmatch(plain[4:]) is None:
            continue
        if mod_97_10.is_valid(plain[4:] + plain[:4]):
            if structure or _SHORTEST_ACCOUNT <= len(plain) <= _LONGEST_ACCOUNT:
                yield Span(start.start(), end, "IBAN", 0.96)
        elif structure and _REGULAR.fullmatch(written):
            yield Span(start.start(), end, "IBAN", 0.9)


def _end_of(text: str, start: int, length: int) -> int | None:
    """Where so many letters and digits end, at most two signs between any two; None where they do not."""
    seen = between = 0
    for place in range(start, min(len(text), start + 3 * length)):
        sign = text[place]
        if sign.isascii() and sign.isalnum():
            seen, between = seen + 1, 0
            if seen == length:
                return place + 1 if not text[place + 1 : place + 2].isalnum() else None
        elif sign in _BETWEEN and between < 2:
            between += 1
        else:
            return None
    return None


_PIECE = re.compile(r"[A-Za-z]{2}\d{2}(?:[A-Za-z\d]{11,30}|(?:[ -][A-Za-z\d]{4}){2,7}(?:[ -][A-Za-z\d]{1,4})?)(?!\w)")


def _end_of_piece(text: str, start: int) -> int | None:
    match = _PIECE.match(text, start)
    return match.end() if match and sum(c.isdigit() for c in match.group()) >= 10 else None


@lru_cache(maxsize=1_000)
def _structure(country: str) -> tuple[int, re.Pattern[str]] | None:
    """Length of an account of a country, and the pattern of what follows its check digits (SWIFT IBAN register)."""
    parts = _STRUCTURE.findall(_REGISTER.info(country)[0][1].get("bban", ""))
    if not parts:
        return None
    signs = {"n": r"\d", "a": "[A-Z]", "c": r"[A-Z\d]"}
    pattern = "".join(f"{signs[kind]}{{{length}}}" for length, kind in parts)
    return 4 + sum(int(length) for length, _ in parts), re.compile(pattern)
