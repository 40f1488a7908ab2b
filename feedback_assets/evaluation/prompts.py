"""A change of prompts, planned and compared: opens what the settings name, and puts plan, prices and scores together.

What a run would send is found in `classification/planning.py`; commands and assets only show what is made here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from feedback_assets import tables
from feedback_assets.classification.alternatives import EVERYTHING, Scope, close_alternatives
from feedback_assets.classification.cascade import Asking, classify
from feedback_assets.classification.in_force import Layers, Promotion, layers_on, promotions
from feedback_assets.classification.labels import Item
from feedback_assets.classification.opening import Readers, check_scope, open_asking
from feedback_assets.classification.planning import (
    Change,
    DayPlan,
    Usage,
    category_of,
    changes,
    contiguous,
    days_planned,
    usage_of,
)
from feedback_assets.classification.reader import Reader
from feedback_assets.evaluation.golden import load_golden
from feedback_assets.evaluation.scores import score
from feedback_assets.lake.store import Lake
from feedback_assets.settings import Settings
from feedback_assets.taxonomy import load_taxonomy
from feedback_assets.thresholds import load_thresholds

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Price:
    """What a million tokens of a model cost, and who says so; None where nobody does."""

    tokens_in: float | None
    tokens_out: float | None
    currency: str
    reason: str

    def of(self, tokens_in: int, tokens_out: int) -> float | None:
        """Price of a request; None where it is not known."""
        if self.tokens_in is None or self.tokens_out is None:
            return None
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1_000_000


@dataclass(frozen=True)
class LeftOut:
    """Days the backfill does not hold, and the prompt versions they keep."""

    days: tuple[date, ...]
    prompt_versions: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What labelling history with the prompts of the folder would send, cost and flip.

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
        found: list[tuple[date, date]] = []
        for first, last in self.blocks:
            held = [day for day in self.days if first <= day.day <= last]
            cost = self.price.of(sum(day.tokens_in for day in held), sum(day.tokens_out for day in held))
            if cost is not None and cost > self.budget * len(held):
                found.append((first, last))
        return found

    @property
    def held(self) -> list[Change]:
        """The items of the affected days."""
        days = {day.day for day in self.days}
        return [change for change in self.changed if change.day in days]


def plan(
    settings: Settings,
    lake: Lake,
    now: datetime,
    scope: Scope = EVERYTHING,
    since: date | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Plan labelling the landed days with the prompts of the folder; nothing is sent and nothing is written.

    Args:
        settings: Prompts, models, the language model and its prices.
        lake: Where silver, ledger and promotions are.
        now: The time, UTC.
        scope: Categories it is narrowed to.
        since: First day looked at; all when not given.
        until: Last day looked at, included.
        progress: Told what takes long.

    Raises:
        CallError: A file of the prompts folder is wrong, or an edition in force cannot be opened.
    """
    tell = progress or _silent
    tell("opening the editions")
    readers = Readers(settings)
    check_scope(scope.categories, readers(readers.today).taxonomy)
    tell("reading feedback and ledger")
    feedback = lake.read(tables.SILVER_FEEDBACK, since, until and until + timedelta(days=1))
    known = promotions(lake)
    days = sorted(set(feedback["day"])) if known else []
    before = {day: layers_before(day, known, readers.today.prompt_version) for day in days}
    after = {day: layers_on(day, [*known, *_promotions(readers, days, scope, now)]) for day in days}
    asking = open_asking(settings, lake, "plan", 1, tell)
    tell(f"reading {len(feedback)} items under the old and the new prompt")
    changed = changes(feedback, _decided(lake), before, after, readers, asking) if days else []
    usage = usage_of(lake.read(tables.LEDGER, columns=["model", "request", "tokens_in", "tokens_out"]), asking.name)
    planned = days_planned(changed, usage)
    held = {day.day for day in planned}
    return Plan(
        prompt_before=_versions(before.values(), readers.today.prompt_version),
        prompt_after=readers.today.prompt_version,
        model=asking.name,
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
    """The scope a person named: a category with its close alternatives, or with those named instead.

    Args:
        settings: Where prompts and models are.
        category: The one whose words changed; None for every item.
        instead: Alternatives a person names instead of the measured ones.
        progress: Told what takes long.

    Raises:
        TaxonomyError: There is no such category; the message names the closest.
    """
    if category is None:
        return EVERYTHING
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    check_scope([category, *instead], taxonomy)
    if instead:
        return Scope(tuple(sorted({category, *instead})), f"{category} and the alternatives named")
    from feedback_assets.classification.training import confusion_of

    section = load_thresholds(settings.prompts_dir / "thresholds.yaml").section("evaluation")
    return close_alternatives(category, confusion_of(settings, progress), section.number("alternative_share", 0, 1))


def layers_before(day: date, known: Sequence[Promotion], prompt_version: str) -> Layers:
    """What labels a day without the promotions of one prompt version; as it is where there is nothing else."""
    others = [promotion for promotion in known if promotion.edition.prompt_version != prompt_version]
    return layers_on(day, others) or layers_on(day, known)


def price_of(settings: Settings) -> Price:
    """The price of the model in use: of the settings, else of the thresholds file, else not known."""
    if {"model_price_in", "model_price_out"} <= settings.model_fields_set:
        told = "FEEDBACK_MODEL_PRICE_IN and FEEDBACK_MODEL_PRICE_OUT"
        return Price(settings.model_price_in, settings.model_price_out, "", told)
    section = load_thresholds(settings.prompts_dir / "thresholds.yaml").section("evaluation")
    prices: Mapping[str, Mapping[str, Any]] = section.values.get("prices") or {}
    found = prices.get(settings.model_deployment)
    if found is None:
        return Price(
            None,
            None,
            "",
            f"the price of {settings.model_deployment} is not known; write it in thresholds.yaml, evaluation.prices, "
            "or set FEEDBACK_MODEL_PRICE_IN and FEEDBACK_MODEL_PRICE_OUT",
        )
    told = f"thresholds.yaml, as of {found.get('as_of', 'not stated')}: {found.get('source', 'no source stated')}"
    return Price(float(found["in"]), float(found["out"]), str(found.get("currency", "")), told)


def golden_scores(
    settings: Settings, lake: Lake, planned: Plan, ask: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """The whole cascade on the golden set under the old prompt and the new, from the ledger's answers.

    Args:
        settings: Where prompts and models are.
        lake: Where ledger and promotions are.
        planned: Names the scope.
        ask: Ask the language model what the ledger lacks, under both prompts; this costs money.
        progress: Told what takes long.

    Returns:
        `before` and `after`, each with prompt version, items, how many the language model answered, accuracy,
        macro-F1 and intervals; `not_asked` says how many questions each still has.
    """
    tell = progress or _silent
    readers = Readers(settings)
    items = load_golden(settings.prompts_dir / "golden", readers(readers.today).taxonomy)
    known = promotions(lake)
    newest = max((change.day for change in planned.changed), default=date.max)
    old = layers_before(newest, known, readers.today.prompt_version)
    texts = [Item(item.text, item.language, item.rating, item.channel) for item in items]
    asking = open_asking(settings, lake, "golden", 1, tell)
    if not ask:
        asking = replace(asking, model=None)
    try:
        found: dict[str, Any] = {}
        for name, reader in (("before", readers(old[-1].edition) if old else None), ("after", readers(readers.today))):
            if reader is not None:
                tell(f"reading {len(items)} golden items under {reader.prompt.version}")
                found[name] = _golden(reader, texts, [item.category for item in items], asking)
        return found
    finally:
        asking.ledger.close()


def _golden(reader: Reader, texts: Sequence[Item], truth: Sequence[str], asking: Asking) -> dict[str, Any]:
    answers = classify(texts, reader, asking)
    result = score(truth, [_LocalView(answer.category, answer.confidence) for answer in answers], {})  # type: ignore[arg-type]
    unsure = sum(
        answer.answered_by == "local_model" and answer.ledger_key is None and answer.confidence < reader.bands.automatic
        for answer in answers
    )
    shown = ("items", "accuracy", "accuracy_interval", "macro_f1", "macro_f1_interval")
    return {
        "prompt_version": reader.prompt.version,
        **{name: result[name] for name in shown},
        "by_language_model": sum(answer.answered_by == "language_model" for answer in answers),
        "not_asked": unsure,
    }


@dataclass(frozen=True)
class _LocalView:
    category: str
    confidence: float


def flips_of(changed: Sequence[Change]) -> list[dict[str, Any]]:
    """Flips by category, the most frequent first: from, to, items."""
    counts = Counter((category_of(c.before), category_of(str(c.after))) for c in changed if c.flips)
    return [
        {"from": old, "to": new, "items": items}
        for (old, new), items in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def agreement(changed: Sequence[Change]) -> float | None:
    """Share of items answered by both prompts whose category is the same; None where there are none."""
    both = [change for change in changed if change.reads_prompt and change.after is not None]
    return round(1 - sum(change.flips for change in both) / len(both), 4) if both else None


def as_dict(planned: Plan) -> dict[str, Any]:
    """The plan as the object that `--json` prints; days as text."""
    held = planned.held
    return {
        "prompt_before": list(planned.prompt_before),
        "prompt_after": planned.prompt_after,
        "model": planned.model,
        "scope": list(planned.scope.categories),
        "scope_reason": planned.scope.reason,
        "reason": planned.reason,
        "runs": [{"from": str(first), "to": str(last)} for first, last in planned.blocks],
        "days": [{**asdict(day), "day": str(day.day)} for day in planned.days],
        "texts": sum(day.texts for day in planned.days),
        "requests": planned.requests,
        "of_these_repairs": sum(day.repairs for day in planned.days),
        "of_these_late": sum(day.late for day in planned.days),
        "not_counted": "retries after rate limits and outages, and repairs of answers that are not there yet",
        "tokens_in": sum(day.tokens_in for day in planned.days),
        "tokens_out": sum(day.tokens_out for day in planned.days),
        "tokens_measured_on": planned.usage.answers,
        "cost": None if planned.cost is None else round(planned.cost, 4),
        "currency": planned.price.currency,
        "price": planned.price.reason,
        "over_budget": [{"from": str(first), "to": str(last)} for first, last in planned.over_budget],
        "flips": flips_of(held),
        "agreement": agreement(held),
        "unknown": sum(day.unknown for day in planned.days),
        "left_out": [
            {"days": [str(day) for day in group.days], "prompt_versions": list(group.prompt_versions)}
            for group in planned.left_out
        ],
    }


def plan_rows(planned: Plan, now: datetime) -> pd.DataFrame:
    """The plan as rows of `evaluation/prompt_plan`, one for each day with feedback."""
    shared = {
        "prompt_before": ", ".join(planned.prompt_before),
        "prompt_after": planned.prompt_after,
        "scope": ", ".join(planned.scope.categories) or None,
    }
    rows: list[dict[str, Any]] = [
        {
            "for_day": day.day,
            "affected": True,
            **shared,
            "items": day.items,
            "texts": day.texts,
            "requests": day.requests,
            "tokens_in": day.tokens_in,
            "tokens_out": day.tokens_out,
            "cost": planned.price.of(day.tokens_in, day.tokens_out),
            "flips": day.flips,
            "unknown": day.unknown,
        }
        for day in planned.days
    ]
    items = Counter(change.day for change in planned.changed)
    for group in planned.left_out:
        kept = {**shared, "prompt_before": ", ".join(group.prompt_versions)}
        nothing = dict.fromkeys(("texts", "requests", "tokens_in", "tokens_out", "flips", "unknown"), 0)
        rows += [
            {"for_day": day, "affected": False, **kept, "items": items[day], **nothing, "cost": 0.0}
            for day in group.days
        ]
    rows.sort(key=lambda row: row["for_day"])
    plan_id = hashlib.sha256(json.dumps(rows, default=str, sort_keys=True).encode()).hexdigest()[:16]
    columns = list(tables.PROMPT_PLAN.column_names)
    return pd.DataFrame([{"plan_id": plan_id, **row, "planned_at": pd.Timestamp(now)} for row in rows], columns=columns)


def change_rows(changed: Sequence[Change], now: datetime) -> pd.DataFrame:
    """The items that both prompts answered, as rows of `evaluation/label_changes`."""
    rows = [
        {
            "day": change.day,
            "event_id": change.event_id,
            "prompt_before": change.prompt_before,
            "prompt_after": change.prompt_after,
            "label_before": change.before,
            "label_after": change.after,
            "answered_by_before": change.by_before,
            "answered_by_after": change.by_after,
            "flips": change.flips,
            "compared_at": pd.Timestamp(now),
        }
        for change in changed
        if change.after is not None and change.prompt_before != change.prompt_after
    ]
    return pd.DataFrame(rows, columns=list(tables.LABEL_CHANGES.column_names))


def _promotions(readers: Readers, days: Sequence[date], scope: Scope, now: datetime) -> list[Promotion]:
    if not days:
        return []
    return [Promotion(days[0], readers.today, "plan", "planned", now, days[-1], scope.categories)]


def _versions(layers: Any, today: str) -> tuple[str, ...]:
    found = {layer.edition.prompt_version for held in layers for layer in held}
    return tuple(sorted(found - {today})) or tuple(sorted(found))


def _left_out(days: Sequence[date], known: Sequence[Promotion]) -> tuple[LeftOut, ...]:
    versions: dict[tuple[str, ...], list[date]] = {}
    for day in days:
        kept = tuple(layer.edition.prompt_version for layer in layers_on(day, known))
        versions.setdefault(kept, []).append(day)
    return tuple(LeftOut(tuple(held), kept) for kept, held in versions.items())


def _decided(lake: Lake) -> set[str]:
    return set(lake.read(tables.SILVER_CORRECTIONS, columns=["event_id"])["event_id"])


def _reason(settings: Settings, known: Sequence[Promotion], planned: Sequence[DayPlan], scope: Scope) -> str:
    if not known:
        return "nothing was labelled yet; `feedback run` labels with the prompts of the folder"
    if not planned and settings.model_provider == "none":
        return "no language model is set up, so the prompt is sent with nothing (FEEDBACK_MODEL_PROVIDER)"
    if not planned:
        return "no day holds an item that the changed words would be sent with"
    narrowed = f" that are labelled {' or '.join(scope.categories)}" if scope.categories else ""
    return f"{len(planned)} days hold items{narrowed} that the changed words are sent with"


def _silent(_text: str) -> None: ...
