"""The cascade: labels items by rules, then ledger, then local model, then language model.

One function for each step; each gives an answer or None for "not mine", and the answer says who gave it. Tables,
Dagster and settings stay outside; the clock and the models are given.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from feedback_assets.classification.cascade import labels
from feedback_assets.classification.cascade.bands import TriageDecision, decide_triage
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.llm.answer import ItemAnswer
from feedback_assets.classification.llm.answer_checks import CheckedAnswer, check_answer
from feedback_assets.classification.llm.language_model import UNUSABLE, Reply, ReplyOutcome, Request
from feedback_assets.classification.llm.model_client import ModelClient, StoredAnswer
from feedback_assets.classification.llm.prompt import Message
from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.tables import AnswerOutcome, ModerationKind, Triage


@dataclass
class _Entry:
    """An item on its way through the steps.

    Attributes:
        clean: Its text without sentences that talk to the machine.
        notes: Why there is no answer of the language model.
        triage: Where it goes, if another reason than confidence decides.
    """

    item: Item
    clean: str
    moderation: ModerationKind | None
    local: LocalAnswer
    notes: list[str] = field(default_factory=list[str])
    triage: TriageDecision | None = None


@dataclass(frozen=True)
class _Question:
    """An entry and the first request about it."""

    entry: _Entry
    request: Request


def classify(items: Sequence[Item], classifier: Classifier, client: ModelClient | None) -> list[Answer]:
    """Label each item; equal items are labelled once.

    Args:
        items: Texts with what is known about them, personal data already replaced.
        classifier: The active prompts.
        client: The ledger and the language model; None when neither is to be used.
    """
    distinct = list(dict.fromkeys(items))
    entries = _entries(distinct, classifier)
    answers: dict[Item, Answer] = {}
    rest: list[_Entry] = []
    for entry in entries:
        answer = by_rule(entry, classifier)
        if answer is None:
            rest.append(entry)
        else:
            answers[entry.item] = answer
    if client is not None:
        rest = _answer_by_models(rest, classifier, client, answers)
    for entry in rest:
        answers[entry.item] = by_local_model(entry, classifier)
    return [answers[item] for item in items]


def request_key(item: Item, classifier: Classifier, client: ModelClient) -> str:
    """The ledger key of the first question about an item, whether or not it would be asked."""
    clean = classifier.moderator.clean(item.text).text
    return _request(_messages(item, clean, classifier), classifier, client).key


def by_rule(entry: _Entry, classifier: Classifier) -> Answer | None:
    """Step one: a measured keyword in a text with one issue, or a text without content."""
    one_issue = not entry.local.secondary
    rule = classifier.rules.answer(entry.clean, entry.item.rating, one_issue=one_issue)
    if rule is None:
        return None
    decision = decide_triage(rule.confidence, entry.moderation, classifier.rule_bands)
    if entry.item.text.strip() and not entry.clean:
        decision = TriageDecision(Triage.PEOPLE, "the text does nothing but talk to the machine")
    elif rule.signal_only and decision.triage == Triage.AUTOMATIC:
        decision = TriageDecision(Triage.SIGNAL, f"{rule.reason}; it counts as evidence only")
    elif decision.triage == Triage.AUTOMATIC:
        decision = TriageDecision(Triage.AUTOMATIC, f"{rule.reason}; {decision.reason}")
    return labels.from_rule(entry.item, entry.clean, rule, entry.local, classifier, entry.moderation, decision)


def by_local_model(entry: _Entry, classifier: Classifier) -> Answer:
    """Step three, and the fallback without a language model: the local model's labels, with the reason."""
    decision = entry.triage or _by_confidence(entry, classifier)
    if entry.notes:
        decision = TriageDecision(decision.triage, "; ".join([decision.reason, *entry.notes]))
    return labels.from_local(entry.item, entry.clean, entry.local, classifier, entry.moderation, decision)


def is_sure(entry: _Entry, classifier: Classifier) -> bool:
    """Whether the local model may answer before the language model is asked."""
    return entry.local.confidence >= classifier.bands.automatic_for(entry.local.category, entry.item.language)[0]


def _by_confidence(entry: _Entry, classifier: Classifier) -> TriageDecision:
    """The triage of the local model's label, with what lowered its confidence."""
    local = entry.local
    decision = decide_triage(local.confidence, entry.moderation, classifier.bands, local.category, entry.item.language)
    if decision.triage in (Triage.REVIEW, Triage.SIGNAL) and local.doubt:
        return TriageDecision(decision.triage, f"{decision.reason}; {local.doubt}")
    return decision


