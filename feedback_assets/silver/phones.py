"""Telephone numbers, as `phonenumbers` knows them, in the countries a text may come from.

Only telephone numbers; what else is written in digits is in `numbers`, `accounts` and `national_ids`.
"""

# ruff: noqa: E501 - patterns and word lists read worse when broken
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from phonenumbers import SUPPORTED_REGIONS, Leniency, PhoneNumberMatcher
from stdnum import ean

from feedback_assets.silver.language import UNDECIDED, detect
from feedback_assets.silver.spans import Span
from feedback_assets.text import fold

# Where a language is written: a number without country code is looked for in these countries.
REGIONS_OF_LANGUAGE: dict[str, tuple[str, ...]] = {
    "ar": ("SA", "AE", "EG", "MA"), "bn": ("BD", "IN"), "cs": ("CZ",), "da": ("DK",), "de": ("DE", "AT", "CH"), "el": ("GR",),
    "en": ("US", "GB", "IN", "AU", "IE"), "es": ("ES", "MX", "AR", "CO", "CL", "PE"), "fi": ("FI",), "fr": ("FR", "BE", "CH", "CA"), "he": ("IL",), "hi": ("IN",),
    "hu": ("HU",), "id": ("ID",), "it": ("IT",), "ja": ("JP",), "ko": ("KR",), "mr": ("IN",), "nl": ("NL", "BE"), "no": ("NO",),
    "pl": ("PL",), "pt": ("BR", "PT"), "ro": ("RO",), "ru": ("RU",), "sv": ("SE",), "ta": ("IN",), "te": ("IN",), "th": ("TH",),
    "tr": ("TR",), "uk": ("UA",), "ur": ("PK", "IN"), "vi": ("VN",), "zh": ("CN", "TW", "HK"),
}  # fmt: skip
# A text too short to say its language may come from any of the markets.
MARKETS = ("US", "GB", "IN", "DE", "FR", "ES", "PT", "BR")
_NAMES_OF_REGIONS = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "united kingdom": "GB", "usa": "US", "united states": "US",
    "ireland": "IE", "india": "IN", "canada": "CA", "australia": "AU", "germany": "DE", "deutschland": "DE", "austria": "AT", "osterreich": "AT",
    "switzerland": "CH", "schweiz": "CH", "suisse": "CH", "france": "FR", "belgium": "BE", "belgique": "BE", "spain": "ES", "espana": "ES",
    "mexico": "MX", "argentina": "AR", "portugal": "PT", "brazil": "BR", "brasil": "BR", "italy": "IT", "italia": "IT", "netherlands": "NL",
    "nederland": "NL", "poland": "PL", "polska": "PL", "sweden": "SE", "denmark": "DK", "norway": "NO", "finland": "FI",
}  # fmt: skip

# Seven digits with little between them: the fewest of a number that can be told from a count.
_MAY_HOLD_PHONE = re.compile(r"\d(?:[^\w\n]{0,4}\d){6}")
# Shorter numbers behind such a word are counts.
_FEWEST_AFTER_CUE = 6
_EDGE = r"(?<![\w.,/+:-])"
_END = r"(?![\w]|[.,:/-]?\d)"
_ANY = re.compile(rf"{_EDGE}\(?\d(?:[ .\-/\u00a0]?[()]?\d){{5,13}}{_END}")
_AREA_BEFORE = re.compile(r"\(\d{1,5}\) ?$")
_CUE = re.compile(
    r"(?:phone|tel(?:e?(?:f|ph)on\w*|\.)?|mobile?|cell(?:phone)?|call|ring|text|sms|whats ?app|fax|\bph\b|zap|tlm|telem|reach|contact|handy|nummer|anruf\w*|rückruf\w*"
    r"|móvil|llám\w*|llam\w*|celular|contato|ligu\w*|liga\w*|telem[oó]vel|portable|joindre|appel\w*|fixe|number|número|numero|numéro|\bn[º°])\W*(?:\w+\W+){0,4}$",
    re.IGNORECASE,
)
_D, _M, _Y = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d{2}"
_DAY = rf"(?:{_D}[./ -]{_M}[./ -]{_Y}|{_M}[/-]{_D}[/-]{_Y}|{_D}[./]{_M}[./]\d{{2}}|{_Y}[./ -]{_M}[./ -]{_D})"
_TIME = r"(?:[01]?\d|2[0-4])(?:[:.h][0-5]\d){0,2}"
_CALENDAR = re.compile(rf"\(?{_DAY}(?:[ ,T-]{{1,3}}(?:{_DAY}|{_TIME}))?\)?")
_YEARS = re.compile(r"(?:19|20)\d{2}\s?[-/.]\s?(?:19|20)\d{2}")
_MONEY_AFTER = re.compile(
    r"\s?(?:€|\$|£|₹|eur|usd|gbp|brl|inr|reais|euros?|rs\b|%|mb\b|gb\b|km\b|views?|users?|people|million)",
    re.IGNORECASE,
)
# TE-9304989469 or #12345678: the number of an order or a parcel.
_CODE_BEFORE = re.compile(r"(?:\b[A-Z]{1,5}\d{0,2}[-_/]|#)$")
_MONEY_BEFORE = re.compile(r"(?:€|\$|£|₹|rs\.?|eur|usd|r\$)\s?$", re.IGNORECASE)


