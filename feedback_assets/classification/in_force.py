"""In force: which edition of prompts, taxonomy, thresholds, rules and local model labels which day.

A row says "from this day on"; of the rows that reach a day, the one promoted last holds. So a day computed again
is labelled as it was, until somebody promotes another edition for it. Each promoted edition's files are kept.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pandas as pd

from feedback_assets.classification.reader import Reader
from feedback_assets.lake.store import Lake
from feedback_assets.tables import IN_FORCE

# What an edition is made of: all that `load_reader` and the training of the local model read.
_FILES = ("taxonomy.yaml", "thresholds.yaml", "cues.yaml", "moderation.yaml", "classify.md", "lexicon.yaml")
_EXAMPLES = "examples"


@dataclass(frozen=True)
class Edition:
    """The versions that make a label what it is."""

    prompt_version: str
    taxonomy_version: str
    thresholds_version: str
    rules_version: str
    local_model_version: str

    @property
    def folder_name(self) -> str:
        """Name of the folder its files are kept in."""
        digest = hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:16]
        return f"{self.taxonomy_version}_{digest}"


@dataclass(frozen=True)
class Promotion:
    """An edition holds from a day on, because of a person or a first run."""

    effective_day: date
    edition: Edition
    promoted_by: str
    reason: str
    promoted_at: datetime


def edition_of(reader: Reader) -> Edition:
    """The edition a reader was loaded from."""
    return Edition(
        reader.prompt.version,
        reader.taxonomy.version,
        reader.thresholds_version,
        reader.rules_version,
        reader.local.version,
    )


def promotions(lake: Lake) -> list[Promotion]:
    """All promotions, the oldest first."""
    rows = cast("list[dict[str, Any]]", lake.read(IN_FORCE).to_dict("records"))
    found = [
        Promotion(
            row["effective_day"],
            Edition(**{name: str(row[name]) for name in Edition.__dataclass_fields__}),
            str(row["promoted_by"]),
            str(row["reason"]),
            cast("pd.Timestamp", row["promoted_at"]).to_pydatetime(),
        )
        for row in rows
    ]
    return sorted(found, key=lambda promotion: promotion.promoted_at)


def in_force_on(day: date, known: Sequence[Promotion]) -> Promotion | None:
    """The promotion that holds for a day: the last promoted of those that reach it."""
    return next((promotion for promotion in reversed(known) if promotion.effective_day <= day), None)


def current_in_force(lake: Lake, day: date) -> Promotion | None:
    """The promotion that holds for a day, or None before the first run."""
    return in_force_on(day, promotions(lake))


def promote(lake: Lake, promotion: Promotion) -> None:
    """Write a promotion down; the same one twice is written once."""
    row = {
        "effective_day": promotion.effective_day,
        **asdict(promotion.edition),
        "promoted_by": promotion.promoted_by,
        "reason": promotion.reason,
        "promoted_at": pd.Timestamp(promotion.promoted_at),
    }
    lake.append_missing(IN_FORCE, pd.DataFrame([row]), {"asset": IN_FORCE.name})


def ensure_in_force(
    lake: Lake, on_disk: Edition, days: Sequence[date], first_day: date, now: datetime, *, asked_by_person: bool
) -> dict[date, Promotion]:
    """The promotion for each day of a run; promotes the edition on disk where that is what the caller wants.

    - Nothing in force yet: the edition on disk holds from the first day there can be.
    - A person asked for the days and the edition on disk is another: it holds from the first of these days on.
      Asking for days after a change of prompts is the act that promotes it; days not asked for stay as they are.
    - Automation asked: a day keeps the edition it has. A changed edition holds from today on, so that history is
      never changed silently.

    Args:
        lake: Where promotions are.
        on_disk: The edition in the prompts folder now.
        days: The days of the run.
        first_day: First day there can be.
        now: The time, UTC.
        asked_by_person: Whether a person asked for these days, by command or in the UI.
    """
    known = promotions(lake)
    if not known:
        promote(lake, Promotion(first_day, on_disk, "feedback", "first run", now))
    elif asked_by_person:
        if any(_edition(day, known) != on_disk for day in days):
            promote(lake, Promotion(min(days), on_disk, "feedback run", "prompts changed on disk", now))
    elif _edition(now.date(), known) != on_disk:
        promote(lake, Promotion(now.date(), on_disk, "feedback", "prompts changed on disk, for days from now on", now))
    known = promotions(lake)
    return {day: in_force_on(day, known) or known[0] for day in days}


def keep_files(prompts: Path, editions: Path, edition: Edition) -> Path:
    """Copy an edition's files beside the lake, once, so that an old day can be labelled as it was.

    Args:
        prompts: The prompts folder it was loaded from.
        editions: Where editions are kept.
        edition: Its versions.
    """
    kept = editions / edition.folder_name
    if not kept.is_dir():
        draft = editions / f".{edition.folder_name}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name in _FILES:
            if (prompts / name).is_file():
                shutil.copyfile(prompts / name, draft / name)
        if (prompts / _EXAMPLES).is_dir():
            shutil.copytree(prompts / _EXAMPLES, draft / _EXAMPLES)
        draft.rename(kept)
    return kept


def _edition(day: date, known: Sequence[Promotion]) -> Edition | None:
    found = in_force_on(day, known)
    return found.edition if found else None
