#!/usr/bin/env bash
# Expected: paging that dlt's rest_api finds by itself reads every page once.
# Seen (dlt 1.31.0): with an API that counts pages from 1 and tells `total_pages`, the first request names no page and
#   counts as page 0. Then pages 1 and 2 of 3 are asked for: page one comes twice, the last page never. The load is a
#   success.
# Why it matters: reviews and survey answers are served this way. The newest or oldest page is missing each time, and
#   counts look plausible, as the number of rows is right.
# What helps: name the paginator, with base_page 1, and compare the distinct ids with the total that the API tells.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check dlt==1.31.0
export RUNTIME__DLTHUB_TELEMETRY=false DLT_DATA_DIR="$work/dlt"
"$work/venv/bin/python" - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

from dlt.sources.rest_api import rest_api_source

asked = []


class Reviews(BaseHTTPRequestHandler):
    def do_GET(self):
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        asked.append(page)
        first = max(page, 1) * 2 - 1
        body = {"reviews": [{"id": first}, {"id": first + 1}], "page": max(page, 1), "total_pages": 3}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Reviews)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ids(paginator):
    asked.clear()
    endpoint = {"path": "reviews", "data_selector": "reviews", **({"paginator": paginator} if paginator else {})}
    source = rest_api_source(
        {
            "client": {"base_url": f"http://127.0.0.1:{server.server_port}/"},
            "resources": [{"name": "reviews", "endpoint": endpoint}],
        }
    )
    return [row["id"] for row in source.resources["reviews"]], list(asked)


found, pages = ids(None)
named, named_pages = ids({"type": "page_number", "base_page": 1, "total_path": "total_pages"})
print("dlt", version("dlt"))
print("found by itself:", found, "pages asked", pages)
print("named          :", named, "pages asked", named_pages)
assert named == [1, 2, 3, 4, 5, 6], named
assert found != named, "the pages are read once now"
assert found == [1, 2, 1, 2, 3, 4], found
PY
