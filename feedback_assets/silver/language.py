"""Which language a text is in: a classifier, corrected by telltale words where texts are short.

Only languages feedback comes in are considered; a text too short to tell is `und`.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from importlib import import_module
from typing import Any

from feedback_assets.files.word_lists import word_sections
from feedback_assets.text import tokens

UNDECIDED = "und"
# Languages of the shop's markets and those reviews on the app stores are commonly written in.
LANGUAGES = (
    "ar", "bn", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "mr",
    "nl", "no", "pl", "pt", "ro", "ru", "sv", "ta", "te", "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
# Words that stand in nearly every text of their language and in few others, by language.
_TELLTALES = word_sections("telltale_words")
_LETTERS = re.compile(r"[^\W\d_]")
_PLACEHOLDERS = re.compile(r"<[A-Z]+>|https?://\S+|@\w+|#\w+")
# Without any sign feedback is in one of the markets' languages.
_FLOOR = 0.01
# Below even chances a guess misleads more than "cannot tell".
_LEAST_CONFIDENCE = 0.5
# Weight of one telltale word against the classifier's log-probability: three words outweigh a doubtful guess.
_WORD_WEIGHT = 1.3
# The first words tell enough; beyond them the classifier is right by itself.
_SHORT_WORDS = 25
_NEEDED_WORDS, _NEEDED_LETTERS = 2, 6
_SCRIPTS = re.compile("[\u0370-\u1fff\u2e80-\ud7ff]")


@lru_cache(maxsize=100_000)
def detect(text: str) -> tuple[str, float]:
    """The language as an ISO 639-1 code and how sure that is, 0 to 1.

    `und` with 0.0 for a text of fewer than two words or six letters, unless its script or a telltale word says.
    """
    plain = _PLACEHOLDERS.sub(" ", text)
    words = tokens(plain)
    letters = len(_LETTERS.findall(plain))
    if not letters or ((len(words) < _NEEDED_WORDS or letters < _NEEDED_LETTERS) and not _SCRIPTS.search(plain)):
        return UNDECIDED, 0.0
    short = words[:_SHORT_WORDS]
    logs = {code: math.log(max(value, 1e-6)) for code, value in _ranked(plain[:2000])}
    for code, known in _TELLTALES.items():
        logs[code] = max(logs[code], math.log(_FLOOR)) + _WORD_WEIGHT * sum(word in known for word in short)
    return _best(logs)


def _best(logs: dict[str, float]) -> tuple[str, float]:
    top = max(logs.values())
    weights = {code: math.exp(value - top) for code, value in logs.items()}
    code = max(sorted(weights), key=lambda name: weights[name])
    confidence = weights[code] / sum(weights.values())
    return (code, round(confidence, 4)) if confidence >= _LEAST_CONFIDENCE else (UNDECIDED, 0.0)


def _ranked(text: str) -> list[tuple[str, float]]:
    return _identifier().rank(text)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # Imported by name: the library has no types.
    langid: Any = import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
