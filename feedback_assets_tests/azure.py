"""A server on a real socket that answers as Azure OpenAI does, labels by words, and counts what it was sent."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# A stem of each category in the languages of the story; what holds none is `other`.
_STEMS = {
    "delivery": ("parcel", "deliver", "courier", "paket", "liefer", "livr", "colis", "entreg", "encomenda", "paquete"),
    "packaging": ("box", "karton", "verpack", "emball", "caja", "caixa", "embal"),
    "sizing_fit": ("size", "small", "gr\u00f6\u00dfe", "klein", "taille", "talla", "tamanho"),
    "checkout_payment": ("pay", "card", "checkout", "zahl", "karte", "paie", "pago", "tarjeta", "cart\u00e3o"),
    "app_usability": ("app", "crash", "abst\u00fcrz", "plante", "trava"),
    "service_quality": ("support", "answer", "reply", "antwort", "r\u00e9pon", "respond", "respost"),
    "defect": ("broke", "broken", "stopped", "kaputt", "defekt", "cass", "rot", "quebr"),
}


class AzureStandIn:
    """What the server was sent, and where it is.

    Attributes:
        sent: Requests that were answered, retries included, by hash of the whole body.
        systems: The same by the words of the system message.
    """

    def __init__(self, url: str, moves: dict[str, tuple[str, str]]) -> None:
        self.url = url
        self.moves = moves
        self.sent: Counter[str] = Counter()
        self.systems: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, body: bytes) -> dict[str, Any]:
        """A completion in the words of the service."""
        told = json.loads(body)
        system, text = told["messages"][0]["content"], told["messages"][1]["content"]
        with self._lock:
            self.sent[hashlib.sha256(body).hexdigest()] += 1
            self.systems[system] += 1
        said = re.search(r"<feedback>\n(.*)\n</feedback>", text, re.DOTALL)
        content = json.dumps(self._label(said.group(1) if said else "", system))
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": 120}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1772366400,
            "model": "gpt-5-mini-2025-08-07",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
            "usage": {**usage, "total_tokens": sum(usage.values())},
        }

    def _label(self, text: str, system: str) -> dict[str, Any]:
        low = text.lower()
        category = next((name for name, stems in _STEMS.items() if any(stem in low for stem in stems)), "other")
        for words, (old, new) in self.moves.items():
            # Words of a definition move every third text of a category to another.
            if words in system and category == old and len(text) % 3 == 0:
                category = new
        issue = {
            "category": category, "sub_label": None, "component": None, "symptom": None, "sentiment": "negative",
            "urgency": 3, "severity": 3, "churn_intent": False, "confidence": 0.9, "quote": text.split("\n")[0][:80],
            "causes": [], "suggested_action": None, "reproduction_hints": None,
            "entities": dict.fromkeys(("sku", "variant", "store", "region", "carrier", "version")),
        }  # fmt: skip
        rest = {"sentiment": "negative", "sentiment_score": -0.6, "confidence": 0.9, "moderation": "none"}
        return {"issues": [issue] if issue["quote"].strip() else [], **rest}


@contextmanager
def azure(moves: dict[str, tuple[str, str]] | None = None) -> Iterator[AzureStandIn]:
    """A running server.

    Args:
        moves: Words of a system message -> the category they move texts from, and to.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            reply = json.dumps(stand_in.answer(body)).encode()
            self.send_response(200)
            for name, value in (
                ("content-type", "application/json"),
                ("content-length", str(len(reply))),
                ("x-ratelimit-remaining-requests", "9999"),
                ("x-ratelimit-remaining-tokens", "999999"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stand_in = AzureStandIn(f"http://127.0.0.1:{server.server_address[1]}", moves or {})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
