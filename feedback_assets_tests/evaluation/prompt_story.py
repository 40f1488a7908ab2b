"""A change of words over the demo's thirty days, as the lead would make it: label, plan, start it in Dagster, compare.

    python -m feedback_assets_tests.evaluation.prompt_story FOLDER --every 1

walks it by hand over the whole story and prints what was found; the test takes every eighth item and few examples.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from dagster import DagsterEventType, DagsterInstance, RunsFilter

from feedback_assets import tables
from feedback_assets.demo.story import generate
from feedback_assets.lake.store import Lake
from feedback_assets_tests.azure import AzureStandIn, azure

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
OLD_WORDS = "excessive or too thin, or goods were damaged because of it."
NEW_WORDS = "Goods that are dented inside a whole box belong elsewhere."
CATEGORY, TAKES_OVER = "packaging", "defect"
_BACKFILL = """query Found($id: String!) { partitionBackfillOrError(backfillId: $id) {
  __typename ... on PartitionBackfill { status error { message } } } }"""


@dataclass(frozen=True)
class Found:
    """What one backfill was planned to be, and what it was.

    Attributes:
        plan: What `feedback prompts plan --json` printed.
        asked: Requests the server counted while it ran.
        texts_asked: Different ones among them.
        runs: Days of each run that the backfill launched.
        new_days: Days with a new materialisation of any table.
        versions: Prompt versions of the rows of `gold/items`, by day.
        diff: What `feedback prompts diff --items --json` printed after it.
        receipts: Outcomes in `tickets/deliveries` of the affected days.
    """

    plan: dict[str, Any]
    asked: int
    texts_asked: int
    runs: list[tuple[str, str]]
    new_days: set[str]
    versions: dict[str, set[str]]
    diff: dict[str, Any]
    receipts: set[str]


@dataclass
class Home:
    """One installation, driven from outside as a person drives it."""

    root: Path
    server: AzureStandIn

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return {
            **os.environ,
            "DAGSTER_HOME": str(self.root / "home" / "dagster"),
            "FEEDBACK_HOME": str(self.root / "home"),
            "FEEDBACK_MODELS": str(self.root / "models"),
            "FEEDBACK_PROMPTS": str(self.root / "prompts"),
            "FEEDBACK_MODEL_PROVIDER": "azure",
            "FEEDBACK_MODEL_ENDPOINT": self.server.url,
            "FEEDBACK_MODEL_KEY": "k",
            "FEEDBACK_MODEL_REQUESTS_PER_MINUTE": "1000000",
            "FEEDBACK_MODEL_TOKENS_PER_MINUTE": "1000000000",
        }

    @property
    def lake(self) -> Lake:
        """Its tables."""
        return Lake(str(self.root / "home" / "lake"))

    def feedback(self, *words: str) -> Any:
        """What a command prints with `--json`."""
        command = [sys.executable, "-W", "ignore", "-m", "feedback_assets.cli.main", *words, "--json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def copied(self, root: Path) -> Home:
        """The same installation somewhere else."""
        shutil.copytree(self.root, root)
        return Home(root, self.server)

    def change_words(self) -> None:
        """Change the definition of one category."""
        path = self.root / "prompts" / "taxonomy.yaml"
        text = path.read_text(encoding="utf-8")
        assert OLD_WORDS in text
        path.write_text(text.replace(OLD_WORDS, f"{OLD_WORDS} {NEW_WORDS}"), encoding="utf-8")

    def materialised(self) -> dict[tuple[str, str], int]:
        """The last materialisation of each table and day in the event log."""
        found: dict[tuple[str, str], int] = {}
        with DagsterInstance.from_config(str(self.root / "home" / "dagster")) as instance:
            for key in instance.all_asset_keys():
                latest = instance.event_log_storage.get_latest_storage_id_by_partition(
                    key, DagsterEventType.ASSET_MATERIALIZATION
                )
                found |= {(key.to_user_string(), str(day)): number for day, number in latest.items()}
        return found

    def runs_of(self, backfill: str) -> list[tuple[str, str]]:
        """First and last day of each run of a backfill."""
        with DagsterInstance.from_config(str(self.root / "home" / "dagster")) as instance:
            runs = instance.get_runs(RunsFilter(tags={"dagster/backfill": backfill}))
        return sorted(
            (
                run.tags.get("dagster/asset_partition_range_start", run.tags.get("dagster/partition", "")),
                run.tags.get("dagster/asset_partition_range_end", run.tags.get("dagster/partition", "")),
            )
            for run in runs
        )

    @contextmanager
    def ui(self) -> Iterator[str]:
        """Dagster's webserver and daemon over this home; gives the address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev", "-m", "feedback_assets.definitions"]
        log = (self.root / "ui.log").open("w")
        running = subprocess.Popen(
            [*command, "-p", str(port)], env=self.environment, stdout=log, stderr=log, cwd=self.root,
            start_new_session=True,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            _until(lambda: running.poll() is not None or _answers(url), 300, "the UI")
            assert running.poll() is None, (self.root / "ui.log").read_text()[-2000:]
            yield url
        finally:
            # The daemon, the webserver and the code server are its children, and not all of them stop when asked.
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            log.close()


def tell(root: Path, server: AzureStandIn, seed: int, every: int, examples_each: int | None) -> Home:
    """A home with the story landed and labelled by the language model under the first prompt.

    Args:
        root: An empty folder.
        server: The language model.
        seed: Of the story.
        every: Keep each so many items.
        examples_each: Keep so many English examples of each category; None for all there are.
    """
    home = Home(root.resolve(), server)
    left_out = ("golden*", "examples") if examples_each else ()
    shutil.copytree(PROMPTS, root / "prompts", ignore=shutil.ignore_patterns(*left_out))
    if examples_each:
        _few_examples(root / "prompts", examples_each)
    generate(seed, str(root / "home" / "landing"))
    for path in sorted((root / "home" / "landing" / "feedback").glob("*/*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[::every]))
    home.feedback("run")
    return home


def backfill(home: Home, *scope: str) -> Found:
    """Plan the change, start it by the mutation of the UI, wait for the daemon, and compare."""
    plan = home.feedback("prompts", "plan", *scope)
    before = home.materialised()
    home.server.sent.clear()
    with home.ui() as url:
        started = home.feedback("prompts", "backfill", *scope, "--yes", "--ui", url)["started"]
        _until(lambda: _is_over(url, started), 1800, "the backfill")
    asked, texts = sum(home.server.sent.values()), len(home.server.sent)
    after = home.materialised()
    items = home.lake.read(tables.GOLD_ITEMS, columns=["day", "prompt_version"])
    receipts = home.lake.read(tables.TICKET_DELIVERIES, columns=["day", "outcome"])
    affected = {date.fromisoformat(day["day"]) for day in plan["days"]}
    return Found(
        plan=plan,
        asked=asked,
        texts_asked=texts,
        runs=home.runs_of(started),
        new_days={day for (table, day), number in after.items() if before.get((table, day)) != number},
        versions={str(day): set(rows["prompt_version"]) for day, rows in items.groupby("day")},
        diff=home.feedback("prompts", "diff", *scope, "--items"),
        receipts=set(receipts[receipts["day"].isin(affected)]["outcome"]),
    )


def _few_examples(prompts: Path, each: int) -> None:
    few: dict[str, list[str]] = {}
    for line in (PROMPTS / "examples" / "en.jsonl").read_text(encoding="utf-8").splitlines():
        few.setdefault(json.loads(line)["issues"][0]["category"], []).append(line)
    for folder in ("examples", "golden"):
        (prompts / folder).mkdir()
    kept = [line for lines in few.values() for line in lines[:each]]
    (prompts / "examples" / "en.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    golden = (PROMPTS / "golden" / "en.jsonl").read_text(encoding="utf-8").splitlines()[::10]
    (prompts / "golden" / "en.jsonl").write_text("\n".join(golden) + "\n", encoding="utf-8")


def _answers(url: str) -> bool:
    try:
        locations = httpx2.post(
            f"{url}/graphql",
            json={"query": "{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name } } } }"},
            timeout=60,
        ).json()
    except httpx2.HTTPError:
        return False
    return bool(locations["data"]["repositoriesOrError"].get("nodes"))


def _is_over(url: str, backfill: str) -> bool:
    told = httpx2.post(f"{url}/graphql", json={"query": _BACKFILL, "variables": {"id": backfill}}, timeout=60).json()
    found = told["data"]["partitionBackfillOrError"]
    assert "FAIL" not in found["status"], found
    return found["status"] == "COMPLETED_SUCCESS"


def _until(happened: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} took more than {seconds:g} s"
        time.sleep(1)


def _main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--examples-each", type=int)
    options.add_argument("--alternative", action="append", default=[], help="instead of the measured ones")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    given.folder = given.folder.resolve()
    with azure({NEW_WORDS: (CATEGORY, TAKES_OVER)}) as server:
        whole = tell(given.folder / "whole", server, given.seed, given.every, given.examples_each)
        labelled = sum(server.sent.values())
        narrowed = whole.copied(given.folder / "narrowed")
        instead = [word for name in given.alternative for word in ("--alternative", name)]
        for name, home, scope in (("whole", whole, ()), ("narrowed", narrowed, ("--scope", CATEGORY, *instead))):
            home.change_words()
            found = backfill(home, *scope)
            days = {day["day"] for day in found.plan["days"]}
            told = {
                "asked_at_first": labelled,
                "scope": found.plan["scope"],
                "affected_days": len(days),
                "left_out": found.plan["left_out"],
                "planned_requests": found.plan["requests"],
                "counted_by_the_server": found.asked,
                "runs_planned": found.plan["runs"],
                "runs": found.runs,
                "new_materialisations_outside": sorted(found.new_days - days),
                "compared": found.diff["compared"],
                "agreement": found.diff["agreement"],
                "flips": found.diff["flips"],
                "receipts": sorted(found.receipts),
            }
            sys.stdout.write(f"{name}: {json.dumps(told, indent=2)}\n")


if __name__ == "__main__":
    _main()
