"""Labels the items of a day by its active version sets, each item by the set whose scope it is in.

The base labels every item; an override labels again those items that the sets below it label with a category of its
scope. Asking, checking and choosing the active version sets stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from feedback_assets.classification.active_versions import ActiveVersions, VersionSet
from feedback_assets.classification.cascade.cascade import classify
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.llm.model_client import ModelClient


@dataclass(frozen=True)
class LabelledItem:
    """An item's answer and where it comes from.

    Attributes:
        classifier: The classifier that gave it.
        level: Place of its version set among the active ones; 0 is the base.
        late: It is on that level only because no lower one had answered it.
    """

    answer: Answer
    classifier: Classifier
    level: int
    late: bool = False


def classify_with_overrides(
    items: Sequence[Item],
    active: ActiveVersions,
    classifier_of: Callable[[VersionSet], Classifier],
    client: ModelClient | None,
) -> list[LabelledItem]:
    """Label items under the active version sets of their day.

    Only the highest level asks the language model. The lower ones answer from the ledger, so that no request is ever
    made with words that were replaced. An item that no lower level has answered, such as one that came late, is asked
    with the newest words. So each text costs one request, and a replay gives the same labels.

    Args:
        items: Texts with what is known about them.
        active: The active version sets of their day, the base first; at least one.
        classifier_of: Loads the classifier of a version set.
        client: The ledger and the language model.
    """
    ledger_only = replace(client, model=None) if client is not None else None
    classifiers = [classifier_of(override.version_set) for override in active]
    top = len(active) - 1
    answers = classify(items, classifiers[0], client if not top else ledger_only)
    labelled = [LabelledItem(answer, classifiers[0], 0) for answer in answers]
    for level, override in enumerate(active[1:], start=1):
        places = [
            place
            for place, lower in enumerate(labelled)
            if in_scope(lower.answer, override.scope) or (level == top and is_unanswered(lower))
        ]
        answers = classify(
            [items[place] for place in places], classifiers[level], client if level == top else ledger_only
        )
        for place, answer in zip(places, answers, strict=True):
            late = not in_scope(labelled[place].answer, override.scope)
            labelled[place] = LabelledItem(answer, classifiers[level], level, late)
    return labelled


def in_scope(answer: Answer, scope: Collection[str]) -> bool:
    """Whether an item is labelled with a category of the scope, as its primary issue or a further one."""
    return answer.category in scope or any(issue.category in scope for issue in answer.issues)


def is_unanswered(item: LabelledItem) -> bool:
    """Whether only an unsure local model speaks for an item: the language model never answered it."""
    answer = item.answer
    unsure = answer.answered_by == "local_model" and answer.confidence < item.classifier.bands.automatic
    return unsure and answer.ledger_key is None
