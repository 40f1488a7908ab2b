"""Labels of an item: the answer type, and how each step of the cascade fills it.

Shapes and filling only; who answers is decided in `cascade.py`, tables are written in `rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feedback_assets.classification.cascade.bands import TriageDecision
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.cues import Reading
from feedback_assets.classification.cascade.rules import RuleAnswer
from feedback_assets.classification.llm.answer import IssueAnswer, ItemAnswer
from feedback_assets.classification.llm.answer_checks import verbatim
from feedback_assets.classification.llm.model_client import StoredAnswer
from feedback_assets.classification.model.local_answer import LocalAnswer
from feedback_assets.tables import AnsweredBy, Harm, ModerationKind, Sentiment, Triage

# Fields of an issue that only a language model or a person can fill.
_ONLY_READ = ("causes", "suggested_action", "reproduction_hints")
_FILLABLE = ("sub_label", "component", "symptom", "sentiment", "urgency")
# A quote shows a clause, not a letter of complaint.
_LONGEST_QUOTE = 200
# So many stars are given by who is content, whatever they tell.
_PRAISED = 4.5
_SENTENCE_END = re.compile(r"(?<=[.!?…\n])\s+")
# Middle of the range a sure reader gives, for texts of nothing but praise or blame.
_SCORES = {Sentiment.POSITIVE: 0.8, Sentiment.NEUTRAL: 0.0, Sentiment.NEGATIVE: -0.8, Sentiment.MIXED: 0.0}


@dataclass(frozen=True)
class Item:
    """A text with what helps to read it; equal items get equal answers."""

    text: str
    language: str
    rating: float | None
    channel: str
    product: str | None = None


@dataclass(frozen=True)
class Issue:
    """One complaint or wish, as the table has it; None where nobody could honestly say."""

    category: str
    sub_label: str | None
    component: str | None
    symptom: str | None
    sentiment: Sentiment | None
    urgency: float | None
    severity: float
    churn_intent: bool
    harm: Harm | None
    confidence: float
    quote: str
    causes: tuple[dict[str, Any], ...] | None = None
    entities: tuple[tuple[str, str], ...] = ()
    suggested_action: str | None = None
    reproduction_hints: str | None = None


@dataclass(frozen=True)
class Answer:
    """The labels of an item, with who answered."""

    answered_by: AnsweredBy
    model: str
    model_version: str
    category: str
    sub_label: str | None
    issues: tuple[Issue, ...]
    sentiment: Sentiment | None
    sentiment_score: float | None
    confidence: float
    moderation: ModerationKind | None
    triage: TriageDecision
    feature_snapshot: str | None = None
    sampling: str | None = None
    ledger_key: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    overridden: bool = False

    @property
    def empty_fields(self) -> list[str]:
        """Names of the fields that stayed empty because nobody could honestly fill them."""
        empty = {name for issue in self.issues for name in (*_FILLABLE, *_ONLY_READ) if getattr(issue, name) is None}
        if self.sentiment is None:
            empty.add("sentiment")
        if self.sentiment_score is None:
            empty.add("sentiment_score")
        return sorted(empty)


@dataclass(frozen=True)
class Label:
    """A category with its sub-label and how sure somebody is of it."""

    category: str
    sub_label: str | None
    confidence: float


def from_rule(
    item: Item,
    clean: str,
    rule: RuleAnswer,
    local: LocalAnswer,
    classifier: Classifier,
    moderation: ModerationKind | None,
    decision: TriageDecision,
) -> Answer:
    """A rule's label; tone and urgency come from the local model, which read the text too."""
    agreed = rule.category == local.category
    sub_label = rule.sub_label or (local.sub_label if agreed else None)
    sentiment = rule.sentiment or local.sentiment
    score = local.sentiment_score if sentiment == local.sentiment else _SCORES[sentiment] if sentiment else None
    label = Label(rule.category, sub_label, rule.confidence)
    return Answer(
        answered_by=AnsweredBy.RULES,
        model="rules",
        model_version=classifier.rules_version,
        category=rule.category,
        sub_label=sub_label,
        issues=_issues(item, clean, [label], sentiment, local.urgency, classifier),
        sentiment=sentiment,
        sentiment_score=score,
        confidence=rule.confidence,
        moderation=moderation,
        triage=decision,
        feature_snapshot=classifier.local.version,
    )


def from_local(
    item: Item,
    clean: str,
    local: LocalAnswer,
    classifier: Classifier,
    moderation: ModerationKind | None,
    decision: TriageDecision,
) -> Answer:
    """The local model's labels; further issues only where the first one is an issue."""
    no_issue = classifier.taxonomy.no_issue
    further = () if local.category == no_issue else local.secondary
    issues = [
        Label(local.category, local.sub_label, local.confidence),
        *(
            Label(issue.category, issue.sub_label, issue.probability)
            for issue in further
            if issue.category not in (no_issue, local.category)
        ),
    ]
    return Answer(
        answered_by=AnsweredBy.LOCAL_MODEL,
        model="local",
        model_version=classifier.local.version,
        category=local.category,
        sub_label=local.sub_label,
        issues=_issues(item, clean, issues, local.sentiment, local.urgency, classifier),
        sentiment=local.sentiment,
        sentiment_score=local.sentiment_score,
        confidence=local.confidence,
        moderation=moderation,
        triage=decision,
        feature_snapshot=classifier.local.version,
    )


