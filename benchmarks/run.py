"""`make bench`: one day of many items through every stage, what more items and no items cost, and the plain ways.

Each measurement is a process of its own, so that its peak memory is its own and nothing is warm. The plain ways are
measured on samples, as whole days of them would take hours; the table says how large.
"""

# ruff: noqa: E501 - tables read worse when broken
from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import generated

SEED, MORE = 7, 100
STAGES = (
    "bronze_catalog", "bronze_feedback", "silver_catalog", "silver_feedback", "gold_labels", "clusters",
    "counts_by_day", "priority", "ticket_batch", "ticket_deliveries",
)  # fmt: skip
# The last goes through all issues of a day in their order; nothing of it is cached.
WALK = "clusters"
AGAIN = ("silver_feedback", "gold_labels", WALK)
# What, in our words and in the plain way's, and how many rows each is timed on.
AGAINST = (
    ("copies", "datasketch", 20_000, 20_000),
    ("classify", "one request a text, 0.6 s each, one after the other", 20_000, 50),
    ("write", "pandas to_parquet of the whole table, seven such days", 100_000, 100_000),
)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--models", type=Path, help="folder of a trained local model, else one is trained")
    options.add_argument("--repeat", type=int, default=3, help="how often the short measurements are repeated")
    told = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-bench-") as folder:
        home = Path(folder)
        if told.models:
            shutil.copytree(told.models, home / "models")
        bench(home, told.items, told.repeat)


def bench(home: Path, items: int, repeat: int) -> None:
    everything = generated.day_of(SEED, items + MORE * repeat)
    day = replace(everything, items=everything.items[:items])
    more = [
        replace(everything, items=everything.items[start : start + MORE], catalog=[])
        for start in range(items, items + MORE * repeat, MORE)
    ]
    texts = len({str(item.payload.get("text")) for item in day.items})
    print(f"{items:,} items of one day, {texts:,} different texts, load {os.getloadavg()[0]:.1f}\n", flush=True)
    generated.land(str(home / "landing"), day)
    call(home, "plain", "classify_ours", "10")  # trains the local model, once and not measured
    first = {name: stage(home, name, day) for name in STAGES}
    again = {name: [stage(home, name, day) for _ in range(repeat)] for name in AGAIN}
    fresh: dict[str, list[dict[str, float]]] = {name: [] for name in AGAIN}
    for part in more:
        generated.land(str(home / "landing"), part)
        stage(home, "bronze_feedback", day)
        for name in AGAIN:
            fresh[name].append(stage(home, name, day))
    table(("stage", "rows", "seconds", "rows a second", "peak MB"), [
        (name, f"{one['rows']:,}", f"{one['seconds']:.1f}", f"{one['rows'] / one['seconds']:,.0f}", f"{one['peak_mb']:.0f}")
        for name, one in first.items()
    ])  # fmt: skip
    table(("stage", "the day", "unchanged", "of the day", "rows computed", f"{MORE} new", "of the day", "rows computed"), [
        (f"{name}, a walk" if name == WALK else f"{name}, row-wise", f"{first[name]['seconds']:.1f} s", f"{middle(again[name]):.1f} s", share(middle(again[name]), first[name]),
         f"{again[name][0].get('rows_computed', 'all')}", f"{middle(fresh[name]):.1f} s",
         share(middle(fresh[name]), first[name]), f"{fresh[name][0].get('rows_computed', 'all')}")
        for name in AGAIN
    ])  # fmt: skip
    table(("work", "rows a second", "peak MB", "the plain way", "its rows a second", "its peak MB", "ratio", "sample"), [
        against(home, *row, repeat) for row in AGAINST
    ])  # fmt: skip
    loads = [call(home, "plain", "definitions", "0")["seconds"] for _ in range(repeat)]
    print(f"definitions load in {statistics.median(loads):.1f} s")
    print(
        f"a run of an unchanged day does {sum(int(again[n][0].get('rows_computed', 0)) for n in AGAIN)} rows of row-wise work"
    )


def against(home: Path, work: str, plain: str, ours: int, theirs: int, repeat: int) -> tuple[str, ...]:
    mine = [call(home, "plain", f"{work}_ours", str(ours)) for _ in range(repeat)]
    other = [call(home, "plain", f"{work}_plain", str(theirs)) for _ in range(repeat)]
    fast, slow = (statistics.median(one["rows"] / one["seconds"] for one in runs) for runs in (mine, other))
    peaks = [f"{max(one['peak_mb'] for one in runs):.0f}" for runs in (mine, other)]
    sample = f"{mine[0]['rows']:,} / {other[0]['rows']:,}"
    return (work, f"{fast:,.0f}", peaks[0], plain, f"{slow:,.0f}", peaks[1], f"{fast / slow:.1f}", sample)


def stage(home: Path, name: str, day: generated.Day) -> dict[str, float]:
    return call(home, "stage", name, str(day.day))


def call(home: Path, module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", *arguments]
    found = subprocess.run(command, env={**os.environ, "FEEDBACK_HOME": str(home)}, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{found.stderr[-3000:]}")
    return json.loads(found.stdout.strip().splitlines()[-1])


def middle(runs: list[dict[str, float]]) -> float:
    return statistics.median(run["seconds"] for run in runs)


def share(seconds: float, whole: dict[str, float]) -> str:
    return f"{100 * seconds / whole['seconds']:.1f} %"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


if __name__ == "__main__":
    main()
