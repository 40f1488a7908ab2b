"""What the system is taught in words: every text and every phrase of a list below prompts/.

Texts are the rows of all `*.jsonl` files, in whatever folder, the lines of the prompts and the sentences of the
taxonomy. Phrases are the entries of all YAML files, in whatever folder: lexicon, cues, moderation, keywords of the
taxonomy and what comes later. Of a regular expression each run of plain words is one. Thresholds, with the titles in
them, teach no words.

What an overlap with the demo is:

- four words in a row, of a text or of a phrase; where a phrase has `*`, with any ending or start;
- a phrase of three words that is a whole fragment of the demo.

A word or two never are: word lists are made of what everybody says, and "never again" or "spot on" stand in each.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from feedback_assets.demo import grammar
from feedback_assets.text import fold

_NO_WORDS = ("thresholds.yaml",)
# So many words of a list are a whole fragment of the demo by more than chance.
WHOLE = 3
_READ = (".jsonl", ".md", ".yaml")
_PATTERNS = ("moderation.yaml", "injection")
_NO_PLAIN_WORDS = re.compile(r"\\\w|\{[^}]*\}|[^\w\s'’-]+")
# Everyday formulas that stand in a word list and in the demo. Those of the lexicon were there before the demo, those
# of the last line came with the general lists of valence. A new one must be looked at by a person: either it was
# put there for the demo, then it goes, or it belongs here.
EVERYDAY = frozenset({
    "fits like a glove", "no reconoce mi suscripcion", "derniere mise a jour", "n a pas sonne",
    "could be better", "peut mieux faire", "thanks for nothing", "danke fur nichts", "gracias por nada",
    "merci pour rien", "obrigado por nada",
    "works a treat", "conforme a l annonce", "n a jamais marche", "on ne peut plus", "coup de cœur", "nada a reclamar",
})  # fmt: skip


def texts(prompts: Path) -> list[str]:
    """Every text that is taught or measured on, of every folder."""
    rows = [
        json.loads(line)
        for path in sorted(prompts.rglob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
    ]  # fmt: skip
    prompt_lines = [
        line for path in sorted(prompts.rglob("*.md")) for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [*_strings(rows), *prompt_lines]


def phrases(prompts: Path) -> list[str]:
    """Every entry of the word lists, those of `EVERYDAY` too."""
    found: list[str] = []
    for path in sorted(prompts.rglob("*.yaml")):
        if path.name in _NO_WORDS:
            continue
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        patterns = content.pop(_PATTERNS[1]) if path.name == _PATTERNS[0] else []
        found += _strings(content)
        found += [run for pattern in patterns for run in _NO_PLAIN_WORDS.split(pattern)]
    return found


def without_stars(phrase: str, words: Iterable[str]) -> Iterator[str]:
    """A phrase as it can be said: each word with `*` as every one of `words` that has such an ending or start."""
    choices: list[list[str]] = []
    for raw in phrase.split():
        plain = fold(raw.strip("*")).split()
        if not plain:
            continue
        choices += [[word] for word in plain]
        if raw.endswith("*"):
            choices[-1] = [word for word in words if word.startswith(plain[-1])]
        if raw.startswith("*"):
            choices[-len(plain)] = [word for word in words if word.endswith(plain[0])]
    for said in itertools.product(*choices):
        yield " ".join(said)


def places(prompts: Path, words: Iterable[str]) -> list[str]:
    """Where in the prompts folder such words in a row stand, as `file:line: words`; what to change there.

    It names no sentence of the demo, so that who writes examples need not read them. Words of a phrase with `*` have no
    place of their own.
    """
    wanted = {f" {said} ": said for said in words}
    found: list[str] = []
    for path in sorted(path for path in prompts.rglob("*") if path.suffix in _READ and path.name not in _NO_WORDS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            plain = f" {fold(' '.join(_strings(json.loads(line))) if path.suffix == '.jsonl' and line else line)} "
            here = [said for padded, said in wanted.items() if padded in plain]
            found += [f"{path.relative_to(prompts.parent)}:{number}: {said}" for said in here]
    return found


def whole_fragments(said: Iterable[str], language: str) -> set[str]:
    """Those phrases of three words that are a whole fragment of the demo in that language."""
    fragments = {
        fold("".join(parts))
        for wordings in grammar.load(language).values()
        for wording in wordings
        for parts in itertools.product(
            *(
                piece.split("|") if number % 2 else [piece]
                for number, piece in enumerate(grammar.CHOICE.split(wording.text))
            )
        )
    }
    return {phrase for phrase in said if len(phrase.split()) == WHOLE and phrase in fragments}


def _strings(content: Any) -> list[str]:
    """Every text in nested lists and mappings, without the names of a mapping."""
    if isinstance(content, str):
        return [content]
    inner: Iterable[Any] = (
        content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    )
    return [text for one in inner for text in _strings(one)]
