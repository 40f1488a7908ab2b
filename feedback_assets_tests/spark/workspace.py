"""A stand-in for a Databricks workspace on a real socket: the calls Pipes makes through the SDK, and the jobs run.

Answers jobs/runs/submit, get and cancel and the Files API below one folder, asks for the token, keeps secrets, and
starts a submitted wheel task in a process of its own as a cluster would: with the entry point of the wheel, the
environment of the cluster with its secrets filled in, and a Spark session already named.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

REPOSITORY = Path(__file__).parents[2]
_SECRET = re.compile(r"^\{\{secrets/([\w.-]+)/([\w.-]+)\}\}$")
_FILES, _FOLDERS = "/api/2.0/fs/files", "/api/2.0/fs/directories"


@dataclass(frozen=True)
class Fault:
    """One answer to give instead of the right one."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """One submitted run and the process that is its cluster."""

    process: subprocess.Popen[str] | None
    submitted: dict[str, Any]
    cancelled: bool = False


class Workspace:
    """The server, listening from the start.

    Args:
        volume: The folder that the Files API and the jobs both see, as a volume is.
        spark_remote: What a job's Spark session connects to.
        token: Who may call.
        secrets: By scope and key.
    """

    def __init__(self, volume: Path, spark_remote: str, token: str, secrets: dict[tuple[str, str], str]) -> None:
        self.volume, self.spark_remote, self.token, self.secrets = volume, spark_remote, token, secrets
        self.jobs: dict[int, Job] = {}
        self.by_token: dict[str, int] = {}
        self.calls: Counter[tuple[str, str]] = Counter()
        self.faults: dict[tuple[str, str], deque[Fault]] = {}
        self.environment: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"workspace": self}))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def fail(self, method: str, path: str, *faults: Fault) -> None:
        """Answer the next calls of that path so."""
        self.faults.setdefault((method, path), deque()).extend(faults)

    def close(self) -> None:
        """End the jobs that still run, and the server."""
        for job in self.jobs.values():
            if job.process and job.process.poll() is None:
                job.process.kill()
                job.process.wait(20)
        self.server.shutdown()
        self.server.server_close()

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Start the run, once for each idempotency token."""
        token = body.get("idempotency_token")
        if token in self.by_token:
            return {"run_id": self.by_token[token]}
        run_id = 1000 + len(self.jobs)
        self.jobs[run_id] = Job(self._start(body["tasks"][0]), body)
        if token:
            self.by_token[token] = run_id
        return {"run_id": run_id}

    def state(self, run_id: int) -> dict[str, Any]:
        """The run as runs/get tells it."""
        job = self.jobs[run_id]
        code = job.process.poll() if job.process else 0
        if code is None:
            state = {"life_cycle_state": "RUNNING"}
        elif job.cancelled:
            state = {"life_cycle_state": "TERMINATED", "result_state": "CANCELED", "state_message": "Run cancelled."}
        elif code:
            told = f"Task silver_rows failed with exit code {code}."
            state = {"life_cycle_state": "TERMINATED", "result_state": "FAILED", "state_message": told}
        else:
            state = {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS", "state_message": ""}
        return {"run_id": run_id, "state": state, "run_page_url": f"{self.url}/jobs/runs/{run_id}"}

    def cancel(self, run_id: int) -> dict[str, Any]:
        """End the run's process."""
        job = self.jobs[run_id]
        job.cancelled = True
        if job.process:
            job.process.kill()
            job.process.wait(20)
        return {}

    def _start(self, task: dict[str, Any]) -> subprocess.Popen[str]:
        wheel = task["python_wheel_task"]
        scripts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
        module, function = scripts[wheel["entry_point"]].split(":")
        told = task.get("new_cluster", {}).get("spark_env_vars", {})
        # Nothing of the caller's environment reaches a cluster.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.volume),
            "PYTHONPATH": str(REPOSITORY),
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_REMOTE": self.spark_remote,
            **self.environment,
            **{name: self._filled(value) for name, value in told.items()},
        }
        code = f"from {module} import {function}; {function}()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *wheel.get("parameters", [])],
            env={name: value for name, value in environment.items() if value is not None},
            cwd=self.volume,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _filled(self, value: str) -> str | None:
        named = _SECRET.match(value)
        return self.secrets.get((named.group(1), named.group(2))) if named else value


class _Handler(BaseHTTPRequestHandler):
    workspace: Workspace
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlparse(self.path).path)
        name = next((start for start in (_FILES, _FOLDERS) if path.startswith(start)), path)
        self.workspace.calls[self.command, name] += 1
        waiting = self.workspace.faults.get((self.command, name))
        if self.headers.get("Authorization") != f"Bearer {self.workspace.token}":
            return self._error(403, "PERMISSION_DENIED", "Invalid access token.")
        if waiting:
            fault = waiting.popleft()
            return self._send(fault.status, fault.body.encode(), fault.headers)
        if name != path:
            return self._file(name, Path(path.removeprefix(name)), body)
        query = parse_qs(urlparse(self.path).query)
        told = json.loads(body or b"{}")
        match (self.command, path):
            case ("POST", "/api/2.2/jobs/runs/submit"):
                return self._json(self.workspace.submit(told))
            case ("GET", "/api/2.2/jobs/runs/get"):
                return self._json(self.workspace.state(int(query["run_id"][0])))
            case ("POST", "/api/2.2/jobs/runs/cancel"):
                return self._json(self.workspace.cancel(told["run_id"]))
        return self._error(404, "ENDPOINT_NOT_FOUND", f"No API found for '{self.command} {path}'")

    def _file(self, name: str, place: Path, body: bytes) -> None:
        if not place.is_relative_to(self.workspace.volume):
            return self._error(404, "NOT_FOUND", f"The volume {place} does not exist.")
        match (self.command, name):
            case ("PUT", "/api/2.0/fs/directories"):
                place.mkdir(parents=True, exist_ok=True)
                return self._send(204)
            case ("PUT", "/api/2.0/fs/files"):
                place.write_bytes(body)
                return self._send(204)
            case (("GET" | "HEAD" | "DELETE"), _) if not place.exists():
                return self._error(404, "NOT_FOUND", f"The file {place} does not exist.")
            case ("GET", "/api/2.0/fs/directories"):
                found = [{"path": str(one), "name": one.name, "is_directory": one.is_dir()} for one in place.iterdir()]
                return self._json({"contents": found})
            case ("GET", "/api/2.0/fs/files"):
                return self._send(200, place.read_bytes(), {"Content-Type": "application/octet-stream"})
            case ("HEAD", _):
                return self._send(200)
            case ("DELETE", "/api/2.0/fs/files"):
                place.unlink()
                return self._send(204)
            case ("DELETE", "/api/2.0/fs/directories"):
                place.rmdir()
                return self._send(204)
        return self._error(400, "INVALID_PARAMETER_VALUE", f"{self.command} {name}")

    def _json(self, told: dict[str, Any]) -> None:
        self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str, message: str) -> None:
        told = json.dumps({"error_code": code, "message": message}).encode()
        self._send(status, told, {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
