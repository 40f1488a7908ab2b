"""Whether the process that began something is still at it, so that what a killed one left can be told from what lives.

Only this machine can be asked; of a process elsewhere nothing is known and nothing is guessed.
"""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime
from pathlib import Path

_PROC = Path("/proc")
# The clock of process starts counts in hundredths and is set right now and then.
_TOLERANCE_SECONDS = 5.0


def here() -> tuple[str, int]:
    """This machine's name and this process's id."""
    return socket.gethostname(), os.getpid()


def is_dead(host: str, pid: int, since: datetime) -> bool:
    """Whether a process is known to be gone.

    Args:
        host: The machine it ran on; of another one False is answered, as nothing is known.
        pid: Its id there.
        since: A moment at which it lived. A process of that id started later is another one: ids are used again,
            after a restart of the machine or the container at once.
    """
    if host != socket.gethostname():
        return False
    if not _exists(pid):
        return True
    started = _started(pid)
    return started is not None and started > since.timestamp() + _TOLERANCE_SECONDS


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is there, and somebody else's
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Killed, and only waiting for its parent to notice."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "Z"


def _started(pid: int) -> float | None:
    """When a process started, in seconds since 1970; None where the system does not tell (other than Linux)."""
    fields = _stat(pid)
    if fields is None:
        return None
    uptime = float((_PROC / "uptime").read_text().split()[0])
    return time.time() - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third on; the second is a name that may hold spaces."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
