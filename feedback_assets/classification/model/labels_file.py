"""Reading a file of labelled texts, whatever its columns are called: CSV, TSV, JSON or JSON Lines.

Guesses the two columns and says so. What is learned from it stands in `training.py`.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from feedback_assets.errors import CallError

_TEXT_NAMES = (
    "text",
    "review",
    "content",
    "comment",
    "message",
    "body",
    "review_text",
    "verbatim",
    "feedback",
    "tweet",
    "sentence",
    "phrase",
)
_LABEL_NAMES = ("label", "category", "reason", "class", "target", "topic", "issue", "intent", "type")
# A column with more different values than this is no set of labels.
_MOST_LABELS = 200


@dataclass(frozen=True)
class LabelsFile:
    """Texts with their labels, each text once, and what was left out."""

    path: Path
    text_column: str
    label_column: str
    texts: list[str]
    labels: list[str]
    rows: int
    unlabelled: int
    repeated: int

    def as_dict(self) -> dict[str, Any]:
        """What was read, for the result."""
        return {
            "labels_file": str(self.path),
            "text_column": self.text_column,
            "label_column": self.label_column,
            "rows": self.rows,
            "left_out_without_text_or_label": self.unlabelled,
            "left_out_repeated": self.repeated,
        }


def read_labels(
    path: Path, text: str | None = None, label: str | None = None, label_names: Sequence[str] = _LABEL_NAMES
) -> LabelsFile:
    """Read a labels file.

    Args:
        path: CSV, TSV, JSON or JSON Lines; gzip too.
        text: Column of the text; guessed when not given.
        label: Column of the label; guessed when not given.
        label_names: What the label's column may be called, the likeliest first.

    Raises:
        CallError: The file is not there or cannot be read, or a column cannot be found.
    """
    frame = read_table(path)
    label_column = _column(frame, label, _label_guesses(frame, text, label_names), path, "--label")
    text_column = _column(frame, text, _text_guesses(frame, label_column), path, "--text")
    complete = frame[[text_column, label_column]].dropna()
    texts = complete[text_column].astype(str).map(html.unescape)
    named = complete[label_column].astype(str).str.strip()
    filled = (texts.str.strip() != "") & (named != "")
    texts, named = texts[filled], named[filled]
    # Of a text that comes again the first label counts, as where two people disagree the file's order decides.
    first = ~texts.duplicated()
    if not first.any():
        raise CallError(f"{path}: no row has both {text_column!r} and {label_column!r}; name others by --text, --label")
    return LabelsFile(
        path,
        text_column,
        label_column,
        texts[first].tolist(),
        named[first].tolist(),
        len(frame),
        len(frame) - len(texts),
        int((~first).sum()),
    )


def read_table(path: Path) -> pd.DataFrame:
    """Every row and column of a CSV, TSV, JSON or JSON Lines file, as text where the format has no types.

    Raises:
        CallError: The file is not there or cannot be read.
    """
    if not path.is_file():
        raise CallError(f"{path}: no such file; name a CSV, JSON or JSON Lines file with labelled texts")
    name = path.name.removesuffix(".gz").lower()
    try:
        if name.endswith((".jsonl", ".ndjson")):
            frame = pd.read_json(path, lines=True, dtype=False)
        elif name.endswith(".json"):
            frame = pd.read_json(path, dtype=False)
        else:
            frame = pd.read_csv(path, sep="\t" if name.endswith(".tsv") else ",", dtype=str)
    except (ValueError, UnicodeDecodeError) as error:
        raise CallError(
            f"{path}: cannot be read as {Path(name).suffix or 'CSV'}: {error}; fix or convert it"
        ) from error
    if "issues" in frame.columns and "category" not in frame.columns:
        # The project's own format: the first issue is the label.
        frame["category"] = [row[0]["category"] if isinstance(row, list) and row else None for row in frame["issues"]]
    return frame


def _column(frame: pd.DataFrame, named: str | None, guesses: Sequence[str], path: Path, option: str) -> str:
    columns = ", ".join(str(column) for column in frame.columns)
    if named is not None:
        if named not in frame.columns:
            raise CallError(f"{path}: no column {named!r}; {option} must be one of {columns}")
        return named
    if not guesses:
        raise CallError(f"{path}: cannot tell which column is meant; say {option} COLUMN, one of {columns}")
    return guesses[0]


def _label_guesses(frame: pd.DataFrame, text: str | None, names: Sequence[str]) -> list[str]:
    able = [
        str(name)
        for name in frame.columns
        if name != text and not isinstance(frame[name].dropna().head(1).squeeze(), list | dict)
    ]
    few = [name for name in able if 2 <= frame[name].nunique() <= min(_MOST_LABELS, max(2, len(frame) // 2))]
    return _by_name(few, names)


def _text_guesses(frame: pd.DataFrame, label: str) -> list[str]:
    able = [str(name) for name in frame.columns if name != label]
    named = _by_name(able, _TEXT_NAMES)
    if named:
        return named
    lengths = {name: frame[name].dropna().astype(str).str.len().mean() for name in able}
    return sorted((name for name in able if lengths[name] > 20), key=lambda name: -lengths[name])


def _by_name(columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Columns whose name is, or else ends with or contains, one of the names; exact ones first."""
    exact = [column for name in names for column in columns if column.lower() == name]
    partly = [column for name in names for column in columns if name in column.lower() and column not in exact]
    return [*exact, *dict.fromkeys(partly)]
