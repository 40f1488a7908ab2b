"""A Spark Connect server in its own process, one for all tests of the room."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import feedback_assets

REPOSITORY = Path(feedback_assets.__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def spark_remote() -> Iterator[str]:
    port = free_port()
    # What a cluster gives its workers: the package, the interpreter, no pandas warning to fail on.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYSPARK_PYTHON": sys.executable, "RUST_LOG": "error"}
    server = subprocess.Popen(
        [sys.executable, "-m", "pysail", "spark", "server", "--ip", "127.0.0.1", "--port", str(port)], env=environment
    )
    try:
        _await(port, server)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:  # it waits for sessions that no client will close any more
            server.kill()
            server.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, "the Spark Connect server ended"
        time.sleep(0.1)
    raise AssertionError("the Spark Connect server does not listen after 30 s")
