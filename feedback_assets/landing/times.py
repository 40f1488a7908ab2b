"""Reads the many ways files write a time, and decides over a whole column whether the day or the month comes first.

Pure: the zone is an argument. Which column holds the times is decided in `choose.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, available_timezones

_NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<s>[/.\-])(?P<b>\d{1,2})(?P=s)(?P<c>\d{2,4})"
    r"(?:[ T,]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<sec>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r"\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_WORDED = (
    "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%d-%b-%Y", "%d-%b-%y",
    "%d %B %Y %H:%M", "%d %b %Y %H:%M", "%B %d %Y %H:%M", "%b %d %Y %H:%M",
    "%d %B %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%B %d %Y %H:%M:%S", "%b %d %Y %H:%M:%S",
    "%B %d %Y %I:%M %p", "%b %d %Y %I:%M %p", "%B %d %Y %I:%M:%S %p", "%b %d %Y %I:%M:%S %p",
    "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y",
)  # fmt: skip
_EPOCH = re.compile(r"-?\d{9,19}(?:\.\d+)?")
_EIGHT_DIGITS = re.compile(r"(?:19|20)\d{6}")
# Times between 1973 and 5138 in seconds have nine to eleven digits, in milliseconds twelve to fourteen.
_SECONDS_BELOW, _MILLISECONDS_BELOW, _MICROSECONDS_BELOW = 1e11, 1e14, 1e17
_YEAR_DIGITS = 4
_MONTHS = 12
# Two-digit years up to 68 are this century's, as POSIX has it.
_PIVOT = 69


@dataclass(frozen=True)
class TimeStyle:
    """How a column's times are read. `why` says what the order of day and month rests on; empty when none is needed."""

    zone: tzinfo
    month_first: bool = True
    pattern: str | None = None
    why: str = ""
    assumed: bool = False


def zone_of(name: str) -> tzinfo:
    """A zone by its IANA name, `UTC`, or an offset like `+05:30`.

    Raises:
        ValueError: There is no such zone; the message names the closest.
    """
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes >= 24 * 60:
            raise ValueError(f"{name!r} is no offset; it must be under 24 hours")
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    known = available_timezones()
    if name in known:
        return ZoneInfo(name)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"there is no time zone {name!r}; {hint}write a name like Europe/Berlin, or an offset like +02:00")


def decide_order(values: Iterable[str], style: TimeStyle) -> TimeStyle:
    """The style with day or month first, decided by all values: a number above 12 can only be the day."""
    if style.pattern is not None:
        return style
    first_above = second_above = seen = 0
    example = ""
    for value in values:
        match = _NUMERIC.match(value.strip())
        if match is None or len(match["a"]) == _YEAR_DIGITS:
            continue
        if min(int(match["a"]), int(match["b"])) > _MONTHS:
            continue  # no date at all: it decides nothing
        seen += 1
        first_above += int(match["a"]) > _MONTHS
        second_above += int(match["b"]) > _MONTHS
        if not example or max(int(match["a"]), int(match["b"])) > _MONTHS:
            example = value.strip()
    return _ordered(style, seen, first_above, second_above, example)


def _ordered(style: TimeStyle, seen: int, first_above: int, second_above: int, example: str) -> TimeStyle:
    if not seen:
        return style
    if second_above and second_above >= first_above:
        why = f"month first: {second_above} of {seen} can be read no other way, for example {example}"
        return replace(style, month_first=True, why=why, assumed=bool(first_above))
    if first_above:
        why = f"day first: {first_above} of {seen} can be read no other way, for example {example}"
        return replace(style, month_first=False, why=why, assumed=bool(second_above))
    dotted = "." in example
    guess = "day first" if dotted else "month first"
    pattern = "%d.%m.%Y" if dotted else "%d/%m/%Y"
    why = f"{guess}, an assumption: no date in the column decides it, for example {example}; to state it: "
    return replace(style, month_first=not dotted, assumed=True, why=f"{why}--time-format '{pattern}'")


def has_slashed(values: Iterable[str]) -> bool:
    """Whether any value has day and month as numbers with the year last, so that their order must be decided."""
    matches = (_NUMERIC.match(value.strip()) for value in values)
    return any(match is not None and len(match["a"]) != _YEAR_DIGITS for match in matches)


def names_zone(value: object) -> bool:
    """Whether a time says its own zone (an epoch does)."""
    text = str(value).strip()
    return bool(re.search(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$", text) and ":" in text) or _is_epoch(text)


def read_time(value: object, style: TimeStyle) -> datetime | None:
    """A moment in UTC out of text or number; None when there is no date in it, or an impossible one."""
    text = str(value).strip() if value is not None else ""
    if not text:
        return None
    try:
        read = _by_pattern(text, style.pattern) if style.pattern else _by_shape(text, style)
        if read is None:
            return None
        return (read if read.tzinfo is not None else read.replace(tzinfo=style.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _by_pattern(text: str, pattern: str) -> datetime:
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        # A stated date format is also meant for values that carry a time behind the date.
        date_part, _, rest = text.partition(" ")
        if not rest or "%H" in pattern or "%I" in pattern:
            raise
        day = datetime.strptime(date_part, pattern)
        clock = _NUMERIC.fullmatch(f"2000-01-01 {rest.strip()}")
        if clock is None:
            raise
        return datetime.combine(day.date(), _numeric(clock, month_first=True).timetz())


def _by_shape(text: str, style: TimeStyle) -> datetime | None:
    if _EIGHT_DIGITS.fullmatch(text):
        return datetime.fromisoformat(text)
    if _is_epoch(text):
        return _epoch(float(text))
    match = _NUMERIC.fullmatch(text)
    if match is not None:
        return _numeric(match, style.month_first)
    if text[:4].isdigit():
        return datetime.fromisoformat(re.sub(r"\s+(?=Z$|UTC$|[+-]\d)", "", text).replace("UTC", "Z"))
    return _worded(text)


def _is_epoch(text: str) -> bool:
    return _EPOCH.fullmatch(text) is not None


def _epoch(number: float) -> datetime:
    size = abs(number)
    if size >= _MICROSECONDS_BELOW:
        number /= 1e9
    elif size >= _MILLISECONDS_BELOW:
        number /= 1e6
    elif size >= _SECONDS_BELOW:
        number /= 1e3
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=number)


def _numeric(match: re.Match[str], month_first: bool) -> datetime:
    first, second, third = match["a"], int(match["b"]), int(match["c"])
    if len(first) == _YEAR_DIGITS:
        year, month, day = int(first), second, third
    else:
        month, day = (int(first), second) if month_first else (second, int(first))
        year = third if len(match["c"]) == _YEAR_DIGITS else third + (2000 if third < _PIVOT else 1900)
        # In a column of one order a value that only the other order allows is still unmistakable.
        if month > _MONTHS >= day:
            month, day = day, month
    hour = int(match["h"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    micro = int((match["f"] or "0").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, int(match["m"] or 0), int(match["sec"] or 0), micro, _suffix(match["z"]))


def _suffix(text: str | None) -> tzinfo | None:
    if not text:
        return None
    return UTC if text in {"Z", "UTC", "GMT"} else zone_of(text)


def _worded(text: str) -> datetime | None:
    plain = re.sub(r"\s+", " ", text.replace(",", " ").replace(" at ", " ")).strip()
    for pattern in _WORDED:
        try:
            return datetime.strptime(plain, pattern)
        except ValueError:
            continue
    # RFC 2822, as mail writes it
    return parsedate_to_datetime(text)
