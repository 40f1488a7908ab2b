"""The cascade: rules, then what was already answered, then the local model, then the language model.

One function for each step; each gives an answer or None for "not mine", and the answer says who gave it. Tables,
Dagster and settings stay outside; the clock and the models are given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from feedback_assets.classification.cascade import labels
from feedback_assets.classification.cascade.bands import Triage, triage
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.cascade.moderation import KINDS
from feedback_assets.classification.ledger import Ledger, Row, ledger_key
from feedback_assets.classification.llm.answer import ItemAnswer
from feedback_assets.classification.llm.answer_checks import judge
from feedback_assets.classification.llm.language_model import UNUSABLE, ErrorSummary, LanguageModel, Reply, Request
from feedback_assets.classification.llm.prompt import Message
from feedback_assets.classification.model.local_answer import LocalAnswer


@dataclass(frozen=True)
class ModelClient:
    """How the language model is asked, whether or not there is one in this run.

    Attributes:
        name: Deployment or model name; part of the ledger key.
        sampling: Sampling settings; part of the ledger key.
        ledger: What was already answered.
        model: The model, or None: then only the ledger answers.
        clock: The time of an answer.
        errors: Counts what could not be asked or used.
    """

    name: str
    sampling: Mapping[str, Any]
    ledger: Ledger
    model: LanguageModel | None
    clock: Callable[[], datetime]
    errors: ErrorSummary = field(default_factory=ErrorSummary)


@dataclass
class _Open:
    """An item on its way through the steps."""

    item: Item
    clean: str
    moderation: str | None
    local: LocalAnswer
    notes: list[str] = field(default_factory=list[str])
    triage: Triage | None = None


def classify(items: Sequence[Item], classifier: Classifier, client: ModelClient | None) -> list[Answer]:
    """Label each item; equal items are labelled once.

    Args:
        items: Texts with what is known about them, personal data already replaced.
        classifier: The prompts in force.
        client: The ledger and the language model; None when neither is to be used.
    """
    distinct = list(dict.fromkeys(items))
    entries = _opened(distinct, classifier)
    answers: dict[Item, Answer] = {}
    rest: list[_Open] = []
    for entry in entries:
        answer = by_rule(entry, classifier)
        if answer is None:
            rest.append(entry)
        else:
            answers[entry.item] = answer
    if client is not None:
        rest = _asked(rest, classifier, client, answers)
    for entry in rest:
        answers[entry.item] = by_local_model(entry, classifier)
    return [answers[item] for item in items]


def request_key(item: Item, classifier: Classifier, client: ModelClient) -> str:
    """The ledger key of the first question about an item, whether or not it would be asked."""
    clean = classifier.moderator.clean(item.text).text
    return _key(classifier.prompt.messages(clean, item.channel, item.rating, item.product), classifier, client)


def by_rule(entry: _Open, classifier: Classifier) -> Answer | None:
    """Step one: a measured keyword in a text with one issue, or a text that says nothing."""
    one_issue = not entry.local.secondary
    found = classifier.rules.answer(entry.clean, entry.item.rating, one_issue=one_issue)
    if found is None:
        return None
    where = triage(found.confidence, entry.moderation, classifier.rule_bands)
    if entry.item.text.strip() and not entry.clean:
        where = Triage("people", "the text does nothing but talk to the machine")
    elif found.signal_only and where.triage == "automatic":
        where = Triage("signal", f"{found.reason}; it counts as evidence only")
    elif where.triage == "automatic":
        where = Triage("automatic", f"{found.reason}; {where.reason}")
    return labels.from_rule(entry.item, entry.clean, found, entry.local, classifier, entry.moderation, where)


def by_local_model(entry: _Open, classifier: Classifier) -> Answer:
    """Step three, and the last word when no language model answers: the local model's labels, marked with why."""
    where = entry.triage or triage(entry.local.confidence, entry.moderation, classifier.bands)
    if entry.notes:
        where = Triage(where.triage, "; ".join([where.reason, *entry.notes]))
    return labels.from_local(entry.item, entry.clean, entry.local, classifier, entry.moderation, where)


def is_sure(entry: _Open, classifier: Classifier) -> bool:
    """Whether the local model may answer before the language model is asked."""
    return entry.local.confidence >= classifier.bands.automatic


