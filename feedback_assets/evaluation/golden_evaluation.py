"""Scores a model on the golden set or on a labels file, both opened as the settings say.

The one module of the room that reads files; the numbers are made in `scores.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from feedback_assets.classification.model.labels_file import LabelsFile
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.trained import load_or_train
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import closest, load_taxonomy
from feedback_assets.errors import CallError
from feedback_assets.evaluation.golden import golden_version, load_golden
from feedback_assets.evaluation.reliability import reliability
from feedback_assets.evaluation.scores import score, score_golden, score_rows


def measure_golden(
    settings: Settings,
    now: datetime,
    progress: Callable[[str], None] | None = None,
    model: LocalModel | None = None,
    golden: Path | None = None,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Scores on the golden set, and the same as rows of `evaluation/golden_scores`.

    Args:
        settings: Where prompts and models are.
        now: When it is evaluated.
        progress: Called with a line of text before each slow step.
        model: Measured instead of the local model of the prompts folder.
        golden: Folder of golden items, if not the one beside the prompts.

    Raises:
        CallError: A golden item is wrong, or the model knows other categories.
    """
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    items = load_golden(golden or settings.prompts_dir / "golden", taxonomy)
    used = model or load_or_train(settings, progress=progress)
    unknown = sorted({item.category for item in items} - set(used.labels))
    if unknown:
        raise CallError(
            f"the model does not know {', '.join(unknown)}; measure it on its own labels with --labels FILE"
        )
    answers = used.answer(
        [item.text for item in items],
        [item.language for item in items],
        [item.rating for item in items],
        [item.channel for item in items],
    )
    versions = {
        "golden_version": golden_version(items),
        "model_version": used.version,
        "taxonomy_version": taxonomy.version,
        "thresholds_version": load_config(settings.prompts_dir).thresholds_version,
    }
    result = score_golden(items, answers)
    confidence = np.array([answer.confidence for answer in answers], dtype=np.float64)
    right = np.array([a.category == b.category for a, b in zip(items, answers, strict=True)], dtype=np.bool_)
    result["reliability"] = [vars(entry) for entry in reliability(confidence, right)]
    return {**versions, **result}, score_rows(result, versions, now)


def measure_labels(model: LocalModel, labels: LabelsFile) -> dict[str, Any]:
    """Scores of an artefact on a labels file.

    Raises:
        CallError: The file has labels the model does not know; each is named with the closest.
    """
    unknown = sorted(set(labels.labels) - set(model.labels))
    if unknown:
        names = "; ".join(f"{name!r}{closest(name, model.labels)}" for name in unknown[:5])
        raise CallError(f"{labels.path}: column {labels.label_column}: the model does not know {names}")
    answers = model.answer(labels.texts)
    return {"model_version": model.version, **labels.as_dict(), **score(labels.labels, answers, {})}
