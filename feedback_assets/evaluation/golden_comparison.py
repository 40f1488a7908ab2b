"""Compares the product with the trivial alternatives on the golden set and on the polarity set.

Opens files as the settings say; the measures themselves stand in `comparison.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from feedback_assets.classification.cascade.classifier import Classifier, read_classifier
from feedback_assets.classification.cascade.labels import Item
from feedback_assets.classification.model.local_model import LocalModel
from feedback_assets.classification.model.trained import to_learn
from feedback_assets.config.settings import Settings
from feedback_assets.config.taxonomy import Taxonomy, load_taxonomy
from feedback_assets.evaluation import comparison as measures
from feedback_assets.evaluation.alternatives import TfidfLogisticRegression, stars_alone, vader
from feedback_assets.evaluation.comparison import Indices, Measure, Row, Truth, compare, rating_group, slices
from feedback_assets.evaluation.golden import GoldenItem, load_golden
from feedback_assets.evaluation.golden_polarity import PolarityItem, load_golden_polarity
from feedback_assets.evaluation.readings import Reading, no_complaint, of_local, of_product

STARS, VADER, TFIDF = "stars_alone", "vader_sentiment", "tfidf_logistic_regression"
# The same local model where it is not asked; a column only where it is.
WITHOUT_ENCODER = "without_encoder"
GOLDEN_SET, POLARITY_SET = "golden", "golden_polarity"

_GOLDEN: Mapping[str, Measure] = {
    "accuracy": measures.accuracy,
    "macro F1": measures.macro_f1,
    "calibration error": measures.category_calibration_error,
    "right at confidence 0.9 and more": measures.right_where_sure,
    "texts at confidence 0.9 and more": measures.share_sure,
    "praise read as complaint": measures.praise_read_as_complaint,
    "complaints missed": measures.complaints_missed,
    "polarity AUC": measures.polarity_auc,
}
_POLARITY: Mapping[str, Measure] = {
    "polarity AUC": measures.polarity_auc,
    "praise read as complaint": measures.praise_read_as_complaint,
    "no complaint, read as one": measures.others_read_as_complaint,
    "complaints found": measures.complaints_found,
    "no complaint, read as one, no person looks": measures.read_as_complaint_unseen,
    "complaint calibration error": measures.complaint_calibration_error,
}
_OF_A_KIND: Mapping[str, Measure] = {
    "no complaint, read as one": measures.others_read_as_complaint,
    "complaints found": measures.complaints_found,
}

Progress = Callable[[str], None]


def compare_on_golden(
    settings: Settings,
    model: LocalModel,
    classifier: Classifier,
    progress: Progress,
    golden: Path | None = None,
    alternatives: bool = True,
) -> list[Row]:
    """Rows for the golden set, by the local model alone, and the polarity set, by the product without language model.

    Args:
        settings: Where the prompts are.
        model: The local model.
        classifier: That of the prompts folder with this local model.
        progress: Called with a line of text before each slow step.
        golden: Folder of golden items, if not the one beside the prompts.
        alternatives: Whether to ask them as well; TF-IDF trains for a minute or two.

    Returns:
        The rows; none for the polarity set where the prompts folder has none.

    Raises:
        CallError: An item is wrong.
    """
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    tfidf = _trained(settings, progress) if alternatives else None
    items = load_golden(golden or settings.prompts_dir / "golden", taxonomy)
    progress(f"reading {len(items)} golden items")
    rows = _golden_rows(items, model, taxonomy, tfidf)
    folder = settings.prompts_dir / POLARITY_SET
    if not folder.is_dir():
        return rows
    polarity = load_golden_polarity(folder, taxonomy)
    progress(f"reading {len(polarity)} items of the polarity set")
    asked = [Item(item.text, item.language, item.rating, item.channel) for item in polarity]
    return [*rows, *_polarity_rows(polarity, of_product(asked, classifier), taxonomy, tfidf)]


def classifier_with(settings: Settings, model: LocalModel) -> Classifier:
    """The classifier of the prompts folder with this local model."""
    return read_classifier(settings.prompts_dir, model, model.precision_by_confidence, model.measured_on, model.slices)


def _trained(settings: Settings, progress: Progress) -> TfidfLogisticRegression:
    examples, _ = to_learn(settings)
    progress(f"training TF-IDF with logistic regression on the same {len(examples)} examples, to compare with")
    return TfidfLogisticRegression([example.text for example in examples], [example.category for example in examples])


def _golden_rows(
    items: Sequence[GoldenItem], model: LocalModel, taxonomy: Taxonomy, tfidf: TfidfLogisticRegression | None
) -> list[Row]:
    texts, languages = [item.text for item in items], [item.language for item in items]
    ratings, channels = [item.rating for item in items], [item.channel for item in items]
    quiet = no_complaint(taxonomy)
    category = [item.category for item in items]
    truth = Truth(
        GOLDEN_SET,
        np.array([name not in quiet for name in category], dtype=np.bool_),
        category,
        np.array(
            [item.category == taxonomy.no_issue and item.sentiment == "positive" for item in items], dtype=np.bool_
        ),
    )
    reading = of_local(model.answer(texts, languages, ratings, channels), taxonomy)
    others = _alternatives(texts, languages, ratings, taxonomy, tfidf)
    if model.parts.encoder is not None:
        alone = model.without_encoder.answer(texts, languages, ratings, channels)
        others = {WITHOUT_ENCODER: of_local(alone, taxonomy), **others}
    return [
        *compare(truth, reading, others, _GOLDEN, intervals=True),
        *compare(truth, reading, others, _GOLDEN, _groups(languages, channels, ratings)),
    ]


def _polarity_rows(
    items: Sequence[PolarityItem], reading: Reading, taxonomy: Taxonomy, tfidf: TfidfLogisticRegression | None
) -> list[Row]:
    texts, languages = [item.text for item in items], [item.language for item in items]
    ratings, channels = [item.rating for item in items], [item.channel for item in items]
    complains = np.array([item.complains for item in items], dtype=np.bool_)
    truth = Truth(
        POLARITY_SET,
        complains,
        [item.category for item in items],
        ~complains & np.array([item.sentiment == "positive" for item in items], dtype=np.bool_),
    )
    others = _alternatives(texts, languages, ratings, taxonomy, tfidf)
    return [
        *compare(truth, reading, others, _POLARITY, intervals=True),
        *compare(truth, reading, others, _OF_A_KIND, slices("kind", [item.kind.value for item in items])),
        *compare(truth, reading, others, _POLARITY, _groups(languages, channels, ratings)),
    ]


def _alternatives(
    texts: Sequence[str],
    languages: Sequence[str],
    ratings: Sequence[float | None],
    taxonomy: Taxonomy,
    tfidf: TfidfLogisticRegression | None,
) -> dict[str, Reading]:
    if tfidf is None:
        return {}
    return {
        STARS: stars_alone(ratings),
        VADER: vader(texts, languages),
        TFIDF: tfidf(texts, no_complaint(taxonomy)),
    }


def _groups(
    languages: Sequence[str], channels: Sequence[str], ratings: Sequence[float | None]
) -> dict[tuple[str, str], Indices]:
    return {
        **slices("language", languages),
        **slices("channel", channels),
        **slices("rating", [rating_group(stars) for stars in ratings]),
    }
