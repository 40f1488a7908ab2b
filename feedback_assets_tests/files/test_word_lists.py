from __future__ import annotations

from importlib.resources import files

import pytest

from feedback_assets.files.word_lists import FOLDER, WordListError, parse, word_list, word_sections


def test_a_list_holds_its_entries_by_section_without_comments_and_blank_lines() -> None:
    text = "# what it is for\nfirst\n\n[de]\nzwei Wörter\nder\n[fr]\nle\n"
    assert parse(text, "list.txt") == {
        "": frozenset({"first"}),
        "de": frozenset({"zwei Wörter", "der"}),
        "fr": frozenset({"le"}),
    }


def test_an_entry_that_stands_twice_is_refused_with_file_and_line() -> None:
    with pytest.raises(WordListError, match=r"list.txt: line 3: 'der' stands twice in 'de'; remove one"):
        parse("[de]\nder\nder\n", "list.txt")
    with pytest.raises(WordListError, match=r"list.txt: line 3: section 'de' stands twice; join the two"):
        parse("[de]\nder\n[de]\n", "list.txt")


def test_the_same_entry_may_stand_in_two_sections() -> None:
    assert parse("[es]\nla\n[fr]\nla\n", "list.txt") == {"es": frozenset({"la"}), "fr": frozenset({"la"})}


def test_a_list_that_is_not_there_is_refused_by_its_path() -> None:
    with pytest.raises(WordListError, match=r"words/stop_wrods\.txt: no such word list"):
        word_list("stop_wrods")


def test_every_list_of_the_package_can_be_read() -> None:
    names = [file.name.removesuffix(".txt") for file in (files("feedback_assets") / FOLDER).iterdir()]
    assert names
    for name in names:
        assert word_list(name) == frozenset().union(*word_sections(name).values())
        assert all(word_sections(name).values())
