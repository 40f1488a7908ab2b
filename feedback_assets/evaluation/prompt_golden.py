"""The golden set under the old prompt and the new, as far as the ledger or, when told to, the model answers.

The scores themselves are computed in `scores.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from feedback_assets.classification.active_versions import promotions
from feedback_assets.classification.cascade.cascade import Asking, classify
from feedback_assets.classification.cascade.labels import Item
from feedback_assets.classification.classifier import Reader
from feedback_assets.classification.loader import Readers, open_asking
from feedback_assets.config.settings import Settings
from feedback_assets.evaluation.golden import load_golden
from feedback_assets.evaluation.prompt_plan import Plan, Progress, layers_before, silent
from feedback_assets.evaluation.scores import score
from feedback_assets.lake.store import Lake


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
    tell = progress or silent
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
    result = score(truth, answers, {})
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
