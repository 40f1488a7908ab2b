"""What a ledger of 60,000 answers costs a run that opens it, measured in processes of their own."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER
from feedback_assets_tests.classification.standins import NOON

ANSWERS, OF_A_DAY = 60_000, 10_000
# Opens the ledger, looks up the keys of a day, and tells what each took.
WORK = """
import json, sys, time
import pyarrow.dataset, pyarrow.parquet  # as every run has: it reads other tables
from pathlib import Path
from feedback_assets.classification.ledger import Ledger
from feedback_assets.lake.store import Lake
def peak_mb():  # of this process alone; getrusage tells its parent's too
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
root, keys = sys.argv[1], Path(sys.argv[2]).read_text().split()
start = time.monotonic()
ledger = Ledger(Lake(root), Path(root) / "journal", "run")
empty = ledger.is_empty()
opened = time.monotonic()
peak_open = peak_mb()
ledger.load(keys)
found = sum(ledger.find(key) is not None for key in keys)
done = time.monotonic()
peak = peak_mb()
print(json.dumps({"open_s": opened - start, "lookup_s": done - opened, "found": found,
                  "open_mb": peak_open, "lookup_mb": peak}))
"""


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def measured(root: Path, keys: list[str], folder: Path) -> dict[str, float]:
    (folder / "keys").write_text("\n".join(keys), encoding="utf-8")
    call = [sys.executable, "-c", WORK, str(root), str(folder / "keys")]
    return json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60,000 answers of 1.2 KB to texts of 0.4 KB, folded by sixty runs."""
    root, chance = tmp_path_factory.mktemp("lake"), random.Random(1)
    words = [f"word{number}" for number in range(3000)]
    for run in range(60):
        numbers = range(run, ANSWERS, 60)
        frame = pd.DataFrame({"ledger_key": sorted(key(number) for number in numbers)})
        frame["request"] = [json.dumps([{"role": "user", "content": " ".join(chance.choices(words, k=50))}])
                            for _ in numbers]  # fmt: skip
        frame["answer"] = [json.dumps({"issues": [" ".join(chance.choices(words, k=150))]}) for _ in numbers]
        for name in ("prompt_hash", "model", "model_version", "prompt_version", "taxonomy_version", "schema_version"):
            frame[name] = "v1"
        frame = frame.assign(outcome="answered", detail="", sampling="{}", request_characters=7000, tokens_in=2000)
        frame = frame.assign(tokens_out=300, cost=0.01, answered_at=pd.Timestamp(NOON))
        Lake(str(root)).append(LEDGER, frame, {}, 2_000)
    return root


def test_opening_a_run_costs_no_more_with_60000_answers_than_with_none(full: Path, tmp_path: Path) -> None:
    keys = [f"{number:064x}" for number in range(OF_A_DAY)]
    none = measured(tmp_path / "empty", keys, tmp_path)
    many = measured(full, keys, tmp_path)
    assert many["found"] == 0
    assert many["open_s"] - none["open_s"] < 1
    assert many["open_mb"] - none["open_mb"] < 50
    # Nothing of that day was answered before: beside its keys nothing is read.
    assert many["lookup_mb"] - none["lookup_mb"] < 50


def test_the_answers_to_a_day_of_10000_items_are_looked_up_in_seconds(full: Path, tmp_path: Path) -> None:
    day = measured(full, [key(number) for number in range(OF_A_DAY)], tmp_path)
    assert day["found"] == OF_A_DAY
    assert day["lookup_s"] < 5
    assert day["lookup_mb"] - day["open_mb"] < 150


def test_a_few_keys_of_many_answers_are_looked_up_at_once(full: Path, tmp_path: Path) -> None:
    few = measured(full, [key(number) for number in range(100)], tmp_path)
    assert few["found"] == 100
    assert few["lookup_s"] < 2
