"""Planted personal values are found wherever they may not be, in whatever form."""

import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feedback_assets.demo.leaks import Searcher, count_leaked, find_leaks
from feedback_assets.demo.truth import PlantedValue

VALUES = [
    PlantedValue("Ségolène Lüttjohann", "name", "e1"),
    PlantedValue("+49 151 23456789", "phone", "e2"),
    PlantedValue("4929-1234-5678-9012", "card", "e3"),
    PlantedValue("rosalind.crandell17@example.org", "email", "e4"),
    PlantedValue("481 rue Vaubrecourt", "street", "e5"),
    PlantedValue("KA-3123456789", "order", "e6"),
]


@pytest.mark.parametrize(
    "text,event",
    [
        ("von SÉGOLÈNE LÜTTJOHANN, Gruß", "e1"),
        ("segolene\nluttjohann", "e1"),
        (json.dumps({"a": json.dumps("x\nSégolène Lüttjohann")}), "e1"),
        ("tel 0049 (151) 2345-6789", "e2"),
        ("call 4915123456789!", "e2"),
        ("paid 4929123456789012", "e3"),
        ('{"mail":"Rosalind.Crandell17@example.org"}', "e4"),
        ("au 481, rue Vaubrecourt", "e5"),
        ("order no. 3123456789.", "e6"),
        ("ka 3123456789", "e6"),
    ],
)
def test_a_value_is_found_in_other_spellings(text: str, event: str) -> None:
    assert {leak.event_id for leak in Searcher(VALUES).search("here", text)} == {event}


@pytest.mark.parametrize(
    "text",
    ["Ségolène and Frau Lüttjohann", "rue Vaubrecourt 12", "f3a4929123456789012bc9", "0.3123456789", "1515123456"],
)
def test_parts_hashes_and_fractions_are_no_leaks(text: str) -> None:
    assert not Searcher(VALUES).search("here", text)


def test_tables_databases_and_logs_are_searched_and_raw_layers_are_not(tmp_path: Path) -> None:
    for layer in ("silver/feedback", "bronze/feedback"):
        folder = tmp_path / "lake" / layer
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"text": ["thanks, Ségolène Lüttjohann"], "n": [1]}), folder / "part.parquet")
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "truth.json").write_text("+49 151 23456789")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.log").write_text("failed on 4929 1234 5678 9012")
    with sqlite3.connect(tmp_path / "event.db") as connection:
        connection.execute("CREATE TABLE events (body TEXT)")
        connection.execute("INSERT INTO events VALUES (?)", (json.dumps({"row": "481 rue Vaubrecourt"}),))
    connection.close()
    leaks = find_leaks(VALUES, [tmp_path, tmp_path / "nothing here"])
    assert {leak.event_id for leak in leaks} == {"e1", "e3", "e5"}
    assert count_leaked(VALUES, leaks) == 3
    assert not any("bronze" in leak.where or "landing" in leak.where for leak in leaks)
    assert all(value.value not in leak.reason for value in VALUES for leak in leaks)
