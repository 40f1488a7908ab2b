"""Checks an answer: allowed labels, verbatim quotes, no promises, no cause without evidence.

Checks and fixes what is safe to fix (white space of a quote, a severity under the floor); it never guesses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from feedback_assets.classification.llm.answer import IssueAnswer, ItemAnswer
from feedback_assets.config.taxonomy import Taxonomy

_GIVING = (
    r"refund|reimburs\w+|compensat\w+|voucher|coupon|discount|store credit|credit note|goodwill|gift card|money back|"
    r"free (?:replacement|item|shipping|month|return)|replacement|erstatt\w+|gutschein|rabatt|entsch[äa]digung|"
    r"ersatzlieferung|reembols\w+|compensaci[oó]n|cup[oó]n|descuento|rembours\w+|d[ée]dommag\w+|bon d.achat|"
    r"remise|indemniza\w+|desconto|cupom|vale"
)
_PROMISING = (
    r"offer|give|grant|issue|promise|guarantee|provide|send|pay|apologi[sz]e with|process a|approve|arrange|"
    r"we(?:'ll| will)|will (?:be|get|receive)|compensate|refund|reimburse|anbieten|zusichern|gewähren|ofrecer|"
    r"prometer|conceder|offrir|promettre|accorder|oferecer|reembolsar|rembourser|erstatten"
)
# "Offer a refund" and "refund the customer" promise; "check why refunds are late" does not.
_PROMISE = re.compile(
    rf"\b(?:{_PROMISING})\b(?:\W+\w+){{0,5}}?\W+(?:{_GIVING})\b"
    rf"|(?:^|\band |\bthen |[.;,]\s*)(?:please )?(?:refund|reimburse|compensate)\s+"
    r"(?:the |this |our |him|her|them|customer)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
_MOST_PROBABILITY = 1.0 + 1e-6


@dataclass(frozen=True)
class CheckedAnswer:
    """The answer to use, or the faults that forbid it."""

    answer: ItemAnswer | None
    faults: tuple[str, ...]


def check_answer(content: str, text: str, model: type[ItemAnswer], taxonomy: Taxonomy) -> CheckedAnswer:
    """Read and check what a language model answered about a text.

    Args:
        content: The answer as JSON text.
        text: The text it was asked about, as it was sent.
        model: The answer model of the taxonomy.
        taxonomy: Labels and severity floors.

    Returns:
        The answer with quotes as they stand in the text and severities at least at the floor; or its faults.
    """
    try:
        answer = model.model_validate_json(content)
    except ValidationError as error:
        return CheckedAnswer(None, tuple(_describe(dict(fault)) for fault in error.errors()[:5]))
    faults = [fault for place, issue in enumerate(answer.issues) for fault in _faults(place, issue, text, taxonomy)]
    if faults:
        return CheckedAnswer(None, tuple(faults))
    settled = tuple(_settled(issue, text, taxonomy) for issue in answer.issues)
    return CheckedAnswer(answer.model_copy(update={"issues": settled}), ())


def verbatim(quote: str, text: str) -> str | None:
    """The quote as it stands in the text, white space aside; None when it does not stand there.

    >>> verbatim("never came", "It never  came.")
    'never  came'
    """
    words = [re.escape(word) for word in _SPACE.split(quote.strip()) if word]
    match = re.search(r"\s+".join(words), text) if words else None
    return match.group(0) if match else None


def promises(sentence: str) -> bool:
    """Whether a sentence promises the customer money, goods or a favour."""
    return _PROMISE.search(sentence) is not None


def _faults(place: int, issue: IssueAnswer, text: str, taxonomy: Taxonomy) -> list[str]:
    where = f"issues[{place}]"
    faults: list[str] = []
    if not taxonomy.allows(issue.category, issue.sub_label):
        allowed = ", ".join(taxonomy.category(issue.category).sub_labels) if taxonomy.allows(issue.category) else ""
        faults.append(f"{where}.sub_label: {issue.sub_label!r} is none of {issue.category}'s sub-labels: {allowed}")
    if verbatim(issue.quote, text) is None:
        faults.append(f"{where}.quote: {issue.quote[:60]!r} does not stand in the text; copy its words exactly")
    faults += [
        f"{where}.{field}: promises something to the customer; say what the team should look into instead"
        for field, sentence in (
            ("suggested_action", issue.suggested_action),
            ("reproduction_hints", issue.reproduction_hints),
        )
        if sentence and promises(sentence)
    ]
    faults += [
        f"{where}.causes[{number}].evidence: {cause.evidence[:60]!r} does not stand in the text; drop the cause"
        for number, cause in enumerate(issue.causes)
        if verbatim(cause.evidence, text) is None
    ]
    if sum(cause.probability for cause in issue.causes) > _MOST_PROBABILITY:
        faults.append(f"{where}.causes: probabilities add up to more than 1; lower them")
    return faults


def _settled(issue: IssueAnswer, text: str, taxonomy: Taxonomy) -> IssueAnswer:
    causes = tuple(cause.model_copy(update={"evidence": verbatim(cause.evidence, text)}) for cause in issue.causes)
    floor = taxonomy.category(issue.category).severity_floor
    return issue.model_copy(
        update={"quote": verbatim(issue.quote, text), "severity": max(floor, issue.severity), "causes": causes}
    )


def _describe(fault: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in cast("tuple[str | int, ...]", fault["loc"])) or "the answer"
    value = json.dumps(fault.get("input"), ensure_ascii=False, default=str)[:60]
    return f"{place}: {fault['msg']} (was {value})"
