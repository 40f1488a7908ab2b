"""Plans a change of prompts: which days would be labelled again, with how many requests, at what price.

Reads the lake and the prompts folder. What a run would send is computed in `classification/prompt_changes.py`; how a
plan is shown and stored stands in `prompt_report.py`, its golden scores in `prompt_golden.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from feedback_assets import tables
from feedback_assets.classification.active_versions import ActiveVersions, Promotion, active_on, promotions
from feedback_assets.classification.confusions import EVERYTHING, Scope, close_alternatives
from feedback_assets.classification.ledger import read_usage
from feedback_assets.classification.loader import ClassifierRegistry, check_scope, open_client
from feedback_assets.classification.prompt_changes import (
    Change,
    DayPlan,
    Usage,
    compare_labels,
    contiguous,
    measure_usage,
    plan_days,
)
from feedback_assets.classification.rows import ITEM_COLUMNS
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.evaluation.prices import Price, price_of
from feedback_assets.lake.store import Lake

Progress = Callable[[str], None]
# Tokens of a request are measured on the answers of this long: enough of them, of the model as it is now.
_USAGE_WINDOW = timedelta(days=90)


@dataclass(frozen=True)
class LeftOut:
    """Days outside the backfill, and the prompt versions that keep labelling them."""

    days: tuple[date, ...]
    prompt_versions: tuple[str, ...]


@dataclass(frozen=True)
class PromptPlan:
    """Requests, cost and flips of labelling the history with the prompts of the folder.

    Attributes:
        reason: In one sentence, what is asked for and why, or why nothing is.
        days: The affected days in order.
        blocks: First and last day of each run.
        changed: Every item of every day looked at, its label before and after.
    """

    prompt_before: tuple[str, ...]
    prompt_after: str
    model: str
    scope: Scope
    reason: str
    days: tuple[DayPlan, ...]
    blocks: tuple[tuple[date, date], ...]
    left_out: tuple[LeftOut, ...]
    price: Price
    usage: Usage
    budget: float
    changed: tuple[Change, ...] = field(repr=False)

    @property
    def requests(self) -> int:
        """How many first questions and known repairs are sent."""
        return sum(day.requests for day in self.days)

    @property
    def cost(self) -> float | None:
        """Price of all days; None where it is not known."""
        return self.price.of(sum(day.tokens_in for day in self.days), sum(day.tokens_out for day in self.days))

    @property
    def over_budget(self) -> list[tuple[date, date]]:
        """Blocks that cost more than FEEDBACK_DAILY_BUDGET allows for their days."""
        over: list[tuple[date, date]] = []
        for first, last in self.blocks:
            held = [day for day in self.days if first <= day.day <= last]
            cost = self.price.of(sum(day.tokens_in for day in held), sum(day.tokens_out for day in held))
            if cost is not None and cost > self.budget * len(held):
                over.append((first, last))
        return over

    @property
    def held(self) -> list[Change]:
        """The items of the affected days."""
        days = {day.day for day in self.days}
        return [change for change in self.changed if change.day in days]


def plan_prompt_change(
    settings: Settings,
    lake: Lake,
    now: datetime,
    scope: Scope = EVERYTHING,
    since: date | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> PromptPlan:
    """Plan labelling the landed days with the prompts of the folder; no request is sent, no table is written.

    Args:
        settings: Prompts, models, the language model and its prices.
        lake: Where silver, ledger and promotions are.
        now: The time, UTC.
        scope: Categories it is narrowed to.
        since: First day looked at; all when not given.
        until: Last day looked at, included.
        progress: Called with a line of text before each slow step.

    Raises:
        CallError: A file of the prompts folder is wrong, or a version set in force cannot be opened.
    """
    report = progress or silent
    report("opening the version sets")
    registry = ClassifierRegistry(settings)
    check_scope(scope.categories, registry(registry.today).taxonomy)
    report("reading feedback and ledger")
    # Without --from the whole history is read: only the cascade tells which items the changed words are sent with.
    window = (since, until and until + timedelta(days=1))
    feedback = lake.read(tables.SILVER_FEEDBACK, *window, ["day", "event_id", *ITEM_COLUMNS])
    known = promotions(lake)
    days = sorted(set(feedback["day"])) if known else []
    before = {day: active_before(day, known, registry.today.prompt_version) for day in days}
    after = {day: active_on(day, [*known, *_promotions(registry, days, scope, now)]) for day in days}
    client = open_client(settings, lake, "plan", 1, report)
    report(f"reading {len(feedback)} items under the old and the new prompt")
    changed = compare_labels(feedback, _decided(lake, *window), before, after, registry, client) if days else []
    usage = measure_usage(read_usage(lake, client.name, now - _USAGE_WINDOW))
    planned = plan_days(changed, usage)
    held = {day.day for day in planned}
    return PromptPlan(
        prompt_before=_versions(before.values(), registry.today.prompt_version),
        prompt_after=registry.today.prompt_version,
        model=client.name,
        scope=scope,
        reason=_reason(settings, known, planned, scope),
        days=tuple(planned),
        blocks=tuple(contiguous([day.day for day in planned])),
        left_out=_left_out([day for day in days if day not in held], known),
        price=price_of(settings),
        usage=usage,
        budget=settings.daily_budget,
        changed=tuple(changed),
    )


def scope_named(
    settings: Settings, category: str | None, instead: Sequence[str] = (), progress: Progress | None = None
) -> Scope:
    """The scope of a category: with its measured close alternatives, or with those that a person names.

    Args:
        settings: Where prompts and models are.
        category: The one whose words changed; None for every item.
        instead: Alternatives a person names instead of the measured ones.
        progress: Called with a line of text before each slow step.

    Raises:
        TaxonomyError: There is no such category; the message names the closest.
    """
    if category is None:
        return EVERYTHING
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    check_scope([category, *instead], taxonomy)
    if instead:
        return Scope(tuple(sorted({category, *instead})), f"{category} and the alternatives named")
    from feedback_assets.classification.model.trained import confusion_of

    rules = load_config(settings.prompts_dir).thresholds.evaluation
    return close_alternatives(category, confusion_of(settings, progress), rules.alternative_share)


def active_before(day: date, known: Sequence[Promotion], prompt_version: str) -> ActiveVersions:
    """The active versions of a day without the promotions of one prompt version; all of them where no other is left."""
    others = [promotion for promotion in known if promotion.version_set.prompt_version != prompt_version]
    return active_on(day, others) or active_on(day, known)


def _promotions(registry: ClassifierRegistry, days: Sequence[date], scope: Scope, now: datetime) -> list[Promotion]:
    if not days:
        return []
    return [Promotion(days[0], registry.today, "plan", "planned", now, days[-1], scope.categories)]


def _versions(active: Iterable[ActiveVersions], today: str) -> tuple[str, ...]:
    versions = {override.version_set.prompt_version for held in active for override in held}
    return tuple(sorted(versions - {today})) or tuple(sorted(versions))


def _left_out(days: Sequence[date], known: Sequence[Promotion]) -> tuple[LeftOut, ...]:
    versions: dict[tuple[str, ...], list[date]] = {}
    for day in days:
        prompt_versions = tuple(override.version_set.prompt_version for override in active_on(day, known))
        versions.setdefault(prompt_versions, []).append(day)
    return tuple(LeftOut(tuple(held), prompt_versions) for prompt_versions, held in versions.items())


def _decided(lake: Lake, start: date | None, end: date | None) -> set[str]:
    """Ids of the items that a person labelled; a correction stands on the day of its item, as a run reads it."""
    return set(lake.read(tables.SILVER_CORRECTIONS, start, end, ["event_id"])["event_id"])


def _reason(settings: Settings, known: Sequence[Promotion], planned: Sequence[DayPlan], scope: Scope) -> str:
    if not known:
        return "nothing was labelled yet; `feedback run` labels with the prompts of the folder"
    if not planned and settings.model_provider == "none":
        return "no language model is set up, so the prompt is sent with nothing (FEEDBACK_MODEL_PROVIDER)"
    if not planned:
        return "no day holds an item that the changed words would be sent with"
    narrowed = f" that are labelled {' or '.join(scope.categories)}" if scope.categories else ""
    return f"{len(planned)} days hold items{narrowed} that the changed words are sent with"


def silent(_text: str) -> None:
    """Progress that is not shown."""