def from_model(
    item: Item,
    answer: ItemAnswer,
    row: StoredAnswer,
    classifier: Classifier,
    moderation: ModerationKind | None,
    decision: TriageDecision,
) -> Answer:
    """The language model's answer, checked before."""
    first = answer.issues[0] if answer.issues else None
    return Answer(
        answered_by=AnsweredBy.LANGUAGE_MODEL,
        model=row["model"],
        model_version=row["model_version"],
        category=first.category if first else classifier.taxonomy.no_issue,
        sub_label=first.sub_label if first else None,
        issues=tuple(_issue_of(issue, item, classifier) for issue in answer.issues),
        sentiment=Sentiment(answer.sentiment),
        sentiment_score=answer.sentiment_score,
        confidence=first.confidence if first else answer.confidence,
        moderation=moderation,
        triage=decision,
        feature_snapshot=classifier.local.version,
        sampling=row["sampling"],
        ledger_key=row["ledger_key"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        cost=row["cost"],
    )


def from_people(
    item: Item, before: Answer, decided: Sequence[tuple[str, str | None]], by: str, classifier: Classifier
) -> Answer:
    """The labels a person decided, over any earlier answer; tone and moderation stay as they were."""
    no_issue = classifier.taxonomy.no_issue
    issues = [Label(category, sub_label, 1.0) for category, sub_label in decided if category != no_issue]
    clean = classifier.moderator.clean(item.text).text
    urgency = before.issues[0].urgency if before.issues else None
    first = decided[0] if decided else (no_issue, None)
    return Answer(
        answered_by=AnsweredBy.PEOPLE,
        model="people",
        model_version=by,
        category=first[0],
        sub_label=first[1],
        issues=_issues(item, clean, issues, before.sentiment, urgency, classifier),
        sentiment=before.sentiment,
        sentiment_score=before.sentiment_score,
        confidence=1.0,
        moderation=before.moderation,
        triage=TriageDecision(Triage.AUTOMATIC, f"decided by {by}"),
        overridden=True,
    )


def _issues(
    item: Item,
    clean: str,
    labels: Sequence[Label],
    sentiment: Sentiment | None,
    urgency: float | None,
    classifier: Classifier,
) -> tuple[Issue, ...]:
    """The issues with what words alone tell: quote, part, severity, churn intent."""
    text = clean or item.text
    issues: list[Issue] = []
    whole = classifier.cues.read(text, item.language)
    for label in labels:
        if label.category == classifier.taxonomy.no_issue:
            continue
        floor = classifier.taxonomy.category(label.category).severity_floor
        quote = _quote(text, item.text, label.category, classifier)
        quoted = classifier.cues.read(quote, item.language)
        # A further issue is judged by its own words, the primary one by the whole text.
        spoken = quoted if issues else whole
        issues.append(
            Issue(
                category=label.category,
                sub_label=label.sub_label,
                component=quoted.component or spoken.component,
                symptom=label.sub_label.replace("_", " ") if label.sub_label else None,
                sentiment=Sentiment.NEGATIVE if sentiment == Sentiment.MIXED else sentiment,
                urgency=urgency,
                severity=float(classifier.cues.severity(label.category, floor, spoken)),
                churn_intent=whole.churn,
                harm=_harm(spoken, item.rating, sentiment),
                confidence=label.confidence,
                quote=quote,
            )
        )
    return tuple(issues)


def _harm(reading: Reading, rating: float | None, sentiment: Sentiment | None) -> Harm | None:
    """What happened, as far as a complaint says it: praise that tells of an accident reports none."""
    praises = sentiment == Sentiment.POSITIVE or (
        rating is not None and rating >= _PRAISED and sentiment not in (Sentiment.NEGATIVE, Sentiment.MIXED)
    )
    return None if praises else reading.harm


def _quote(text: str, whole: str, category: str, classifier: Classifier) -> str:
    """The local model's quote as it stands in the whole text; else the start of the text."""
    quote = _as_in_text(classifier.local.quote(text, category), whole) or _as_in_text(text, whole) or whole
    return quote if len(quote) <= _LONGEST_QUOTE else quote[:_LONGEST_QUOTE].rsplit(" ", 1)[0]


def _as_in_text(quote: str, whole: str) -> str | None:
    """The quote, or its longest sentence, as it stands in the whole text; sentences set aside may lie between."""
    there = verbatim(quote, whole)
    if there is not None:
        return there
    parts = sorted(_SENTENCE_END.split(quote), key=len, reverse=True)
    return next((there for part in parts if (there := verbatim(part, whole))), None)


def _issue_of(issue: IssueAnswer, item: Item, classifier: Classifier) -> Issue:
    entities = issue.entities.model_dump()
    quote = _as_in_text(issue.quote, item.text) or issue.quote
    sentiment = Sentiment(issue.sentiment)
    return Issue(
        category=issue.category,
        sub_label=issue.sub_label,
        component=issue.component,
        symptom=issue.symptom,
        sentiment=sentiment,
        urgency=float(issue.urgency),
        severity=float(issue.severity),
        churn_intent=issue.churn_intent,
        harm=_harm(classifier.cues.read(quote, item.language), item.rating, sentiment),
        confidence=issue.confidence,
        quote=quote,
        causes=tuple(cause.model_dump() for cause in issue.causes),
        entities=tuple((name, str(value)) for name, value in entities.items() if value),
        suggested_action=issue.suggested_action,
        reproduction_hints=issue.reproduction_hints,
    )
