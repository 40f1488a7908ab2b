"""A ticket as Markdown that an engineer can start from, for trackers that show it. Formats fields; computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feedback_assets.text import sparkline
from feedback_assets.tickets.fields import Quote, SuspectedRelease, TicketFields
from feedback_assets.tickets.tracker import TicketContent


def render(content: TicketContent, evidence: str) -> str:
    """The ticket's text; sections without content are left out and named at the end.

    Args:
        content: What the ticket says.
        evidence: Where its issues stand one by one, as Markdown.
    """
    fields = content.fields
    parts = [
        f"# [{content.level}] {one_line(content.title)}",
        _facts(content),
        f"## Problem\n\n{one_line(fields['problem'])}",
        _quotes(fields["quotes"]),
        _trend(fields),
        _where(fields),
        _release(fields["suspected_release"]),
        _list("Probable causes", [f"{row['cause']} ({row['probability']:.0%})" for row in fields["causes"]]),
        _list("Suggested action", fields["suggested_actions"]),
        _list("To reproduce", fields["reproduction"]),
        _impact(fields),
        _acceptance(fields),
        f"## Why now\n\n{one_line(fields['priority_reason'])}",
        f"## Evidence\n\nEvery issue behind this ticket, with its landing object and line: {evidence}",
        _list("Not known", [f"{name.replace('_', ' ')}: {why}" for name, why in fields.get("missing", {}).items()]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(content: TicketContent) -> str:
    fields = content.fields
    product = fields["product"]["name"] or fields["product"]["id"] or "not one product"
    label = fields["category"] + (f" / {fields['sub_label']}" if fields["sub_label"] else "")
    rows = {
        "Key": content.key,
        "Owner": f"{fields['owner']} → {fields['destination']} (escalates to {', '.join(fields['escalation'])})",
        "Due": fields["due"],
        "Category": f"{label}, confidence {fields['confidence']:.2f}",
        "Component": fields["component"] or "not named",
        "Product": product,
        "Severity": f"{fields['severity']} of 5",
        "Level": content.level,
        **({"Part of": content.parent_key} if content.parent_key else {}),
    }
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
    return "| | |\n|---|---|\n" + "\n".join(lines)


def _quotes(quotes: Sequence[Quote]) -> str:
    lines = [f"> {one_line(row['quote'])}\n> — {row['channel']}, {row['language']}, {row['day']}" for row in quotes]
    return "## What customers say\n\n" + "\n\n".join(lines) if lines else ""


def _trend(fields: TicketFields) -> str:
    count, trend = fields["count"], fields["trend"]
    days = list(trend)
    expected = f"{count['expected_a_day']} a day expected"
    lift = f"{count['lift_7_days']}× what was expected"
    return (
        "## Count and trend\n\n"
        f"{count['last_7_days']} in 7 days ({lift}; {expected}), {count['last_28_days']} in 28 days, "
        f"first seen {count['first_seen']}.\n\n"
        f"`{sparkline(list(trend.values()))}` {days[0]} to {days[-1]}, {max(trend.values())} on the busiest day."
    )


def _where(fields: TicketFields) -> str:
    named = {
        "Products": fields["products"],
        "Variants": fields["variants"],
        "Vendors": fields["vendors"],
        "Fulfilment centres": fields["fulfilment_centres"],
        "Carriers": fields["carriers"],
        "Regions": fields["regions"],
        "App versions": fields["versions"],
        "Devices": fields["devices"],
        "Channels": fields["segments"]["channels"],
        "Languages": fields["segments"]["languages"],
        "Customer tiers": fields["segments"]["customer_tiers"],
    }
    lines = [f"| {name} | {_cell(_counts(values))} |" for name, values in named.items() if values]
    where = fields.get("concentrated_in")
    about = f"{one_line(where['reason'])} Reports from elsewhere are as many as ever.\n\n" if where else ""
    return f"## Where\n\n{about}| | reports |\n|---|---|\n" + "\n".join(lines) if lines else ""


def _release(release: SuspectedRelease | None) -> str:
    if release is None:
        return ""
    commits = f", commits {release['commits']}" if release["commits"] else ""
    sentence = (
        f"{release['name']} ({release['kind']}, {release['release_id']}), out since {release['released_at']}{commits}"
    )
    return f"## Suspected release\n\n{one_line(sentence)}: {one_line(release['reason'])}."


def _impact(fields: TicketFields) -> str:
    lines: list[str] = []
    refunds = fields["refunds"]
    if refunds:
        lines.append(
            f"{refunds['returns_and_refunds_28_days']} returns and refunds on {refunds['order_lines_28_days']} "
            "order lines of the product in 28 days."
        )
    if fields["sales_value_touched"]:
        lines.append(f"Sales value of what was complained about: {fields['sales_value_touched']:.2f}.")
    return _list("Impact", lines)


def _acceptance(fields: TicketFields) -> str:
    kpi = fields["kpi"]
    return (
        "## Accepted when\n\n"
        f"- {kpi['measure']} is at {max(kpi['baseline'], 0.5):.1f} or less "
        f"(baseline {kpi['baseline']}, now {kpi['now']}), "
        f"as a mean of 7 days, within {kpi['window_days']} days of the fix.\n"
        "- Closing the ticket records what was changed, and whether category and cause were right."
    )


def _list(heading: str, lines: Sequence[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {one_line(line)}" for line in lines) if lines else ""


def _counts(values: Mapping[str, int]) -> str:
    return ", ".join(f"{value} ({count})" for value, count in values.items())


def one_line(text: str) -> str:
    """The text on one line, so that it can begin neither a heading nor a comment."""
    # A tracker's stamps are comments: nobody else's words may begin one.
    return " ".join(text.split()).replace("<!--", "<! --")


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")
