"""`feedback top` against a store that is none: refused by name, never "nothing is scored yet"."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_assets_tests.lake.stores import serving


def _top(endpoint: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "FEEDBACK_HOME": str(home), "FEEDBACK_LAKE_URL": "s3://bucket/lake", "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": endpoint,
    }  # fmt: skip
    command = [sys.executable, "-m", "feedback_assets.cli.main", "top"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


# A page instead of a store is a wrong setting (2); a store that does not answer has failed (3).
@pytest.mark.parametrize(("kind", "code"), [("html", 2), ("dead", 3)])
def test_top_refuses_an_endpoint_that_is_no_store_by_name(kind: str, code: int, tmp_path: Path) -> None:
    if kind == "dead":
        done = _top("http://127.0.0.1:9", tmp_path)
    else:
        with serving("html") as endpoint:
            done = _top(endpoint, tmp_path)
    assert done.returncode == code, done.stderr
    assert "s3://bucket/lake" in done.stderr and "Traceback" not in done.stderr
    assert "Nothing is scored yet" not in done.stdout
