"""`feedback releases` lists suspected releases; `feedback releases derive` lands releases of the versions named.

Above the rooms, since deriving reads silver and lands through the one door. Options, landing and printing only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
from feedback_assets.releases.derive import DerivedRelease, derive_releases
from feedback_assets.releases.listing import COLUMNS, ListedRelease, list_releases
from feedback_assets.tables import ReleaseKind
from feedback_assets.text import version_key

_SOURCE = "versions_seen"
# Suspicions printed of each release.
_MOST = 4
# Six windows of a fortnight.
_DAYS_LISTED = 84


def releases_command(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="[derive]", help="Nothing lists; derive lands releases.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be derived, and land nothing.")] = False,
    days: Annotated[int, typer.Option(min=1, help="List releases judged in the last so many days.")] = _DAYS_LISTED,
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
        releases = recent_releases(lake, days)
        if as_json:
            typer.echo(json.dumps(releases, indent=2, ensure_ascii=False))
        else:
            show(Console(), releases)


def recent_releases(lake: Lake, days: int) -> list[ListedRelease]:
    """The releases judged in so many days up to the newest day with an impact."""
    last = max(lake.days(tables.GOLD_RELEASE_IMPACT), default=None)
    if last is None:
        return []
    return list_releases(lake.read(tables.GOLD_RELEASE_IMPACT, start=last - timedelta(days=days - 1), columns=COLUMNS))


def show(console: Console, releases: list[ListedRelease]) -> None:
    """Print the releases for a person, suspects first."""
    if not releases:
        message = "No release has been judged yet. Land some with feedback import --stream releases, or derive them "
        console.print(message + "from the versions customers name: feedback releases derive; then feedback run")
        return
    for release in releases:
        if not release["suspected_of"]:
            continue
        name, since = f"{release['name']} · {release['kind']}", release["released_at"][:10]
        console.print(Text(f"{name} · {since} · {release['release_id']}", "bold"))
        for row in release["suspected_of"][:_MOST]:
            console.print(Text(f"  {row['what']}: {row['reason']} (as of {row['day']})"))
        if len(release["suspected_of"]) > _MOST:
            console.print(Text(f"  and {len(release['suspected_of']) - _MOST} more; --json has all"))
    others = [release for release in releases if not release["suspected_of"]]
    if others:
        table = Table("release", "since", "verdict", "all complaints", title="Not suspected", box=None)
        for release in others:
            cells = (release["name"], release["released_at"], release["verdict"], release["reason"])
            table.add_row(*(Text(cell[:80]) for cell in cells))
        console.print(table)


def underived_releases(settings: Settings, lake: Lake) -> list[DerivedRelease]:
    """The versions that came out within the history and have no release yet.

    The whole history is read, two columns of it: a version counts as out on the first day that names it.
    """
    rules = load_config(settings.prompts_dir).thresholds.releases
    feedback = lake.read(tables.SILVER_FEEDBACK, columns=["day", "app_version"])
    return derive_releases(feedback, set(_landed_versions(settings)), rules)


def land(settings: Settings, releases: list[DerivedRelease], now: datetime) -> int:
    """Land derived releases as events of the stream releases, one object for each day; how many objects are new."""
    written = 0
    for day in sorted({release.day for release in releases}):
        events = [_event(release, now) for release in releases if release.day == day]
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


def _event(release: DerivedRelease, now: datetime) -> Envelope:
    at = datetime.combine(release.day, datetime.min.time(), UTC)
    release_id = f"version-{release.version_key}"
    payload: dict[str, Any] = {
        "release_id": release_id, "kind": ReleaseKind.APP, "name": f"App {release.version}", "version": release.version,
        "at": at.isoformat(), "notes": release.reason, "derived": True,
    }  # fmt: skip
    return Envelope(release_id, _SOURCE, _SOURCE, at, now, payload)


def _landed_versions(settings: Settings) -> Iterator[str]:
    """Version keys of the releases that have landed, run or not, by the mapping they landed with."""
    known, _ = mappings.load_all(settings.mappings_dir)
    landing = Landing(settings.landing_root, settings.storage)
    for item in landing.list_objects("releases"):
        for _, line in landing.read_lines(item.path):
            try:
                event: Any = json.loads(line)
            except ValueError:  # an unreadable line is counted by silver; it names no version
                continue
            envelope = cast("dict[str, Any]", event) if isinstance(event, dict) else {}
            payload: Any = envelope.get("payload")
            mapping = known.get(str(envelope.get("mapping")))
            fields = cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}
            version = (mapping.read(fields) if mapping else fields).get("version")
            if version:
                yield version_key(str(version))


def _derive(settings: Settings, lake: Lake, now: datetime, *, dry_run: bool, as_json: bool) -> None:
    releases = underived_releases(settings, lake)
    landed = 0 if dry_run else land(settings, releases, now)
    rows = [{"version": each.version, "day": str(each.day), "reason": each.reason} for each in releases]
    if as_json:
        typer.echo(json.dumps({"derived": rows, "objects_landed": landed}, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['version']}  since {row['day']}: {row['reason']}")
    if not rows:
        typer.echo(
            "No version came out within the days seen that has no release yet."
            if lake.days(tables.SILVER_FEEDBACK)
            else "No day has run yet, so no version was seen. Run feedback run first."
        )
    elif dry_run:
        typer.echo(f"{len(rows)} releases would land.")
    else:
        typer.echo(f"{len(rows)} releases landed. next: feedback run")
