"""The commands of the room: `feedback classify` labels texts and prints them, `feedback train` trains a local model.

Only options, progress and printing; starts without Dagster. Labels are given in `cascade/`, models trained in `model/`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from feedback_assets.classification.cascade.classifier import Classifier
from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import read_text
from feedback_assets.installation import Installation

if TYPE_CHECKING:
    from feedback_assets.classification.model.labels_file import LabelsFile
    from feedback_assets.classification.model.recipe import Recipe
    from feedback_assets.classification.model.training import Progress

# Most characters of a text that are shown again.
_SHOWN = 160
_GOES = {
    "automatic": "nobody needs to look",
    "review": "to the review queue",
    "signal": "counts as evidence only",
    "people": "to people first",
}


def classify_command(
    context: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(help="Texts to label; else standard input, one a line.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A file with one text a line.")] = None,
    language: Annotated[str, typer.Option(help="ISO 639-1 code of the texts, where you know it.")] = "",
    rating: Annotated[float | None, typer.Option(min=1, max=5, help="Stars the customer gave, 1 to 5.")] = None,
    channel: Annotated[str, typer.Option(help="Where it was written.")] = "other",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Label texts: what is wrong, how bad it is, who owns it, how sure that is, and who answered.

    The first call trains the local model, which takes a minute or two; later ones load it.
    """
    texts = _texts(text or [], file)
    installation = Installation.of(context)
    console = Console(stderr=True)
    with console.status("Reading the prompts, and training the local model if there is none yet …"):
        from feedback_assets.classification.loader import load_classifier

        classifier = load_classifier(installation.settings)
        items = [Item(entry, language or _language(entry), rating, channel) for entry in texts]
        answers = _answers(installation, items, classifier, console)
    if as_json:
        typer.echo(
            json.dumps(
                [_as_dict(*pair, classifier) for pair in zip(items, answers, strict=True)], ensure_ascii=False, indent=2
            )
        )
    else:
        _show_answers(Console(highlight=False), items, answers, classifier)


def _texts(given: Sequence[str], file: Path | None) -> list[str]:
    if given and file:
        raise typer.BadParameter("give texts or --file, not both")
    if given:
        return list(given)
    if file is not None and not file.is_file():
        raise CallError(f"{file}: no such file; name a file with one text a line")
    lines = read_text(file, CallError) if file is not None else sys.stdin.read()
    texts = [line.strip() for line in lines.splitlines() if line.strip()]
    if not texts:
        raise typer.BadParameter("there is no text; give one, or --file, or write one a line to standard input")
    return texts


def _language(text: str) -> str:
    """The language of a text, where it is long enough to tell."""
    from py3langid.langid import classify as guess  # pyright: ignore[reportMissingTypeStubs,reportUnknownVariableType]

    # Two words can be of any language.
    return str(cast("tuple[str, float]", guess(text))[0]) if len(text.split()) > 2 else "und"


def _answers(installation: Installation, items: list[Item], classifier: Classifier, console: Console) -> list[Answer]:
    from feedback_assets.classification.cascade.cascade import classify

    settings = installation.settings
    if settings.model_provider == "none":
        return classify(items, classifier, None)
    from feedback_assets.classification.loader import open_client

    client = open_client(settings, installation.lake, "classify", 1, console.print)
    try:
        return classify(items, classifier, client)
    finally:
        client.ledger.close()


