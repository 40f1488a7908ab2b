"""In force: which edition of prompts, taxonomy, thresholds, rules and local model labels which day.

A row says "from this day on" or "from this day to that"; of the rows that reach a day, the one promoted last holds,
and one narrowed to a scope lies over those before it. So a day computed again is labelled as it was, until somebody
promotes another edition for it. Each promoted edition's files are kept.
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

from feedback_assets.classification.classifier import Reader
from feedback_assets.errors import CallError
from feedback_assets.files.whole_files import beside, sweep, write_through
from feedback_assets.lake.store import Lake
from feedback_assets.tables import GOLD_ITEMS, IN_FORCE

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
class Layer:
    """An edition, and the categories it is narrowed to: it labels only items that the layers below label so."""

    edition: Edition
    scope: tuple[str, ...] = ()


Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Promotion:
    """An edition holds from a day on, because of a person or a first run.

    Attributes:
        effective_day: First day it holds for.
        last_day: Last day it holds for; None for all days from the first on.
        scope: Categories it is narrowed to; empty for every item.
    """

    effective_day: date
    edition: Edition
    promoted_by: str
    reason: str
    promoted_at: datetime
    last_day: date | None = None
    scope: tuple[str, ...] = ()

    def reaches(self, day: date) -> bool:
        """Whether it holds for a day."""
        return self.effective_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Asked:
    """Who asked for a run's days, and with what in mind.

    Attributes:
        by_person: By command or in the UI; else by automation.
        backfill: The edition is named: exactly these days are to be labelled with it, and the call has decided so.
        scope: Categories the edition is narrowed to; empty for every item.
    """

    by_person: bool
    backfill: bool = False
    scope: tuple[str, ...] = ()


class EditionError(CallError):
    """An edition cannot be used any more; the message names it and the mend."""


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
            row["last_day"] if isinstance(row["last_day"], date) else None,
            scope_of(row["scope"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda promotion: promotion.promoted_at)


def scope_of(told: object) -> tuple[str, ...]:
    """The categories of a scope written as `a, b`; none for null."""
    return tuple(sorted({name.strip() for name in told.split(",") if name.strip()})) if isinstance(told, str) else ()


def layers_on(day: date, known: Sequence[Promotion]) -> Layers:
    """What labels a day, the lowest first: the last promotion for every item, and the narrowed ones since.

    Args:
        day: The day.
        known: Promotions, the oldest first.
    """
    found: Layers = ()
    for promotion in known:
        if not promotion.reaches(day):
            continue
        layer = Layer(promotion.edition, promotion.scope)
        if not layer.scope or not found:
            found = (Layer(promotion.edition),)
        elif layer not in found and found != (Layer(promotion.edition),):
            found = (*found, layer)
    return found


def current_in_force(lake: Lake, day: date) -> Layers:
    """What labels a day; empty before the first run."""
    return layers_on(day, promotions(lake))


def promote(lake: Lake, promotion: Promotion) -> None:
    """Write a promotion down; the same one twice is written once."""
    row = {
        "effective_day": promotion.effective_day,
        "last_day": promotion.last_day,
        "scope": ", ".join(promotion.scope) or None,
        **asdict(promotion.edition),
        "promoted_by": promotion.promoted_by,
        "reason": promotion.reason,
        "promoted_at": pd.Timestamp(promotion.promoted_at),
    }
    lake.append_missing(IN_FORCE, pd.DataFrame([row]), {"asset": IN_FORCE.name})


def ensure_in_force(
    lake: Lake, wanted: Edition, days: Sequence[date], first_day: date, now: datetime, asked: Asked
) -> dict[date, Layers]:
    """What labels each day of a run; promotes the wanted edition where that is what the caller asks for.

    - Nothing in force yet: it holds from the first day there can be.
    - A backfill named it: it holds for exactly these days, narrowed to the scope if there is one.
    - A person asked for the days: it holds for them, and for later days if none of those is labelled. Asking for
      days after a change of prompts is the act that promotes it; days not asked for stay as they are. But an
      edition that somebody narrowed is not widened by the way: labelled days keep what they have.
    - Automation asked: a day keeps what it has. A changed edition holds from today on, so that history is never
      changed silently.

    Args:
        lake: Where promotions are.
        wanted: The edition in the prompts folder now, or the one a backfill names.
        days: The days of the run, in order.
        first_day: First day there can be.
        now: The time, UTC.
        asked: Who asked for these days.
    """
    known = promotions(lake)
    labelled = max(lake.days(GOLD_ITEMS), default=None)
    for promotion in _wished(known, wanted, days, first_day, now, asked, labelled):
        promote(lake, promotion)
    known = promotions(lake)
    return {day: layers_on(day, known) or (Layer(known[0].edition),) for day in days}


def _wished(
    known: Sequence[Promotion],
    wanted: Edition,
    days: Sequence[date],
    first_day: date,
    now: datetime,
    asked: Asked,
    labelled: date | None,
) -> list[Promotion]:
    """The promotions a run brings with it; see `ensure_in_force`."""
    if not known:
        return [Promotion(first_day, wanted, "feedback", "first run", now)]
    everything = (Layer(wanted),)
    if asked.backfill:
        return planned_promotions(known, wanted, days, asked.scope, now)
    if asked.by_person:
        narrowed = any(promotion.scope for promotion in known if promotion.edition == wanted)
        anew = [day for day in days if not narrowed or labelled is None or day > labelled]
        if not any(layers_on(day, known) != everything for day in anew):
            return []
        last = anew[-1] if labelled is not None and labelled > anew[-1] else None
        return [Promotion(anew[0], wanted, "feedback run", "prompts changed on disk", now, last)]
    if layers_on(now.date(), known) == everything:
        return []
    return [Promotion(now.date(), wanted, "feedback", "prompts changed on disk, for days from now on", now)]


def planned_promotions(
    known: Sequence[Promotion], wanted: Edition, days: Sequence[date], scope: tuple[str, ...], now: datetime
) -> list[Promotion]:
    """The promotion a backfill of contiguous days brings with it; none where it is in force already."""
    layer = Layer(wanted, scope)
    in_force = [layers_on(day, known) for day in days]
    if all((layer in found and (scope or found == (layer,))) or found == (Layer(wanted),) for found in in_force):
        return []
    told = f"backfill, narrowed to {', '.join(scope)}" if scope else "backfill"
    return [Promotion(days[0], wanted, "feedback prompts", told, now, days[-1], scope)]


def named_edition(known: Sequence[Promotion], on_disk: Edition, prompt_version: str | None) -> Edition:
    """The edition a backfill names by its prompt version: the one on disk, else the last promoted with it.

    Raises:
        EditionError: No edition has that prompt version.
    """
    if prompt_version in (None, "", on_disk.prompt_version):
        return on_disk
    found = [promotion.edition for promotion in known if promotion.edition.prompt_version == prompt_version]
    if not found:
        raise EditionError(
            f"no edition has prompt version {prompt_version}: the prompts folder gives {on_disk.prompt_version}; "
            "it changed since the backfill was planned, so run `feedback prompts plan` again"
        )
    return found[-1]


def keep_files(prompts: Path, editions: Path, edition: Edition) -> Path:
    """Copy an edition's files beside the lake, once, so that an old day can be labelled as it was.

    Args:
        prompts: The prompts folder it was loaded from.
        editions: Where editions are kept.
        edition: Its versions.

    Raises:
        OSError: They cannot be read or written; it names the folder they should be in.
    """
    kept = editions / edition.folder_name
    if not kept.is_dir():
        draft = beside(kept)
        try:
            for source in [*(prompts / name for name in _FILES), *(prompts / _EXAMPLES).rglob("*")]:
                if source.is_file():
                    copy = draft / source.relative_to(prompts)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    write_through(copy, source.read_bytes())
            draft.rename(kept)
        except OSError as error:
            if not kept.is_dir():  # else another process has kept the same files meanwhile
                raise OSError(error.errno, error.strerror, str(kept)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    sweep(editions, "")
    return kept
