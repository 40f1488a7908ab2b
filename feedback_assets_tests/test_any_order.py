"""The story in random order, with gaps and late days, through the sensors: the tables of the story in order."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets.tickets.tracker import TrackerStatus
from feedback_assets.tickets.trackers.files import FileTracker
from feedback_assets_tests.crash.harness import story
from feedback_assets_tests.crash.small import few_prompts
from feedback_assets_tests.orchestration.test_daemon import BY_AUTOMATION, Machine

SEED, DAYS, BATCHES = 7, 30, 3


def installed(home: Path, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance) -> Machine:
    """An installation of its own; both share the trained model and the key that customers are hashed with."""
    monkeypatch.setenv("FEEDBACK_HOME", str(home))
    monkeypatch.setenv("FEEDBACK_MODELS", str(home.parent / "models"))
    monkeypatch.setenv("FEEDBACK_HASH_KEY_FILE", str(home.parent / "hash.key"))
    machine = Machine(instance)
    settle(machine)  # the daemon runs before anything lands
    return machine


def land(machine: Machine, landing: Path, objects: Iterable[Path]) -> None:
    for path in objects:
        place = Path(machine.settings.landing_root) / path.relative_to(landing)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place.with_name(f".{place.name}"))
        place.with_name(f".{place.name}").rename(place)


def in_blocks(days: Iterable[str]) -> list[list[str]]:
    """Contiguous blocks, as the daemon launches one run each."""
    found: list[list[str]] = []
    for day in sorted(days):
        if found and date.fromisoformat(day) - date.fromisoformat(found[-1][-1]) == timedelta(days=1):
            found[-1].append(day)
        else:
            found.append([day])
    return found


def settle(machine: Machine) -> set[str]:
    """Tick both sensors and run what they ask for until they ask for nothing more; the days that were computed."""
    computed: set[str] = set()
    machine.reported()
    while asked := machine.asked():
        for block in in_blocks(set().union(*asked.values())):
            assert machine.run(set(block), BY_AUTOMATION).success
            computed |= set(block)
        machine.reported()
    return computed


def reached(objects: Iterable[Path]) -> set[str]:
    """The days that a delivery may touch: its own, and the eight weeks that look back on them."""
    days = {date.fromisoformat(path.parent.name.removeprefix("day=")) for path in objects}
    return {str(day + timedelta(days=number)) for day in days for number in range(57)}


def shuffled(objects: Sequence[Path], seed: int) -> list[list[Path]]:
    """Batches in random order: whole days missing at first, and single objects of days that came come late."""
    rng = random.Random(seed)
    days = sorted({path.parent.name for path in objects})
    rng.shuffle(days)
    batch_of = {day: number % BATCHES for number, day in enumerate(days)}
    batches: list[list[Path]] = [[] for _ in range(BATCHES)]
    for path in objects:
        late = rng.random() < 0.15
        batches[rng.randrange(BATCHES) if late else batch_of[path.parent.name]].append(path)
    return batches


def open_tickets(machine: Machine) -> dict[str, list[str]]:
    """The evidence of each ticket that stands in the tracker."""
    tracker = FileTracker(machine.settings.tickets_dir)
    tickets = {key: tracker.find(key) for key in sorted(tracker.keys())}
    still_open = [key for key, ticket in tickets.items() if ticket and ticket.status == TrackerStatus.OPEN]
    return {key: sorted(str(row["issue_id"]) for row in tracker.evidence(key)) for key in still_open}


def waits_for_approval(lake: Lake) -> set[str]:
    """Tickets that a person must approve once all days are there.

    Such a one may stand in the tracker all the same: with some of the days missing it asked nobody, and what was
    delivered is not taken back because more is known.
    """
    batch = lake.read(tables.TICKET_BATCH)
    return set(batch["ticket_key"]) - set(batch.loc[batch["state"] != "needs_approval", "ticket_key"])


def without(rows: pd.DataFrame, keys: set[str], last: date) -> pd.DataFrame:
    return rows[~rows["ticket_key"].isin(keys) & (rows["day"] <= last)].reset_index(drop=True)


def without_keys(tickets: dict[str, list[str]], keys: set[str]) -> dict[str, list[str]]:
    return {key: evidence for key, evidence in tickets.items() if key not in keys}


@pytest.mark.slow
def test_the_story_in_any_order_ends_as_the_story_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing = tmp_path / "story"
    story(SEED, DAYS, landing)
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(few_prompts(tmp_path / "prompts")))
    objects = sorted(landing.glob("*/day=*/*.jsonl"))
    with dg.DagsterInstance.ephemeral() as instance:
        straight = installed(tmp_path / "in-order", monkeypatch, instance)
        land(straight, landing, objects)
        settle(straight)
        assert not settle(straight)
    with dg.DagsterInstance.ephemeral() as instance:
        mixed = installed(tmp_path / "any-order", monkeypatch, instance)
        for batch in shuffled(objects, SEED):
            land(mixed, landing, batch)
            assert settle(mixed) == reached(batch)
        assert not settle(mixed)
    one, other = Lake(straight.settings.lake_root), Lake(mixed.settings.lake_root)
    different = [
        table.name for table in tables.ALL if table_hash(one.read(table), table) != table_hash(other.read(table), table)
    ]
    assert set(different) <= {"tickets/open_tickets", "tickets/deliveries"}
    asking = waits_for_approval(one)
    # An object asks for the eight weeks after its day again. What stands open later than eight weeks after the first
    # day was computed from what was known then.
    last = min(date.fromisoformat(path.parent.name.removeprefix("day=")) for path in objects) + timedelta(days=56)
    for name in different:
        table = next(table for table in tables.ALL if table.name == name)
        rows = [without(lake.read(table), asking, last) for lake in (one, other)]
        assert table_hash(rows[0], table) == table_hash(rows[1], table), name
    assert without_keys(open_tickets(mixed), asking) == without_keys(open_tickets(straight), asking) != {}
