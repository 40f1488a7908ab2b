"""A first use: an empty home, `feedback import` of 300 rows and `feedback run`, of this code as a ratio to another.

    python -m benchmarks.first_use OLD [NEW] [--rows 300] [--repeat 5]

OLD and NEW are each a checkout or a wheel; NEW is this checkout when not given. Both run with the packages of this
environment, in turn, each time in a home of its own. "To labels" is from the start of the import until `gold/items` is
committed; "to tickets" until the run has ended.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import timedelta
from pathlib import Path

from benchmarks import generated

ROOT = Path(__file__).resolve().parents[1]
SEED, DAYS = 7, 30
_LOOK_EVERY = 0.01


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("old", type=Path, help="a checkout or a wheel")
    options.add_argument("new", type=Path, nargs="?", default=ROOT, help="a checkout or a wheel; else this checkout")
    options.add_argument("--rows", type=int, default=300)
    options.add_argument("--repeat", type=int, default=5)
    told = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-first-use-") as name:
        folder = Path(name)
        rows = write_rows(folder / "reviews.csv", told.rows)
        builds = {which: importable(path, folder / which) for which, path in (("old", told.old), ("new", told.new))}
        taken: dict[str, list[tuple[float, float]]] = {which: [] for which in builds}
        for number in range(told.repeat):
            for which, path in builds.items():
                taken[which].append(first_use(path, folder / f"home-{which}-{number}", rows))
                labels, tickets = taken[which][-1]
                print(f"{which} {number + 1}: {labels:.1f} s to labels, {tickets:.1f} s to tickets", flush=True)
        print(f"\n{told.rows} rows, medians of {told.repeat}, load {os.getloadavg()[0]:.1f}\n")
        print("| until | old, s | new, s | ratio |\n|---|---|---|---|")
        for place, until in enumerate(("labels", "tickets")):
            old, new = (statistics.median(one[place] for one in taken[which]) for which in ("old", "new"))
            print(f"| {until} | {old:.1f} | {new:.1f} | {new / old:.2f} |")


def write_rows(path: Path, count: int) -> Path:
    """A file as a shop exports it: so many ordinary reviews of a month, in the words of the demo's story."""
    day = generated.day_of(SEED, count)
    rng = random.Random(SEED)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("review_id", "created_at", "rating", "text"))
        for number, item in enumerate(day.items):
            at = day.day - timedelta(days=rng.randrange(DAYS))
            writer.writerow((f"r{number}", f"{at} 12:00:00", item.payload.get("rating"), item.payload["text"]))
    return path


def importable(build: Path, folder: Path) -> Path:
    """Where Python finds the package of a checkout or a wheel."""
    if build.suffix != ".whl":
        return build.resolve()
    with zipfile.ZipFile(build) as wheel:
        wheel.extractall(folder)
    return folder


def first_use(package: Path, home: Path, rows: Path) -> tuple[float, float]:
    """Seconds until the labels are committed, and until the run has ended."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
    environment |= {"PYTHONPATH": str(package), "FEEDBACK_HOME": str(home)}
    started = time.perf_counter()
    labelled = None
    for words in (("import", str(rows)), ("run",)):
        call = [sys.executable, "-m", "feedback_assets.cli.main", *words]
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(call, cwd=rows.parent, env=environment, stdout=said, stderr=said)
            while process.poll() is None:
                time.sleep(_LOOK_EVERY)
                if labelled is None and any((home / "lake" / "gold" / "items" / "_delta_log").glob("*.json")):
                    labelled = time.perf_counter() - started
            if process.returncode:
                said.seek(0)
                sys.exit(f"{' '.join(call)} failed with {process.returncode}:\n{said.read().decode()}")
    if labelled is None:
        sys.exit(f"{home}: the run committed no labels")
    return labelled, time.perf_counter() - started


if __name__ == "__main__":
    main()
