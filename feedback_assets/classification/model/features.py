"""Texts as numbers for the local model: words, negated words, content words, character pieces, the lexicon's concepts.

Only what a text looks like to the model. No labels, no learning beyond vocabulary and word rarity. To learn, texts are
counted once (`CountedTexts`), and a vocabulary is that of the rows one names; to read others, `TextFeatures` is enough.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

import numpy as np
import scipy.sparse  # pyright: ignore[reportMissingTypeStubs]
import sklearn.feature_extraction.text  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from feedback_assets.errors import CallError
from feedback_assets.text import Lexicon

# A scipy.sparse.csr_matrix, or a scikit-learn object: their stubs say too little or the wrong thing.
Matrix = Any
sp, vectorizers = cast("Any", scipy.sparse), cast("Any", sklearn.feature_extraction.text)
LexiconEntries = Mapping[str, Mapping[str, Sequence[str]]]
Indices = NDArray[np.int64]

# Accents of Latin script only: the marks of Indic scripts carry vowels.
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Personal values become a word for their kind, so that redacted and raw text look alike; names become nothing.
_PERSONAL = re.compile(
    r"(?P<linkvalue><URL>|https?://\S+|www\.\S+)|(?P<mailvalue><EMAIL>|\S+@\S+\.\w+)"
    r"|(?P<numbervalue><(?:PHONE|CARD|IBAN|ORDER|IP|ID)>|\d[\d ./-]{5,}\d|\d{6,})|(?P<none><[A-Z]{2,12}>)"
)
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
# Words that turn the next ones into their opposite, in plain letters, and words that end their reach.
_NEGATING = """
no not nor never without nothing none neither nobody hardly barely scarcely cannot dont doesnt didnt wont isnt wasnt
arent werent cant couldnt hasnt havent wouldnt aint nicht kein keine keinen keiner keinem keines nie niemals ohne
nichts weder kaum nunca sin nada ningun ninguna ninguno tampoco jamas pas jamais sans rien aucun aucune nao sem nem
nenhum nenhuma nahi nahin nai bina
"""
_TURNING = "but aber sondern pero sino mais mas porem lekin magar par"
_NEGATORS, _TURNS = frozenset(_NEGATING.split()), frozenset(_TURNING.split())
_NEGATED_WORDS = 3
_CONTRACTED = re.compile(r"n['’]t\b")
_WORDS_AND_STOPS = re.compile(r"[^\W_]+|[.!?,;:()]")
_FUNCTION_WORDS: frozenset[str] = vectorizers.ENGLISH_STOP_WORDS | frozenset(_OF_OTHER_LANGUAGES.split())


def plain(text: str) -> str:
    """The text in small letters without entities, accents, personal values and stretched letters.

    >>> plain("Sooooo LATE &amp; caf&eacute;, mail me@example.org")
    'soo late & cafe, mail mailvalue'
    """
    without = readable(text).casefold()
    if not without.isascii():
        without = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", without)))
    return " ".join(_REPEATED.sub(r"\1\1", without).split())


def readable(text: str) -> str:
    """The text without entities and personal values, else as it was written.

    >>> readable("Caf&eacute; closed, mail me@example.org").split()
    ['Café', 'closed,', 'mail', 'mailvalue']
    """
    return _PERSONAL.sub(_kind, unicodedata.normalize("NFKC", html.unescape(text)))


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


def negated_words(text: str) -> list[str]:
    """The words of a plain text that a negator reaches, each as `not word`: the next three of the same clause.

    >>> negated_words("no dents at all, works")
    ['not dents', 'not at', 'not all']
    """
    reached: list[str] = []
    left = 0
    for word in _WORDS_AND_STOPS.findall(_CONTRACTED.sub("nt", text)):
        if word in _NEGATORS:
            left = _NEGATED_WORDS
        elif word in _TURNS or not word[0].isalnum():
            left = 0
        elif left:
            reached.append(f"not {word}")
            left -= 1
    return reached


class ConceptReader:
    """Concepts a text names, and each pair in order of mention, in whatever language."""

    def __init__(self, entries: LexiconEntries) -> None:
        self._lexicon = Lexicon(entries)

    def __call__(self, text: str) -> list[str]:
        """The concepts of a text, such as `late` and `late>refund`.

        All languages are searched: short texts are often detected wrongly, and what a concept is worth
        is learned from examples that were read the same way.
        """
        concepts = self._lexicon.concepts(text)
        return concepts + [f"{a}>{b}" for a, b in pairwise(concepts)]


@dataclass(frozen=True)
class View:
    """One way to read a text.

    Attributes:
        reader: words, negated_words, content_words, pieces (of three to five letters, with word ends) or concepts.
        terms: What it knows, in the order of the columns.
        idf: Inverse document frequency of each term, shape (terms,).
    """

    reader: str
    terms: tuple[str, ...]
    idf: NDArray[np.float64]


@dataclass(frozen=True)
class TextFeatures:
    """Turns texts into rows of numbers: the views side by side, each of unit length.

    Attributes:
        views: What was learned; none of them is empty.
        lexicon: Words of each concept by language; None when there is no view of concepts.
    """

    views: tuple[View, ...]
    lexicon: LexiconEntries | None = None

    def transform(self, texts: Sequence[str]) -> Matrix:
        """The features of texts, float32, shape (texts, features); unknown words are left out."""
        read = [plain(text) for text in texts]
        return sp.hstack([vectorizer.transform(read) for vectorizer in self._vectorizers], format="csr")

    @property
    def size(self) -> int:
        """How many features there are."""
        return sum(len(view.terms) for view in self.views)

    def unknown(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """How much of each text is new: the share of its content words that no text learned from had, shape (texts,).

        Half for a text without a content word: nothing can be said.
        """
        told = [[word for word in content_words(plain(text)) if word[0].isalnum()] for text in texts]
        return np.array([_share_unknown(len(words), sum(word in self._content for word in words)) for words in told])

    @cached_property
    def _content(self) -> frozenset[str]:
        return frozenset(term for view in self.views if view.reader == "content_words" for term in view.terms)

    @cached_property
    def _vectorizers(self) -> list[Any]:
        made: list[Any] = []
        for view in self.views:
            vocabulary = {term: column for column, term in enumerate(view.terms)}
            vectorizer = vectorizers.TfidfVectorizer(
                **_analyzer(view.reader, self.lexicon), vocabulary=vocabulary, sublinear_tf=True, dtype=np.float32
            )
            vectorizer.idf_ = view.idf
            made.append(vectorizer)
        return made


@dataclass(frozen=True)
class Vocabulary:
    """What was learned from some rows: for each view of a `CountedTexts` the columns it keeps, and their idf."""

    columns: tuple[Indices, ...]
    idf: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class _Counted:
    """How often each term stands in each text, shape (texts, terms), for one reader."""

    reader: str
    fewest_texts: int
    terms: NDArray[np.object_]
    counts: Matrix


@dataclass(frozen=True)
class CountedTexts:
    """The terms of texts, counted once, so that a vocabulary can be learned from some and not from the others."""

    views: tuple[_Counted, ...]
    lexicon: LexiconEntries | None = None

    @classmethod
    def of(cls, texts: Sequence[str], lexicon: LexiconEntries | None = None, fewest_of_pairs: int = 1) -> CountedTexts:
        """Read texts.

        Args:
            texts: As customers wrote them.
            lexicon: Words of each concept by language.
            fewest_of_pairs: In how many texts a word or a pair of words must stand to be a feature.
        """
        read = [plain(text) for text in texts]
        # Negation tells whether a text complains. Labels of another file, which has no lexicon, are not asked that.
        fewest = {"words": fewest_of_pairs, "content_words": 1, "pieces": 2}
        if lexicon:
            fewest = {"words": fewest_of_pairs, "negated_words": 2, "content_words": 1, "pieces": 3, "concepts": 1}
        return cls(tuple(_count(reader, read, lexicon, least) for reader, least in fewest.items()), lexicon or None)

    def take(self, rows: Indices) -> CountedTexts:
        """Only these texts; columns stay as they are."""
        return replace(self, views=tuple(replace(view, counts=view.counts[rows]) for view in self.views))

    def vocabulary(self, rows: Indices) -> Vocabulary:
        """The terms that stand in enough of these texts, and how rare each is among them.

        Raises:
            CallError: No text holds a word.
        """
        columns: list[Indices] = []
        idf: list[NDArray[np.float64]] = []
        for view in self.views:
            texts_with = np.bincount(view.counts[rows].indices, minlength=len(view.terms))
            kept = np.flatnonzero(texts_with >= view.fewest_texts)
            columns.append(kept)
            # Smoothed as if one more text held every term: scikit-learn, TfidfTransformer.
            idf.append(np.log((1 + len(rows)) / (1 + texts_with[kept])) + 1)
        if not any(len(kept) for kept in columns):
            raise CallError("the texts hold no words to learn from; name the column of the text by --text")
        return Vocabulary(tuple(columns), tuple(idf))

    def matrix(self, vocabulary: Vocabulary, rows: Indices) -> Matrix:
        """The features of these texts, as `TextFeatures.transform` gives them."""
        if not len(rows):  # scikit-learn refuses no texts
            return sp.csr_matrix((0, sum(len(columns) for columns in vocabulary.columns)), dtype=np.float32)
        weighted: list[Any] = []
        for view, columns, idf in zip(self.views, vocabulary.columns, vocabulary.idf, strict=True):
            if len(columns):
                transformer = vectorizers.TfidfTransformer(sublinear_tf=True)
                transformer.idf_ = idf
                weighted.append(transformer.transform(view.counts[rows][:, columns], copy=False))
        return sp.hstack(weighted, format="csr")

    def unknown(self, vocabulary: Vocabulary, rows: Indices) -> NDArray[np.float64]:
        """How much of each of these texts is new to the vocabulary, as `TextFeatures.unknown` says it."""
        for view, columns in zip(self.views, vocabulary.columns, strict=True):
            if view.reader == "content_words":
                counts = view.counts[rows]
                # Signs such as `!` are words to the model, but none that could be new.
                is_word = np.array([term[0].isalnum() for term in view.terms], dtype=bool)
                every = np.asarray(counts[:, np.flatnonzero(is_word)].sum(axis=1), dtype=np.float64).ravel()
                known = np.asarray(counts[:, columns[is_word[columns]]].sum(axis=1), dtype=np.float64).ravel()
                return np.asarray((every - known + 0.5) / (every + 1))
        return np.full(len(rows), 0.5)

    def features(self, vocabulary: Vocabulary) -> TextFeatures:
        """What reads any text by this vocabulary. A view that found nothing is left out."""
        views = tuple(
            View(view.reader, tuple(view.terms[columns].tolist()), idf)
            for view, columns, idf in zip(self.views, vocabulary.columns, vocabulary.idf, strict=True)
            if len(columns)
        )
        return TextFeatures(views, self.lexicon)


def _share_unknown(words: float, known: float) -> float:
    """The share of words that are not known, drawn to one half by one imagined word."""
    return (words - known + 0.5) / (words + 1)


def _count(reader: str, texts: Sequence[str], lexicon: LexiconEntries | None, fewest: int) -> _Counted:
    vectorizer = vectorizers.CountVectorizer(**_analyzer(reader, lexicon), dtype=np.float32)
    try:
        counts: Any = vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn refuses texts without a term, such as no concept in an unknown language
        return _Counted(reader, fewest, np.empty(0, dtype=object), sp.csr_matrix((len(texts), 0), dtype=np.float32))
    # What stands in too few of all texts stands in too few of any of them.
    enough = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) >= fewest)
    terms: NDArray[np.object_] = vectorizer.get_feature_names_out()
    return _Counted(reader, fewest, terms[enough], counts[:, enough])


def _analyzer(reader: str, lexicon: LexiconEntries | None) -> dict[str, Any]:
    """How scikit-learn's vectorisers read a plain text."""
    if reader == "pieces":
        # Endings, misspellings, compounds, other spellings of one word.
        return {"analyzer": "char_wb", "ngram_range": (3, 5), "lowercase": False}
    read: dict[str, Callable[[str], list[str]]] = {
        "words": words,
        "negated_words": negated_words,
        "content_words": content_words,
    }
    return {"analyzer": ConceptReader(lexicon or {}) if reader == "concepts" else read[reader]}
