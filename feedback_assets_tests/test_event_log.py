from __future__ import annotations

import sqlite3

from sqlalchemy import create_engine, text

from feedback_assets.event_log import commit_without_waiting


def test_sqlite_connections_made_afterwards_do_not_wait_for_the_disk(tmp_path):
    commit_without_waiting()
    commit_without_waiting()
    with create_engine(f"sqlite:///{tmp_path}/log.db").connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 0
    plain = sqlite3.connect(f"{tmp_path}/log.db")
    assert plain.execute("PRAGMA synchronous").fetchone() == (2,)
    plain.close()
