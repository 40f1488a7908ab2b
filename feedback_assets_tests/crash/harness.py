"""Kills `feedback run` and `feedback import` with signal 9 at random moments, runs again, and compares every table.

A chain is one installation: its story lands in portions, each portion's run is killed some times, and nobody cleans up
in between. At the end the tables must equal those of an installation that nothing happened to.

    python -m feedback_assets_tests.crash.harness --seed 1 --kills 40 --chains 4 --folder /tmp/crash
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

from feedback_assets import tables
from feedback_assets.demo.story import generate
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake

# A run that takes longer hangs: the slowest takes two minutes on two busy cores.
_HANGS_SECONDS = 900.0
_START = "start"  # before the first step


@dataclass(frozen=True)
class Kill:
    """A run that was killed: where it was meant to be, and where it was."""

    chain: int
    aimed_at: str
    after_seconds: float
    hit: str


@dataclass
class Outcome:
    """What came of all chains."""

    kills: list[Kill] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    seconds_to_recover: list[float] = field(default_factory=list)

    @property
    def hits(self) -> dict[str, int]:
        """How often each step was killed."""
        return dict(Counter(kill.hit for kill in self.kills).most_common())


class Home:
    """One installation, driven from outside by the command line."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        self._models = models

    @property
    def landing(self) -> Path:
        """Where its landing objects are."""
        return self.folder / "landing"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A `feedback` process of its own."""
        environment = {**os.environ, "FEEDBACK_HOME": str(self.folder), "FEEDBACK_MODELS": str(self._models)}
        return subprocess.Popen(
            [sys.executable, "-m", "feedback_assets.cli.main", *arguments],
            env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self) -> dict[str, float]:
        """`feedback run` to its end; seconds by step.

        Raises:
            RuntimeError: It failed; with what it said.
        """
        process = self.start("run", "--json")
        out, err = process.communicate(timeout=_HANGS_SECONDS)
        if process.returncode:
            raise RuntimeError(
                f"feedback run in {self.folder} exits {process.returncode}:\n{err[-4000:]}\n{out[-2000:]}"
            )
        return {stage["name"]: stage["seconds"] for stage in json.loads(out)["stages"]}

    def waiting(self) -> bool:
        """Whether `feedback run` would still run any day."""
        out, _ = self.start("run", "--json", "--dry-run").communicate(timeout=_HANGS_SECONDS)
        return bool(json.loads(out)["blocks"])

    def run_and_kill(self, step: str, delay: float, *more: str, limit: float = _HANGS_SECONDS) -> str | None:
        """Start `feedback run`, kill it so long after that step began; the step it was at, None when it had ended."""
        before = set(self._logs())
        process = self.start("run", "--json", *more)
        began, until = time.monotonic(), time.monotonic() + limit
        while process.poll() is None and time.monotonic() < until:
            if step == _START or step in self._steps(before, "STEP_START"):
                break
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=delay)
            return None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        begun, ended = self._steps(before, "STEP_START"), self._steps(before, "STEP_SUCCESS")
        assert time.monotonic() - began < limit
        open_steps = [name for name in begun if name not in ended]
        return open_steps[-1] if open_steps else f"after {begun[-1]}" if begun else _START

    def _logs(self) -> list[Path]:
        """The event logs of runs; one file a run."""
        return [path for path in (self.folder / "dagster" / "history" / "runs").glob("*.db") if path.stem != "index"]

    def _steps(self, known: set[Path], kind: str) -> list[str]:
        """The steps of the newest run not known before that have an event of this kind."""
        found: list[str] = []
        for path in self._logs():
            if path in known:
                continue
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as log:
                    rows = log.execute(
                        "SELECT step_key FROM event_logs WHERE dagster_event_type = ? ORDER BY id", (kind,)
                    ).fetchall()
            except sqlite3.OperationalError:
                continue  # being made this very moment
            found += [str(step) for (step,) in rows]
        return found

    def hashes(self) -> dict[str, str]:
        """Every table by the hash of its stable columns."""
        lake = Lake(str(self.folder / "lake"))
        return {table.name: table_hash(lake.read(table), table) for table in tables.ALL}

    def tickets(self) -> dict[str, str]:
        """Ticket files and their evidence by name, without what writes down the folder."""
        return {path.name: path.read_text(encoding="utf-8") for path in sorted((self.folder / "tickets").glob("FB-*"))}


def story(seed: int, days: int, folder: Path) -> Path:
    """The first days of a story's landing objects."""
    written = generate(seed, str(folder))
    last = written.first_day + timedelta(days=days - 1)
    for path in folder.glob("*/day=*"):
        if date.fromisoformat(path.name.removeprefix("day=")) > last:
            shutil.rmtree(path)
    return folder


