"""Folding, tokens and the lexicon of concepts: what every room means by "the same words".

Only pure text functions belong here; nothing that knows a table, a language model or personal data.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feedback_assets.errors import CallError
from feedback_assets.files.word_lists import word_list

# Latin, Greek and Cyrillic accents only: the marks of Indic and Arabic scripts carry vowels, not accents.
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Most different words kept with their patterns: a day of 10,000 items holds about 30,000.
_WORDS_REMEMBERED = 100_000


def _joiner() -> re.Pattern[str]:
    """Everything that is neither a letter, a digit nor a mark that belongs to a letter."""
    marks = "".join(
        re.escape(chr(code)) for code in range(0x0370, 0xFB00) if unicodedata.category(chr(code)) in ("Mn", "Mc")
    )
    return re.compile(rf"[^\w{marks}]+|_+")


_JOINER = _joiner()
_BARS = "▁▂▃▄▅▆▇█"
_PLACEHOLDER = re.compile(r"\[[A-Za-z_]+\]|<[A-Za-z_]+>|\{[A-Za-z_]+\}")
_STOP_WORDS = word_list("stop_words")
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:-[a-z0-9.]+)?")


def text_or_none(value: object) -> str | None:
    """The text of a frame's cell; None where it is empty or missing, which a frame says as None, NaN or NA."""
    return value if isinstance(value, str) and value else None


def sparkline(counts: Sequence[int]) -> str:
    """One bar for each count, the highest for the greatest, the lowest for nothing.

    >>> sparkline([0, 1, 2, 7])
    '▁▂▃█'
    """
    most = max([*counts, 1])
    return "".join(_BARS[round(count / most * (len(_BARS) - 1))] for count in counts)


def fold(text: str) -> str:
    """The words of a text without case, accents, entities or punctuation, split by single spaces.

    >>> fold("Caf&eacute;  LATTE, bitte!")
    'cafe latte bitte'
    """
    if text.isascii():
        plain = html.unescape(text) if "&" in text else text
        if plain.isascii():
            return _JOINER.sub(" ", plain.lower()).strip()
        text = plain
    decoded = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    stripped = _ACCENTS.sub("", unicodedata.normalize("NFKD", decoded))
    return _JOINER.sub(" ", unicodedata.normalize("NFC", stripped)).strip()


def content_words(text: str) -> list[str]:
    """Folded words of at least three letters that are neither function words, numbers nor placeholders.

    >>> content_words("The zip of my <NAME> order 1234 is broken")
    ['zip', 'order', 'broken']
    """
    words = fold(_PLACEHOLDER.sub(" ", text)).split()
    return [word for word in words if len(word) > 2 and word not in _STOP_WORDS and not word.isdigit()]


def version_key(version: str) -> str:
    """A version as it is compared: its dotted number where it has one, else its words.

    >>> version_key("App v7.18.1 (4711)")
    '7.18.1'
    """
    match = _VERSION.search(version.lower())
    return match.group(0) if match else fold(version)


def tokens(text: str) -> list[str]:
    """The folded words of a text in order."""
    return fold(text).split()


def text_key(text: str) -> str:
    """Hash of the folded text, 32 hex digits; equal for equal wording.

    A text without a single letter or digit, such as an emoji, is hashed as it stands.
    """
    folded = fold(text) or unicodedata.normalize("NFKC", text).strip()
    return hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class LexiconError(CallError):
    """The lexicon cannot be read; the message names file, concept, language and the fix."""


@dataclass(frozen=True)
class Match:
    """A concept found in a text: words `start` to `end` (exclusive) of `tokens(text)`."""

    concept: str
    language: str
    start: int
    end: int


@dataclass(frozen=True)
class _Phrase:
    concept: str
    language: str
    words: tuple[int, ...]


