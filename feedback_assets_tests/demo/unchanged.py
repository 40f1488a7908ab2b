"""Hashes of a story without what the kinds with random streams of their own put into it.

Pure reading. What was hashed before those kinds were there stands in `test_own_streams.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path

from feedback_assets.demo.problems import OWN_STREAM
from feedback_assets.demo.truth import FILE, Truth

_EVENT_ID = re.compile(rb'\{"event_id":"([^"]+)"')


def own_ids(truth: Truth) -> set[str]:
    """The ids of all events of those kinds: items, and the releases around them."""
    mine = [problem for problem in truth.planted if problem.kind in OWN_STREAM]
    return {event for problem in mine for event in (*problem.event_ids, *problem.details["releases"])}


def landing_hash(root: Path, without: set[str]) -> str:
    """One hash of the names and bytes of all landing files, as they are when the lines of some events are taken out.

    A file that holds nothing else is not counted. The truth beside the streams is `truth_hash`.
    """
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_dir() or path.name == FILE:
            continue
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if _event_id(line) not in without]
        if kept or not lines:
            content = hashlib.sha256(b"".join(kept)).hexdigest()
            digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def truth_hash(truth: Truth, without: set[str]) -> str:
    """One hash of what the truth tells of everything else."""
    told = asdict(truth)
    others = {
        "planted": [problem for problem in told["planted"] if problem["kind"] not in OWN_STREAM],
        "decoys": told["decoys"],
        "values": [value for value in told["values"] if value["event_id"] not in without],
        "labels": {event: label for event, label in told["labels"].items() if event not in without},
    }
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()


def _event_id(line: bytes) -> str | None:
    match = _EVENT_ID.match(line)
    return match.group(1).decode() if match else None