def _opened(items: Sequence[Item], classifier: Classifier) -> list[_Open]:
    """Moderate every text, set aside sentences that talk to the machine, and ask the local model about the rest.

    The local model is asked here, for all texts at once, because the rules want to know how many issues it sees.
    """
    kinds = classifier.moderator.judge([item.text for item in items], [item.language for item in items])
    clean = [classifier.moderator.clean(item.text).text for item in items]
    local = classifier.local.answer(
        clean,
        [item.language for item in items],
        [item.rating for item in items],
        [item.channel for item in items],
    )
    return [_Open(*entry) for entry in zip(items, clean, kinds, local, strict=True)]


def _asked(
    entries: list[_Open], classifier: Classifier, client: ModelClient, answers: dict[Item, Answer]
) -> list[_Open]:
    """Steps two to four for what no rule answered; returns what is left to the local model."""
    if not len(client.ledger) and client.model is None:
        return entries
    first = {id(entry): _messages(entry, classifier) for entry in entries}
    waiting: list[_Open] = []
    rest: list[_Open] = []
    for entry in entries:
        if answer := by_ledger(entry, first[id(entry)], classifier, client):
            answers[entry.item] = answer
        elif client.model is None or is_sure(entry, classifier):
            rest.append(entry)
        else:
            waiting.append(entry)
    if client.model is not None:
        by_language_model(waiting, first, classifier, client)
        for entry in waiting:
            if answer := by_ledger(entry, first[id(entry)], classifier, client, repaired=True):
                answers[entry.item] = answer
            else:
                rest.append(entry)
    return rest


def by_ledger(
    entry: _Open, messages: list[Message], classifier: Classifier, client: ModelClient, *, repaired: bool = False
) -> Answer | None:
    """Step two: what was answered before to exactly these messages, checked again.

    The answer is booked under the language model that gave it, whether in this run or an earlier one, so that a
    day run twice gives the same table; tokens and cost tell whether this run paid for it.

    Args:
        entry: The item.
        messages: What would be sent.
        classifier: The prompts in force.
        client: The ledger.
        repaired: Whether the repair was tried too: then an answer that cannot be used goes to review with its faults.
    """
    row = client.ledger.find(_key(messages, classifier, client))
    if row is None:
        return None
    verdict, faults = _verdict(row, entry, classifier)
    if verdict is None and row["outcome"] != "refused":
        second = client.ledger.find(_key(_repair(messages, row, faults, classifier), classifier, client))
        if second is not None:
            row = second
            verdict, faults = _verdict(row, entry, classifier)
            if verdict is None and row["outcome"] != "refused" and client.ledger.is_new(row["ledger_key"]):
                # Only the place: a fault quotes the text, which stays in the tables.
                place = faults[0].split(":", 1)[0]
                reason = f"{place} breaks the rules, triage_reason of its item tells how"
                client.errors.add(UNUSABLE, row["ledger_key"], reason)
        elif not repaired and client.model is not None:
            return None
    if verdict is None:
        entry.triage = _refusal(row, faults, entry, classifier)
        return replace(by_local_model(entry, classifier), ledger_key=row["ledger_key"])
    paid = row if client.ledger.is_new(row["ledger_key"]) else {**row, "tokens_in": 0, "tokens_out": 0, "cost": 0.0}
    return _from_model(entry, paid, verdict, classifier)


def by_language_model(
    entries: list[_Open], first: Mapping[int, list[Message]], classifier: Classifier, client: ModelClient
) -> None:
    """Step four: ask about every item, and once more about answers that cannot be used; answers go to the ledger.

    An item that got no answer keeps a note and, where an outage is to blame, goes to review: never a guess.
    """
    again: dict[int, list[Message]] = {}
    for entry in entries:
        row = client.ledger.find(_key(first[id(entry)], classifier, client))
        if row is not None:
            again[id(entry)] = _repair(first[id(entry)], row, _verdict(row, entry, classifier)[1], classifier)
    _ask({id(e): (e, first[id(e)]) for e in entries if id(e) not in again}, classifier, client)
    for entry in entries:
        row = client.ledger.find(_key(first[id(entry)], classifier, client))
        if row is not None and row["outcome"] != "refused" and id(entry) not in again:
            verdict, faults = _verdict(row, entry, classifier)
            if verdict is None:
                again[id(entry)] = _repair(first[id(entry)], row, faults, classifier)
    _ask({id(e): (e, again[id(e)]) for e in entries if id(e) in again}, classifier, client)


