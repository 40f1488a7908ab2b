"""`feedback top`: what drives the most negative feedback, read straight from gold in well under a second.

Only reading and showing. It starts without pandas, pyarrow, dagster and scikit-learn: their imports alone would
take longer than the answer; delta-rs answers the SQL itself.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError, TableNotFoundError

from feedback_assets import tables
from feedback_assets.errors import OutsideError
from feedback_assets.files import object_stores
from feedback_assets.tables import Table

_MONTH = 28
# Told less often in four weeks, a cluster is a remark, not yet a problem.
_PROBLEM = 5
# Told once or twice, it is not even that.
_REMARK = 3
# Wishes, vague anger and praise are in the domain of nobody.
_NOBODYS = "none"


@dataclass(frozen=True)
class Quote:
    """A member's words, verbatim from silver."""

    issue_id: str
    day: str
    language: str
    quote: str
    text: str


@dataclass(frozen=True)
class Problem:
    """One problem as of a day. `members` only when asked for."""

    rank: int
    cluster_id: str
    title: str
    category: str
    product: str | None
    issues: int
    issues_28d: int
    expected_daily: float
    lift: float
    severity: float
    score: float
    decision: str
    level: str | None
    reason: str
    owner: str | None
    ticket: str | None
    members: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Top:
    """The problems of the window, first the one that matters most; `day` is None when nothing was scored yet."""

    day: str | None
    days: int
    problems: tuple[Problem, ...]


def top(
    lake_root: str,
    days: int = 7,
    limit: int = 10,
    day: date | None = None,
    category: str | None = None,
    members: int = 0,
    seed: int = 0,
    options: dict[str, str] | None = None,
) -> Top:
    """The first problems by score with members in the last days.

    Args:
        lake_root: Root of the lake, a path or URL.
        days: Length of the window, 1 to 28.
        limit: Most problems.
        day: Last day of the window; the newest scored day when not given, or the newest up to it.
        category: Only this category; also shows wishes and vague anger, which are left out otherwise.
        members: So many members of each, drawn at random from the last 28 days.
        seed: Of the drawing.
        options: Storage options of an object store.

    Raises:
        deltalake.exceptions.DeltaError: A table is there but cannot be read.
    """
    lake = _Reader(lake_root, options or {})
    until = f"day <= '{day}'" if day else "true"
    newest = [row["day"] for row in lake.ask(tables.GOLD_PRIORITY, "max(day) AS day", until)]
    if not newest or newest[0] is None:
        return Top(None, days, ())
    last = date.fromisoformat(str(newest[0]))
    month = f"day > '{last - timedelta(days=_MONTH)}' AND day <= '{last}'"
    scored = lake.ask(tables.GOLD_PRIORITY, "*", f"day = '{last}'", "ORDER BY rank")
    state = _newest_rows(lake, last)
    told = _members(lake, month, state)
    since = str(last - timedelta(days=days))
    recent = {cluster: sum(1 for row in rows if row["day"] > since) for cluster, rows in told.items()}
    wanted = (row for row in scored if recent.get(row["cluster_id"]) and _wanted(state[row["cluster_id"]], category))
    # What gathers the vague is no problem that one could mend; it shows only where there is nothing else, and so does
    # what was told once or twice.
    ranked = sorted(wanted, key=lambda row: row["members_28d"] < _PROBLEM)
    specific = [row for row in ranked if state[row["cluster_id"]]["specific"] or row["decision"] == "ticket"]
    repeated = [row for row in specific if row["members_28d"] >= _REMARK]
    chosen = (repeated or specific or ranked)[:limit]
    owners, tickets = _owners(lake, month, chosen), _tickets(lake, last)
    drawn = _drawn(lake, month, chosen, told, members, seed) if members else {}
    problems = [
        _problem(rank, row, state[row["cluster_id"]], recent, owners, tickets, drawn)
        for rank, row in enumerate(chosen, start=1)
    ]
    return Top(str(last), days, tuple(problems))


