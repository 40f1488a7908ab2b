"""The comparison table: each measure of the product beside the same measure of the trivial alternatives.

Pure: truths and readings in, rows out. The rows of a slice are those of `SLICE_FEWEST` texts and more, for fewer say
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.stats  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.classification.model.measures import calibration_error, interval, macro_f1_of_indices
from feedback_assets.evaluation.readings import Reading

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

rankdata = cast("Any", scipy.stats).rankdata  # it has no stubs

SLICE_FEWEST = 20
# From this confidence on an answer counts as sure.
SURE = 0.9
PRODUCT = "feedback_assets"
# The same draws every time, so that a figure moves only when answers move.
_SEED = 20_240_501


@dataclass(frozen=True)
class Truth:
    """What people said of each text of a set.

    Attributes:
        name: Of the set, as the table shows it.
        complains: Whether the text complains, shape (texts,).
        category: The category; None where the set has none.
        praise: Whether it is praise and nothing else, shape (texts,).
    """

    name: str
    complains: Flags
    category: list[str] | None
    praise: Flags


@dataclass(frozen=True)
class Row:
    """A measure of some texts: of the product with its 95 % interval where asked for, and of each alternative.

    Attributes:
        group: The slice's value, such as `de`; empty for the whole set.
        items: Texts measured: those that the measure is about.
        others: Value and number of texts by alternative; it may speak to fewer texts. None where it has no value.
    """

    set: str
    slicing: str
    group: str
    measure: str
    items: int
    value: float | None
    interval: tuple[float, float] | None
    others: Mapping[str, tuple[float, int] | None]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; numbers rounded to four digits."""
        return {
            "set": self.set,
            "slice": self.slicing,
            "group": self.group,
            "measure": self.measure,
            "items": self.items,
            PRODUCT: None if self.value is None else round(self.value, 4),
            "interval": None if self.interval is None else [round(end, 4) for end in self.interval],
            **{
                name: None if said is None else {"value": round(said[0], 4), "items": said[1]}
                for name, said in self.others.items()
            },
        }


# A measure of the texts at some row numbers: its value and how many texts it is about; None where it has none.
Measure = Callable[[Truth, Reading, Indices], tuple[float, int] | None]


