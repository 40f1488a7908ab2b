#!/usr/bin/env bash
# Expected: a dict of options handed to a listing is read only; a second listing with it gives the same tasks.
# Seen (asana 5.4.0): the client writes the offset of the last page into the caller's dict. The second listing with
#   the same dict starts there: 5 tasks the first time, 1 the second, no error.
# Why it matters: options kept in one place ("all open tasks of the project") are the natural way to look for a
#   ticket before creating it. From the second look on most tickets are not found, and each is created again.
# What helps: a new dict for every call.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check asana==5.4.0
"$work/venv/bin/python" - <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import asana

TASKS = [{"gid": str(n), "name": f"task {n}"} for n in range(1, 6)]


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        start, size = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["2"])[0])
        more = start + size < len(TASKS)
        body = {"data": TASKS[start : start + size], "next_page": {"offset": str(start + size)} if more else None}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=server.serve_forever, daemon=True).start()
configuration = asana.Configuration()
configuration.access_token = "any"
configuration.host = f"http://127.0.0.1:{server.server_port}"
api = asana.TasksApi(asana.ApiClient(configuration))
options = {"limit": 2}
first = [task["gid"] for task in api.get_tasks_for_project("1", options)]
after = dict(options)
second = [task["gid"] for task in api.get_tasks_for_project("1", options)]
print("asana", version("asana"))
print("first listing ", first)
print("options now   ", after)
print("second listing", second)
assert first == ["1", "2", "3", "4", "5"], first
assert after != {"limit": 2}, "the options are left alone now"
assert second == ["5"], second
PY
