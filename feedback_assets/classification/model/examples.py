"""Labelled examples: what the local model learns from, read and checked line by line.

Also the check that no example leaks a golden text. Nothing here learns or scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from feedback_assets.config.taxonomy import Taxonomy, closest
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import json_lines
from feedback_assets.tables import SENTIMENTS
from feedback_assets.text import fold

# Neighbouring lines were written in one go, by one hand, about one sub-label: they are held out together,
# so that what is measured on held-out lines is how the model does on wording it has not seen.
_LINES_TOGETHER = 8
# The share of words two texts have in common, order aside, from which one gives the other away.
LEAK = 90.0


class ExamplesError(CallError):
    """A line is no example; the message names file, line, field and the fix."""


@dataclass(frozen=True)
class Example:
    """A labelled text. The first issue is the primary blocker; what is not known is None.

    Attributes:
        group: Examples of one group are held out together.
        calibrates: Written as customers write, so that confidence may be measured on it. Most examples are not:
            each was written to differ from the others, so that a held-out one is harder than a customer's text.
        about: What a text without an issue is about: the category that a complaint about it would have.
    """

    text: str
    issues: tuple[tuple[str, str | None], ...]
    language: str = "und"
    sentiment: str | None = None
    urgency: float | None = None
    group: str = ""
    calibrates: bool = False
    about: str | None = None

    @property
    def category(self) -> str:
        """The category of the primary blocker."""
        return self.issues[0][0]


def load_examples(folder: Path, taxonomy: Taxonomy) -> list[Example]:
    """Every example of `folder/*.jsonl`, and those the taxonomy itself gives.

    Raises:
        ExamplesError: A line is no example, or names a label the taxonomy does not have.
    """
    examples = [example for path in sorted(folder.glob("*.jsonl")) for example in _of_file(path, taxonomy)]
    for name, category in taxonomy.categories.items():
        examples += [
            Example(shown.text, ((name, shown.sub_label),), group=f"taxonomy-{name}-{number}")
            for number, shown in enumerate(category.examples)
        ]
    return examples


def leaks(examples: Sequence[str], golden: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of an example and a golden text that are the same, or nearly, whatever the order of their words."""
    ours = [" ".join(sorted(fold(text).split())) or text for text in examples]
    theirs = [" ".join(sorted(fold(text).split())) or text for text in golden]
    pairs: list[tuple[str, str]] = []
    for number, text in enumerate(theirs):
        near = process.extractOne(text, ours, scorer=fuzz.ratio, score_cutoff=LEAK)
        if near is not None:
            pairs.append((examples[int(near[2])], golden[number]))
    return pairs


def _of_file(path: Path, taxonomy: Taxonomy) -> Iterator[Example]:
    for number, row in json_lines(path, ExamplesError):
        where = f"{path}: line {number}"
        if not str(row.get("text") or "").strip():
            raise ExamplesError(f'{where}: field text is missing; write {{"text": …, "issues": [{{"category": …}}]}}')
        yield _example(row, f"{path.stem}-{number // _LINES_TOGETHER}", where, taxonomy)


def _example(row: dict[str, Any], group: str, where: str, taxonomy: Taxonomy) -> Example:
    issues = tuple((str(issue.get("category")), issue.get("sub_label")) for issue in row.get("issues") or ())
    if not issues:
        raise ExamplesError(
            f"{where}: field issues is empty; name at least one category, {taxonomy.no_issue!r} for praise"
        )
    for category, sub_label in issues:
        if category not in taxonomy.categories:
            raise ExamplesError(f"{where}: field issues: no category {category!r}{closest(category, taxonomy.labels)}")
        if not taxonomy.allows(category, sub_label):
            near = closest(str(sub_label), taxonomy.categories[category].sub_labels)
            raise ExamplesError(f"{where}: field issues: {category} has no sub-label {sub_label!r}{near}")
    sentiment = row.get("sentiment")
    if sentiment is not None and sentiment not in SENTIMENTS:
        raise ExamplesError(f"{where}: field sentiment: {sentiment!r}{closest(str(sentiment), SENTIMENTS)}")
    urgency = row.get("urgency")
    if urgency is not None and not (isinstance(urgency, int | float) and 1 <= urgency <= 5):
        raise ExamplesError(f"{where}: field urgency: {urgency!r}; write a number from 1 to 5 or leave it out")
    if row.get("alike"):
        # Plain sentences about one sub-label are alike in every language: none may be learned from while one is asked.
        group = f"plain-{issues[0]}"
    calibrates = bool(row.get("calibrates"))
    language = str(row.get("language") or "und")
    about = row.get("about")
    if about is not None and about not in taxonomy.categories:
        raise ExamplesError(f"{where}: field about: no category {about!r}{closest(str(about), taxonomy.labels)}")
    return Example(str(row["text"]), issues, language, sentiment, urgency, group, calibrates, about)
