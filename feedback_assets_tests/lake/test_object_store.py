"""Landing, lake and leases on an object store over a real socket: whole, safe beside others, clear when it fails."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.files.landing_files import Landing
from feedback_assets.lake.lease import LeaseHeldError, held, take
from feedback_assets.lake.store import Lake, LakeError
from feedback_assets.landing.writer import write_object
from feedback_assets.priority.top import top_problems
from feedback_assets_tests.crash.proxy import Fault, Proxy

TABLE = tables.GOLD_DAILY_COUNTS
FIRST, DAYS = date(2025, 3, 1), 8
# Short, so that a store that is gone is told in seconds and not in three minutes.
IMPATIENT = {"aws_max_retries": "2", "max_retries": "2", "retry_timeout": "3s", "connect_timeout": "2s"}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="needs moto[server]")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def proxy(store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A bucket of the test's own behind a proxy, and the settings for it."""
    import boto3

    bucket = f"b{abs(hash(request.node.name)):x}"
    boto3.client(
        "s3", endpoint_url=store, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    ).create_bucket(Bucket=bucket)
    made = Proxy(store)
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", made.url), ("FEEDBACK_LANDING_URL", f"s3://{bucket}/landing"),
        ("FEEDBACK_LAKE_URL", f"s3://{bucket}/lake"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    with made.serving():
        yield made


@pytest.fixture
def lake(proxy: Proxy) -> Lake:
    settings = load()
    return Lake(settings.lake_root, {**settings.storage, **IMPATIENT})


def counts(day: date, generation: int, rows: int = 20) -> pd.DataFrame:
    return pd.DataFrame(
        {"day": day, "category": "c", "product_id": f"p{row:02}", "region": "-", "channel": "survey", "language": "en",
         "app_version": "-", "issues": generation, "negative": 0, "severity_sum": 1.0}
        for row in range(rows)
    )  # fmt: skip


def write(lake: Lake, day: date, generation: int) -> None:
    lake.write_days(TABLE, counts(day, generation), day, day + timedelta(days=1), {})


def test_days_are_written_and_read_back(lake: Lake) -> None:
    write(lake, FIRST, 1)
    write(lake, FIRST, 2)
    write(lake, FIRST + timedelta(days=1), 3)
    assert list(lake.read(TABLE)["issues"]) == [2] * 20 + [3] * 20
    assert lake.days(TABLE) == {FIRST, FIRST + timedelta(days=1)}


def test_top_reads_the_same_store(lake: Lake, proxy: Proxy) -> None:
    assert top_problems(lake.root, options=lake.options).day is None


def test_writers_of_the_same_version_lose_nothing(lake: Lake) -> None:
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    with ThreadPoolExecutor(DAYS) as pool:
        list(pool.map(lambda day: write(lake, day, 1), days))
    assert lake.days(TABLE) == set(days)
    assert len(lake.read(TABLE)) == 20 * DAYS


def test_of_callers_at_once_exactly_one_takes_the_lease(lake: Lake) -> None:
    def attempt(number: int) -> bool:
        try:
            take(lake.root, "clusters", f"run-{number}", datetime.now(UTC), 60, lake.options)
        except LeaseHeldError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_lease_whose_making_was_not_confirmed_is_ours_all_the_same(lake: Lake, proxy: Proxy) -> None:
    lost: list[str] = []

    def once(method: str, path: str) -> Fault | None:
        if method != "PUT" or lost:
            return None
        lost.append(path)
        return "lost"

    proxy.decide = once
    mine = held(lake.root, "clusters", "run-1", lambda: datetime.now(UTC), 60, lake.options)
    with mine, pytest.raises(LeaseHeldError):
        take(lake.root, "clusters", "run-2", datetime.now(UTC), 60, lake.options)
    assert lost
    assert take(lake.root, "clusters", "run-2", datetime.now(UTC), 60, lake.options)


def test_an_object_lands_once_however_often_it_is_written(lake: Lake) -> None:
    settings = load()
    landing = Landing(settings.landing_root, settings.storage)
    assert [write_object(landing, "feedback", FIRST, "s-1.jsonl", [b"{}"]) for _ in range(2)] == [True, False]
    assert [item.path for item in landing.list_objects("feedback")] == [
        f"feedback/day={FIRST}/s-1.jsonl"
    ]  # fmt: skip
    assert list(landing.read_lines(f"feedback/day={FIRST}/s-1.jsonl")) == [(1, b"{}")]


@pytest.mark.parametrize("fault", ["error", "slow", "cut", "lost"])
def test_a_store_that_fails_now_and_then_leaves_every_day_whole(lake: Lake, proxy: Proxy, fault: Fault) -> None:
    rng, days = random.Random(fault), [FIRST + timedelta(days=number) for number in range(3)]
    for day in days:
        write(lake, day, 0)
    proxy.decide = lambda method, path: fault if rng.random() < 0.15 else None
    wrote, told = dict.fromkeys(days, 0), 0
    for generation in range(1, 5):
        for day in days:
            try:
                write(lake, day, generation)
                wrote[day] = generation
            except LakeError as error:
                told += 1
                assert "gold/daily_counts" in str(error) and "run again" in str(error)
    proxy.decide = lambda method, path: None
    assert proxy.faults
    read = lake.read(TABLE)
    for day in days:
        found = set(read.loc[read["day"] == day, "issues"])
        assert len(found) == 1 and len(read[read["day"] == day]) == 20
        assert found.pop() >= wrote[day]  # a write that was told as failed may have been kept, never torn
        write(lake, day, 9)
    assert set(lake.read(TABLE)["issues"]) == {9}


def test_a_store_that_is_gone_is_told_by_name_and_the_next_write_works(lake: Lake, proxy: Proxy) -> None:
    write(lake, FIRST, 1)
    proxy.decide = lambda method, path: "cut"
    with pytest.raises(LakeError, match=r"s3://.+/lake/gold/daily_counts: cannot be .+ run again"):
        write(lake, FIRST, 2)
    with pytest.raises(LakeError, match="run again"):
        lake.read(TABLE)
    proxy.decide = lambda method, path: None
    write(lake, FIRST, 2)
    assert set(lake.read(TABLE)["issues"]) == {2}
