"""The `feedback train` command: a local model for any labels, cross-validated, or the project's own again.

Only options, progress and printing; learning stands in `training.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets.config.settings import load
from feedback_assets.errors import CallError

if TYPE_CHECKING:
    from feedback_assets.classification.model.labels_file import LabelsFile
    from feedback_assets.classification.model.recipe import Recipe
    from feedback_assets.classification.model.training import Progress


def train_command(
    labels: Annotated[
        Path | None, typer.Option(help="Labelled texts: CSV, JSON or JSON Lines. (default: prompts/examples)")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Column of the text. (default: guessed)")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the label. (default: guessed)")] = None,
    taxonomy: Annotated[
        Path | None, typer.Option(help="Taxonomy of the labels. (default: as found in the file)")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the folds.")] = 0,
    output: Annotated[Path | None, typer.Option(help="Folder of the artefact. (default: models/<version>)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a local model and say how good it is on texts it has not seen.

    Rows without a label are left out, and so is a text that comes again; both are counted.
    """
    console = Console(stderr=True)
    with console.status("Reading …") as status:
        result = (
            _own(output, status.update)
            if labels is None
            else _of_file(labels, text, label, taxonomy, folds, seed, output, status.update)
        )
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        _show(Console(), result)


def _own(output: Path | None, progress: Progress) -> dict[str, Any]:
    from feedback_assets.classification.model.trained import load_or_train

    settings = load()
    model = load_or_train(settings, progress=progress)
    folder = output or settings.models_dir / model.version
    if output is not None:
        model.save(output)
    return {
        "version": model.version,
        "artefact": str(folder),
        "trained_on": model.metadata["trained_on"],
        **model.metadata["cross_validated"],
        "written_as_customers_write": model.metadata["calibrated_on"],
    }


def _of_file(
    path: Path,
    text: str | None,
    label: str | None,
    taxonomy: Path | None,
    folds: int,
    seed: int,
    output: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    from sklearn.model_selection import StratifiedKFold

    from feedback_assets.classification.model.examples import Example
    from feedback_assets.classification.model.labels_file import read_labels
    from feedback_assets.classification.model.training import cross_validate, train
    from feedback_assets.classification.model.training_scores import scores_of

    file = read_labels(path, text, label)
    recipe = _recipe(file, taxonomy)
    examples = [Example(text, ((name, None),)) for text, name in zip(file.texts, file.labels, strict=True)]
    rare = min(file.labels.count(name) for name in set(file.labels))
    if rare < folds:
        raise CallError(f"{path}: a label has only {rare} texts; say --folds {max(2, rare)} or leave rarer labels out")
    split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(file.texts, file.labels)
    truth, said, confidence = cross_validate(examples, recipe, [unseen for _, unseen in split], progress)
    progress("training on all")
    model = train(examples, recipe, categories_only=True)
    folder = output or load().models_dir / model.version
    model.save(folder)
    return {
        "version": model.version,
        "artefact": str(folder),
        **file.told(),
        "folds": folds,
        "seed": seed,
        **scores_of(recipe.labels, truth, said, confidence),
    }


def _recipe(file: LabelsFile, taxonomy: Path | None) -> Recipe:
    from feedback_assets.classification.model.recipe import Recipe
    from feedback_assets.config.taxonomy import closest, load_taxonomy

    if taxonomy is None:
        return Recipe(labels=tuple(sorted(set(file.labels))), domains={}, sub_labels={})
    loaded = load_taxonomy(taxonomy)
    unknown = sorted(set(file.labels) - set(loaded.labels))
    if unknown:
        told = "; ".join(f"{name!r}{closest(name, loaded.labels)}" for name in unknown)
        raise CallError(f"{file.path}: column {file.label_column}: not in {taxonomy}: {told}")
    return Recipe.of(loaded)


def _show(console: Console, result: dict[str, Any]) -> None:
    if "text_column" in result:
        console.print(
            f"Read {result['rows']} rows: text from column '{result['text_column']}', label from "
            f"'{result['label_column']}'; left out {result['left_out_without_text_or_label']} without text or label, "
            f"{result['left_out_repeated']} repeated."
        )
    console.print(f"On {result['items']} texts held out, with 95 % intervals:")
    for name in ("accuracy", "macro_f1", "calibration_error"):
        low, high = result[f"{name}_interval"]
        console.print(f"  {name.replace('_', ' '):<18} {result[name]:.3f}   [{low:.3f}, {high:.3f}]")
    plain = result.get("written_as_customers_write")
    if plain:
        console.print(
            f"Each example was written to differ from the others, so these numbers are lower than in use. On the "
            f"{plain['items']} written as customers write, which the confidence is fitted on: accuracy "
            f"{plain['accuracy']:.3f}, macro f1 {plain['macro_f1']:.3f}, calibration error "
            f"{plain['calibration_error']:.3f}."
        )
    table = Table("label", title="By label", title_justify="left")
    for name in ("items", "precision", "recall", "f1", "mean confidence"):
        table.add_column(name, justify="right")
    for name, row in result["by_category"].items():
        sure = row["mean_confidence"]
        table.add_row(
            name,
            str(row["items"]),
            *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")),
            "" if sure is None else f"{sure:.3f}",
        )
    console.print(table)
    console.print(f"Artefact {result['version']} in {result['artefact']}")