def _as_dict(item: Item, answer: Answer, classifier: Classifier) -> dict[str, Any]:
    return {
        "text": item.text,
        "language": item.language,
        "domain": classifier.taxonomy.domain_of(answer.category),
        "category": answer.category,
        "sub_label": answer.sub_label,
        "confidence": round(answer.confidence, 4),
        "sentiment": answer.sentiment,
        "moderation": answer.moderation,
        "answered_by": answer.answered_by,
        "model": answer.model,
        "model_version": answer.model_version,
        "triage": answer.triage.triage,
        "triage_reason": answer.triage.reason,
        "empty_fields": answer.empty_fields,
        "issues": [
            {
                "category": issue.category,
                "sub_label": issue.sub_label,
                "component": issue.component,
                "severity": issue.severity,
                "urgency": issue.urgency,
                "churn_intent": issue.churn_intent,
                "confidence": round(issue.confidence, 4),
                "quote": issue.quote,
                "owner": classifier.taxonomy.category(issue.category).owner,
            }
            for issue in answer.issues
        ],
    }


def _show_answers(console: Console, items: Sequence[Item], answers: Sequence[Answer], classifier: Classifier) -> None:
    """One paragraph a text, so that it reads in 80 columns: the text, a line an issue, where it goes and why."""
    for item, answer in zip(items, answers, strict=True):
        console.print(Text(item.text if len(item.text) <= _SHOWN else f"{item.text[: _SHOWN - 1]}…", style="bold"))
        for issue in answer.issues:
            owner = classifier.taxonomy.category(issue.category).owner
            facts = f"sure {issue.confidence:.2f}  severity {issue.severity:g}  {owner}"
            console.print(Text(f"  {_label(issue.category, issue.sub_label):<33}  {facts}"))
        if not answer.issues:
            console.print(Text(f"  {_label(answer.category, answer.sub_label):<33}  sure {answer.confidence:.2f}"))
        goes = f"{_GOES[answer.triage.triage]}: {answer.triage.reason} ({answer.answered_by.replace('_', ' ')})"
        console.print(Padding(Text(goes, style="dim"), (0, 0, 1, 2)))


def _label(category: str, sub_label: str | None) -> str:
    return f"{category}/{sub_label}" if sub_label else category


def train_command(
    context: typer.Context,
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
            _train_own(Installation.of(context).settings, output, status.update)
            if labels is None
            else _train_on_file(
                Installation.of(context), labels, text, label, taxonomy, folds, seed, output, status.update
            )
        )
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        _show_scores(Console(), result)


def _train_own(settings: Settings, output: Path | None, progress: Progress) -> dict[str, Any]:
    from feedback_assets.classification.model.trained import load_or_train

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


def _train_on_file(
    installation: Installation,
    path: Path,
    text: str | None,
    label: str | None,
    taxonomy: Path | None,
    folds: int,
    seed: int,
    output: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    import sklearn.model_selection  # pyright: ignore[reportMissingTypeStubs]

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
    splitters: Any = sklearn.model_selection  # it has no stubs
    split = splitters.StratifiedKFold(folds, shuffle=True, random_state=seed).split(file.texts, file.labels)
    truth, answered, confidence = cross_validate(examples, recipe, [unseen for _, unseen in split], progress)
    progress("training on all")
    model = train(examples, recipe, categories_only=True)
    folder = output or installation.settings.models_dir / model.version
    model.save(folder)
    return {
        "version": model.version,
        "artefact": str(folder),
        **file.as_dict(),
        "folds": folds,
        "seed": seed,
        **scores_of(recipe.labels, truth, answered, confidence),
    }


def _recipe(file: LabelsFile, taxonomy: Path | None) -> Recipe:
    from feedback_assets.classification.model.recipe import Recipe
    from feedback_assets.config.taxonomy import closest, load_taxonomy

    if taxonomy is None:
        return Recipe(labels=tuple(sorted(set(file.labels))), domains={}, sub_labels={})
    loaded = load_taxonomy(taxonomy)
    unknown = sorted(set(file.labels) - set(loaded.labels))
    if unknown:
        faults = "; ".join(f"{name!r}{closest(name, loaded.labels)}" for name in unknown)
        raise CallError(f"{file.path}: column {file.label_column}: not in {taxonomy}: {faults}")
    return Recipe.of(loaded)


def _show_scores(console: Console, result: dict[str, Any]) -> None:
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
