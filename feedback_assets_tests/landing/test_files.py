from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_assets.landing.csv_rows import split
from feedback_assets.landing.files import Reader, Row, Shape, inspect
from feedback_assets.landing.json_values import is_json_lines, values
from feedback_assets.landing.reading import FileError


def _write(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _read(path: Path, **stated: str) -> tuple[Shape, list[Row], str]:
    shape = inspect(path, **stated)
    reader = Reader(shape)
    return shape, list(reader), reader.broken


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = 'id,text\n1,"good, but; slow|and\tlate"\n2,fine\n'.replace(",", "\0")
    text = text.replace("good\0", "good,").replace("\0", delimiter)
    shape, rows, _ = _read(_write(tmp_path, text))
    assert shape.delimiter == delimiter
    assert [row.payload for row in rows] == [
        {"id": "1", "text": "good, but; slow|and\tlate"},
        {"id": "2", "text": "fine"},
    ]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, found: str) -> None:
    text = "id,text\n" + "".join(f"{n},Das Gerät läuft nicht für mich, schöne Grüße\n" for n in range(30))
    shape, rows, _ = _read(_write(tmp_path, text.replace(", schöne", " schöne").encode(encoding)))
    assert shape.encoding.name == found
    assert shape.columns == ("id", "text")
    assert rows[0].payload["text"] == "Das Gerät läuft nicht für mich schöne Grüße"


def test_other_alphabets_are_found_too(tmp_path: Path) -> None:
    text = "id,text\n" + "Приложение не работает после обновления и это очень плохо\n".join(f"{n}," for n in range(40))
    shape, rows, _ = _read(_write(tmp_path, text.encode("cp1251")))
    assert rows[0].payload["text"].startswith("Приложение"), shape.encoding


def test_a_few_stray_bytes_in_utf_8_are_read_as_windows_and_counted(tmp_path: Path) -> None:
    content = "text\n" + "schön genug für alle\n" * 50
    shape, rows, _ = _read(_write(tmp_path, content.encode() + b"caf\xe9 \x93quoted\x94 \x81\n"))
    assert shape.encoding.stray_bytes == 4 and "4 bytes" in shape.encoding.warning
    assert rows[-1].payload["text"] == "café “quoted” \x81"


def test_a_wrong_stated_encoding_names_the_line_and_what_fits(tmp_path: Path) -> None:
    path = _write(tmp_path, "text\nfine\nschön\n")
    with pytest.raises(
        FileError, match=r"a\.csv:3: byte 0xc3 is not ascii; leave out --encoding and it is read as utf-8"
    ):
        inspect(path, encoding="ascii")
    with pytest.raises(FileError, match="no encoding 'utf-99'"):
        inspect(path, encoding="utf-99")
    assert "accents may look wrong" in inspect(path, encoding="latin-1").encoding.warning


def test_mixed_line_ends_and_nul_bytes_and_quoted_breaks_are_read(tmp_path: Path) -> None:
    _, rows, _ = _read(_write(tmp_path, b'id,text\r\n1,"two\r\nlines"\n2,nul\x00byte\r3,last'))
    assert [row.payload["text"] for row in rows] == ["two\r\nlines", "nul\x00byte", "last"]
    assert [row.line for row in rows] == [2, 4, 5]


def test_a_field_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    big = "long " * 2_000_000
    _, rows, _ = _read(_write(tmp_path, f'id,text\n1,"{big}"\n2,short\n'))
    assert [len(row.payload["text"]) for row in rows] == [10_000_000, 5]


def test_double_and_empty_column_names_are_told_apart_and_reported(tmp_path: Path) -> None:
    shape, rows, _ = _read(_write(tmp_path, "a,a,,a_2\n1,2,3,4\n"))
    assert shape.columns == ("a", "a_3", "column_3", "a_2")
    assert shape.renamed == ("a_3", "column_3")
    assert list(rows[0].payload.values()) == ["1", "2", "3", "4"]


def test_a_row_with_the_wrong_number_of_fields_is_kept_with_its_fields(tmp_path: Path) -> None:
    _, rows, _ = _read(_write(tmp_path, "a,b\n1,2\n1\n1,2,3\n1,2,\n\n3,4\n"))
    assert [(row.line, row.problem) for row in rows] == [
        (2, ""),
        (3, "1 fields where the header has 2"),
        (4, "3 fields where the header has 2"),
        (5, ""),
        (7, ""),
    ]
    assert rows[2].payload == {"_fields": ["1", "2", "3"]}


def test_one_quote_never_closed_costs_one_row(tmp_path: Path) -> None:
    text = "id,text,stars\n" + "1,fine,5\n" + '2,"never closed,1\n' + "3,good,4\n" * 200
    _, rows, _ = _read(_write(tmp_path, text))
    assert sum(not row.problem for row in rows) == 201
    assert [row.line for row in rows if row.problem] == [3]


