"""A file of texts that people judged positive or negative: read with guessed columns, then measured.

Ratings are never used: what is measured is what the words alone tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Item
from feedback_assets.classification.model.labels_file import LabelsFile, read_labels, read_table
from feedback_assets.errors import CallError
from feedback_assets.evaluation import comparison as measures
from feedback_assets.evaluation.alternatives import VADER_LANGUAGE, vader
from feedback_assets.evaluation.comparison import Flags, Measure, Row, Truth, compare
from feedback_assets.evaluation.golden_comparison import VADER
from feedback_assets.evaluation.readings import Reading, of_product
from feedback_assets.silver.language import UNDECIDED, detect

_COLUMNS = ("polarity", "sentiment", "label", "class", "target", "category", "valence", "opinion")
_POSITIVE = frozenset({"positive", "pos", "p", "+", "+1", "good", "praise", "positiv", "positif", "positivo"})
_NEGATIVE = frozenset(
    {"negative", "neg", "n", "-", "-1", "bad", "complaint", "negativ", "négatif", "negatif", "negativo"}
)
# Neither wholly positive nor wholly negative: left out, for there is no right side.
_NEITHER = frozenset({"neutral", "neu", "mixed", "conflict", "both", "none", "neutro", "neutre"})
# Sets that number their classes give the negative one the lower number.
_PREFIXES = ("__label__", "label_", "class_")

MEASURES: dict[str, Measure] = {
    "polarity AUC": measures.polarity_auc,
    "positive, read as complaint": measures.others_read_as_complaint,
    "negative found": measures.complaints_found,
    "positive, read as complaint, no person looks": measures.read_as_complaint_unseen,
    "negative found, no person looks": measures.found_unseen,
    "complaint calibration error": measures.complaint_calibration_error,
}


@dataclass(frozen=True)
class PolarityFile:
    """Texts, each once, and whether each is negative.

    Attributes:
        neither: Rows left out because they are neutral, mixed or the like.
    """

    file: LabelsFile
    texts: list[str]
    negative: Flags
    neither: int

    def as_dict(self) -> dict[str, Any]:
        """What was read, for the result."""
        return {
            "polarity_file": str(self.file.path),
            "text_column": self.file.text_column,
            "polarity_column": self.file.label_column,
            "rows": self.file.rows,
            "left_out_without_text_or_polarity": self.file.unlabelled,
            "left_out_repeated": self.file.repeated,
            "left_out_neither": self.neither,
            "positive": int((~self.negative).sum()),
            "negative": int(self.negative.sum()),
        }


def read_polarity(path: Path, text: str | None = None, label: str | None = None) -> PolarityFile:
    """Read a polarity file.

    Args:
        path: CSV, TSV, JSON or JSON Lines; gzip too.
        text: Column of the text; guessed when not given.
        label: Column of the polarity; guessed when not given.

    Raises:
        CallError: The file is not there or cannot be read, a column cannot be found, a value is no polarity, or all
            texts have the same one.
    """
    file = read_labels(path, text, label or _polarity_column(path, text), _COLUMNS)
    where = f"{path}: column {file.label_column}"
    values = [_plain(value) for value in file.labels]
    numbers = _numbered(values)
    side = {value: numbers.get(value, _side(value)) for value in set(values)}
    unknown = sorted({raw for raw, value in zip(file.labels, values, strict=True) if side[value] is None})
    if unknown:
        raise CallError(
            f"{where}: {', '.join(repr(value) for value in unknown[:5])}: no polarity; write positive or negative, "
            "or name another column by --label"
        )
    kept = [row for row, value in enumerate(values) if side[value] != "neither"]
    negative = np.array([side[values[row]] == "negative" for row in kept], dtype=np.bool_)
    if not len(kept) or negative.all() or not negative.any():
        told = "none" if not len(kept) else "negative" if negative.all() else "positive"
        raise CallError(f"{where}: {told} only; texts of both polarities are needed to tell them apart")
    return PolarityFile(file, [file.texts[row] for row in kept], negative, len(values) - len(kept))


def measure_polarity(
    polarity: PolarityFile, classifier: Classifier, language: str | None, progress: Callable[[str], None]
) -> tuple[dict[str, Any], list[Row]]:
    """The measures of the product without a language model, and of vaderSentiment where the texts are English.

    Args:
        polarity: The texts.
        classifier: The product's.
        language: ISO 639-1 code of all texts; each one's is detected when not given, as in an import.
        progress: Called with a line of text before each slow step.
    """
    progress(f"reading {len(polarity.texts)} texts")
    languages = [language or detect(text)[0] for text in polarity.texts]
    main = _main_language(languages)
    reading = of_product(
        [Item(text, code, None, "other") for text, code in zip(polarity.texts, languages, strict=True)], classifier
    )
    truth = Truth(polarity.file.path.name, polarity.negative, None, ~polarity.negative)
    # Short English sentences are often taken for another language: where most are English, all are.
    spoken = [main] * len(languages) if main == VADER_LANGUAGE else languages
    others: dict[str, Reading] = {VADER: vader(polarity.texts, spoken)}
    rows = compare(truth, reading, others, MEASURES, intervals=True)
    return {**polarity.as_dict(), "language": main, **_named(rows)}, rows


def _named(rows: Sequence[Row]) -> dict[str, Any]:
    """The measures by name, for scripts."""
    names = dict(
        zip(
            MEASURES,
            (
                "auc",
                "positive_read_as_complaint",
                "negative_found",
                "positive_read_as_complaint_automatic",
                "negative_found_automatic",
                "calibration_error",
            ),
            strict=True,
        )
    )
    return {names[row.measure]: None if row.value is None else round(row.value, 4) for row in rows}


def _main_language(languages: Sequence[str]) -> str:
    known = Counter(code for code in languages if code != UNDECIDED)
    return min(known, key=lambda code: (-known[code], code)) if known else UNDECIDED


def _polarity_column(path: Path, text: str | None) -> str | None:
    """The column with nothing but polarities in it, the best named first; else one called so; else None."""
    frame = read_table(path)
    able = [str(name) for name in frame.columns if name != text and _are_polarities(frame[name].dropna().tolist())]
    named = [name for name in able if any(known in name.casefold() for known in _COLUMNS)]
    called = [str(name) for name in frame.columns if str(name).strip().casefold() in _COLUMNS[:2]]
    return next(iter([*named, *able, *called]), None)


def _are_polarities(values: Sequence[object]) -> bool:
    sides = {_side(_plain(str(value))) for value in values}
    return None not in sides and bool(sides & {"positive", "negative"})


def _plain(value: str) -> str:
    lower = value.strip().casefold()
    for prefix in _PREFIXES:
        lower = lower.removeprefix(prefix)
    return lower


def _side(value: str) -> str | None:
    if value in _POSITIVE:
        return "positive"
    if value in _NEGATIVE:
        return "negative"
    return "neither" if value in _NEITHER else None


def _numbered(values: Sequence[str]) -> dict[str, str]:
    """Two numbers, such as 0 and 1, 1 and 2 or -1 and 1: the lower is negative. Nothing for other values."""
    distinct: dict[float, list[str]] = {}
    for value in set(values):
        try:
            distinct.setdefault(float(value), []).append(value)
        except ValueError:
            return {}
    if len(distinct) != 2:
        return {}
    return {
        value: side
        for number, side in zip(sorted(distinct), ("negative", "positive"), strict=True)
        for value in distinct[number]
    }
