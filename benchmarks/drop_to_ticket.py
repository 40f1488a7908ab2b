"""From a dropped file to its ticket: the daemon on a small home, fifty files over ten minutes, nobody touching it.

    python -m benchmarks.drop_to_ticket [--files 50] [--minutes 10] [--models FOLDER]

Each file brings ten complaints about a product, enough for a ticket; the next file brings ten more about the same. A
file is done when the evidence of a ticket holds all of its complaints. Prints median and 95th percentile in seconds; a
file that is not done when time is up counts as endless.
"""

from __future__ import annotations

import argparse
import json
import math
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

ROOT = Path(__file__).resolve().parent.parent
ANGRY = (
    "The hoodie runs two sizes too small, the size chart is wrong.",
    "Hoodie is far too small, my usual size does not fit.",
    "Much smaller than the size chart says, returned the hoodie.",
    "Hoodie is too tight, it runs at least one size small.",
)
HAPPY = ("Lovely hoodie, fits as it should.", "Warm, soft and well made.", "Great colour, will buy again.")
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
        history(home)  # run before the clock starts; it trains the model too
        subprocess.run([sys.executable, "-m", "feedback_assets.cli.main", "run"], check=True, capture_output=True)
        daemon = start(home)
        try:
            measure(home, told.files, told.minutes * 60 / max(told.files, 1))
        finally:
            daemon.send_signal(signal.SIGINT)  # as Ctrl-C does: ended any other way it leaves its own children behind
            daemon.wait(60)


def measure(home: Path, files: int, pause: float) -> None:
    dropped, done = dict[int, datetime](), dict[int, float]()
    print(f"{files} files, one every {pause:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    begun = time.monotonic()
    while len(done) < files and time.monotonic() - begun < files * pause + _PATIENCE_SECONDS:
        if len(dropped) < files and time.monotonic() - begun >= len(dropped) * pause:
            dropped[len(dropped)] = drop(home, len(dropped))
        for number in finished(home, set(dropped) - set(done)):
            done[number] = (datetime.now(UTC) - dropped[number]).total_seconds()
        time.sleep(1)
    seconds = sorted(done.get(number, math.inf) for number in dropped)
    tickets = len(list((home / "tickets").glob("*.md")))
    print(f"{len(done)} of {files} files done, {tickets} ticket files, load {os.getloadavg()[0]:.1f} at the end")
    if seconds:
        p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
        print(
            f"from drop to ticket: median {statistics.median(seconds):.0f} s, p95 {p95:.0f} s, "
            f"worst {seconds[-1]:.0f} s"
        )


def history(home: Path) -> None:
    """Four weeks of a shop without a problem: nothing can be called a rise before there is something to rise from."""
    today = datetime.now(UTC).replace(hour=0, minute=0)
    for back in range(1, 29):
        lines = [
            line(
                f"old-{back}-{n}",
                today - timedelta(days=back) + timedelta(hours=n),
                f"{HAPPY[n % 3]} Day {back}.",
                5,
                n,
            )
            for n in range(_COMPLAINTS)
        ]
        land(home, f"old-{back}", today - timedelta(days=back), lines)


def drop(home: Path, number: int) -> datetime:
    """The complaints of one file; two files in a row are about one product."""
    now = datetime.now(UTC)
    lines = [
        line(f"drop-{number}-{n}", now, f"{ANGRY[n % 4]} Bought it {number * 10 + n} days ago.", 1, number // 2)
        for n in range(_COMPLAINTS)
    ]
    land(home, f"drop-{number}", now, lines)
    return datetime.now(UTC)


def line(event_id: str, at: datetime, text: str, rating: int, product: int) -> str:
    payload = {
        "text": text, "rating": rating, "product_id": f"P{product}", "product_name": f"Hoodie {product}",
        "customer_id": f"c-{event_id}",
    }  # fmt: skip
    told = {"event_id": event_id, "source": "shop", "channel": "product_review", "payload": payload}
    return json.dumps({**told, "occurred_at": at.isoformat(), "received_at": at.isoformat()})


def land(home: Path, name: str, day: datetime, lines: list[str]) -> None:
    """One landing object by another name and renamed, as any writer does."""
    folder = home / "landing" / "feedback" / f"day={day.date()}"
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{name}"
    hidden.write_text("\n".join(lines) + "\n", encoding="utf-8")
    hidden.rename(folder / f"{name}.jsonl")


def finished(home: Path, waiting: set[int]) -> list[int]:
    """The files all of whose complaints are evidence of a ticket; the tracker's own files say so."""
    shown = "".join(path.read_text(encoding="utf-8") for path in (home / "tickets").glob("*.evidence.jsonl"))
    return [number for number in waiting if all(f'"drop-{number}-{n}"' in shown for n in range(_COMPLAINTS))]


def start(home: Path) -> subprocess.Popen[bytes]:
    log = (home / "daemon.log").open("wb")
    command = [str(Path(sys.executable).with_name("dg")), "dev", "--target-path", str(ROOT), "--port", "3977"]
    environment = {**os.environ, "DAGSTER_HOME": str(home / "dagster"), "PYTHONPATH": str(ROOT)}
    # A shell's background job ignores Ctrl-C, and so would its children, who are to be ended by it.
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


if __name__ == "__main__":
    main()