def _entries(items: Sequence[Item], classifier: Classifier) -> list[_Entry]:
    """Moderate every text, set aside sentences that talk to the machine, and ask the local model about the rest.

    The local model is asked here, for all texts at once, because the rules want to know how many issues it sees.
    """
    kinds = classifier.moderator.moderate([item.text for item in items], [item.language for item in items])
    clean = [classifier.moderator.clean(item.text).text for item in items]
    local = classifier.local.answer(
        clean,
        [item.language for item in items],
        [item.rating for item in items],
        [item.channel for item in items],
    )
    return [_Entry(*entry) for entry in zip(items, clean, kinds, local, strict=True)]


def _answer_by_models(
    entries: list[_Entry], classifier: Classifier, client: ModelClient, answers: dict[Item, Answer]
) -> list[_Entry]:
    """Steps two to four for what no rule answered; returns what is left to the local model."""
    if client.model is None and client.ledger.is_empty():
        return entries
    questions = [
        _Question(entry, _request(_messages(entry.item, entry.clean, classifier), classifier, client))
        for entry in entries
    ]
    _load_answers(questions, classifier, client)
    waiting: list[_Question] = []
    rest: list[_Entry] = []
    for question in questions:
        if answer := by_ledger(question, classifier, client):
            answers[question.entry.item] = answer
        elif client.model is None or is_sure(question.entry, classifier):
            rest.append(question.entry)
        else:
            waiting.append(question)
    if client.model is not None:
        by_language_model(waiting, classifier, client)
        for question in waiting:
            if answer := by_ledger(question, classifier, client, repaired=True):
                answers[question.entry.item] = answer
            else:
                rest.append(question.entry)
    return rest


def _load_answers(questions: Sequence[_Question], classifier: Classifier, client: ModelClient) -> None:
    """Look up the answers to all first questions at once, then those to the second ones."""
    client.ledger.load(question.request.key for question in questions)
    repairs: list[str] = []
    for question in questions:
        row = client.ledger.find(question.request.key)
        if row is not None and row["outcome"] == AnswerOutcome.INVALID:
            faults = _check(row, question.entry, classifier).faults
            repairs.append(_repair(question.request, row, faults, classifier, client).key)
    client.ledger.load(repairs)


def by_ledger(
    question: _Question, classifier: Classifier, client: ModelClient, *, repaired: bool = False
) -> Answer | None:
    """Step two: the stored answer to exactly this request, checked again.

    The answer is booked under the language model that gave it, whether in this run or an earlier one, so that a
    day run twice gives the same table; tokens and cost tell whether this run paid for it.

    Args:
        question: The item and what would be sent.
        classifier: The active prompts.
        client: The ledger.
        repaired: Whether the repair was tried too: then an answer that cannot be used goes to review with its faults.
    """
    entry, ledger = question.entry, client.ledger
    row = ledger.find(question.request.key)
    if row is None:
        return None
    checked = _check(row, entry, classifier)
    if checked.answer is None and row["outcome"] != AnswerOutcome.REFUSED:
        second = ledger.find(_repair(question.request, row, checked.faults, classifier, client).key)
        if second is not None:
            row, checked = second, _check(second, entry, classifier)
            if checked.answer is None and row["outcome"] != AnswerOutcome.REFUSED and ledger.is_new(row["ledger_key"]):
                # Only the place: a fault quotes the text, which stays in the tables.
                place = checked.faults[0].split(":", 1)[0]
                reason = f"{place} breaks the rules, triage_reason of its item tells how"
                client.errors.add(UNUSABLE, row["ledger_key"], reason)
        elif not repaired and client.model is not None:
            return None
    if checked.answer is None:
        entry.triage = _refusal(row, checked.faults, entry, classifier)
        return replace(by_local_model(entry, classifier), ledger_key=row["ledger_key"])
    if not ledger.is_new(row["ledger_key"]):
        row = row.copy()
        row.update({"tokens_in": 0, "tokens_out": 0, "cost": 0.0})
    return _from_model(entry, row, checked.answer, classifier)


def by_language_model(questions: Sequence[_Question], classifier: Classifier, client: ModelClient) -> None:
    """Step four: ask about every item, and once more about answers that cannot be used; answers go to the ledger.

    An item that got no answer keeps a note and, where an outage is to blame, goes to review: never a guess.
    """
    first: list[_Question] = []
    second: list[_Question] = []
    for question in questions:
        row = client.ledger.find(question.request.key)
        if row is None:
            first.append(question)
        else:
            faults = _check(row, question.entry, classifier).faults
            second.append(replace(question, request=_repair(question.request, row, faults, classifier, client)))
    _ask(first, classifier, client)
    for question in first:
        row = client.ledger.find(question.request.key)
        if row is not None and row["outcome"] != AnswerOutcome.REFUSED:
            checked = _check(row, question.entry, classifier)
            if checked.answer is None:
                request = _repair(question.request, row, checked.faults, classifier, client)
                second.append(replace(question, request=request))
    _ask(second, classifier, client)


