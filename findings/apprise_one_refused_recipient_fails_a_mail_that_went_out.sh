#!/usr/bin/env bash
# Expected: a mail to three people of whom the server refuses one is told as sent to two.
# Seen (apprise 2.3.0, aiosmtpd 1.4.6): notify() is falsy, although two people have the mail. The natural second
#   notify() sends those two the same mail again. And `is False` is not the test: the result is an object.
# Why it matters: an alert that is sent again until it "succeeds" wakes the same two people all night because a third
#   has left the company.
# What helps: one notification for each recipient, each with its own receipt.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check apprise==2.3.0 aiosmtpd==1.4.6
"$work/venv/bin/python" - <<'PY'
import logging
from importlib.metadata import version

import apprise
from aiosmtpd.controller import Controller

logging.disable(logging.CRITICAL)
delivered = []


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("left@"):
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        delivered.extend(envelope.rcpt_tos)
        return "250 OK"


controller = Controller(Mailbox(), hostname="127.0.0.1", port=8927)
controller.start()
alerts = apprise.Apprise()
alerts.add(
    "mailto://127.0.0.1:8927?from=alerts@example.org&to=a@example.org,left@example.org,b@example.org&mode=insecure"
)
first = alerts.notify(title="Card declined", body="40 in an hour")
after_first = sorted(delivered)
second = alerts.notify(title="Card declined", body="40 in an hour")
controller.stop()
print("apprise", version("apprise"), "aiosmtpd", version("aiosmtpd"))
print("first result:", bool(first), type(first).__name__, "is False:", first is False)
print("delivered after the first: ", after_first)
print("delivered after the second:", sorted(delivered))
assert not first and first is not False
assert after_first == ["a@example.org", "b@example.org"], after_first
assert sorted(delivered) == ["a@example.org", "a@example.org", "b@example.org", "b@example.org"], delivered
PY
