"""What can go wrong that a person can fix; the command line turns each into its exit code and one line."""

from __future__ import annotations


class CallError(ValueError):
    """The call, a file or a setting is wrong; the message names file, line, field and the fix. Exit code 2."""


class OutsideError(RuntimeError):
    """An outside system failed: a store, a tracker, a model; the message names it and the fix. Exit code 3."""
