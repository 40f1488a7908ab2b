from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from feedback_assets.tickets.cli import show
from feedback_assets.tickets.trackers.files import FileTracker


def _row(key: str, outcome: str) -> dict[str, object]:
    return {
        "key": key, "level": "P1", "title": "Missing parts: missing component (leg, not included) · Drinixel Spotlight",
        "owner": "payments-engineering", "issues": 1234, "since": "2026-01-01", "last": "2026-01-02",
        "outcome": outcome, "location": f"/tickets/{key}.md" if outcome == "delivered" else None,
    }  # fmt: skip


def _shown(rows: list[dict[str, object]], folder: Path) -> str:
    out = io.StringIO()
    show(Console(file=out, width=80), rows, folder)
    return out.getvalue()


def test_the_list_keeps_keys_and_owners_whole_in_eighty_columns(tmp_path: Path) -> None:
    told = _shown([_row("FB-AAAAAAAA", "delivered"), _row("FB-BBBBBBBB", "waits_for_approval")], tmp_path)
    assert "FB-AAAAAAAA" in told and "FB-BBBBBBBB" in told and told.count("payments-engineering") == 2


def test_what_waits_for_a_person_stands_apart_and_says_what_to_do(tmp_path: Path) -> None:
    told = _shown([_row("FB-AAAAAAAA", "delivered"), _row("FB-BBBBBBBB", "waits_for_approval")], tmp_path)
    delivered, waiting = told.split("Waiting for a person: 1")
    assert "In the tracker: 1" in delivered and "FB-BBBBBBBB" not in delivered
    assert "feedback tickets --approve KEY --by NAME" in waiting


def test_a_ticket_that_no_day_plans_any_more_is_named_until_it_is_withdrawn(tmp_path: Path) -> None:
    for name in ("FB-AAAAAAAA.md", "FB-BBBBBBBB.md", "FB-BBBBBBBB.evidence.jsonl", "README.md"):
        (tmp_path / name).touch()
    told = _shown([_row("FB-AAAAAAAA", "delivered")], tmp_path)
    assert "plans them no more" in told and "FB-BBBBBBBB" in told and "README" not in told
    FileTracker(tmp_path).withdraw("FB-BBBBBBBB", "because")
    assert "FB-BBBBBBBB" not in _shown([_row("FB-AAAAAAAA", "delivered")], tmp_path)
