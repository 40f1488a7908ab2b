"""The plain way and ours over the same rows, each in a process of its own.

python -m benchmarks.plain WHAT SAMPLE    with FEEDBACK_HOME set to a home whose day is in silver
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from feedback_assets import tables
from feedback_assets.config.settings import load
from feedback_assets.lake.store import Lake

# What a small hosted model takes to answer one short question with a short structured answer.
_LATENCY_SECONDS = 0.6
_DAYS_OF_TABLE = 7


def copies_ours(sample: int) -> tuple[int, float]:
    from feedback_assets.silver.candidates import near_pairs

    texts = _folded(sample)
    return len(texts), _timed(lambda: near_pairs(texts))


def copies_plain(sample: int) -> tuple[int, float]:
    """Datasketch's MinHash and LSH over the same shingles, each candidate verified the same way."""
    from itertools import pairwise

    from datasketch import MinHash, MinHashLSH

    from feedback_assets.silver.candidates import NEAR, similarity

    texts = _folded(sample)

    def pairs() -> list[tuple[int, int]]:
        index, found = MinHashLSH(params=(32, 4), num_perm=128), []
        for position, text in enumerate(texts):
            words = text.split()
            sketch = MinHash(num_perm=128)
            sketch.update_batch([s.encode() for s in (*words, *(f"{a} {b}" for a, b in pairwise(words)))])
            found += [(o, position) for o in index.query(sketch) if similarity(texts[o], text) >= NEAR]
            index.insert(position, sketch)
        return found

    return len(texts), _timed(pairs)


def classify_ours(sample: int) -> tuple[int, float]:
    from feedback_assets.classification.cascade.cascade import classify
    from feedback_assets.classification.loader import load_classifier
    from feedback_assets.classification.rows import items_of

    items, classifier = items_of(_feedback(sample)), load_classifier(load())
    classify(items[:10], classifier, None)
    return len(items), _timed(lambda: classify(items, classifier, None))


def classify_plain(sample: int) -> tuple[int, float]:
    """One request a text, one after the other, to a server on this machine that takes its time."""
    import httpx2

    class Slow(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(_LATENCY_SECONDS)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    texts = _texts(sample)
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=30) as client:
        seconds = _timed(lambda: [client.post("/", json={"text": text}) for text in texts])
    server.shutdown()
    return len(texts), seconds


def write_ours(sample: int) -> tuple[int, float]:
    """One day of a table of several, replaced in one commit, its contract judged."""
    import pandas as pd

    from feedback_assets.lake import contract

    frame = _feedback(sample)
    first = frame["day"].iloc[0]
    contract.check_contract(frame.head(1), tables.SILVER_FEEDBACK)
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        whole = pd.concat([frame.assign(day=first + timedelta(days=n)) for n in range(_DAYS_OF_TABLE)])
        lake.write_days(tables.SILVER_FEEDBACK, whole, first, first + timedelta(days=_DAYS_OF_TABLE), {})
        return len(frame), _timed(
            lambda: lake.write_days(tables.SILVER_FEEDBACK, frame, first, first + timedelta(days=1), {})
        )


def write_plain(sample: int) -> tuple[int, float]:
    """The whole table written again by pandas because one of its days changed."""
    import pandas as pd

    frame = _feedback(sample)
    first = frame["day"].iloc[0]
    whole = pd.concat([frame.assign(day=first + timedelta(days=n)) for n in range(_DAYS_OF_TABLE)])
    with tempfile.TemporaryDirectory() as folder:
        return len(frame), _timed(lambda: whole.to_parquet(Path(folder) / "table.parquet"))


def definitions(_sample: int) -> tuple[int, float]:
    return 1, _timed(lambda: __import__("feedback_assets.definitions"))


def _feedback(sample: int):
    settings = load()
    return Lake(settings.lake_root).read(tables.SILVER_FEEDBACK).head(sample)


def _texts(sample: int) -> list[str]:
    """Texts as customers wrote them, personal data and all: from bronze."""
    rows = Lake(load().lake_root).read(tables.BRONZE_FEEDBACK, columns=["payload"]).head(sample)
    return [str(json.loads(payload).get("text") or "") for payload in rows["payload"]]


def _folded(sample: int) -> list[str]:
    from feedback_assets.text import fold

    return list(dict.fromkeys(folded for text in _texts(10 * sample) if (folded := fold(text))))[:sample]


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    rows, seconds = globals()[sys.argv[1]](int(sys.argv[2]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak}))
