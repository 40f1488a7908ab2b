"""What one more day costs after a long history against after a short one: `make bench`.

    python -m benchmarks.history [--days 20 700] [--items 30] [--repeat 3] [--folder FOLDER]

Lands small days up to the same date in two homes, runs them through the real graph, and then runs one more day at a
time, each in a process of its own. The items of a further day are the same in both homes. Prints wall time, processor
time and peak memory of the medians, and their ratios. With `--folder` the homes stay, and a second call goes on there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import generated
from feedback_assets.demo.items import Item
from feedback_assets.files.landing_files import Landing
from feedback_assets.landing.envelope import Envelope, digest, to_line
from feedback_assets.landing.writer import object_name, write_object

SEED = 7
# The last day of both histories: each further day has the same date, and so the same weekday, in both.
LAST = date(2025, 10, 31)
# Near copies are looked for in a window of eight days; words come back after twice as many.
_WORDINGS = 16
_ORDERS = 20
_GOAL = 1.2


@dataclass(frozen=True)
class Cost:
    """What one process cost: seconds on the clock, seconds of a processor, and its most memory in MB."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, nargs=2, default=(20, 700), metavar=("SHORT", "LONG"))
    parser.add_argument("--items", type=int, default=30, help="items a day")
    parser.add_argument("--repeat", type=int, default=3, help="how many further days are run")
    parser.add_argument("--folder", type=Path, help="where the homes are; else a temporary folder")
    parser.add_argument("--models", type=Path, help="folder of a trained local model, else one is trained")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-history-") as folder:
        compare(options.folder or Path(folder), tuple(options.days), options.items, options.repeat, options.models)


def compare(folder: Path, lengths: tuple[int, ...], items: int, repeat: int, models: Path | None) -> None:
    """Build the homes, run the further days in turn, and print what they cost."""
    wordings = wordings_of(items)
    homes = {days: folder / f"days-{days}" for days in lengths}
    models = models or folder / "models"
    for days, home in homes.items():
        build(home, days, wordings, models)
    costs: dict[int, list[Cost]] = {days: [] for days in lengths}
    for number in range(repeat):
        for days, home in homes.items():
            costs[days].append(one_more_day(home, wordings, models))
            print(f"{days} days, further day {number + 1}: {costs[days][-1]}", flush=True)
    show(costs)


def wordings_of(items: int) -> list[list[Item]]:
    """Some days of items, each with words of its own."""
    everything = generated.day_of(SEED, items * _WORDINGS).items
    return [everything[start : start + items] for start in range(0, items * _WORDINGS, items)]


def build(home: Path, days: int, wordings: list[list[Item]], models: Path) -> None:
    """Land and run a history, if the home has none yet."""
    if (home / "lake").is_dir():
        return
    started = time.perf_counter()
    first = LAST - timedelta(days=days - 1)
    land_catalog(home, first)
    for number in range(days):
        land_day(home, first + timedelta(days=number), wordings)
    run(home, models)
    print(f"{days} days of history made in {time.perf_counter() - started:.0f} s", flush=True)


def one_more_day(home: Path, wordings: list[list[Item]], models: Path) -> Cost:
    """Land the day after the newest and run it."""
    newest = max(path.name for path in (home / "landing" / "feedback").iterdir())
    land_day(home, date.fromisoformat(newest.removeprefix("day=")) + timedelta(days=1), wordings)
    return run(home, models)


def run(home: Path, models: Path) -> Cost:
    """`feedback run` in a process of its own."""
    environment = {**os.environ, "FEEDBACK_HOME": str(home), "FEEDBACK_MODELS": str(models)}
    log = home / "run.log"
    started = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "feedback_assets.cli.main", "run", "--json"],
            env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        # The usage of this child alone: `getrusage` tells the greatest of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"feedback run failed in {home}:\n{log.read_text()[-3000:]}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def land_day(home: Path, day: date, wordings: list[list[Item]]) -> None:
    """Land a day: what customers wrote, and its orders."""
    landing = Landing(str(home / "landing"))
    moved = [_on(item, day) for item in wordings[day.toordinal() % len(wordings)]]
    for source in sorted({event.source for event in moved}):
        _write(landing, "feedback", day, [event for event in moved if event.source == source])
    _write(landing, "commerce", day, list(_orders(day, moved)))


def land_catalog(home: Path, day: date) -> None:
    """Land the products once, on the first day."""
    events = [
        replace(event, occurred_at=_at(day, 60), received_at=_at(day, 60))
        for event in generated.day_of(SEED, 1).catalog
    ]
    _write(Landing(str(home / "landing")), "catalog", day, events)


def _on(item: Item, day: date) -> Envelope:
    at = datetime.combine(day, item.at.timetz())
    fields = {name: value for name, value in item.payload.items() if value is not None}
    return Envelope(f"{item.event_id}-{day}", item.source, item.channel, at, at, fields)


def _orders(day: date, feedback: list[Envelope]) -> Iterator[Envelope]:
    rng = random.Random(day.toordinal())
    products = sorted({str(event.payload["product_id"]) for event in feedback if event.payload.get("product_id")})
    for number in range(_ORDERS if products else 0):
        order, customer = f"K-{day.toordinal()}{number:04}", f"C-{rng.randrange(900)}"
        fields: dict[str, Any] = {
            "type": "order_item", "order_id": order, "customer_id": customer, "quantity": 1,
            "product_id": rng.choice(products), "revenue": 20.0, "region": "Berlin",
        }  # fmt: skip
        yield Envelope(f"order-{day}-{number}", "orders", "shop", _at(day, number), _at(day, number), fields)


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(minutes=minute)


def _write(landing: Landing, stream: str, day: date, events: list[Envelope]) -> None:
    if not events:
        return
    ordered = sorted(events, key=lambda event: event.event_id)
    digests = [digest(e.event_id, e.source, e.channel, e.occurred_at, e.payload) for e in ordered]
    write_object(landing, stream, day, object_name(ordered[0].source, digests), [to_line(event) for event in ordered])


def show(costs: dict[int, list[Cost]]) -> None:
    """The medians as a table, and the ratios of the longest history to the shortest."""
    medians = {
        days: Cost(*(statistics.median(getattr(cost, name) for cost in runs) for name in ("wall", "cpu", "peak")))
        for days, runs in costs.items()
    }
    print("\n| one more day after | seconds | seconds of a processor | peak MB |\n|---|---|---|---|")
    for days, cost in medians.items():
        print(f"| {days} days | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.peak:.0f} |")
    short, long = medians[min(medians)], medians[max(medians)]
    ratios = [getattr(long, name) / getattr(short, name) for name in ("wall", "cpu", "peak")]
    print(f"| ratio | {ratios[0]:.2f} | {ratios[1]:.2f} | {ratios[2]:.2f} |")
    met = all(ratio <= _GOAL for ratio in ratios[1:])
    print(f"\nat most {_GOAL} in processor time and memory: {'yes' if met else 'no'}")
    print(json.dumps({"ratios": dict(zip(("wall", "cpu", "peak"), ratios, strict=True))}), flush=True)


if __name__ == "__main__":
    main()
