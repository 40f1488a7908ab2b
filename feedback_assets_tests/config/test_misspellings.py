"""What is misspelt in the prompts folder is refused with file, line and the right name."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from feedback_assets.config.documents import ConfigError, Document
from feedback_assets.config.prompts_folder import CHECKS, check_names, config_of, load_config
from feedback_assets.config.settings import load
from feedback_assets.files.text_files import parse_mapping
from feedback_assets_tests.config.misspelling import Misspelling, documents, misspellings, misspelt

PROMPTS = load().prompts_dir
DOCUMENTS = documents(PROMPTS)
CONFIG = config_of(DOCUMENTS)
EVERY = list(misspellings(DOCUMENTS, random.Random(20)))


def message_of(how: Misspelling, docs: Mapping[str, Document] = DOCUMENTS) -> str:
    """What the loader says to a misspelling; empty when it lets it pass."""
    changed = misspelt(docs[how.file], how)
    try:
        check_names(replace(CONFIG, **{how.file: CHECKS[how.file](changed)}), {**docs, how.file: changed})
    except ConfigError as error:
        return str(error)
    return ""


def fault(how: Misspelling, message: str) -> str | None:
    """What is wrong with the message; None when it names file, line and the right name."""
    lines = [line for line in message.splitlines() if f"{how.file}.yaml: line {how.line}:" in line]
    if not lines:
        return f"{how.file} line {how.line}: {how.right} as {how.wrong}: {message[:300] or 'let pass'}"
    # Where two names are as near, another line tells that the right one is declared and stands nowhere.
    missed = f".{how.right}: " in message and f"did you mean {how.wrong!r}" in message
    right = [line for line in lines if f"{how.right!r}" in line or f"did you mean {how.right!r}" in message or missed]
    return None if right else f"{how.file}: {how.right} as {how.wrong}: no {how.right!r} in {message[:300]}"


def test_the_files_as_they_are_load() -> None:
    assert load_config(PROMPTS).taxonomy == CONFIG.taxonomy


def test_every_kind_of_file_has_keys_and_names_to_misspell() -> None:
    files = Counter((how.file, how.is_key) for how in EVERY)
    assert files["lexicon", True] > 2000 and files["thresholds", False] > 400
    assert files["taxonomy", False] >= 15 and files["cues", True] > 200 and files["moderation", True] > 15


@pytest.mark.parametrize("file", list(DOCUMENTS))
def test_of_each_file_a_drawn_part_of_its_names_is_refused_when_misspelt(file: str) -> None:
    every = [how for how in EVERY if how.file == file]
    drawn = random.Random(5).sample(every, min(len(every), 60))
    assert [text for text in (fault(how, message_of(how)) for how in drawn) if text] == []


@pytest.mark.parametrize(
    ("section", "key", "fix"),
    [
        ("clusters", "skip", "`role: no_issue`"),
        ("clusters", "whole", "`rise_gain`"),
        ("clusters", "loose", "`rise_gain`"),
        ("priority", "never_ticketed", "`role`"),
        ("priority", "confidence_members", "share of members"),
    ],
)
def test_a_key_of_an_older_version_is_refused_with_what_says_it_now(section: str, key: str, fix: str) -> None:
    document = DOCUMENTS["thresholds"]
    content = {**document.content, section: {**document.content[section], key: ["no_issue"]}}
    with pytest.raises(ConfigError, match="is no threshold any more; remove it") as refused:
        CHECKS["thresholds"](replace(document, content=content))
    assert fix in str(refused.value)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message"),
    [
        ("thresholds", "credible:", "CREDIBLE:", "did you mean 'credible'?"),
        ("thresholds", "onset_lag:", "no:", "YAML takes it for False; write it in quotes"),
        ("lexicon", "shoes:", "null:", "YAML takes it for None; write it in quotes"),
        ("lexicon", "shoes: {", "shoes: {} #", "concepts.shoes: "),
        ("taxonomy", "1: cosmetic", "yes: cosmetic", "YAML takes it for a truth value"),
        ("moderation", "no_issue", "no_isue", "did you mean 'no_issue'?"),
    ],
)
def test_what_yaml_reads_otherwise_is_refused_on_its_line(file: str, right: str, wrong: str, message: str) -> None:
    document = DOCUMENTS[file]
    text = document.text.replace(right, wrong, 1)
    line = document.text[: document.text.index(right)].count("\n") + 1
    changed = Document(document.path, parse_mapping(text, str(document.path), ConfigError, ""), text)
    with pytest.raises(ConfigError) as raised:
        config_of({**DOCUMENTS, file: changed})
    lines = [part for part in str(raised.value).splitlines() if f"{file}.yaml: line {line}:" in part]
    assert [part for part in lines if message in part]


@pytest.mark.slow
@pytest.mark.parametrize("file", list(DOCUMENTS))
def test_each_misspelt_name_is_refused_with_file_line_and_the_right_name(file: str) -> None:
    faults = [fault(how, message_of(how)) for how in EVERY if how.file == file]
    assert [text for text in faults if text] == []


@pytest.mark.slow
@pytest.mark.parametrize("how", random.Random(9).sample(EVERY, 30), ids=lambda how: f"{how.file}-{how.wrong}")
@pytest.mark.parametrize("command", [("doctor",), ("run",)], ids=["doctor", "run"])
def test_doctor_and_run_refuse_it_from_the_file_itself(
    tmp_path: Path, how: Misspelling, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(PROMPTS, folder, ignore=shutil.ignore_patterns("golden*"))
    path = folder / f"{how.file}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    before, found, after = lines[how.line - 1].partition(how.right)
    if how.is_key and f"{how.right}:" in lines[how.line - 1]:
        before, found, after = lines[how.line - 1].partition(f"{how.right}:")
        after = ":" + after
    assert found
    lines[how.line - 1] = before + how.wrong + after
    path.write_text("".join(lines), encoding="utf-8")
    monkeypatch.setenv("FEEDBACK_PROMPTS", str(folder))
    monkeypatch.setenv("FEEDBACK_HOME", str(tmp_path / "home"))
    call = [sys.executable, "-m", "feedback_assets.cli.main", *command]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path)
    message = " ".join((done.stdout + done.stderr).split())
    assert done.returncode in (1, 2)
    assert f"{how.file}.yaml: line {how.line}:" in message
