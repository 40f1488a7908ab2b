"""The `feedback prompts` commands: plan a change of prompts, compare old and new labels, start the backfill.

Only options and printing; what is planned is found in `evaluation/prompt_plan.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from feedback_assets.installation import Installation

if TYPE_CHECKING:
    from feedback_assets.evaluation.prompt_plan import PromptPlan

app = typer.Typer(no_args_is_help=True, help="Plan a change of prompts, compare labels, backfill, promote.")

_Scope = Annotated[
    str | None, typer.Option(help="Narrow to items labelled with this category or a close alternative of it.")
]
_Alternatives = Annotated[
    list[str] | None, typer.Option("--alternative", help="Take this alternative instead of the measured; repeat it.")
]
_From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day. (default: all)")]
_To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_DAYS_SHOWN = 40


@app.command("plan")
def plan_command(
    context: typer.Context,
    scope: _Scope = None,
    alternative: _Alternatives = None,
    since: _From = None,
    until: _To = None,
    as_json: _Json = False,
) -> None:
    """Say what labelling history with the prompts of today would send, cost and flip; nothing is sent."""
    installation = Installation.of(context)
    planned = _planned(installation, scope, alternative, since, until)
    from feedback_assets.evaluation.prompt_report import as_dict

    report = as_dict(planned)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show_plan(Console(), report)


@app.command("diff")
def diff_command(
    context: typer.Context,
    scope: _Scope = None,
    alternative: _Alternatives = None,
    since: _From = None,
    until: _To = None,
    items: Annotated[bool, typer.Option("--items", help="List every item both prompts answered.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Append them to evaluation/label_changes.")] = False,
    ask_golden: Annotated[
        bool, typer.Option("--ask-golden", help="Ask the model about the golden set under both prompts; costs money.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Compare the labels of the old prompt with those of the new, as far as both were asked."""
    installation = Installation.of(context)
    planned = _planned(installation, scope, alternative, since, until)
    console = Console(stderr=True)
    with console.status("Scoring the golden set …") as status:
        from feedback_assets import tables
        from feedback_assets.evaluation.prompt_golden import golden_scores
        from feedback_assets.evaluation.prompt_report import agreement, as_dict, change_rows, flips_of

        settings, lake, now = installation.settings, installation.lake, datetime.now(UTC)
        rows = change_rows(planned.held, now)
        report: dict[str, Any] = {
            **{name: as_dict(planned)[name] for name in ("prompt_before", "prompt_after", "scope", "unknown")},
            "compared": len(rows),
            "agreement": agreement(planned.held),
            "flips": flips_of(planned.held),
            "golden": golden_scores(settings, lake, planned, ask_golden, status.update),
        }
        if keep:
            report["rows_added"] = lake.append_missing(tables.LABEL_CHANGES, rows, {"asset": tables.LABEL_CHANGES.name})
    if items:
        report["items"] = [
            {**row, "day": str(row["day"])} for row in rows.drop(columns=["compared_at"]).to_dict("records")
        ]
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show_diff(Console(), report)


@app.command("backfill")
def backfill_command(
    context: typer.Context,
    scope: _Scope = None,
    alternative: _Alternatives = None,
    since: _From = None,
    until: _To = None,
    ui: Annotated[
        str | None, typer.Option(help="Start it on the Dagster at this address instead of here, as its UI would.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: _Json = False,
) -> None:
    """Label the affected days anew, one run a block; tickets are only proposed."""
    installation = Installation.of(context)
    planned = _planned(installation, scope, alternative, since, until)
    from feedback_assets.evaluation.prompt_report import as_dict

    console, report = Console(stderr=True), as_dict(planned)
    if not as_json:
        _show_plan(console, report)
    if not planned.days:
        if as_json:
            typer.echo(json.dumps({**report, "started": None, "success": True}, ensure_ascii=False, indent=2))
        return
    if not yes and not typer.confirm(f"Send {planned.requests} requests in {len(planned.blocks)} runs?", err=True):
        raise typer.Exit(1)
    from feedback_assets.definitions import build_defs
    from feedback_assets.orchestration import prompt_backfill

    settings = installation.settings
    defs = build_defs(settings)

    if ui is not None:
        started, failures, outside, notes = prompt_backfill.launch(planned, defs, ui), list[str](), False, list[str]()
        console.print(f"Backfill {started} is started; watch it at {ui.rstrip('/')}/runs/b/{started}")
    else:
        from feedback_assets.orchestration.runner import RunEnvironment, notes_of, open_instance

        with console.status("Starting …") as status:
            environment = RunEnvironment(defs, settings, open_instance(settings))
            results = prompt_backfill.run_here(
                planned, environment, lambda block, step: status.update(f"{block} · {step}")
            )
        started, failures = "here", [text for result in results for text in result.failures]
        outside, notes = any(result.outside for result in results), notes_of(results)
        for text in [] if as_json else notes:
            console.print(f"note: {text}", markup=False)
        for text in failures:
            console.print(text, markup=False)
    if as_json:
        done = {**report, "started": started, "success": not failures, "failures": failures, "warnings": notes}
        typer.echo(json.dumps(done, ensure_ascii=False, indent=2))
    elif not failures and ui is None:
        console.print("Next: feedback prompts diff; feedback tickets --release --by NAME sends what was proposed.")
    if failures:
        raise typer.Exit(3 if outside else 1)


@app.command("promote")
def promote_command(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day. (default: today, UTC)")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides so.")] = "feedback prompts",
    why: Annotated[str, typer.Option("--why", help="Why.")] = "promoted by hand",
    as_json: _Json = False,
) -> None:
    """Put the prompts of today in force from a day on, without computing anything.

    Days that are labelled already keep their labels until they are computed again.
    """
    with Console(stderr=True).status("Opening the prompts …"):
        from feedback_assets.classification.active_versions import (
            Promotion,
            keep_version_files,
            promote,
            version_set_of,
        )
        from feedback_assets.classification.loader import load_classifier, version_sets_dir

        installation, now = Installation.of(context), datetime.now(UTC)
        settings = installation.settings
        version_set = version_set_of(load_classifier(settings))
        first = (since or now).date()
        keep_version_files(settings.prompts_dir, version_sets_dir(settings), version_set)
        promote(installation.lake, Promotion(first, version_set, by, why, now))
    report = {
        "effective_day": str(first),
        "prompt_version": version_set.prompt_version,
        "promoted_by": by,
        "reason": why,
    }
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        Console().print(f"{version_set.prompt_version} is in force from {first} on.")


