"""Where a person's words or keys lie: what a column can hold of a person, and the places that are no table.

Whoever erases a person, grants access or masks a column reads it from here. Columns are declared in
`feedback_assets/tables`; each file below home, landing and lake belongs to a table or to a place named here.
"""

from __future__ import annotations

from enum import StrEnum


class Personal(StrEnum):
    """What a column or a place holds of a person.

    Where a row has a link or a key, the row is about one person, and its other columns go with it when that person
    is erased. Words can stand in rows about many persons, such as a cluster's title: those are computed again.
    """

    NONE = "none"
    """Nothing of one person: counts, names of products and of places, what was computed."""

    LINK = "link"
    """An id that leads to what one person wrote or did, such as an item's id; no name in it."""

    KEY = "key"
    """The keyed hash of a customer, an order or a case: equal for the same one, and none without the hashing key."""

    WORDS = "words"
    """What a customer wrote, or what was drawn from it: personal data replaced, but their words all the same."""

    RAW = "raw"
    """As it arrived: names, addresses and numbers stand in it."""

    STAFF = "staff"
    """The name or the words of somebody who works here."""


NONE, LINK, KEY, WORDS, RAW, STAFF = Personal
