"""The ledger: keyed by exactly what was sent, durable as answers arrive, folded once, and read by key alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feedback_assets.classification import upgrade
from feedback_assets.classification.active_versions import Promotion, VersionSet, promote
from feedback_assets.classification.ledger import Journal, Ledger, fold, read_requests
from feedback_assets.classification.llm.language_model import Request
from feedback_assets.classification.llm.model_client import StoredAnswer, ledger_key
from feedback_assets.lake.keyed_rows import read_keys
from feedback_assets.lake.store import Lake
from feedback_assets.tables import LEDGER, LEDGER_PROMPTS, Column
from feedback_assets_tests.classification.standins import NOON
from feedback_assets_tests.classification.test_labelling import MONDAY

SENT = ([{"role": "user", "content": "late"}], {"type": "object"}, "gpt", {"seed": 1})
PROMPT = {"role": "system", "content": "You label texts. Überall gleich."}
SCHEMA = {"type": "object"}


def request(key: str, *content: str) -> Request:
    roles = ("user", "assistant", "user")
    own = [{"role": role, "content": text} for role, text in zip(roles, content or (key,), strict=False)]
    return Request(key, [PROMPT, *own], SCHEMA)


def answered(key: str, **more: Any) -> StoredAnswer:
    texts = dict.fromkeys(("answer", "detail", "model", "model_version", "sampling"), "x")
    versions = dict.fromkeys(("prompt_version", "taxonomy_version", "schema_version"), "v1")
    counted = {"tokens_in": 10, "tokens_out": 2, "cost": 0.5, "answered_at": NOON}
    row: Any = {"ledger_key": key, "outcome": "answered", **texts, **versions, **counted, **more}
    return row


def whole(key: str, **more: Any) -> dict[str, Any]:
    """A row as a version wrote it that kept the whole request with each answer."""
    sent = json.dumps([dict(message) for message in request(key).messages], ensure_ascii=False)
    return {**answered(key), "request": sent, **more}


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
    first.add(request("a"), answered("a", answer="{}"))
    first.add(request("b"), answered("b"))
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
    journal.append(whole("a"))
    journal.close()
    with journal.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"ledger_key": "torn"})[:-3])
    ledger = Ledger(lake, tmp_path / "journal", "next")
    assert ledger.find("a") is not None
    assert ledger.find("torn") is None
    assert not journal.path.exists()


def test_the_journal_of_a_living_run_is_left_alone(lake: Lake, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", "living")
    journal.append(whole("a"))
    assert fold(lake, tmp_path / "journal") == 0
    assert journal.path.exists()
    journal.close()
    assert fold(lake, tmp_path / "journal") == 1


def test_folding_an_answer_twice_keeps_it_once(lake: Lake, tmp_path: Path) -> None:
    for run in ("one", "two"):
        journal = Journal(tmp_path / "journal", run)
        journal.append(whole("a"))
        journal.close()
        fold(lake, tmp_path / "journal")
    assert len(lake.read(LEDGER)) == 1


def test_the_prompt_is_kept_once_and_each_request_comes_back_to_the_byte(lake: Lake, tmp_path: Path) -> None:
    ledger = Ledger(lake, tmp_path / "journal", "run")
    asked = [request("a", 'spät \u2028 "x"'), request("b", "late", "{}", "again"), Request("c", SENT[0], SCHEMA)]
    for one in asked:
        ledger.add(one, answered(one.key))
    journal = Journal(tmp_path / "journal", "run-before")
    journal.append(whole("d"))
    journal.close()
    ledger.close()
    sent = {one.key: json.dumps([dict(m) for m in one.messages], ensure_ascii=False) for one in asked}
    assert read_requests(lake, ["a", "b", "c", "d", "e"]) == {**sent, "d": whole("d")["request"]}
    # Of the run now with its schema, of the one before without, and none.
    assert sorted(lake.read(LEDGER_PROMPTS)["prompt"]) == ["", PROMPT["content"], PROMPT["content"]]
    lengths = [len(text) for text in (*sent.values(), whole("d")["request"])]
    assert lake.read(LEDGER)["request_characters"].tolist() == lengths


def test_only_keys_are_looked_up_and_each_once(lake: Lake, tmp_path: Path) -> None:
    first = Ledger(lake, tmp_path / "journal", "run")
    for number in range(50):
        first.add(request(f"{number:03}"), answered(f"{number:03}", tokens_in=number))
    first.close()
    rows = read_keys(lake, LEDGER, ["007", "049", "050"], ["ledger_key", "tokens_in"]).to_pylist()
    assert rows == [{"ledger_key": "007", "tokens_in": 7}, {"ledger_key": "049", "tokens_in": 49}]
    second = Ledger(lake, tmp_path / "journal", "next")
    second.load(["001", "nowhere"])
    lake.remove(LEDGER)
    assert second.find("001") is not None and second.find("nowhere") is None


def test_many_runs_leave_few_files_and_every_answer(lake: Lake, tmp_path: Path) -> None:
    for number in range(70):
        ledger = Ledger(lake, tmp_path / "journal", f"run-{number}")
        ledger.add(request(f"{number:03}"), answered(f"{number:03}"))
        ledger.close()
    dataset = lake.dataset(LEDGER)
    assert dataset is not None and len(dataset.files) < 10
    assert read_keys(lake, LEDGER, [f"{number:03}" for number in range(70)], ["ledger_key"]).num_rows == 70


def test_of_an_answer_that_two_runs_wrote_the_first_stands(lake: Lake, tmp_path: Path) -> None:
    later = pd.Timestamp(NOON + timedelta(hours=1))
    for answer, at in (("second", later), ("first", pd.Timestamp(NOON))):
        row = {
            **answered("a", answer=answer, answered_at=at),
            "prompt_hash": "p",
            "request": "[]",
            "request_characters": 2,
        }
        lake.append(LEDGER, pd.DataFrame([row]), {}, 10)
    found = Ledger(lake, tmp_path / "journal", "run").find("a")
    assert found is not None and found["answer"] == "first"


def test_a_ledger_of_whole_requests_is_upgraded_without_losing_an_answer_and_twice(lake: Lake, tmp_path: Path) -> None:
    columns = [column for column in LEDGER.columns if column.name not in ("prompt_hash", "request_characters")]
    older = replace(LEDGER, columns=tuple[Column, ...](columns))
    keys = [f"{number:04}" for number in range(2500)]
    lake.append_missing(older, pd.DataFrame([whole(key, answered_at=pd.Timestamp(NOON)) for key in keys]), {})
    assert upgrade.has_whole_requests(lake)
    before = lake.read(older)
    assert upgrade.split_requests(lake) == "2500 answers rewritten, 1 prompts kept once"
    assert not upgrade.has_whole_requests(lake)
    after = lake.read(LEDGER)
    same = [name for name in older.column_names if name != "request"]
    pd.testing.assert_frame_equal(before[same], after[same])
    assert read_requests(lake, keys) == dict(zip(before["ledger_key"], before["request"], strict=True))
    assert Ledger(lake, tmp_path / "journal", "run").find("0042") is not None


def test_promotions_move_to_the_table_of_todays_name_and_a_kill_between_loses_none(lake: Lake) -> None:
    older = replace(upgrade.ACTIVE_VERSIONS, key=("ledger", "in_force"))
    for minutes, version in enumerate(("prompt-1", "prompt-2")):
        promote(
            lake, Promotion(MONDAY, VersionSet(version, "t", "h", "r", "l"), "ana", "so", NOON + timedelta(minutes))
        )
    rows = lake.read(upgrade.ACTIVE_VERSIONS)
    lake.append_missing(older, rows, {})  # as after a kill before the older table was removed
    assert upgrade.has_in_force(lake)
    upgrade.rename_in_force(lake)
    assert not upgrade.has_in_force(lake)
    pd.testing.assert_frame_equal(lake.read(upgrade.ACTIVE_VERSIONS), rows)
    upgrade.rename_in_force(lake)
    pd.testing.assert_frame_equal(lake.read(upgrade.ACTIVE_VERSIONS), rows)
