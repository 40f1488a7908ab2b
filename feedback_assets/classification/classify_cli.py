"""The `feedback classify` command: labels texts from the call, a file or standard input, and prints them.

Starts without Dagster. What a label is and who gives it stands in `cascade.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from feedback_assets.classification.cascade.labels import Answer, Item
from feedback_assets.classification.classifier import Reader
from feedback_assets.config.settings import Settings, load
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import read_text

# Most characters of a text that are shown again.
_SHOWN = 160
_GOES = {
    "automatic": "nobody needs to look",
    "review": "to the review queue",
    "signal": "counts as evidence only",
    "people": "to people first",
}


def classify_command(
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
    settings = load()
    console = Console(stderr=True)
    with console.status("Reading the prompts, and training the local model if there is none yet …"):
        from feedback_assets.classification.loader import open_reader

        reader = open_reader(settings)
        items = [Item(entry, language or _language(entry), rating, channel) for entry in texts]
        answers = _answers(settings, items, reader, console)
    if as_json:
        typer.echo(
            json.dumps(
                [_told(*pair, reader) for pair in zip(items, answers, strict=True)], ensure_ascii=False, indent=2
            )
        )
    else:
        _show(Console(highlight=False), items, answers, reader)


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


def _answers(settings: Settings, items: list[Item], reader: Reader, console: Console) -> list[Answer]:
    from feedback_assets.classification.cascade.cascade import classify

    if settings.model_provider == "none":
        return classify(items, reader, None)
    from feedback_assets.classification.loader import open_asking
    from feedback_assets.lake.store import Lake

    asking = open_asking(settings, Lake(settings.lake_root, settings.storage), "classify", 1, console.print)
    try:
        return classify(items, reader, asking)
    finally:
        asking.ledger.close()


def _told(item: Item, answer: Answer, reader: Reader) -> dict[str, Any]:
    return {
        "text": item.text,
        "language": item.language,
        "domain": reader.taxonomy.domain_of(answer.category),
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
                "owner": reader.taxonomy.category(issue.category).owner,
            }
            for issue in answer.issues
        ],
    }


def _show(console: Console, items: Sequence[Item], answers: Sequence[Answer], reader: Reader) -> None:
    """One paragraph a text, so that it reads in 80 columns: the text, a line an issue, where it goes and why."""
    for item, answer in zip(items, answers, strict=True):
        console.print(Text(item.text if len(item.text) <= _SHOWN else f"{item.text[: _SHOWN - 1]}…", style="bold"))
        for issue in answer.issues:
            owner = reader.taxonomy.category(issue.category).owner
            told = f"sure {issue.confidence:.2f}  severity {issue.severity:g}  {owner}"
            console.print(Text(f"  {_label(issue.category, issue.sub_label):<33}  {told}"))
        if not answer.issues:
            console.print(Text(f"  {_label(answer.category, answer.sub_label):<33}  sure {answer.confidence:.2f}"))
        goes = f"{_GOES[answer.triage.triage]}: {answer.triage.reason} ({answer.answered_by.replace('_', ' ')})"
        console.print(Padding(Text(goes, style="dim"), (0, 0, 1, 2)))


def _label(category: str, sub_label: str | None) -> str:
    return f"{category}/{sub_label}" if sub_label else category