class Lexicon:
    """Concepts and the stems and phrases that name them in each language.

    A `*` at the end (or start) of a word stands for any letters. Accents and case do not matter on
    either side, and `doesn't` is found as `doesnt` too. Safe to share between threads.
    """

    def __init__(self, entries: Mapping[str, Mapping[str, Sequence[str]]], origin: str = "lexicon") -> None:
        self.languages: frozenset[str] = frozenset(language for spec in entries.values() for language in spec)
        self.concept_names: tuple[str, ...] = tuple(entries)
        self._ids: dict[str, int] = {}
        self._exact: dict[str, int] = {}
        self._prefixes: dict[str, int] = {}
        self._suffixes: dict[str, int] = {}
        self._infixes: dict[str, int] = {}
        self._phrases: dict[int, list[_Phrase]] = {}
        for concept, spec in entries.items():
            for language, phrases in spec.items():
                for phrase in phrases:
                    self._add(concept, language, phrase, origin)
        self._phrases_in = {language: self._only(language) for language in self.languages}
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._suffix_lengths = sorted({len(suffix) for suffix in self._suffixes})
        self._of_word = lru_cache(maxsize=_WORDS_REMEMBERED)(self._look_up)

    def concepts(self, text: str, language: str | None = None) -> list[str]:
        """The concepts a text names, each once, in order of first mention.

        Args:
            text: Any text.
            language: ISO 639-1 code; None, `und` or a language the lexicon does not know matches all.
        """
        return list(dict.fromkeys(match.concept for match in self.matches(text, language)))

    def matches(self, text: str, language: str | None = None) -> list[Match]:
        """Every place where a concept is named, by position in `tokens(text)`."""
        return list(self._scan(tokens(text), language if language in self.languages else None))

    def _scan(self, words: list[str], language: str | None) -> Iterator[Match]:
        known = [self._of_word(word) for word in words]
        phrases = self._phrases if language is None else self._phrases_in[language]
        for start, ids in enumerate(known):
            for word_id in ids:
                for phrase in phrases.get(word_id, ()):
                    end = start + len(phrase.words)
                    if end == start + 1 or (end <= len(known) and _follow(phrase.words, known, start)):
                        yield Match(phrase.concept, phrase.language, start, end)

    def _add(self, concept: str, language: str, phrase: str, origin: str) -> None:
        variants = {phrase}
        if "'" in phrase or "’" in phrase:
            variants.add(phrase.replace("'", "").replace("’", ""))
        for variant in sorted(variants):
            words = tuple(self._word_ids(variant))
            if not words:
                raise LexiconError(
                    f"{origin}: {concept}.{language}: {phrase!r} holds no word; write letters or remove it"
                )
            entry = _Phrase(concept, language, words)
            bucket = self._phrases.setdefault(words[0], [])
            if entry not in bucket:
                bucket.append(entry)

    def _only(self, language: str) -> dict[int, list[_Phrase]]:
        """The phrases of one language by their first word."""
        of_language = {
            first: [phrase for phrase in phrases if phrase.language == language]
            for first, phrases in self._phrases.items()
        }
        return {first: phrases for first, phrases in of_language.items() if phrases}

    def _word_ids(self, phrase: str) -> Iterator[int]:
        for part in phrase.split():
            folded = fold(part).split()
            for position, word in enumerate(folded):
                open_start = part.startswith("*") and position == 0
                open_end = part.endswith("*") and position == len(folded) - 1
                yield self._word_id(word, open_start, open_end)

    def _word_id(self, word: str, open_start: bool, open_end: bool) -> int:
        spelled = f"{'*' if open_start else ''}{word}{'*' if open_end else ''}"
        if spelled not in self._ids:
            self._ids[spelled] = len(self._ids)
            table = (
                self._infixes
                if open_start and open_end
                else self._suffixes
                if open_start
                else self._prefixes
                if open_end
                else self._exact
            )
            table[word] = self._ids[spelled]
        return self._ids[spelled]

    def _look_up(self, word: str) -> frozenset[int]:
        ids = {self._exact[word]} if word in self._exact else set[int]()
        ids.update(
            self._prefixes[word[:n]] for n in self._prefix_lengths if n <= len(word) and word[:n] in self._prefixes
        )
        ids.update(
            self._suffixes[word[-n:]] for n in self._suffix_lengths if n <= len(word) and word[-n:] in self._suffixes
        )
        ids.update(number for infix, number in self._infixes.items() if infix in word)
        return frozenset(ids)


def _follow(words: Sequence[int], known: Sequence[frozenset[int]], start: int) -> bool:
    """Whether the words of a phrase stand one after the other from `start` on, where the first does."""
    for offset in range(1, len(words)):  # noqa: SIM110 - a generator costs as much as the whole look
        if words[offset] not in known[start + offset]:
            return False
    return True