def _ask(questions: Mapping[int, tuple[_Open, list[Message]]], classifier: Classifier, client: ModelClient) -> None:
    requests: dict[str, Request] = {}
    entries: dict[str, list[_Open]] = {}
    for entry, messages in questions.values():
        key = _key(messages, classifier, client)
        requests.setdefault(key, Request(key, messages, classifier.prompt.schema))
        entries.setdefault(key, []).append(entry)

    def kept(request: Request, reply: Reply) -> None:
        if reply.outcome in ("answered", "refused"):
            text = entries[request.key][0].clean
            client.ledger.add(_row(request, reply, text, classifier, client))
        else:
            client.errors.add(reply.outcome, request.key, reply.detail)
            for entry in entries[request.key]:
                _note(entry, reply, classifier)

    if client.model is not None:
        client.model.ask(list(requests.values()), kept)


def _note(entry: _Open, reply: Reply, classifier: Classifier) -> None:
    """Say why there is no answer; a failed request goes to review, an endpoint that is down leaves the bands alone."""
    entry.notes.append(
        f"the language model was not asked: {reply.detail}" if reply.outcome == "budget" else reply.detail
    )
    usual = triage(entry.local.confidence, entry.moderation, classifier.bands)
    if reply.outcome == "failed" and usual.triage != "people":
        entry.triage = Triage("review", "the language model gave no answer, the local model's labels stand")


def _row(request: Request, reply: Reply, text: str, classifier: Classifier, client: ModelClient) -> Row:
    outcome, detail = "refused", reply.detail
    if reply.outcome == "answered":
        verdict = judge(reply.content, text, classifier.prompt.model, classifier.taxonomy)
        outcome = "answered" if verdict.answer is not None else "invalid"
        detail = "; ".join([*verdict.faults, *([reply.detail] if reply.detail else [])])
    return {
        "ledger_key": request.key,
        "request": json.dumps([dict(message) for message in request.messages], ensure_ascii=False),
        "answer": reply.content,
        "outcome": outcome,
        "detail": detail,
        "model": client.name,
        "model_version": reply.model_version,
        "sampling": json.dumps(dict(client.sampling), sort_keys=True),
        "prompt_version": classifier.prompt.version,
        "taxonomy_version": classifier.taxonomy.version,
        "schema_version": classifier.prompt.schema_version,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "cost": reply.cost,
        "answered_at": client.clock(),
    }


def _verdict(row: Row, entry: _Open, classifier: Classifier) -> tuple[ItemAnswer | None, tuple[str, ...]]:
    """The ledger's answer judged against the text and the taxonomy of now."""
    if row["outcome"] == "refused":
        return None, (str(row["detail"]),)
    verdict = judge(str(row["answer"]), entry.clean, classifier.prompt.model, classifier.taxonomy)
    return verdict.answer, verdict.faults


def _refusal(row: Row, faults: Sequence[str], entry: _Open, classifier: Classifier) -> Triage:
    """Refused texts go to people; answers that could not be used, to review with the reason."""
    if row["outcome"] == "refused":
        return Triage("people", f"{row['detail']}; the local model's labels stand until a person looked")
    usual = triage(entry.local.confidence, entry.moderation, classifier.bands)
    reason = f"the language model's answer could not be used: {'; '.join(faults)[:300]}"
    return Triage("people" if usual.triage == "people" else "review", reason)


def _from_model(entry: _Open, row: Row, answer: ItemAnswer, classifier: Classifier) -> Answer:
    confidence = answer.issues[0].confidence if answer.issues else answer.confidence
    kinds = {entry.moderation, answer.moderation}
    moderation = next((kind for kind in KINDS if kind in kinds), None)
    where = triage(confidence, moderation, classifier.model_bands)
    return labels.from_model(entry.item, answer, row, classifier, moderation, where)


def _messages(entry: _Open, classifier: Classifier) -> list[Message]:
    return classifier.prompt.messages(entry.clean, entry.item.channel, entry.item.rating, entry.item.product)


def _repair(messages: list[Message], row: Row, faults: Sequence[str], classifier: Classifier) -> list[Message]:
    return classifier.prompt.repair(messages, str(row["answer"]), faults)


def _key(messages: list[Message], classifier: Classifier, client: ModelClient) -> str:
    return ledger_key(messages, classifier.prompt.schema, client.name, client.sampling)
