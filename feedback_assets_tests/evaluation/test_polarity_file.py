"""A polarity file is read whatever its columns and values are called, and each fault is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.errors import CallError
from feedback_assets.evaluation.polarity_file import read_polarity


def _write(folder: Path, content: str, name: str = "texts.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "content",
    [
        "text,polarity\nGood one and I keep it,positive\nBad one and I return it,negative\n",
        "id,sentence,y\n1,Good one and I keep it,POS\n2,Bad one and I return it,NEG\n",
        "Sentiment,stars,Review\n1,5,Good one and I keep it\n0,1,Bad one and I return it\n",
        "label,text\n__label__2,Good one and I keep it\n__label__1,Bad one and I return it\n",
        "text,target\nGood one and I keep it,4\nBad one and I return it,0\n",
        "text,sentiment\nGood one and I keep it,1.0\nBad one and I return it,-1.0\n",
        "opinion,avis\npositif,Good one and I keep it\nnégatif,Bad one and I return it\n",
    ],
)
def test_columns_and_spellings_are_guessed(tmp_path: Path, content: str) -> None:
    read = read_polarity(_write(tmp_path, content))
    assert (read.texts, read.negative.tolist()) == (
        ["Good one and I keep it", "Bad one and I return it"],
        [False, True],
    )


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    lines = '{"text": "Good one", "polarity": "positive"}\n{"text": "Bad one", "polarity": "negative"}\n'
    assert read_polarity(_write(tmp_path, lines, "texts.jsonl")).negative.tolist() == [False, True]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b,polarity,mine\nGood one,x,negative,pos\nBad one,y,positive,neg\n")
    assert read_polarity(path, "a", "mine").negative.tolist() == [False, True]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    rows = (
        "Good &amp; fine,positive",
        "Bad,negative",
        "Bad,negative",
        "So so,neutral",
        "Both,mixed",
        ",negative",
        "None,",
    )
    path = _write(tmp_path, "\n".join(["text,polarity", *rows]) + "\n")
    told = read_polarity(path).as_dict()
    assert read_polarity(path).texts == ["Good & fine", "Bad"]
    assert (told["rows"], told["left_out_repeated"], told["left_out_neither"]) == (7, 1, 2)
    assert (told["left_out_without_text_or_polarity"], told["positive"], told["negative"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,polarity\nGood,positive\nMore,positive\n", "column polarity: positive only"),
        ("text,polarity\nGood,positive\nOdd,happy\nBad,negative\nOdder,sad\n", "'happy', 'sad': no polarity"),
        ("text,polarity\nOne,0\nTwo,2\nThree,4\nFour,4\n", "'0', '2', '4': no polarity"),
        ("text,mood\nGood one,x\nBad one,y\n", "say --label COLUMN, one of text, mood"),
        ("polarity\npositive\nnegative\n", "say --text COLUMN, one of polarity"),
        ("", "cannot be read as .csv"),
        ("text,polarity\n", "no row has both 'text' and 'polarity'"),
    ],
)
def test_a_fault_is_named_with_file_and_fix(tmp_path: Path, content: str, told: str) -> None:
    path = _write(tmp_path, content)
    with pytest.raises(CallError) as raised:
        read_polarity(path)
    assert str(path) in str(raised.value) and told in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"none\.csv: no such file"):
        read_polarity(tmp_path / "none.csv")


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path, "text,polarity\nGood,positive\nBad,negative\n")
    with pytest.raises(CallError, match="no column 'side'; --label must be one of text, polarity"):
        read_polarity(path, label="side")
