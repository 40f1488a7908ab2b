"""A session of a Spark Connect server, and what may be done with Delta tables through it.

pyspark is imported only when a session is asked for. Of Delta only what every engine does alike is used: reading,
and appending to a table of one's own; see docs/databricks.md for what engines leave out.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from feedback_assets.errors import CallError, OutsideError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Spark Connect's own, and how long a server may take to answer.
_PORT, _SECONDS = 15002, 10
_CONFIGURATION = {
    # Readers through pyarrow know none.
    "delta.enableDeletionVectors": "false",
}


class SparkUnreachableError(OutsideError):
    """No session could be opened; the message names the server without its token."""


def connect(remote: str) -> SparkSession:
    """A session of the server at `sc://host:port/;parameter=value`.

    Raises:
        CallError: pyspark is not installed, or the address is none.
        SparkUnreachableError: The server does not answer or refuses.
    """
    # Workers must run the interpreter that has the row functions, not the first python3 on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not remote.startswith("sc://"):
        raise CallError("FEEDBACK_SPARK_REMOTE is no Spark Connect address; write sc://host:port")
    _reach(remote)
    quiet()
    try:
        import grpc
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise CallError(f"{error.name} is not installed; run `pip install feedback-assets[databricks]`") from error
    try:
        session: SparkSession = SparkSession.builder.remote(remote).create()
        # The first call that reaches the server; a wrong token shows only here.
        session.range(1).count()
    except (PySparkException, grpc.RpcError) as error:
        raise _unreachable(remote, error) from error
    return session


def _reach(remote: str) -> None:
    """Open the address once: pyspark itself tries for ten minutes before it says that nobody listens."""
    address = urlparse(remote)
    try:
        socket.create_connection((address.hostname or "", address.port or _PORT), timeout=_SECONDS).close()
    except OSError as error:
        raise _unreachable(remote, error) from error


def _unreachable(remote: str, error: Exception) -> SparkUnreachableError:
    # pyspark repeats the parameters, the token among them, in what it says.
    shown, *parameters = remote.split(";")
    message = " ".join(str(error).split())
    for parameter in sorted(parameters, key=len, reverse=True):
        message = message.replace(parameter, f"{parameter.split('=', 1)[0]}=…") if parameter else message
    shown, message = shown.rstrip("/"), message[:300]
    return SparkUnreachableError(
        f"{shown}: no session could be opened: {message}; start the server, or correct FEEDBACK_SPARK_REMOTE"
    )


def quiet() -> None:
    """Leave out pyspark's warning of pandas 3: rows travel as Arrow, pandas does not touch them."""
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)


def read_days(session: SparkSession, url: str, first: date, last: date) -> DataFrame:
    """The days first to last, both included, of a Delta table, whichever engine wrote it."""
    # Dates as text: an engine's own literal of a Python date depends on the zone of its session.
    return session.read.format("delta").load(url).where(f"day >= date'{first}' AND day <= date'{last}'")


def append(rows: DataFrame, url: str) -> None:
    """Add rows to a Delta table, made at need; a plain append is the one write every engine does alike."""
    rows.write.format("delta").mode("append").options(**_CONFIGURATION).save(url)