class _Reader:
    """Small SQL questions to Delta tables; a table that is not there yet has no rows."""

    def __init__(self, root: str, options: dict[str, str]) -> None:
        self._root = root.rstrip("/")
        self._options = object_stores.delta_options(root, options)

    def ask(self, table: Table, columns: str, where: str = "true", order: str = "") -> list[dict[str, Any]]:
        """Rows of the answer; days come as text.

        Args:
            table: What to read.
            columns: What to select.
            where: Which rows; made of dates and of ids quoted by `_listed`, never of what somebody typed.
            order: What follows, such as `ORDER BY day`.
        """
        sql = f"SELECT {columns} FROM t WHERE {where} {order}"  # noqa: S608  see where
        try:
            delta = DeltaTable(f"{self._root}/{table.name}", storage_options=self._options)
        except TableNotFoundError:
            return []
        except DeltaError as error:
            told = str(error).splitlines()[0]
            mend = "look at _delta_log and at the storage itself; `feedback run` says the same of what it cannot open"
            raise OutsideError(f"{self._root}/{table.name}: cannot be opened: {told}; {mend}") from error
        answer: Any = QueryBuilder().register("t", delta).execute(sql).read_all()
        names: list[str] = answer.column_names
        values = [[str(v) if isinstance(v, date) else v for v in answer.column(name).to_pylist()] for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _newest_rows(lake: _Reader, last: date) -> dict[str, dict[str, Any]]:
    since = last - timedelta(days=2 * _MONTH)
    rows = lake.ask(
        tables.GOLD_CLUSTERS,
        "day, cluster_id, title, domain, category, product_name, status, merged_into, specific",
        f"day > '{since}' AND day <= '{last}'",
        "ORDER BY day",
    )
    return {row["cluster_id"]: row for row in rows}


def _members(lake: _Reader, month: str, state: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The members of the last 28 days by cluster, those of merged clusters with the one they became part of."""
    told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.ask(tables.GOLD_CLUSTER_MEMBERS, "day, issue_id, event_id, cluster_id", month, "ORDER BY issue_id"):
        told[_root(row["cluster_id"], state)].append(row)
    return dict(told)


def _root(cluster: str, state: Mapping[str, Mapping[str, Any]]) -> str:
    seen = {cluster}
    while (row := state.get(cluster)) and row["status"] == "merged" and row["merged_into"] not in seen:
        cluster = str(row["merged_into"])
        seen.add(cluster)
    return cluster


def _wanted(state: Mapping[str, Any], category: str | None) -> bool:
    return state["category"] == category if category else state["domain"] != _NOBODYS


def _owners(lake: _Reader, month: str, chosen: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The owner most issues of the category name."""
    if not chosen:
        return {}
    grouped = "GROUP BY category, owner ORDER BY n, owner"
    rows = lake.ask(tables.GOLD_ISSUES, "category, owner, count(*) AS n", month, grouped)
    by_category = {row["category"]: row["owner"] for row in rows}
    return {row["cluster_id"]: by_category[row["category"]] for row in chosen if row["category"] in by_category}


def _tickets(lake: _Reader, last: date) -> dict[str, str]:
    rows = lake.ask(tables.TICKET_BATCH, "ticket_key, clusters", f"day <= '{last}'", "ORDER BY day")
    return {cluster: row["ticket_key"] for row in rows for cluster in json.loads(row["clusters"])}


def _drawn(
    lake: _Reader,
    month: str,
    chosen: Sequence[Mapping[str, Any]],
    told: Mapping[str, Sequence[Mapping[str, Any]]],
    count: int,
    seed: int,
) -> dict[str, tuple[Quote, ...]]:
    """Members at random: the same seed draws the same ones."""
    chance = random.Random(seed)  # noqa: S311  a sample to look at, not a secret
    picked = {row["cluster_id"]: _sample(chance, told[row["cluster_id"]], count) for row in chosen}
    events = sorted({str(member["event_id"]) for members in picked.values() for member in members})
    where = f"{month} AND event_id IN ({_listed(events)})"
    quotes = {row["issue_id"]: row["quote"] for row in lake.ask(tables.GOLD_ISSUES, "issue_id, quote", where)}
    items = lake.ask(tables.SILVER_FEEDBACK, "event_id, language, text", where)
    texts = {row["event_id"]: row for row in items}
    return {
        cluster: tuple(
            Quote(
                issue_id=member["issue_id"],
                day=member["day"],
                language=texts.get(member["event_id"], {}).get("language", "und"),
                quote=quotes.get(member["issue_id"], ""),
                text=texts.get(member["event_id"], {}).get("text", ""),
            )
            for member in members
        )
        for cluster, members in picked.items()
    }


def _listed(ids: Sequence[str]) -> str:
    return ", ".join("'" + each.replace("'", "''") + "'" for each in ids) or "''"


def _sample(chance: random.Random, members: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    return chance.sample(list(members), min(count, len(members)))


def _problem(
    rank: int,
    row: Mapping[str, Any],
    state: Mapping[str, Any],
    recent: Mapping[str, int],
    owners: Mapping[str, str],
    tickets: Mapping[str, str],
    drawn: Mapping[str, tuple[Quote, ...]],
) -> Problem:
    cluster = row["cluster_id"]
    return Problem(
        rank=rank,
        cluster_id=cluster,
        title=state["title"],
        category=row["category"],
        product=state["product_name"] or row["product_id"],
        issues=recent[cluster],
        issues_28d=row["members_28d"],
        expected_daily=round(row["baseline_daily"], 2),
        lift=round(row["lift_7d"], 2),
        severity=round(row["severity"], 2),
        score=round(row["score"], 4),
        decision=row["decision"],
        level=row["level"],
        reason=row["reason"],
        owner=owners.get(cluster),
        ticket=tickets.get(cluster),
        members=drawn.get(cluster, ()),
    )


def top_command(
    days: Annotated[int, typer.Option(min=1, max=_MONTH, help="Length of the window in days.")] = 7,
    limit: Annotated[int, typer.Option(min=1, help="Most problems shown.")] = 10,
    day: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD; the newest scored day if not given.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    members: Annotated[int, typer.Option(min=0, help="Print so many members of each, drawn at random.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the drawing.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What drives the most negative feedback: the first problems by score, with counts and decision."""
    from feedback_assets.config.settings import load

    settings = load()
    found = top(settings.lake_root, days, limit, _parsed(day), category, members, seed, settings.storage)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    elif found.day is None:
        typer.echo("Nothing is scored yet. Land feedback with `feedback import FILE`, then `feedback run`.")
    elif not found.problems:
        typer.echo(f"No problems in the {days} days up to {found.day}.")
    else:
        _show(found)


def _parsed(day: str | None) -> date | None:
    try:
        return date.fromisoformat(day) if day else None
    except ValueError as error:
        raise typer.BadParameter(
            f"{day!r} is no day; write YYYY-MM-DD, such as 2026-01-31", param_hint="--day"
        ) from error


def _show(found: Top) -> None:
    """Fits 80 columns: the owner stands under the problem, and the product only where the title lacks it."""
    from rich.console import Console
    from rich.table import Table as Shown
    from rich.text import Text

    console = Console()
    shown = Shown(title=f"Top problems, {found.days} days up to {found.day}", title_justify="left", box=None)
    for name, right in (
        ("#", True), ("problem, and who owns it", False), (f"{found.days} d", True), ("28 d", True), ("lift", True),
        ("decision", False), ("ticket", False),
    ):  # fmt: skip
        shown.add_column(name, justify="right" if right else "left", no_wrap=not name.startswith("problem"))
    for problem in found.problems:
        product = problem.product if problem.product and problem.product not in problem.title else None
        owned = " · ".join(part for part in (problem.owner, product) if part)
        what = Text(problem.title).append(f"\n{owned}", style="dim")
        decision = f"{problem.decision} {problem.level or ''}".strip()
        counts = (str(problem.issues), str(problem.issues_28d), f"{problem.lift:.1f}x")
        shown.add_row(str(problem.rank), what, *counts, decision, problem.ticket or "")
    console.print(shown)
    console.print(f"{found.days} d, 28 d: issues in so many days; lift: against what was expected", style="dim")
    for problem in found.problems:
        if problem.members:
            console.print(f"\n[bold]{problem.rank}.[/bold] {problem.title}", highlight=False)
        for quote in problem.members:
            console.print(
                f"   {quote.day} {quote.language}  {quote.quote or quote.text}", highlight=False, markup=False
            )
