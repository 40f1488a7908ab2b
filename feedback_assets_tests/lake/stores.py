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
from datetime import date, timedelta
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlparse

FIRST = date(2020, 1, 1)
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


class SlowS3(WebServer):
    """A store of the test that answers after a while: objects, conditional writes and listings, page by page."""

    objects: ClassVar[dict[str, bytes]] = {}
    delay = 0.0

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        url = urlparse(self.path)
        key = unquote(url.path).strip("/").partition("/")[2]
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        time.sleep(self.delay)
        if self.command == "PUT":
            if self.headers.get("If-None-Match") and key in self.objects:
                return self._answer(412, _error("PreconditionFailed"))
            self.objects[key] = body
            return self._answer(200, b"")
        if "list-type" in query:
            return self._answer(200, self._listing(query))
        if key in self.objects:
            return self._answer(200, self.objects[key])
        return self._answer(404, _error("NoSuchKey"))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - named by http.server

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", "Mon, 30 Nov 2026 12:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _listing(self, query: dict[str, str]) -> bytes:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        names: dict[str, int] = {}
        for key in (key for key in self.objects if key.startswith(prefix)):
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                names[prefix + rest.partition(delimiter)[0] + delimiter] = -1
            else:
                names[key] = len(self.objects[key])
        behind = query.get("continuation-token", "")
        left = sorted(name for name in names if name > behind)
        page, more = left[:1000], len(left) > 1000
        rows = [
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            if names[name] < 0
            else f"<Contents><Key>{name}</Key><LastModified>2026-11-30T12:00:00.000Z</LastModified>"
            f"<ETag>e</ETag><Size>{names[name]}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for name in page
        ]
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>bucket</Name><Prefix>{prefix}</Prefix><KeyCount>{len(page)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{''.join(rows)}</ListBucketResult>"
        ).encode()


def _error(code: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()


def options(endpoint: str) -> dict[str, str]:
    """Storage options for an endpoint."""
    return {**KEYS, **IMPATIENT, "aws_endpoint_url": endpoint}


@contextmanager
def serving(kind: str, *words: str) -> Iterator[str]:
    """The URL of a server of a kind: html, html404, moto, or slow with a delay, days and objects a day."""
    command = [sys.executable, "-m", "feedback_assets_tests.lake.stores", kind, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            # A server with a request in flight may not end when asked to, and it holds nothing worth keeping.
            process.kill()


def make_bucket(endpoint: str, bucket: str) -> None:
    """Make a bucket in moto."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=bucket)


def _serve(kind: str, *words: str) -> None:
    if kind == "slow":
        SlowS3.delay = float(words[0])
        for number in range(int(words[1])):
            folder = f"landing/feedback/day={FIRST + timedelta(days=number)}"
            SlowS3.objects.update({f"{folder}/s-{each}.jsonl": b"{}\n" for each in range(int(words[2]))})
    if kind == "moto":
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        server.start()
        print("http://{}:{}".format(*server.get_host_and_port()), flush=True)  # noqa: T201  read by `serving`
        while True:
            time.sleep(3600)
    handler = {"html": WebServer, "html404": NotFoundServer, "slow": SlowS3}[kind]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        print(f"http://127.0.0.1:{web.server_address[1]}", flush=True)  # noqa: T201  read by `serving`
        web.serve_forever()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