def find_phones(text: str, region: str | None = None) -> Iterator[Span]:
    """Every stretch that is a telephone number where the text may come from.

    With a country code, or after a word such as "call", a possible number is enough. Without both it must be a number
    in use in one of the countries.

    Args:
        text: Any text.
        region: The writer's country as its source gives it; the countries of the text's language are added.
    """
    if _MAY_HOLD_PHONE.search(text):
        if "+" in text or "00" in text:
            for match in PhoneNumberMatcher(text, "DE", Leniency.POSSIBLE):
                if match.raw_string.lstrip("([").startswith(("+", "00")):
                    yield Span(match.start, match.end, "PHONE", 0.85)
        for country in regions_of(text, region):
            for match in PhoneNumberMatcher(text, country, Leniency.VALID):
                if not is_other(text, match.start, match.end):
                    yield Span(_start(text, match.start), match.end, "PHONE", 0.7)
    for match in _ANY.finditer(text):
        if (
            sum(c.isdigit() for c in match.group()) >= _FEWEST_AFTER_CUE
            and _CUE.search(text[max(0, match.start() - 40) : match.start()])
            and not is_other(text, *match.span())
        ):
            yield Span(match.start(), match.end(), "PHONE", 0.6)


def _start(text: str, start: int) -> int:
    """Where a number begins: an area code in brackets before it belongs to it, also that of another country."""
    area = _AREA_BEFORE.search(text, max(0, start - 8), start)
    return area.start() if area else start


def regions_of(text: str, region: str | None) -> tuple[str, ...]:
    """The countries whose numbers a text may hold, as ISO 3166-1 codes, likeliest first."""
    country = country_of(region) if region else None
    language, _ = detect(text)
    spoken = MARKETS if language == UNDECIDED else REGIONS_OF_LANGUAGE.get(language, MARKETS)
    return tuple(dict.fromkeys((country, *spoken) if country else spoken))


@lru_cache(maxsize=10_000)
def country_of(region: str) -> str | None:
    """The country of a region as sources write it: `DE`, `uk`, `US-CA`, `pt_BR`, `Germany`; None for what is none."""
    known = _NAMES_OF_REGIONS.get(fold(region))
    if known:
        return known
    parts = re.split(r"[-_]", region.strip())
    # A locale names its language first and in small letters.
    name = parts[1] if len(parts) == 2 and parts[0].islower() else parts[0]
    return name.upper() if name.upper() in SUPPORTED_REGIONS else None


def is_other(text: str, start: int, end: int) -> bool:
    """Whether the digits there are a date, years, money, a count, part of a code, an article number, or no number."""
    value = text[start:end]
    digits = "".join(filter(str.isdigit, value))
    if value.isdigit() and (len(set(digits)) < 3 or digits.endswith("00000")):
        return True
    if _CALENDAR.fullmatch(value) or _YEARS.fullmatch(value):
        return True
    if _CODE_BEFORE.search(text, max(0, start - 8), start):
        return True
    if _MONEY_AFTER.match(text, end) or _MONEY_BEFORE.search(text[max(0, start - 4) : start]):
        return True
    return value.isdigit() and is_ean(digits)


def is_ean(digits: str) -> bool:
    """Whether it is a 13-digit article number, which is the product's, not the customer's."""
    return len(digits) == 13 and digits[0] in "345789" and ean.is_valid(digits)
