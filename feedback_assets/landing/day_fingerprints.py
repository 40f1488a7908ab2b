"""The fingerprints of landing's days that a sensor knows: compared and packed small.

Pure: listing is `landing_files`, keeping is the sensor's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

# Digits of a fingerprint that are kept: a change goes unnoticed once in four billion.
_DIGITS = 8


def changed_days(before: Mapping[date, str], now: Mapping[date, str]) -> list[date]:
    """The days that are new, have other objects than before, or lost all of them; in order."""
    days = {*before, *now}
    return sorted(day for day in days if short(before.get(day)) != short(now.get(day)))


def unchanged_days(before: Mapping[date, str], now: Mapping[date, str]) -> list[date]:
    """The days that have the same objects as before; in order."""
    return sorted(day for day in before.keys() & now.keys() if short(before[day]) == short(now[day]))


def pack(days: Mapping[date, str]) -> str:
    """Days and fingerprints as text of sixteen characters a day."""
    return " ".join(f"{day.toordinal():x}:{short(days[day])}" for day in sorted(days))


def unpack(text: str) -> dict[date, str]:
    """What `pack` made."""
    parts = (part.partition(":") for part in text.split())
    return {date.fromordinal(int(day, 16)): fingerprint for day, _, fingerprint in parts}


def combined_hash(packed: Mapping[str, str]) -> str:
    """A short hash of the packed days of every stream, for the cursor."""
    listed = "\n".join(f"{stream} {packed[stream]}" for stream in sorted(packed))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def short(fingerprint: str | None) -> str:
    """The digits of a fingerprint that are kept; none for a day without objects."""
    return (fingerprint or "")[:_DIGITS]
