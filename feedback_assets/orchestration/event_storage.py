"""Dagster's event log in SQLite, with one engine for each file instead of one for each event.

Dagster 1.13 makes a new engine for every read and write there, and each engine prepares its statements anew: a seventh
of the first run of a month. The files are Dagster's own, and `make ui`, which opens them by Dagster's own class, shows
the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from feedback_assets.config.settings import Settings
from feedback_assets.orchestration import instance_file

# What a person's dagster.yaml chooses a history by; then that stands.
_CHOSEN_BY = ("storage", "run_storage", "event_log_storage", "schedule_storage", "instance_class")
# A process that runs many days writes one file after the other.
_ENGINES_KEPT = 4
# As Dagster waits for another process that writes there.
_WAIT_SECONDS = 30


def open_quickly(settings: Settings) -> DagsterInstance:
    """The instance of a home that has its `dagster.yaml`, with its events stored by the class below.

    A history that the file puts elsewhere is opened as the file says.
    """
    folder = settings.dagster_dir
    if instance_file.names(settings) & set(_CHOSEN_BY):
        return DagsterInstance.from_config(str(folder))
    storage = {
        "module": __name__,
        "class": EventLogStorage.__name__,
        "config": {"base_dir": str(folder / "history" / "runs")},
    }
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides={"event_log_storage": storage}))


class EventLogStorage(SqliteEventLogStorage):
    """Dagster's storage of events in SQLite files, one for all runs' assets and one for each run."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._one_at_a_time = Lock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> EventLogStorage:
        """The storage that the settings of an instance name."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> Any:
        """A transaction in the file of a run."""
        return self._transaction(str(run_id), super().run_connection(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction in the file of all runs' assets."""
        return self._transaction("index", super().index_connection())

    @contextmanager
    def _transaction(self, shard: str, first: AbstractContextManager[Connection]) -> Iterator[Connection]:
        with self._one_at_a_time:
            if shard not in self._engines:
                with first:  # makes the tables where there are none
                    pass
                self._engines[shard] = create_engine(
                    self.conn_string_for_shard(shard), poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS}
                )
                if len(self._engines) > _ENGINES_KEPT:
                    self._engines.popitem(last=False)
            self._engines.move_to_end(shard)
            with self._engines[shard].begin() as connection:
                yield connection
