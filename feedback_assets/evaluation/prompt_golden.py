"""Golden scores of the old prompt and the new, from the answers of the ledger and, if asked for, of the model.

The scores themselves are computed in `scores.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from feedback_assets.classification.active_versions import promotions
from feedback_assets.classification.cascade.cascade import classify
from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Item
from feedback_assets.classification.llm.model_client import ModelClient
from feedback_assets.classification.loader import ClassifierRegistry, open_client
from feedback_assets.config.settings import Settings
from feedback_assets.evaluation.golden import load_golden
from feedback_assets.evaluation.prompt_plan import Progress, PromptPlan, active_before, silent
from feedback_assets.evaluation.scores import score
from feedback_assets.lake.store import Lake


def golden_scores(
    settings: Settings, lake: Lake, planned: PromptPlan, ask: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """The whole cascade on the golden set under the old prompt and the new, from the ledger's answers.

    Args:
        settings: Where prompts and models are.
        lake: Where ledger and promotions are.
        planned: Names the scope.
        ask: Ask the language model what the ledger lacks, under both prompts; this costs money.
        progress: Called with a line of text before each slow step.

    Returns:
        `before` and `after`, each with prompt version, items, how many the language model answered, accuracy,
        macro-F1 and intervals; `not_asked` says how many questions each still has.
    """
    report = progress or silent
    registry = ClassifierRegistry(settings)
    items = load_golden(settings.prompts_dir / "golden", registry(registry.today).taxonomy)
    known = promotions(lake)
    newest = max((change.day for change in planned.changed), default=date.max)
    old = active_before(newest, known, registry.today.prompt_version)
    texts = [Item(item.text, item.language, item.rating, item.channel) for item in items]
    client = open_client(settings, lake, "golden", 1, report)
    if not ask:
        client = replace(client, model=None)
    try:
        scores: dict[str, Any] = {}
        for name, classifier in (
            ("before", registry(old[-1].version_set) if old else None),
            ("after", registry(registry.today)),
        ):
            if classifier is not None:
                report(f"reading {len(items)} golden items under {classifier.prompt.version}")
                scores[name] = _golden(classifier, texts, [item.category for item in items], client)
        return scores
    finally:
        client.ledger.close()


def _golden(classifier: Classifier, texts: Sequence[Item], truth: Sequence[str], client: ModelClient) -> dict[str, Any]:
    answers = classify(texts, classifier, client)
    result = score(truth, answers, {})
    unsure = sum(
        answer.answered_by == "local_model"
        and answer.ledger_key is None
        and answer.confidence < classifier.bands.automatic
        for answer in answers
    )
    shown = ("items", "accuracy", "accuracy_interval", "macro_f1", "macro_f1_interval")
    return {
        "prompt_version": classifier.prompt.version,
        **{name: result[name] for name in shown},
        "by_language_model": sum(answer.answered_by == "language_model" for answer in answers),
        "not_asked": unsure,
    }
