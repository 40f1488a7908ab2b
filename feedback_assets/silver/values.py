"""Single payload values read as text, number, time or list, each with an error that says what to do.

What the values mean and which field they belong to is in `fields.py` and `events.py`.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any, cast

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOTHING = frozenset({"", "null", "none", "nan", "n/a", "na", "-", "?", "undefined", "nil"})
_NUMBER = re.compile(r"^[^\d+-]{0,4}?([+-]?\d[\d.,' \u00a0]*)\s*(?:[^\d\s].{0,20})?$")


class BadValueError(ValueError):
    """A value cannot be read; the message says what was expected."""


def text_of(value: Any) -> str | None:
    """A value as text without control characters; None for what means nothing.

    Raises:
        BadValueError: It is an object, a list or a truth value.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (dict, list, bool)):
        raise BadValueError(f"is a {'truth value' if isinstance(value, bool) else 'nested value'}, not text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _CONTROL.sub("", str(value)).strip()
    return None if text.lower() in _NOTHING else text


def number_of(value: Any) -> float | None:
    """A value as a number: `1,234.50`, `1.234,50`, `€ 12`; None for what means nothing.

    Raises:
        BadValueError: It is no number.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    text = text_of(value)
    if text is None:
        return None
    match = _NUMBER.match(text)
    if match is None:
        raise BadValueError("is no number")
    try:
        return float(_decimal(re.sub(r"[' \u00a0]", "", match.group(1))))
    except ValueError as error:
        raise BadValueError("is no number") from error


def _decimal(digits: str) -> str:
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        mark, other = (".", ",") if point > comma else (",", ".")
        return digits.replace(other, "").replace(mark, ".")
    if comma >= 0:
        # 1,234,567 and 1,234 are thousands; 4,5 and 12,50 are decimals.
        return digits.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+", digits) else digits.replace(",", ".")
    return digits.replace(".", "") if digits.count(".") > 1 else digits


def time_of(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """A value as a UTC time: ISO 8601, a date, or seconds or milliseconds since 1970; None for nothing.

    Args:
        value: What the source sent.
        zone: Zone of a time that names none.

    Raises:
        BadValueError: It is no time, or outside the years 1970 to 2200.
    """
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    text = text_of(value)
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{9,13}", text):
            seconds = int(text) / (1000 if len(text) > 10 else 1)
            return datetime.fromtimestamp(seconds, UTC)
        read = datetime.fromisoformat(text)
        read = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadValueError("is no time; write YYYY-MM-DDTHH:MM:SSZ") from error
    if not date(1970, 1, 1) <= read.date() < date(2200, 1, 1):
        raise BadValueError("is a time outside the years 1970 to 2200")
    return read


def list_of(value: Any) -> list[str]:
    """A value as a list of texts: a list, a JSON list, or parts split by `|`, `;` or `,`.

    Raises:
        BadValueError: It is an object.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            value = value.strip("[] ")
    if isinstance(value, list):
        parts = [text_of(part) for part in cast("list[Any]", value) if not isinstance(part, (dict, list, bool))]
    else:
        text = text_of(value)
        mark = next((mark for mark in "|;," if text and mark in text), None)
        parts = [text_of(part) for part in text.split(mark)] if text else []
    return list(dict.fromkeys(part for part in parts if part))


def object_of(value: Any) -> dict[str, Any] | None:
    """A value as an object: an object, its JSON text, or a list of names, each then true.

    Raises:
        BadValueError: It is neither.
    """
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise BadValueError("is no JSON object") from error
    if isinstance(value, dict):
        return cast("dict[str, Any]", value) or None
    names = list_of(value)
    return dict.fromkeys(names, True) if names else None
