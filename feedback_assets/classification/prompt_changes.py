"""Computes what a change of prompts would send and change on some days; nothing is sent.

The labels are found by the very code that a run uses, with a model that only takes notes; so the plan and the run
agree to the request. Reading tables and telling people stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from feedback_assets.classification.active_versions import ActiveVersions, VersionSet
from feedback_assets.classification.cascade.cascade import request_key
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.ledger import messages_json
from feedback_assets.classification.llm.language_model import Reply, ReplyOutcome, Request
from feedback_assets.classification.llm.model_client import ModelClient, ledger_key
from feedback_assets.classification.overrides import LabelledItem, classify_with_overrides
from feedback_assets.classification.rows import items_of

ClassifierOf = Callable[[VersionSet], Classifier]


@dataclass
class RecordingModel:
    """A language model that notes what it is asked and answers nothing.

    Attributes:
        noted: Characters of each request by the key of its first question, and whether it is a repair.
    """

    name: str
    sampling: Mapping[str, Any]
    noted: dict[str, tuple[int, bool]] = field(default_factory=dict[str, tuple[int, bool]])

    def ask(self, requests: Sequence[Request], keep: Callable[[Request, Reply], None]) -> list[Reply]:
        """Note each request; see `LanguageModel.ask`."""
        reply = Reply(ReplyOutcome.BUDGET, detail="it is only planned")
        for request in requests:
            first = ledger_key(request.messages[:2], request.schema, self.name, self.sampling)
            self.noted[first] = (len(messages_json(request.messages)), len(request.messages) > 2)
            keep(request, reply)
        return [reply for _ in requests]


@dataclass(frozen=True)
class Change:
    """The label of one item before and after the change.

    Attributes:
        prompt_before: Prompt version of the old label.
        prompt_after: Prompt version of the new one.
        by_before: Who gave the old label.
        by_after: Who gives the new one; None as long as the language model was not asked.
        before: Category and sub-label before, such as `defect/stops_working`.
        after: The same after; None as long as the language model was not asked.
        in_scope: The changed words are sent with it, or its label changes without them.
        reads_prompt: The changed words are sent with it, now or in an earlier run.
        question: Ledger key of its first question; equal texts share it.
        asks: The run asks about it.
        repair: What it asks is the repair of an earlier answer that could not be used.
        characters: Length of that request.
    """

    day: date
    event_id: str
    prompt_before: str
    prompt_after: str
    by_before: str
    by_after: str | None
    before: str
    after: str | None
    in_scope: bool
    reads_prompt: bool
    question: str
    asks: bool
    repair: bool
    characters: int

    @property
    def flips(self) -> bool:
        """Whether the category changes, as far as is known."""
        return self.after is not None and category_of(self.before) != category_of(self.after)


def category_of(label: str) -> str:
    """The category of `category/sub_label`."""
    return label.split("/")[0]


@dataclass(frozen=True)
class Usage:
    """Tokens of a request, measured on the ledger's answers, else default values."""

    characters_per_token: float = 3.0
    tokens_out: float = 500.0
    answers: int = 0


def measure_usage(answers: pd.DataFrame) -> Usage:
    """Measure tokens on answers; the supposed numbers where there are none.

    Args:
        answers: Columns `request_characters`, `tokens_in`, `tokens_out` of `ledger/answers`, of one model.
    """
    rows = answers[answers["tokens_in"] > 0]
    if rows.empty:
        return Usage()
    characters = float(rows["request_characters"].sum())
    return Usage(characters / float(rows["tokens_in"].sum()), float(rows["tokens_out"].mean()), len(rows))


@dataclass(frozen=True)
class DayPlan:
    """Counts of what a run over one day sends and changes.

    Attributes:
        items: Items of the day.
        texts: Items the changed words are sent with, those answered already included.
        requests: Questions the ledger cannot answer; one that an earlier day of the plan asks is not counted again.
        repairs: Of these, second questions after an answer that could not be used.
        late: Of these, about items that no version had answered, sent with the new words whatever their label.
        flips: Items whose category is known to change.
        unknown: Items of which only the answer will tell.
    """

    day: date
    items: int
    texts: int
    requests: int
    repairs: int
    late: int
    tokens_in: int
    tokens_out: int
    flips: int
    unknown: int


