#!/usr/bin/env bash
# Expected: a create that did not reach the API raises, or gives an issue with its number.
# Seen (PyGithub 2.10.0): a proxy's 200 page of HTML gives an Issue object whose number is None, and nothing is raised.
# Why it matters: between a pipeline and GitHub Enterprise stands a proxy that answers with a log-in or maintenance
#   page. A receipt without a number looks like a delivered ticket, and the ticket does not exist.
# What helps: success is a number in the answer, nothing less.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check PyGithub==2.10.0
"$work/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import github

seen = []


class Proxy(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen.append(self.path)
        data = b"<html><body>Please sign in</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=server.serve_forever, daemon=True).start()
hub = github.Github(
    base_url=f"http://127.0.0.1:{server.server_port}",
    auth=github.Auth.Token("any"),
    retry=None,
    seconds_between_requests=0,
    seconds_between_writes=0,
    lazy=True,
)
issue = hub.get_repo("shop/app").create_issue(title="Card declined at checkout")
print("PyGithub", version("PyGithub"))
print("requests", seen)
print("issue   ", type(issue).__name__, "number", issue.number)
assert len(seen) == 1
assert issue.number is None
PY
