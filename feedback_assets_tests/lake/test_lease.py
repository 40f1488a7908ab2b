"""A lease has one holder at a time, and outlives a dead one only until it expires."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedback_assets.lake.lease import LeaseHeldError, held, release, take

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_second_run_is_told_who_holds_the_lease_and_until_when(tmp_path: Path) -> None:
    take(str(tmp_path), "clusters", "run-1", NOW, 60)
    with pytest.raises(LeaseHeldError, match=r"held by run-1 until 2026-03-01 12:01:00 UTC"):
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


def test_leases_of_other_names_do_not_matter(tmp_path: Path) -> None:
    take(str(tmp_path), "clusters", "run-1", NOW, 60)
    assert take(str(tmp_path), "tickets", "run-2", NOW, 60).number == 1
