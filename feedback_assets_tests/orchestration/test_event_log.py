from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import create_engine, text

from feedback_assets.orchestration.event_log import commit_without_waiting, refusal


def test_sqlite_connections_made_afterwards_do_not_wait_for_the_disk(tmp_path):
    commit_without_waiting()
    commit_without_waiting()
    with create_engine(f"sqlite:///{tmp_path}/log.db").connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 0
    plain = sqlite3.connect(f"{tmp_path}/log.db")
    assert plain.execute("PRAGMA synchronous").fetchone() == (2,)
    plain.close()


def test_a_busy_history_is_told_as_busy_and_a_defect_as_nothing(tmp_path):
    holder = sqlite3.connect(tmp_path / "log.db")
    holder.execute("CREATE TABLE runs (id)")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(tmp_path / "log.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError) as busy:
        other.execute("INSERT INTO runs VALUES (1)")
    holder.close()
    other.close()
    with pytest.raises(sqlite3.ProgrammingError) as defect:
        other.execute("SELECT 1")
    assert "another process writes there; wait for it" in str(refusal(busy.value))
    assert refusal(defect.value) is None
