"""Words that say good or bad are checked file by file, each fault told with file, line, field and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback_assets.config.documents import ConfigError
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.config.word_files import load_valence
from feedback_assets_tests.classification.standins import PROMPTS

GOOD = """\
values:
  2: [great, "well done"]
  -2:
    - awful
    - a mess
negators: [not]
boosters: [very]
dampers: [rather]
turns: [but]
"""


def _written(folder: Path, text: str, name: str = "en.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_words_come_by_value_or_kind_and_then_by_language(tmp_path: Path) -> None:
    _written(tmp_path, GOOD)
    entries = load_valence(_written(tmp_path, GOOD.replace("awful", "furchtbar"), "de.yaml"))
    assert entries is not None
    assert entries["2"] == {"de": ["great", "well done"], "en": ["great", "well done"]}
    assert entries["-2"] == {"de": ["furchtbar", "a mess"], "en": ["awful", "a mess"]}
    assert [entries[kind]["en"] for kind in ("negators", "boosters", "dampers", "turns")] == [
        ["not"], ["very"], ["rather"], ["but"],
    ]  # fmt: skip


def test_a_folder_that_is_not_there_means_no_words(tmp_path: Path) -> None:
    assert load_valence(tmp_path / "valence") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("negators:", "negator:", "line 6: negator: is unknown; did you mean 'negators'?"),
        ("turns: [but]\n", "", "turns: is missing; write `turns:`"),
        ("  2:", "  7:", "line 2: values.7: input should be less than or equal to 3 (it is 7)"),
        ("  -2:", "  -4:", "line 3: values.-4: input should be greater than or equal to -3 (it is -4)"),
        ("  2:", "  good:", "line 2: values.good: input should be a valid integer"),
        ("great,", "no,", "line 2: values.2.0: is no text: YAML takes it for False; write it in quotes"),
        ("awful", "great", "line 4: values.-2.great: 'great' stands below 2 too; remove it from one of the two"),
        ("a mess", "Well Done", "line 5: values.-2.Well Done: 'Well Done' stands below 2 too"),
        ("  -2:", "  2:", "not YAML: "),
        ("[not]", "[not", "not YAML: "),
    ],
)
def test_a_wrong_file_is_refused_with_file_line_field_and_fix(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(ConfigError) as raised:
        load_valence(_written(tmp_path, GOOD.replace(old, new)))
    assert str(raised.value).startswith(f"{tmp_path / 'en.yaml'}: ") and told in str(raised.value)


def test_a_file_that_holds_no_mapping_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"en\.yaml: holds no mapping; write `values:`"):
        load_valence(_written(tmp_path, "- great\n"))


def test_a_file_called_after_no_language_of_the_taxonomy_is_refused(tmp_path: Path) -> None:
    _written(tmp_path, GOOD, "eng.yaml")
    assert load_valence(tmp_path) is not None
    with pytest.raises(ConfigError) as raised:
        load_valence(tmp_path, ("en", "de"))
    assert f"{tmp_path / 'eng.yaml'}: line 1: the file: 'eng' is no language of the taxonomy" in str(raised.value)
    assert "call the file after a language of the taxonomy, did you mean 'en'?" in str(raised.value)


def test_a_word_may_be_good_and_strengthen_the_next_one(tmp_path: Path) -> None:
    entries = load_valence(_written(tmp_path, GOOD.replace("[very]", "[very, great]")))
    assert entries is not None and "great" in entries["2"]["en"] and "great" in entries["boosters"]["en"]


def test_the_packaged_files_are_of_the_languages_of_the_taxonomy() -> None:
    entries = load_valence(PROMPTS / "valence", load_taxonomy(PROMPTS / "taxonomy.yaml").languages)
    assert entries is not None
    assert all(set(by_language) == {"en", "de", "es", "fr", "pt", "hi"} for by_language in entries.values())
