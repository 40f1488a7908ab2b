"""Killed runs, killed imports, two runs at once, and a store that fails: run again, and the tables are equal."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from feedback_assets import tables
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.frames import table_hash
from feedback_assets.lake.store import Lake
from feedback_assets_tests.crash.harness import Home, differences, kill_chains, land, prepare
from feedback_assets_tests.crash.proxy import Proxy
from feedback_assets_tests.crash.small import csv_of, few_prompts

FIRST, DAYS = date(2025, 3, 1), 4


@pytest.fixture
def prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = few_prompts(tmp_path / "prompts")
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(found))
    return found


@pytest.mark.slow
def test_runs_killed_at_random_moments_end_with_the_tables_of_an_undisturbed_run(tmp_path: Path, prompts: Path):
    outcome = kill_chains(
        tmp_path / "crash", seed=3, kills=4, chains=[0], of=1, days=DAYS, story_seed=7, parts=2
    )  # fmt: skip
    assert outcome.differences == []
    assert len(outcome.kills) == 4
    assert len(outcome.hits) > 1


def test_a_killed_import_lands_the_rest_when_it_is_called_again(tmp_path: Path):
    file = csv_of(tmp_path / "reviews.csv", FIRST, days=40, rows_a_day=250)
    home, rng, killed = Home(tmp_path / "home", tmp_path / "models"), random.Random(1), 0
    while killed < 3:
        process = home.start("import", str(file))
        while process.poll() is None and not list(home.landing.rglob("*.jsonl")):
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.05) * (killed + 1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += 1
    process = home.start("import", str(file))
    process.communicate()
    assert process.returncode == 0
    root = str(home.landing)
    ids = [
        json.loads(line)["event_id"]
        for item in Landing(root).list_objects("feedback")
        for _, line in Landing(root).read_lines(item.path)
    ]
    assert sorted(ids) == sorted(f"reviews:r{number}" for number in range(10_000))


@pytest.mark.slow
def test_two_runs_on_the_same_days_at_once_both_end_well_with_equal_tables(tmp_path: Path, prompts: Path):
    landing, models, calm, _ = prepare(tmp_path / "two", 7, DAYS)
    both = Home(tmp_path / "two" / "both", models)
    (both.folder / "secrets").mkdir(parents=True)
    (both.folder / "secrets" / "hash.key").write_bytes((calm.folder / "secrets" / "hash.key").read_bytes())
    land(sorted(landing.glob("*/day=*")), landing, both)
    days = sorted(path.name.removeprefix("day=") for path in landing.glob("feedback/day=*"))
    running = [both.start("run", "--from", days[0], "--to", days[-1]) for _ in range(2)]
    for process in running:
        _, told = process.communicate(timeout=900)
        assert process.returncode == 0, told[-3000:]
    assert differences(calm.hashes(), both.hashes()) == []


@pytest.fixture
def flaky(tmp_path: Path) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A store behind a proxy, and the environment of a command that uses it."""
    moto = pytest.importorskip("moto.server", reason="needs moto[server]")
    import boto3

    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", aws_access_key_id="id",
        aws_secret_access_key="secret",
    ).create_bucket(Bucket="shop")  # fmt: skip
    with Proxy(f"http://{host}:{port}").serving() as proxy:
        yield proxy, {
            **os.environ, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": proxy.url, "FEEDBACK_LANDING_URL": "s3://shop/landing",
            "FEEDBACK_LAKE_URL": "s3://shop/lake", "FEEDBACK_HOME": str(tmp_path / "home"),
            "FEEDBACK_MODELS": str(tmp_path / "models"), "FEEDBACK_HASH_KEY_FILE": str(tmp_path / "hash.key"),
        }  # fmt: skip
    server.stop()


def download(store: str, prefix: str, folder: Path) -> None:
    """Copy what lies below a prefix of the bucket to a disk: another import would be received at another time."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=store, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )
    for item in client.list_objects_v2(Bucket="shop", Prefix=prefix)["Contents"]:
        (folder / item["Key"]).parent.mkdir(parents=True, exist_ok=True)
        client.download_file("shop", item["Key"], str(folder / item["Key"]))


def called(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedback_assets.cli.main", *arguments], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_store_that_fails_now_and_then_ends_with_the_tables_of_a_disk(
    tmp_path: Path, prompts: Path, flaky: tuple[Proxy, dict[str, str]]
):
    proxy, there = flaky
    here = {
        name: value
        for name, value in {**there, "FEEDBACK_HOME": str(tmp_path / "disk")}.items()
        if not name.startswith("AWS_") and not name.endswith("_URL")
    }
    file = csv_of(tmp_path / "reviews.csv", FIRST, DAYS, rows_a_day=20)
    assert called(there, "import", str(file), "--source", "shop").returncode == 0
    download(proxy.url, "landing/", tmp_path / "disk")
    shutil.copytree(tmp_path / "home" / "mappings", tmp_path / "disk" / "mappings")
    assert called(here, "run").returncode == 0
    rng = random.Random(5)
    proxy.decide = lambda method, path: rng.choice(["error", "cut", "lost"]) if rng.random() < 0.02 else None
    shaken = called(there, "run")
    assert shaken.returncode == 0 or "Traceback" not in shaken.stderr, shaken.stderr[-3000:]
    assert proxy.faults
    proxy.decide = lambda method, path: None
    again = called(there, "run")
    assert again.returncode == 0, again.stderr[-3000:]
    told = called(there, "top", "--json")
    assert (
        told.returncode == 0
        and json.loads(told.stdout)["problems"] == json.loads(called(here, "top", "--json").stdout)["problems"]
    ), told.stderr[-2000:]
    options = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "aws_region": "us-east-1"}
    disk = Lake(str(tmp_path / "disk" / "lake"))
    store = Lake("s3://shop/lake", {**options, "aws_endpoint_url": proxy.url})
    assert [
        table.name for table in tables.ALL
        if table_hash(disk.read(table), table) != table_hash(store.read(table), table)
    ] == []  # fmt: skip
