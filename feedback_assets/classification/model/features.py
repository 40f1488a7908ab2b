"""Texts as numbers for the local model: words, content words, character pieces and the lexicon's concepts.

Only what a text looks like to the model. No labels, no learning beyond vocabulary and word rarity.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

import scipy.sparse  # pyright: ignore[reportMissingTypeStubs]
import sklearn.feature_extraction.text  # pyright: ignore[reportMissingTypeStubs]

from feedback_assets.errors import CallError
from feedback_assets.text import Lexicon

# A scipy.sparse.csr_matrix, or a scikit-learn object: their stubs say too little or the wrong thing.
Matrix = Any
sp, vectorizers = cast("Any", scipy.sparse), cast("Any", sklearn.feature_extraction.text)
LexiconEntries = Mapping[str, Mapping[str, Sequence[str]]]

# Accents of Latin script only: the marks of Indic scripts carry vowels.
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Personal values become a word for their kind, so that redacted and raw text look alike; names become nothing.
_PERSONAL = re.compile(
    r"(?P<linkvalue><URL>|https?://\S+|www\.\S+)|(?P<mailvalue><EMAIL>|\S+@\S+\.\w+)"
    r"|(?P<numbervalue><(?:PHONE|CARD|IBAN|ORDER|IP|ID)>|\d[\d ./-]{5,}\d|\d{6,})|(?P<none><[A-Z]{2,12}>)"
)
# Training reads each text once for every fold.
_TEXTS_REMEMBERED = 20_000
_REPEATED = re.compile(r"(.)\1{2,}")
# Signs of shouting and faces carry tone, so they count as words.
_WORDS = re.compile(r"[^\W_]+|[!?]+|[\U0001f300-\U0001faff\u2600-\u27bf]")

# Function words beside the English ones scikit-learn brings; a second look without them weighs content higher
# (measured on two public sets: +0.6 points of macro-F1).
_OF_OTHER_LANGUAGES = """
der die das den dem des ein eine einen einem einer und oder aber ich du er sie es wir ihr mein meine mir mich ist sind
war waren hat habe haben hatte wird wurde mit von zu zum zur bei auf in im an am aus fur als auch so wie dass nur noch
schon sehr da man sich um uber nach vor bis wenn dann el la los las un una unos unas y o pero yo tu que de del al en con
por para se me te le lo su mi es son era fue ha han hay muy ya mas como si a le les une et ou mais je il elle nous vous
ce cette ces mon ma mes est sont ai a ont etait au aux du dans sur pour par avec qui ne pas plus tres c j l d n s qu um
uma uns umas os as do da dos das no na nos nas e eu ele ela meu minha foi sao tem com sem por pra ao muito ja so isso
hai ka ki ke ko se ne me mein yeh ye ho bhi
"""
_FUNCTION_WORDS: frozenset[str] = vectorizers.ENGLISH_STOP_WORDS | frozenset(_OF_OTHER_LANGUAGES.split())


def plain(text: str) -> str:
    """The text in small letters without entities, accents, personal values and stretched letters.

    >>> plain("Sooooo LATE &amp; caf&eacute;, mail me@example.org")
    'soo late & cafe, mail mailvalue'
    """
    decoded = unicodedata.normalize("NFKC", html.unescape(text))
    without = _PERSONAL.sub(_kind, decoded).casefold()
    if not without.isascii():
        without = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", without)))
    return " ".join(_REPEATED.sub(r"\1\1", without).split())


def _kind(value: re.Match[str]) -> str:
    kind = value.lastgroup or "none"
    return " " if kind == "none" else f" {kind} "


def words(text: str) -> list[str]:
    """The words, signs and faces of a plain text, and each pair of neighbours."""
    singles = _WORDS.findall(text)
    return singles + [f"{a} {b}" for a, b in pairwise(singles)]


def content_words(text: str) -> list[str]:
    """The words of a plain text that are not function words."""
    return [word for word in _WORDS.findall(text) if word not in _FUNCTION_WORDS]


class ConceptReader:
    """Concepts a text names, and each pair in order of mention, in whatever language."""

    def __init__(self, entries: LexiconEntries) -> None:
        self.entries = entries
        self._read: dict[str, list[str]] = {}

    def __call__(self, text: str) -> list[str]:
        """The concepts of a text, such as `late` and `late>refund`.

        All languages are searched: short texts are often detected wrongly, and what a concept is worth
        is learned from examples that were read the same way.
        """
        if text not in self._read:
            if len(self._read) >= _TEXTS_REMEMBERED:
                self._read.clear()
            concepts = self._lexicon.concepts(text)
            self._read[text] = concepts + [f"{a}>{b}" for a, b in pairwise(concepts)]
        return self._read[text]

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.entries)

    def __getstate__(self) -> dict[str, Any]:
        return {"entries": self.entries, "_read": {}}


class TextFeatures:
    """Learns a vocabulary from texts and turns texts into rows of numbers, each view of unit length."""

    def __init__(self, concepts: ConceptReader | None = None, min_pairs: int = 1) -> None:
        view = vectorizers.TfidfVectorizer
        self._views: list[Any] = [
            view(analyzer=words, sublinear_tf=True, min_df=min_pairs),
            view(analyzer=content_words, sublinear_tf=True),
            # Two to five letters with word ends: endings, misspellings, compounds, other spellings of one word.
            view(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2, lowercase=False),
        ]
        if concepts is not None:
            self._views.append(view(analyzer=concepts, sublinear_tf=True))

    def fit(self, texts: Sequence[str]) -> Matrix:
        """Learn the vocabulary; returns the features of these texts, shape (texts, features).

        Raises:
            CallError: No text holds a word.
        """
        read = [plain(text) for text in texts]
        # A view that finds nothing, such as concepts in texts of an unknown language, is left out.
        self._views = [view for view in self._views if _finds_something(view, read)]
        if not self._views:
            raise CallError("the texts hold no words to learn from; name the column of the text by --text")
        return sp.hstack([view.fit_transform(read) for view in self._views], format="csr")

    def transform(self, texts: Sequence[str]) -> Matrix:
        """The features of texts, shape (texts, features); unknown words are left out."""
        read = [plain(text) for text in texts]
        return sp.hstack([view.transform(read) for view in self._views], format="csr")

    @property
    def size(self) -> int:
        """How many features there are."""
        return sum(len(view.vocabulary_) for view in self._views)


def _finds_something(view: Any, texts: Sequence[str]) -> bool:
    """Whether any term stands in as many texts as the view asks for."""
    analyze = view.build_analyzer()
    seen: Counter[str] = Counter()
    for text in texts:
        terms = set(analyze(text))
        seen.update(terms)
        if any(seen[term] >= view.min_df for term in terms):
            return True
    return False
