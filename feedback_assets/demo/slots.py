"""What the slots of a wording can be filled with: every value, so that all sentences can be enumerated.

`#` stands for a word drawn at random or invented (a number, a brand); the test of overlap counts on this list.
"""

from __future__ import annotations

import random
import re

from feedback_assets.demo import people, vocabulary
from feedback_assets.demo.vocabulary import COLOURS, FAILING, FAMILIES, MATERIALS, TIGHT, WEEKDAYS, local

RANDOM_WORD = "#"
# Ten combinations of street and town a region, each drawn ten times on average.
_DRAWN = 100


def alternatives(language: str) -> dict[str, list[str]]:
    """Every value of every slot in a language, `#` for each word that is random."""
    nouns = [noun for family in FAMILIES for noun in family.nouns]
    regions = [region for region, (spoken, _) in people.REGIONS.items() if spoken == language]
    names = [f"{first} {last}" for first in people.FIRST_NAMES[language] for last in people.LAST_NAMES[language]]
    mailboxes = [name.replace(" ", ".") for name in names]
    pieces = [row for ways in FAILING.values() for rows in ways.values() for row in rows]
    materials = [row for rows in MATERIALS.values() for row in rows]
    return {
        "p": [f"{RANDOM_WORD} {noun.sold_as}" for noun in nouns],
        "it": [noun.it(language) for noun in nouns],
        "brand": [RANDOM_WORD],
        "part": [local(part, language) for family in FAMILIES for part in family.parts],
        "piece": [local(row, language) for row in pieces],
        "tight": sorted({word for words in TIGHT.values() for word in words[language]}),
        "ca": [local(row, language) for row in COLOURS],
        "cb": [local(row, language) for row in COLOURS],
        "ma": [local(row, language) for row in materials],
        "mb": [local(row, language) for row in materials],
        "day": [local(row, language) for row in WEEKDAYS],
        "size": list(vocabulary.SIZES),
        "n": list(vocabulary.COUNTS),
        "wallet": list(vocabulary.WALLETS),
        "carrier": list(vocabulary.CARRIERS),
        "ver": [
            f"{major}.{minor}.{patch}"
            for major in vocabulary.VERSION_MAJORS
            for minor in vocabulary.VERSION_MINORS
            for patch in (0, 1)
        ],
        "err": [RANDOM_WORD],
        "name": names,
        "email": [f"{box} {RANDOM_WORD} {host}" for box in mailboxes for host in people.MAIL_HOSTS],
        "phone": _phones(regions),
        "card": [f"{RANDOM_WORD} {RANDOM_WORD}"],
        "iban": [f"{RANDOM_WORD} {RANDOM_WORD}"],
        "order": [f"{RANDOM_WORD} {RANDOM_WORD}"],
        "address": _addresses(regions),
    }


def _phones(regions: list[str]) -> list[str]:
    return [re.sub("#+", f" {RANDOM_WORD} ", form) for region in regions for form in people.PHONES[region]]


def _addresses(regions: list[str]) -> list[str]:
    """The forms addresses take: enough are drawn to see every street, town and order, numbers are masked."""
    forms: set[str] = set()
    for region in regions:
        for seed in range(_DRAWN):
            rng = random.Random(seed)  # noqa: S311 - nothing secret
            address = f"{people.street(rng, region)}, {people.town(rng, region)}"
            forms.add(re.sub(r"\S*\d\S*", RANDOM_WORD, address))
    return sorted(forms)