def portions(landing: Path, count: int) -> list[list[Path]]:
    """The folders of days, by stream, in so many portions, the earliest days first."""
    days = sorted({path.name for path in landing.glob("*/day=*")})
    size = -(-len(days) // count)
    parts = [days[start : start + size] for start in range(0, len(days), size)]
    return [[path for day in part for path in sorted(landing.glob(f"*/{day}"))] for part in parts]


def _day(folder: Path) -> str:
    return folder.name.removeprefix("day=")


def land(paths: Sequence[Path], landing: Path, home: Home) -> None:
    """Copy folders of days into a home's landing."""
    for path in paths:
        shutil.copytree(path, home.landing / path.relative_to(landing), dirs_exist_ok=True)


def prepare(folder: Path, seed: int, days: int) -> tuple[Path, Path, Home, dict[str, float]]:
    """Landing of the story, its key, the undisturbed home and how long each of its steps took."""
    landing, models, took = folder / "landing", folder / "models", folder / "seconds.json"
    calm = Home(folder / "undisturbed", models)
    if not took.exists():
        story(seed, days, landing)
        land(sorted(landing.glob("*/day=*")), landing, calm)
        took.write_text(json.dumps(calm.run()))
    return landing, models, calm, json.loads(took.read_text())


def aims(rng: random.Random, seconds: dict[str, float], kills: int) -> list[tuple[str, float]]:
    """So many steps with a delay within each, every step before any comes again, in random order."""
    steps = [_START, *seconds]
    chosen: list[str] = []
    while len(chosen) < kills:
        chosen += rng.sample(steps, len(steps))
    # The start takes seconds of imports; a step takes what it took undisturbed.
    longest = {_START: 4.0, **seconds}
    return [(step, rng.uniform(0, longest[step])) for step in chosen[:kills]]


def kill_chains(
    folder: Path, *, seed: int, kills: int, chains: Sequence[int], of: int, days: int, story_seed: int, parts: int
) -> Outcome:
    """Run the chains one after the other.

    Args:
        folder: Where homes are made; an undisturbed one of the same story is used again.
        seed: Of the moments.
        kills: How many runs are killed, over all chains.
        chains: Which of the installations.
        of: How many installations the kills are shared out to.
        days: How many days of the story.
        story_seed: Which story.
        parts: In how many portions the days land; each portion's run is killed some times.
    """
    landing, models, calm, seconds = prepare(folder, story_seed, days)
    expected, tickets = calm.hashes(), calm.tickets()
    rng, outcome = random.Random(seed), Outcome()
    planned = aims(rng, seconds, kills)
    rng.shuffle(planned)
    for chain in chains:
        home = Home(folder / f"chain-{chain}", models)
        # Customers are hashed with the installation's key, so equal tables need the same one.
        shutil.copytree(calm.folder / "secrets", home.folder / "secrets")
        mine = planned[chain::of]
        landed = portions(landing, parts)
        for number, part in enumerate(landed):
            land(part, landing, home)
            for step, delay in mine[number :: len(landed)]:
                hit = home.run_and_kill(step, delay)
                while hit is None:  # it was over before; then nothing waits any more, so the days are asked for
                    delay *= 0.7
                    hit = home.run_and_kill(step, delay, "--from", _day(landed[0][0]), "--to", _day(part[-1]))
                outcome.kills.append(Kill(chain, step, round(delay, 2), hit))
                sys.stderr.write(f"chain {chain}: aimed at {step} + {delay:.2f} s, killed at {hit}\n")
                sys.stderr.flush()
            began = time.monotonic()
            home.run()
            outcome.seconds_to_recover.append(round(time.monotonic() - began, 1))
        if home.waiting():
            outcome.differences.append(f"chain {chain}: days still wait after the run that carried them to the end")
        outcome.differences += [f"chain {chain}: {text}" for text in differences(expected, home.hashes())]
        outcome.differences += [f"chain {chain}: ticket {text}" for text in differences(tickets, home.tickets())]
    return outcome


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """The names that are not the same in both."""
    return [
        f"{name} is {'missing' if name not in found else 'too much' if name not in expected else 'different'}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


def main() -> None:
    """The command: prints the outcome as JSON; exit 1 when a table differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("seed", 1), ("kills", 40), ("chains", 4), ("days", 30), ("story-seed", 7), ("parts", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--folder", type=Path, required=True, help="where the installations are made")
    parser.add_argument("--only", type=int, help="only the chain of this number, to share the work out")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    chains = range(given.chains) if given.only is None else [given.only]
    outcome = kill_chains(
        given.folder.resolve(), seed=given.seed, kills=given.kills, chains=chains, of=given.chains, days=given.days,
        story_seed=given.story_seed, parts=given.parts,
    )  # fmt: skip
    sys.stdout.write(json.dumps({**asdict(outcome), "hits": outcome.hits}, indent=1) + "\n")
    sys.exit(bool(outcome.differences))


if __name__ == "__main__":
    main()
