"""Where a person's words or keys lie: what a column can hold of a person, and the places that are no table.

Whoever erases a person, grants access or masks a column reads it from here. Columns are declared in
`feedback_assets/tables`; each file below home, landing and lake belongs to a table or to a place named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_STARS = re.compile(r"(\*\*|\*)")


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


class Root(StrEnum):
    """What a place's path is relative to."""

    HOME = "home"
    LANDING = "landing"
    LAKE = "lake"
    OUTSIDE = "outside"
    """Another system; the path is its name for people."""


@dataclass(frozen=True)
class Place:
    """Files that are no rows of a table.

    Attributes:
        root: What the path is relative to.
        path: A pattern: `*` stands for any characters but `/`, `**` for any characters.
        holds: The most telling thing that lies there.
        description: What the files are.
        removal: How one person's data leaves them, or why none has to.
    """

    root: Root
    path: str
    holds: Personal
    description: str
    removal: str

    def matches(self, path: str) -> bool:
        """Whether a path relative to the root, with `/` between its parts, is of this place."""
        return _pattern(self.path).fullmatch(path) is not None


PLACES: tuple[Place, ...] = (
    Place(
        Root.LANDING, "*/day=*/*.jsonl*", RAW, "Landing objects, and unfinished ones of a killed writer.",
        "Write the object anew without the lines, under its own name; then run the day again.",
    ),
    Place(
        Root.LANDING, "truth.json", RAW, "The demo's planted truth: of persons who do not exist.",
        "Delete it with the demo.",
    ),
    Place(
        Root.LAKE, "*/*/_delta_log/**", RAW,
        "Logs of the tables: the smallest and largest value of each column of each file, words among them.",
        "Rewrite the days without the person, write a checkpoint, then remove older log entries and vacuum: until "
        "then old files and entries hold what the table no longer shows.",
    ),
    Place(
        Root.LAKE, "bronze/row_parts_*/**", RAW, "Staging table of a Databricks job, dropped when its step ends.",
        "Drop it: nothing reads one of an earlier step.",
    ),
    Place(
        Root.LAKE, "_cache/**", WORDS, "What row-wise work gave before, with keyed hashes of persons and orders.",
        "Delete the file of the day, or the whole folder: it costs time and nothing else.",
    ),
    Place(
        Root.LAKE, "_snapshots/gold.clusters.*/**", WORDS, "The newest row of each cluster, with its quotes.",
        "Compute the days again without the items; then delete the folder: it costs time and nothing else.",
    ),
    Place(
        Root.LAKE, "_snapshots/**", NONE, "The first and the newest row of each product of the catalog.",
        "Holds products only.",
    ),
    Place(Root.LAKE, "_leases/**", NONE, "Who computes what at the moment.", "Holds run ids only."),
    Place(Root.LAKE, "_layout.json", NONE, "The layout mark of the lake.", "Holds names of steps only."),
    Place(
        Root.HOME, "journal/*.jsonl", WORDS, "Answers of a language model on their way into the ledger.",
        "Fold them into the ledger, as each run does, and remove the rows there.",
    ),
    Place(
        Root.HOME, "models/editions/**", WORDS, "Kept versions of the prompts, with the texts learned from.",
        "Remove the text from each copy; days labelled with it keep their labels.",
    ),
    Place(
        Root.HOME, "models/**", WORDS, "Trained local models: the words of their examples are features.",
        "Remove the example and train again.",
    ),
    Place(Root.HOME, "mappings/*", NONE, "Which column of a file is which field.", "Holds names of columns only."),
    Place(
        Root.HOME, "secrets/*", KEY, "The hashing key: who has it can match a customer's number with the hashes.",
        "Never removed for one person; a new key makes all hashes anew.",
    ),
    Place(
        Root.HOME, "tickets/*", WORDS, "Tickets of the file tracker and the evidence beside them.",
        "Recompute the ticket without the items, then deliver it again.",
    ),
    Place(
        Root.HOME, "dagster/history/**", WORDS,
        "Dagster's runs and event log: samples of curated tables, and messages of errors.",
        "Delete the events of the runs that computed the days, or the runs.",
    ),
    Place(
        Root.HOME, "dagster/storage/**", WORDS, "What runs printed, their errors among it.",
        "Delete the folders of the runs that computed the days.",
    ),
    Place(Root.HOME, "dagster/**", NONE, "Schedules, cursors and settings of the instance.", "Holds counts and days."),
    Place(Root.HOME, ".made-by-feedback-demo", NONE, "Says that the demo may replace the home.", "Is empty."),
    Place(
        Root.OUTSIDE, "language model", WORDS, "The requests the provider was sent, for as long as it keeps them.",
        "By the provider's own terms.",
    ),
    Place(
        Root.OUTSIDE, "tracker", WORDS, "Tickets and evidence in a tracker that is not a folder.",
        "Edit the ticket through the tracker; receipts name its id.",
    ),
    Place(
        Root.OUTSIDE, "Spark or Databricks", RAW,
        "Rows of bronze in a cluster's memory and scratch disks, and the job's messages on its volume.",
        "Gone with the cluster's session; delete the volume's messages of the run.",
    ),
)  # fmt: skip


def place_of(root: Root, path: str) -> Place | None:
    """The place a file belongs to; of several the one named first.

    Args:
        root: What the path is relative to.
        path: With `/` between its parts.
    """
    return next((place for place in PLACES if place.root is root and place.matches(path)), None)


@lru_cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = ("[^/]*" if part == "*" else ".*" if part == "**" else re.escape(part) for part in _STARS.split(path))
    return re.compile("".join(parts), re.DOTALL)
