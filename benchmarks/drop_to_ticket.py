"""From a dropped file to its ticket: the daemon on a small home, fifty files over ten minutes, nobody touching it.

    python -m benchmarks.drop_to_ticket [--files 50] [--minutes 10] [--models FOLDER]

Each file brings a handful of complaints about a product of its own, enough for a ticket, or more of them. A file is
done when the tracker's files name its product with all its complaints so far; what needs no ticket when deliveries of
its day were committed after it landed and hold it. Prints median and 95th percentile in seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedback_assets import tables
from feedback_assets.lake.store import Lake

ROOT = Path(__file__).resolve().parent.parent
ANGRY = (
    "The hoodie runs two sizes too small, the size chart is wrong.",
    "Hoodie is far too small, my usual size does not fit.",
    "Much smaller than the size chart says, returned the hoodie.",
    "Hoodie is too tight, it runs at least one size small.",
)
_COMPLAINTS = 10
# Long enough for the last file and a run before it.
_PATIENCE_SECONDS = 300


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=50)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--models", type=Path, help="folder of a trained local model, else one is trained first")
    told = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedback-drop-") as folder:
        home = Path(folder)
        (home / "dagster").mkdir()
        shutil.copy(ROOT / "dagster.yaml", home / "dagster")
        if told.models:
            shutil.copytree(told.models, home / "models")
        os.environ["FEEDBACK_HOME"] = str(home)
        drop(home, -1)  # the home's first day, run before the clock starts: it trains the model
        subprocess.run([sys.executable, "-m", "feedback_assets.cli", "run"], check=True, capture_output=True)
        daemon = start(home)
        try:
            measure(home, told.files, told.minutes * 60 / max(told.files, 1))
        finally:
            os.killpg(daemon.pid, signal.SIGTERM)
            daemon.wait(60)


def measure(home: Path, files: int, pause: float) -> None:
    lake, dropped, done = Lake(str(home / "lake")), dict[int, datetime](), dict[int, float]()
    print(f"{files} files, one every {pause:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    begun = time.monotonic()
    while len(done) < files and time.monotonic() - begun < files * pause + _PATIENCE_SECONDS:
        if len(dropped) < files and time.monotonic() - begun >= len(dropped) * pause:
            dropped[len(dropped)] = drop(home, len(dropped))
        for number in finished(home, lake, set(dropped) - set(done)):
            done[number] = (datetime.now(UTC) - dropped[number]).total_seconds()
        time.sleep(1)
    seconds = sorted(done.values())
    tickets = len(list((home / "tickets").glob("*.md")))
    print(f"{len(done)} of {files} files done, {tickets} ticket files, load {os.getloadavg()[0]:.1f} at the end")
    if seconds:
        p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
        print(
            f"from drop to ticket: median {statistics.median(seconds):.0f} s, p95 {p95:.0f} s, "
            f"worst {seconds[-1]:.0f} s"
        )


def drop(home: Path, number: int) -> datetime:
    """One landing object by another name and renamed, as any writer does; two files in a row are about one product."""
    now = datetime.now(UTC)
    folder = home / "landing" / "feedback" / f"day={now.date()}"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({
            "event_id": f"drop-{number}-{n}", "source": "shop", "channel": "product_review",
            "occurred_at": (now - timedelta(seconds=n)).isoformat(), "received_at": now.isoformat(),
            "payload": {"text": f"{ANGRY[n % 4]} Bought it {number * 10 + n} days ago.", "rating": 1,
                        "product_id": f"P{number // 2}", "product_name": f"Hoodie {number // 2}",
                        "customer_id": f"c{number}-{n}"},
        })
        for n in range(_COMPLAINTS)
    ]  # fmt: skip
    hidden = folder / f".drop-{number}"
    hidden.write_text("\n".join(lines) + "\n", encoding="utf-8")
    hidden.rename(folder / f"drop-{number}.jsonl")
    return datetime.now(UTC)


def finished(home: Path, lake: Lake, waiting: set[int]) -> list[int]:
    """The files whose complaints are in the plan of a day that has been delivered since."""
    if not waiting:
        return []
    batch, delivered = lake.commits(tables.TICKET_BATCH), lake.commits(tables.TICKET_DELIVERIES)
    if not batch or not delivered or delivered[0].at < batch[0].at:
        return []
    items = lake.read(tables.GOLD_CLUSTER_MEMBERS, columns=["day", "event_id"])
    there = set(items["event_id"])
    ready = [number for number in waiting if f"drop-{number}-0" in there]
    planned = lake.read(tables.TICKET_BATCH, columns=["day", "ticket_key", "action", "members"])
    named = " ".join(planned["members"])
    files = " ".join(path.read_text(encoding="utf-8") for path in (home / "tickets").rglob("*") if path.is_file())
    return [number for number in ready if f"drop-{number}-0#" in named or f"drop-{number}-0" in files]


def start(home: Path) -> subprocess.Popen[bytes]:
    log = (home / "daemon.log").open("wb")
    command = [str(Path(sys.executable).with_name("dg")), "dev", "--target-path", str(ROOT), "--port", "3977"]
    environment = {**os.environ, "DAGSTER_HOME": str(home / "dagster"), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


if __name__ == "__main__":
    main()
