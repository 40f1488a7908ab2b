"""A lease has one holder at a time, and outlives a dead one only until it expires."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Timer

import pytest

from feedback_assets.lake.lease import LeaseHeldError, held, release, take

NOW = datetime.now(UTC)


def test_a_second_run_is_told_who_holds_the_lease_and_until_when(tmp_path: Path) -> None:
    take(str(tmp_path), "clusters", "run-1", NOW, 60)
    with pytest.raises(
        LeaseHeldError, match=rf"held by run-1 on .+ until {NOW + timedelta(seconds=60):%Y-%m-%d %H:%M:%S} UTC"
    ):
        take(str(tmp_path), "clusters", "run-2", NOW, 60)


def test_an_expired_lease_is_taken_over_and_its_old_holder_cannot_give_it_back(tmp_path: Path) -> None:
    dead = take(str(tmp_path), "clusters", "run-1", NOW, 60)
    taken = take(str(tmp_path), "clusters", "run-2", NOW + timedelta(seconds=61), 60)
    release(str(tmp_path), dead, NOW + timedelta(seconds=62))
    assert taken.number == dead.number + 1
    with pytest.raises(LeaseHeldError, match="run-2"):
        take(str(tmp_path), "clusters", "run-3", NOW + timedelta(seconds=63), 60)


def test_a_lease_given_back_is_free_at_once_also_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(str(tmp_path), "clusters", "run-1", lambda: NOW, 60):
        raise ZeroDivisionError
    assert take(str(tmp_path), "clusters", "run-2", NOW, 60).owner == "run-2"


def test_of_many_at_once_exactly_one_takes_it(tmp_path: Path) -> None:
    def attempt(number: int) -> bool:
        try:
            take(str(tmp_path), "clusters", f"run-{number}", NOW, 60)
        except LeaseHeldError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def _take_and_die(root: str) -> None:
    """Another process takes the lease for an hour and is killed while it holds it."""
    told = (
        "import sys, datetime, os, signal; from feedback_assets.lake.lease import take;"
        "take(sys.argv[1], 'clusters', 'run-1', datetime.datetime.now(datetime.UTC), 3600);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", told, root], check=False).returncode == -9


def test_the_lease_of_a_killed_process_on_this_machine_is_free_at_once(tmp_path: Path) -> None:
    _take_and_die(str(tmp_path))
    assert take(str(tmp_path), "clusters", "run-2", datetime.now(UTC), 60).number == 2


def test_the_lease_of_a_process_on_another_machine_is_left_until_it_expires(tmp_path: Path) -> None:
    _take_and_die(str(tmp_path))
    (path,) = (tmp_path / "_leases").glob("clusters.*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "host": "elsewhere"}))
    with pytest.raises(LeaseHeldError, match="run-1 on elsewhere"):
        take(str(tmp_path), "clusters", "run-2", datetime.now(UTC), 60)


def test_a_process_id_that_is_used_again_does_not_keep_a_lease(tmp_path: Path) -> None:
    _take_and_die(str(tmp_path))
    (path,) = (tmp_path / "_leases").glob("clusters.*.json")
    long_ago = "2020-01-01T00:00:00+00:00"  # this process is younger than that
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": os.getpid(), "taken_at": long_ago}))
    assert take(str(tmp_path), "clusters", "run-2", datetime.now(UTC), 60).number == 2


def test_who_is_patient_gets_the_lease_when_its_holder_gives_it_back(tmp_path: Path) -> None:
    mine, told = take(str(tmp_path), "clusters", "run-1", datetime.now(UTC), 60), []
    timer = Timer(0.5, lambda: release(str(tmp_path), mine, datetime.now(UTC)))
    timer.start()
    clock = partial(datetime.now, UTC)
    with held(str(tmp_path), "clusters", "run-2", clock, 60, patience=30, on_wait=told.append) as lease:
        assert lease.owner == "run-2"
    assert len(told) == 1
    timer.join()


def test_leases_of_other_names_do_not_matter(tmp_path: Path) -> None:
    take(str(tmp_path), "clusters", "run-1", NOW, 60)
    assert take(str(tmp_path), "tickets", "run-2", NOW, 60).number == 1