def test_loose_quotes_inside_a_text_are_read(tmp_path: Path) -> None:
    _, rows, _ = _read(_write(tmp_path, 'id,text\n1,"he said "no" twice"\n2,a 5" screen\n'))
    assert not any(row.problem for row in rows)
    assert rows[1].payload["text"] == 'a 5" screen'


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=2, max_size=2), min_size=1, max_size=6
    )
)
def test_every_well_formed_row_comes_back(rows: list[list[str]]) -> None:
    import csv

    held = io.StringIO(newline="")
    writer = csv.writer(held, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    held.seek(0)
    assert [fields for _, _, fields in split(iter(held), ",")][1:] == rows


@given(st.text(st.sampled_from('",\nab'), max_size=60))
def test_no_character_between_quotes_and_commas_is_lost(text: str) -> None:
    lines = io.StringIO("a,b\n" + text, newline="")
    found = "".join("".join(fields) for _, _, fields in split(iter(lines), ","))
    kept = [mark for mark in found if mark in "ab"]
    assert kept == [mark for mark in "ab" + text if mark in "ab"]


def test_a_gzip_cut_short_gives_the_rows_before_the_break_and_says_so(tmp_path: Path) -> None:
    rows = "".join(f"{n},text number {n} {n * 7919 % 10007}\n" for n in range(5000))
    whole = gzip.compress(("id,text\n" + rows).encode())
    _, found, broken = _read(_write(tmp_path, whole[: len(whole) // 2], "a.csv.gz"))
    assert 1000 < len(found) < 4000
    assert "breaks off" in broken and f"line {found[-1].line}" in broken
    assert found[-1].problem and not any(row.problem for row in found[:-1])


def test_a_whole_gzip_reads_like_the_file(tmp_path: Path) -> None:
    shape, rows, broken = _read(_write(tmp_path, gzip.compress(b"id,text\n1,fine\n"), "a.csv.gz"))
    assert shape.compressed and not broken and rows[0].payload == {"id": "1", "text": "fine"}


def test_json_lines_keep_broken_lines_as_they_are(tmp_path: Path) -> None:
    content = b'{"id":1,"n":{"deep":true}}\n{broken\n\n[1,2]\n{"id":2,"x":NaN}\r\n'
    shape, rows, _ = _read(_write(tmp_path, content, "a.jsonl"))
    assert shape.format == "jsonl" and shape.columns == ("id", "n.deep", "x")
    assert [row.raw for row in rows] == [None, b"{broken", b"[1,2]", None]
    assert [row.line for row in rows] == [1, 2, 4, 5]
    assert rows[3].payload == {"id": 2, "x": "NaN"}


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":1},{"id":2}]',
        '[\n  {"id": 1},\n  {"id": 2}\n]\n',
        '{"page": 1, "reviews": [{"id":1},{"id":2}]}',
        '{\n "reviews": [\n {"id":1},\n {"id":2}]\n}',
        '{\n "id": 1\n}\n{\n "id": 2\n}\n',
        '\ufeff{"id":1}\n{"id":2}\n',
    ],
)
def test_json_of_any_arrangement_gives_its_records(tmp_path: Path, text: str) -> None:
    _, rows, broken = _read(_write(tmp_path, text, "a.json"))
    assert ([row.payload for row in rows], broken) == ([{"id": 1}, {"id": 2}], "")


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers()), max_size=5), st.booleans())
def test_arrays_are_read_one_by_one(records: list[dict], ascii_only: bool) -> None:
    text = io.StringIO(json.dumps(records, ensure_ascii=ascii_only))
    assert [value for _, value in values(text)] == records


def test_a_json_array_cut_short_gives_what_came_before(tmp_path: Path) -> None:
    _, rows, broken = _read(_write(tmp_path, '[{"id":1},{"id":2},{"id":', "a.json"))
    assert len(rows) == 2 and "breaks off after item 2" in broken


def test_parquet_loses_nothing_that_json_can_hold(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["fine", None],
            "at": pa.array([datetime(2026, 3, 1, 10, tzinfo=UTC)] * 2, pa.timestamp("ms", "UTC")),
            "day": pa.array([date(2026, 3, 1)] * 2),
            "price": pa.array([Decimal("9.90")] * 2),
            "raw": pa.array([b"\xff", b"ok"]),
            "tags": [["a"], []],
            "score": [float("nan"), 4.5],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    shape, rows, _ = _read(tmp_path / "a.parquet")
    assert shape.format == "parquet"
    assert rows[0].payload == {
        "text": "fine", "at": "2026-03-01T10:00:00+00:00", "day": "2026-03-01", "price": "9.90", "raw": "base64:/w==",
        "tags": ["a"], "score": "nan",
    }  # fmt: skip
    assert rows[1].payload["text"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK\x03\x04rest", "Excel workbook"), (b"PAR1 but no more", "starts like Parquet")],
)
def test_what_cannot_be_read_says_what_it_is(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        inspect(_write(tmp_path, content, "a.bin"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv: there is no such file"):
        inspect(tmp_path / "none.csv")


def test_a_document_on_one_line_is_one_document_whatever_its_texts_hold() -> None:
    document = '{"reviews": [{"id": "1", "text": "one\u2028two"}, {"id": "2", "text": "three\x85four"}]}'
    assert not is_json_lines(document)
    assert is_json_lines('{"id": "1", "text": "one\u2028two"}\n{"id": "2", "text": "three"}\n')
