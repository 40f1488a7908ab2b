"""Layers: a day under an edition and the narrowed ones over it, each item answered by the layer it belongs to.

The lowest layer labels every item; a narrowed one labels again those that the layers below it label with a category of
its scope. Asking, judging and who is in force stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from feedback_assets.classification.active_versions import Edition, Layers
from feedback_assets.classification.cascade.cascade import Asking, classify
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.classifier import Reader


@dataclass(frozen=True)
class Labelled:
    """An item's answer and where it comes from.

    Attributes:
        reader: The edition that gave it.
        layer: Number of its layer, from 0.
        late: It is in that layer only because no layer below had answered it.
    """

    answer: Answer
    reader: Reader
    layer: int
    late: bool = False


def classify_under(
    items: Sequence[Item], layers: Layers, reader_of: Callable[[Edition], Reader], asking: Asking | None
) -> list[Labelled]:
    """Label items under layers.

    Only the highest layer asks the language model: the others answer from the ledger, so that no request is ever made
    with words that were replaced. An item that no layer below had answered by then, such as one that came late, is
    asked with the newest words; so each text costs one request, and a replay gives the same labels.

    Args:
        items: Texts with what is known about them.
        layers: What is in force for their day, the lowest first; at least one.
        reader_of: Opens an edition.
        asking: The ledger and the language model.
    """
    below = replace(asking, model=None) if asking is not None else None
    readers = [reader_of(layer.edition) for layer in layers]
    top = len(layers) - 1
    found = [Labelled(answer, readers[0], 0) for answer in classify(items, readers[0], asking if not top else below)]
    for number, layer in enumerate(layers[1:], start=1):
        chosen = [
            place
            for place, below_it in enumerate(found)
            if in_scope(below_it.answer, layer.scope) or (number == top and is_unanswered(below_it))
        ]
        answers = classify([items[place] for place in chosen], readers[number], asking if number == top else below)
        for place, answer in zip(chosen, answers, strict=True):
            late = not in_scope(found[place].answer, layer.scope)
            found[place] = Labelled(answer, readers[number], number, late)
    return found


def in_scope(answer: Answer, scope: Collection[str]) -> bool:
    """Whether an item is labelled with a category of the scope, as its primary issue or a further one."""
    return answer.category in scope or any(issue.category in scope for issue in answer.issues)


def is_unanswered(found: Labelled) -> bool:
    """Whether only an unsure local model speaks for an item: the language model never answered it."""
    answer = found.answer
    unsure = answer.answered_by == "local_model" and answer.confidence < found.reader.bands.automatic
    return unsure and answer.ledger_key is None
