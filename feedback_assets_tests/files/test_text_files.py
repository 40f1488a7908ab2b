"""A file a person writes is read as plain YAML, or refused with file, line and mend."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from feedback_assets.classification.llm.prompt import PromptError, load_prompt
from feedback_assets.config.documents import ConfigError
from feedback_assets.config.mappings import load_all
from feedback_assets.config.settings import load
from feedback_assets.config.taxonomy import load_taxonomy
from feedback_assets.config.word_files import read_lexicon
from feedback_assets.errors import CallError
from feedback_assets.files.text_files import json_lines, parse_mapping, read_mapping


class WrongError(CallError):
    pass


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"- a\n", "holds no mapping; start with `a:`"),
        (b"", "holds no mapping; start with `a:`"),
        (b"a: [\n", "not YAML"),
        (b"a: 1\nb:\n  c: 1\n  c: 2\n", r"'c' stands here a second time.*\n.*line 4"),
        (b"a: 2025-02-30\n", "not YAML: day is out of range for month; fix"),
        ("a: 1\nb: gr\u00fcn\n".encode("latin-1"), "line 2: the byte 0xfc is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_cannot_be_meant_names_file_line_and_fix(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(content)
    with pytest.raises(WrongError, match=rf"some\.yaml: .*{told}"):
        read_mapping(path, WrongError, "start with `a:`")


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 1, '1': 2, 1: 3}\nc: [x, {b: 1}]\n",
        "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\n",
        "? [x, y]\n: 1\n",
    ],
)
def test_what_is_meant_is_read_as_the_safe_loader_reads_it(text: str) -> None:
    try:
        plain = yaml.safe_load(text)
    except yaml.YAMLError:
        with pytest.raises(WrongError, match="not YAML"):
            parse_mapping(text, "here", WrongError, "")
    else:
        assert parse_mapping(text, "here", WrongError, "") == plain


def test_the_packaged_files_are_read_as_the_safe_loader_reads_them() -> None:
    files = sorted(load().prompts_dir.glob("*.yaml"))
    assert files
    for path in files:
        assert read_mapping(path, WrongError, "") == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_a_broken_lexicon_or_front_matter_is_told_like_any_other_file(tmp_path: Path) -> None:
    lexicon, prompt = tmp_path / "lexicon.yaml", tmp_path / "classify.md"
    lexicon.write_text("concepts:\n  late: {en: [late]}\n  late: {en: [delay]}\n")
    with pytest.raises(ConfigError, match=r"lexicon\.yaml: not YAML: 'late' stands here a second time"):
        read_lexicon(lexicon)
    prompt.write_text("---\nname: [\n---\n{{scales}} {{taxonomy}}\n")
    with pytest.raises(PromptError, match=r"classify\.md: front matter: not YAML"):
        load_prompt(prompt, load_taxonomy(load().prompts_dir / "taxonomy.yaml"))


def test_one_mapping_in_another_encoding_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("stream: feedback\nsource: shop\nfields: {text: body}\n")
    (tmp_path / "old.yaml").write_bytes("source: Gr\u00f6\u00dfe\n".encode("latin-1"))
    mappings, broken = load_all(tmp_path)
    assert list(mappings) == ["shop"] and "is not UTF-8" in broken["old"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1}\n\n{"a": \n', "line 3: not JSON: Expecting value"),
        (b'{"a": 1}\n[1]\n', "line 2: no JSON object"),
        (b'{"a": 1}\n{"b": "\xfc"}\n', "line 2: the byte 0xfc is not UTF-8"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "en.jsonl"
    path.write_bytes(content)
    with pytest.raises(WrongError, match=rf"en\.jsonl: {told}"):
        list(json_lines(path, WrongError))


def test_a_line_separator_of_unicode_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "en.jsonl"
    path.write_text('{"a": "one\u2028two"}\r\n\n{"a": "three"}', encoding="utf-8")
    assert list(json_lines(path, WrongError)) == [(1, {"a": "one\u2028two"}), (3, {"a": "three"})]


def test_the_mark_some_editors_put_before_utf8_is_no_text(tmp_path: Path) -> None:
    lines, mapping = tmp_path / "en.jsonl", tmp_path / "some.yaml"
    lines.write_text('{"a": "gr\u00fcn"}\n', encoding="utf-8-sig")
    mapping.write_text("a: gr\u00fcn\n", encoding="utf-8-sig")
    assert list(json_lines(lines, WrongError)) == [(1, {"a": "gr\u00fcn"})]
    assert read_mapping(mapping, WrongError, "") == {"a": "gr\u00fcn"}
    mapping.write_bytes(b"\xef\xbb\xbfa: 1\nb: \xfc\n")
    with pytest.raises(WrongError, match="line 2: the byte 0xfc"):
        read_mapping(mapping, WrongError, "")