def plan_days(changed: Sequence[Change], usage: Usage) -> list[DayPlan]:
    """The affected days in order: those that hold an item the changed words are sent with or whose label changes."""
    affected = sorted({change.day for change in changed if change.in_scope})
    asked: set[str] = set()
    plans: list[DayPlan] = []
    for day in affected:
        rows = [change for change in changed if change.day == day]
        new = list({row.question: row for row in rows if row.asks and row.question not in asked}.values())
        asked |= {row.question for row in new}
        plans.append(
            DayPlan(
                day=day,
                items=len(rows),
                texts=sum(row.reads_prompt for row in rows),
                requests=len(new),
                repairs=sum(row.repair for row in new),
                late=sum(not row.in_scope for row in new),
                tokens_in=round(sum(row.characters for row in new) / usage.characters_per_token),
                tokens_out=round(len(new) * usage.tokens_out),
                flips=sum(row.flips for row in rows),
                unknown=sum(row.after is None for row in rows),
            )
        )
    return plans


def contiguous(days: Sequence[date]) -> list[tuple[date, date]]:
    """First and last day of each block of neighbouring days, the oldest first."""
    blocks: list[tuple[date, date]] = []
    for day in sorted(days):
        if blocks and day - blocks[-1][1] == timedelta(days=1):
            blocks[-1] = (blocks[-1][0], day)
        else:
            blocks.append((day, day))
    return blocks


def compare_labels(
    feedback: pd.DataFrame,
    decided: Collection[str],
    before: Mapping[date, ActiveVersions],
    after: Mapping[date, ActiveVersions],
    classifier_of: ClassifierOf,
    client: ModelClient,
) -> list[Change]:
    """What running the days under other version sets sends and changes, item by item, in the order of days.

    Args:
        feedback: Rows of `silver/feedback`.
        decided: Ids of items that a person labelled: they are asked about too, but keep their label.
        before: What labels each day now, or did before.
        after: What would label it.
        classifier_of: Opens a version set.
        client: The ledger, and how the model would be asked; the model itself is not, and where there is none a run
            would ask nothing either.

    Raises:
        VersionSetError: A version set cannot be opened any more.
    """
    changes: list[Change] = []
    pairs = {day: (before[day], after[day]) for day in after}
    for old, new in dict.fromkeys(pairs.values()):
        rows = feedback[feedback["day"].isin([day for day, pair in pairs.items() if pair == (old, new)])]
        if not rows.empty:
            changes += _changes(rows, decided, old, new, classifier_of, client)
    return sorted(changes, key=lambda change: (change.day, change.event_id))


def _changes(
    rows: pd.DataFrame,
    decided: Collection[str],
    old: ActiveVersions,
    new: ActiveVersions,
    classifier_of: ClassifierOf,
    client: ModelClient,
) -> list[Change]:
    items = items_of(rows)
    notes = RecordingModel(client.name, client.sampling)
    was = classify_with_overrides(items, old, classifier_of, replace(client, model=None))
    will = classify_with_overrides(
        items, new, classifier_of, replace(client, model=notes if client.model is not None else None)
    )
    return [
        _change(day, str(event), item, old_label, new_label, event in decided, notes, client)
        for day, event, item, old_label, new_label in zip(rows["day"], rows["event_id"], items, was, will, strict=True)
    ]


def _change(
    day: date,
    event: str,
    item: Item,
    was: LabelledItem,
    will: LabelledItem,
    decided: bool,
    notes: RecordingModel,
    client: ModelClient,
) -> Change:
    question = request_key(item, will.classifier, client)
    asks = question in notes.noted
    characters, repair = notes.noted.get(question, (0, False))
    other_words = was.classifier.prompt.version != will.classifier.prompt.version
    reads = other_words and (asks or will.answer.ledger_key is not None)
    relabelled = not asks and not decided and label_of(was.answer) != label_of(will.answer)
    after = label_of(was.answer) if decided else None if asks else label_of(will.answer)
    return Change(
        day=day,
        event_id=event,
        prompt_before=was.classifier.prompt.version,
        prompt_after=will.classifier.prompt.version,
        by_before=was.answer.answered_by,
        by_after=None if asks else will.answer.answered_by,
        before=label_of(was.answer),
        after=after,
        in_scope=(reads or relabelled) and not will.late,
        reads_prompt=reads,
        question=question,
        asks=asks,
        repair=repair,
        characters=characters,
    )


def label_of(answer: Answer) -> str:
    """Category and sub-label, such as `defect/stops_working`."""
    return f"{answer.category}/{answer.sub_label}" if answer.sub_label else answer.category
