"""The `feedback evaluate` command: the local model against the golden set, or an artefact against a labels file.

Only options and printing; the numbers are made in `scores.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets.installation import Installation


def evaluate_command(
    context: typer.Context,
    labels: Annotated[
        Path | None, typer.Option(help="Measure on this labels file instead: CSV, JSON or JSON Lines.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Its text column. (default: guessed)")] = None,
    label: Annotated[str | None, typer.Option(help="Its label column. (default: guessed)")] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of an artefact. (default: the local model of the prompts folder)")
    ] = None,
    golden: Annotated[Path | None, typer.Option(help="Folder of golden items. (default: prompts/golden)")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Append the scores to evaluation/golden_scores.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score the local model alone; every number with its 95 % bootstrap interval.

    The labels were never used for training, nor for calibration, unless you trained on the same file.
    """
    if labels is not None and (golden is not None or keep):
        raise typer.BadParameter("--labels measures on another file; leave out --golden and --keep")
    console = Console(stderr=True)
    with console.status("Reading …") as status:
        from feedback_assets.classification.model.labels_file import read_labels
        from feedback_assets.classification.model.local_model import LocalModel
        from feedback_assets.classification.model.trained import load_or_train
        from feedback_assets.evaluation.golden_evaluation import measure_golden, measure_labels

        installation = Installation.of(context)
        settings = installation.settings
        artefact = LocalModel.load(model) if model is not None else load_or_train(settings, progress=status.update)
        if labels is not None:
            result: dict[str, Any] = measure_labels(artefact, read_labels(labels, text, label))
        else:
            result, rows = measure_golden(settings, datetime.now(UTC), status.update, artefact, golden)
            if keep:
                from feedback_assets import tables

                result["rows_added"] = installation.lake.append_missing(
                    tables.GOLDEN_SCORES, rows, {"asset": tables.GOLDEN_SCORES.name}
                )
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        show(Console(), result)


def show(console: Console, result: dict[str, Any]) -> None:
    """Print scores for a person: the headline, then every slice."""
    for name in ("accuracy", "macro_f1", "calibration_error"):
        low, high = result[f"{name}_interval"]
        console.print(f"{name.replace('_', ' '):<18} {result[name]:.3f}   [{low:.3f}, {high:.3f}]")
    for slicing in ("category", "language", "channel"):
        rows = result.get(f"by_{slicing}")
        if rows:
            console.print(_table(slicing, rows))


def _table(slicing: str, rows: dict[str, Any]) -> Table:
    table = Table(title=f"By {slicing}", title_justify="left")
    table.add_column(slicing)
    for name in ("items", "precision", "recall", "f1", "95 %", "calibration error"):
        table.add_column(name, justify="right")
    for value, row in rows.items():
        f1 = "f1" if "f1" in row else "macro_f1"
        low, high = row.get(f"{f1}_interval") or (None, None)
        table.add_row(
            value,
            str(row["items"]),
            f"{row['precision']:.3f}" if "precision" in row else "",
            f"{row['recall']:.3f}" if "recall" in row else "",
            f"{row[f1]:.3f}",
            f"{low:.2f} to {high:.2f}" if low is not None else "",
            f"{row['calibration_error']:.3f}" if row.get("calibration_error") is not None else "",
        )
    return table
