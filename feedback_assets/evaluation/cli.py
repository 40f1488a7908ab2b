"""The `feedback evaluate` command: the product beside trivial alternatives, or an artefact against a labels file.

Only options and printing; the numbers are made in `golden_comparison.py`, `polarity_file.py` and `scores.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets.installation import Installation

if TYPE_CHECKING:
    from feedback_assets.evaluation.automation import SliceEdge
    from feedback_assets.evaluation.comparison import Row

# Narrower, every name would stand in several lines; a file has no width of its own.
_WIDTH_OF_A_FILE = 190
_HEADINGS = {
    "stars_alone": "stars alone",
    "vader_sentiment": "vaderSentiment",
    "without_encoder": "without encoder",
    "tfidf_logistic_regression": "TF-IDF + LR",
}


def evaluate_command(
    context: typer.Context,
    polarity: Annotated[
        Path | None, typer.Option(help="Measure on this file of texts that are positive or negative instead.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Measure on this labels file instead: CSV, JSON or JSON Lines.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Text column of the file. (default: guessed)")] = None,
    label: Annotated[str | None, typer.Option(help="Label or polarity column of the file. (default: guessed)")] = None,
    language: Annotated[
        str | None, typer.Option(help="ISO 639-1 code of all texts of --polarity. (default: each detected)")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of an artefact. (default: the local model of the prompts folder)")
    ] = None,
    golden: Annotated[Path | None, typer.Option(help="Folder of golden items. (default: prompts/golden)")] = None,
    alone: Annotated[
        bool, typer.Option("--alone", help="Leave out the alternatives, of which TF-IDF trains for a minute or two.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Append the scores to evaluation/golden_scores.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Say how good the labels are without a language model, beside trivial alternatives, with 95 % intervals.

    The texts were never used for training, nor for calibration, unless you trained on the same file.
    """
    if labels is not None and polarity is not None:
        raise typer.BadParameter("give --labels or --polarity, not both")
    if (labels or polarity) is not None and (golden is not None or keep):
        raise typer.BadParameter("a file of your own is measured alone; leave out --golden and --keep")
    if language is not None and polarity is None:
        raise typer.BadParameter("--language says the language of --polarity FILE; the golden items have their own")
    console = Console(stderr=True)
    rows: Sequence[Row] = ()
    edges: Sequence[SliceEdge] = ()
    with console.status("Reading …") as status:
        from feedback_assets.classification.model.labels_file import read_labels
        from feedback_assets.classification.model.local_model import LocalModel
        from feedback_assets.classification.model.trained import load_or_train
        from feedback_assets.evaluation.automation import slice_edges
        from feedback_assets.evaluation.golden_comparison import classifier_with, compare_on_golden
        from feedback_assets.evaluation.golden_evaluation import measure_golden, measure_labels
        from feedback_assets.evaluation.polarity_file import measure_polarity, read_polarity

        installation = Installation.of(context)
        settings = installation.settings
        # A file of one's own is read first: what is wrong with it is told at once, not after a training.
        own = read_polarity(polarity, text, label) if polarity is not None else None
        artefact = LocalModel.load(model) if model is not None else load_or_train(settings, progress=status.update)
        if labels is not None:
            result: dict[str, Any] = measure_labels(artefact, read_labels(labels, text, label))
        elif own is not None:
            classifier = classifier_with(settings, artefact)
            result, rows = measure_polarity(own, classifier, language, status.update)
        else:
            result, scores = measure_golden(settings, datetime.now(UTC), status.update, artefact, golden)
            if keep:
                from feedback_assets import tables

                result["rows_added"] = installation.lake.append_missing(
                    tables.GOLDEN_SCORES, scores, {"asset": tables.GOLDEN_SCORES.name}
                )
            classifier = classifier_with(settings, artefact)
            rows = compare_on_golden(settings, artefact, classifier, status.update, golden, alternatives=not alone)
            edges = slice_edges(classifier.bands, artefact.labels, sorted(artefact.slices.get("language", {})))
            result["automation"] = [edge.as_dict() for edge in edges]
    if rows:
        result["comparison"] = [row.as_dict() for row in rows]
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    output = Console() if Console().is_terminal else Console(width=_WIDTH_OF_A_FILE)
    if rows:
        output.print(comparison_table(rows))
        if edges:
            output.print(automation_table(edges))
    else:
        show_labels(output, result)


def comparison_table(rows: Sequence[Row]) -> Table:
    """One table of all rows; a cell of an alternative that speaks to other texts says to how many."""
    others = list(rows[0].others)
    table = Table("texts of", "measure")
    for name in ("texts", "Feedback Assets", "95 %", *(_HEADINGS.get(name, name) for name in others)):
        table.add_column(name, justify="right")
    previous = (rows[0].set, rows[0].slicing)
    for row in rows:
        if (row.set, row.slicing) != previous:
            table.add_section()
            previous = (row.set, row.slicing)
        table.add_row(
            ", ".join(part for part in (row.set, f"{row.slicing} {row.group}".strip()) if part),
            row.measure,
            str(row.items),
            "" if row.value is None else f"{row.value:.3f}",
            "" if row.interval is None else f"{row.interval[0]:.3f} to {row.interval[1]:.3f}",
            *(_cell(row.others.get(name), row.items) for name in others),
        )
    return table


def automation_table(edges: Sequence[SliceEdge]) -> Table:
    """From which confidence each category and language is automatic, or that people look at all of it."""
    table = Table("labels of", "automatic from", "why", title="Without a person", title_justify="left")
    previous = edges[0].slicing
    for edge in edges:
        if edge.slicing != previous:
            table.add_section()
            previous = edge.slicing
        automatic = "people" if edge.automatic_from is None else f"{edge.automatic_from:.2f}"
        table.add_row(f"{edge.slicing} {edge.name}".strip() or "all", automatic, edge.reason)
    return table


def _cell(said: tuple[float, int] | None, items: int) -> str:
    if said is None:
        return ""
    return f"{said[0]:.3f}" if said[1] == items else f"{said[0]:.3f} of {said[1]}"


def show_labels(console: Console, result: dict[str, Any]) -> None:
    """Print the scores on a labels file: the headline, then every category."""
    for name in ("accuracy", "macro_f1", "calibration_error"):
        low, high = result[f"{name}_interval"]
        console.print(f"{name.replace('_', ' '):<18} {result[name]:.3f}   [{low:.3f}, {high:.3f}]")
    table = Table("category", title="By category", title_justify="left")
    for name in ("items", "precision", "recall", "f1", "95 %", "calibration error"):
        table.add_column(name, justify="right")
    for value, row in result["by_category"].items():
        low, high = row["f1_interval"]
        table.add_row(
            value,
            str(row["items"]),
            *(f"{row[name]:.3f}" for name in ("precision", "recall", "f1")),
            f"{low:.2f} to {high:.2f}",
            f"{row['calibration_error']:.3f}",
        )
    console.print(table)