def _planned(
    installation: Installation,
    scope: str | None,
    alternative: list[str] | None,
    since: datetime | None,
    until: datetime | None,
) -> PromptPlan:
    if alternative and scope is None:
        raise typer.BadParameter("--alternative goes with --scope CATEGORY")
    if since is not None and until is not None and until < since:
        raise typer.BadParameter("give --from before --to")
    with Console(stderr=True).status("Opening the prompts …") as status:
        from feedback_assets.evaluation.prompt_plan import plan_prompt_change, scope_named

        settings = installation.settings
        named = scope_named(settings, scope, alternative or (), status.update)
        return plan_prompt_change(
            settings, installation.lake, datetime.now(UTC), named, _day(since), _day(until), status.update
        )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _show_plan(console: Console, report: dict[str, Any]) -> None:
    console.print(f"{report['reason']}.", highlight=False)
    console.print(
        f"{', '.join(report['prompt_before']) or 'nothing'} -> {report['prompt_after']}, asked of {report['model']}"
    )
    console.print(f"Scope: {report['scope_reason']}.", highlight=False)
    if report["days"]:
        _show_days(console, report)
    for group in report["left_out"]:
        days, versions = group["days"], ", then ".join(group["prompt_versions"])
        console.print(f"{len(days)} days are left out and keep {versions}: {_listed(days)}", highlight=False)


def _show_days(console: Console, report: dict[str, Any]) -> None:
    table = Table(
        "day", *(_right(name) for name in ("items", "texts", "requests", "tokens", "flips", "open")), box=None
    )
    for day in report["days"][:_DAYS_SHOWN]:
        tokens = day["tokens_in"] + day["tokens_out"]
        numbers = (day["items"], day["texts"], day["requests"], tokens, day["flips"], day["unknown"])
        table.add_row(day["day"], *(f"{number:,}" for number in numbers))
    console.print(table)
    if len(report["days"]) > _DAYS_SHOWN:
        console.print(f"… {len(report['days']) - _DAYS_SHOWN} more days; --json lists them all")
    cost = "price not known" if report["cost"] is None else f"{report['cost']:,.2f} {report['currency']}".strip()
    measured = f"measured on {report['tokens_measured_on']} answers" if report["tokens_measured_on"] else "supposed"
    console.print(
        f"{report['texts']:,} texts, {report['requests']:,} requests in {len(report['runs'])} runs, "
        f"{report['tokens_in']:,} + {report['tokens_out']:,} tokens ({measured}): {cost} ({report['price']}).",
        highlight=False,
    )
    console.print(f"Not counted: {report['not_counted']}.")
    if report["of_these_late"]:
        console.print(f"Of the requests, {report['of_these_late']} are about items that no version has answered.")
    for block in report["over_budget"]:
        console.print(f"[red]{block['from']} to {block['to']} costs more than FEEDBACK_DAILY_BUDGET allows.[/red]")
    console.print(f"{report['unknown']:,} labels are open until they are asked; known flips:")
    _show_flips(console, report["flips"])


def _show_diff(console: Console, report: dict[str, Any]) -> None:
    console.print(f"{', '.join(report['prompt_before'])} -> {report['prompt_after']}", highlight=False)
    agreement = (
        "nothing to compare yet" if report["agreement"] is None else f"{report['agreement']:.1%} the same category"
    )
    console.print(f"{report['compared']:,} items answered under both, {agreement}; {report['unknown']:,} still open.")
    _show_flips(console, report["flips"])
    for name, row in report["golden"].items():
        low, high = row["macro_f1_interval"]
        console.print(
            f"golden set {name}: macro-F1 {row['macro_f1']:.3f} [{low:.3f}, {high:.3f}], "
            f"accuracy {row['accuracy']:.3f}; "
            f"{row['by_language_model']} of {row['items']} by the language model, {row['not_asked']} not asked "
            f"({row['prompt_version']})",
            highlight=False,
        )
    for row in report.get("items", []):
        console.print(
            f"{row['day']}  {row['event_id']}  {row['label_before']} -> {row['label_after']}", highlight=False
        )


def _show_flips(console: Console, flips: list[dict[str, Any]]) -> None:
    for row in flips:
        console.print(f"  {row['items']:>6,}  {row['from']} -> {row['to']}", highlight=False)
    if not flips:
        console.print("  none")


def _listed(days: list[str]) -> str:
    return ", ".join(days[:4]) + (f", … {days[-1]}" if len(days) > 4 else "")


def _right(name: str) -> Any:
    from rich.table import Column

    return Column(name, justify="right")
