"""The top problems of a day, read from gold in well under a second; `cli.py` prints them.

Only reading. It starts without pandas, pyarrow, dagster and scikit-learn, whose imports take longer than the answer;
delta-rs answers the SQL itself. Every question names its days, so that a long history costs no more than a short one.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypedDict, cast

from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError, TableNotFoundError

from feedback_assets import tables
from feedback_assets.errors import OutsideError
from feedback_assets.files import object_stores
from feedback_assets.lake.errors import words_of
from feedback_assets.lineage import Lineage, LineageAsOf, cluster_rows
from feedback_assets.tables import PriorityDecision, Table

_MONTH = 28
LONGEST_WINDOW = _MONTH
# With fewer issues in four weeks a cluster is a remark, not yet a problem.
_PROBLEM = 5
# With fewer still it is not even that.
_REMARK = 3
# A cluster with members in the last four weeks has its newest row, and its ticket's newest evidence, in so many days.
_LOOK_BACK = 2 * _MONTH


class _Member(TypedDict):
    day: str
    issue_id: str
    event_id: str
    cluster_id: str


class _ClusterState(TypedDict):
    day: str
    cluster_id: str
    title: str
    category: str
    product_name: str | None
    status: str
    merged_into: str | None
    specific: bool
    quotes: str


class _Scored(TypedDict):
    cluster_id: str
    category: str
    product_id: str | None
    members_28d: int
    baseline_daily: float
    lift_7d: float
    severity: float
    score: float
    decision: str
    level: str | None
    reason: str


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
    """One problem as of a day. `quotes` are the clearest words, none in doubt; `members` only when asked for."""

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
    quotes: tuple[str, ...] = ()
    members: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Top:
    """The problems of the window, first the one that matters most; `day` is None when nothing was scored yet."""

    day: str | None
    days: int
    problems: tuple[Problem, ...]


def top_problems(
    lake_root: str,
    days: int = 7,
    limit: int = 10,
    day: date | None = None,
    category: str | None = None,
    members: int = 0,
    seed: int = 0,
    left_out: Collection[str] = (),
    options: dict[str, str] | None = None,
) -> Top:
    """The first problems by score with members in the last days.

    Args:
        lake_root: Root of the lake, a path or URL.
        days: Length of the window, 1 to 28.
        limit: Most problems.
        day: Last day of the window; the newest scored day when not given, or the newest up to it.
        category: Only this category, also one that is left out otherwise.
        members: So many members of each, drawn at random from the last 28 days.
        seed: Of the drawing.
        left_out: Categories that are no problem to solve, such as wishes and vague anger.
        options: Storage options of an object store.

    Raises:
        deltalake.exceptions.DeltaError: A table is there but cannot be read.
    """
    lake = _Reader(lake_root, options or {})
    until = f"day <= '{day}'" if day else "true"
    newest = lake.rows(tables.GOLD_PRIORITY, "max(day) AS day", until)
    if not newest or newest[0]["day"] is None:
        return Top(None, days, ())
    last = date.fromisoformat(str(newest[0]["day"]))
    month, look_back = _days_up_to(last, _MONTH), _days_up_to(last, _LOOK_BACK)
    scored = cast("list[_Scored]", lake.rows(tables.GOLD_PRIORITY, "*", f"day = '{last}'", "ORDER BY rank"))
    lineage = _lineage(lake, look_back).as_of(str(last))
    by_cluster = _members(lake, month, lineage)
    since = str(last - timedelta(days=days))
    recent = {cluster: sum(1 for row in rows if row["day"] > since) for cluster, rows in by_cluster.items()}
    candidates = [
        _Candidate(row, state)
        for row in scored
        if recent.get(row["cluster_id"])
        and (state := lineage.row(row["cluster_id"])) is not None
        and (state["category"] == category if category else state["category"] not in left_out)
    ]
    chosen = _choose(candidates, limit)
    owners, tickets = _owners(lake, month) if chosen else {}, _tickets(lake, look_back, lineage)
    drawn = _draw(lake, month, [each.cluster_id for each in chosen], by_cluster, members, seed) if members else {}
    problems = [
        Problem(
            rank=rank,
            cluster_id=each.cluster_id,
            title=each.state["title"],
            category=each.scored["category"],
            product=each.state["product_name"] or each.scored["product_id"],
            issues=recent[each.cluster_id],
            issues_28d=each.scored["members_28d"],
            expected_daily=round(each.scored["baseline_daily"], 2),
            lift=round(each.scored["lift_7d"], 2),
            severity=round(each.scored["severity"], 2),
            score=round(each.scored["score"], 4),
            decision=each.scored["decision"],
            level=each.scored["level"],
            reason=each.scored["reason"],
            owner=owners.get(each.scored["category"]),
            ticket=tickets.get(each.cluster_id),
            quotes=_clear_quotes(each.state["quotes"]),
            members=drawn.get(each.cluster_id, ()),
        )
        for rank, each in enumerate(chosen, start=1)
    ]
    return Top(str(last), days, tuple(problems))


@dataclass(frozen=True)
class _Candidate:
    scored: _Scored
    state: _ClusterState

    @property
    def cluster_id(self) -> str:
        return self.scored["cluster_id"]


def _choose(candidates: Sequence[_Candidate], limit: int) -> Sequence[_Candidate]:
    """Specific problems first. Vague clusters and remarks show only where there is nothing else."""
    ranked = sorted(candidates, key=lambda each: each.scored["members_28d"] < _PROBLEM)
    specific = [each for each in ranked if each.state["specific"] or each.scored["decision"] == PriorityDecision.TICKET]
    repeated = [each for each in specific if each.scored["members_28d"] >= _REMARK]
    return (repeated or specific or ranked)[:limit]


def _clear_quotes(quotes: str) -> tuple[str, ...]:
    """Rows of an older version do not say how clear their quotes are, so those are not shown."""
    return tuple(str(quote["quote"]) for quote in json.loads(quotes) if "clarity" in quote)


def _days_up_to(last: date, days: int) -> str:
    return f"day > '{last - timedelta(days=days)}' AND day <= '{last}'"


class _Reader:
    """Small SQL questions to Delta tables; a table that is not there yet has no rows."""

    def __init__(self, root: str, options: dict[str, str]) -> None:
        self._root = root.rstrip("/")
        self._options = object_stores.delta_options(root, options)

    def rows(self, table: Table, columns: str, where: str = "true", order: str = "") -> list[dict[str, Any]]:
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
        except (DeltaError, OSError) as error:
            # delta-rs tells a store that cannot be reached as OSError, over many lines.
            message = words_of(error)
            fix = "look at _delta_log and at the storage itself; `feedback run` says the same of what it cannot open"
            raise OutsideError(f"{self._root}/{table.name}: cannot be opened: {message}; {fix}") from error
        answer: Any = QueryBuilder().register("t", delta).execute(sql).read_all()
        names: list[str] = answer.column_names
        values = [[str(v) if isinstance(v, date) else v for v in answer.column(name).to_pylist()] for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _lineage(lake: _Reader, look_back: str) -> Lineage[str, _ClusterState]:
    columns = "day, cluster_id, title, category, product_name, status, merged_into, specific, quotes"
    return Lineage(cluster_rows(cast("list[_ClusterState]", lake.rows(tables.GOLD_CLUSTERS, columns, look_back))))


def _members(lake: _Reader, month: str, lineage: LineageAsOf[str, _ClusterState]) -> dict[str, list[_Member]]:
    """The members of the last 28 days by cluster, those of merged clusters with the one they became part of."""
    columns, by_issue = "day, issue_id, event_id, cluster_id", "ORDER BY issue_id"
    members: defaultdict[str, list[_Member]] = defaultdict(list)
    for row in cast("list[_Member]", lake.rows(tables.GOLD_CLUSTER_MEMBERS, columns, month, by_issue)):
        members[lineage.root(row["cluster_id"])].append(row)
    return dict(members)


def _owners(lake: _Reader, month: str) -> dict[str, str]:
    """For each category the owner that most of its issues name."""
    grouped = "GROUP BY category, owner ORDER BY n, owner"
    rows = lake.rows(tables.GOLD_ISSUES, "category, owner, count(*) AS n", month, grouped)
    return {row["category"]: row["owner"] for row in rows}


def _tickets(lake: _Reader, look_back: str, lineage: LineageAsOf[str, _ClusterState]) -> dict[str, str]:
    """The ticket of each cluster, also one it got from a cluster that is part of it now."""
    rows = lake.rows(tables.TICKET_BATCH, "ticket_key, clusters", look_back, "ORDER BY day")
    return {
        lineage.root(cluster): str(row["ticket_key"])
        for row in rows
        for cluster in cast("list[str]", json.loads(row["clusters"]))
    }


def _draw(
    lake: _Reader,
    month: str,
    clusters: Sequence[str],
    by_cluster: Mapping[str, Sequence[_Member]],
    count: int,
    seed: int,
) -> dict[str, tuple[Quote, ...]]:
    """Members at random: the same seed draws the same ones."""
    chance = random.Random(seed)  # noqa: S311  a sample to look at, not a secret
    picked = {cluster: _sample(chance, by_cluster[cluster], count) for cluster in clusters}
    events = sorted({member["event_id"] for members in picked.values() for member in members})
    where = f"{month} AND event_id IN ({_listed(events)})"
    quotes = {
        str(row["issue_id"]): str(row["quote"]) for row in lake.rows(tables.GOLD_ISSUES, "issue_id, quote", where)
    }
    items = lake.rows(tables.SILVER_FEEDBACK, "event_id, language, text", where)
    texts = {str(row["event_id"]): (str(row["language"]), str(row["text"])) for row in items}
    return {
        cluster: tuple(
            Quote(member["issue_id"], member["day"], language, quotes.get(member["issue_id"], ""), text)
            for member in members
            for language, text in (texts.get(member["event_id"], ("und", "")),)
        )
        for cluster, members in picked.items()
    }


def _listed(ids: Sequence[str]) -> str:
    return ", ".join("'" + each.replace("'", "''") + "'" for each in ids) or "''"


def _sample(chance: random.Random, members: Sequence[_Member], count: int) -> list[_Member]:
    return chance.sample(list(members), min(count, len(members)))
