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


class Proxy:
    """Forwards to the store, except where `decide(method, path)` names a fault."""

    def __init__(self, store: str) -> None:
        self.decide: Decide = lambda method, path: None
        self.faults: list[str] = []
        parts = urlparse(store)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self._body()
                fault = proxy.decide(self.command, self.path)
                if fault is not None:
                    proxy.faults.append(f"{fault} {self.command} {self.path}")
                if fault == "cut":
                    return self._cut()
                if fault == "slow":
                    time.sleep(_SLOW_SECONDS)
                if fault == "error":
                    return self._answer(500, [("Content-Type", "application/xml")], _INTERNAL)
                there = http.client.HTTPConnection(parts.hostname or "", parts.port)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                content, headers = answer.read(), answer.getheaders()
                there.close()
                if fault == "lost":
                    return self._cut()
                return self._answer(answer.status, headers, content)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - named by http.server

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

            def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
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

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, address: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

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
