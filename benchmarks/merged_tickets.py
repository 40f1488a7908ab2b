"""Whether a ticket starves when its cluster becomes part of another, over homes of the demo.

Run it from the checkout: `.venv/bin/python benchmarks/merged_tickets.py feedback-demo/seed-*`. The tickets of each home
are planned again from its tables; what its own batch says stands beside it.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import mean

import pandas as pd

from feedback_assets import tables
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.demo import truth as truths
from feedback_assets.demo.score import score
from feedback_assets.lake.frames import empty, records
from feedback_assets.lake.store import Lake
from feedback_assets.lineage import Lineage, cluster_rows
from feedback_assets.tables import PriorityDecision, Table
from feedback_assets.text import text_or_none
from feedback_assets.tickets.plan import COLUMNS, LINEAGE, Inputs, plan_tickets


@dataclass(frozen=True)
class Result:
    """What one batch does for the planted problems of a home."""

    tickets: int
    found: int
    per_problem: float
    starving: list[str]


def planned_again(lake: Lake) -> pd.DataFrame:
    """The batch that this code plans from the tables of a home."""
    settings = load()

    def read(table: Table, name: str | None = None) -> pd.DataFrame:
        return lake.read(table, columns=COLUMNS[name] if name else None)

    inputs = Inputs(
        priority=read(tables.GOLD_PRIORITY),
        clusters=read(tables.GOLD_CLUSTERS, "clusters"),
        members=read(tables.GOLD_CLUSTER_MEMBERS, "members"),
        issues=read(tables.GOLD_ISSUES, "issues"),
        feedback=read(tables.SILVER_FEEDBACK, "feedback"),
        commerce=read(tables.SILVER_COMMERCE, "commerce"),
        impact=read(tables.GOLD_RELEASE_IMPACT),
        events=lake.read(tables.BRONZE_TICKET_EVENTS),
        snapshot=empty(tables.OPEN_TICKETS),
        history=empty(tables.TICKET_BATCH),
    )
    days = sorted(lake.days(tables.SILVER_FEEDBACK))
    thresholds = load_config(settings.prompts_dir).thresholds
    taxonomy = load_taxonomy(settings.prompts_dir / "taxonomy.yaml")
    return plan_tickets(inputs, days, taxonomy, thresholds.tickets, thresholds.evidence).batch


def result_of(lake: Lake, batch: pd.DataFrame, truth: truths.Truth) -> Result:
    """The score of a batch, and the tickets of planted problems that starve."""
    scored = score(truth, batch, lake.read(tables.GOLD_CLUSTER_MEMBERS))
    planted = {match.ticket for match in scored.matches if match.tells_of}
    found = sum(problem.found for problem in scored.planted)
    return Result(scored.tickets, found, scored.tickets_per_problem, sorted(planted & starving(lake, batch)))


def starving(lake: Lake, batch: pd.DataFrame) -> set[str]:
    """Open tickets that do not go on for what their cluster became part of, though another does or should."""
    lineage = Lineage(cluster_rows(records(lake.read(tables.GOLD_CLUSTERS, columns=LINEAGE))))
    merges, last = lineage.merges(None, date.max), lineage.as_of(date.max)
    priority = lake.read(tables.GOLD_PRIORITY, columns=("day", "cluster_id", "decision"))
    calling = priority[priority["decision"].isin([PriorityDecision.TICKET, PriorityDecision.APPROVAL])]
    calls = dict(calling.groupby("cluster_id")["day"].max())
    clusters = {
        str(key): {cluster for row in rows["clusters"] for cluster in json.loads(row)}
        for key, rows in batch.groupby("ticket_key")
    }
    ended = {str(row["ticket_key"]) for row in records(batch) if text_or_none(row.get("merged_into"))}
    result: set[str] = set()
    for key, own in clusters.items():
        gone = [merge for merge in merges if merge.cluster_id in own]
        for merge in [] if key in ended else gone:
            root = last.root(merge.cluster_id)
            if root not in own and calls.get(root, date.min) >= merge.day:
                result.add(key)
    return result


def main() -> None:
    """Print one line a home and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", nargs="+", type=Path)
    before: list[Result] = []
    after: list[Result] = []
    for home in parser.parse_args().homes:
        lake = Lake(str(home.resolve() / "lake"), changes=None)
        truth = truths.load(home / "landing" / truths.FILE)
        stored = lake.read(tables.TICKET_BATCH)
        again = planned_again(lake)
        before.append(result_of(lake, stored, truth))
        after.append(result_of(lake, again, truth))
        actions = Counter(again["action"])
        print(home.name, before[-1], after[-1], dict(actions))
    for name, results in (("stored", before), ("planned again", after)):
        print(
            f"{name}: {sum(len(r.starving) for r in results)} starving, "
            f"{mean(r.per_problem for r in results):.3f} tickets a planted problem, "
            f"{sum(r.tickets for r in results)} tickets, {sum(r.found for r in results)} planted problems found"
        )


if __name__ == "__main__":
    main()