def _ask(questions: Sequence[_Question], classifier: Classifier, client: ModelClient) -> None:
    requests = {question.request.key: question.request for question in questions}
    entries: dict[str, list[_Entry]] = {}
    for question in questions:
        entries.setdefault(question.request.key, []).append(question.entry)
    client.ledger.load(requests)

    def keep(request: Request, reply: Reply) -> None:
        if reply.outcome in (ReplyOutcome.ANSWERED, ReplyOutcome.REFUSED):
            text = entries[request.key][0].clean
            client.ledger.add(request, _stored(request, reply, text, classifier, client))
        else:
            client.errors.add(reply.outcome, request.key, reply.detail)
            for entry in entries[request.key]:
                _note(entry, reply, classifier)

    if client.model is not None:
        client.model.ask(list(requests.values()), keep)


def _note(entry: _Entry, reply: Reply, classifier: Classifier) -> None:
    """Say why there is no answer; a failed request goes to review, an endpoint that is down leaves the bands alone."""
    not_asked = reply.outcome == ReplyOutcome.BUDGET
    entry.notes.append(f"the language model was not asked: {reply.detail}" if not_asked else reply.detail)
    usual = _by_confidence(entry, classifier)
    if reply.outcome == ReplyOutcome.FAILED and usual.triage != Triage.PEOPLE:
        entry.triage = TriageDecision(
            Triage.REVIEW, "the language model gave no answer, the local model's labels stand"
        )


def _stored(request: Request, reply: Reply, text: str, classifier: Classifier, client: ModelClient) -> StoredAnswer:
    outcome, detail = AnswerOutcome.REFUSED, reply.detail
    if reply.outcome == ReplyOutcome.ANSWERED:
        checked = check_answer(reply.content, text, classifier.prompt.model, classifier.taxonomy)
        outcome = AnswerOutcome.ANSWERED if checked.answer is not None else AnswerOutcome.INVALID
        detail = "; ".join([*checked.faults, *([reply.detail] if reply.detail else [])])
    return {
        "ledger_key": request.key,
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


def _check(row: StoredAnswer, entry: _Entry, classifier: Classifier) -> CheckedAnswer:
    """The ledger's answer checked against the text and the taxonomy of now."""
    if row["outcome"] == AnswerOutcome.REFUSED:
        return CheckedAnswer(None, (row["detail"],))
    return check_answer(row["answer"], entry.clean, classifier.prompt.model, classifier.taxonomy)


def _refusal(row: StoredAnswer, faults: Sequence[str], entry: _Entry, classifier: Classifier) -> TriageDecision:
    """Refused texts go to people; answers that could not be used, to review with the reason."""
    if row["outcome"] == AnswerOutcome.REFUSED:
        return TriageDecision(Triage.PEOPLE, f"{row['detail']}; the local model's labels stand until a person looked")
    usual = _by_confidence(entry, classifier)
    reason = f"the language model's answer could not be used: {'; '.join(faults)[:300]}"
    return TriageDecision(Triage.PEOPLE if usual.triage == Triage.PEOPLE else Triage.REVIEW, reason)


def _from_model(entry: _Entry, row: StoredAnswer, answer: ItemAnswer, classifier: Classifier) -> Answer:
    confidence = answer.issues[0].confidence if answer.issues else answer.confidence
    moderation = next((kind for kind in ModerationKind if kind in (entry.moderation, answer.moderation)), None)
    decision = decide_triage(confidence, moderation, classifier.model_bands)
    return labels.from_model(entry.item, answer, row, classifier, moderation, decision)


def _messages(item: Item, clean: str, classifier: Classifier) -> list[Message]:
    return classifier.prompt.messages(clean, item.channel, item.rating, item.product)


def _request(messages: list[Message], classifier: Classifier, client: ModelClient) -> Request:
    schema = classifier.prompt.schema
    return Request(client.key(messages, schema), messages, schema)


def _repair(
    request: Request, row: StoredAnswer, faults: Sequence[str], classifier: Classifier, client: ModelClient
) -> Request:
    messages = [dict(message) for message in request.messages]
    return _request(classifier.prompt.repair(messages, row["answer"], faults), classifier, client)
