"""Active versions: which version set of prompts, taxonomy, thresholds, rules and local model labels which day.

A row says "from this day on" or "from this day to that". Of the rows that reach a day the one promoted last is active;
one narrowed to a scope is an override of those before it. So a day computed again is labelled as it was, until
somebody promotes another version set for it. Each promoted version set's files are kept.
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

from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.model.out_of_field import OUT_OF_FIELD
from feedback_assets.config.word_files import VALENCE
from feedback_assets.errors import CallError
from feedback_assets.files.whole_files import beside, sweep, write_through
from feedback_assets.lake.store import Lake
from feedback_assets.tables import ACTIVE_VERSIONS, GOLD_ITEMS

# What a version set is made of: all that `read_classifier` and the training of the local model read.
_FILES = ("taxonomy.yaml", "thresholds.yaml", "cues.yaml", "moderation.yaml", "classify.md", "lexicon.yaml")
_FOLDERS = ("examples", OUT_OF_FIELD, VALENCE)


@dataclass(frozen=True)
class VersionSet:
    """The versions that a label depends on: prompt, taxonomy, thresholds, rules and local model."""

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
class Override:
    """A version set over earlier ones, and the categories whose items it labels again.

    The base of a day has no scope: it labels every item.
    """

    version_set: VersionSet
    scope: tuple[str, ...] = ()


ActiveVersions = tuple[Override, ...]


@dataclass(frozen=True)
class Promotion:
    """A version set is active from a day on, because of a person or a first run.

    Attributes:
        effective_day: First day it holds for.
        last_day: Last day it holds for; None for all days from the first on.
        scope: Categories it is narrowed to; empty for every item.
    """

    effective_day: date
    version_set: VersionSet
    promoted_by: str
    reason: str
    promoted_at: datetime
    last_day: date | None = None
    scope: tuple[str, ...] = ()

    def reaches(self, day: date) -> bool:
        """Whether the promotion applies to a day."""
        return self.effective_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class LabelRequest:
    """How a run was requested: by whom, whether as a backfill, and for which categories.

    Attributes:
        by_person: By command or in the UI; else by automation.
        backfill: The version set is named: exactly these days are to be labelled with it, and the call has decided so.
        scope: Categories the version set is narrowed to; empty for every item.
    """

    by_person: bool
    backfill: bool = False
    scope: tuple[str, ...] = ()


class VersionSetError(CallError):
    """A version set cannot be used any more; the message names it and the fix."""


def version_set_of(classifier: Classifier) -> VersionSet:
    """The version set that a classifier was loaded from."""
    return VersionSet(
        classifier.prompt.version,
        classifier.taxonomy.version,
        classifier.thresholds_version,
        classifier.rules_version,
        classifier.local.version,
    )


def promotions(lake: Lake) -> list[Promotion]:
    """All promotions, the oldest first."""
    rows = cast("list[dict[str, Any]]", lake.read(ACTIVE_VERSIONS).to_dict("records"))
    known = [
        Promotion(
            row["effective_day"],
            VersionSet(**{name: str(row[name]) for name in VersionSet.__dataclass_fields__}),
            str(row["promoted_by"]),
            str(row["reason"]),
            cast("pd.Timestamp", row["promoted_at"]).to_pydatetime(),
            row["last_day"] if isinstance(row["last_day"], date) else None,
            scope_of(row["scope"]),
        )
        for row in rows
    ]
    return sorted(known, key=lambda promotion: promotion.promoted_at)


def scope_of(value: object) -> tuple[str, ...]:
    """The categories of a scope written as `a, b`; none for null."""
    return tuple(sorted({name.strip() for name in value.split(",") if name.strip()})) if isinstance(value, str) else ()


def active_on(day: date, known: Sequence[Promotion]) -> ActiveVersions:
    """The active version sets of a day: the last promotion for all items, then the narrowed ones since.

    Args:
        day: The day.
        known: Promotions, the oldest first.
    """
    active: ActiveVersions = ()
    for promotion in known:
        if not promotion.reaches(day):
            continue
        base, override = Override(promotion.version_set), Override(promotion.version_set, promotion.scope)
        if not override.scope or not active:
            active = (base,)
        elif override not in active and active != (base,):
            active += (override,)
    return active


def current_versions(lake: Lake, day: date) -> ActiveVersions:
    """The active version sets of a day; empty before the first run."""
    return active_on(day, promotions(lake))


def promote(lake: Lake, promotion: Promotion) -> None:
    """Store a promotion; the same one twice is stored once."""
    row = {
        "effective_day": promotion.effective_day,
        "last_day": promotion.last_day,
        "scope": ", ".join(promotion.scope) or None,
        **asdict(promotion.version_set),
        "promoted_by": promotion.promoted_by,
        "reason": promotion.reason,
        "promoted_at": pd.Timestamp(promotion.promoted_at),
    }
    lake.append_missing(ACTIVE_VERSIONS, pd.DataFrame([row]), {"asset": ACTIVE_VERSIONS.name})


def ensure_active(
    lake: Lake, wanted: VersionSet, days: Sequence[date], first_day: date, now: datetime, request: LabelRequest
) -> dict[date, ActiveVersions]:
    """The active version sets of each day of a run; promotes the wanted one where the request says so.

    - Nothing active yet: it is active from the first day there can be.
    - A backfill named it: it is active for exactly these days, narrowed to the scope if there is one.
    - A person asked for the days: it is active for them, and for later days if none of those is labelled. Asking for
      days after a change of prompts is the act that promotes it; days not asked for stay as they are. But a version
      set that somebody narrowed is not widened by the way: labelled days keep what they have.
    - Automation asked: a day keeps what it has. A changed version set is active from today on, so that history is
      never changed silently.

    Args:
        lake: Where promotions are.
        wanted: The version set of the prompts folder now, or the one a backfill names.
        days: The days of the run, in order.
        first_day: First day there can be.
        now: The time, UTC.
        request: Who asked for these days.
    """
    known = promotions(lake)
    newest_labelled = max(lake.days(GOLD_ITEMS), default=None)
    for promotion in _promotions_of(known, wanted, days, first_day, now, request, newest_labelled):
        promote(lake, promotion)
    known = promotions(lake)
    return {day: active_on(day, known) or (Override(known[0].version_set),) for day in days}


def _promotions_of(
    known: Sequence[Promotion],
    wanted: VersionSet,
    days: Sequence[date],
    first_day: date,
    now: datetime,
    request: LabelRequest,
    newest_labelled: date | None,
) -> list[Promotion]:
    """The promotions a run brings with it; see `ensure_active`."""
    if not known:
        return [Promotion(first_day, wanted, "feedback", "first run", now)]
    whole = (Override(wanted),)
    if request.backfill:
        return backfill_promotions(known, wanted, days, request.scope, now)
    if request.by_person:
        narrowed = any(promotion.scope for promotion in known if promotion.version_set == wanted)
        free = [day for day in days if not narrowed or newest_labelled is None or day > newest_labelled]
        if not any(active_on(day, known) != whole for day in free):
            return []
        last = free[-1] if newest_labelled is not None and newest_labelled > free[-1] else None
        return [Promotion(free[0], wanted, "feedback run", "prompts changed on disk", now, last)]
    if active_on(now.date(), known) == whole:
        return []
    return [Promotion(now.date(), wanted, "feedback", "prompts changed on disk, for days from now on", now)]


def backfill_promotions(
    known: Sequence[Promotion], wanted: VersionSet, days: Sequence[date], scope: tuple[str, ...], now: datetime
) -> list[Promotion]:
    """The promotion a backfill of contiguous days brings with it; none where it is active already."""
    base, override = Override(wanted), Override(wanted, scope)
    actives = [active_on(day, known) for day in days]
    if all((override in active and (scope or active == (override,))) or active == (base,) for active in actives):
        return []
    reason = f"backfill, narrowed to {', '.join(scope)}" if scope else "backfill"
    return [Promotion(days[0], wanted, "feedback prompts", reason, now, days[-1], scope)]


def version_set_by_prompt(known: Sequence[Promotion], on_disk: VersionSet, prompt_version: str | None) -> VersionSet:
    """The version set a backfill names by its prompt version: the one on disk, else the last promoted with it.

    Raises:
        VersionSetError: No version set has that prompt version.
    """
    if prompt_version in (None, "", on_disk.prompt_version):
        return on_disk
    matching = [promotion.version_set for promotion in known if promotion.version_set.prompt_version == prompt_version]
    if not matching:
        raise VersionSetError(
            f"no version set has prompt version {prompt_version}: the prompts folder gives {on_disk.prompt_version}; "
            "it changed since the backfill was planned, so run `feedback prompts plan` again"
        )
    return matching[-1]


def keep_version_files(prompts: Path, folder: Path, version_set: VersionSet) -> Path:
    """Copy a version set's files beside the lake, once, so that an old day can be labelled as it was.

    Args:
        prompts: The prompts folder it was loaded from.
        folder: Where version sets are kept.
        version_set: Its versions.

    Raises:
        OSError: They cannot be read or written; it names the folder they should be in.
    """
    target = folder / version_set.folder_name
    if not target.is_dir():
        draft = beside(target)
        try:
            learned = (path for name in _FOLDERS for path in (prompts / name).rglob("*"))
            for source in [*(prompts / name for name in _FILES), *learned]:
                if source.is_file():
                    copy = draft / source.relative_to(prompts)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    write_through(copy, source.read_bytes())
            draft.rename(target)
        except OSError as error:
            if not target.is_dir():  # else another process has kept the same files meanwhile
                raise OSError(error.errno, error.strerror, str(target)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    sweep(folder, "")
    return target
