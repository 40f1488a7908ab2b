"""The installation a command works on: its settings and what is made of them, each made when first asked for.

`cli/main.py` makes one where the process starts, and commands take it from the context of the command line. Assets get
the same objects as resources (`definitions.build_resources`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_assets.config.settings import Settings
from feedback_assets.files.landing_files import Landing

if TYPE_CHECKING:
    import typer

    from feedback_assets.lake.store import Lake


class Installation:
    """Settings, prompts folder, landing and lake of one installation."""

    def __init__(self, load: Callable[..., Settings], **overrides: object) -> None:
        """An installation whose settings are read when first asked for, so that `--help` needs none.

        Args:
            load: Reads the settings of this process; takes overrides by the settings' names.
            overrides: What the command line says instead of the environment.
        """
        self._load = load
        self._overrides = overrides

    @classmethod
    def of(cls, context: typer.Context) -> Installation:
        """The installation of a command line.

        Raises:
            RuntimeError: None was handed in; who starts the command passes it as the context's object.
        """
        installation = context.find_object(cls)
        if installation is None:
            raise RuntimeError("no installation was handed to the command: call it with obj=Installation(load)")
        return installation

    def but(self, **overrides: object) -> Installation:
        """The same with other settings."""
        return Installation(self._load, **{**self._overrides, **overrides})

    @cached_property
    def settings(self) -> Settings:
        """The settings.

        Raises:
            pydantic.ValidationError: A value is missing or out of range.
        """
        return self._load(**self._overrides)

    @property
    def prompts(self) -> Path:
        """Folder of taxonomy, thresholds, prompts and examples."""
        return self.settings.prompts_dir

    @cached_property
    def landing(self) -> Landing:
        """The landing objects."""
        return Landing(self.settings.landing_root, self.settings.storage)

    @cached_property
    def lake(self) -> Lake:
        """The Delta tables.

        Raises:
            LayoutError: Another version made them; it names the command that upgrades them.
        """
        from feedback_assets.lake.layout import CHANGES, LayoutError
        from feedback_assets.lake.store import Lake  # pyarrow takes a while, and not every command reads tables

        lake = Lake(self.settings.lake_root, self.settings.storage)
        lacks = lake.missing_changes(CHANGES)
        if lacks:
            raise LayoutError.outdated(lake.root, lacks)
        return lake
