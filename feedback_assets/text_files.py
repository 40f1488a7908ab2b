"""Reading YAML, for every file of the prompts and mappings folders; what the content means is its owner's business."""

from __future__ import annotations

from typing import Any

import yaml

# PyYAML without libyaml has no loader in C; the one in Python reads the same, ten times as slowly.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Plain values only: mappings, lists, texts, numbers, dates, None.

    Raises:
        yaml.YAMLError: It is no YAML; the message names line and column.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506, a safe loader