def auc(positive: Flags, score: Numbers) -> float:
    """Area under the ROC curve: the chance that a positive scores higher than a negative, ties count half.

    By the ranks, as the statistic of Mann and Whitney. Both kinds must be there.
    """
    n = int(positive.sum())
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def accuracy(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of texts with the right category."""
    right = _right(truth, reading)
    return None if right is None else _mean(right[rows])


def macro_f1(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Mean F1 of the categories that the texts truly have."""
    if truth.category is None or reading.category is None or not len(rows):
        return None
    labels = {name: number for number, name in enumerate(sorted({*truth.category, *reading.category}))}
    true = np.array([labels[truth.category[row]] for row in rows], dtype=np.int64)
    said = np.array([labels[reading.category[row]] for row in rows], dtype=np.int64)
    return macro_f1_of_indices(true, said, len(labels), only_true=True), len(rows)


def category_calibration_error(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Expected calibration error of the confidence in the category."""
    right = _right(truth, reading)
    if right is None or reading.confidence is None or not len(rows):
        return None
    return calibration_error(reading.confidence[rows], right[rows]), len(rows)


def right_where_sure(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share right of the texts at a confidence of `SURE` and more."""
    right = _right(truth, reading)
    if right is None or reading.confidence is None:
        return None
    return _mean(right[rows[reading.confidence[rows] >= SURE]])


def share_sure(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of texts at a confidence of `SURE` and more."""
    return None if reading.confidence is None else _mean(reading.confidence[rows] >= SURE)


def praise_read_as_complaint(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the praise that is read as a complaint."""
    return _read_as_complaint(reading, rows[truth.praise[rows]])


def others_read_as_complaint(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the texts without a complaint that are read as one."""
    return _read_as_complaint(reading, rows[~truth.complains[rows]])


def complaints_found(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the complaints that are read as one."""
    return _read_as_complaint(reading, rows[truth.complains[rows]])


def complaints_missed(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the complaints that are not read as one."""
    found = complaints_found(truth, reading, rows)
    return None if found is None else (1 - found[0], found[1])


def read_as_complaint_unseen(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the texts without a complaint that are read as one where no person looks."""
    if reading.automatic is None:
        return None
    quiet = rows[~truth.complains[rows]]
    return _mean(_is_read_as_complaint(reading, quiet) & reading.automatic[quiet])


def found_unseen(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Share of the complaints that are read as one where no person looks."""
    if reading.automatic is None:
        return None
    loud = rows[truth.complains[rows]]
    return _mean(_is_read_as_complaint(reading, loud) & reading.automatic[loud])


def polarity_auc(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """How well the reading ranks complaints above the rest, over the texts it speaks to."""
    told = rows[~np.isnan(reading.complaint[rows])]
    positive = truth.complains[told]
    if not len(told) or positive.all() or not positive.any():
        return None
    return auc(positive, reading.complaint[told]), len(told)


def complaint_calibration_error(truth: Truth, reading: Reading, rows: Indices) -> tuple[float, int] | None:
    """Expected calibration error of the probability of a complaint."""
    if not reading.is_probability or not len(rows):
        return None
    return calibration_error(reading.complaint[rows], truth.complains[rows]), len(rows)


def compare(
    truth: Truth,
    product: Reading,
    alternatives: Mapping[str, Reading],
    measures: Mapping[str, Measure],
    groups: Mapping[tuple[str, str], Indices] | None = None,
    intervals: bool = False,
) -> list[Row]:
    """Rows of the table.

    Args:
        truth: What people said.
        product: What the product says.
        alternatives: What each alternative says, by its name.
        measures: By the name that the table shows.
        groups: Row numbers by slicing and value; the whole set when not given. A measure about fewer than
            `SLICE_FEWEST` texts of a group has no row.
        intervals: Whether to draw the product's 95 % bootstrap intervals; a second or two for each measure.
    """
    whole = {("", ""): np.arange(len(truth.complains), dtype=np.int64)}
    rows: list[Row] = []
    for (slicing, group), at in (whole if groups is None else groups).items():
        for name, measure in measures.items():
            said = measure(truth, product, at)
            others = {other: measure(truth, reading, at) for other, reading in alternatives.items()}
            if said is None and not any(others.values()):
                continue
            items = said[1] if said is not None else 0
            if groups is not None and items < SLICE_FEWEST:
                continue
            ends = _interval(truth, product, measure, at) if intervals and said is not None else None
            rows.append(Row(truth.name, slicing, group, name, items, said[0] if said else None, ends, others))
    return rows


def slices(slicing: str, values: Sequence[str]) -> dict[tuple[str, str], Indices]:
    """Row numbers by value of a slicing, for the values of `SLICE_FEWEST` texts and more, in order of the values."""
    found = {value: np.flatnonzero(np.array(values, dtype=object) == value) for value in sorted(set(values))}
    return {(slicing, value): rows for value, rows in found.items() if len(rows) >= SLICE_FEWEST}


def rating_group(stars: float | None) -> str:
    """The group of a rating: 1-2, 3, 4-5 or none; ratings between count to the nearer, 2.5 and 3.5 to 3."""
    if stars is None:
        return "none"
    return "1-2" if stars < 2.5 else "4-5" if stars > 3.5 else "3"


def _right(truth: Truth, reading: Reading) -> Flags | None:
    if truth.category is None or reading.category is None:
        return None
    return np.array([a == b for a, b in zip(truth.category, reading.category, strict=True)], dtype=np.bool_)


def _read_as_complaint(reading: Reading, rows: Indices) -> tuple[float, int] | None:
    told = np.array([reading.complains[int(row)] is not None for row in rows], dtype=np.bool_)
    return _mean(_is_read_as_complaint(reading, rows[told]))


def _is_read_as_complaint(reading: Reading, rows: Indices) -> Flags:
    return np.array([reading.complains[int(row)] is True for row in rows], dtype=np.bool_)


def _mean(flags: Flags) -> tuple[float, int] | None:
    return (float(flags.mean()), len(flags)) if len(flags) else None


def _interval(truth: Truth, reading: Reading, measure: Measure, rows: Indices) -> tuple[float, float] | None:
    """The 95 % bootstrap interval; a draw in which the measure has no value counts as the whole's value."""
    whole = measure(truth, reading, rows)
    if whole is None:
        return None

    def drawn(at: Indices) -> float:
        said = measure(truth, reading, rows[at])
        return whole[0] if said is None else said[0]

    return interval(drawn, len(rows), _SEED)
