"""Every file of an installation belongs to a table or a named place, and a customer's words lie only where declared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from feedback_assets import tables
from feedback_assets.config.hash_key import hashing_key
from feedback_assets.personal import KEY, NONE, PLACES, RAW, WORDS, Personal, Root, place_of
from feedback_assets.silver.redact import keyed_hash
from feedback_assets_tests.azure import azure
from feedback_assets_tests.crash.small import few_prompts

# A word that no text of ours holds, an address, and a customer's number.
WORD, ADDRESS, CUSTOMER = "brimblewick", "petronella.quux@example.net", "C-2718281"
FIRST, DAYS = date(2025, 3, 1), 16
CALM = ("Good value and nice colour.", "Fast delivery, thank you.", "Works as described.", "Happy with it.")
# What no rule knows and no small model is sure of.
ODD = ("It is not what it was", "My neighbour was right about it", "Somehow it never was as before")
ANGRY = ("The hoodie runs two sizes too small", "Much too small, the size chart is wrong", "Size M fits like size XS")


@dataclass(frozen=True)
class Home:
    """An installation that has run, and the keyed hash of its planted customer."""

    folder: Path
    customer: str


def reviews(path: Path) -> Path:
    """Two weeks of calm, then two days of complaints about one product, each with a word and an address of its own."""
    lines = ["id,date,rating,review,product_id,customer_id,author"]
    texts = [(day, text, 5) for day in range(DAYS - 2) for text in CALM]
    texts += [(day, f"{ANGRY[n % 3]}, {WORD}. Write to {ADDRESS} no. {n}.", 1) for day in (14, 15) for n in range(30)]
    texts += [(day, f"{ODD[day % 3]}, {WORD}.", 2) for day in range(6)]
    for number, (day, text, rating) in enumerate(texts):
        at = datetime(FIRST.year, FIRST.month, FIRST.day, 9, tzinfo=UTC) + timedelta(days=day, minutes=number)
        customer = CUSTOMER if number == len(texts) - 1 else f"C-{number}"
        lines.append(f'r{number},{at.isoformat()},{rating},"{text}",P1,{customer},Petronella Quux')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A small home after an import and a run, with a language model."""
    root = tmp_path_factory.mktemp("personal")
    folder = root / "home"
    with azure() as server:
        environment = {
            **os.environ,
            "FEEDBACK_HOME": str(folder),
            "FEEDBACK_PROMPTS": str(few_prompts(root / "prompts")),
            "FEEDBACK_MODEL_PROVIDER": "azure",
            "FEEDBACK_MODEL_ENDPOINT": server.url,
            "FEEDBACK_MODEL_KEY": "k",
            "FEEDBACK_MODEL_REQUESTS_PER_MINUTE": "1000000",
            "FEEDBACK_MODEL_TOKENS_PER_MINUTE": "1000000000",
        }
        file = reviews(root / "reviews.csv")
        for words in (
            ["import", str(file), "--source", "shop", "--channel", "product_review"],
            ["run"],
        ):
            done = subprocess.run(
                [sys.executable, "-m", "feedback_assets.cli.main", *words],
                env=environment, capture_output=True, text=True, timeout=600,
            )  # fmt: skip
            assert done.returncode == 0, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        yield Home(folder, keyed_hash(CUSTOMER, hashing_key(folder / "secrets" / "hash.key")))


def relative(home: Path, file: Path) -> tuple[Root, str]:
    """What a file's path is relative to, and the path."""
    for root in (Root.LANDING, Root.LAKE):
        if file.is_relative_to(home / root.value):
            return root, file.relative_to(home / root.value).as_posix()
    return Root.HOME, file.relative_to(home).as_posix()


def table_of(root: Root, path: str) -> tables.Table | None:
    """The table whose rows the file holds."""
    name = "/".join(path.split("/")[:2])
    is_data = root is Root.LAKE and path.endswith(".parquet") and "/_delta_log/" not in path
    return next((table for table in tables.ALL if is_data and table.name == name), None)


def files(home: Path) -> list[Path]:
    """Every file below a home."""
    return sorted(path for path in home.rglob("*") if path.is_file())


def unnamed(home: Path) -> list[str]:
    """The files that belong to no table and no place."""
    named = [(file, *relative(home, file)) for file in files(home)]
    return [str(file) for file, root, path in named if table_of(root, path) is None and place_of(root, path) is None]


def parts(home: Path) -> Iterator[tuple[str, Personal, bytes]]:
    """What may hold what: each column of each file of a table, and each file of a place, with its bytes."""
    for file in files(home):
        root, path = relative(home, file)
        if file.suffix == ".parquet":
            read = pq.read_table(file)
            columns = {name: "\n".join(map(str, read[name].to_pylist())).encode() for name in read.column_names}
        else:
            columns = {"": file.read_bytes()}
        table = table_of(root, path)
        for name, content in columns.items():
            if table is not None:
                yield f"{table.name}.{name}", table.column(name).personal, content
                continue
            place = place_of(root, path)
            assert place is not None, path
            yield place.path, place.holds, content


def holders(home: Path, value: str) -> dict[str, Personal]:
    """Where a value stands, and what was declared of it."""
    return {name: holds for name, holds, content in parts(home) if value.encode() in content}


def test_every_file_belongs_to_a_table_or_a_named_place(home: Home) -> None:
    assert unnamed(home.folder) == []


def test_a_place_that_nobody_named_is_noticed(home: Home) -> None:
    extra = home.folder / "exports" / "customers.csv"
    extra.parent.mkdir()
    extra.write_text("a new place", encoding="utf-8")
    try:
        assert unnamed(home.folder) == [str(extra)]
    finally:
        extra.unlink()
        extra.parent.rmdir()


def test_a_customers_words_stand_only_where_words_are_declared(home: Home) -> None:
    found = holders(home.folder, WORD)
    assert {name for name, holds in found.items() if holds not in (WORDS, RAW)} == set()
    assert {
        "bronze/feedback.raw", "silver/feedback.text", "gold/issues.quote", "gold/clusters.quotes",
        "ledger/answers.request", "ledger/answers.answer", "tickets/ticket_batch.fields", "tickets/*",
        "_cache/**", "dagster/history/**",
    } <= set(found)  # fmt: skip


def test_an_address_stands_only_where_raw_data_is_declared(home: Home) -> None:
    found = holders(home.folder, ADDRESS)
    assert {name for name, holds in found.items() if holds is not RAW} == set()
    assert {"*/day=*/*.jsonl*", "bronze/feedback.raw", "bronze/feedback.payload"} <= set(found)


def test_the_hash_of_a_customer_stands_only_where_keys_are_declared(home: Home) -> None:
    found = holders(home.folder, home.customer)
    assert found["silver/feedback.customer_ref"] is KEY
    assert {name for name, holds in found.items() if holds in (NONE, Personal.LINK, Personal.STAFF)} == set()


def test_each_place_says_what_lies_there_and_how_it_leaves() -> None:
    assert len({(place.root, place.path) for place in PLACES}) == len(PLACES)
    assert all(place.description.endswith(".") and place.removal.endswith(".") for place in PLACES)


def test_a_pattern_with_one_star_stays_in_its_folder() -> None:
    assert place_of(Root.HOME, "tickets/FB-1.md") is not None
    assert place_of(Root.HOME, "tickets/deeper/FB-1.md") is None
    assert place_of(Root.LANDING, "feedback/day=2025-03-01/.a-1.jsonl.0123") is not None
