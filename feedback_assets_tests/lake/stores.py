"""Stand-ins for an object store that runs in a process of its own, as a real one does, and misbehaves on request.

Run as a module it serves until it is ended: `python -m feedback_assets_tests.lake.stores moto`.
"""

from __future__ import annotations

import http.server
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>Sign in</p></body></html>"
KEYS = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "aws_region": "us-east-1"}
# Short, so that a store that is gone is told in seconds and not in three minutes.
IMPATIENT = {"aws_max_retries": "2", "max_retries": "2", "retry_timeout": "3s", "connect_timeout": "2s"}


class WebServer(http.server.BaseHTTPRequestHandler):
    """Answers every request with a page, as a proxy's sign-in does."""

    protocol_version = "HTTP/1.1"
    status = 200

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(HTML)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(HTML)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None: ...


class NotFoundServer(WebServer):
    """A web server that has no such page."""

    status = 404


def options(endpoint: str) -> dict[str, str]:
    """Storage options for an endpoint."""
    return {**KEYS, **IMPATIENT, "aws_endpoint_url": endpoint}


@contextmanager
def serving(kind: str) -> Iterator[str]:
    """The URL of a server of a kind: html, html404 or moto."""
    command = [sys.executable, "-m", "feedback_assets_tests.lake.stores", kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def make_bucket(endpoint: str, bucket: str) -> None:
    """Make a bucket in moto."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=bucket)


def _serve(kind: str) -> None:
    if kind == "moto":
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        server.start()
        print("http://{}:{}".format(*server.get_host_and_port()), flush=True)  # noqa: T201  read by `serving`
        while True:
            time.sleep(3600)
    handler = {"html": WebServer, "html404": NotFoundServer}[kind]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        print(f"http://127.0.0.1:{web.server_address[1]}", flush=True)  # noqa: T201  read by `serving`
        web.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
