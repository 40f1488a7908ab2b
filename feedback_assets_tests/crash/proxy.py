"""A reverse proxy in front of an object store that fails on purpose: errors, delays, cut and lost connections."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlparse

# error: 500 without asking the store; slow: asks later; cut: closes before asking; lost: asks, and loses the answer.
Fault = Literal["error", "slow", "cut", "lost"]
Decide = Callable[[str, str], Fault | None]
_SLOW_SECONDS = 0.3
_INTERNAL = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>made up</Message></Error>'
_Headers = list[tuple[str, str]]


class Proxy:
    """Forwards to the store, except where `decide(method, path)` names a fault."""

    def __init__(self, store: str) -> None:
        self.decide: Decide = lambda method, path: None
        self.faults: list[str] = []
        # Names of headers in lower case that the store never sees, as a gateway that does not know them.
        self.drop_headers: tuple[str, ...] = ()
        self._server = _Server(self, store)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fault(self, method: str, path: str) -> Fault | None:
        """What happens to a request; kept in `faults`."""
        fault = self.decide(method, path)
        if fault is not None:
            self.faults.append(f"{fault} {method} {path}")
        return fault

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        """Serve while the block runs; afterwards connections are refused."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: Proxy, store: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy
        self.store = urlparse(store)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that went away are no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        body = self._body()
        fault = self.server.proxy.fault(self.command, self.path)
        if fault == "cut":
            return self._cut()
        if fault == "slow":
            time.sleep(_SLOW_SECONDS)
        if fault == "error":
            return self._answer(500, [("Content-Type", "application/xml")], _INTERNAL)
        answer = self._asked(body)
        return self._cut() if fault == "lost" else self._answer(*answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - named by http.server

    def _asked(self, body: bytes) -> tuple[int, _Headers, bytes]:
        """Status, headers and content that the store answers."""
        there = http.client.HTTPConnection(self.server.store.hostname or "", self.server.store.port)
        dropped = self.server.proxy.drop_headers
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        there.request(self.command, self.path, body, headers)
        answer = there.getresponse()
        content, headers = answer.read(), answer.getheaders()
        there.close()
        return answer.status, headers, content

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        del self.headers["Transfer-Encoding"]
        return b"".join(parts)

    def _answer(self, status: int, headers: _Headers, content: bytes) -> None:
        self.send_response_only(status)
        hop = ("connection", "transfer-encoding", "content-length")
        for name, value in headers:
            if name.lower() not in hop or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self) -> None:
        """Close with a reset, as a router that gave up does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # cut
            super().finish()

    def log_message(self, format: str, *args: object) -> None: ...
