"""The first problems of a day as a small Markdown table for the page of `gold/priority`.

Only formatting. It must stay small, since it lives in the event log.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pandas as pd

from feedback_assets.text import sparkline

_SHOWN, _DAYS = 10, 28


def top_problems_table(scored: pd.DataFrame, clusters: pd.DataFrame, members: pd.DataFrame, day: date) -> str:
    """The first problems of the day by rank, as Markdown.

    Args:
        scored: `gold/priority` with the day.
        clusters: `gold/clusters` up to the day, for titles.
        members: `gold/cluster_members` of the last 28 days, for the lines.
        day: The day shown.
    """
    first = scored[scored["day"] == day].sort_values("rank").head(_SHOWN)
    if first.empty:
        return f"No problems on {day}."
    titles = dict(zip(clusters["cluster_id"], clusters["title"], strict=True)) if len(clusters) else {}
    issues = Counter(zip(members["cluster_id"], members["day"], strict=True))
    days = [day - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    lines = ["| # | problem | 28 days | 7 days | decision |", "|---|---|---|---|---|"]
    for row in first.to_dict("records"):
        counts = [issues[(row["cluster_id"], at)] for at in days]
        title = str(titles.get(row["cluster_id"], row["cluster_id"])).replace("|", "/")
        level = row["level"] if isinstance(row["level"], str) else ""
        lines.append(
            f"| {row['rank']} | {title} | {sparkline(counts)} | {row['members_7d']} | {row['decision']} {level} |"
        )
    return "\n".join(lines)
