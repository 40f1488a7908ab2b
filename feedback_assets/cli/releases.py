"""`feedback releases`: which releases are suspected of what, and `feedback releases derive` from the versions named.

Above the rooms, since deriving reads silver and lands through the one door. Options and printing only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from feedback_assets import tables
from feedback_assets.config import mappings
from feedback_assets.config.prompts_folder import load_config
from feedback_assets.config.settings import Settings
from feedback_assets.errors import CallError
from feedback_assets.files.landing_files import Landing
from feedback_assets.installation import Installation
from feedback_assets.lake.store import Lake
from feedback_assets.landing.envelope import Envelope, digest, to_line
from feedback_assets.landing.writer import object_name, write_object
from feedback_assets.releases.derive import Derived, derive
from feedback_assets.releases.listing import suspected
from feedback_assets.text import version_key

_SOURCE = "versions_seen"
_MOST = 4


def releases_command(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="[derive]", help="Nothing lists; derive lands releases.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be derived, and land nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Releases and what rose after them; `derive` makes releases of the versions customers name."""
    installation = Installation.of(context)
    settings, lake = installation.settings, installation.lake
    if action == "derive":
        _derive(settings, lake, datetime.now(UTC), dry_run=dry_run, as_json=as_json)
    elif action:
        raise CallError(f"{action}: no such action; write `feedback releases` or `feedback releases derive`")
    else:
        found = suspected(lake.read(tables.GOLD_RELEASE_IMPACT))
        if as_json:
            typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        else:
            show(Console(), found)


def show(console: Console, found: list[dict[str, Any]]) -> None:
    """Print the releases for a person, suspects first."""
    if not found:
        told = "No release has been judged yet. Land some with feedback import --stream releases, or derive them from "
        console.print(told + "the versions customers name: feedback releases derive; then feedback run")
        return
    accused = [one for one in found if one["suspected_of"]]
    for one in accused:
        console.print(Text(f"{one['name']} · {one['kind']} · {one['released_at'][:10]} · {one['release_id']}", "bold"))
        for row in one["suspected_of"][:_MOST]:
            console.print(Text(f"  {row['what']}: {row['reason']} (as of {row['day']})"))
        if len(one["suspected_of"]) > _MOST:
            console.print(Text(f"  and {len(one['suspected_of']) - _MOST} more; --json has all"))
    others = [one for one in found if not one["suspected_of"]]
    if others:
        table = Table("release", "since", "verdict", "all complaints", title="Not suspected", box=None)
        for one in others:
            table.add_row(*(Text(str(one[name])[:80]) for name in ("name", "released_at", "verdict", "reason")))
        console.print(table)


def derived(settings: Settings, lake: Lake) -> list[Derived]:
    """The versions that came out within the history and have no release yet."""
    rules = load_config(settings.prompts_dir).thresholds.releases
    feedback = lake.read(tables.SILVER_FEEDBACK, columns=["day", "app_version"])
    return derive(feedback, set(_known(settings)), rules)


def land(settings: Settings, found: list[Derived], now: datetime) -> int:
    """Land what was derived as events of the stream releases, one object a day; how many objects are new."""
    written = 0
    for day in sorted({one.day for one in found}):
        events = [_event(one, now) for one in found if one.day == day]
        digests = [digest(e.event_id, e.source, e.channel, e.occurred_at, e.payload) for e in events]
        name = object_name(_SOURCE, digests)
        written += write_object(
            Landing(settings.landing_root, settings.storage),
            "releases",
            day,
            name,
            [to_line(event) for event in events],
        )
    return written


def _event(one: Derived, now: datetime) -> Envelope:
    at = datetime.combine(one.day, datetime.min.time(), UTC)
    release_id = f"version-{one.version_key}"
    payload: dict[str, Any] = {
        "release_id": release_id, "kind": "app", "name": f"App {one.version}", "version": one.version,
        "at": at.isoformat(), "notes": one.reason, "derived": True,
    }  # fmt: skip
    return Envelope(release_id, _SOURCE, _SOURCE, at, now, payload)


def _known(settings: Settings) -> Iterator[str]:
    """Version keys of the releases that have landed, run or not, by the mapping they landed with."""
    known, _ = mappings.load_all(settings.mappings_dir)
    landing = Landing(settings.landing_root, settings.storage)
    for item in landing.list_objects("releases"):
        for _, line in landing.read_lines(item.path):
            try:
                read: Any = json.loads(line)
            except ValueError:  # an unreadable line is counted by silver; it names no version
                continue
            line_of = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
            payload: Any = line_of.get("payload")
            mapping = known.get(str(line_of.get("mapping")))
            told = cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}
            version = (mapping.read(told) if mapping else told).get("version")
            if version:
                yield version_key(str(version))


def _derive(settings: Settings, lake: Lake, now: datetime, *, dry_run: bool, as_json: bool) -> None:
    found = derived(settings, lake)
    landed = 0 if dry_run else land(settings, found, now)
    rows = [{"version": one.version, "day": str(one.day), "reason": one.reason} for one in found]
    if as_json:
        typer.echo(json.dumps({"derived": rows, "objects_landed": landed}, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['version']}  since {row['day']}: {row['reason']}")
    if not rows:
        seen = lake.days(tables.SILVER_FEEDBACK)
        typer.echo(
            "No version came out within the days seen that has no release yet."
            if seen
            else "No day has run yet, so no version was seen. Run feedback run first."
        )
    elif dry_run:
        typer.echo(f"{len(rows)} releases would land.")
    else:
        typer.echo(f"{len(rows)} releases landed. next: feedback run")
