"""The ledger: keyed by exactly what was sent, durable as answers arrive, folded once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feedback_assets.classification.ledger import Journal, Ledger, fold, ledger_key
from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER
from feedback_assets_tests.classification.standins import NOON

SENT = ([{"role": "user", "content": "late"}], {"type": "object"}, "gpt", {"seed": 1})


def row(key: str, **more: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("request", "answer", "detail", "model", "model_version", "sampling"), "x")
    versions = dict.fromkeys(("prompt_version", "taxonomy_version", "schema_version"), "v1")
    counted = {"tokens_in": 10, "tokens_out": 2, "cost": 0.5, "answered_at": NOON}
    return {"ledger_key": key, "outcome": "answered", **texts, **versions, **counted, **more}


@pytest.mark.parametrize(
    "changed",
    [
        ([{"role": "user", "content": "Late"}], *SENT[1:]),
        (SENT[0], {"type": "array"}, *SENT[2:]),
        (*SENT[:2], "other", SENT[3]),
        (*SENT[:3], {"seed": 2}),
    ],
)
def test_the_key_changes_with_whatever_is_sent(changed: tuple[Any, ...]) -> None:
    assert ledger_key(*changed) != ledger_key(*SENT)
    assert ledger_key(*SENT) == ledger_key(*SENT)


def test_answers_of_a_run_are_in_the_table_after_it_and_found_by_the_next(lake: Lake, tmp_path: Path) -> None:
    first = Ledger(lake, tmp_path / "journal", "run-1")
    first.add(row("a", answer="{}"))
    first.add(row("b"))
    assert first.is_new("a")
    assert first.close() == 2
    second = Ledger(lake, tmp_path / "journal", "run-2")
    found = second.find("a")
    assert found is not None
    assert found["answer"] == "{}"
    assert not second.is_new("a")
    assert list((tmp_path / "journal").iterdir()) == []
    assert len(lake.read(LEDGER)) == 2


def test_the_journal_of_a_dead_run_is_folded_by_the_next_without_its_torn_last_line(lake: Lake, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", "dead")
    journal.append(row("a"))
    journal.close()
    with journal.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"ledger_key": "torn"})[:-3])
    ledger = Ledger(lake, tmp_path / "journal", "next")
    assert ledger.find("a") is not None
    assert ledger.find("torn") is None
    assert not journal.path.exists()


def test_the_journal_of_a_living_run_is_left_alone(lake: Lake, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", "living")
    journal.append(row("a"))
    assert fold(lake, tmp_path / "journal") == 0
    assert journal.path.exists()
    journal.close()
    assert fold(lake, tmp_path / "journal") == 1


def test_folding_an_answer_twice_keeps_it_once(lake: Lake, tmp_path: Path) -> None:
    for run in ("one", "two"):
        journal = Journal(tmp_path / "journal", run)
        journal.append(row("a"))
        journal.close()
        fold(lake, tmp_path / "journal")
    assert len(lake.read(LEDGER)) == 1
