"""The settings are read where a process starts, and handed on from there."""

from __future__ import annotations

import ast
from pathlib import Path

import feedback_assets

PACKAGE = Path(feedback_assets.__file__).parent
# The command line, the code server, a task on Databricks.
STARTS = {"cli/main.py", "definitions.py", "spark/task.py"}


def imported_from_settings(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in froms if node.module == "feedback_assets.config.settings" for alias in node.names}
    return names | {
        alias.name for node in froms if node.module == "feedback_assets.config" for alias in node.names
        if alias.name == "settings"
    }  # fmt: skip


def test_only_where_a_process_starts_are_the_settings_read():
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if imported_from_settings(path) & {"load", "settings"}
    }
    assert readers == STARTS


def test_only_the_settings_read_the_environment():
    allowed = {"spark/cli.py", "spark/session.py"}  # set a variable for a library, and read none
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "os.environ" in (text := path.read_text(encoding="utf-8")) or "getenv" in text
    }
    assert readers <= allowed
